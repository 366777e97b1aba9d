// How a span starts and ends, step by step: whose child it is, ids, the decision of a plain sampler, the frame on the thread's chain, the facts
// that hold there; with options and with parents from elsewhere: draft_care.ipp. All of it runs on the thread that begins the span. Included by
// span.ipp, behind span.hpp.
#pragma once

#include <fanlight/impl/draft.ipp>
#include <fanlight/impl/facts.ipp>
#include <fanlight/propagation.hpp>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_HOT void enter(frame& place, thread_block& t, frame* outer) noexcept {
  place.outer = outer;
  place.layout = layout_version;
  t.current = &place;
}

/// A frame that names what `of` names.
FANLIGHT_INLINE void frame_of(frame& place, context const& of, core_face* core) noexcept {
  auto const trace = of.trace_id();
  auto const span = of.span_id();
  std::memcpy(place.trace_id, trace.bytes, sizeof place.trace_id);
  std::memcpy(place.span_id, span.bytes, sizeof place.span_id);
  place.flags = of.flags() | static_cast<std::uint32_t>(of.sampling()) << 12;
  if (of.is_valid()) place.flags |= frame_flag::in_trace;
  if (of.is_remote()) place.flags |= frame_flag::remote;
  else if (of.is_sampled()) place.flags |= frame_flag::recording;
  place.core = core;
  place.node = of.node();
  place.open = nullptr;
  place.window = nullptr;
  place.layout = layout_version;
  place.outer = nullptr;
}

/// Nothing records here: the ids of what is current go on to whoever is called. Whether the frame becomes current is the caller's word.
FANLIGHT_INLINE void pass_on(frame& place, frame const* outer) noexcept {
  place.layout = 0;
  place.flags = 0;
  place.node = nullptr;
  place.core = nullptr;
  place.open = nullptr;
  place.window = nullptr;
  if (outer == nullptr) return;
  place = *outer;
  place.flags &= ~(frame_flag::owns_node | frame_flag::recording);
  place.open = nullptr;
  place.window = nullptr;
  if (outer->core != nullptr && outer->core->layout == layout_version && __atomic_load_n(&outer->core->closed, __ATOMIC_ACQUIRE) != 0 &&
      (outer->flags & (frame_flag::recording | trace_flag::sampled)) != 0)
    outer->core->operations->count_late(*outer->core, entry_type::span, 1);
}

/// Ids lie in two words of eight bytes and are copied so: a load that is wider than the store before it has to wait for that store.
FANLIGHT_HOT void copy_trace_id(unsigned char* to, unsigned char const* from) noexcept {
  std::uint64_t first, second;
  std::memcpy(&first, from, 8);
  std::memcpy(&second, from + 8, 8);
  std::memcpy(to, &first, 8);
  std::memcpy(to + 8, &second, 8);
}

/// Makes a span id of a random number, never zero.
FANLIGHT_HOT void write_span_id(frame& place, std::uint64_t id) noexcept {
  id |= id == 0 ? 1u : 0u;
  id = __builtin_bswap64(id);
  std::memcpy(place.span_id, &id, sizeof id);
}

FANLIGHT_HOT void write_trace_id(frame& place, std::uint32_t seconds, std::uint64_t high, std::uint64_t low) noexcept {
  std::uint64_t const first = high << 32 | __builtin_bswap32(seconds), second = __builtin_bswap64(low);
  std::memcpy(place.trace_id, &first, 8);
  std::memcpy(place.trace_id + 8, &second, 8);
}

FANLIGHT_HOT void point_to(frame& place, core_face& core, context_node const* node) noexcept {
  place.node = node;
  place.core = &core;
  place.open = nullptr;
  place.window = nullptr;
}

/// All of a child's place but its span id.
FANLIGHT_HOT void inherit(frame& place, core_face& core, frame const& parent) noexcept {
  copy_trace_id(place.trace_id, parent.trace_id);
  place.flags = parent.flags & (0xFFu | frame_flag::recording | frame_flag::in_trace);
  point_to(place, core, parent.node);
}

