// Bodies of baggage.hpp.
#pragma once

#include <fanlight/baggage.hpp>
#include <fanlight/impl/baggage_text.ipp>
#include <fanlight/impl/propagation.ipp>
#include <fanlight/impl/span.ipp>

#include <cstdio>

FANLIGHT_BEGIN
namespace detail {

[[nodiscard]] inline std::string baggage_string(std::string_view encoded) {
  std::string out(encoded.size(), '\0');
  out.resize(decode_baggage(out.data(), encoded));
  return out;
}

/// Says why a member was not set. The value may be anybody's secret, and stays out of it.
FANLIGHT_COLD inline void tell_baggage(core_face* core, std::string_view key, baggage_header::outcome why) noexcept {
  char name[65], words[320];
  std::size_t size = 0;
  for (char const letter : key.substr(0, sizeof name - 1)) name[size++] = letter >= 0x20 && letter < 0x7F ? letter : '?';
  name[size] = 0;
  char const* const reason =
      why == baggage_header::outcome::bad_key ? "its key may have letters, digits and !#$%&'*+-.^_`|~, and one at least; rename it"
      : why == baggage_header::outcome::bad_properties
          ? "its properties are not as in the header: `name` or `name=value`, separated by `;`, other characters percent-encoded"
          : "baggage is full (64 members, 8192 bytes); remove what is not needed any more (fanlight::no_baggage), or carry less";
  int const written = std::snprintf(words, sizeof words, "baggage '%s' was not set: %s", name, reason);
  tell(core, 111, {words, written > 0 ? static_cast<std::size_t>(written) : 0});
}

/// What `from` has, with this baggage. Null: nothing is left to be held, or there is no memory.
[[nodiscard]] inline context_node* node_with_baggage(context_node const* from, core_face* core, std::string_view text, bool facts_too) noexcept {
  context_node::parts parts;
  parts.core = core;
  parts.baggage = text;
  if (from != nullptr) {
    parts.tracestate = from->tracestate();
    parts.pairs = from->pairs();
    parts.debug = from->debug != 0;
  }
  if (from != nullptr && facts_too) {
    parts.facts = from->facts();
    parts.facts_size = from->facts_size;
    parts.fact_count = from->fact_count;
    parts.filter = from->filter;
  }
  return context_node::make(parts);
}

[[nodiscard]] inline context context_with_baggage(context const& of, std::string_view text) noexcept {
  auto const* const from = of.node();
  auto* const node = node_with_baggage(from, from != nullptr ? from->core : nullptr, text, true);
  return node == nullptr ? of : context::adopt(of, node);
}

/// The node of a frame that may be looked at.
[[nodiscard]] inline context_node const* node_here(frame const* place) noexcept {
  return place != nullptr && place->layout == layout_version ? place->node : nullptr;
}

/// Facts that baggage made, and nobody else: attributes. Those of a key, or all, do not hold any more.
FANLIGHT_COLD inline void drop_baggage_facts(thread_block& t, std::string_view key) noexcept {
  auto& facts = t.facts;
  std::uint32_t const from = facts.begin, to = facts.end;
  if (from == to || !room_for_facts(t, to - from)) return;
  facts.begin = facts.end;
  facts.count = 0;
  for (std::uint32_t at = from; at != to;) {
    item_view const item{facts.data + at};
    auto const size = static_cast<std::uint32_t>(item.size());
    if (item.head().role != item_role::attribute || (!key.empty() && item.key() != key)) {
      std::memcpy(facts.data + facts.end, facts.data + at, size);
      facts.end += size;
      facts.count += item.head().role == item_role::metadata ? 0 : 1;
    }
    at += size;
  }
}

FANLIGHT_INLINE void baggage_scope::begin(std::string_view text) noexcept {
  auto& t = here();
  auto* const outer = current_frame(t);
  auto* const core = outer != nullptr ? outer->core : default_core(t);
  auto const* const from = node_here(outer);
  bool const at_home = core == nullptr || core == __atomic_load_n(&home().core, __ATOMIC_ACQUIRE);
  auto* const node = node_with_baggage(from, at_home ? nullptr : core, text, false);
  if (node == nullptr) return;
  if (outer != nullptr) place_ = *outer;
  else frame_of(place_, context{}, core);
  place_.flags |= frame_flag::owns_node;
  place_.node = node;
  place_.window = nullptr;
  note_use();
  enter(place_, t, outer);
  has_window_ = core != nullptr && core->layout == layout_version && core->copies_baggage != 0;
  if (has_window_) open_window(t, window_);
}

FANLIGHT_INLINE void baggage_scope::put(std::string_view key, std::string_view value, std::string_view properties) noexcept {
  auto& t = here();
  auto const* const from = node_here(current_frame(t));
  baggage_header header;
  if (from != nullptr) header.read_without(from->baggage(), key);
  auto const came = header.put(key, value, properties);
  if (came != baggage_header::outcome::done) return tell_baggage(core_wanted(t), key, came);
  begin(header.text());
  if (has_window_ && place_.core->operations->copies_baggage(*place_.core, key)) hold_fact(t, item_role::attribute, key, value);
}

FANLIGHT_INLINE void baggage_scope::remove(std::string_view key) noexcept {
  auto& t = here();
  auto const* const from = node_here(current_frame(t));
  if (from == nullptr || from->baggage().empty()) return;
  baggage_header header;
  if (!key.empty()) header.read_without(from->baggage(), key);
  begin(header.text());
  if (has_window_) drop_baggage_facts(t, key);
}

FANLIGHT_INLINE baggage_scope::~baggage_scope() noexcept {
  if (place_.layout == 0) return;
  auto& t = here();
  if (has_window_) close_window(t, window_);
  if (t.current == &place_)
    t.current = place_.outer;
  else
    leave_out_of_order(place_, t);
  if ((place_.flags & frame_flag::owns_node) != 0) context_node::drop(place_.node);
}

}  // namespace detail

