// From the facts of a report to the `data` of an item. Made with its exporter, whose lane's thread alone uses it.
#pragma once

#include <fanlight/impl/rollbar/event.hpp>
#include <fanlight/impl/rollbar/settings.hpp>

FANLIGHT_BEGIN
namespace detail {

class rollbar_builder {
 public:
  rollbar_builder(rollbar_config const& how, std::shared_ptr<resource const> who);

  /// What hooks see first: made of the facts, with what attributes say of context, title and fingerprint.
  [[nodiscard]] rollbar_event event_of(rollbar_source const& from) const;
  /// The `data`, complete but for telemetry.
  [[nodiscard]] rollbar_node build(rollbar_source const& from, rollbar_event const& as) const;
  /// An item about this client itself, or in place of one that Rollbar will not take.
  [[nodiscard]] rollbar_node notice(std::string_view text, std::string_view level, std::string_view uuid, std::int64_t time) const;

 private:
  [[nodiscard]] rollbar_node frame(rollbar_frame const& from) const;
  [[nodiscard]] rollbar_node trace(rollbar_error const& from) const;
  [[nodiscard]] rollbar_node body(rollbar_source const& from, rollbar_event const& as) const;
  [[nodiscard]] rollbar_node request(rollbar_source const& from) const;
  [[nodiscard]] rollbar_node custom(rollbar_source const& from) const;
  [[nodiscard]] rollbar_node server() const;
  void person(rollbar_node& to, rollbar_source const& from) const;
  void frame_of_item(rollbar_node& to, std::string_view level, std::string_view uuid, std::int64_t time) const;

  rollbar_config const& how_;
  std::shared_ptr<resource const> who_;
  std::string environment_, code_version_;
};

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/rollbar/builder.ipp>
#endif
