// A thread of fanlight's own: it has a name, takes no signals, records nothing, and can be waited for with a deadline and not longer. The
// pipeline makes workers; whoever waits in vain leaves the thread behind with all that it uses, which is then never freed.
#pragma once

#include <fanlight/detail/core.hpp>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include <csignal>
#include <pthread.h>

FANLIGHT_BEGIN
namespace detail {

class worker {
 public:
  worker() = default;
  worker(worker const&) = delete;
  worker& operator=(worker const&) = delete;

  /// False: the system has no thread for us.
  FANLIGHT_COLD bool start(std::string const& name, std::function<void()> body) {
    auto const end = end_;
    auto const run = [end, name, body = std::move(body)] {
      ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str());
      here().chosen = silent_core();
      body();
      std::lock_guard const held{end->lock};
      end->came = true;
      end->bell.notify_all();
    };
    sigset_t all, before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, &before);
    try {
      std::thread{run}.detach();
      started_ = true;
    } catch (...) {  // no thread, or no memory for one
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return started_;
  }

  /// True: it has ended, or never began.
  FANLIGHT_COLD bool wait_until(std::chrono::steady_clock::time_point until) {
    if (!started_) return true;
    std::unique_lock held{end_->lock};
    return end_->bell.wait_until(held, until, [this] { return end_->came; });
  }

 private:
  struct arrival {
    std::mutex lock;
    std::condition_variable bell;
    bool came = false;
  };
  std::shared_ptr<arrival> end_ = std::make_shared<arrival>();
  bool started_ = false;
};

}  // namespace detail
FANLIGHT_END
