// Bodies of trace_shelf.hpp.
#pragma once

#include <fanlight/impl/survey.hpp>
#include <fanlight/impl/trace_shelf.hpp>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_COLD FANLIGHT_INLINE held_entry::held_entry(unsigned char const* at, clock_anchor const& anchor, std::shared_ptr<batch_data const> frame)
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

[[nodiscard]] FANLIGHT_COLD inline span_id span_of(entry_head const& head) noexcept {
  span_id out;
  std::memcpy(out.bytes, head.span_id, sizeof out.bytes);
  return out;
}
[[nodiscard]] FANLIGHT_COLD inline span_id parent_of(entry_head const& head) noexcept {
  span_id out;
  std::memcpy(out.bytes, head.parent_id, sizeof out.bytes);
  return out;
}
[[nodiscard]] FANLIGHT_COLD inline trace_id trace_of(entry_head const& head) noexcept {
  trace_id out;
  std::memcpy(out.bytes, head.trace_id, sizeof out.bytes);
  return out;
}
/// Nothing of its trace in this process is above it.
[[nodiscard]] FANLIGHT_COLD inline bool is_local_root(entry_head const& head) noexcept {
  return (head.flags & entry_flag::remote_parent) != 0 || !parent_of(head).is_valid();
}

FANLIGHT_COLD FANLIGHT_INLINE void trace_shelf::add(batch_data const& batch, entry_type type, time_point now) {
  if (frame_ == nullptr || frame_->resource != batch.resource) {
    frame_ = std::make_shared<batch_data>();
    frame_->resource = batch.resource;
  }
  each_entry(batch, type, [&](unsigned char const* at) { add_entry(held_entry{at, batch.anchor, frame_}, now); });
}

FANLIGHT_COLD FANLIGHT_INLINE trace_shelf::held_trace& trace_shelf::trace_for(trace_id const& id) {
  std::size_t low = 0, high = held_.size();
  while (low < high) {
    std::size_t const middle = (low + high) / 2;
    if (held_[middle]->id < id) low = middle + 1;
    else high = middle;
  }
  if (low < held_.size() && held_[low]->id == id) return *held_[low];
  auto made = std::make_unique<held_trace>();
  made->id = id;
  return **held_.insert(held_.begin() + static_cast<std::ptrdiff_t>(low), std::move(made));
}

FANLIGHT_COLD FANLIGHT_INLINE void trace_shelf::add_entry(held_entry entry, time_point now) {
  auto const& head = entry.head();
  auto const trace = trace_of(head);
  auto const span = span_of(head);
  bool const is_span = head.type == entry_type::span;
  // Outside of a trace, or of one that nobody records, or of a span that is on the screen already: nothing to wait for.
  bool const loose = !is_span && (!trace.is_valid() || (head.trace_flags & trace_flag::sampled) == 0 || was_drawn(trace, span));
  if (loose) return loose_.push_back(std::move(entry));
  auto& to = trace_for(trace);
  if (to.bytes == 0) to.since = now;
  to.bytes += head.size;
  bytes_ += head.size;
  if (is_span && (is_local_root(head) || was_drawn(trace, parent_of(head)))) to.roots.push_back(span);
  (is_span ? to.spans : to.others).push_back(std::move(entry));
}

FANLIGHT_COLD FANLIGHT_INLINE trace_shelf::drawn_span& trace_shelf::drawn_at(trace_id const& trace, span_id const& span) noexcept {
  std::uint64_t a, b;
  std::memcpy(&a, trace.bytes + 8, 8);
  std::memcpy(&b, span.bytes, 8);
  std::uint64_t mixed = (a ^ b) * 0x9E3779B97F4A7C15u;
  mixed = (mixed ^ mixed >> 32) * 0x9E3779B97F4A7C15u;
  return drawn_[(mixed >> 32) % drawn_.size()];
}

FANLIGHT_COLD FANLIGHT_INLINE bool trace_shelf::was_drawn(trace_id const& trace, span_id const& span) noexcept {
  if (drawn_.empty()) return false;
  auto const& seen = drawn_at(trace, span);
  return seen.trace == trace && seen.span == span;
}

FANLIGHT_COLD FANLIGHT_INLINE void trace_shelf::remember(trace_block const& block) {
  drawn_.resize(most_remembered);
  for (auto const& span : block.spans) drawn_at(span.trace_id, span.span_id) = drawn_span{span.trace_id, span.span_id};
}

FANLIGHT_COLD FANLIGHT_INLINE void trace_shelf::settle(std::string& text, waterfall_style const& style, time_point now) {
  canvas const to{text, style};
  for (auto const& trace : held_) {
    draw_roots(to, *trace);
    if (now - trace->since > longest_span_wait) draw_rest(to, *trace);
    else if (now - trace->since > longest_log_wait) print_others(to, *trace);
  }
  print_loose(to);
  while (bytes_ > most_bytes) {
    auto* oldest = held_.front().get();
    for (auto const& trace : held_)
      if (trace->bytes != 0 && (oldest->bytes == 0 || trace->since < oldest->since)) oldest = trace.get();
    draw_rest(to, *oldest);
  }
  drop_empty();
}

