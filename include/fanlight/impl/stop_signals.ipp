// Bodies of stop_signals.hpp. The handler writes the signal's number into a pipe and does nothing else; a thread reads it.
#pragma once

#include <fanlight/impl/worker.ipp>
#include <fanlight/stop_signals.hpp>

#include <atomic>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <unistd.h>

FANLIGHT_BEGIN
namespace detail {

inline constexpr int stopping_signals[]{SIGTERM, SIGINT};

/// What the handler may look at. A child after fork has the handler, and not the thread: there the signal does what it always did.
struct signal_door {
  std::atomic<int> writer{-1};
  std::atomic<int> owner{0};  // the process
};
[[nodiscard]] FANLIGHT_COLD inline signal_door& signals_come_here() noexcept {
  static signal_door door;
  return door;
}

FANLIGHT_COLD inline void on_stop_signal(int which) {
  int const before = errno;
  auto const& door = signals_come_here();
  auto const letter = static_cast<unsigned char>(which);
  bool const ours = door.owner.load(std::memory_order_relaxed) == static_cast<int>(::getpid());
  if (!ours || ::write(door.writer.load(std::memory_order_relaxed), &letter, 1) != 1) {
    std::signal(which, SIG_DFL);
    ::raise(which);  // comes when this returns
  }
  errno = before;
}

class signal_post {
 public:
  signal_post(session& to_end, std::chrono::nanoseconds within) : to_end_{to_end}, within_{within} {}
  signal_post(signal_post const&) = delete;
  signal_post& operator=(signal_post const&) = delete;
  FANLIGHT_COLD ~signal_post() {
    for (int const end : ends_)
      if (end >= 0) ::close(end);
  }

  /// `self` is kept by the thread.
  [[nodiscard]] FANLIGHT_COLD bool begin(std::shared_ptr<signal_post> self) {
    int nobody = 0;
    if (!signals_come_here().owner.compare_exchange_strong(nobody, -1) && nobody == static_cast<int>(::getpid())) return false;
    if (::pipe2(ends_, O_CLOEXEC) != 0 || !thread_.start("fl:signals", [self = std::move(self)] { self->listen(); })) {
      signals_come_here().owner.store(0);
      return false;
    }
    signals_come_here().writer.store(ends_[1]);
    signals_come_here().owner.store(static_cast<int>(::getpid()));
    for (int const which : stopping_signals) take_over(which);
    return true;
  }
  FANLIGHT_COLD void end() {
    for (int const which : stopping_signals) give_back(which);
    signals_come_here().owner.store(0);
    unsigned char const nothing = 0;
    static_cast<void>(!::write(ends_[1], &nothing, 1));
    static_cast<void>(thread_.wait_until(std::chrono::steady_clock::now() + within_ + std::chrono::seconds{1}));
  }

 private:
  FANLIGHT_COLD static void take_over(int which) {
    struct sigaction now {};
    if (::sigaction(which, nullptr, &now) != 0 || (now.sa_flags & SA_SIGINFO) != 0 || now.sa_handler != SIG_DFL) return;
    struct sigaction ours {};
    ours.sa_handler = on_stop_signal;
    ours.sa_flags = SA_RESTART;
    ::sigaction(which, &ours, nullptr);
  }
  FANLIGHT_COLD static void give_back(int which) {
    struct sigaction now {};
    if (::sigaction(which, nullptr, &now) != 0 || (now.sa_flags & SA_SIGINFO) != 0 || now.sa_handler != on_stop_signal) return;
    std::signal(which, SIG_DFL);
  }

  FANLIGHT_COLD void listen() {
    unsigned char which = 0;
    while (::read(ends_[0], &which, 1) < 0 && errno == EINTR) {}
    if (which == 0) return;
    to_end_.shutdown(within_);
    std::signal(which, SIG_DFL);
    ::kill(::getpid(), which);  // to a thread that does not block it: ours do
  }

  session& to_end_;
  std::chrono::nanoseconds const within_;
  int ends_[2]{-1, -1};
  worker thread_;
};

}  // namespace detail

FANLIGHT_COLD FANLIGHT_INLINE stop_signals::stop_signals(session& to_end, std::chrono::nanoseconds within)
    : post_{std::make_shared<detail::signal_post>(to_end, within)} {
  if (!post_->begin(post_)) post_.reset();
}
FANLIGHT_COLD FANLIGHT_INLINE stop_signals::~stop_signals() {
  if (post_) post_->end();
}

FANLIGHT_END
