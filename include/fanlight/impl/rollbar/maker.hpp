// From a report to an item that is ready to go, or the reason why none goes: rules, hooks, building, scrubbing. Owned by its exporter, whose
// lane's thread alone calls it.
#pragma once

#include <fanlight/impl/rollbar/builder.hpp>
#include <fanlight/impl/rollbar/limits.hpp>
#include <fanlight/impl/rollbar/patterns.hpp>
#include <fanlight/impl/rollbar/scrub.hpp>
#include <fanlight/impl/rollbar/telemetry.hpp>

#include <optional>

FANLIGHT_BEGIN
namespace detail {

class rollbar_maker {
 public:
  using moment = std::chrono::steady_clock::time_point;
  enum class hook : std::uint8_t { on_event, fingerprint, title, ignore, transform, on_item, on_result, count_ };
  enum class verdict : std::uint8_t { go, ignored, sampled_out, duplicate, rate_limited };
  struct made {
    verdict how = verdict::ignored;
    rollbar_node data = {};
    std::string uuid = {}, type = {};
  };

  rollbar_maker(rollbar_config const& how, exporter_setup const& setup);

  /// `at`: now, for what counts by time.
  [[nodiscard]] made make(error_record const& from, rollbar_ring const& before, moment at);
  /// In place of an item that is too large whatever it lost.
  [[nodiscard]] rollbar_node failsafe(rollbar_node const& of);
  /// That items were held back; an empty one when there were none.
  [[nodiscard]] rollbar_node notice();
  [[nodiscard]] bool owes_notice() const noexcept { return held_.any(); }
  [[nodiscard]] moment notice_at() const noexcept { return held_.notice_at(); }

  void show(std::string_view body);
  void tell_result(std::string_view uuid, rollbar_result how);
  [[nodiscard]] rollbar_scrubber const& scrubber() const noexcept { return scrubber_; }
  [[nodiscard]] rollbar_books& books() const noexcept { return how_.watch->books(); }

 private:
  [[nodiscard]] verdict judge(rollbar_source const& from, rollbar_event& as);
  [[nodiscard]] verdict judge_limits(rollbar_event const& as, moment at);
  void ask_hooks(rollbar_event& as);
  void clean(rollbar_event& as) const;
  /// Calls a hook that has not failed yet. False: it threw.
  template <class Call>
  bool call(hook which, char const* name, Call what);

  rollbar_config const& how_;
  exporter_setup const& setup_;
  rollbar_builder builder_;
  rollbar_scrubber scrubber_;
  text_patterns ignored_;
  minute_bucket bucket_;
  held_back held_;
  recent_uuids recent_;
  look_alikes alike_;
  std::uint64_t items_ = 0;
  bool failed_[static_cast<std::size_t>(hook::count_)]{};
};

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/rollbar/maker.ipp>
#endif
