// Bodies of assembler.hpp. [xray.md 1.7, 6: R2, R5, R6, R7]
#pragma once

#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/places.hpp>
#include <fanlight/impl/survey.hpp>
#include <fanlight/impl/xray/assembler.hpp>

#include <algorithm>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_INLINE xray_assembler::xray_assembler(xray_form form, xray_limits limits)
    : form_{std::move(form)}, limits_{limits}, builder_{form_, notices_, outbox_} {}

[[nodiscard]] FANLIGHT_INLINE trace_id trace_id_of(entry_head const& head) noexcept {
  trace_id out;
  std::memcpy(out.bytes, head.trace_id, sizeof out.bytes);
  return out;
}

/// A block that holds one entry and nothing else: what waits must not hold up a whole batch.
[[nodiscard]] FANLIGHT_INLINE held_span copy_of(held_span const& from) {
  std::size_t const size = from.head().size;
  auto made = std::make_unique<batch_data>();
  made->data = static_cast<unsigned char*>(std::malloc(size));
  if (made->data == nullptr) throw std::bad_alloc{};
  std::memcpy(made->data, from.at, size);
  made->size = made->room = size;
  made->counts[static_cast<std::size_t>(from.head().type)] = 1;
  made->sequence = from.batch->sequence;
  made->sealed_at = from.batch->sealed_at;
  made->anchor = from.batch->anchor;
  made->resource = from.batch->resource;
  made->give_back = [](batch_data* gone) noexcept {
    std::free(gone->data);
    delete gone;
  };
  held_span out = from;
  out.copied = true;
  out.at = made->data;
  out.batch = batch_ref{made.release()};
  return out;
}

FANLIGHT_INLINE void xray_assembler::touch(held_trace& trace) {
  if (trace.touched) return;
  touched_.push_back(trace.id);
  trace.touched = true;
}

/// A note may come after the end of its span: they may have been written by two threads.
FANLIGHT_INLINE void xray_assembler::take_note(batch_ref const& batch, unsigned char const* at) {
  held_span note;
  note.batch = batch, note.at = at;
  auto const trace = trace_id_of(note.head());
  if ((note.head().flags & entry_flag::orphan) != 0) return sent_.remember(trace, note.id(), sent_spans::fate::dropped);
  if (open_notes_ >= limits_.held_records || sent_.look(trace, note.id()) != sent_spans::fate::unknown) return;
  auto& to = traces_.at(trace);
  for (auto const& each : to.spans)
    if (each.id() == note.id()) return;
  to.open.push_back(copy_of(note));
  held_bytes_ += to.open.back().bytes();
  ++open_notes_;
}

FANLIGHT_INLINE bool xray_assembler::forget_note(held_trace& trace, span_id const& which) {
  for (std::size_t i = 0; i < trace.open.size(); ++i)
    if (trace.open[i].id() == which) {
      held_bytes_ -= trace.open[i].bytes();
      --open_notes_;
      trace.open.erase(trace.open.begin() + static_cast<std::ptrdiff_t>(i));
      return true;
    }
  return false;
}

/// It ended, and the hook kept it back: nothing is open, and nothing leaves. Should its note come only later, it counts as sent.
FANLIGHT_INLINE void xray_assembler::forget(gone_span const& which) {
  trace_id trace;
  span_id span;
  std::memcpy(trace.bytes, which.trace_id, sizeof trace.bytes);
  std::memcpy(span.bytes, which.span_id, sizeof span.bytes);
  auto* const held = traces_.find(trace);
  if (held == nullptr || !forget_note(*held, span)) return sent_.remember(trace, span, sent_spans::fate::sent);
  if (held->is_empty()) traces_.erase(trace);
}

FANLIGHT_INLINE void xray_assembler::take_span(batch_ref const& batch, unsigned char const* at, time_point now) {
  held_span one;
  one.batch = batch, one.at = at;
  auto const& head = one.head();
  auto const trace = trace_id_of(head);
  auto const parent = one.parent();
  auto const fate = parent.is_valid() ? sent_.look(trace, parent) : sent_spans::fate::unknown;
  bool const stray = form_.roots_are_subsegments && !parent.is_valid();  // beneath no invocation of Lambda
  if ((head.flags & entry_flag::orphan) != 0 || fate == sent_spans::fate::dropped || stray) one.what = held_span::role::orphan;
  else if ((head.flags & entry_flag::remote_parent) != 0 || !parent.is_valid()) one.what = held_span::role::root;
  else if (fate == sent_spans::fate::sent) one.what = held_span::role::late;
  auto& to = traces_.at(trace);
  forget_note(to, one.id());
  if (to.spans.empty()) to.since = now;
  if (one.what != held_span::role::child) touch(to);
  if (!to.arrived) arrived_.push_back(trace), to.arrived = true;
  to.spans.push_back(std::move(one));
  ++held_;
}

