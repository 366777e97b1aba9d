// Error reports: something went wrong and somebody should know. `error_report` is a statement: it leaves when it ends. `error_scope`
// reports when it is left by an exception. Both belong to the thread that makes them, never throw and never block; their facts leave at
// once. One error has one uuid, on the span that failed with it and on every report of it. See docs/errors.md.
#pragma once

#include <fanlight/detail/probe.hpp>
#include <fanlight/span.hpp>

FANLIGHT_BEGIN

/// Whom the error happened to. Borrows.
struct person {
  std::string_view id = {};
  std::string_view username = {};
  std::string_view email = {};
};

namespace detail {
void begin_report(report_state& state, std::string_view message, level at, source where) noexcept;
void begin_report(report_state& state, shown_exception const& error, source where) noexcept;
/// Null: nothing is reported.
void begin_report(report_state& state, std::exception_ptr const& error, source where) noexcept;
/// An error that is a number in a category, with its text.
void begin_report(report_state& state, std::string_view text, char const* category, int number, source where) noexcept;
void end_report(report_state& state) noexcept;

/// std::error_code and its like.
template <class T>
concept error_number = requires(T const& code) {
  { code.value() } -> integer;
  code.category().name();
  code.message();
};
}  // namespace detail

class error_report {
 public:
  /// Not [[nodiscard]]: it is meant to be a statement.
  explicit error_report(std::exception const& error, source where = source::current()) noexcept {
    detail::begin_report(state_, detail::shown(error), where);
  }
  /// Of any type. In a `catch (...)`: `error_report{std::current_exception()}`. Null reports nothing.
  explicit error_report(std::exception_ptr const& error, source where = source::current()) noexcept { detail::begin_report(state_, error, where); }
  explicit error_report(std::string_view message, level at = level::error, source where = source::current()) noexcept {
    detail::begin_report(state_, message, at, where);
  }
  /// A std::error_code that stands for a failure.
  template <detail::error_number Code>
  explicit error_report(Code const& code, source where = source::current()) noexcept {
    detail::begin_report(state_, code.message(), code.category().name(), code.value(), where);
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

/// Reports, with what was set here, if this scope is left by an exception that nobody inside has reported. `name` must outlive it.
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

// ---- the same as functions: they give the error's uuid, empty when nothing is recorded ---------------------------------------------------

inline short_text<36> report(std::exception const& error, source where = source::current()) noexcept { return error_report{error, where}.uuid(); }
inline short_text<36> report(std::exception_ptr const& error, source where = source::current()) noexcept { return error_report{error, where}.uuid(); }
template <detail::error_number Code>
short_text<36> report(Code const& code, source where = source::current()) noexcept {
  return error_report{code, where}.uuid();
}
/// What is being handled here; outside of a handler nothing.
inline short_text<36> report_current(source where = source::current()) noexcept { return error_report{std::current_exception(), where}.uuid(); }
/// No exception: a sentence that somebody should read.
inline short_text<36> message(level at, std::string_view text, std::initializer_list<attribute> fields = {}, source where = source::current()) noexcept {
  error_report out{text, at, where};
  for (auto const& each : fields) out.set(each.key, each.value);
  return out.uuid();
}

#ifdef __cpp_exceptions

/// Calls `work`, guarded. An exception is reported and thrown on.
template <class F>
decltype(auto) report_and_rethrow(F&& work, source where = source::current()) {
  try {
    return guarded(static_cast<F&&>(work));
  } catch (...) {
    report_current(where);
    throw;
  }
}

/// Calls `work`, guarded. An exception is reported and ends here. True: there was none.
template <class F>
bool report_and_swallow(F&& work, source where = source::current()) noexcept {
  try {
    static_cast<void>(guarded(static_cast<F&&>(work)));
    return true;
  } catch (...) {
    report_current(where);
    return false;
  }
}

/// Calls `work`, guarded. An exception is reported, and `translate` is called in its handler, to throw another or to give a result.
template <class F, class G>
auto report_and_translate(F&& work, G&& translate, source where = source::current()) -> decltype(guarded(static_cast<F&&>(work))) {
  try {
    return guarded(static_cast<F&&>(work));
  } catch (...) {
    report_current(where);
    return static_cast<G&&>(translate)();
  }
}

#endif

#ifdef __cpp_exceptions

/// What raise_test_error() throws.
class FANLIGHT_VISIBLE test_error : public std::exception {
 public:
  [[nodiscard]] char const* what() const noexcept override { return "a test error: this installation reports its errors"; }
};

/// For an endpoint like `/rollbar/test`, by which one sees that errors arrive.
[[noreturn]] inline void raise_test_error() { throw test_error{}; }

#endif

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/report.ipp>
#endif
