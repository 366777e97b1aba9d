// Bodies of builder.hpp. [xray.md 1.7]
#pragma once

#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/places.hpp>
#include <fanlight/impl/xray/builder.hpp>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_COLD FANLIGHT_INLINE void xray_builder::lose(piece const& one, std::size_t budget) {
  if (!one.is_open()) ++unsendable_;
  notices_.add(problem_code::doc_dropped, [&] {
    auto const name = name_of(one);
    return joined({"'", utf8_front(name, 60), "' does not fit into an X-Ray document of ", std::to_string(budget),
                   " bytes whatever is left out, and is lost"});
  });
}

FANLIGHT_INLINE void xray_builder::attach(std::uint32_t child) {
  auto& pieces = to_.pieces_;
  auto const parent = pieces[child].parent;
  if (parent == none) return;
  auto& above = pieces[parent];
  if (above.first_child == none) above.first_child = child;
  else pieces[above.last_child].next = child;
  above.last_child = child;
}

FANLIGHT_INLINE std::uint32_t xray_builder::add(batch_ref const& batch, unsigned char const* at, std::uint32_t parent, bool segment, std::size_t budget) {
  piece one;
  one.batch = batch;
  one.at = at;
  one.parent = parent;
  one.segment = segment;
  one.alone = parent == none;
  one.begin = to_.fragments_.size();
  if (!writer_.write_within(to_.fragments_, budget - overhead, *batch, at, segment)) return lose(one, budget), none;
  one.size = to_.fragments_.size() - one.begin;
  auto const index = static_cast<std::uint32_t>(to_.pieces_.size());
  to_.pieces_.push_back(std::move(one));
  attach(index);
  return index;
}

/// With what is nested in it; what must stand alone does not count.
FANLIGHT_INLINE void xray_builder::measure(std::uint32_t index, std::size_t budget) {
  auto& pieces = to_.pieces_;
  auto& one = pieces[index];
  std::size_t total = nested_overhead + one.size;
  std::uint32_t height = 0;
  for (auto child = one.first_child; child != none; child = pieces[child].next) {
    if (pieces[child].height >= greatest_height) pieces[child].alone = true;
    if (pieces[child].alone) continue;
    total += pieces[child].total + 1;
    height = std::max(height, pieces[child].height + 1);
  }
  one.total = total;
  one.height = height;
  if (total > budget - (overhead - nested_overhead)) take_out_largest(index, budget - (overhead - nested_overhead));
}

FANLIGHT_COLD FANLIGHT_INLINE void xray_builder::take_out_largest(std::uint32_t index, std::size_t budget) {
  auto& pieces = to_.pieces_;
  places children;
  for (auto child = pieces[index].first_child; child != none; child = pieces[child].next)
    if (!pieces[child].alone) children.push_back(child);
  auto const larger = [&](std::size_t a, std::size_t b) { return pieces[a].total > pieces[b].total; };
  sort_places(children, larger);
  std::uint64_t taken = 0;
  for (auto const child : children) {
    if (pieces[index].total <= budget) break;
    pieces[child].alone = true;
    pieces[index].total -= pieces[child].total + 1;
    ++taken;
  }
  notices_.add(problem_code::doc_split, [&] {
    auto const name = name_of(pieces[index]);
    return joined({"'", utf8_front(name, 60), "' with all its subsegments is larger than ", std::to_string(budget),
                   " bytes; the largest are sent on their own, and X-Ray joins them again"});
  }, taken);
}

FANLIGHT_INLINE void xray_builder::finish(std::size_t budget) {
  auto const end = static_cast<std::uint32_t>(to_.pieces_.size());
  auto const begin = static_cast<std::uint32_t>(first_);
  for (auto index = end; index != begin; --index) measure(index - 1, budget);
  for (auto index = begin; index != end; ++index)
    if (to_.pieces_[index].alone) write_document(index);
}

