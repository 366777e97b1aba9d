// Bodies of detail/draft.hpp: opening a record, growth, events, links. Keys seen before and limits are for draft_care.ipp.
#pragma once

#include <fanlight/detail/draft.hpp>
#include <fanlight/impl/thread.ipp>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_INLINE draft& no_draft() noexcept {
  static constinit thread_local draft none{};
  return none;
}

FANLIGHT_COLD FANLIGHT_INLINE bool make_room(draft& d, std::size_t more) noexcept {
  auto const used = static_cast<std::size_t>(d.at - d.data);
  if (more <= static_cast<std::size_t>(d.end - d.at)) return true;
  if (used + more > d.core->largest_entry) return false;
  std::size_t room = 4096;
  while (room < used + more) room *= 2;
  auto& t = here();
  auto* const grown = static_cast<unsigned char*>(take_block(t, room));
  if (grown == nullptr) return false;
  std::memcpy(grown, d.data, used);
  if (d.on_heap != 0) keep_block(t, d.data, static_cast<std::size_t>(d.end - d.data));
  d.data = grown;
  d.at = grown + used;
  d.end = grown + room;
  d.on_heap = 1;
  return true;
}

/// One by one, each within the limits; what does not fit is counted.
FANLIGHT_COLD inline void add_facts_slowly(draft& d, thread_block const& t) noexcept {
  for (auto const *at = t.facts.data + t.facts.begin, *end = t.facts.data + t.facts.end; at != end; at += item_view{at}.size())
    put_slowly(d, item_view{at}.head().role, item_view{at}.key(), read_value({at}));
}

/// What is in scope goes along, in one go where no limit is near.
FANLIGHT_NOINLINE inline void add_facts(draft& d, thread_block const& t) noexcept {
  std::size_t const size = t.facts.end - t.facts.begin;
  if (t.facts.count > d.attributes_left || d.value_limit != UINT32_MAX || !make_room(d, size)) return add_facts_slowly(d, t);
  std::memcpy(d.at, t.facts.data + t.facts.begin, size);
  d.at += size;
  std::memcpy(d.filter.words, t.facts.filter, sizeof d.filter.words);
  d.attributes_left = static_cast<std::uint16_t>(d.attributes_left - t.facts.count);
}

/// A long name gets room, or is cut.
FANLIGHT_COLD inline void add_long_name(draft& d, std::string_view name) noexcept {
  name = name.substr(0, d.core->largest_entry / 2);
  if (!make_room(d, padded(name.size() + 1))) name = {};
  d.head().name_size = static_cast<std::uint32_t>(name.size());
  std::memset(d.at, 0, padded(name.size() + 1));
  copy_bytes(d.at, name.data(), name.size());
  d.at += padded(name.size() + 1);
}

/// Where it began, into the head of a record to be.
FANLIGHT_HOT void write_source(unsigned char* data, char const* file, char const* function, std::uint32_t line) noexcept {
  auto& head = *reinterpret_cast<entry_head*>(data);
  head.file = file;
  head.function = function;
  head.line = line;
}

/// Zeroes a head but for what write_source() and open_draft_here() write. Word by word: for the whole of it g++ takes a string instruction, which costs more
/// than the rest of the start.
FANLIGHT_HOT void clear_head(unsigned char* data) noexcept {
  auto const clear = [data](std::size_t offset) {
    std::uint64_t const zero = 0;
    std::memcpy(data + offset, &zero, 8);
  };
  clear(0), clear(8), clear(16), clear(24), clear(32), clear(40), clear(48), clear(80), clear(88);
}
static_assert(offsetof(entry_head, end) == 48 && offsetof(entry_head, thread) == 76 && offsetof(entry_head, name_size) == 80);

