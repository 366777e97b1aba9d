// A bell for one sleeper: ringing never blocks and is remembered until heard. The dispatcher sleeps on one, any thread rings. And the
// barrier that lets producers go without a fence. Linux's futex and membarrier live in this file alone.
#pragma once

#include <fanlight/detail/config.hpp>

#include <chrono>
#include <climits>
#include <cstdint>

#include <linux/futex.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

FANLIGHT_BEGIN
namespace detail {

class waker {
 public:
  void ring() noexcept {
    if (__atomic_exchange_n(&rung_, 1u, __ATOMIC_ACQ_REL) == 0)
      ::syscall(SYS_futex, &rung_, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
  }
  /// Sleeps until it rings.
  void wait() noexcept {
    while (__atomic_exchange_n(&rung_, 0u, __ATOMIC_ACQ_REL) == 0) ::syscall(SYS_futex, &rung_, FUTEX_WAIT_PRIVATE, 0u, nullptr, nullptr, 0);
  }
  /// Sleeps until it rings or `limit` has passed. False: nobody rang.
  bool wait_for(std::chrono::nanoseconds limit) noexcept {
    auto const until = std::chrono::steady_clock::now() + limit;
    while (__atomic_exchange_n(&rung_, 0u, __ATOMIC_ACQ_REL) == 0) {
      auto const left = std::chrono::duration_cast<std::chrono::nanoseconds>(until - std::chrono::steady_clock::now()).count();
      if (left <= 0) return false;
      timespec const span{static_cast<time_t>(left / 1'000'000'000), static_cast<long>(left % 1'000'000'000)};
      ::syscall(SYS_futex, &rung_, FUTEX_WAIT_PRIVATE, 0u, &span, nullptr, 0);
    }
    return true;
  }

 private:
  std::uint32_t rung_ = 0;
};

/// Once a process, before the first call of make_all_threads_agree().
inline bool prepare_agreement() noexcept {
  return ::syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}
/// After it, every thread of the process sees what this one wrote before, and this one sees what they wrote.
inline bool make_all_threads_agree() noexcept { return ::syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0; }

}  // namespace detail
FANLIGHT_END
