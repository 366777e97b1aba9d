// Bodies of span.hpp: how a span finds its parent, gets its ids and its decision, becomes current, and ends.
#pragma once

#include <fanlight/impl/draft.ipp>
#include <fanlight/span.hpp>

#include <fanlight/impl/start.ipp>

FANLIGHT_BEGIN
namespace detail {

/// The record of a span without options, in whose room stands already where it began. Not part of begin_scoped(), whose unrecorded path is short and shall stay so.
FANLIGHT_NOINLINE FANLIGHT_INLINE void record_simply(span_state& s, std::string_view name, std::int64_t ticks) noexcept {
  auto& t = here();
  auto& place = s.place;
  open_draft_here(s.open, t, *place.core, s.room, inline_room, entry_type::span, name);
  place.open = &s.open;
  if (place.outer != nullptr) std::memcpy(s.open.head().parent_id, place.outer->span_id, sizeof place.span_id);
  sign(s.open, t, place, span_kind::internal, ticks);
}

/// The start of a span without options, but for its record: ids and decision. False, and nothing is done: no pipeline or another one than
/// last time, a remote parent, a sampler that wants to know more. `ticks` is when it began, if it is recorded.
[[nodiscard]] FANLIGHT_HOT bool start_simply(frame& place, thread_block& t, frame* outer, std::int64_t& ticks) noexcept {
  core_face* const core = outer != nullptr ? outer->core : default_core(t);
  if (__builtin_expect(static_cast<void*>(core) != t.ready || core == nullptr, 0)) return false;
  if (outer != nullptr) {
    if (__builtin_expect((outer->flags & (frame_flag::in_trace | frame_flag::remote)) != frame_flag::in_trace, 0)) return false;
    if (__builtin_expect((core->shortcuts & start_shortcut::child) == 0, 0)) return false;
    inherit(place, *core, *outer);
    write_span_id(place, next_random(t));
    if ((place.flags & frame_flag::recording) != 0) ticks = read_clock(CLOCK_MONOTONIC);
  } else {
    if (__builtin_expect((core->shortcuts & start_shortcut::root) == 0, 0)) return false;
    ticks = start_trace(place, t, *core);
    if (__builtin_expect(core->write_threshold != 0 && (place.flags & frame_flag::recording) != 0, 0)) own_threshold(place, *core);
  }
  return true;
}

[[nodiscard]] inline start_facts facts_of(std::string_view name, source where) noexcept {
  start_facts how;
  how.name = name;
  how.where = where;
  return how;
}

/// The place stands in the room.
FANLIGHT_COLD FANLIGHT_NOINLINE inline void begin_uncommonly(span_state& s, std::string_view name) noexcept {
  auto const& head = *reinterpret_cast<entry_head const*>(s.room);
  begin_scoped(s, facts_of(name, source{head.file, head.function, head.line}));
}

FANLIGHT_INLINE void begin_scoped(span_state& s, std::string_view name, char const* file, char const* function, std::uint32_t line) noexcept {
  auto& t = here();
  frame* const outer = current_frame(t);
  s.open.data = nullptr;
  write_source(s.room, file, function, line);
  std::int64_t ticks = 0;
  if (__builtin_expect(!start_simply(s.place, t, outer, ticks), 0)) return begin_uncommonly(s, name);
  enter(s.place, t, outer);
  if ((s.place.flags & frame_flag::recording) != 0) record_simply(s, name, ticks);
}

FANLIGHT_INLINE void begin_scoped(span_state& s, start_facts const& how) noexcept {
  auto& t = here();
  frame* const outer = current_frame(t);
  s.open.data = nullptr;
  begin_anywhere(s.place, s.open, s.room, t, outer, how);
  if (s.place.layout == 0) return;
  note_use();
  enter(s.place, t, outer);
}

/// What the short path of end_scoped() leaves: facts and a node to let go of, an end out of order.
FANLIGHT_COLD FANLIGHT_NOINLINE inline void end_uncommonly(frame& place, draft& d, thread_block& t) noexcept {
  if (t.current == &place)
    t.current = place.outer;
  else
    leave_out_of_order(place, t);
  pop_facts(t, place);
  if (d.is_open()) finish(d, t);
  if ((place.flags & frame_flag::owns_node) != 0) context_node::drop(place.node);
}

FANLIGHT_INLINE void end_scoped(span_state& s) noexcept {
  auto& t = here();
  auto& place = s.place;
  if (__builtin_expect(t.current != &place || place.window != nullptr || (place.flags & frame_flag::owns_node) != 0, 0))
    return end_uncommonly(place, s.open, t);
  t.current = place.outer;
  if (s.open.is_open()) finish(s.open, t);
}

[[nodiscard]] FANLIGHT_INLINE span_state* take_span(thread_block& t) noexcept {
  auto* const state = static_cast<span_state*>(take_block(t, sizeof(span_state)));
  if (state == nullptr) return nullptr;
  state->open.data = nullptr;
  state->forks = home().forks;
  return state;
}

FANLIGHT_INLINE span_state* begin_span(std::string_view name, source where) noexcept {
  auto& t = here();
  frame* const outer = current_frame(t);
  frame place;
  std::int64_t ticks = 0;
  if (!start_simply(place, t, outer, ticks)) return begin_span(facts_of(name, where));
  auto* const state = take_span(t);
  if (state == nullptr) {
    if ((place.flags & frame_flag::owns_node) != 0) context_node::drop(place.node);
    return nullptr;
  }
  place.outer = outer;
  place.layout = layout_version;
  state->place = place;
  write_source(state->room, where.file(), where.function(), where.line());
  if ((place.flags & frame_flag::recording) != 0) record_simply(*state, name, ticks);
  state->place.outer = nullptr;
  if (t.facts.begin != t.facts.end || place.node != nullptr) keep_facts(state->place, t);
  return state;
}

FANLIGHT_INLINE span_state* begin_span(start_facts const& how) noexcept {
  auto& t = here();
  frame* const outer = current_frame(t);
  if (outer == nullptr && !how.has_parent && default_core(t) == nullptr) return nullptr;
  auto* const state = take_span(t);
  if (state == nullptr) return nullptr;
  auto& place = state->place;
  begin_anywhere(place, state->open, state->room, t, outer, how);
  place.outer = nullptr;
  keep_facts(place, t);
  pop_facts(t, place);
  return state;
}

/// A span that was begun before the process forked ends in the parent; here it records nothing.
FANLIGHT_INLINE void drop_inherited(span_state& state) noexcept {
  if (__builtin_expect(state.forks != home().forks, 0)) state.open.data = nullptr;
}

FANLIGHT_INLINE void end_span(span_state* state) noexcept {
  if (state == nullptr) return;
  auto& t = here();
  drop_inherited(*state);
  if (state->open.is_open()) finish(state->open, t);
  for (auto* each = current_frame(t); each != nullptr; each = each->outer)  // a scope that outlives its span
    if (each->open == &state->open) each->open = nullptr;
  if ((state->place.flags & frame_flag::owns_node) != 0) context_node::drop(state->place.node);
  keep_block(t, state, sizeof(span_state));
}

FANLIGHT_INLINE start_facts facts_of(std::string_view name, span_options const& options, std::initializer_list<attribute> attributes,
                                     source where) noexcept {
  start_facts how;
  how.name = name;
  how.kind = options.kind;
  how.has_parent = !options.parent.is_current();
  how.parent = how.has_parent ? &options.parent.of() : nullptr;
  how.attributes = attributes.begin();
  how.attribute_count = attributes.size();
  how.links = options.links.begin();
  how.link_count = options.links.size();
  how.start = options.start;
  how.scope_name = options.instrumentation.name;
  how.scope_version = options.instrumentation.version;
  how.force = options.force;
  how.where = where;
  return how;
}

}  // namespace detail

