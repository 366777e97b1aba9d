// Bodies of waterfall.hpp: first the tree and its rows, then the columns, then row by row.
#pragma once

#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/places.hpp>
#include <fanlight/impl/waterfall.hpp>
#include <fanlight/impl/waterfall_details.hpp>

#include <algorithm>

FANLIGHT_BEGIN
namespace detail {

/// Spans of a block in the order in which they are drawn.
class span_tree {
 public:
  struct row {
    std::size_t span;
    std::size_t depth;
    bool last;    // of its siblings
    bool parent;  // has children in the picture
  };
  explicit span_tree(std::vector<span_record> const& spans);
  [[nodiscard]] std::vector<row> const& rows() const noexcept { return rows_; }
  /// The span of that id; the number of spans when there is none.
  [[nodiscard]] std::size_t find(span_id const& id) const noexcept;

 private:
  void descend(std::size_t root, bool last);
  std::vector<span_record> const& spans_;
  places by_id_;
  std::vector<places> children_;
  places seen_;
  std::vector<row> rows_;
};

FANLIGHT_COLD FANLIGHT_INLINE span_tree::span_tree(std::vector<span_record> const& spans)
    : spans_{spans}, by_id_{places_up_to(spans.size())}, children_(spans.size()), seen_(spans.size()) {
  auto const by_id = [&](std::size_t a, std::size_t b) { return spans[a].span_id < spans[b].span_id; };
  auto const by_start = [&](std::size_t a, std::size_t b) { return spans[a].start < spans[b].start; };
  sort_places(by_id_, by_id);
  places order = places_up_to(spans.size()), roots;
  sort_places(order, by_start);
  for (auto const i : order) {
    std::size_t const above = spans[i].parent_id.is_valid() ? find(spans[i].parent_id) : spans.size();
    if (above < spans.size() && above != i) children_[above].push_back(i);
    else roots.push_back(i);
  }
  for (auto const i : roots) descend(i, i == roots.back());
  for (auto const i : order)  // spans that are each other's parents
    if (seen_[i] == 0) descend(i, true);
}

FANLIGHT_COLD FANLIGHT_INLINE std::size_t span_tree::find(span_id const& id) const noexcept {
  std::size_t const at = count_before(by_id_, [&](std::size_t i) { return spans_[i].span_id < id; });
  return at < by_id_.size() && spans_[by_id_[at]].span_id == id ? by_id_[at] : spans_.size();
}

// With a stack of its own: a trace may be deeper than the thread's.
FANLIGHT_COLD FANLIGHT_INLINE void span_tree::descend(std::size_t root, bool last) {
  std::vector<row> todo{{root, 0, last, false}};
  while (!todo.empty()) {
    row next = todo.back();
    todo.pop_back();
    if (seen_[next.span] != 0) continue;
    seen_[next.span] = 1;
    auto const& below = children_[next.span];
    next.parent = !below.empty();
    rows_.push_back(next);
    for (std::size_t i = below.size(); i > 0; --i) todo.push_back({below[i - 1], next.depth + 1, i == below.size(), false});
  }
}

/// Draws one block.
class waterfall {
 public:
  waterfall(trace_block const& what, waterfall_style const& style);
  [[nodiscard]] std::string draw();

 private:
  /// Something that happened at a moment of a span.
  struct moment {
    std::size_t span;
    std::int64_t at;
    std::vector<word> words;
  };
  static constexpr std::size_t duration_columns = 8;
  static constexpr std::size_t most_rows = 1000;

  void choose_columns();
  void gather_moments();
  void head_line();
  void row_line(span_tree::row const& row, span_record const& span);
  void name_column(span_tree::row const& row, span_record const& span);
  void bar(span_record const& span);
  void details(span_tree::row const& row, span_record const& span);
  void shared_words(line_frame const& frame, std::vector<word> const& words);
  [[nodiscard]] std::string rails(span_tree::row const& row, bool own_line) const;
  [[nodiscard]] tint tint_of_span(span_record const& span) const noexcept;

