// Error reports: something went wrong and somebody should know. `error_report` is a statement: it leaves when it ends. `error_scope`
// reports when it is left by an exception. Both belong to the thread that makes them, never throw and never block; their facts leave at
// once. One error has one uuid, on the span that failed with it and on every report of it.
#pragma once

#include <fanlight/span.hpp>

FANLIGHT_BEGIN

/// Whom the error happened to. Borrows.
struct person {
  std::string_view id = {};
  std::string_view username = {};
  std::string_view email = {};
};

namespace detail {
struct report_state {
  draft open;
  alignas(8) unsigned char room[inline_room];
};
void begin_report(report_state& state, std::string_view message, level at, source where) noexcept;
void begin_report(report_state& state, std::exception const& error, char const* type, source where) noexcept;
void end_report(report_state& state) noexcept;
}  // namespace detail

class error_report {
 public:
  /// Not [[nodiscard]]: it is meant to be a statement.
  explicit error_report(std::exception const& error, source where = source::current()) noexcept {
    detail::begin_report(state_, error, detail::dynamic_type(error), where);
  }
  explicit error_report(std::string_view message, level at = level::error, source where = source::current()) noexcept {
    detail::begin_report(state_, message, at, where);
  }
  error_report(error_report const&) = delete;
  error_report& operator=(error_report const&) = delete;
  ~error_report() noexcept { detail::end_report(state_); }

  error_report& at(level severity) noexcept {
    if (state_.open.is_open()) state_.open.head().kind = static_cast<std::uint8_t>(severity);
    return *this;
  }
  error_report& set(std::string_view key, value const& what) noexcept {
    detail::put(state_.open, detail::item_role::attribute, key, what);
    return *this;
  }
  error_report& metadata(std::string_view key, value const& what, std::string_view space = "default") noexcept {
    detail::put_metadata(state_.open, space, key, what);
    return *this;
  }
  error_report& person(fanlight::person const& who) noexcept;
  /// Groups it with others of the same fingerprint, against the back end's own judgement.
  error_report& fingerprint(std::string_view text) noexcept {
    detail::put_fact(state_.open, detail::fact_key::fingerprint, text);
    return *this;
  }
  /// The error's uuid, 36 characters; empty when nothing is recorded.
  [[nodiscard]] short_text<36> uuid() const noexcept;

 private:
  detail::report_state state_;
};

/// Reports, with what was set here, if this scope is left by an exception. `name` must outlive it.
class error_scope {
 public:
  [[nodiscard]] explicit error_scope(std::string_view name, source where = source::current()) noexcept;
  error_scope(error_scope const&) = delete;
  error_scope& operator=(error_scope const&) = delete;
  ~error_scope() noexcept;

  error_scope& set(std::string_view key, value const& what) noexcept {
    detail::put(state_.open, detail::item_role::attribute, key, what);
    return *this;
  }

 private:
  detail::report_state state_;
};

/// Calls `work`. Exceptions pass through.
template <class F>
decltype(auto) guarded(F&& work) {
  return static_cast<F&&>(work)();
}

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/report.ipp>
#endif