FANLIGHT_INLINE void xray_assembler::take(batch_ref const& batch, time_point now, std::int64_t complete_until) {
  if (batch->count(entry_type::start) != 0)
    each_entry(*batch, entry_type::start, [&](unsigned char const* at) { take_note(batch, at); });
  for (auto const& each : batch->gone) forget(each);
  each_entry(*batch, entry_type::span, [&](unsigned char const* at) { take_span(batch, at, now); });
  close_touched(complete_until);
  for (auto const& id : arrived_)
    if (auto* const trace = traces_.find(id); trace != nullptr) hold_copies(*trace);
  arrived_.clear();
  if (held_ > limits_.held_records || held_bytes_ > limits_.held_bytes) send_oldest();
  if (now - looked_ > std::chrono::seconds{1}) close_overdue(now);
}

/// Children of what has ended in this trace may still be on their way from other threads.
[[nodiscard]] FANLIGHT_INLINE bool may_have_stragglers(held_trace const& trace, std::int64_t complete_until) noexcept {
  for (auto const& each : trace.spans)
    if (each.what != held_span::role::child && (each.head().flags & entry_flag::wall_end) == 0 && each.head().end > complete_until) return true;
  return false;
}

FANLIGHT_INLINE void xray_assembler::close_touched(std::int64_t complete_until) {
  std::size_t kept = 0;
  for (auto const& id : touched_) {
    auto* const trace = traces_.find(id);
    if (trace == nullptr || !trace->touched) continue;
    if (complete_until != INT64_MAX && may_have_stragglers(*trace, complete_until)) touched_[kept++] = id;
    else close(*trace);
  }
  touched_.resize(kept);
}

FANLIGHT_INLINE void xray_assembler::hold_copies(held_trace& trace) {
  trace.arrived = false;
  for (auto& each : trace.spans)
    if (!each.copied) each = copy_of(each), held_bytes_ += each.bytes();
}

FANLIGHT_INLINE void xray_assembler::tell_late(held_span const& one) {
  notices_.add(problem_code::late_child, [&] {
    std::string_view const name{reinterpret_cast<char const*>(one.at + sizeof(entry_head)), one.head().name_size};
    return joined({"'", utf8_front(name, 60),
                   "' ended after its segment, or its segment did not end in time; it is sent on its own, and X-Ray joins them"});
  });
}

/// A root and all that is beneath it, parents first.
FANLIGHT_INLINE void xray_assembler::send_family(std::vector<held_span>& all, std::size_t root) {
  bool const dropped = all[root].what == held_span::role::orphan;
  auto& family = family_;
  auto const& by_parent = by_parent_;
  family.clear();
  family.push_back({root, xray_builder::none});
  all[root].done = true;
  builder_.begin();
  for (std::size_t next = 0; next < family.size(); ++next) {
    auto const at = family[next];
    auto const& one = all[at.span];
    auto const& head = one.head();
    auto const id = one.id();
    std::uint32_t place = xray_builder::none;
    if (dropped) {
      no_parent_ += one.is_open() ? 0u : 1u;
    } else {
      bool const remote = (head.flags & entry_flag::remote_parent) != 0;
      bool const own = one.what == held_span::role::root && !(remote && ((head.flags & entry_flag::subsegment) != 0 || form_.roots_are_subsegments));
      place = builder_.add(one.batch, one.at, at.parent, own, limits_.budget);
    }
    if (!one.is_open()) sent_.remember(trace_id_of(head), id, dropped ? sent_spans::fate::dropped : sent_spans::fate::sent);
    std::size_t first = count_before(by_parent, [&](std::size_t i) { return all[i].parent() < id; });
    for (; first < by_parent.size() && all[by_parent[first]].parent() == id; ++first) {
      auto& child = all[by_parent[first]];
      if (child.done || child.what == held_span::role::root) continue;
      child.done = true;
      family.push_back({by_parent[first], place});
    }
  }
  if (!dropped) builder_.finish(limits_.budget);
}