FANLIGHT_INLINE std::string baggage_property::value() const { return detail::baggage_string(of_.value); }
FANLIGHT_INLINE std::string baggage_member::value() const { return detail::baggage_string(of_.value); }

FANLIGHT_INLINE std::optional<baggage_member> baggage_view::find(std::string_view key) const noexcept {
  detail::baggage_parts found;
  if (!detail::find_baggage_member(text(), key, found)) return std::nullopt;
  return baggage_member{found};
}

FANLIGHT_INLINE std::optional<std::string> baggage_value(std::string_view key) {
  auto const* const node = detail::node_here(detail::current_frame(detail::here()));
  detail::baggage_parts found;
  if (node == nullptr || !detail::find_baggage_member(node->baggage(), key, found)) return std::nullopt;
  return detail::baggage_string(found.value);
}

FANLIGHT_INLINE context set_baggage(context const& of, std::string_view key, std::string_view value, std::string_view properties) noexcept {
  detail::baggage_header header;
  header.read_without(of.baggage(), key);
  auto const came = header.put(key, value, properties);
  if (came == detail::baggage_header::outcome::done) return detail::context_with_baggage(of, header.text());
  auto* const core = detail::core_of(of);
  detail::tell_baggage(core != nullptr ? core : detail::default_core(detail::here()), key, came);
  return of;
}

FANLIGHT_INLINE context remove_baggage(context const& of, std::string_view key) noexcept {
  if (of.baggage().empty()) return of;
  detail::baggage_header header;
  header.read_without(of.baggage(), key);
  return detail::context_with_baggage(of, header.text());
}

FANLIGHT_INLINE context clear_baggage(context const& of) noexcept {
  return of.baggage().empty() ? of : detail::context_with_baggage(of, {});
}

FANLIGHT_END