/// Where it began has been written already.
FANLIGHT_HOT void open_draft_here(draft& d, thread_block const& t, core_face& core, unsigned char* data, std::size_t room,
                                  entry_type type, std::string_view name) noexcept {
  d.data = data;
  d.end = data + room;
  d.core = &core;
  d.filter = {};
  d.on_heap = d.explicit_end = 0;
  bool const is_span = type == entry_type::span;
  d.value_limit = is_span ? core.value_limit : core.log_value_limit;
  d.attributes_left = is_span ? core.attribute_limit : core.log_attribute_limit;
  d.events_left = core.event_limit;
  d.links_left = core.link_limit;
  clear_head(data);
  auto& head = d.head();
  head.type = type;
  head.thread = t.thread_id;
  d.at = data + sizeof(entry_head);
  if (__builtin_expect(name.size() < 128, 1)) {
    head.name_size = static_cast<std::uint32_t>(name.size());
    std::uint64_t const zero = 0;
    unsigned char* const items = d.at + padded(name.size() + 1);
    std::memcpy(items - 8, &zero, 8);
    copy_bytes(d.at, name.data(), name.size());
    d.at = items;
  } else {
    add_long_name(d, name);
  }
  if (__builtin_expect(t.facts.end != t.facts.begin, 0)) add_facts(d, t);
}

FANLIGHT_INLINE void open_draft(draft& d, thread_block& t, core_face& core, unsigned char* data, std::size_t room, entry_type type,
                                std::string_view name, source where) noexcept {
  write_source(data, where.file(), where.function(), where.line());
  open_draft_here(d, t, core, data, room, type, name);
}

FANLIGHT_INLINE void discard_draft(draft& d, thread_block& t) noexcept {
  if (d.on_heap != 0) keep_block(t, d.data, static_cast<std::size_t>(d.end - d.data));
  d.data = draft::ended_mark();
  d.on_heap = 0;
}

FANLIGHT_INLINE void close_draft(draft& d, thread_block& t) noexcept {
  auto& head = d.head();
  if (d.explicit_end == 0) head.end = head.type == entry_type::span ? ticks_now(*d.core) : head.start;
  auto const size = static_cast<std::uint32_t>(d.at - d.data);
  head.size = size;
  deliver(t, *d.core, d.data, size, head.type);
  discard_draft(d, t);
}

/// Attributes and annotations are one space of keys; metadata another; facts a third.
[[nodiscard]] FANLIGHT_INLINE bool same_space(item_role a, item_role b) noexcept {
  auto const plain = [](item_role role) { return role == item_role::annotation ? item_role::attribute : role; };
  return plain(a) == plain(b);
}

[[nodiscard]] FANLIGHT_INLINE unsigned char* find_item(draft& d, item_role role, std::string_view key) noexcept {
  unsigned char* const items = d.data + entry_space(d.head().name_size);
  for (auto* at = items; at != d.at; at += item_view{at}.size())
    if (same_space(item_view{at}.head().role, role) && item_view{at}.key() == key) return at;
  return nullptr;
}

/// Writes an item whose value is within its limits: in place of an old one of the same key, else behind all others.
FANLIGHT_COLD FANLIGHT_INLINE bool replace_or_append(draft& d, unsigned char* old, item_role role, std::string_view key, value const& what) noexcept {
  std::size_t const space = item_space(what.kind(), what.size(), key.size());
  std::size_t const before = old == nullptr ? 0 : item_view{old}.size();
  std::size_t const offset = static_cast<std::size_t>((old == nullptr ? d.at : old) - d.data);
  if (space > before && !make_room(d, space - before)) return false;
  unsigned char* const place = d.data + offset;
  if (space != before) std::memmove(place + space, place + before, static_cast<std::size_t>(d.at - (place + before)));
  place_item(place, role, key, what);
  d.at = d.at - before + space;
  return true;
}

FANLIGHT_INLINE void lose_attribute(draft& d) noexcept {
  auto& lost = d.head().dropped_attributes;
  if (lost == 0) {
    auto const& head = d.head();
    tell(d.core, 104, {reinterpret_cast<char const*>(d.data + sizeof(entry_head)), head.name_size});
  }
  if (lost != 0xFFFF) ++lost;
}

FANLIGHT_COLD FANLIGHT_INLINE void put_slowly(draft& d, item_role role, std::string_view key, value const& what) noexcept {
  if (!d.is_open()) return tell(d.core, 102, key);
  d.core->operations->put(d, role, key, what);
}

FANLIGHT_COLD FANLIGHT_INLINE void put_attribute(draft& d, item_role role, std::string_view key, value const& what) noexcept { put(d, role, key, what); }

