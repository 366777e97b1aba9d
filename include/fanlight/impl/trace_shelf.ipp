// Bodies of trace_shelf.hpp.
#pragma once

#include <fanlight/impl/survey.hpp>
#include <fanlight/impl/trace_shelf.hpp>

#include <algorithm>
#include <functional>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_INLINE held_entry::held_entry(unsigned char const* at, clock_anchor const& anchor, std::shared_ptr<batch_data const> frame)
    : frame_{std::move(frame)} {
  entry_head head;
  std::memcpy(&head, at, sizeof head);
  words_ = std::make_unique<std::uint64_t[]>(head.size / 8);
  auto* const copy = reinterpret_cast<unsigned char*>(words_.get());
  std::memcpy(copy, at, head.size);
  std::int64_t const start = anchor.start_of(head), end = anchor.end_of(head);
  head.start = start, head.end = end;
  head.flags = static_cast<std::uint8_t>(head.flags | entry_flag::wall_start | entry_flag::wall_end);
  std::memcpy(copy, &head, sizeof head);
  for (auto* item = copy + entry_space(head.name_size); item != copy + head.size; item += item_view{item}.size()) {
    if (item_view{item}.head().role != item_role::event) continue;
    event_head event;
    std::memcpy(&event, item + sizeof(item_head), sizeof event);
    if (event.wall == 0) event.time = anchor.wall(event.time), event.wall = 1;
    std::memcpy(item + sizeof(item_head), &event, sizeof event);
  }
}

[[nodiscard]] inline span_id span_of(entry_head const& head) noexcept {
  span_id out;
  std::memcpy(out.bytes, head.span_id, sizeof out.bytes);
  return out;
}
[[nodiscard]] inline span_id parent_of(entry_head const& head) noexcept {
  span_id out;
  std::memcpy(out.bytes, head.parent_id, sizeof out.bytes);
  return out;
}
[[nodiscard]] inline trace_id trace_of(entry_head const& head) noexcept {
  trace_id out;
  std::memcpy(out.bytes, head.trace_id, sizeof out.bytes);
  return out;
}
/// Nothing of its trace in this process is above it.
[[nodiscard]] inline bool is_local_root(entry_head const& head) noexcept {
  return (head.flags & entry_flag::remote_parent) != 0 || !parent_of(head).is_valid();
}

FANLIGHT_INLINE void trace_shelf::add(batch_data const& batch, entry_type type, time_point now) {
  if (frame_ == nullptr || frame_->resource != batch.resource) {
    frame_ = std::make_shared<batch_data>();
    frame_->resource = batch.resource;
  }
  each_entry(batch, type, [&](unsigned char const* at) { add_entry(held_entry{at, batch.anchor, frame_}, now); });
}

FANLIGHT_INLINE void trace_shelf::add_entry(held_entry entry, time_point now) {
  auto const& head = entry.head();
  auto const trace = trace_of(head);
  auto const span = span_of(head);
  bool const is_span = head.type == entry_type::span;
  // Outside of a trace, or of one that nobody records, or of a span that is on the screen already: nothing to wait for.
  bool const shown = !is_span && (!trace.is_valid() || (head.trace_flags & trace_flag::sampled) == 0 || was_drawn(trace, span));
  if (shown) return loose_.push_back(std::move(entry));
  auto const found = held_.try_emplace(trace).first;
  auto& to = found->second;
  if (to.bytes == 0) to.since = now;
  to.bytes += head.size;
  bytes_ += head.size;
  if (is_span && (is_local_root(head) || was_drawn(trace, parent_of(head)))) to.roots.push_back(span);
  (is_span ? to.spans : to.others).push_back(std::move(entry));
}

FANLIGHT_INLINE bool trace_shelf::was_drawn(trace_id const& trace, span_id const& span) const noexcept {
  return drawn_index_.find({trace, span}) != drawn_index_.end();
}

FANLIGHT_INLINE void trace_shelf::settle(time_point now) {
  for (auto at = held_.begin(); at != held_.end();) {
    auto& trace = at->second;
    for (auto const& root : std::exchange(trace.roots, {})) {
      auto const members = family(trace, root);
      if (members.empty()) continue;
      auto const& head = trace.spans[members.front()].head();
      draw(at->first, trace, members, is_local_root(head) ? std::string_view{} : "ended after its parent");
    }
    if (now - trace.since > longest_span_wait) draw_rest(at->first, trace);
    else if (now - trace.since > longest_log_wait) print_others(trace);
    auto const next = std::next(at);
    if (trace.spans.empty() && trace.others.empty()) forget(at);
    at = next;
  }
  print_loose();
  while (bytes_ > most_bytes) {
    auto oldest = held_.begin();
    for (auto at = held_.begin(); at != held_.end(); ++at)
      if (at->second.since < oldest->second.since) oldest = at;
    draw_rest(oldest->first, oldest->second);
    forget(oldest);
  }
}

