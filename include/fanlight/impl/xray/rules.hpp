// X-Ray's sampling rules in force: what a request is held against, and the counters behind each rule. A chooser owns one book; any thread
// decides by it without lock or heap, while the thread that polls puts a new set of rules in place of the old one, which it frees when
// nobody reads it any more. What a rule has counted stays with its name, for as long as the book lives. [AWS X-Ray API, sampling]
#pragma once

#include <fanlight/sampler.hpp>
#include <fanlight/xray_sampling_config.hpp>

#include <atomic>
#include <utility>

FANLIGHT_BEGIN
namespace detail {

/// `*` any run, `?` one letter, ASCII case ignored, the whole text.
[[nodiscard]] bool matches_pattern(std::string_view pattern, std::string_view text) noexcept;

/// What a rule looks at. Absent parts match.
struct rule_request {
  std::string_view host{}, method{}, path{}, service{}, service_type{};
  attribute const* attributes = nullptr;
  std::size_t attribute_count = 0;
};
/// From the attributes that were given at construction, by their names in OpenTelemetry's conventions, old and new.
[[nodiscard]] rule_request read_request(attribute const* attributes, std::size_t count) noexcept;

enum class rule_origin : std::uint8_t { built_in, local, central, forced };

/// A rule as it is read, from wherever.
struct rule_facts {
  xray_rule as = {};
  std::uint32_t priority = 0;
  std::vector<std::pair<std::string, std::string>> attributes = {};  // patterns; all must match
};

/// What a rule has taken and counted. Its address has free low bits, which a verdict is kept in.
struct alignas(64) rule_state {
  rule_state(std::string called, rule_origin from) : name{std::move(called)}, origin{from} {}

  /// One of `most` in this second.
  [[nodiscard]] bool take(std::uint32_t now, std::uint32_t most) noexcept;
  /// The one in this second that may be borrowed.
  [[nodiscard]] bool borrow(std::uint32_t now) noexcept;

  std::string const name;
  rule_origin const origin;
  std::atomic<std::uint64_t> second{0};  // the second, a bit for what was borrowed in it, and how many were taken
  std::atomic<std::uint64_t> quota{0};   // until when, and how many a second; 0: none
  std::atomic<double> rate{0};
  std::atomic<std::uint64_t> requests{0}, sampled{0}, borrowed{0};  // since the last report
  // of the thread that polls
  double stated_rate = -1;  // by the rule itself; a target may say another
  std::chrono::steady_clock::time_point report_at{};

 private:
  [[nodiscard]] static std::uint64_t in_second(std::uint64_t word, std::uint32_t now) noexcept;
};

struct rule_verdict {
  rule_state* rule = nullptr;  // null: none matched
  bool sampled = false;
  sampling_means by = sampling_means::rate;
};

/// One rule of a set. `reservoir`: of a central one, the size that allows to borrow.
class active_rule {
 public:
  active_rule(rule_facts from, rule_state* of);
  [[nodiscard]] bool matches(rule_request const& what) const noexcept;

  rule_facts facts;
  rule_state* state;

 private:
  struct condition {
    std::string_view rule_request::*part;
    std::string xray_rule::*pattern;
  };
  std::vector<condition> conditions_;  // those that are more than a star
};
struct rule_set {
  std::vector<active_rule> rules = {};
  bool central = false;
};

class rule_book {
 public:
  using chance = double (*)(void* of);  // 0 to 1, without 1

  rule_book(std::vector<rule_facts> local, xray_default otherwise, bool given);
  rule_book(rule_book const&) = delete;
  rule_book& operator=(rule_book const&) = delete;
  ~rule_book() = default;

  /// Any thread. `now`: seconds of the epoch.
  [[nodiscard]] rule_verdict decide(rule_request const& what, std::uint32_t now, chance draw, void* of) noexcept;
  [[nodiscard]] rule_state* forced() noexcept { return &forced_; }

  // The thread that polls:
  void use_central(std::vector<rule_facts> rules);
  void use_local();
  [[nodiscard]] rule_set const& in_force() const noexcept { return *now_.load(std::memory_order_relaxed); }
  [[nodiscard]] rule_state* find_central(std::string_view name) noexcept;
  /// Frees what nobody reads any more.
  void tidy() noexcept;

 private:
  [[nodiscard]] rule_state* state_of(std::string const& name);
  void install(std::unique_ptr<rule_set> set);
  [[nodiscard]] static rule_verdict choose(rule_set const& from, rule_request const& what, std::uint32_t now, chance draw, void* of) noexcept;

  rule_set local_;
  std::atomic<rule_set const*> now_{&local_};
  std::atomic<std::uint32_t> readers_{0};
  rule_state forced_{{}, rule_origin::forced};
  std::vector<std::unique_ptr<rule_state>> states_;   // of local rules, which never change
  std::vector<std::unique_ptr<rule_state>> central_;  // of all central rules there ever were
  std::unique_ptr<rule_set const> central_set_;
  std::vector<std::unique_ptr<rule_set const>> retired_;
};

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/xray/rules.ipp>
#endif
