// SIGTERM and SIGINT as an orderly end: while a stop_signals lives, either of them first shuts the session down, on a thread of its own, and
// then ends the program as it would have. For programs that have no handler of their own: one that is there is left alone. Made after init(),
// by the thread that called it, and destroyed before the session; at most one in a process.
//
//   auto session = fl::init({…});
//   fl::stop_signals const on_stop{session};
#pragma once

#include <fanlight/pipeline.hpp>

#include <chrono>
#include <memory>

FANLIGHT_BEGIN
namespace detail {
class signal_post;
}

class stop_signals {
 public:
  /// `within`: what the shutdown may take. The session has to stay where it is.
  [[nodiscard]] explicit stop_signals(session& to_end, std::chrono::nanoseconds within = std::chrono::seconds{2});
  stop_signals(stop_signals const&) = delete;
  stop_signals& operator=(stop_signals const&) = delete;
  ~stop_signals();

  /// False: there was one already, or the system has no pipe or thread for it. Nothing is changed then.
  [[nodiscard]] bool is_active() const noexcept { return post_ != nullptr; }

 private:
  std::shared_ptr<detail::signal_post> post_;
};

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/stop_signals.ipp>
#endif
