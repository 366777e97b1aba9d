// What instruments see of a pipeline: its settings, and a handful of functions for what leaves the straight path. A pipeline makes it
// and never frees it (a late span can only be dropped, not dangle); any thread reads it. And the ring: memory of one producer thread
// and one consumer, the dispatcher, through which finished entries pass without lock, shared counter or heap request.
#pragma once

#include <fanlight/detail/door.hpp>
#include <fanlight/source.hpp>

#include <time.h>

FANLIGHT_BEGIN
struct sampling_reason;  // sampler.hpp
namespace detail {

/// Bytes of one thread on their way to the dispatcher. Lines are kept apart by who writes them.
struct alignas(64) ring {
  // written by the producer
  std::uint64_t head;           // bytes ever published; the store releases what lies before
  std::uint64_t tail_seen;      // of `tail`, read again only when it says full
  std::uint64_t published[entry_types];
  std::uint64_t dropped[entry_types];  // the ring was full
  // written by the dispatcher
  alignas(64) std::uint64_t tail;  // bytes ever taken
  std::uint64_t mark;              // a head beyond it wakes the dispatcher
  std::uint64_t gathered[entry_types];
  // fixed while the ring is in use
  alignas(64) unsigned char* data;
  std::uint64_t mask;  // room - 1; the room is a power of two
  core_face* core;
  ring* next_of_core;
  ring* next_of_thread;
  std::uint32_t thread_id;
  std::uint32_t state;  // ring_state
};

enum class ring_state : std::uint32_t {
  live,       // a thread writes to it
  left,       // its thread has gone; drained, it is the next thread's
  abandoned,  // its pipeline has closed
};

enum class sampling_mode : std::uint32_t { always_on, always_off, ratio, custom };

/// What a span without options may be spared.
namespace start_shortcut {
inline constexpr std::uint32_t child = 1;  // clock and ids are the built-in ones
inline constexpr std::uint32_t root = 2;   // and the sampler looks at nothing but the id
}  // namespace start_shortcut

struct start_facts;  // detail/draft.hpp
struct log_facts;    // likewise
struct group_parts;  // likewise
struct group_plan;   // likewise

/// The least level of the loggers of one name, and of those beneath it: `db` is for `db.pool` too.
struct log_level_rule {
  std::string_view name;
  std::uint32_t least;
};

/// The least level by name; the longest name that fits counts, and so comes first. Belongs to a pipeline, and stays with it.
struct log_level_table {
  log_level_rule const* rules;
  std::size_t count;
  std::uint32_t otherwise;

