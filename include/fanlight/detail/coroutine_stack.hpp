// The open scopes of one coroutine, as a piece of chain that is taken up by the thread that resumes it and set down when it suspends: a base
// frame with the context that it was called in, the frames of the scoped objects that live in it, and the facts that hold there. Lives in
// the coroutine (async.hpp) and belongs to whichever thread runs it; each step costs the same however deep the scopes are.
#pragma once

#include <fanlight/detail/door.hpp>

FANLIGHT_BEGIN
namespace detail {

class coroutine_stack {
 public:
  /// The coroutine begins in `from`. Nothing becomes current before take_up().
  explicit coroutine_stack(context const& from) noexcept;
  coroutine_stack(coroutine_stack const&) = delete;
  coroutine_stack& operator=(coroutine_stack const&) = delete;
  ~coroutine_stack() noexcept;

  /// What this coroutine has open becomes current in the calling thread, above what is current there. Nothing when it is already.
  void take_up() noexcept;
  /// The calling thread's context is again what it was before take_up().
  void set_down() noexcept;
  /// The coroutine is being destroyed where it was suspended: what it has open ends in the calling thread.
  void end_here() noexcept {
    if (entered_ && on_ == nullptr) take_up();
  }
  [[nodiscard]] bool is_up() const noexcept { return on_ != nullptr; }

 private:
  void swap_facts(thread_block& t) noexcept;
  void forget_inherited() noexcept;
  void count_exceptions_anew(thread_block const& t) noexcept;

  frame base_;
  frame* inner_ = &base_;  // the innermost scope, while set down
  ::fanlight_facts_1 facts_{};  // the coroutine's while set down, the thread's while taken up; so is `window_`
  void* window_ = nullptr;
  thread_block* on_ = nullptr;  // whose chain it is part of; null: set down
  unsigned exceptions_ = 0;  // in flight in the thread that set it down
  std::uint32_t forks_ = 0;  // of the process, then
  bool entered_ = false;  // it has been current
};

}  // namespace detail
FANLIGHT_END
