// What goes along with a trace inside this process: the facts of living annotations, and contexts, which take them to other threads. All of
// it works on the calling thread's own block and on immutable nodes. Included by start.ipp, behind draft.ipp.
#pragma once

#include <fanlight/impl/draft.ipp>

FANLIGHT_BEGIN
namespace detail {

/// What a frame names, as a context that shares its node.
[[nodiscard]] FANLIGHT_INLINE context frame_context(frame const& place) noexcept {
  fanlight::trace_id trace;
  fanlight::span_id span;
  std::memcpy(trace.bytes, place.trace_id, sizeof trace.bytes);
  std::memcpy(span.bytes, place.span_id, sizeof span.bytes);
  context_node::keep(place.node);
  return context::adopt({trace, span, static_cast<std::uint8_t>(place.flags), (place.flags & frame_flag::remote) != 0,
                         static_cast<sampling_state>((place.flags & frame_flag::sampling) >> 12)},
                        const_cast<context_node*>(place.node));
}

/// Facts as the thread has them now, with what a context is to take along. Null when there is nothing to take.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE context_node* gather_node(thread_block const& t, core_face* core, context_node const* from,
                                                                          bool here_too = true, context_node const* baggage_of = nullptr) noexcept {
  context_node::parts parts;
  parts.core = core;
  if (!here_too && from != nullptr) {
    parts.facts = from->facts();
    parts.facts_size = from->facts_size;
    parts.fact_count = from->fact_count;
    parts.filter = from->filter;
  } else if (here_too && t.facts.end != t.facts.begin) {
    parts.facts = t.facts.data + t.facts.begin;
    parts.facts_size = t.facts.end - t.facts.begin;
    parts.fact_count = t.facts.count;
    for (int i = 0; i < 4; ++i) parts.filter.words[i] = t.facts.filter[i];
  }
  if (from != nullptr) {
    parts.tracestate = from->tracestate();
    parts.baggage = from->baggage();
    parts.pairs = from->pairs();
    parts.debug = from->debug != 0;
  }
  if (baggage_of != nullptr) parts.baggage = baggage_of->baggage();
  return context_node::make(parts);
}

/// The node with the baggage that holds in this thread for the span of `place`: that span's own, or of what was said since.
[[nodiscard]] inline context_node const* baggage_node(thread_block const& t, frame const& place) noexcept {
  auto const* const innermost = current_frame(t);
  bool const same = innermost != nullptr && innermost->layout == layout_version && std::memcmp(innermost->span_id, place.span_id, sizeof place.span_id) == 0;
  return same ? innermost->node : place.node;
}

FANLIGHT_INLINE context context_of(frame const& place, bool here_too) noexcept {
  auto& t = here();
  if (place.layout == 0) return {};
  bool const at_home = place.core == nullptr || place.core == __atomic_load_n(&home().core, __ATOMIC_ACQUIRE);
  bool const no_facts = !here_too || t.facts.begin == t.facts.end;
  bool const as_it_is = place.node == nullptr ? at_home : at_home || place.node->core == place.core;
  auto const* const baggage = here_too ? baggage_node(t, place) : place.node;
  if (no_facts && as_it_is && baggage == place.node) return frame_context(place);
  return context::adopt(frame_context(place), gather_node(t, at_home ? nullptr : place.core, place.node, here_too, baggage));
}

/// Room for `more` bytes behind the facts that hold. False: there is no memory, or there are facts beyond reason.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE bool room_for_facts(thread_block& t, std::size_t more) noexcept {
  auto& facts = t.facts;
  std::size_t const need = facts.end + more;
  if (need <= facts.room) return true;
  if (need > 1u << 20) return false;
  std::size_t const room = need * 2 < 1024 ? 1024 : need * 2;
  auto* const grown = static_cast<unsigned char*>(std::realloc(facts.data, room));
  if (grown == nullptr) return false;
  facts.data = grown;
  facts.room = static_cast<std::uint32_t>(room);
  return true;
}