/// Sends what is due in a trace: its roots and late ones. `with_all`: everything else too, on its own where its parent is not here.
FANLIGHT_INLINE void xray_assembler::close(held_trace& trace, bool with_all, bool with_open) {
  trace.touched = false;
  auto& all = trace.spans;
  if (with_open) {
    for (auto& note : trace.open) {
      bool const remote = (note.head().flags & entry_flag::remote_parent) != 0;
      if (remote || !note.parent().is_valid()) note.what = held_span::role::root;
      all.push_back(std::move(note));
    }
    trace.open.clear();
  }
  auto const earlier = [&](std::size_t a, std::size_t b) {
    if (auto const x = all[a].parent(), y = all[b].parent(); x != y) return x < y;
    return all[a].batch->anchor.start_of(all[a].head()) < all[b].batch->anchor.start_of(all[b].head());
  };
  by_parent_.clear();
  for (std::size_t i = 0; i < all.size(); ++i) by_parent_.push_back(i);
  if (all.size() > 1) sort_places(by_parent_, earlier);
  for (std::size_t i = 0; i < all.size(); ++i)
    if (!all[i].done && all[i].what != held_span::role::child) {
      if (all[i].what == held_span::role::late) tell_late(all[i]);
      send_family(all, i);
    }
  if (with_all) {
    // Those without a parent here; then what is left goes round in a circle, and each is its own.
    places by_id = places_up_to(all.size());
    auto const smaller = [&](std::size_t a, std::size_t b) { return all[a].id() < all[b].id(); };
    sort_places(by_id, smaller);
    for (int pass = 0; pass < 2; ++pass)
      for (std::size_t i = 0; i < all.size(); ++i) {
        if (all[i].done) continue;
        auto const above = all[i].parent();
        std::size_t const place = count_before(by_id, [&](std::size_t other) { return all[other].id() < above; });
        bool const has_parent = place < all.size() && all[by_id[place]].id() == above && !all[by_id[place]].done;
        if (has_parent && pass == 0) continue;
        if (!all[i].is_open()) tell_late(all[i]);
        send_family(all, i);
      }
  }
  let_go(trace);
}

/// Of what has left; and of the trace when nothing is left.
FANLIGHT_INLINE void xray_assembler::let_go(held_trace& trace) {
  std::size_t kept = 0;
  for (auto& each : trace.spans) {
    if (!each.done) {
      if (&trace.spans[kept] != &each) trace.spans[kept] = std::move(each);
      ++kept;
      continue;
    }
    held_ -= each.is_open() ? 0u : 1u;
    open_notes_ -= each.is_open() ? 1u : 0u;
    if (each.copied) held_bytes_ -= each.bytes();
  }
  trace.spans.resize(kept);
  if (trace.is_empty()) traces_.erase(trace_id{trace.id});
}

/// Too much waits: what has waited longest goes on its own, until an eighth of the room is free.
FANLIGHT_COLD FANLIGHT_INLINE void xray_assembler::send_oldest() {
  std::vector<held_trace*> all;
  traces_.each([&](held_trace& each) {
    if (!each.spans.empty()) all.push_back(&each);
  });
  places order = places_up_to(all.size());
  auto const older = [&](std::size_t a, std::size_t b) { return all[a]->since < all[b]->since; };
  sort_places(order, older);
  for (auto const each : order) {
    if (held_ <= limits_.held_records - limits_.held_records / 8 && held_bytes_ <= limits_.held_bytes - limits_.held_bytes / 8) return;
    close(*all[each], true);
  }
}

FANLIGHT_INLINE void xray_assembler::settle(time_point now, std::int64_t complete_until) {
  close_touched(complete_until);
  close_overdue(now);
}

FANLIGHT_INLINE void xray_assembler::close_overdue(time_point now) {
  looked_ = now;
  std::vector<trace_id> overdue;
  traces_.each([&](held_trace& each) {
    if (!each.spans.empty() && now - each.since > limits_.longest_wait) overdue.push_back(each.id);
  });
  for (auto const& id : overdue) close(*traces_.find(id), true);
}

FANLIGHT_INLINE void xray_assembler::end() {
  close_touched();
  std::vector<trace_id> all;
  traces_.each([&](held_trace& each) { all.push_back(each.id); });
  if (open_notes_ != 0)
    notices_.add(
        problem_code::left_open,
        [&] { return std::to_string(open_notes_) + " spans were still open at the end; X-Ray shows them as in progress"; }, open_notes_);
  for (auto const& id : all) close(*traces_.find(id), true, true);
}

FANLIGHT_COLD FANLIGHT_INLINE bool xray_assembler::split(std::size_t index) {
  auto const size = outbox_[index].size;
  if (size <= limits_.least_budget) return builder_.give_up(index), false;
  if (limits_.budget >= size) {
    do limits_.budget = std::max(limits_.least_budget, limits_.budget / 2);
    while (limits_.budget >= size && limits_.budget > limits_.least_budget);
  }
  builder_.make_anew(index, limits_.budget);
  return true;
}

}  // namespace detail
FANLIGHT_END
