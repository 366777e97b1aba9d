// How a span starts and ends, step by step: whose child it is, ids, the sampler's decision, the frame on the thread's chain, the facts
// that hold there. All of it runs on the thread that begins the span. Included by span.ipp, behind span.hpp.
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

/// The caller has decided, and that counts: by a sampler that follows, or because B3's debug wants to see the trace.
[[nodiscard]] FANLIGHT_INLINE bool follows(core_face const& core, context const* remote) noexcept {
  if (remote == nullptr || remote->is_deferred()) return false;
  return core.parent_based != 0 || (remote->node() != nullptr && remote->node()->debug != 0);
}

/// The decision for a trace that has no recorded part here yet.
[[nodiscard]] FANLIGHT_INLINE std::uint32_t decide(core_face& core, start_facts const& how, context const* remote, std::uint64_t chance) noexcept {
  if (follows(core, remote)) return remote->is_sampled() ? 3 : 0;
  if (how.force != forced_sampling::none && core.sampler != sampling_mode::custom) return how.force == forced_sampling::sampled ? 3 : 0;
  switch (core.sampler) {
    case sampling_mode::always_on: return 3;
    case sampling_mode::always_off: return 0;
    case sampling_mode::ratio: return chance >= core.threshold ? 3 : 0;
    case sampling_mode::custom: return core.operations->decide(core, how);
  }
  return 0;
}

