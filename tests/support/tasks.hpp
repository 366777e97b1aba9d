// A small coroutine library for tests, with fanlight's mix-in: `task`, which runs when it is awaited and goes on by symmetric transfer; `job`,
// which runs at once and is its own owner; executors: a queue that the test drives by hand, one thread, and a pool.
#pragma once

#include <fanlight/async.hpp>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace test {

/// Where a task goes on when it is done: at whoever awaits it.
struct to_caller {
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class Promise>
  [[nodiscard]] std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> of) const noexcept {
    auto const next = of.promise().caller;
    return next != nullptr ? next : std::coroutine_handle<>{std::noop_coroutine()};
  }
  void await_resume() const noexcept {}
};

template <class Promise>
struct task_promise : fanlight::context_promise<Promise> {
  std::coroutine_handle<> caller = nullptr;
  std::exception_ptr thrown = nullptr;

  auto initial_suspend() noexcept { return this->keep(std::suspend_always{}); }
  auto final_suspend() noexcept { return this->keep(to_caller{}); }
  void unhandled_exception() noexcept { thrown = std::current_exception(); }
};

template <class T>
class [[nodiscard]] task {
 public:
  struct promise_type : task_promise<promise_type> {
    std::optional<T> result;
    task get_return_object() noexcept { return task{std::coroutine_handle<promise_type>::from_promise(*this)}; }
    void return_value(T what) { result.emplace(std::move(what)); }
  };
  task(task&& other) noexcept : of_{std::exchange(other.of_, nullptr)} {}
  task(task const&) = delete;
  task& operator=(task const&) = delete;
  ~task() {
    if (of_ != nullptr) of_.destroy();
  }

  struct awaiter {
    std::coroutine_handle<promise_type> of;
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> from) const noexcept {
      of.promise().caller = from;
      return of;
    }
    T await_resume() const {
      if (of.promise().thrown != nullptr) std::rethrow_exception(of.promise().thrown);
      return std::move(*of.promise().result);
    }
  };
  [[nodiscard]] awaiter operator co_await() const noexcept { return {of_}; }

 private:
  explicit task(std::coroutine_handle<promise_type> of) noexcept : of_{of} {}
  std::coroutine_handle<promise_type> of_;
};

/// What a job is called for: it runs until its first suspension, and frees itself at its end.
struct job {
  struct promise_type : fanlight::context_promise<promise_type> {
    job get_return_object() noexcept { return {}; }
    auto initial_suspend() noexcept { return keep(std::suspend_never{}); }
    auto final_suspend() noexcept { return keep(std::suspend_never{}); }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }
  };
};

/// Driven by hand: what is posted waits for run_one(), from whatever thread.
class by_hand {
 public:
  struct hop {
    by_hand& to;
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> of) const { to.waiting_.push_back(of); }
    void await_resume() const noexcept {}
  };
  [[nodiscard]] hop turn() noexcept { return {*this}; }
  [[nodiscard]] std::size_t size() const noexcept { return waiting_.size(); }
  void run_one() {
    auto const next = waiting_.front();
    waiting_.pop_front();
    next.resume();
  }
  void run_one_elsewhere() {
    std::thread{[this] { run_one(); }}.join();
  }
  void run_all() {
    while (!waiting_.empty()) run_one();
  }
  /// Whoever waits is destroyed where it waits.
  void abandon() {
    while (!waiting_.empty()) {
      waiting_.front().destroy();
      waiting_.pop_front();
    }
  }

 private:
  std::deque<std::coroutine_handle<>> waiting_;
};

/// Threads that take what is posted, in turn. The destructor runs what waits, then joins.
class pool {
 public:
  explicit pool(unsigned threads) {
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
  }
  pool(pool const&) = delete;
  pool& operator=(pool const&) = delete;
  ~pool() {
    {
      std::lock_guard const held{lock_};
      closed_ = true;
    }
    changed_.notify_all();
    for (auto& each : threads_) each.join();
  }
  void post(std::function<void()> what) {
    {
      std::lock_guard const held{lock_};
      waiting_.push_back(std::move(what));
    }
    changed_.notify_one();
  }
  struct hop {
    pool& to;
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> of) const {
      to.post([of] { of.resume(); });
    }
    void await_resume() const noexcept {}
  };
  [[nodiscard]] hop turn() noexcept { return {*this}; }

 private:
  void work() {
    for (;;) {
      std::unique_lock held{lock_};
      changed_.wait(held, [this] { return closed_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      auto const next = std::move(waiting_.front());
      waiting_.pop_front();
      held.unlock();
      next();
    }
  }
  std::mutex lock_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  bool closed_ = false;
  std::vector<std::thread> threads_;
};

/// Of somebody else's library: a coroutine that knows nothing of fanlight.
struct plain {
  struct promise_type {
    plain get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }
  };
};

}  // namespace test