/// "namespace\0key", on the stack when it is short; empty when the key is.
class metadata_key {
 public:
  metadata_key(std::string_view space, std::string_view key) noexcept {
    if (key.empty()) return;
    space = space.empty() ? std::string_view{"default"} : space.substr(0, space.find('\0'));
    size_ = space.size() + 1 + key.size();
    if (size_ > sizeof short_) long_ = static_cast<char*>(std::malloc(size_));
    char* const to = size_ > sizeof short_ ? long_ : short_;
    if (to == nullptr) return;
    copy_bytes(to, space.data(), space.size());
    to[space.size()] = 0;
    copy_bytes(to + space.size() + 1, key.data(), key.size());
    view_ = {to, size_};
  }
  metadata_key(metadata_key const&) = delete;
  metadata_key& operator=(metadata_key const&) = delete;
  ~metadata_key() noexcept { std::free(long_); }
  [[nodiscard]] std::string_view view() const noexcept { return view_; }

 private:
  std::size_t size_ = 0;
  char* long_ = nullptr;
  char short_[256];
  std::string_view view_{};
};

FANLIGHT_INLINE void put_metadata(draft& d, std::string_view space, std::string_view key, value const& what) noexcept {
  if (!d.is_open() && !d.has_ended()) return;
  if (key.empty() || !d.is_open()) return put_slowly(d, item_role::metadata, key, what);
  metadata_key const both{space, key};
  if (!both.view().empty()) put_slowly(d, item_role::metadata, both.view(), what);
}

FANLIGHT_INLINE void put_packed(draft& d, fact_key key, value const& what) noexcept {
  if (!d.is_open()) return;
  auto const letter = static_cast<char>(key);
  std::string_view const name{&letter, 1};
  replace_or_append(d, find_item(d, item_role::fact, name), item_role::fact, name, what);
}

FANLIGHT_INLINE void put_fact(draft& d, fact_key key, std::string_view text) noexcept { put_packed(d, key, value{text}); }

/// The common case: a few attributes with keys that are surely different, and no limit near. All of them, as they are.
[[nodiscard]] FANLIGHT_INLINE bool plan_plainly(group_plan& plan, draft const& d, group_parts const& of) noexcept {
  if (of.count > of.limit || d.value_limit != UINT32_MAX) return false;
  key_filter seen{};
  std::size_t size = 0;
  for (std::size_t i = 0; i < of.count; ++i) {
    auto const& [key, what] = of.attributes[i];
    std::uint32_t const hash = key_hash(key.data(), key.size());
    if (key.size() - 1 >= 0xFFFF || seen.may_hold(hash)) return false;
    seen.add(hash);
    size += item_space(what.kind(), what.size(), key.size());
  }
  plan = {size, of.count, 0};
  return true;
}

[[nodiscard]] FANLIGHT_HOT std::size_t group_space(group_parts const& what, group_plan const& plan) noexcept {
  return item_space(value_kind::array, what.lead() + plan.size, what.key.size());
}

/// The head of the item, behind which its attributes are to follow. Gives the byte there.
FANLIGHT_HOT unsigned char* begin_group(draft& d, group_parts const& what, group_plan const& plan) noexcept {
  auto const dropped = static_cast<std::uint32_t>(what.count - plan.again - plan.kept);
  item_head const item{value_kind::array, what.role, static_cast<std::uint16_t>(what.key.size()), static_cast<std::uint32_t>(what.lead() + plan.size)};
  std::memcpy(d.at, &item, sizeof item);
  copy_bytes(d.at + sizeof item, what.head.data, what.head.size);
  std::memcpy(d.at + sizeof item + what.head.dropped_at, &dropped, sizeof dropped);
  unsigned char* to = d.at + sizeof item + what.head.size;
  if (what.extra.data() == nullptr) return to;
  std::memset(to, 0, padded(what.extra.size() + 1));
  std::memcpy(to, what.extra.data(), what.extra.size());
  return to + padded(what.extra.size() + 1);
}