/// The low 56 bits of a trace id.
[[nodiscard]] FANLIGHT_INLINE std::uint64_t chance_of(unsigned char const* trace) noexcept {
  std::uint64_t low = 0;
  std::memcpy(&low, trace + 8, 8);
  return __builtin_bswap64(low) & 0x00FFFFFFFFFFFFFFu;
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

/// The frame of a span with a parent that was handed to it keeps that parent's node alive; a trace about which a ratio that is to be told
/// has decided here gets a tracestate of its own.
FANLIGHT_COLD FANLIGHT_INLINE void own_node(frame& place, core_face& core, context const& parent, bool decided) noexcept {
  if (decided && core.write_threshold != 0 && core.sampler != sampling_mode::custom) return own_threshold(place, core, parent);
  place.node = parent.node();
  if (place.node == nullptr) return;
  context_node::keep(place.node);
  place.flags |= frame_flag::owns_node;
}

/// Opens the record of a span that has options.
FANLIGHT_COLD FANLIGHT_INLINE void open_fully(frame& place, draft& d, unsigned char* room, thread_block& t, start_facts const& how,
                                unsigned char const* parent_id, std::uint8_t flags) noexcept {
  open_draft(d, t, *place.core, room, inline_room, entry_type::span, how.name, how.where);
  place.open = &d;
  auto& head = d.head();
  if (parent_id != nullptr) std::memcpy(head.parent_id, parent_id, sizeof head.parent_id);
  head.flags = static_cast<std::uint8_t>(how.flags | flags);
  sign(d, t, place, how.kind, ticks_now(*d.core));
  if (how.start) d.head().start = how.start.nanoseconds, d.head().flags |= entry_flag::wall_start;
  if (!how.scope_name.empty()) put_fact(d, fact_key::scope_name, how.scope_name);
  if (!how.scope_version.empty()) put_fact(d, fact_key::scope_version, how.scope_version);
  for (std::size_t i = 0; i < how.attribute_count; ++i) put_attribute(d, item_role::attribute, how.attributes[i].key, how.attributes[i].value);
  for (std::size_t i = 0; i < how.link_count; ++i)
    put_link(d, how.links[i].to, how.links[i].attributes.begin(), how.links[i].attributes.size());
  if (how.rule != nullptr && !how.rule->empty()) put_attribute(d, item_role::attribute, "aws.xray.sampling_rule_name", *how.rule);
}

/// A child of the current span, with options.
FANLIGHT_COLD FANLIGHT_INLINE void begin_beneath(frame& place, draft& d, unsigned char* room, thread_block& t, frame& outer, start_facts const& how) noexcept {
  auto* core = outer.core;
  if (static_cast<void*>(core) != t.ready) core = prepare(t, core);
  if (core == nullptr) return pass_on(place, &outer);
  inherit(place, *core, outer);
  write_span_id(place, next_id(t, *core));
  place.layout = layout_version;
  if ((place.flags & frame_flag::recording) != 0) open_fully(place, d, room, t, how, outer.span_id, 0);
}

/// A span whose parent is `parent`: another process's, one from another thread, or none. `hold`: the facts that it brings hold here already.
FANLIGHT_COLD FANLIGHT_INLINE void begin_under(frame& place, draft& d, unsigned char* room, thread_block& t, core_face* core, context const& parent,
                                 start_facts how, bool hold = false) noexcept {
  core_face* const wanted = core;
  if (core != nullptr && static_cast<void*>(core) != t.ready) core = prepare(t, core);
  frame_of(place, parent, core);
  if (core == nullptr) {
    if (!parent.is_valid() || parent.is_sampled()) count_if_late(wanted, entry_type::span);
    place.flags &= ~frame_flag::recording;
    place.layout = parent.trace_id().is_valid() ? layout_version : 0;
    if (place.node != nullptr && place.layout != 0) context_node::keep(place.node), place.flags |= frame_flag::owns_node;
    return;
  }
  bool const known = parent.trace_id().is_valid(), local = parent.is_valid() && !parent.is_remote();
  std::uint32_t const random = known ? place.flags & trace_flag::random : trace_flag::random;
  std::uint64_t chance = known ? chance_of(place.trace_id) : give_trace(place, t, *core);
  if (known && core->sampler == sampling_mode::ratio && !parent.tracestate().empty()) chance = core->operations->randomness(parent, chance);
  std::memcpy(how.trace.bytes, place.trace_id, sizeof how.trace.bytes);
  how.parent = parent.is_valid() ? &parent : nullptr;
  std::string_view rule;
  how.rule = &rule;
  context const* const remote = known || parent.is_remote() ? &parent : nullptr;  // a decision may come without ids
  std::uint32_t const verdict = local ? (parent.is_sampled() ? 3u : 0u) : decide(*core, how, remote, chance);
  write_span_id(place, next_id(t, *core));
  place.flags = random | frame_flag::in_trace | ((verdict & 1) != 0 ? frame_flag::recording : 0u) |
                ((verdict & 2) != 0 ? std::uint32_t{trace_flag::sampled} : 0u);
  own_node(place, *core, parent, !local && !follows(*core, remote) && how.force == forced_sampling::none && (verdict & 2) != 0);
  if (!hold) push_facts(t, place, parent.node());
  auto const parent_id = parent.span_id();
  if ((verdict & 1) != 0)
    open_fully(place, d, room, t, how, parent_id.bytes, parent.is_valid() && parent.is_remote() ? entry_flag::remote_parent : std::uint8_t{0});
}

/// The pipeline of a parent that was handed over; null: it says nothing. A context of the process's pipeline is spared the name of it.
[[nodiscard]] FANLIGHT_INLINE core_face* core_of(context const& parent) noexcept {
  if (parent.node() != nullptr && parent.node()->core != nullptr) return parent.node()->core;
  bool const ours = parent.is_valid() && !parent.is_remote();
  return ours ? static_cast<core_face*>(__atomic_load_n(&home().core, __ATOMIC_ACQUIRE)) : nullptr;
}

/// The general start: every option, explicit parents, remote parents, the user's sampler. Does not make the span current.
FANLIGHT_COLD FANLIGHT_INLINE void begin_anywhere(frame& place, draft& d, unsigned char* room, thread_block& t, frame* outer, start_facts const& how) noexcept {
  if (!how.has_parent && outer != nullptr) {
    if ((outer->flags & (frame_flag::in_trace | frame_flag::remote)) == frame_flag::in_trace)
      return begin_beneath(place, d, room, t, *outer, how);
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
