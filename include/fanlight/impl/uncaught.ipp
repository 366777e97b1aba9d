// An exception that nobody catches: a handler of std::set_terminate that reports it, waits for the report to leave, no longer than it may, and
// goes on to the handler that was there. Set by init() when the configuration says so, taken back at the session's end. Runs on the
// thread that terminates, which may hold any lock of the program: only the deadline gets it past that.
#pragma once

#include <fanlight/impl/core.ipp>
#include <fanlight/impl/report.ipp>

#include <exception>

FANLIGHT_BEGIN
namespace detail {

struct uncaught_state {
  std::terminate_handler before;  // atomic
  std::int64_t within;            // nanoseconds
  std::uint32_t entered;          // atomic: a thread terminates already
  std::uint32_t told;             // atomic: its report has left, and what follows (SIGABRT) needs no other
};
FANLIGHT_VISIBLE inline constinit uncaught_state uncaught{};

FANLIGHT_COLD FANLIGHT_INLINE void tell_uncaught() noexcept {
  auto& t = here();
  if (t.chosen == static_cast<void*>(silent_core())) return;  // a thread of fanlight's own: nobody is left to wait for
  report_state state;
  if (auto const thrown = std::current_exception(); thrown != nullptr) {
    begin_report(state, thrown, source{});
  } else {
    begin_report(state, "std::terminate() was called", level::critical, source{});
    if (!state.open.is_open()) return;
    put_fact(state.open, fact_key::error_type, "std::terminate");
    put_stack(state.open, t, 0);
  }
  if (!state.open.is_open()) return;
  auto& core_used = static_cast<core&>(*state.open.core);
  state.open.head().kind = static_cast<std::uint8_t>(level::critical);
  put_fact(state.open, fact_key::uncaught, "terminate");
  end_report(state);
  if (core_used.flush(std::chrono::nanoseconds{uncaught.within})) __atomic_store_n(&uncaught.told, 1u, __ATOMIC_RELEASE);
}

[[noreturn]] FANLIGHT_COLD FANLIGHT_INLINE void on_terminate() {
  if (__atomic_exchange_n(&uncaught.entered, 1u, __ATOMIC_ACQ_REL) == 0) tell_uncaught();
  if (auto* const before = __atomic_load_n(&uncaught.before, __ATOMIC_ACQUIRE); before != nullptr) before();
  std::abort();
}

FANLIGHT_COLD FANLIGHT_INLINE void watch_uncaught(std::chrono::milliseconds within) noexcept {
  uncaught.within = std::chrono::nanoseconds{within}.count();
  auto* const before = std::set_terminate(&on_terminate);
  if (before != &on_terminate) __atomic_store_n(&uncaught.before, before, __ATOMIC_RELEASE);
}

/// Unless somebody has put a handler in front of ours since.
FANLIGHT_COLD FANLIGHT_INLINE void unwatch_uncaught() noexcept {
  if (std::get_terminate() == &on_terminate) std::set_terminate(__atomic_load_n(&uncaught.before, __ATOMIC_ACQUIRE));
}

}  // namespace detail
FANLIGHT_END