/// Writes attributes behind a head as one item. Those over the limit, without room or a key are counted. False: no room even without them.
[[nodiscard]] FANLIGHT_INLINE bool put_group(draft& d, group_parts const& what) noexcept {
  group_plan plan;
  bool plain = plan_plainly(plan, d, what);
  if (!plain) plan = d.core->operations->plan_group(d, what);
  if (!make_room(d, group_space(what, plan))) {
    plain = false;
    plan = {0, 0, plan.again};
    if (!make_room(d, group_space(what, plan))) return false;
  }
  auto* to = begin_group(d, what, plan);
  if (plain)
    for (std::size_t i = 0; i < what.count; ++i) to = write_item(to, item_role::attribute, what.attributes[i].key, what.attributes[i].value);
  else if (plan.kept != 0)
    to = d.core->operations->place_group(to, plan, d, what);
  std::uint64_t const zero = 0;
  unsigned char* const behind = to + padded(what.key.size() + 1);
  std::memcpy(behind - 8, &zero, 8);
  copy_bytes(to, what.key.data(), what.key.size());
  d.at = behind;
  return true;
}

FANLIGHT_INLINE void count_lost(std::uint16_t& lost) noexcept {
  if (lost != 0xFFFF) ++lost;
}

FANLIGHT_INLINE void put_event(draft& d, std::string_view name, attribute const* attributes, std::size_t count, wall_time at) noexcept {
  if (!d.is_open()) {
    if (d.has_ended()) tell(d.core, 102, name);
    return;
  }
  if (d.events_left == 0) return count_lost(d.head().dropped_events);
  event_head const head{at ? at.nanoseconds : ticks_now(*d.core), 0, at ? 1u : 0u};
  if (!put_group(d, {item_role::event, name.substr(0, 0xFFFF), group_head{head}, {}, attributes, count, d.core->event_attribute_limit}))
    return count_lost(d.head().dropped_events);
  --d.events_left;
}

FANLIGHT_COLD FANLIGHT_INLINE void put_link(draft& d, context const& to, attribute const* attributes, std::size_t count) noexcept {
  if (!d.is_open()) {
    if (d.has_ended()) tell(d.core, 102, "link");
    return;
  }
  if (!to.is_valid() && count == 0 && to.tracestate().empty()) return;  // nothing to tell [trace/api, links]
  if (d.links_left == 0) return count_lost(d.head().dropped_links);
  link_head head{};
  auto const trace = to.trace_id();
  auto const span = to.span_id();
  std::memcpy(head.trace_id, trace.bytes, sizeof head.trace_id);
  std::memcpy(head.span_id, span.bytes, sizeof head.span_id);
  head.flags = to.flags() | (to.is_remote() ? 0x100u : 0u);
  std::string_view const state = to.tracestate().empty() ? std::string_view{"", 0} : to.tracestate();
  head.tracestate_size = static_cast<std::uint32_t>(state.size());
  if (!put_group(d, {item_role::link, {}, group_head{head}, state, attributes, count, d.core->link_attribute_limit}))
    return count_lost(d.head().dropped_links);
  --d.links_left;
}

FANLIGHT_INLINE void put_status(draft& d, status_code code, std::string_view message) noexcept {
  if (!d.is_open()) {
    if (d.has_ended()) tell(d.core, 102, "status");
    return;
  }
  auto const now = static_cast<status_code>(d.head().status);
  if (code == status_code::unset || now == status_code::ok) return;
  d.head().status = static_cast<std::uint8_t>(code);
  char const letter = static_cast<char>(fact_key::status_message);
  auto* const old = find_item(d, item_role::fact, {&letter, 1});
  if (code == status_code::error && !message.empty())
    put_fact(d, fact_key::status_message, message);
  else if (old != nullptr)
    old[1] = static_cast<unsigned char>(item_role::dead);
}

FANLIGHT_COLD FANLIGHT_INLINE void put_name(draft& d, std::string_view name) noexcept {
  if (!d.is_open()) {
    if (d.has_ended()) tell(d.core, 102, name);
    return;
  }
  std::size_t const old = padded(d.head().name_size + 1), next = padded(name.size() + 1);
  if (next > old && !make_room(d, next - old)) return lose_attribute(d);
  unsigned char* const at = d.data + sizeof(entry_head);
  std::memmove(at + next, at + old, static_cast<std::size_t>(d.at - (at + old)));
  d.at = d.at + next - old;
  std::memset(at, 0, next);
  copy_bytes(at, name.data(), name.size());
  d.head().name_size = static_cast<std::uint32_t>(name.size());
}

}  // namespace detail
FANLIGHT_END