FANLIGHT_INLINE void trace_shelf::empty() {
  print_loose();
  while (!held_.empty()) {
    draw_rest(held_.begin()->first, held_.begin()->second);
    forget(held_.begin());
  }
}

FANLIGHT_INLINE void trace_shelf::forget(traces::iterator which) {
  bytes_ -= which->second.bytes;
  held_.erase(which);
}

/// The places of a root and of all that is beneath it, root first. Another local root beneath it has a picture of its own.
FANLIGHT_INLINE std::vector<std::size_t> trace_shelf::family(held_trace const& of, span_id const& root) const {
  std::vector<std::pair<span_id, std::size_t>> by_parent;
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < of.spans.size(); ++i) {
    auto const& head = of.spans[i].head();
    if (span_of(head) == root && out.empty()) out.push_back(i);
    else if (!is_local_root(head)) by_parent.emplace_back(parent_of(head), i);
  }
  std::sort(by_parent.begin(), by_parent.end());
  std::vector<bool> taken(of.spans.size());
  for (std::size_t next = 0; next < out.size(); ++next) {
    std::pair<span_id, std::size_t> const first{span_of(of.spans[out[next]].head()), 0};
    for (auto at = std::lower_bound(by_parent.begin(), by_parent.end(), first); at != by_parent.end() && at->first == first.first; ++at)
      if (!taken[at->second]) taken[at->second] = true, out.push_back(at->second);
  }
  return out;
}

/// Draws these spans with the log records and reports that are theirs, and lets go of them all.
FANLIGHT_INLINE void trace_shelf::draw(trace_id const& id, held_trace& from, std::vector<std::size_t> const& members,
                                       std::string_view note) {
  trace_block block;
  block.note = note;
  std::vector<span_id> ids;
  std::vector<bool> gone(from.spans.size()), other_gone(from.others.size());
  for (auto const i : members) {
    block.spans.push_back(from.spans[i].as<span_record>());
    ids.push_back(block.spans.back().span_id);
    gone[i] = true;
  }
  std::sort(ids.begin(), ids.end());
  for (std::size_t i = 0; i < from.others.size(); ++i) {
    auto const& head = from.others[i].head();
    if (!std::binary_search(ids.begin(), ids.end(), span_of(head))) continue;
    if (head.type == entry_type::log) block.logs.push_back(from.others[i].as<log_record>());
    else block.reports.push_back(from.others[i].as<error_record>());
    other_gone[i] = true;
  }
  print_(draw_waterfall(block, style_()));
  remember(id, block);
  auto const keep = [&](std::vector<held_entry>& entries, std::vector<bool> const& left) {
    std::vector<held_entry> rest;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (!left[i]) rest.push_back(std::move(entries[i]));
      else from.bytes -= entries[i].head().size, bytes_ -= entries[i].head().size;
    }
    entries = std::move(rest);
  };
  keep(from.spans, gone);
  keep(from.others, other_gone);
}

FANLIGHT_INLINE void trace_shelf::draw_rest(trace_id const& id, held_trace& from) {
  if (!from.spans.empty()) {
    std::vector<std::size_t> all(from.spans.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    draw(id, from, all, "not over yet");
  }
  print_others(from);
}

FANLIGHT_INLINE void trace_shelf::print_others(held_trace& from) {
  for (auto const& each : from.others) {
    print_line(each);
    from.bytes -= each.head().size;
    bytes_ -= each.head().size;
  }
  from.others.clear();
}

FANLIGHT_INLINE void trace_shelf::print_line(held_entry const& entry) {
  if (entry.head().type == entry_type::log) print_(draw_line(entry.as<log_record>(), style_()));
  else print_(draw_line(entry.as<error_record>(), style_()));
}

/// Lines that need not wait are printed behind the pictures of the same batch: they mostly come at the end of what these show.
FANLIGHT_INLINE void trace_shelf::print_loose() {
  for (auto const& each : std::exchange(loose_, {})) print_line(each);
}

FANLIGHT_INLINE void trace_shelf::remember(trace_id const& trace, trace_block const& block) {
  for (auto const& span : block.spans) {
    std::pair<trace_id, span_id> const name{trace, span.span_id};
    if (drawn_.size() < most_remembered) {
      drawn_.push_back(name);
    } else {
      auto const old = drawn_index_.find(drawn_[next_drawn_]);
      if (old != drawn_index_.end() && old->second == next_drawn_) drawn_index_.erase(old);
      drawn_[next_drawn_] = name;
    }
    drawn_index_[name] = next_drawn_;
    next_drawn_ = (next_drawn_ + 1) % most_remembered;
  }
}

}  // namespace detail
FANLIGHT_END
