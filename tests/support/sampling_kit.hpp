// For tests of X-Ray's sampling rules: a way to X-Ray that answers by script, a time that the test sets, and answers as X-Ray words them.
#pragma once

#include "pipeline_kit.hpp"

#include <fanlight/impl/xray/rule_poller.hpp>
#include <fanlight/impl/xray/sampling.hpp>
#include <fanlight/xray_sampling.hpp>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace support {

/// What X-Ray says, by path; the last answer of a path holds for all that follow.
struct xray_script {
  struct state {
    std::map<std::string, std::deque<fl::detail::http_answer>> answers;
    std::vector<std::pair<std::string, std::string>> asked;  // path and body
    int hurried = 0;
  };
  watched<state> now;
  gate* hold = nullptr;  // every call passes it

  void answer(std::string const& path, long status, std::string body = {}) {
    fl::detail::http_answer out;
    out.status = status;
    out.body = std::move(body);
    now.change([&](state& all) { all.answers[path].push_back(out); });
  }
  void fail(std::string const& path) {
    fl::detail::http_answer out;
    out.failed = fl::detail::http_failure::refused;
    out.what = "nobody listens there";
    now.change([&](state& all) { all.answers[path].push_back(out); });
  }
  /// The bodies that were sent there.
  [[nodiscard]] std::vector<std::string> sent_to(std::string const& path) const {
    std::vector<std::string> out;
    for (auto const& [to, body] : now.get().asked)
      if (to == path) out.push_back(body);
    return out;
  }
  [[nodiscard]] fl::detail::http_answer take(std::string const& path, std::string const& body) {
    if (hold != nullptr) hold->pass();
    fl::detail::http_answer out;
    out.failed = fl::detail::http_failure::refused;
    out.what = "the script says nothing of " + path;
    now.change([&](state& all) {
      all.asked.emplace_back(path, body);
      auto& list = all.answers[path];
      if (list.empty()) return;
      out = list.front();
      if (list.size() > 1) list.pop_front();
    });
    return out;
  }
};

class scripted_caller final : public fl::detail::rule_caller {
 public:
  explicit scripted_caller(std::shared_ptr<xray_script> by) : by_{std::move(by)} {}
  [[nodiscard]] fl::detail::http_answer call(std::string_view path, std::string_view body, moment) override {
    return by_->take(std::string{path}, std::string{body});
  }
  void hurry(moment) noexcept override {
    by_->now.change([](xray_script::state& all) { ++all.hurried; });
  }
  [[nodiscard]] std::string name() const override { return "the script"; }

 private:
  std::shared_ptr<xray_script> by_;
};

/// The same as a transport, for whole pipelines.
class scripted_transport final : public fl::detail::http_transport {
 public:
  explicit scripted_transport(std::shared_ptr<xray_script> by) : by_{std::move(by)} {}
  [[nodiscard]] fl::detail::http_answer send(fl::detail::http_request const& what, clock::time_point) override {
    return by_->take(what.url.substr(what.url.rfind('/')), std::string{what.body});
  }
  void hurry(clock::time_point) noexcept override {
    by_->now.change([](xray_script::state& all) { ++all.hurried; });
    if (by_->hold != nullptr) by_->hold->open();
  }

 private:
  std::shared_ptr<xray_script> by_;
};

/// Options of central rules that go over this script.
[[nodiscard]] inline fl::xray_sampling over(std::shared_ptr<xray_script> by, fl::xray_sampling how = {}) {
  if (!how.central) how.central.emplace();
  how.instead.transport = [by = std::move(by)](fl::detail::http_options const&) { return std::make_unique<scripted_transport>(by); };
  return how;
}

/// One record of an answer to GetSamplingRules.
[[nodiscard]] inline std::string rule_record(std::string const& name, int priority, std::string const& path, int reservoir, std::string const& rate,
                                             std::string const& more = {}) {
  return R"({"SamplingRule":{"RuleName":")" + name + R"(","RuleARN":"arn:aws:xray:us-east-1::sampling-rule/)" + name +
         R"(","ResourceARN":"*","Priority":)" + std::to_string(priority) + R"(,"FixedRate":)" + rate + R"(,"ReservoirSize":)" +
         std::to_string(reservoir) + R"(,"ServiceName":"*","ServiceType":"*","Host":"*","HTTPMethod":"*","URLPath":")" + path +
         R"(","Version":1,"Attributes":{)" + more + R"(}},"CreatedAt":1530918163.0,"ModifiedAt":1530918163.0})";
}
[[nodiscard]] inline std::string rules_answer(std::vector<std::string> const& records, std::string const& token = {}) {
  std::string out = R"({"SamplingRuleRecords":[)";
  for (auto const& each : records) out += (&each == records.data() ? "" : ",") + each;
  return out + "]" + (token.empty() ? "" : R"(,"NextToken":")" + token + "\"") + "}";
}

/// A book and a poller over a script, whose time and chance the test sets.
struct polled {
  std::shared_ptr<xray_script> script = std::make_shared<xray_script>();
  std::int64_t wall = 1'700'000'000;
  clock::time_point steady{};
  double chance = 0;
  std::vector<fl::problem> told{};
  fl::detail::rule_book book;
  std::unique_ptr<fl::detail::rule_poller> poller{};

  explicit polled(std::vector<fl::detail::rule_facts> local = {}, fl::xray_default otherwise = {0, 0}) : book{std::move(local), otherwise, true} {
    fl::detail::poller_how how;
    how.now = [this] { return wall; };
    how.steady = [this] { return steady; };
    how.random = [this] { return chance; };
    how.tell = [this](fl::problem_code code, std::string const& what) { told.push_back({code, what, {}, 1}); };
    poller = std::make_unique<fl::detail::rule_poller>(book, std::make_unique<scripted_caller>(script), std::move(how));
  }
  void advance(std::chrono::milliseconds by) {
    steady += by;
    wall += std::chrono::duration_cast<std::chrono::seconds>(by).count();
  }
  /// Time until the poller wants to be called again.
  std::chrono::milliseconds step() { return std::chrono::duration_cast<std::chrono::milliseconds>(poller->step() - steady); }
  [[nodiscard]] fl::detail::rule_verdict ask(std::string_view path) {
    fl::detail::rule_request what;
    what.path = path;
    return book.decide(what, static_cast<std::uint32_t>(wall), [](void* of) { return *static_cast<double*>(of); }, &chance);
  }
  [[nodiscard]] bool told_of(fl::problem_code code, std::string const& part) const {
    for (auto const& each : told)
      if (each.code == code && each.what.find(part) != std::string::npos) return true;
    return false;
  }
};

}  // namespace support
