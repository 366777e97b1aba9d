// Where the console keeps what it cannot show yet: spans whose local root has not ended, and the log records of such traces. It owns
// copies, so that no batch is held up, within bounds of bytes and time; what must go is shown as it is. Used by one exporter's thread.
#pragma once

#include <fanlight/impl/waterfall.hpp>

#include <chrono>
#include <map>
#include <memory>
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
  [[nodiscard]] Record as() const noexcept {
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
  /// `print` gets finished text, block by block.
  trace_shelf(std::function<void(std::string)> print, std::function<waterfall_style()> style)
      : print_{std::move(print)}, style_{std::move(style)} {}

  /// Takes the entries of one type of a batch.
  void add(batch_data const& batch, entry_type type, time_point now);
  /// Prints what is complete, and what has been here too long.
  void settle(time_point now);
  /// Prints everything.
  void empty();
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

  static constexpr std::size_t most_bytes = std::size_t{16} << 20;
  static constexpr std::chrono::seconds longest_span_wait{60}, longest_log_wait{5};

 private:
  struct held_trace {
    std::vector<held_entry> spans, others;  // others: log records and reports
    std::vector<span_id> roots;             // ended, and not yet drawn
    time_point since;
    std::size_t bytes = 0;
  };
  using traces = std::map<trace_id, held_trace>;

  void add_entry(held_entry entry, time_point now);
  [[nodiscard]] bool was_drawn(trace_id const& trace, span_id const& span) const noexcept;
  [[nodiscard]] std::vector<std::size_t> family(held_trace const& of, span_id const& root) const;
  void draw(trace_id const& id, held_trace& from, std::vector<std::size_t> const& members, std::string_view note);
  void draw_rest(trace_id const& id, held_trace& from);
  void print_others(held_trace& from);
  void print_line(held_entry const& entry);
  void print_loose();
  void remember(trace_id const& trace, trace_block const& block);
  void forget(traces::iterator which);

  std::function<void(std::string)> print_;
  std::function<waterfall_style()> style_;
  std::shared_ptr<batch_data> frame_;
  traces held_;
  std::vector<held_entry> loose_;  // lines that belong to no picture, until the next settle()
  std::size_t bytes_ = 0;
  // Spans drawn lately, so that a child that comes after its parent is known for what it is. A ring by age.
  static constexpr std::size_t most_remembered = 4096;
  std::vector<std::pair<trace_id, span_id>> drawn_;
  std::map<std::pair<trace_id, span_id>, std::size_t> drawn_index_;
  std::size_t next_drawn_ = 0;
};

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/trace_shelf.ipp>
#endif