/// Seconds of the epoch, for the front of a trace id. The coarse clock does: nobody needs more here.
FANLIGHT_HOT std::uint32_t seconds_now(core_face const& core) noexcept {
  if (__builtin_expect(core.ticks == nullptr, 1)) return static_cast<std::uint32_t>(::time(nullptr));
  return static_cast<std::uint32_t>((core.ticks(core.source_of_time) + __atomic_load_n(&core.wall_offset, __ATOMIC_RELAXED)) / 1'000'000'000);
}

/// A new trace id: the time in front, so that one id serves X-Ray too, then 96 random bits.
FANLIGHT_HOT std::uint64_t give_trace(frame& place, thread_block& t, core_face const& core) noexcept {
  std::uint64_t const low = next_id(t, core), high = next_id(t, core);
  write_trace_id(place, seconds_now(core), high, low);
  return low & 0x00FFFFFFFFFFFFFFu;
}

/// A root by the plain samplers: no clock is read before it is decided, no attribute looked at. Gives when it began, if it is recorded;
/// the time in its id is that time.
FANLIGHT_HOT std::int64_t start_trace(frame& place, thread_block& t, core_face& core) noexcept {
  std::uint64_t const low = next_random(t), high = next_random(t);
  write_span_id(place, next_random(t));
  point_to(place, core, nullptr);
  bool const yes = core.sampler == sampling_mode::always_on || (core.sampler == sampling_mode::ratio && (low & 0x00FFFFFFFFFFFFFFu) >= core.threshold);
  if (!yes) {
    place.flags = frame_flag::in_trace | trace_flag::random;
    write_trace_id(place, static_cast<std::uint32_t>(::time(nullptr)), high, low);
    return 0;
  }
  place.flags = frame_flag::in_trace | trace_flag::random | frame_flag::recording | trace_flag::sampled;
  std::int64_t const ticks = read_clock(CLOCK_MONOTONIC);
  auto const wall = static_cast<std::uint64_t>(ticks + __atomic_load_n(&core.wall_offset, __ATOMIC_RELAXED));
  write_trace_id(place, static_cast<std::uint32_t>(wall / 1'000'000'000), high, low);
  return ticks;
}

/// The copy of the head and name that goes out at once to an exporter that asked for it.
FANLIGHT_COLD inline void send_start_note(draft& d) noexcept {
  auto& t = here();
  std::size_t const size = entry_space(d.head().name_size);
  auto* const note = static_cast<unsigned char*>(take_block(t, size));
  if (note == nullptr) return;
  std::memcpy(note, d.data, size);
  auto& head = *reinterpret_cast<entry_head*>(note);
  head.type = entry_type::start;
  head.size = static_cast<std::uint32_t>(size);
  head.end = head.start;
  deliver(t, *d.core, note, size, entry_type::start);
  std::free(note);
}

/// Ids, flags and start into the head of the record.
FANLIGHT_HOT void sign(draft& d, thread_block const& t, frame const& place, span_kind kind, std::int64_t ticks) noexcept {
  auto& head = d.head();
  head.kind = static_cast<std::uint8_t>(kind);
  copy_trace_id(head.trace_id, place.trace_id);
  std::memcpy(head.span_id, place.span_id, sizeof head.span_id);
  head.trace_flags = static_cast<std::uint8_t>(place.flags);
  d.uncaught = static_cast<std::uint16_t>(exceptions_in_flight(t));
  head.start = ticks;
  if (__builtin_expect(place.node != nullptr, 0) && !place.node->tracestate().empty())
    put_fact(d, fact_key::tracestate, place.node->tracestate());
  if (__builtin_expect(d.core->wants_open != 0, 0)) send_start_note(d);
}

FANLIGHT_INLINE void finish(draft& d, thread_block& t) noexcept {
  if (__builtin_expect(exceptions_in_flight(t) > d.uncaught, 0)) d.core->operations->fail_unwound(d, t);
  close_draft(d, t);
}

/// A scoped object that ends while an inner one lives, or on another thread: it is taken out of the chain if it is in it.
FANLIGHT_COLD inline void leave_out_of_order(frame& place, thread_block& t) noexcept {
  tell(place.core, 103, {});
  frame* borrower = nullptr;  // the outermost of those inside that look at the same node without owning it
  for (auto** link = reinterpret_cast<frame**>(&t.current); *link != nullptr; link = &(*link)->outer) {
    if (*link != &place && (*link)->open == place.open) (*link)->open = nullptr;  // baggage inside writes to the same record
    if (*link == &place) {
      *link = place.outer;
      if (borrower != nullptr) borrower->flags |= place.flags & frame_flag::owns_node, place.flags &= ~frame_flag::owns_node;
      return;
    }
    if ((*link)->node == place.node && ((*link)->flags & frame_flag::owns_node) == 0) borrower = *link;
  }
}

/// A trace that begins here under a ratio that is to be told gets a tracestate that tells it.
FANLIGHT_COLD FANLIGHT_NOINLINE inline void own_threshold(frame& place, core_face& core, context const& parent = {}) noexcept {
  place.node = core.operations->with_threshold(core, parent);
  if (place.node != nullptr) place.flags |= frame_flag::owns_node;
}

/// The pipeline of a parent that was handed over; null: it says nothing. A context of the process's pipeline is spared the name of it.
[[nodiscard]] FANLIGHT_INLINE core_face* core_of(context const& parent) noexcept {
  if (parent.node() != nullptr && parent.node()->core != nullptr) return parent.node()->core;
  bool const ours = parent.is_valid() && !parent.is_remote();
  return ours ? static_cast<core_face*>(__atomic_load_n(&home().core, __ATOMIC_ACQUIRE)) : nullptr;
}

/// Nothing can record here; what the parent brought goes on. `wanted`: the pipeline that cannot, if there is one.
FANLIGHT_COLD inline void begin_silently(frame& place, core_face* wanted, context const& parent) noexcept {
  frame_of(place, parent, nullptr);
  if (!parent.is_valid() || parent.is_sampled()) count_if_late(wanted, entry_type::span);
  place.flags &= ~frame_flag::recording;
  place.layout = parent.trace_id().is_valid() ? layout_version : 0;
  if (place.node != nullptr && place.layout != 0) context_node::keep(place.node), place.flags |= frame_flag::owns_node;
}

/// A span whose parent is `parent`: another process's, one from another thread, or none. `hold`: the facts that it brings hold here already.
FANLIGHT_COLD inline void begin_under(frame& place, draft& d, unsigned char* room, thread_block& t, core_face* wanted, context const& parent,
                                      start_facts const& how, bool hold = false) noexcept {
  auto* const core = wanted == nullptr || static_cast<void*>(wanted) == t.ready ? wanted : prepare(t, wanted);
  if (core == nullptr) return begin_silently(place, wanted, parent);
  core->operations->begin_under(place, d, room, t, *core, parent, how, hold);
}

/// The general start: every option, explicit parents, remote parents, the user's sampler. Does not make the span current.
FANLIGHT_COLD FANLIGHT_INLINE void begin_anywhere(frame& place, draft& d, unsigned char* room, thread_block& t, frame* outer, start_facts const& how) noexcept {
  if (!how.has_parent && outer != nullptr) {
    if ((outer->flags & (frame_flag::in_trace | frame_flag::remote)) == frame_flag::in_trace) {
      auto* const core = static_cast<void*>(outer->core) == t.ready ? outer->core : prepare(t, outer->core);
      return core == nullptr ? pass_on(place, outer) : core->operations->begin_beneath(place, d, room, t, *outer, how);
    }
    context const given = frame_context(*outer);
    return begin_under(place, d, room, t, outer->core, given, how, true);
  }
  context const nobody{};
  context const& parent = how.parent != nullptr ? *how.parent : nobody;
  core_face* core = core_of(parent);
  if (core == nullptr && outer != nullptr) core = outer->core;
  if (core == nullptr) core = default_core(t);
  begin_under(place, d, room, t, core, parent, how);
}

[[nodiscard]] FANLIGHT_INLINE core_face* core_wanted(thread_block const& t) noexcept {
  auto const* const outer = current_frame(t);
  return outer != nullptr && outer->core != nullptr ? outer->core : default_core(t);
}

/// The pipeline for a record that is made here and now; null: none.
[[nodiscard]] FANLIGHT_INLINE core_face* core_here(thread_block& t) noexcept {
  core_face* const core = core_wanted(t);
  return static_cast<void*>(core) == t.ready ? core : prepare(t, core);
}

/// The ids of the current span into a record that belongs to it.
FANLIGHT_INLINE void join_trace(draft& d, thread_block const& t) noexcept {
  auto const* const outer = current_frame(t);
  if (outer == nullptr || (outer->flags & frame_flag::in_trace) == 0) return;
  auto& head = d.head();
  std::memcpy(head.trace_id, outer->trace_id, sizeof head.trace_id);
  std::memcpy(head.span_id, outer->span_id, sizeof head.span_id);
  head.trace_flags = static_cast<std::uint8_t>(outer->flags);
}

}  // namespace detail
FANLIGHT_END
