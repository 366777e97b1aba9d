// Bodies of detail/coroutine_stack.hpp. None is inlined into a coroutine: a compiler that keeps a thread's address across a suspension
// would use another thread's block.
#pragma once

#include <fanlight/detail/coroutine_stack.hpp>
#include <fanlight/impl/span.ipp>

#include <cstdlib>
#include <utility>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_NOINLINE FANLIGHT_INLINE coroutine_stack::coroutine_stack(context const& from) noexcept {
  auto* const own = core_of(from);
  frame_of(base_, from, own != nullptr ? own : default_core(here()));
  base_.flags |= frame_flag::owns_node;
  context_node::keep(base_.node);
}

FANLIGHT_NOINLINE FANLIGHT_INLINE void coroutine_stack::take_up() noexcept {
  auto& t = here();
  if (on_ != nullptr) {
    if (on_ != &t) tell(base_.core, 103, {});  // it was suspended by an awaiter that knows nothing of us
    return;
  }
  note_use();
  if (base_.core == nullptr) base_.core = default_core(t);
  on_ = &t;
  base_.outer = current_frame(t);
  t.current = inner_;
  swap_facts(t);
  if (entered_) return forget_inherited(), count_exceptions_anew(t);
  entered_ = true;
  push_facts(t, base_, base_.node);
}

FANLIGHT_NOINLINE FANLIGHT_INLINE void coroutine_stack::set_down() noexcept {
  auto& t = here();
  if (on_ != &t) {
    if (on_ != nullptr) tell(base_.core, 103, {});
    return;
  }
  inner_ = current_frame(t);
  t.current = base_.outer;
  base_.outer = nullptr;
  swap_facts(t);
  exceptions_ = exceptions_in_flight(t);
  forks_ = home().forks;
  on_ = nullptr;
}

/// What was open when the process forked is the parent's to send.
FANLIGHT_INLINE void coroutine_stack::forget_inherited() noexcept {
  if (forks_ == home().forks) return;
  for (auto* each = inner_; each != &base_ && each != nullptr; each = each->outer)
    if (each->open != nullptr && each->open->is_open()) each->open->data = nullptr;
}

FANLIGHT_NOINLINE FANLIGHT_INLINE coroutine_stack::~coroutine_stack() noexcept {
  if (entered_) {
    auto& t = here();
    take_up();
    if (on_ != &t) return;  // told; what it left in the other thread's chain is out of reach
    pop_facts(t, base_);
    if (t.current == &base_) t.current = base_.outer;
    else leave_out_of_order(base_, t);
    swap_facts(t);
    std::free(facts_.data);
  }
  if ((base_.flags & frame_flag::owns_node) != 0) context_node::drop(base_.node);
}

FANLIGHT_INLINE void coroutine_stack::swap_facts(thread_block& t) noexcept {
  std::swap(t.facts, facts_);
  std::swap(t.window, window_);
}

/// A span tells by their number that an exception leaves it; the thread that goes on may have others in flight.
FANLIGHT_INLINE void coroutine_stack::count_exceptions_anew(thread_block const& t) noexcept {
  auto const more = exceptions_in_flight(t) - exceptions_;
  if (more == 0) return;
  for (auto* each = inner_; each != &base_ && each != nullptr; each = each->outer)
    if (each->open != nullptr && each->open->is_open()) each->open->uncaught = static_cast<std::uint16_t>(each->open->uncaught + more);
}

}  // namespace detail
FANLIGHT_END
