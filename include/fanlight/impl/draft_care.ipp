// What is written with care into a record: keys seen before, limits on values and numbers, no key, no room; and the record of a span that
// has options. Comes with the pipeline, whose table of functions names it: files that only instrument do not compile it. On the thread
// that writes the record.
#pragma once

#include <fanlight/impl/limit.ipp>
#include <fanlight/span.hpp>

#include <fanlight/impl/start.ipp>

FANLIGHT_BEGIN
namespace detail {

/// What core_operations::put is.
FANLIGHT_COLD FANLIGHT_INLINE void put_carefully(draft& d, item_role role, std::string_view key, value const& what) noexcept {
  if (key.empty()) {
    int const code = role == item_role::annotation ? 301 : 105;  // key_dropped, key_empty
    tell(d.core, code, {reinterpret_cast<char const*>(d.data + sizeof(entry_head)), d.head().name_size});
    if (d.head().dropped_attributes != 0xFFFF) ++d.head().dropped_attributes;
    return;
  }
  if (key.size() > 0xFFFF) key = key.substr(0, 0xFFFF);
  limited_value const limited{what, d.value_limit};
  auto* const old = find_item(d, role, key);
  bool const counts = role != item_role::metadata && role != item_role::fact;
  if (old == nullptr && counts && d.attributes_left == 0) return lose_attribute(d);
  if (!replace_or_append(d, old, role, key, limited.get())) return lose_attribute(d);
  d.filter.add(key_hash(key.data(), key.size()));
  if (old == nullptr && counts) --d.attributes_left;
}

/// Whether a later attribute has the same key; the last one wins.
[[nodiscard]] FANLIGHT_INLINE bool comes_again(attribute const* attributes, std::size_t i, std::size_t count) noexcept {
  for (std::size_t later = i + 1; later < count; ++later)
    if (attributes[later].key == attributes[i].key) return true;
  return false;
}

[[nodiscard]] FANLIGHT_INLINE std::string_view group_key(attribute const& of) noexcept { return of.key.substr(0, 0xFFFF); }

/// What core_operations::plan_group is: those over `limit` or without a key are left out, and an earlier one of the same key.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE group_plan plan_carefully(draft const& d, group_parts const& what) noexcept {
  group_plan out;
  for (std::size_t i = 0; i < what.count; ++i)
    if (comes_again(what.attributes, i, what.count)) {
      ++out.again;
    } else if (what.attributes[i].key.empty()) {
      tell(d.core, 105, what.key);
    } else if (out.kept < what.limit) {
      limited_value const limited{what.attributes[i].value, d.value_limit};
      out.size += item_space(limited.get().kind(), limited.get().size(), group_key(what.attributes[i]).size());
      ++out.kept;
    }
  return out;
}

/// What core_operations::place_group is: writes what the plan says, and gives the byte behind it.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE unsigned char* place_carefully(unsigned char* to, group_plan const& plan, draft const& d,
                                                                           group_parts const& what) noexcept {
  std::size_t left = plan.kept;
  for (std::size_t i = 0; i < what.count && left > 0; ++i)
    if (!what.attributes[i].key.empty() && !comes_again(what.attributes, i, what.count)) {
      limited_value const limited{what.attributes[i].value, d.value_limit};
      to = place_item(to, item_role::attribute, group_key(what.attributes[i]), limited.get());
      --left;
    }
  return to;
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

/// What core_operations::begin_beneath is.
FANLIGHT_COLD FANLIGHT_INLINE void begin_child(frame& place, draft& d, unsigned char* room, thread_block& t, frame const& outer,
                                               start_facts const& how) noexcept {
  inherit(place, *outer.core, outer);
  write_span_id(place, next_id(t, *outer.core));
  place.layout = layout_version;
  if ((place.flags & frame_flag::recording) != 0) open_fully(place, d, room, t, how, outer.span_id, 0);
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

/// The frame of a span with a parent that was handed to it keeps that parent's node alive; a trace about which a ratio that is to be told
/// has decided here gets a tracestate of its own.
FANLIGHT_COLD FANLIGHT_INLINE void own_node(frame& place, core_face& core, context const& parent, bool decided) noexcept {
  if (decided && core.write_threshold != 0 && core.sampler != sampling_mode::custom) return own_threshold(place, core, parent);
  place.node = parent.node();
  if (place.node == nullptr) return;
  context_node::keep(place.node);
  place.flags |= frame_flag::owns_node;
}

/// What core_operations::begin_under is.
FANLIGHT_COLD FANLIGHT_INLINE void begin_with_care(frame& place, draft& d, unsigned char* room, thread_block& t, core_face& core, context const& parent,
                                                   start_facts const& given, bool hold) noexcept {
  auto how = given;
  frame_of(place, parent, &core);
  bool const known = parent.trace_id().is_valid(), local = parent.is_valid() && !parent.is_remote();
  std::uint32_t const random = known ? place.flags & trace_flag::random : trace_flag::random;
  std::uint64_t chance = known ? chance_of(place.trace_id) : give_trace(place, t, core);
  if (known && core.sampler == sampling_mode::ratio && !parent.tracestate().empty()) chance = core.operations->randomness(parent, chance);
  std::memcpy(how.trace.bytes, place.trace_id, sizeof how.trace.bytes);
  how.parent = parent.is_valid() ? &parent : nullptr;
  std::string_view rule;
  how.rule = &rule;
  context const* const remote = known || parent.is_remote() ? &parent : nullptr;  // a decision may come without ids
  std::uint32_t const verdict = local ? (parent.is_sampled() ? 3u : 0u) : decide(core, how, remote, chance);
  write_span_id(place, next_id(t, core));
  place.flags = random | frame_flag::in_trace | ((verdict & 1) != 0 ? frame_flag::recording : 0u) |
                ((verdict & 2) != 0 ? std::uint32_t{trace_flag::sampled} : 0u);
  own_node(place, core, parent, !local && !follows(core, remote) && how.force == forced_sampling::none && (verdict & 2) != 0);
  if (!hold) push_facts(t, place, parent.node());
  auto const parent_id = parent.span_id();
  if ((verdict & 1) != 0)
    open_fully(place, d, room, t, how, parent_id.bytes, parent.is_valid() && parent.is_remote() ? entry_flag::remote_parent : std::uint8_t{0});
}

}  // namespace detail
FANLIGHT_END
