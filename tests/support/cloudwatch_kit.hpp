// For tests of the CloudWatch exporter alone: the exporter over a scripted wire, with clocks and waits that the test sees, and what became of
// its records. The test owns it.
#pragma once

#include "aws_kit.hpp"
#include "batch_builder.hpp"
#include "xray_kit.hpp"

#include <fanlight/impl/cloudwatch/exporter.hpp>
#include <fanlight/impl/cloudwatch/settings.hpp>

#include <map>

namespace support {

inline constexpr char const* example_group = "cruddur";

/// Of a test that says no more: one stream, lines of text, keys, an address that is not AWS's.
[[nodiscard]] inline fl::cloudwatch_config plain_lines() {
  fl::cloudwatch_config out;
  out.log_group = example_group;
  out.log_stream = "web-1";
  out.layout = fl::cloudwatch_layout::text;
  out.region = "us-east-1";
  out.endpoint = "http://127.0.0.1:5000";
  out.aws.access_key_id = "AKIDEXAMPLE";
  out.aws.secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
  return out;
}

[[nodiscard]] inline fl::detail::http_answer aws_error(long status, std::string const& type, std::vector<fl::detail::http_header> headers = {}) {
  return answer(status, R"({"__type":")" + type + R"("})", std::move(headers));
}
[[nodiscard]] inline fl::detail::http_answer missing() { return aws_error(400, "com.amazonaws.logs#ResourceNotFoundException"); }

/// A request as the service would read it.
struct put_events {
  std::string group, stream;
  std::vector<std::int64_t> times;
  std::vector<std::string> messages;
  std::size_t bytes = 0;  // as CloudWatch counts them
};
[[nodiscard]] inline put_events read_put(std::string const& body) {
  json_value const all{body};
  put_events out{all["logGroupName"].text(), all["logStreamName"].text(), {}, {}, 0};
  for (std::size_t i = 0; i < all["logEvents"].size(); ++i) {
    auto const one = all["logEvents"].at(i);
    out.times.push_back(one["timestamp"].raw().GetInt64());
    out.messages.push_back(one["message"].text());
    out.bytes += out.messages.back().size() + 26;
  }
  return out;
}

struct cloudwatch_desk {
  explicit cloudwatch_desk(fl::cloudwatch_config how = plain_lines(), fl::resource who = backend()) {
    std::vector<fl::problem> said, wrong;
    how.aws = world.config(std::move(how.aws));
    auto settled = fl::detail::settle_cloudwatch(std::move(how), fl::detail::environment{{}, said}, true, wrong);
    for (auto const& each : wrong) FAIL(each.what);
    to = std::make_unique<fl::detail::cloudwatch_exporter>(std::move(settled), [this](std::chrono::milliseconds time) {
      waited.push_back(time);
      quotas.push_back(to->quota().left());
      world.steady += time;
      return true;
    });
    fl::exporter_setup setup;
    setup.who = std::make_shared<fl::resource const>(std::move(who));
    setup.tell = [this](fl::problem_code code, std::string what) { told.push_back({code, std::move(what), {}, 1}); };
    setup.settle = [this](fl::fate how_it_ended, std::uint64_t records, std::string const& why) {
      fates[how_it_ended] += records;
      if (!why.empty()) whys.push_back(why);
    };
    to->start(setup);
  }

  [[nodiscard]] fl::outcome take(fl::detail::batch_ref const& records, fl::detail::entry_type type = fl::detail::entry_type::log) {
    return to->consume(type, records, clock::now() + patience);
  }
  /// Takes these and sends them.
  bool put(std::initializer_list<entry> logs) {
    batch_builder out;
    for (auto const& each : logs) out.add(each);
    return put(out);
  }
  bool put(batch_builder& logs) {
    CHECK(take(logs.take()).kind() == fl::outcome::kind::delivered);
    return flush();
  }
  bool flush() { return to->flush(clock::now() + patience); }

  [[nodiscard]] std::vector<std::string> actions() const {
    std::vector<std::string> out;
    for (auto const& one : world.sent()) out.push_back(one.header("x-amz-target").substr(std::string_view{"Logs_20140328."}.size()));
    return out;
  }
  [[nodiscard]] std::vector<put_events> puts() const {
    std::vector<put_events> out;
    for (auto const& one : world.sent())
      if (one.header("x-amz-target") == "Logs_20140328.PutLogEvents") out.push_back(read_put(one.body));
    return out;
  }
  [[nodiscard]] std::vector<std::size_t> sizes() const {
    std::vector<std::size_t> out;
    for (auto const& one : puts()) out.push_back(one.times.size());
    return out;
  }
  [[nodiscard]] std::uint64_t count(fl::fate how) const {
    auto const at = fates.find(how);
    return at == fates.end() ? 0 : at->second;
  }
  [[nodiscard]] std::string words() const {
    std::string out;
    for (auto const& each : told) out += std::string{fl::to_text(each.code)} + ": " + each.what + "\n";
    for (auto const& each : whys) out += each + "\n";
    return out;
  }
  [[nodiscard]] std::size_t told_times(fl::problem_code code) const {
    std::size_t out = 0;
    for (auto const& each : told) out += each.code == code ? 1 : 0;
    return out;
  }

  aws_world world;
  std::vector<std::chrono::milliseconds> waited;
  std::vector<unsigned> quotas;  // what was left of it at each wait
  std::vector<fl::problem> told;
  std::vector<std::string> whys;
  std::map<fl::fate, std::uint64_t> fates;
  std::unique_ptr<fl::detail::cloudwatch_exporter> to;
};

using actions = std::vector<std::string>;
using sizes = std::vector<std::size_t>;
using waits = std::vector<std::chrono::milliseconds>;

/// A record that is about nothing.
[[nodiscard]] inline entry line(std::string_view text = "x") { return loose_log(text).at(0); }

}  // namespace support
