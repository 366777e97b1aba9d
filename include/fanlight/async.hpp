// Coroutines. While one runs, what it has open is current in the thread that runs it; while it waits, that thread has its own context back,
// and whichever thread resumes it finds the coroutine's again: current span, annotations, metadata. Scoped spans may live across co_await.
// `context_promise` does so for every co_await of a coroutine type of one's own, `coroutine_scope` in a single coroutine of anybody's. Both
// begin in the context that is current where the coroutine is called, live in it, and belong to the thread that runs it. The only header
// that includes <coroutine>. Threads and pools need none of this: see carry() in span.hpp.
//
//   struct task::promise_type : fl::context_promise<task::promise_type> {
//     auto initial_suspend() noexcept { return keep(std::suspend_always{}); }
//     auto final_suspend() noexcept { return keep(std::suspend_always{}); }
#pragma once

#include <fanlight/detail/coroutine_stack.hpp>
#include <fanlight/span.hpp>

#include <coroutine>
#include <type_traits>
#include <utility>

FANLIGHT_BEGIN
namespace detail {

template <class T>
concept member_awaited = requires(T&& what) { static_cast<T&&>(what).operator co_await(); };
template <class T>
concept freely_awaited = requires(T&& what) { operator co_await(static_cast<T&&>(what)); };

template <class T>
[[nodiscard]] constexpr bool awaits_quietly() noexcept {
  if constexpr (member_awaited<T>) return noexcept(std::declval<T&&>().operator co_await());
  else if constexpr (freely_awaited<T>) return noexcept(operator co_await(std::declval<T&&>()));
  else return true;
}

/// What co_await makes of an awaitable.
template <class T>
[[nodiscard]] decltype(auto) awaiter_of(T&& what) noexcept(awaits_quietly<T>()) {
  if constexpr (member_awaited<T>) return static_cast<T&&>(what).operator co_await();
  else if constexpr (freely_awaited<T>) return operator co_await(static_cast<T&&>(what));
  else return static_cast<T&&>(what);
}

}  // namespace detail

/// An awaitable whose coroutine keeps its context while it waits. Made by the types below, in a co_await or for one of a promise's functions.
/// `Awaitable` is a reference where what it names lives long enough.
template <class Awaitable>
class [[nodiscard]] kept_awaiter {
  using awaiter = decltype(detail::awaiter_of(std::declval<Awaitable&&>()));

 public:
  static constexpr bool is_quiet = std::is_nothrow_constructible_v<Awaitable, Awaitable&&> && detail::awaits_quietly<Awaitable>();
  kept_awaiter(detail::coroutine_stack& of, Awaitable&& what) noexcept(is_quiet)
      : stack_{of}, what_(static_cast<Awaitable&&>(what)), awaiter_(detail::awaiter_of(static_cast<Awaitable&&>(what_))) {}
  kept_awaiter(kept_awaiter const&) = delete;
  kept_awaiter& operator=(kept_awaiter const&) = delete;
  ~kept_awaiter() noexcept { stack_.end_here(); }

  [[nodiscard]] bool await_ready() noexcept(noexcept(std::declval<awaiter&>().await_ready())) {
    return static_cast<bool>(awaiter_.await_ready());
  }

  // Not inlined: once the inner one has been told, another thread may run and destroy the coroutine, and nothing here may lie in it.
  template <class Promise>
  FANLIGHT_NOINLINE auto await_suspend(std::coroutine_handle<Promise> of) noexcept(noexcept(std::declval<awaiter&>().await_suspend(of))) {
    if (!stack_.is_up()) return awaiter_.await_suspend(of);
    context const from = current();  // for what is begun in there: a call that is to carry the context, for instance
    stack_.set_down();
    if constexpr (noexcept(awaiter_.await_suspend(of))) {
      scope const inside{from};
      return awaiter_.await_suspend(of);
    } else {
      return suspend_or_go_on(from, of);
    }
  }