/// Adds a fact to what holds in this thread. A key that is there already is shadowed: the window moves to a copy without it.
FANLIGHT_COLD FANLIGHT_INLINE void add_fact(thread_block& t, item_role role, std::string_view key, value const& what) noexcept {
  auto& facts = t.facts;
  if (t.thread_id == 0) get_to_know(t);
  if (key.size() > 0xFFFF) key = key.substr(0, 0xFFFF);
  std::size_t const space = item_space(what.kind(), what.size(), key.size());
  if (!room_for_facts(t, facts.end - facts.begin + space)) return;
  std::uint32_t const hash = key_hash(key.data(), key.size());
  bool const maybe_there = (facts.filter[hash >> 6] >> (hash & 63) & 1) != 0;
  if (maybe_there) {
    std::uint32_t const from = facts.begin, to = facts.end;
    facts.begin = facts.end;
    facts.count = 0;
    for (std::uint32_t at = from; at != to;) {
      item_view const item{facts.data + at};
      auto const size = static_cast<std::uint32_t>(item.size());
      if (!(same_space(item.head().role, role) && item.key() == key)) {
        std::memcpy(facts.data + facts.end, facts.data + at, size);
        facts.end += size;
        facts.count += item.head().role == item_role::metadata ? 0 : 1;
      }
      at += size;
    }
  }
  place_item(facts.data + facts.end, role, key, what);
  facts.end += static_cast<std::uint32_t>(space);
  facts.count += role == item_role::metadata ? 0 : 1;
  facts.filter[hash >> 6] |= std::uint64_t{1} << (hash & 63);
}

/// What holds now is kept in `to`, whatever is added from here on, until close_window().
FANLIGHT_INLINE void open_window(thread_block& t, fact_window& to) noexcept {
  auto const& facts = t.facts;
  to = {static_cast<fact_window*>(t.window), facts.begin, facts.end, facts.count, 0, {}};
  std::memcpy(to.filter, facts.filter, sizeof to.filter);
  t.window = &to;
}

/// Out of order the facts stay until the next inner window ends, which is told.
FANLIGHT_INLINE void close_window(thread_block& t, fact_window const& of) noexcept {
  if (__builtin_expect(t.window == &of, 1)) {
    t.facts.begin = of.begin, t.facts.end = of.end, t.facts.count = of.count;
    std::memcpy(t.facts.filter, of.filter, sizeof of.filter);
    t.window = of.outer;
    return;
  }
  tell(default_core(t), 103, {});
  for (auto* inner = static_cast<fact_window*>(t.window); inner != nullptr; inner = inner->outer)
    if (inner->outer == &of) {
      *inner = of;
      return;
    }
}

/// The facts that a context brought along hold in this thread until pop_facts(), and its baggage where the pipeline copies that; they shadow
/// those that held before.
FANLIGHT_COLD FANLIGHT_INLINE void push_facts(thread_block& t, frame& place, context_node const* node) noexcept {
  place.window = nullptr;
  if (node == nullptr) return;
  auto* const core = place.core;
  bool const baggage = core != nullptr && core->layout == layout_version && core->copies_baggage != 0 && node->baggage_size != 0;
  if (node->facts_size == 0 && !baggage) return;
  auto* const window = static_cast<fact_window*>(take_block(t, sizeof(fact_window)));
  if (window == nullptr) return;
  place.window = window;
  open_window(t, *window);
  for (auto const *at = node->facts(), *end = at + node->facts_size; at != end; at += item_view{at}.size())
    add_fact(t, item_view{at}.head().role, item_view{at}.key(), read_value({at}));
  if (baggage) core->operations->add_baggage(*core, t, *node);
}

FANLIGHT_INLINE void pop_facts(thread_block& t, frame& place) noexcept {
  if (place.window == nullptr) return;
  close_window(t, *place.window);
  keep_block(t, place.window, sizeof(fact_window));
  place.window = nullptr;
}

/// A span that leaves this scope takes the facts along that hold here, for what is begun beneath it elsewhere.
FANLIGHT_COLD FANLIGHT_INLINE void keep_facts(frame& place, thread_block& t) noexcept {
  if (place.layout == 0) return;
  if (t.facts.begin != t.facts.end) {
    auto* const node = gather_node(t, place.core, place.node);
    if (node == nullptr) return;
    if ((place.flags & frame_flag::owns_node) != 0) context_node::drop(place.node);
    place.node = node;
    place.flags |= frame_flag::owns_node;
  } else if (place.node != nullptr && (place.flags & frame_flag::owns_node) == 0) {
    context_node::keep(place.node);
    place.flags |= frame_flag::owns_node;
  }
}

}  // namespace detail
FANLIGHT_END
