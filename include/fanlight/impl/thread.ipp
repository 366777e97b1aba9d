// The calling thread's part: which pipeline and ring it records into, memory it keeps for itself, and what happens when it ends. Every
// function works on the caller's own block; nothing here is shared between threads but what a pipeline's operations do.
#pragma once

#include <fanlight/detail/draft.hpp>
#include <fanlight/impl/abi.ipp>

#include <exception>

#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

FANLIGHT_BEGIN
namespace detail {

/// A thread keeps blocks up to this size, and this many of them.
inline constexpr std::size_t largest_spare = 64 * 1024;
inline constexpr std::uint32_t most_spares = 16;

FANLIGHT_INLINE unsigned exceptions_in_flight(thread_block const& t) noexcept {
  return t.exceptions != nullptr ? *t.exceptions : static_cast<unsigned>(std::uncaught_exceptions());
}

FANLIGHT_INLINE void tell(core_face* core, int problem, std::string_view about) noexcept {
  if (core != nullptr && core->layout == layout_version) core->operations->tell(*core, problem, about);
}

// Its layout is no layout: prepare() refuses it, whichever copy of fanlight asks.
FANLIGHT_INLINE core_face* silent_core() noexcept {
  static constinit core_face none{};
  return &none;
}

FANLIGHT_INLINE void* take_block(thread_block& t, std::size_t size) noexcept {
  auto** link = reinterpret_cast<spare_block**>(&t.spare);
  for (; *link != nullptr; link = &(*link)->next)
    if ((*link)->size >= size && (*link)->size <= size * 4) {
      auto* const found = *link;
      *link = found->next;
      --t.spares;
      return found;
    }
  return std::malloc(size < sizeof(spare_block) ? sizeof(spare_block) : size);
}

/// A first use of the thread's block: its number, its seed, and what gives things back when it ends.
void get_to_know(thread_block& t) noexcept;

FANLIGHT_INLINE void keep_block(thread_block& t, void* block, std::size_t size) noexcept {
  if (t.thread_id == 0) get_to_know(t);
  if (size > largest_spare || t.spares == most_spares || t.stage == static_cast<std::uint32_t>(thread_stage::leaving)) {
    std::free(block);
    return;
  }
  auto* const spare = static_cast<spare_block*>(block);
  spare->next = static_cast<spare_block*>(t.spare);
  spare->size = size;
  t.spare = spare;
  ++t.spares;
}

/// The error that a thread saw last. An exception seen again is known by its address, type and text together, and because it is held: as
/// long as it is, its address cannot be another's. One that no handler has shown yet is known by the number that its throw was given.
struct error_identity {
  void const* object = nullptr;   // where it lies; of one that is not being handled here: what was shown
  void const* subject = nullptr;  // the part of it that was shown
  char const* type = nullptr;     // mangled
  std::uint64_t number = 0;       // throw_note::number; 0: no guarded() frame has seen it
  std::uint64_t text_hash = 0;
  bool written = false;   // a span of this process tells of it in full
  bool reported = false;  // a report of it has left
  short_text<36> uuid{};
  std::exception_ptr held{};
};

/// Runs when the thread ends: its rings go back to their pipelines, its memory to the heap. What later destructors of the thread still
/// record goes through a ring that is shared under a lock.
struct exit_guard {
  bool armed = false;
  ~exit_guard() {
    if (armed) leave(here());
  }
  static void leave(thread_block& t) noexcept;
};

FANLIGHT_INLINE void exit_guard::leave(thread_block& t) noexcept {
  t.stage = static_cast<std::uint32_t>(thread_stage::leaving);
  t.ready = t.channel = nullptr;
  for (auto* each = static_cast<ring*>(t.rings); each != nullptr;) {
    auto* const next = each->next_of_thread;
    each->core->operations->leave_ring(*each->core, *each);
    each = next;
  }
  t.rings = nullptr;
  while (t.spare != nullptr) {
    auto* const block = static_cast<spare_block*>(t.spare);
    t.spare = block->next;
    std::free(block);
  }
  t.spares = 0;
  if (t.facts.begin == t.facts.end) {
    std::free(t.facts.data);
    t.facts = {};
  }
  delete static_cast<error_identity*>(t.last_error);
  t.last_error = nullptr;
}

FANLIGHT_COLD FANLIGHT_INLINE void get_to_know(thread_block& t) noexcept {
  t.thread_id = static_cast<std::uint32_t>(::syscall(SYS_gettid));
  t.exceptions = exceptions_address();
  if (::getrandom(&t.seed, sizeof t.seed, GRND_NONBLOCK) != static_cast<ssize_t>(sizeof t.seed))
    t.seed = static_cast<std::uint64_t>(read_clock(CLOCK_MONOTONIC)) * 0x9E3779B97F4A7C15u ^ t.thread_id ^
             reinterpret_cast<std::uintptr_t>(&t);
  if (t.stage == static_cast<std::uint32_t>(thread_stage::leaving)) return;
  t.stage = static_cast<std::uint32_t>(thread_stage::live);
  static thread_local exit_guard guard;
  guard.armed = true;
}

FANLIGHT_COLD FANLIGHT_INLINE core_face* prepare(thread_block& t, core_face* core) noexcept {
  t.ready = t.channel = nullptr;
  auto const* const chosen = static_cast<core_face const*>(t.chosen);
  if (core == nullptr || core->layout != layout_version || (chosen != nullptr && chosen->layout != layout_version)) return nullptr;
  if (t.thread_id == 0) get_to_know(t);
  if (__atomic_load_n(&core->closed, __ATOMIC_ACQUIRE) != 0) return nullptr;
  if (t.stage == static_cast<std::uint32_t>(thread_stage::leaving)) return core;
  ring* const own = core->operations->open_ring(*core, t);
  if (own == nullptr) return nullptr;
  t.channel = own;
  t.ready = core;
  return core;
}

/// A record that could not be begun is late when its pipeline has ended; else there is none, or it is not for us.
FANLIGHT_COLD inline void count_if_late(core_face* core, entry_type type) noexcept {
  if (core != nullptr && core->layout == layout_version && __atomic_load_n(&core->closed, __ATOMIC_ACQUIRE) != 0)
    core->operations->count_late(*core, type, 1);
}

/// The first record for another pipeline than last time, or one of a thread that has no ring any more.
FANLIGHT_COLD inline void deliver_elsewhere(thread_block& t, core_face& core, unsigned char const* entry, std::uint64_t size,
                                            entry_type type) noexcept {
  if (prepare(t, &core) == nullptr) return core.operations->count_late(core, type, 1);
  if (t.channel == nullptr) return core.operations->push_shared(core, entry, size, type);
  push(core, *static_cast<ring*>(t.channel), entry, size, type);
}

/// Puts a finished entry where this thread's entries go.
FANLIGHT_HOT void deliver(thread_block& t, core_face& core, unsigned char const* entry, std::uint64_t size, entry_type type) noexcept {
  if (__builtin_expect(t.ready != &core, 0)) return deliver_elsewhere(t, core, entry, size, type);
  push(core, *static_cast<ring*>(t.channel), entry, size, type);
}

}  // namespace detail
FANLIGHT_END
