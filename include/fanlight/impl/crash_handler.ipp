// The handler of fatal signals: writes what happened to a file that was opened and begun before, and lets the process die as it would have.
// Nothing here but what man 7 signal-safety allows, and the unwinder, which has been called once when the handler was set. One for the
// process; made, and ended, by crash_spool.ipp. Only the process that set it writes: a child after fork has no file of its own.
#pragma once

#include <fanlight/detail/door.hpp>
#include <fanlight/impl/probe.ipp>
#include <fanlight/impl/uncaught.ipp>

#include <cerrno>
#include <csignal>
#include <cstring>

#include <time.h>
#include <ucontext.h>
#include <unistd.h>

FANLIGHT_BEGIN
namespace detail {

inline constexpr int crash_signals[]{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
inline constexpr std::size_t crash_signal_count = sizeof crash_signals / sizeof crash_signals[0];

struct crash_state {
  int file;
  ::pid_t owner;  // 0: nothing is set
  std::uint32_t entered;  // atomic
  std::uint32_t done;     // atomic
  struct ::sigaction before[crash_signal_count];
};
FANLIGHT_VISIBLE inline constinit crash_state crash{};

/// A line in the making: no heap, no stdio.
class crash_line {
 public:
  FANLIGHT_COLD crash_line& text(char const* what) noexcept {
    while (*what != 0 && size_ < sizeof room_) room_[size_++] = *what++;
    return *this;
  }
  FANLIGHT_COLD crash_line& hex(std::uint64_t number) noexcept {
    char digits[17];
    int at = 16;
    digits[16] = 0;
    do digits[--at] = "0123456789abcdef"[number & 15];
    while ((number >>= 4) != 0);
    return text(digits + at);
  }
  FANLIGHT_COLD crash_line& bytes(unsigned char const* at, std::size_t count) noexcept {
    for (std::size_t i = 0; i < count; ++i) {
      char const two[3]{"0123456789abcdef"[at[i] >> 4], "0123456789abcdef"[at[i] & 15], 0};
      text(two);
    }
    return *this;
  }
  FANLIGHT_COLD void write(int file) noexcept {
    for (std::size_t done = 0; done < size_;) {
      auto const count = ::write(file, room_ + done, size_ - done);
      if (count <= 0) break;
      done += static_cast<std::size_t>(count);
    }
    size_ = 0;
  }

 private:
  std::size_t size_ = 0;
  char room_[2048];
};

[[nodiscard]] FANLIGHT_COLD inline std::uint64_t crash_place(void* context) noexcept {
  [[maybe_unused]] auto const& machine = static_cast<ucontext_t const*>(context)->uc_mcontext;
#if defined(__x86_64__)
  return static_cast<std::uint64_t>(machine.gregs[16]);  // REG_RIP, whose name is a macro that is not always there
#elif defined(__aarch64__)
  return machine.pc;
#else
  return 0;
#endif
}

FANLIGHT_COLD FANLIGHT_NOINLINE FANLIGHT_INLINE void write_crash_stack(int file, std::uint64_t place) noexcept {
  void* frames[most_frames + 16];
  std::uint32_t const count = capture_frames(frames, sizeof frames / sizeof frames[0]);
  std::uint32_t first = 0;
  while (first < count && reinterpret_cast<std::uintptr_t>(frames[first]) != place) ++first;
  crash_line line;
  line.text("stack ").hex(place);
  for (std::uint32_t i = first + 1; i < count && i < first + most_frames; ++i) line.text(" ").hex(reinterpret_cast<std::uintptr_t>(frames[i]));
  line.text("\n").write(file);
}

/// What is certain first: a handler that fails on the way has written that.
FANLIGHT_COLD FANLIGHT_INLINE void write_crash(int number, siginfo_t const& info, void* context) noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  auto const place = crash_place(context);
  crash_line line;
  line.text("signal ").hex(static_cast<std::uint64_t>(number)).text(" ").hex(static_cast<std::uint32_t>(info.si_code)).text(" ");
  line.hex(info.si_code > 0 ? reinterpret_cast<std::uintptr_t>(info.si_addr) : 0).text(" ").hex(place).text(" ");
  line.hex(static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(now.tv_nsec)).text("\n").write(crash.file);
  auto const& t = here();
  line.text("thread ").hex(t.thread_id).text("\n").write(crash.file);
  if (auto const* const place_in_trace = current_frame(t); place_in_trace != nullptr && (place_in_trace->flags & frame_flag::in_trace) != 0)
    line.text("trace ").bytes(place_in_trace->trace_id, 16).text(" ").bytes(place_in_trace->span_id, 8).text("\n").write(crash.file);
  write_crash_stack(crash.file, place);
  ::fsync(crash.file);
}

FANLIGHT_COLD FANLIGHT_INLINE void on_crash(int number, siginfo_t* info, void* context) noexcept {
  int const error = errno;
  bool const told = number == SIGABRT && __atomic_load_n(&uncaught.told, __ATOMIC_ACQUIRE) != 0;  // by on_terminate()
  if (crash.owner == ::getpid() && !told) {
    if (__atomic_exchange_n(&crash.entered, 1u, __ATOMIC_ACQ_REL) == 0) {
      write_crash(number, *info, context);
      __atomic_store_n(&crash.done, 1u, __ATOMIC_RELEASE);
    } else {
      timespec const nap{0, 1'000'000};
      for (int i = 0; i < 1000 && __atomic_load_n(&crash.done, __ATOMIC_ACQUIRE) == 0; ++i) ::nanosleep(&nap, nullptr);
    }
  }
  for (std::size_t i = 0; i < crash_signal_count; ++i)
    if (crash_signals[i] == number) ::sigaction(number, &crash.before[i], nullptr);
  errno = error;
  if (info->si_code <= 0) ::raise(number);  // sent, and not struck: nothing would send it again. It arrives when this returns
}

}  // namespace detail
FANLIGHT_END
