// Fetches X-Ray's rules and quotas, and reports what was decided by them: GetSamplingRules and GetSamplingTargets, through the daemon or
// signed to the service. step() does what is due and says when to come again; its owner calls it, from one thread, and brings the time.
// [AWS X-Ray Developer Guide, Using the sampling API]
#pragma once

#include <fanlight/impl/http.hpp>
#include <fanlight/impl/xray/rule_reader.hpp>

FANLIGHT_BEGIN
namespace detail {

/// The way to X-Ray. `hurry` alone may be called from any thread.
class rule_caller {
 public:
  using moment = std::chrono::steady_clock::time_point;
  rule_caller() = default;
  rule_caller(rule_caller const&) = delete;
  rule_caller& operator=(rule_caller const&) = delete;
  virtual ~rule_caller() = default;

  /// A POST; comes back by `until`.
  [[nodiscard]] virtual http_answer call(std::string_view path, std::string_view body, moment until) = 0;
  virtual void hurry(moment until) noexcept = 0;
  /// For people.
  [[nodiscard]] virtual std::string name() const = 0;
};

struct poller_how {
  std::chrono::seconds rules_every{300};
  std::chrono::milliseconds targets_every{10'000}, timeout{5'000};
  std::function<std::int64_t()> now = {};                            // seconds of the epoch
  std::function<std::chrono::steady_clock::time_point()> steady = {};
  std::function<double()> random = {};                               // 0 to 1
  std::function<void(problem_code, std::string const&)> tell = {};
};

class rule_poller {
 public:
  using moment = std::chrono::steady_clock::time_point;
  rule_poller(rule_book& book, std::unique_ptr<rule_caller> by, poller_how how);

  /// Gives when to call again.
  [[nodiscard]] moment step();
  /// Any thread: what runs ends, and nothing is begun.
  void end() noexcept;
  [[nodiscard]] std::string const& client_id() const noexcept { return client_id_; }

 private:
  struct count {
    rule_state* rule;
    std::uint64_t requests, sampled, borrowed;
  };
  void fetch_rules();
  [[nodiscard]] bool fetch_pages(std::vector<rule_facts>& to);
  void report();
  void report_these(count const* first, count const* last);
  void use(targets_answer const& answer);
  void give_back(count const& one) noexcept;
  void forget_old_rules();
  [[nodiscard]] std::vector<count> take_due();
  [[nodiscard]] bool ask(std::string_view path, std::string_view body, http_answer& answer);
  [[nodiscard]] std::string body_of(count const* first, count const* last) const;
  void complain(http_answer const& answer);
  void set_back();
  [[nodiscard]] moment in(std::chrono::milliseconds time, std::chrono::milliseconds jitter) const;
  [[nodiscard]] bool is_ending() const noexcept { return ending_.load(std::memory_order_relaxed); }

  rule_book& book_;
  std::unique_ptr<rule_caller> const by_;
  poller_how const how_;
  std::string client_id_;
  std::atomic<bool> ending_{false};
  moment rules_at_, targets_at_;
  moment not_before_ = (moment::min)();     // keys were refused: not for a minute
  std::optional<moment> fetched_;           // the latest whole set of rules
  std::int64_t fetched_at_ = 0;             // the same, in seconds of the epoch
  unsigned failures_ = 0;
  bool told_failure_ = false, told_refusal_ = false, told_old_ = false, told_rule_ = false;
};

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/xray/rule_poller.ipp>
#endif
