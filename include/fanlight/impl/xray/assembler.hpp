// Decides what leaves for X-Ray, and when: a segment with all its ended children in one document as soon as it ends, what ends later on
// its own, what is too large in pieces. Children of an open segment wait here, in copies, so that no batch is held up, and within limits.
// Made and owned by an exporter, used by its lane's thread alone; it does no I/O. Without memory it throws std::bad_alloc.
//
//   take(batch)                              once for each batch, whichever of its types comes first
//   for each document i of outbox():         send outbox().body(i); count outbox()[i].records as delivered or lost
//     too large for the network: split(i)    smaller documents appear at the end of outbox(); document i is void (`records` is 0)
//   outbox().clear()                         when all of them have been dealt with
//   notices()                                to be told, and cleared
//
// At every moment: spans taken == records of all documents ever made + held() + no_parent() + unsendable().
#pragma once

#include <fanlight/impl/places.hpp>
#include <fanlight/impl/xray/builder.hpp>
#include <fanlight/impl/xray/traces.hpp>

FANLIGHT_BEGIN
namespace detail {

class xray_assembler {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit xray_assembler(xray_form form = {}, xray_limits limits = {});
  xray_assembler(xray_assembler const&) = delete;
  xray_assembler& operator=(xray_assembler const&) = delete;

  /// The spans of a batch, and its start notes. Documents are added to the outbox. `complete_until`: in ticks; what ended before is here or
  /// in earlier batches. Segments that ended later leave with a later batch, or by settle().
  void take(batch_ref const& batch, time_point now, std::int64_t complete_until = INT64_MAX);
  /// Segments that were kept back leave, as far as all that ended before them has been taken, and children that have waited for too long.
  void settle(time_point now, std::int64_t complete_until = INT64_MAX);
  /// Nothing will be taken any more: what is open leaves as in_progress, as far as start notes told of it, and what waited with it.
  void end();

  [[nodiscard]] xray_outbox& outbox() noexcept { return outbox_; }
  /// The network does not take document `index` (EMSGSIZE): documents are half as large from now on, and it is made anew in pieces. False:
  /// the least size is reached; the document is lost and its records count as unsendable.
  bool split(std::size_t index);
  [[nodiscard]] std::size_t budget() const noexcept { return limits_.budget; }

  /// Ended spans that wait for their segment.
  [[nodiscard]] std::size_t held() const noexcept { return held_; }
  [[nodiscard]] std::size_t held_bytes() const noexcept { return held_bytes_; }
  /// Spans dropped so far: subsegments with nothing above them and what is beneath those; documents that cannot be made small enough.
  [[nodiscard]] std::uint64_t no_parent() const noexcept { return no_parent_; }
  [[nodiscard]] std::uint64_t unsendable() const noexcept { return builder_.unsendable(); }
  [[nodiscard]] xray_notices& notices() noexcept { return notices_; }

 private:
  struct family_member {
    std::size_t span;
    std::uint32_t parent;
  };
  void take_note(batch_ref const& batch, unsigned char const* at);
  bool forget_note(held_trace& trace, span_id const& which);
  void forget(gone_span const& which);
  void take_span(batch_ref const& batch, unsigned char const* at, time_point now);
  void touch(held_trace& trace);
  void close_touched(std::int64_t complete_until = INT64_MAX);
  void close_overdue(time_point now);
  void close(held_trace& trace, bool with_all = false, bool with_open = false);
  void send_family(std::vector<held_span>& all, std::size_t root);
  void let_go(held_trace& trace);
  void hold_copies(held_trace& trace);
  void send_oldest();
  void tell_late(held_span const& one);

  xray_form const form_;
  xray_limits limits_;
  xray_notices notices_;
  xray_outbox outbox_;
  xray_builder builder_;
  trace_table traces_;
  sent_spans sent_;
  std::vector<family_member> family_;  // of the document that is being made; kept for its room
  places by_parent_;
  std::vector<trace_id> touched_;  // traces in which something is due
  std::vector<trace_id> arrived_;  // and those that the current batch has spans of
  std::size_t held_ = 0, held_bytes_ = 0, open_notes_ = 0;
  std::uint64_t no_parent_ = 0;
  time_point looked_{};            // for those that have waited too long
};

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/xray/assembler.ipp>
#endif