FANLIGHT_COLD FANLIGHT_INLINE void trace_shelf::empty(std::string& text, waterfall_style const& style) {
  canvas const to{text, style};
  for (auto const& trace : held_) draw_rest(to, *trace);
  print_loose(to);
  drop_empty();
}

FANLIGHT_COLD FANLIGHT_INLINE void trace_shelf::drop_empty() {
  std::size_t kept = 0;
  for (auto& trace : held_)
    if (trace->bytes != 0) held_[kept++].swap(trace);
  held_.resize(kept);
}

/// The places of a root and of all that is beneath it, root first. Another local root beneath it has a picture of its own.
FANLIGHT_COLD FANLIGHT_INLINE places trace_shelf::family(held_trace const& of, span_id const& root) const {
  auto const parent = [&](std::size_t i) { return parent_of(of.spans[i].head()); };
  auto const by_parent = [&](std::size_t a, std::size_t b) { return parent(a) < parent(b); };
  places children, out;
  for (std::size_t i = 0; i < of.spans.size(); ++i) {
    auto const& head = of.spans[i].head();
    if (span_of(head) == root && out.empty()) out.push_back(i);
    else if (!is_local_root(head)) children.push_back(i);
  }
  sort_places(children, by_parent);
  places taken(of.spans.size());
  for (std::size_t next = 0; next < out.size(); ++next) {
    auto const id = span_of(of.spans[out[next]].head());
    std::size_t at = count_before(children, [&](std::size_t i) { return parent(i) < id; });
    for (; at < children.size() && parent(children[at]) == id; ++at)
      if (taken[children[at]] == 0) taken[children[at]] = 1, out.push_back(children[at]);
  }
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE void trace_shelf::let_go(held_trace& from, std::vector<held_entry>& entries, places const& gone) {
  std::vector<held_entry> rest;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (gone[i] == 0) rest.push_back(std::move(entries[i]));
    else from.bytes -= entries[i].head().size, bytes_ -= entries[i].head().size;
  }
  entries.swap(rest);
}

/// Draws these spans with the log records and reports that are theirs, and lets go of them all.
FANLIGHT_COLD FANLIGHT_INLINE void trace_shelf::draw(canvas to, held_trace& from, places const& members, std::string_view note) {
  trace_block block;
  block.note = note;
  places gone(from.spans.size()), other_gone(from.others.size());
  for (auto const i : members) {
    block.spans.push_back(from.spans[i].as<span_record>());
    gone[i] = 1;
  }
  auto const& spans = block.spans;
  auto const by_id = [&](std::size_t a, std::size_t b) { return spans[a].span_id < spans[b].span_id; };
  places sorted = places_up_to(spans.size());
  sort_places(sorted, by_id);
  for (std::size_t i = 0; i < from.others.size(); ++i) {
    auto const& head = from.others[i].head();
    auto const owner = span_of(head);
    std::size_t const at = count_before(sorted, [&](std::size_t place) { return spans[place].span_id < owner; });
    if (at == sorted.size() || spans[sorted[at]].span_id != owner) continue;
    if (head.type == entry_type::log) block.logs.push_back(from.others[i].as<log_record>());
    else block.reports.push_back(from.others[i].as<error_record>());
    other_gone[i] = 1;
  }
  remember(block);
  to.text += draw_waterfall(block, to.style);
  let_go(from, from.spans, gone);
  let_go(from, from.others, other_gone);
}

FANLIGHT_COLD FANLIGHT_INLINE void trace_shelf::draw_roots(canvas to, held_trace& from) {
  std::vector<span_id> roots;
  roots.swap(from.roots);
  for (auto const& root : roots) {
    auto const members = family(from, root);
    if (members.empty()) continue;
    bool const in_time = is_local_root(from.spans[members.front()].head());
    draw(to, from, members, in_time ? std::string_view{} : "ended after its parent");
  }
}

FANLIGHT_COLD FANLIGHT_INLINE void trace_shelf::draw_rest(canvas to, held_trace& from) {
  if (!from.spans.empty()) draw(to, from, places_up_to(from.spans.size()), "not over yet");
  print_others(to, from);
}

FANLIGHT_COLD FANLIGHT_INLINE void print_line(std::string& to, held_entry const& entry, waterfall_style const& style) {
  to += entry.head().type == entry_type::log ? draw_line(entry.as<log_record>(), style) : draw_line(entry.as<error_record>(), style);
}

FANLIGHT_COLD FANLIGHT_INLINE void trace_shelf::print_others(canvas to, held_trace& from) {
  for (auto const& each : from.others) print_line(to.text, each, to.style);
  let_go(from, from.others, places(from.others.size(), 1));
}

/// Lines that need not wait are printed behind the pictures of the same batch: they mostly come at the end of what these show.
FANLIGHT_COLD FANLIGHT_INLINE void trace_shelf::print_loose(canvas to) {
  for (auto const& each : loose_) print_line(to.text, each, to.style);
  loose_.clear();
}

}  // namespace detail
FANLIGHT_END