FANLIGHT_INLINE void scoped_span::end_at(wall_time at) noexcept {
  auto& open = state_.open;
  if (!open.is_open()) return;
  open.head().end = at.nanoseconds;
  open.head().flags |= detail::entry_flag::wall_end;
  open.explicit_end = 1;
}

FANLIGHT_INLINE void span::end(wall_time at) noexcept {
  if (state_ == nullptr) return;
  detail::drop_inherited(*state_);
  auto& open = state_->open;
  if (!open.is_open()) {
    if (open.has_ended()) detail::tell(state_->place.core, 102, "end()");
    return;
  }
  if (at) {
    open.head().end = at.nanoseconds;
    open.head().flags |= detail::entry_flag::wall_end;
    open.explicit_end = 1;
  }
  detail::finish(open, detail::here());
}

FANLIGHT_INLINE scope::scope(span& inside) noexcept {
  auto& t = detail::here();
  place_.layout = 0;
  if (inside.state_ == nullptr || inside.state_->place.layout == 0) return;
  place_ = inside.state_->place;
  place_.flags |= detail::frame_flag::owns_node;  // the span may end before this does
  detail::context_node::keep(place_.node);
  place_.open = inside.state_->open.is_open() ? &inside.state_->open : nullptr;
  detail::note_use();
  detail::enter(place_, t, detail::current_frame(t));
  detail::push_facts(t, place_, place_.node);
}