  decltype(auto) await_resume() noexcept(noexcept(std::declval<awaiter&>().await_resume())) {
    stack_.take_up();
    return awaiter_.await_resume();
  }

  using keeps_context = void;

 private:
  template <class Promise>
  auto suspend_or_go_on(context const& from, std::coroutine_handle<Promise> of) {
#ifdef __cpp_exceptions
    try {
      scope const inside{from};
      return awaiter_.await_suspend(of);
    } catch (...) {  // it has not suspended
      stack_.take_up();
      throw;
    }
#else
    scope const inside{from};
    return awaiter_.await_suspend(of);
#endif
  }

  detail::coroutine_stack& stack_;
  Awaitable what_;
  awaiter awaiter_;
};

namespace detail {
template <class T>
inline constexpr bool keeps_context = requires { typename std::remove_cvref_t<T>::keeps_context; };
}  // namespace detail

/// A base of `Promise`, the promise type of coroutines that keep their context. They begin in the one that is current where they are called.
template <class Promise>
class context_promise {
 public:
  context_promise() noexcept : context_promise{current()} {}
  explicit context_promise(context const& from) noexcept : stack_{from} {
    static_assert(
        detail::keeps_context<decltype(std::declval<Promise&>().initial_suspend())> &&
            detail::keeps_context<decltype(std::declval<Promise&>().final_suspend())>,
        "initial_suspend() and final_suspend() of a fanlight::context_promise return keep(awaiter): else the context of a coroutine "
        "stays behind in the thread that it leaves");
  }
  context_promise(context_promise const&) = delete;
  context_promise& operator=(context_promise const&) = delete;

  /// Every co_await of the coroutine. A promise that has one of its own returns keep(…) from it.
  template <class Awaitable>
  [[nodiscard]] kept_awaiter<Awaitable&&> await_transform(Awaitable&& what) noexcept(kept_awaiter<Awaitable&&>::is_quiet) {
    return {stack_, static_cast<Awaitable&&>(what)};
  }

 protected:
  ~context_promise() = default;

  /// For initial_suspend(), final_suspend() and yield_value(), which the compiler awaits without asking await_transform().
  template <class Awaiter>
  [[nodiscard]] kept_awaiter<Awaiter> keep(Awaiter&& what) noexcept(kept_awaiter<Awaiter>::is_quiet) {
    return {stack_, static_cast<Awaiter&&>(what)};
  }

 private:
  detail::coroutine_stack stack_;
};

/// The first object in the body of a coroutine whose promise type is somebody else's. It is current until its brace; every co_await in between
/// has to be `co_await here.keep(…)`, or stand in the scope of a coroutine_pause.
class coroutine_scope {
 public:
  [[nodiscard]] coroutine_scope() noexcept : coroutine_scope{current()} {}
  [[nodiscard]] explicit coroutine_scope(context const& inside) noexcept : stack_{inside} { stack_.take_up(); }
  coroutine_scope(coroutine_scope const&) = delete;
  coroutine_scope& operator=(coroutine_scope const&) = delete;
  ~coroutine_scope() noexcept = default;

  template <class Awaitable>
  [[nodiscard]] kept_awaiter<Awaitable> keep(Awaitable&& what) noexcept(kept_awaiter<Awaitable>::is_quiet) {
    return {stack_, static_cast<Awaitable&&>(what)};
  }

 private:
  friend class coroutine_pause;
  detail::coroutine_stack stack_;
};

/// Sets the context of a coroutine down until the brace, for a co_await that takes only awaitables of its own library.
class coroutine_pause {
 public:
  [[nodiscard]] explicit coroutine_pause(coroutine_scope& of) noexcept : stack_{of.stack_} { stack_.set_down(); }
  coroutine_pause(coroutine_pause const&) = delete;
  coroutine_pause& operator=(coroutine_pause const&) = delete;
  ~coroutine_pause() noexcept { stack_.take_up(); }

 private:
  detail::coroutine_stack& stack_;
};

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/coroutine_stack.ipp>
#endif
