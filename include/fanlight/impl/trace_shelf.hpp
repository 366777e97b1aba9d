// Where the console keeps what it cannot show yet: spans whose local root has not ended, and the log records of such traces. It owns
// copies, so that no batch is held up, within bounds of bytes and time; what must go is shown as it is. Used by one exporter's thread.
#pragma once

#include <fanlight/impl/places.hpp>
#include <fanlight/impl/waterfall.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

FANLIGHT_BEGIN
namespace detail {

/// A copy of one entry, its times turned into wall times, that needs nothing of the batch it came from.
class held_entry {
 public:
  held_entry(unsigned char const* at, clock_anchor const& anchor, std::shared_ptr<batch_data const> frame);
  [[nodiscard]] entry_head const& head() const noexcept { return *reinterpret_cast<entry_head const*>(bytes()); }
  /// Valid as long as this entry is.
  template <class Record>
  [[nodiscard]] FANLIGHT_COLD Record as() const noexcept {
    return Record{bytes(), *frame_};
  }

 private:
  [[nodiscard]] unsigned char const* bytes() const noexcept { return reinterpret_cast<unsigned char const*>(words_.get()); }
  std::unique_ptr<std::uint64_t[]> words_;
  std::shared_ptr<batch_data const> frame_;  // holds the resource
};

class trace_shelf {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// Takes the entries of one type of a batch.
  void add(batch_data const& batch, entry_type type, time_point now);
  /// Puts what is complete, and what has been here too long, behind `to`.
  void settle(std::string& to, waterfall_style const& style, time_point now);
  /// Puts everything there.
  void empty(std::string& to, waterfall_style const& style);
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

  static constexpr std::size_t most_bytes = std::size_t{16} << 20;
  static constexpr std::chrono::seconds longest_span_wait{60}, longest_log_wait{5};

 private:
  struct held_trace {
    trace_id id;
    std::vector<held_entry> spans, others;  // others: log records and reports
    std::vector<span_id> roots;             // ended, and not yet drawn
    time_point since;
    std::size_t bytes = 0;
  };
  /// A span that has been drawn.
  struct drawn_span {
    trace_id trace;
    span_id span;
  };
  /// Where finished text goes, and how it is drawn.
  struct canvas {
    std::string& text;
    waterfall_style const& style;
  };

  void add_entry(held_entry entry, time_point now);
  [[nodiscard]] held_trace& trace_for(trace_id const& id);
  [[nodiscard]] drawn_span& drawn_at(trace_id const& trace, span_id const& span) noexcept;
  [[nodiscard]] bool was_drawn(trace_id const& trace, span_id const& span) noexcept;
  void remember(trace_block const& block);
  [[nodiscard]] places family(held_trace const& of, span_id const& root) const;
  void draw(canvas to, held_trace& from, places const& members, std::string_view note);
  void draw_roots(canvas to, held_trace& from);
  void draw_rest(canvas to, held_trace& from);
  void print_others(canvas to, held_trace& from);
  void print_loose(canvas to);
  void drop_empty();
  void let_go(held_trace& from, std::vector<held_entry>& entries, places const& gone);

  std::shared_ptr<batch_data> frame_;
  std::vector<std::unique_ptr<held_trace>> held_;  // sorted by id
  std::vector<held_entry> loose_;                  // lines that belong to no picture, until the next settle()
  std::size_t bytes_ = 0;
  // So that a child that comes after its parent is known for what it is. Each has one place where it can be; the younger takes it.
  static constexpr std::size_t most_remembered = 4096;
  std::vector<drawn_span> drawn_;
};

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/trace_shelf.ipp>
#endif
