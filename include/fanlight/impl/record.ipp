// Bodies of record.hpp: how a view reads its entry.
#pragma once

#include <fanlight/record.hpp>

FANLIGHT_BEGIN
namespace detail {

[[nodiscard]] FANLIGHT_INLINE entry_head const& head_at(unsigned char const* at) noexcept { return *reinterpret_cast<entry_head const*>(at); }

}  // namespace detail

FANLIGHT_INLINE event_record event_record::read(detail::item_view item, detail::clock_anchor const& anchor) noexcept {
  detail::event_head head;
  std::memcpy(&head, item.value(), sizeof head);
  event_record out;
  out.name = detail::key_of(item);
  out.time = wall_time{head.wall != 0 ? head.time : anchor.wall(head.time)};
  out.dropped_attributes = head.dropped;
  out.items_ = item.value() + sizeof head;
  out.end_ = item.value() + item.head().value_size;
  out.anchor_ = &anchor;
  return out;
}

FANLIGHT_INLINE link_record link_record::read(detail::item_view item, detail::clock_anchor const& anchor) noexcept {
  detail::link_head head;
  std::memcpy(&head, item.value(), sizeof head);
  auto const* const state = item.value() + sizeof head;
  link_record out;
  std::memcpy(out.trace_id.bytes, head.trace_id, sizeof head.trace_id);
  std::memcpy(out.span_id.bytes, head.span_id, sizeof head.span_id);
  out.tracestate = text{reinterpret_cast<char const*>(state), head.tracestate_size};
  out.trace_flags = static_cast<std::uint8_t>(head.flags & 0xFF);
  out.remote = (head.flags & 0x100) != 0;
  out.dropped_attributes = head.dropped;
  out.items_ = state + detail::padded(head.tracestate_size + 1);
  out.end_ = item.value() + item.head().value_size;
  out.anchor_ = &anchor;
  return out;
}

FANLIGHT_INLINE record_base::record_base(unsigned char const* at, detail::batch_data const& batch) noexcept : at_{at}, batch_{&batch} {
  auto const& h = head();
  items_ = at + detail::entry_space(h.name_size);
  end_ = at + h.size;
  std::memcpy(trace_id.bytes, h.trace_id, sizeof h.trace_id);
  std::memcpy(span_id.bytes, h.span_id, sizeof h.span_id);
  trace_flags = h.trace_flags;
  thread_id = h.thread;
  where = source{h.file, h.function, h.line};
  dropped_attributes = h.dropped_attributes;
}

FANLIGHT_INLINE value record_base::packed(detail::fact_key key) const noexcept {
  for (auto const* at = items_; at != end_; at += detail::item_view{at}.size()) {
    detail::item_view const item{at};
    auto const head = item.head();
    if (head.role == detail::item_role::fact && head.key_size == 1 && item.key()[0] == static_cast<char>(key)) return detail::read_value(item);
  }
  return {};
}

FANLIGHT_INLINE text record_base::fact(detail::fact_key key) const noexcept {
  auto const found = packed(key).as_text();
  return found.data() == nullptr ? text{} : text{found.data(), found.size()};
}

FANLIGHT_INLINE span_record::span_record(unsigned char const* at, detail::batch_data const& batch) noexcept : record_base{at, batch} {
  auto const& h = head();
  std::memcpy(parent_id.bytes, h.parent_id, sizeof h.parent_id);
  name = entry_name();
  kind = static_cast<span_kind>(h.kind);
  status = static_cast<status_code>(h.status);
  remote_parent = (h.flags & detail::entry_flag::remote_parent) != 0;
  segment = (h.flags & detail::entry_flag::segment) != 0;
  subsegment = (h.flags & detail::entry_flag::subsegment) != 0;
  orphan = (h.flags & detail::entry_flag::orphan) != 0;
  start = started();
  end = ended();
  dropped_events = h.dropped_events;
  dropped_links = h.dropped_links;
}

FANLIGHT_INLINE log_record::log_record(unsigned char const* at, detail::batch_data const& batch) noexcept : record_base{at, batch} {
  time = started();
  level = static_cast<fanlight::level>(head().kind);
  body = entry_name();
}

FANLIGHT_INLINE error_record::error_record(unsigned char const* at, detail::batch_data const& batch) noexcept : record_base{at, batch} {
  time = started();
  level = static_cast<fanlight::level>(head().kind);
  message = entry_name();
  on_span = (head().flags & detail::entry_flag::on_span) != 0;
}

FANLIGHT_INLINE start_record::start_record(unsigned char const* at, detail::batch_data const& batch) noexcept : record_base{at, batch} {
  auto const& h = head();
  std::memcpy(parent_id.bytes, h.parent_id, sizeof h.parent_id);
  name = entry_name();
  kind = static_cast<span_kind>(h.kind);
  remote_parent = (h.flags & detail::entry_flag::remote_parent) != 0;
  segment = (h.flags & detail::entry_flag::segment) != 0;
  start = started();
}

FANLIGHT_END