  [[nodiscard]] std::uint32_t of(std::string_view logger) const noexcept {
    for (std::size_t i = 0; i < count; ++i) {
      auto const name = rules[i].name;
      if (logger.size() < name.size() || std::memcmp(logger.data(), name.data(), name.size()) != 0) continue;
      if (logger.size() == name.size() || logger[name.size()] == '.') return rules[i].least;
    }
    return otherwise;
  }
};

struct core_operations {
  /// The calling thread's ring of this pipeline, made when there is none. Null: no memory, or the pipeline has closed.
  ring* (*open_ring)(core_face&, thread_block&) noexcept;
  /// The calling thread ends, and with it its use of this ring.
  void (*leave_ring)(core_face&, ring&) noexcept;
  /// The head of `from` passed its mark.
  void (*wake)(core_face&, ring& from) noexcept;
  /// Gather and send now: an error report is on its way.
  void (*hurry)(core_face&) noexcept;
  /// A record of a thread that has no ring any more.
  void (*push_shared)(core_face&, unsigned char const* entry, std::uint64_t size, entry_type) noexcept;
  /// Records that came after the end; they are counted, no more.
  void (*count_late)(core_face&, entry_type, std::uint64_t) noexcept;
  /// Misuse or trouble: a problem_code, what it happened to, and perhaps a detail.
  void (*tell)(core_face&, int code, std::string_view about) noexcept;
  /// What a trace that begins here passes on, with the threshold in its tracestate. Null: no memory.
  context_node* (*with_threshold)(core_face&, context const& parent) noexcept;
  /// Asks the user's sampler. Bit 0: record, bit 1: sampled.
  std::uint32_t (*decide)(core_face&, start_facts const&) noexcept;
  /// What the sampler remembers of a decision. False: nothing, and `to` is left alone.
  bool (*why)(core_face&, fanlight::trace_id, sampling_reason& to);
  /// Whether baggage of that key is copied to spans.
  bool (*copies_baggage)(core_face&, std::string_view key) noexcept;
  /// Makes what is to be copied of a context's baggage hold as facts of the calling thread.
  void (*add_baggage)(core_face&, thread_block&, context_node const& of) noexcept;
  // Asked of the pipeline, and not called: so that a file that instruments need not compile what is seldom needed.
  /// A record ends because an exception leaves what it is about: status error, and what is known of the exception.
  void (*fail_unwound)(draft&, thread_block&) noexcept;
  /// A log record is about to be written: reports what is handled here, if it was not reported before.
  void (*report_logged)(thread_block&, core_face&, log_facts const&) noexcept;
  /// What the parent's tracestate says in place of the trace id's `chance`. [OpenTelemetry, tracestate: ot=rv]
  std::uint64_t (*randomness)(context const& parent, std::uint64_t chance) noexcept;
  /// An attribute, annotation or metadata that put() did not write: a key seen before, limits, no room, no key.
  void (*put)(draft&, item_role, std::string_view key, value const&) noexcept;
  /// An event or link whose attributes may be over a limit, without a key or there twice: which of them count, and writing those.
  group_plan (*plan_group)(draft const&, group_parts const&) noexcept;
  unsigned char* (*place_group)(unsigned char* to, group_plan const&, draft const&, group_parts const&) noexcept;
  /// What is handled where a log record is written goes along, if it has been told of.
  void (*join_error)(draft&, thread_block const&) noexcept;
  /// Begins a span with options, child of the current one. `room`, of inline_room bytes, is for its record.
  void (*begin_beneath)(frame&, draft&, unsigned char* room, thread_block&, frame const& outer, start_facts const&) noexcept;
  /// Begins a span whose parent is another process's, one from another thread, or none. `hold`: the facts that it brings hold here already.
  void (*begin_under)(frame&, draft&, unsigned char* room, thread_block&, core_face&, context const& parent, start_facts const&, bool hold) noexcept;
};

/// Grows at its end only: two copies of fanlight in one process may look at it.
struct core_face {
  std::uint32_t layout;
  std::uint32_t closed;  // atomic
  core_operations const* operations;
  core_face* next;  // in the process's list
  // what a span start looks at
  sampling_mode sampler;
  std::uint32_t shortcuts;  // start_shortcut
  std::uint32_t parent_based;
  std::uint64_t threshold;                    // keep when the low 56 bits of the trace id reach it
  std::int64_t (*ticks)(void* self) noexcept; // null: CLOCK_MONOTONIC
  std::uint64_t (*random)(void* self) noexcept;  // null: the thread's own generator
  void* source_of_time;
  void* source_of_ids;
  std::uint32_t wants_open;
  std::uint32_t context_missing;  // 0 tell, 1 throw, 2 nothing
  std::uint32_t write_threshold;  // put `ot=th:…` into tracestate
  std::uint32_t propagators;      // propagator_bit
  // limits
  std::uint32_t value_limit;  // characters of a text; UINT32_MAX: none
  std::uint16_t attribute_limit, event_limit, link_limit, event_attribute_limit, link_attribute_limit, log_attribute_limit;
  std::uint32_t log_value_limit;
  std::uint32_t largest_entry;  // bytes: a quarter of a ring
  std::uint32_t minimum_level;  // of log records, whatever their logger
  log_level_table const* log_levels;     // null: minimum_level is for all
  std::uint32_t report_on_unwind;  // a span that is left by an exception reports it
  std::uint32_t copies_baggage;    // to spans, some of it or all
  // renewed by the dispatcher
  alignas(64) std::int64_t wall_offset;  // atomic: nanoseconds of the epoch at tick 0
  std::uint32_t no_exporters;  // nobody would get a report
  std::uint32_t report_logs;   // 1 + the level from which on a log record in a handler reports what is handled; 0: none does
  std::string_view known_http_methods;  // empty: those of the standards
};

[[nodiscard]] FANLIGHT_HOT std::int64_t read_clock(clockid_t which) noexcept {
  timespec now;
  ::clock_gettime(which, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

[[nodiscard]] FANLIGHT_HOT std::int64_t ticks_now(core_face const& core) noexcept {
  if (__builtin_expect(core.ticks != nullptr, 0)) return core.ticks(core.source_of_time);
  return read_clock(CLOCK_MONOTONIC);
}

/// The pipeline to record into, with the thread's channel ready for it; null when there is none. What is not the straight path: another
/// pipeline than last time, a first record, the first one after a fork, a closed pipeline.
[[nodiscard]] core_face* prepare(thread_block& t, core_face* core) noexcept;

/// For threads and callbacks of fanlight's own: what is made there is not recorded.
[[nodiscard]] core_face* silent_core() noexcept;

[[nodiscard]] FANLIGHT_HOT std::uint64_t next_random(thread_block& t) noexcept {
  t.seed += 0xA0761D6478BD642Fu;
  __extension__ using wide = unsigned __int128;
  auto const product = static_cast<wide>(t.seed) * (t.seed ^ 0xE7037ED1A0B428DBu);
  return static_cast<std::uint64_t>(product >> 64) ^ static_cast<std::uint64_t>(product);
}

[[nodiscard]] FANLIGHT_HOT std::uint64_t next_id(thread_block& t, core_face const& core) noexcept {
  if (__builtin_expect(core.random != nullptr, 0)) return core.random(core.source_of_ids);
  return next_random(t);
}

/// Puts the entry of `size` bytes into the ring and wakes the dispatcher when that is due, or counts it as lost.
FANLIGHT_HOT void push(core_face& core, ring& to, unsigned char const* entry, std::uint64_t size, entry_type kind) noexcept {
  auto const type = static_cast<std::size_t>(kind);
  std::uint64_t const room = to.mask + 1;
  std::uint64_t head = to.head;
  std::uint64_t const here = head & to.mask, rest = room - here;
  std::uint64_t const pad = size <= rest ? 0 : rest;
  if (__builtin_expect(head + pad + size - to.tail_seen > room, 0)) {
    to.tail_seen = __atomic_load_n(&to.tail, __ATOMIC_ACQUIRE);
    if (head + pad + size - to.tail_seen > room) {
      __atomic_store_n(&to.dropped[type], to.dropped[type] + 1, __ATOMIC_RELAXED);
      return;
    }
  }
  unsigned char* at = to.data + here;
  if (__builtin_expect(pad != 0, 0)) {
    auto const filler = static_cast<std::uint32_t>(pad);
    std::uint32_t const none = 0;  // entry_type::pad and nothing else
    std::memcpy(at, &filler, 4);
    std::memcpy(at + 4, &none, 4);
    at = to.data;
  }
  std::memcpy(at, entry, size);
  head += pad + size;
  __atomic_store_n(&to.published[type], to.published[type] + 1, __ATOMIC_RELAXED);
  __atomic_store_n(&to.head, head, __ATOMIC_RELEASE);
  // The dispatcher's membarrier stands in for the fence that would be needed here.
  __asm__ __volatile__("" ::: "memory");
  if (__builtin_expect(static_cast<std::int64_t>(head - __atomic_load_n(&to.mark, __ATOMIC_RELAXED)) > 0, 0)) core.operations->wake(core, to);
}

}  // namespace detail
FANLIGHT_END