  trace_block const& what_;
  waterfall_style style_;
  span_tree tree_;
  page page_;
  std::int64_t start_ = 0, end_ = 0;
  std::size_t name_columns_ = 0, bar_columns_ = 0;
  places open_;  // by depth: more siblings follow
  std::vector<moment> moments_;
  std::vector<places> moments_of_;
};

FANLIGHT_COLD FANLIGHT_INLINE waterfall::waterfall(trace_block const& what, waterfall_style const& style)
    : what_{what}, style_{style}, tree_{what.spans}, page_{style.colour} {
  if (style_.width < 20) style_.width = 20;
  start_ = INT64_MAX, end_ = INT64_MIN;
  for (auto const& span : what.spans) {
    start_ = std::min(start_, span.start.nanoseconds);
    end_ = std::max(end_, span.end.nanoseconds);
  }
}

[[nodiscard]] FANLIGHT_COLD inline std::string_view kind_word(span_kind kind) noexcept {
  constexpr std::string_view words[]{"", "", "server", "client", "producer", "consumer"};
  return words[static_cast<unsigned>(kind) < 6 ? static_cast<unsigned>(kind) : 0];
}

// Names get what they need, within 45 of 100 columns; bars the rest, unless that is too little to be a picture.
FANLIGHT_COLD FANLIGHT_INLINE void waterfall::choose_columns() {
  std::size_t widest = 8;
  for (auto const& row : tree_.rows()) {
    auto const& span = what_.spans[row.span];
    auto const kind = kind_word(span.kind);
    widest = std::max(widest, 3 * row.depth + display_width(title(span)) + (kind.empty() ? 0 : kind.size() + 1));
  }
  std::size_t const most = style_.width * 45 / 100;
  name_columns_ = std::min(widest, most);
  bar_columns_ = style_.width - name_columns_ - 2 - 1 - duration_columns;
  if (style_.width >= 36) return;
  bar_columns_ = 0;
  name_columns_ = std::min(widest, std::size_t{style_.width} - 1 - duration_columns);
}

FANLIGHT_COLD FANLIGHT_INLINE void waterfall::gather_moments() {
  for (std::size_t i = 0; i < what_.spans.size(); ++i)
    for (auto const event : what_.spans[i].events()) moments_.push_back({i, event.time.nanoseconds, words_of(event)});
  auto const place = [this](span_id const& id) { return tree_.find(id) < what_.spans.size() ? tree_.find(id) : tree_.rows()[0].span; };
  for (auto const& log : what_.logs) moments_.push_back({place(log.span_id), log.time.nanoseconds, words_of(log)});
  for (auto const& report : what_.reports) moments_.push_back({place(report.span_id), report.time.nanoseconds, words_of(report)});
  moments_of_.resize(what_.spans.size());
  for (std::size_t i = 0; i < moments_.size(); ++i) moments_of_[moments_[i].span].push_back(i);
  auto const earlier = [this](std::size_t a, std::size_t b) { return moments_[a].at < moments_[b].at; };
  for (auto& each : moments_of_) sort_places(each, earlier);
}

/// `2026-11-21 10:14:53.120Z`
[[nodiscard]] FANLIGHT_COLD inline std::string clock_text(wall_time at) {
  std::string out{iso8601(at, 3).view()};
  out[10] = ' ';
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE void waterfall::head_line() {
  auto const& first = what_.spans[tree_.rows()[0].span];
  std::vector<word> words;
  words.push_back({{}, "trace", tint::dim, 0});
  words.push_back({{}, std::string{first.trace_id.hex().view()}, tint::dim, 1});
  auto const service = first.resource().get("service.name");
  if (!service.empty()) words.push_back({{}, shown(service), tint::bold, 2});
  words.push_back({{}, clock_text(wall_time{start_}), tint::dim, 2});
  if (!what_.note.empty()) words.push_back({{}, std::string{what_.note}, tint::yellow, 2});
  flow(page_, words, {{}, 0, 4}, style_.width);
}

/// The rails of the tree before a name (`own_line`), or before what stands beneath it.
FANLIGHT_COLD FANLIGHT_INLINE std::string waterfall::rails(span_tree::row const& row, bool own_line) const {
  std::string out;
  for (std::size_t depth = 1; depth <= row.depth; ++depth) {
    if (own_line && depth == row.depth) out += row.last ? "└─ " : "├─ ";
    else out += open_[depth] != 0 ? "│  " : "   ";
  }
  if (!own_line) out += row.parent ? "│  " : "   ";
  // Deeper than the column is wide: the outermost rails go.
  std::size_t const most = (name_columns_ > 12 ? (name_columns_ - 8) / 3 * 3 : 3) + (own_line ? 0 : 3), width = display_width(out);
  if (width <= most) return out;
  std::size_t const cut = fitting_bytes(out, width - most + 1);
  return "…" + out.substr(cut);
}

FANLIGHT_COLD FANLIGHT_INLINE tint waterfall::tint_of_span(span_record const& span) const noexcept {
  if (span.status == status_code::error) return tint::red;
  switch (span.kind) {
    case span_kind::server: return tint::cyan;
    case span_kind::client: return tint::magenta;
    case span_kind::producer:
    case span_kind::consumer: return tint::yellow;
    case span_kind::internal: break;
  }
  return tint::blue;
}

FANLIGHT_COLD FANLIGHT_INLINE void waterfall::name_column(span_tree::row const& row, span_record const& span) {
  page_.put(rails(row, true), tint::dim);
  bool const failed = span.status == status_code::error;
  std::string const name = title(span);
  std::size_t const room = name_columns_ - std::min(page_.column(), name_columns_);
  auto const kind = kind_word(span.kind);
  bool const tag = !kind.empty() && display_width(name) + 1 + kind.size() <= room;
  page_.put_cut(name, room, failed ? tint::red : row.depth == 0 ? tint::bold : tint::none);
  if (!tag) return;
  page_.space(1);
  page_.put(kind, tint::dim);
}

// Each column of the bar is two halves, so that short spans next to each other can be told apart.
FANLIGHT_COLD FANLIGHT_INLINE void waterfall::bar(span_record const& span) {
  auto const halves = static_cast<double>(2 * bar_columns_);
  auto const whole = static_cast<double>(std::max<std::int64_t>(end_ - start_, 1));
  auto const half_at = [&](wall_time at) {
    double const part = static_cast<double>(at.nanoseconds - start_) / whole;
    return static_cast<std::size_t>(__builtin_llround(part * halves));
  };
  std::size_t const from = std::min(half_at(span.start), 2 * bar_columns_ - 1);
  std::size_t const to = end_ == start_ ? 2 * bar_columns_ : std::max(half_at(span.end), from + 1);
  std::string text;
  for (std::size_t column = from / 2; 2 * column < to; ++column) {
    bool const left = 2 * column >= from, right = 2 * column + 1 < to;
    text += left && right ? "━" : left ? "╸" : "╺";
  }
  page_.space(from / 2);
  page_.put(text, tint_of_span(span));
}

FANLIGHT_COLD FANLIGHT_INLINE void waterfall::row_line(span_tree::row const& row, span_record const& span) {
  name_column(row, span);
  if (bar_columns_ != 0) {
    page_.fill_to(name_columns_ + 2);
    bar(span);
  }
  std::string const took = human_duration(span.duration().count());
  std::size_t const width = display_width(took);
  std::size_t const right = bar_columns_ != 0 ? style_.width : name_columns_ + 1 + duration_columns;
  page_.fill_to(right - std::min(width, right));
  page_.put(took, span.status == status_code::error ? tint::red : tint::none);
  page_.end_line();
}

/// `+12.3 ms`, to the right of a column of its own.
[[nodiscard]] FANLIGHT_COLD inline std::string offset_text(std::int64_t nanoseconds) {
  std::string const text = (nanoseconds < 0 ? "-" : "+") + human_duration(nanoseconds < 0 ? -nanoseconds : nanoseconds);
  std::size_t const width = display_width(text);
  return (width < 9 ? std::string(9 - width, ' ') : std::string{}) + text;
}

/// What a span says of its links, and of what it had to leave out.
[[nodiscard]] FANLIGHT_COLD inline std::vector<word> closing_words(span_record const& span) {
  std::vector<word> out;
  for (auto const link : span.links()) {
    out.push_back({{}, "↗", tint::yellow, 2});
    out.push_back({{}, std::string{link.trace_id.hex().view()} + ":" + std::string{link.span_id.hex().view()}, tint::none, 1});
    add_attributes(out, link);
  }
  auto const lost = [&](std::uint32_t count, char const* what) {
    if (count != 0) out.push_back({{}, std::to_string(count) + what + (count == 1 ? " dropped" : "s dropped"), tint::yellow, 2});
  };
  lost(span.dropped_attributes, " attribute");
  lost(span.dropped_events, " event");
  lost(span.dropped_links, " link");
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE void waterfall::shared_words(line_frame const& frame, std::vector<word> const& words) {
  if (words.empty()) return;
  page_.put(frame.rails, tint::dim);
  page_.space(frame.indent);
  flow(page_, words, frame, style_.width);
}

FANLIGHT_COLD FANLIGHT_INLINE void waterfall::details(span_tree::row const& row, span_record const& span) {
  line_frame frame{rails(row, false), 0, 5};
  std::vector<word> words;
  bool told = span.status_message().empty();
  for (auto const event : span.events())
    told = told || (is_exception(event) && text_of(event, "exception.message") == span.status_message());
  if (!told) {
    add_sentence(words, span.status_message(), tint::red);
    if (!words.empty()) words.front().text.insert(0, "✗ ");
    shared_words(frame, words);
    words.clear();
  }
  add_attributes(words, span);
  shared_words(frame, words);
  for (auto const each : moments_of_[row.span]) {
    page_.put(frame.rails, tint::dim);
    page_.put(offset_text(moments_[each].at - start_), tint::dim);
    page_.space(2);
    line_frame const beside{frame.rails, 11 + 2, 4};
    flow(page_, moments_[each].words, beside, style_.width);
  }
  shared_words(frame, closing_words(span));
}

FANLIGHT_COLD FANLIGHT_INLINE std::string waterfall::draw() {
  if (what_.spans.empty()) return {};
  choose_columns();
  gather_moments();
  head_line();
  std::size_t drawn = 0;
  for (auto const& row : tree_.rows()) {
    if (drawn++ == most_rows) {
      page_.put(joined({"… ", std::to_string(tree_.rows().size() - most_rows), " more spans"}), tint::yellow);
      page_.end_line();
      break;
    }
    open_.resize(row.depth + 1);
    open_[row.depth] = row.last ? 0 : 1;
    row_line(row, what_.spans[row.span]);
    details(row, what_.spans[row.span]);
  }
  page_.end_line();
  return page_.take();
}

FANLIGHT_COLD FANLIGHT_INLINE std::string draw_waterfall(trace_block const& what, waterfall_style const& style) { return waterfall{what, style}.draw(); }

/// A record outside of any picture: its time, its words, and the trace that it belongs to.
template <class Record>
[[nodiscard]] std::string loose_line(Record const& record, waterfall_style const& style) {
  page out{style.colour};
  out.put(clock_text(record.time), tint::dim);
  auto words = words_of(record);
  words.front().text.resize(std::max<std::size_t>(words.front().text.size(), 5), ' ');
  if (record.trace_id.is_valid()) words.push_back({"trace", std::string{record.trace_id.hex().view()}, tint::dim, 2});
  out.space(2);
  flow(out, words, {}, SIZE_MAX / 2);
  return out.take();
}

FANLIGHT_COLD FANLIGHT_INLINE std::string draw_line(log_record const& log, waterfall_style const& style) { return loose_line(log, style); }
FANLIGHT_COLD FANLIGHT_INLINE std::string draw_line(error_record const& report, waterfall_style const& style) { return loose_line(report, style); }

}  // namespace detail
FANLIGHT_END
