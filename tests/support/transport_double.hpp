// A transport that answers as the test says, and writes down what it was asked to send. The script is shared by the test and the exporter,
// whose lane may be another thread; assertions stay on the test's.
#pragma once

#include "pipeline_kit.hpp"

#include <fanlight/exporters/otlp.hpp>
#include <fanlight/impl/http.hpp>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace support {

struct sent_request {
  std::string method, url, body;
  std::vector<fl::detail::http_header> headers;
  clock::time_point at{}, until{};

  [[nodiscard]] std::string header(std::string_view name) const {
    for (auto const& each : headers)
      if (fl::detail::same_but_case(each.name, name)) return each.value;
    return "(none)";
  }
};

[[nodiscard]] inline fl::detail::http_answer answer(long status, std::string body = {}, std::vector<fl::detail::http_header> headers = {}) {
  fl::detail::http_answer out;
  out.status = status;
  out.headers = std::move(headers);
  out.body = std::move(body);
  return out;
}
[[nodiscard]] inline fl::detail::http_answer failure(fl::detail::http_failure why, std::string what = "nobody is there") {
  fl::detail::http_answer out;
  out.failed = why;
  out.what = std::move(what);
  return out;
}
[[nodiscard]] inline fl::detail::http_header protobuf_type() { return {"Content-Type", "application/x-protobuf"}; }
[[nodiscard]] inline fl::detail::http_header json_type() { return {"Content-Type", "application/json"}; }

/// Of all transports that were made from it.
struct wire {
  struct state {
    std::vector<sent_request> sent;
    std::deque<fl::detail::http_answer> answers;  // when none is left: 200
    std::vector<fl::detail::http_options> made;
    std::vector<clock::time_point> hurried;
  };
  watched<state> now;

  void answers_with(std::initializer_list<fl::detail::http_answer> these) {
    now.change([&](state& all) { all.answers.insert(all.answers.end(), these.begin(), these.end()); });
  }
  [[nodiscard]] std::vector<sent_request> sent() const { return now.get().sent; }
};

class transport_double final : public fl::detail::http_transport {
 public:
  explicit transport_double(std::shared_ptr<wire> by) : by_{std::move(by)} {}
  [[nodiscard]] fl::detail::http_answer send(fl::detail::http_request const& what, clock::time_point until) override {
    auto out = answer(200);
    by_->now.change([&](wire::state& all) {
      all.sent.push_back({what.method, what.url, std::string{what.body}, what.headers, clock::now(), until});
      if (all.answers.empty()) return;
      out = all.answers.front();
      all.answers.pop_front();
    });
    return out;
  }
  void hurry(clock::time_point until) noexcept override {
    by_->now.change([&](wire::state& all) { all.hurried.push_back(until); });
  }

 private:
  std::shared_ptr<wire> by_;
};

/// The same options over this wire.
[[nodiscard]] inline fl::otlp_config over(std::shared_ptr<wire> const& by, fl::otlp_config how = {}) {
  how.transport = [by](fl::detail::http_options const& options) {
    by->now.change([&](wire::state& all) { all.made.push_back(options); });
    return std::make_unique<transport_double>(by);
  };
  return how;
}

}  // namespace support
