// A coroutine type of one's own, with fanlight's mix-in: `task` runs when it is awaited, on whatever thread that is, and goes on with whoever
// awaits it when it is done. `started` runs at once and frees itself.
#pragma once

#include <fanlight/async.hpp>

#include <exception>
#include <optional>
#include <utility>

struct resume_caller {
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class Promise>
  [[nodiscard]] std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> done) const noexcept {
    return done.promise().caller;
  }
  void await_resume() const noexcept {}
};

template <class T>
class [[nodiscard]] task {
 public:
  struct promise_type : fanlight::context_promise<promise_type> {
    auto initial_suspend() noexcept { return this->keep(std::suspend_always{}); }
    auto final_suspend() noexcept { return this->keep(resume_caller{}); }
    task get_return_object() noexcept { return task{std::coroutine_handle<promise_type>::from_promise(*this)}; }
    void return_value(T what) { result.emplace(std::move(what)); }
    void unhandled_exception() noexcept { thrown = std::current_exception(); }

    std::coroutine_handle<> caller = nullptr;
    std::exception_ptr thrown = nullptr;
    std::optional<T> result;
  };
  task(task&& other) noexcept : of_{std::exchange(other.of_, nullptr)} {}
  task(task const&) = delete;
  task& operator=(task const&) = delete;
  ~task() {
    if (of_ != nullptr) of_.destroy();
  }

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  [[nodiscard]] std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) const noexcept {
    of_.promise().caller = caller;
    return of_;
  }
  T await_resume() const {
    if (of_.promise().thrown != nullptr) std::rethrow_exception(of_.promise().thrown);
    return std::move(*of_.promise().result);
  }

 private:
  explicit task(std::coroutine_handle<promise_type> of) noexcept : of_{of} {}
  std::coroutine_handle<promise_type> of_;
};

struct started {
  struct promise_type : fanlight::context_promise<promise_type> {
    auto initial_suspend() noexcept { return keep(std::suspend_never{}); }
    auto final_suspend() noexcept { return keep(std::suspend_never{}); }
    started get_return_object() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }
  };
};

/// As some other library has it: nothing of tracing in it.
struct foreign {
  struct promise_type {
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    foreign get_return_object() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }
  };
};
