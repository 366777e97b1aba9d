// The probe: how fanlight sees an exception before anything of the stack is lost. A throw walks the stack twice. In the first walk, the
// search, libstdc++ asks the type of every `catch` clause whether it takes what was thrown; guarded() has a clause whose type is ours,
// which notes type, object and stack, and says no. Destructors that run in the second walk read the note. Each thread has its own notes, in
// its block; nothing here throws, locks or asks the heap for memory. Where libstdc++ or run-time type information is absent, guarded() is a plain call.
#pragma once

#include <fanlight/detail/door.hpp>

#include <cstddef>
#include <exception>
#include <type_traits>
#include <typeinfo>

// Whether thrown objects can be asked, and whether this file can have a probe: the one holds for all files of a program, the other is part
// of the types below.
#ifdef __GLIBCXX__
#define FANLIGHT_KNOWS_THROWN 1
#else
#define FANLIGHT_KNOWS_THROWN 0
#endif
#if FANLIGHT_KNOWS_THROWN && defined(__cpp_exceptions) && (defined(__GXX_RTTI) || defined(__cpp_rtti))
#define FANLIGHT_PROBE 1
#else
#define FANLIGHT_PROBE 0
#endif

FANLIGHT_BEGIN
namespace detail {

using throw_note = ::fanlight_throw_1;
using throw_notes = ::fanlight_throws_1;

/// The note for exceptions at one level of unwinding; null where none is kept.
[[nodiscard]] inline throw_note* note_at(thread_block& t, unsigned level) noexcept {
  return level - 1 < sizeof t.throws.levels / sizeof t.throws.levels[0] ? &t.throws.levels[level - 1] : nullptr;
}

/// One visit of the search: the probe says what it was asked about.
void note_throw(std::type_info const* type, void const* object) noexcept;
/// A guarded() frame is being left by an exception: seal what the search has noted; clear it when this frame, the `depth`th of its thread,
/// is the last one that it leaves.
void seal_note() noexcept;
void leave_guard(std::uint32_t depth) noexcept;

/// The exception that unwinds the calling thread now, if a guarded() frame has seen it.
[[nodiscard]] throw_note const* unwinding(thread_block& t) noexcept;

}  // namespace detail
FANLIGHT_END

#if FANLIGHT_PROBE

// Outside of the versioned namespace, as the door is: objects of a process share the notes whatever build they are of.
namespace fanlight_probe_1 {

/// What guarded() pretends to catch. Nobody makes one; its key function is nowhere defined, so that no compiler emits a type_info for it:
/// `the_probe` below takes that name.
class probe {
  virtual void nowhere_defined();
};

inline void destroy(void*) noexcept {}
inline bool is_not(void const*) noexcept { return false; }
[[gnu::noinline]] inline bool do_catch(void const*, std::type_info const* thrown, void** object, unsigned) noexcept {
  fanlight::detail::note_throw(thrown, *object);
  return false;
}
inline bool do_upcast(void const*, void const*, void**) noexcept { return false; }

/// The virtual functions of a std::type_info in libstdc++, in their order, behind what the C++ ABI puts in front of them. Written down here,
/// and not by a class that derives from it, because such an object could only be made while the program runs: made again, over the live
/// one, by every plugin. This one lies ready in the file.
struct type_functions {
  std::ptrdiff_t to_top;
  void const* type;
  void (*destroy)(void*) noexcept;
  void (*destroy_and_free)(void*) noexcept;
  bool (*is_pointer)(void const*) noexcept;
  bool (*is_function)(void const*) noexcept;
  bool (*do_catch)(void const*, std::type_info const* thrown, void** object, unsigned outer) noexcept;
  bool (*do_upcast)(void const*, void const* target, void** object) noexcept;
};
FANLIGHT_VISIBLE inline constinit type_functions probe_functions{0, nullptr, &destroy, &destroy, &is_not, &is_not, &do_catch, &do_upcast};

struct type_object {
  void (**functions)(void*) noexcept;
  char const* name;
};
extern __attribute__((weak, visibility("default"))) type_object the_probe __asm__("_ZTIN16fanlight_probe_15probeE");
constinit type_object the_probe{&probe_functions.destroy, "N16fanlight_probe_15probeE"};

}  // namespace fanlight_probe_1

FANLIGHT_BEGIN
namespace detail {

/// Runs first when an exception leaves what it guards.
struct throw_seal {
  bool passed = false;
  ~throw_seal() {
    if (!passed) seal_note();
  }
};

/// A live guarded() frame of this thread.
struct guard_frame {
  thread_block& t;
  std::uint32_t depth;
  bool passed = false;
  explicit guard_frame(thread_block& of) noexcept : t{of}, depth{++of.throws.guards} {}
  guard_frame(guard_frame const&) = delete;
  guard_frame& operator=(guard_frame const&) = delete;
  ~guard_frame() {
    t.throws.guards = depth - 1;
    if (!passed) leave_guard(depth);
  }
};

/// Not inlined, so that each probe has a frame of its own: two clauses of one type in one frame would be asked once.
template <class F, bool Probed>
FANLIGHT_NOINLINE decltype(auto) sealed_call(F& work) {
  using result = decltype(static_cast<F&&>(work)());
  throw_seal seal;
  if constexpr (std::is_void_v<result>) {
    static_cast<F&&>(work)();
    seal.passed = true;
  } else if constexpr (std::is_reference_v<result>) {
    result out = static_cast<F&&>(work)();
    seal.passed = true;
    return static_cast<result>(out);
  } else {
    result out = static_cast<F&&>(work)();
    seal.passed = true;
    return out;
  }
}

template <class F, bool Probed>
decltype(auto) guarded_call(F& work) {
  using result = decltype(static_cast<F&&>(work)());
  guard_frame frame{here()};
  try {
    if constexpr (std::is_void_v<result>) {
      sealed_call<F, Probed>(work);
      frame.passed = true;
    } else if constexpr (std::is_reference_v<result>) {
      result out = sealed_call<F, Probed>(work);
      frame.passed = true;
      return static_cast<result>(out);
    } else {
      result out = sealed_call<F, Probed>(work);
      frame.passed = true;
      return out;
    }
  } catch (::fanlight_probe_1::probe const&) {
    __builtin_unreachable();
  }
}

}  // namespace detail
FANLIGHT_END

#endif

FANLIGHT_BEGIN

/// Calls `work`. Exceptions pass through, and are seen on their way with type, text and the stack of their throw: spans and error scopes
/// inside that are left by them tell of it. A result that is a value has to be movable.
template <class F, bool Probed = FANLIGHT_PROBE != 0>
decltype(auto) guarded(F&& work) {
#if FANLIGHT_PROBE
  return detail::guarded_call<F, Probed>(work);
#else
  return static_cast<F&&>(work)();
#endif
}

FANLIGHT_END
