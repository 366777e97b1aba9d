// For tests of X-Ray's delivery: a pipeline with an X-Ray exporter alone, to a fake daemon or to a scripted service, and the header on its way
// in and out.
#pragma once

#include <fanlight/exporters/xray.hpp>
#include <fanlight/impl/xray/datagrams.hpp>
#include <fanlight/impl/xray/settings.hpp>
#include <fanlight/subsegment.hpp>
#include <fanlight/xray_headers.hpp>

#include "fake_environment.hpp"
#include "fake_xray_daemon.hpp"
#include "pipeline_kit.hpp"
#include "transport_double.hpp"
#include "xray_kit.hpp"

#include <atomic>

namespace support {

inline constexpr char const* root = "1-5759e988-bd862e3fe1be46a994272793";

/// A pipeline with an X-Ray exporter alone. Ids count from 1.
struct traced : lone_pipeline {
  explicit traced(fl::xray_config how, std::function<void(fl::config&)> const& change = {}, test::variables variables = {})
      : lone_pipeline{spec(std::move(how)), [&](fl::config& out) {
                        prepare(out, std::move(variables));
                        if (change) change(out);
                      }} {}
  [[nodiscard]] std::string words(fl::problem_code code) const {
    std::string out;
    for (auto const& each : line.problems())
      if (each.code == code) out += each.what + "\n";
    return out;
  }

 private:
  [[nodiscard]] static fl::exporter_spec spec(fl::xray_config how) {
    how.detect = false;
    return fl::xray(std::move(how));
  }
  static void prepare(fl::config& out, test::variables variables) {
    out.service = "svc";
    out.batching.retry_first = 1ms;
    out.batching.retry_most = 10ms;
    out.batching.capture_bytes = std::size_t{16} << 20;
    out.read_environment = !variables.empty();
    out.instead.environment = test::reading(std::move(variables));
    out.instead.random = [drawn = std::make_shared<std::atomic<std::uint64_t>>(0)] { return ++*drawn; };
  }
};

[[nodiscard]] inline fl::xray_config to(fake_xray_daemon const& daemon, fl::xray_transport by = fl::xray_transport::udp) {
  fl::xray_config out;
  out.daemon_address = daemon.address();
  out.transport = by;
  out.report_open = false;
  return out;
}

/// The service itself, as the test says.
[[nodiscard]] inline fl::xray_config to_service(std::shared_ptr<wire> const& by) {
  fl::xray_config out;
  out.transport = fl::xray_transport::api;
  out.region = "us-east-1";
  out.aws.access_key_id = "AKIDEXAMPLE";
  out.aws.secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
  out.report_open = false;
  out.instead.transport = [by](fl::detail::http_options const& options) {
    by->now.change([&](wire::state& all) { all.made.push_back(options); });
    return std::make_unique<transport_double>(by);
  };
  return out;
}

[[nodiscard]] inline fl::context incoming(std::string const& header) {
  return fl::extract([&](std::string_view name) { return name == "X-Amzn-Trace-Id" ? header : std::string{}; });
}
[[nodiscard]] inline std::string outgoing() {
  std::string out;
  fl::inject([&](std::string_view name, std::string_view text) {
    if (name == "X-Amzn-Trace-Id") out = text;
  });
  return out;
}

inline void make_segments(int count) {
  for (int i = 0; i < count; ++i) fl::segment const one{"svc"};
}

[[nodiscard]] inline std::size_t documents_in(sent_request const& one) { return json_value{one.body}["TraceSegmentDocuments"].size(); }

/// An exporter of the environment's address alone.
[[nodiscard]] inline fl::xray_config nowhere(fl::xray_transport by = fl::xray_transport::udp) {
  fl::xray_config out;
  out.transport = by;
  out.report_open = false;
  return out;
}

}  // namespace support