FANLIGHT_INLINE scope::scope(fanlight::context const& inside) noexcept {
  auto& t = detail::here();
  auto* const outer = detail::current_frame(t);
  auto* const own = detail::core_of(inside);
  detail::frame_of(place_, inside, own != nullptr ? own : detail::default_core(t));
  place_.flags |= detail::frame_flag::owns_node;
  detail::context_node::keep(place_.node);
  detail::note_use();
  detail::enter(place_, t, outer);
  detail::push_facts(t, place_, place_.node);
}

FANLIGHT_INLINE scope::~scope() noexcept {
  if (place_.layout == 0) return;
  auto& t = detail::here();
  detail::pop_facts(t, place_);
  if (t.current == &place_)
    t.current = place_.outer;
  else
    detail::leave_out_of_order(place_, t);
  if ((place_.flags & detail::frame_flag::owns_node) != 0) detail::context_node::drop(place_.node);
}

FANLIGHT_INLINE span_handle current_span() noexcept {
  auto const* const place = detail::current_frame(detail::here());
  return span_handle{place == nullptr || place->open == nullptr ? detail::no_draft() : *place->open};
}

FANLIGHT_INLINE context current() noexcept {
  auto& t = detail::here();
  auto const* const place = detail::current_frame(t);
  if (place != nullptr) return detail::context_of(*place);
  if (t.chosen == nullptr && t.facts.begin == t.facts.end) return {};
  return context::adopt({}, detail::gather_node(t, static_cast<detail::core_face*>(t.chosen), nullptr));
}

namespace detail {
/// Whether a span has a value of its own for a key: one that no fact that holds here has given it.
[[nodiscard]] FANLIGHT_INLINE bool says_itself(draft& d, thread_block const& t, item_role role, std::string_view key) noexcept {
  auto const* const own = find_item(d, role, key);
  if (own == nullptr) return false;
  for (auto const *at = t.facts.data + t.facts.begin, *end = t.facts.data + t.facts.end; at != end; at += item_view{at}.size())
    if (same_space(item_view{at}.head().role, role) && item_view{at}.key() == key)
      return item_view{at}.size() != item_view{own}.size() || std::memcmp(at, own, item_view{own}.size()) != 0;
  return true;
}

/// A fact that holds from now on in the window that is open, and on the current span unless that speaks for itself.
FANLIGHT_INLINE void hold_fact(thread_block& t, item_role role, std::string_view key, value const& what) noexcept {
  auto const* const place = current_frame(t);
  auto* const open = place != nullptr && place->open != nullptr && place->open->is_open() ? place->open : nullptr;
  bool const shadowed = open != nullptr && says_itself(*open, t, role, key);
  add_fact(t, role, key, what);
  if (open != nullptr && !shadowed) put_slowly(*open, role, key, what);
}
}  // namespace detail

FANLIGHT_INLINE annotation::annotation(detail::item_role role, std::string_view key, value const& what) noexcept {
  auto& t = detail::here();
  detail::open_window(t, window_);
  if (key.empty()) {
    bool const metadata = role == detail::item_role::metadata;
    detail::tell(detail::default_core(t), metadata ? 105 : 301, metadata ? "metadata" : "annotation");
    return;
  }
  detail::hold_fact(t, role, key, what);
}

FANLIGHT_INLINE annotation::~annotation() noexcept {
  detail::close_window(detail::here(), window_);
}

FANLIGHT_INLINE metadata::metadata(std::string_view key, value const& what, std::string_view space) noexcept
    : annotation{detail::item_role::metadata, detail::metadata_key{space, key}.view(), what} {}

FANLIGHT_END

#include <fanlight/impl/errors.ipp>  // an exception may be put on a span
