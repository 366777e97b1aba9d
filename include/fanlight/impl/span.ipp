// Bodies of span.hpp: how a span finds its parent, gets its ids and its decision, becomes current, and ends.
#pragma once

#include <fanlight/impl/draft.ipp>
#include <fanlight/span.hpp>

#include <fanlight/impl/start.ipp>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_INLINE void begin_scoped(frame& place, draft& d, unsigned char* room, std::string_view name, source where) noexcept {
  auto& t = here();
  frame* const outer = current_frame(t);
  core_face* core = outer != nullptr ? outer->core : default_core(t);
  d.data = nullptr;
  d.has_ended = 0;
  if (__builtin_expect(static_cast<void*>(core) != t.ready, 0)) core = prepare(t, core);
  if (core == nullptr) return pass_on(place, t, outer);
  if (outer != nullptr && (outer->flags & (frame_flag::in_trace | frame_flag::remote)) == frame_flag::in_trace) {
    inherit(place, t, *core, *outer);
  } else if (outer == nullptr && core->sampler != sampling_mode::custom && core->write_threshold == 0) {
    start_trace(place, t, *core);
  } else {
    start_facts how;
    how.name = name;
    how.where = where;
    return begin_scoped(place, d, room, how);
  }
  enter(place, t, outer);
  if ((place.flags & frame_flag::recording) == 0) return;
  open_draft(d, t, *core, room, inline_room, entry_type::span, name, where);
  place.open = &d;
  if (outer != nullptr) std::memcpy(d.head().parent_id, outer->span_id, sizeof outer->span_id);
  sign(d, place, span_kind::internal);
}

FANLIGHT_INLINE void begin_scoped(frame& place, draft& d, unsigned char* room, start_facts const& how) noexcept {
  auto& t = here();
  frame* const outer = current_frame(t);
  d.data = nullptr;
  d.has_ended = 0;
  begin_anywhere(place, d, room, t, outer, how);
  if (place.layout != 0) enter(place, t, outer);
}

FANLIGHT_INLINE void end_scoped(frame& place, draft& d) noexcept {
  auto& t = here();
  if (__builtin_expect(t.current == &place, 1))
    t.current = place.outer;
  else
    leave_out_of_order(place, t);
  if (__builtin_expect(place.saved_facts != 0, 0)) pop_facts(t, place);
  if (d.data != nullptr) finish(d, t);
  if (__builtin_expect((place.flags & frame_flag::owns_node) != 0, 0)) context_node::drop(place.node);
}

FANLIGHT_INLINE span_state* begin_span(start_facts const& how) noexcept {
  auto& t = here();
  frame* const outer = current_frame(t);
  if (outer == nullptr && !how.has_parent && default_core(t) == nullptr) return nullptr;
  auto* const state = static_cast<span_state*>(take_block(t, sizeof(span_state)));
  if (state == nullptr) return nullptr;
  state->open.data = nullptr;
  state->open.has_ended = 0;
  auto& place = state->place;
  begin_anywhere(place, state->open, state->room, t, outer, how);
  place.outer = nullptr;
  keep_facts(place, t);
  pop_facts(t, place);
  return state;
}

FANLIGHT_INLINE void end_span(span_state* state) noexcept {
  if (state == nullptr) return;
  auto& t = here();
  if (state->open.data != nullptr) finish(state->open, t);
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
  how.where = where;
  return how;
}

}  // namespace detail

FANLIGHT_INLINE void scoped_span::end_at(wall_time at) noexcept {
  if (draft_.data == nullptr) return;
  draft_.head().end = at.nanoseconds;
  draft_.head().flags |= detail::entry_flag::wall_end;
  draft_.explicit_end = 1;
}

FANLIGHT_INLINE void span::end(wall_time at) noexcept {
  if (state_ == nullptr) return;
  auto& open = state_->open;
  if (open.data == nullptr) {
    if (open.has_ended != 0) detail::tell(state_->place.core, 102, "end()");
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
  place_.flags &= ~detail::frame_flag::owns_node;
  place_.open = inside.state_->open.data != nullptr ? &inside.state_->open : nullptr;
  detail::enter(place_, t, detail::current_frame(t));
  detail::push_facts(t, place_, place_.node);
}

FANLIGHT_INLINE scope::scope(fanlight::context const& inside) noexcept {
  auto& t = detail::here();
  auto* const outer = detail::current_frame(t);
  auto* const own = inside.node() != nullptr ? inside.node()->core : nullptr;
  detail::frame_of(place_, inside, own != nullptr ? own : detail::default_core(t));
  place_.flags |= detail::frame_flag::owns_node;
  detail::context_node::keep(place_.node);
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

FANLIGHT_INLINE annotation::annotation(detail::item_role role, std::string_view key, value const& what) noexcept {
  auto& t = detail::here();
  begin_ = t.facts.begin, end_ = t.facts.end, count_ = t.facts.count;
  for (int i = 0; i < 4; ++i) filter_.words[i] = t.facts.filter[i];
  if (key.empty()) {
    detail::tell(detail::default_core(t), 105, "annotation");
    return;
  }
  detail::add_fact(t, role, key, what);
  auto const* const place = detail::current_frame(t);
  if (place != nullptr && place->open != nullptr) detail::put_slowly(*place->open, role, key, what);
}

FANLIGHT_INLINE annotation::~annotation() noexcept {
  auto& facts = detail::here().facts;
  facts.begin = begin_, facts.end = end_, facts.count = count_;
  for (int i = 0; i < 4; ++i) facts.filter[i] = filter_.words[i];
}

FANLIGHT_INLINE metadata::metadata(std::string_view key, value const& what, std::string_view space) noexcept
    : annotation{detail::item_role::metadata, detail::metadata_key{space, key}.view(), what} {}

FANLIGHT_END
