// A strict Rollbar on loopback: takes items by the rules of its API, answers as the test says, and writes down whatever is wrong with a
// request. The test makes and owns it; all functions may be called from any thread.
#pragma once

#include "catch.hpp"
#include "fault_server.hpp"
#include "pipeline_kit.hpp"

#include <fanlight/exporters/rollbar.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace support {

/// One request as it came.
struct sent_item {
  std::string body;
  clock::time_point at;

  /// What a JSON pointer leads to: a text as it is, anything else as JSON; `(none)` when there is nothing.
  [[nodiscard]] std::string operator()(std::string_view pointer) const;
  [[nodiscard]] bool has(std::string_view pointer) const { return (*this)(pointer) != "(none)"; }
  /// Elements of an array, members of an object; bytes of a text.
  [[nodiscard]] std::size_t size(std::string_view pointer) const;
  /// The value of an attribute of the item, by its key.
  [[nodiscard]] std::string attribute(std::string_view key) const;
};

class fake_rollbar {
 public:
  static constexpr char const* token = "post-server-item-0123456789";
  fake_rollbar();
  [[nodiscard]] std::string endpoint() const { return server_.url("/api/1/item/"); }
  [[nodiscard]] std::vector<sent_item> items() const;
  [[nodiscard]] bool wait_for(std::size_t count) { return server_.wait_for_requests(count); }
  /// What was wrong with requests, in words.
  [[nodiscard]] std::vector<std::string> complaints() const { return now_.get().complaints; }
  [[nodiscard]] test::fault_server& server() { return server_; }
  [[nodiscard]] std::vector<test::seen_request> requests() const { return server_.requests(); }

 private:
  struct state {
    std::vector<sent_item> items;
    std::vector<std::string> complaints;
  };
  [[nodiscard]] test::behaviour look_at(test::seen_request const& request);
  watched<state> now_;
  watched<std::deque<test::behaviour>> script_;
  test::fault_server server_;

 public:
  /// The next answers; an item is taken when none is left.
  void answers_with(std::initializer_list<test::behaviour> these) {
    script_.change([&](auto& all) { all.insert(all.end(), these.begin(), these.end()); });
  }
};

[[nodiscard]] inline test::behaviour refused_with(int status, std::string words, test::header_lines headers = {}) {
  headers.emplace_back("Content-Type", "application/json");
  return test::behaviour::answer(status, std::move(headers), R"({"err":1,"message":")" + words + "\"}");
}
[[nodiscard]] inline test::behaviour limit_reached(int seconds) {
  return refused_with(429, "Rate limit exceeded",
                 {{"X-Rate-Limit-Limit", "3"}, {"X-Rate-Limit-Remaining", "0"}, {"X-Rate-Limit-Remaining-Seconds", std::to_string(seconds)}});
}

/// What is wrong with a body by the rules of the API, in words; empty: nothing.
[[nodiscard]] std::string wrong_with_item(std::string_view body);

/// A pipeline with a Rollbar client alone, that reports to a fake one.
struct reporting : lone_pipeline {
  explicit reporting(fake_rollbar const& to, fl::rollbar_config how = {}, std::function<void(fl::config&)> const& change = {})
      : reporting{settled(to, std::move(how)), change} {}
  [[nodiscard]] fl::rollbar_stats counts() const { return watch->stats(); }
  [[nodiscard]] std::string words() const {
    std::string out;
    for (auto const& each : line.problems()) out += std::string{fl::to_text(each.code)} + ": " + each.what + "\n";
    return out;
  }

  std::shared_ptr<fl::rollbar_watch> watch;

 private:
  reporting(fl::rollbar_config const& how, std::function<void(fl::config&)> const& change)
      : lone_pipeline{fl::rollbar(how), change}, watch{how.watch} {}
  [[nodiscard]] static fl::rollbar_config settled(fake_rollbar const& to, fl::rollbar_config how) {
    if (how.access_token.empty()) how.access_token = fake_rollbar::token;
    how.endpoint = to.endpoint();
    how.timeout = patience;  // no test is about that, and machines may be busy
    if (how.environment.empty()) how.environment = "test";
    if (!how.watch) how.watch = std::make_shared<fl::rollbar_watch>();
    return how;
  }
};

/// What `story` makes Rollbar get. Nothing was wrong with any of it.
template <class Story>
[[nodiscard]] std::vector<sent_item> items_of(Story story, fl::rollbar_config how = {},
                                              std::function<void(fl::config&)> const& change = {}) {
  fake_rollbar rollbar;
  reporting on{rollbar, std::move(how), change};
  story();
  CHECK(on.line.flush(patience));
  CHECK(rollbar.complaints() == std::vector<std::string>{});
  CHECK(adds_up(on.stats()));
  return rollbar.items();
}

}  // namespace support
