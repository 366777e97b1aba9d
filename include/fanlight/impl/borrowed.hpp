// A callable that somebody else owns, as a parameter: like a reference to it, without a name for its type, so that one function serves
// every callable and is compiled once. For what runs seldom: calls are indirect, and compiled for size. Made where it is handed over; whoever made the callable keeps it alive during that call.
#pragma once

#include <fanlight/detail/config.hpp>

FANLIGHT_BEGIN
namespace detail {

template <class Signature>
class borrowed;

template <class Result, class... Args>
class borrowed<Result(Args...)> {
 public:
  template <class Callable>
  borrowed(Callable const& callable) noexcept
      : what_{&callable}, call_{[](void const* what, Args... args) FANLIGHT_COLD -> Result {
          return (*static_cast<Callable const*>(what))(static_cast<Args>(args)...);
        }} {}
  Result operator()(Args... args) const { return call_(what_, static_cast<Args>(args)...); }

 private:
  void const* what_;
  Result (*call_)(void const*, Args...);
};

}  // namespace detail
FANLIGHT_END