/// `{"id":"…"`
FANLIGHT_INLINE void xray_builder::open_piece(piece const& one) {
  auto& to = to_.bodies_;
  to.literal("{\"id\":\"");
  write_hex(to.reserve(17), one.head().span_id, 8);
  to.use(16);
  to.push('"');
}

/// With what the outermost span of a document must have.
FANLIGHT_INLINE void xray_builder::open_outermost(piece const& one) {
  auto& to = to_.bodies_;
  auto const& head = one.head();
  open_piece(one);
  to.literal(",\"trace_id\":\"1-");
  write_hex(to.reserve(8), head.trace_id, 4), to.use(8);
  to.push('-');
  write_hex(to.reserve(24), head.trace_id + 4, 12), to.use(24);
  to.push('"');
  span_id parent;
  std::memcpy(parent.bytes, head.parent_id, sizeof parent.bytes);
  if (parent.is_valid()) {
    to.literal(",\"parent_id\":\"");
    write_hex(to.reserve(16), head.parent_id, 8), to.use(16);
    to.push('"');
  }
  if (!one.segment) to.literal(",\"type\":\"subsegment\"");
}

/// The next child of the same parent that is nested.
FANLIGHT_INLINE std::uint32_t xray_builder::next_attached(std::uint32_t index) const noexcept {
  while (index != none && to_.pieces_[index].alone) index = to_.pieces_[index].next;
  return index;
}

FANLIGHT_INLINE void xray_builder::write_document(std::uint32_t root) {
  auto const& pieces = to_.pieces_;
  auto& to = to_.bodies_;
  xray_document made;
  auto const& outermost = pieces[root];
  std::memcpy(made.trace.bytes, outermost.head().trace_id, sizeof made.trace.bytes);
  std::memcpy(made.id.bytes, outermost.head().span_id, sizeof made.id.bytes);
  made.segment = outermost.segment;
  made.in_progress = outermost.is_open();
  made.begin = to.size();
  made.piece = root;
  // Down to the first child, then on to the next one, then up: without recursion, since a trace may be deep.
  for (auto at = root; at != none;) {
    auto const& one = pieces[at];
    made.records += one.is_open() ? 0u : 1u;
    if (at == root) open_outermost(one);
    else open_piece(one);
    to.append(to_.fragments_.view().substr(one.begin, one.size));
    if (auto const child = next_attached(one.first_child); child != none) {
      to.literal(",\"subsegments\":[");
      at = child;
      continue;
    }
    to.push('}');
    auto next = none;
    while (at != root && (next = next_attached(pieces[at].next)) == none) {
      at = pieces[at].parent;
      to.literal("]}");
    }
    if (at == root) break;
    to.push(',');
    at = next;
  }
  made.size = to.size() - made.begin;
  to_.documents_.push_back(made);
}

FANLIGHT_COLD FANLIGHT_INLINE void xray_builder::give_up(std::size_t document) {
  auto& gone = to_.documents_[document];
  lose(to_.pieces_[gone.piece], gone.size);
  unsendable_ += gone.records - (to_.pieces_[gone.piece].is_open() ? 0u : 1u);
  gone.records = 0;
}

FANLIGHT_COLD FANLIGHT_INLINE void xray_builder::make_anew(std::size_t document, std::size_t budget) {
  auto const root = to_.documents_[document].piece;
  to_.documents_[document].records = 0;
  begin();
  // Old places of what was nested in it, parents first, and the new places beside them.
  std::vector<std::uint32_t> old{root}, fresh{};
  for (std::size_t next = 0; next < old.size(); ++next)
    for (auto child = next_attached(to_.pieces_[old[next]].first_child); child != none; child = next_attached(to_.pieces_[child].next)) old.push_back(child);
  for (auto const each : old) {
    auto const one = to_.pieces_[each];
    std::uint32_t parent = none;
    for (std::size_t i = 0; each != root && i < fresh.size(); ++i)
      if (old[i] == one.parent) parent = fresh[i];
    fresh.push_back(add(one.batch, one.at, parent, one.segment, budget));
  }
  finish(budget);
}

}  // namespace detail
FANLIGHT_END
