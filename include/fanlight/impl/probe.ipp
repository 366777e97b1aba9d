// Bodies of detail/probe.hpp: what the search for a handler leaves behind, and the stack of the throw. Runs on the throwing thread, between
// the throw and its handler: no lock, no heap, nothing that could throw.
#pragma once

#include <fanlight/detail/probe.hpp>
#include <fanlight/impl/abi.ipp>

#include <unwind.h>

FANLIGHT_BEGIN
namespace detail {

struct frame_list {
  void** to;
  std::uint32_t most;
  std::uint32_t count;
};

/// Return addresses of the calling thread, innermost first, this function's own caller among the first. Gives how many.
[[nodiscard]] FANLIGHT_NOINLINE FANLIGHT_INLINE std::uint32_t capture_frames(void** to, std::uint32_t most) noexcept {
  frame_list list{to, most, 0};
  _Unwind_Backtrace(
      [](_Unwind_Context* at, void* raw) {
        auto& out = *static_cast<frame_list*>(raw);
        auto const where = _Unwind_GetIP(at);
        if (out.count == out.most || where == 0) return _URC_END_OF_STACK;
        out.to[out.count++] = reinterpret_cast<void*>(where);
        return _URC_NO_REASON;
      },
      &list);
  return list.count;
}

#if FANLIGHT_KNOWS_THROWN

/// What an exception_ptr points to, as the probe sees it.
struct thrown_object {
  void const* object = nullptr;
  std::type_info const* type = nullptr;
};

/// An exception_ptr of libstdc++ is one pointer, to the object.
[[nodiscard]] inline thrown_object thrown_by(std::exception_ptr const& by) noexcept {
  static_assert(sizeof by == sizeof(void*));
  if (by == nullptr) return {};
  void const* object = nullptr;
  std::memcpy(&object, static_cast<void const*>(&by), sizeof object);
  auto const* const type = by.__cxa_exception_type();
  if (type != nullptr && type->__is_pointer_p()) std::memcpy(&object, object, sizeof object);
  return {object, type};
}

// Functions of the runtime by which exceptions set out, under names of ours: compilers disagree on their types.
extern "C" void fanlight_runtime_throw_1() __asm__("__cxa_throw");
extern "C" void fanlight_runtime_rethrow_1() __asm__("__cxa_rethrow");
extern "C" void fanlight_runtime_rethrow_kept_1() __asm__("_ZSt17rethrow_exceptionNSt15__exception_ptr13exception_ptrE");

/// What lies before the last of them is the runtime's, and ours.
[[nodiscard]] inline bool sets_out(void* address) noexcept {
  auto* const begin = _Unwind_FindEnclosingFunction(static_cast<char*>(address) - 1);
  for (auto* const each : {&fanlight_runtime_throw_1, &fanlight_runtime_rethrow_1, &fanlight_runtime_rethrow_kept_1})
    if (begin != nullptr && begin == reinterpret_cast<void*>(each)) return true;
  return false;
}

FANLIGHT_INLINE void capture_throw(throw_note& note) noexcept {
  constexpr std::uint32_t deepest = 16;  // the runtime's own frames, and those of sanitizers
  void* all[sizeof note.frames / sizeof note.frames[0] + deepest];
  std::uint32_t const count = capture_frames(all, sizeof all / sizeof all[0]);
  std::uint32_t first = 0;
  for (std::uint32_t i = 0; i < count && i < deepest; ++i)
    if (sets_out(all[i])) first = i + 1;
  note.count = count - first < sizeof note.frames / sizeof note.frames[0] ? count - first
                                                                           : static_cast<std::uint32_t>(sizeof note.frames / sizeof note.frames[0]);
  std::memcpy(note.frames, all + first, note.count * sizeof note.frames[0]);
}

/// Thrown again while it is handled: its address cannot be another's.
[[nodiscard]] inline bool is_handled_here(throw_note const& note) noexcept {
  auto const now = thrown_by(std::current_exception());
  return now.type != nullptr && now.object == note.object && now.type == note.type;
}

/// Of what the exception says: addresses come back, and two throws of one type in one place are told apart by it.
[[nodiscard]] std::uint64_t text_hash_of(thrown_object const& thrown) noexcept;
/// The identity that the thread holds, when it holds this very exception; else 0. Gives the error's number.
[[nodiscard]] std::uint64_t number_of_held(thread_block& t, void const* object, void const* type) noexcept;

FANLIGHT_INLINE void note_first_visit(thread_block& t, throw_note& note, std::type_info const* type, void const* object) noexcept {
  auto& all = t.throws;
  note.object = object;
  note.type = type;
  bool const same = all.last.number != 0 && all.last.object == object && all.last.type == type;
  auto const held = number_of_held(t, object, type);
  if (same && (held == all.last.number || is_handled_here(all.last))) {
    note.number = all.last.number;
    note.count = all.last.count;
    note.text_hash = all.last.text_hash;
    std::memcpy(note.frames, all.last.frames, note.count * sizeof note.frames[0]);
    return;
  }
  note.number = held != 0 ? held : ++all.number;
  note.text_hash = text_hash_of({object, type});
  capture_throw(note);
  all.last.object = object, all.last.type = type;
  all.last.number = note.number, all.last.count = note.count, all.last.text_hash = note.text_hash;
  std::memcpy(all.last.frames, note.frames, note.count * sizeof note.frames[0]);
}

[[nodiscard]] inline bool is_ending_of_thread(std::type_info const& type) noexcept {
  return std::strcmp(type.name(), "N10__cxxabiv115__forced_unwindE") == 0 || std::strcmp(type.name(), "N10__cxxabiv119__foreign_exceptionE") == 0;
}

FANLIGHT_INLINE void note_throw(std::type_info const* type, void const* object) noexcept {
  auto const level = static_cast<unsigned>(std::uncaught_exceptions());  // 0: pthread_exit, which is no exception
  if (level == 0 || type == nullptr) return;
  auto& t = here();
  auto* const note = note_at(t, level);
  if (note == nullptr || note->sealed != 0 || is_ending_of_thread(*type)) return;
  if (note->visits == 0) note_first_visit(t, *note, type, object);
  ++note->visits;
  note->outermost = t.throws.guards - note->visits + 1;
}

FANLIGHT_INLINE void seal_note() noexcept {
  auto* const note = note_at(here(), static_cast<unsigned>(std::uncaught_exceptions()));
  if (note != nullptr && note->visits != 0) note->sealed = 1;
}

FANLIGHT_INLINE void leave_guard(std::uint32_t depth) noexcept {
  auto* const note = note_at(here(), static_cast<unsigned>(std::uncaught_exceptions()));
  if (note == nullptr || note->visits == 0 || note->outermost < depth) return;
  note->type = note->object = nullptr;
  note->visits = note->sealed = note->count = 0;
}

#endif

FANLIGHT_INLINE throw_note const* unwinding(thread_block& t) noexcept {
  auto const* const note = note_at(t, static_cast<unsigned>(std::uncaught_exceptions()));
  return note != nullptr && note->visits != 0 ? note : nullptr;
}

}  // namespace detail
FANLIGHT_END
