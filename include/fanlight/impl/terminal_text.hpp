// Text for people's terminals: made harmless (no control letter ever reaches the terminal, nor anything that turns the reading direction
// round), durations in three figures, values on one line, and a page that lines are put together on, in colour or not. Pure functions;
// a page belongs to the function that draws on it.
#pragma once

#include <fanlight/detail/display_width.hpp>
#include <fanlight/impl/json.hpp>
#include <fanlight/value.hpp>

#include <cstdio>
#include <string>

FANLIGHT_BEGIN
namespace detail {

/// Letters that steer a terminal or the layout of a line instead of being seen.
[[nodiscard]] inline bool is_steering(char32_t letter) noexcept {
  return (letter >= 0x80 && letter <= 0x9F) || letter == 0x61C || letter == 0x200E || letter == 0x200F ||
         (letter >= 0x2028 && letter <= 0x202E) || (letter >= 0x2066 && letter <= 0x206F) || letter == 0xFEFF ||
         (letter >= 0xFFF9 && letter <= 0xFFFB) || (letter >= 0xE0000 && letter <= 0xE00FF);
}

/// Any bytes as text that may be printed: control letters become pictures of themselves, the rest of what steers U+FFFD.
inline void append_shown(std::string& to, std::string_view any) {
  for (std::size_t at = 0; at < any.size();) {
    auto const piece = utf8_read(any.data() + at, any.size() - at);
    char letter[4];
    if (!piece.good || is_steering(piece.letter)) to += utf8_replacement;
    else if (piece.letter < 0x20) to.append(letter, utf8_write(letter, 0x2400 + piece.letter));
    else if (piece.letter == 0x7F) to += "␡";
    else to.append(any.data() + at, piece.size);
    at += piece.size;
  }
}
[[nodiscard]] inline std::string shown(std::string_view any) {
  std::string out;
  append_shown(out, any);
  return out;
}

/// `850 ns`, `12.3 µs`, `214 ms`, `1.23 s`, `2m 05s`, `1h 02m`, `3d 04h`.
[[nodiscard]] inline std::string human_duration(std::int64_t nanoseconds) {
  char text[32];
  std::int64_t const seconds = nanoseconds / 1'000'000'000;
  auto const pair = [&](std::int64_t large, char a, std::int64_t small, char b) {
    std::snprintf(text, sizeof text, "%lld%c %02lld%c", static_cast<long long>(large), a, static_cast<long long>(small), b);
  };
  if (nanoseconds < 1000) std::snprintf(text, sizeof text, "%lld ns", static_cast<long long>(nanoseconds));
  else if (seconds >= 86'400) pair(seconds / 86'400, 'd', seconds / 3600 % 24, 'h');
  else if (seconds >= 3600) pair(seconds / 3600, 'h', seconds / 60 % 60, 'm');
  else if (seconds >= 60) pair(seconds / 60, 'm', seconds % 60, 's');
  else {
    static constexpr char const* units[] = {"µs", "ms", "s"};
    double number = static_cast<double>(nanoseconds) / 1000;
    int unit = 0;
    while (number >= 999.5 && unit < 2) number /= 1000, ++unit;
    std::snprintf(text, sizeof text, "%.*f %s", number < 9.995 ? 2 : number < 99.95 ? 1 : 0, number, units[unit]);
  }
  return text;
}

/// A value in one line: texts in quotation marks when they would be hard to tell from what is around them, nested values as JSON.
[[nodiscard]] inline std::string value_shown(value const& what) {
  if (what.kind() == value_kind::text) {
    auto const text = what.as_text();
    bool const bare = !text.empty() && text.find_first_of(" =\",") == std::string_view::npos;
    return bare ? shown(text) : '"' + shown(text) + '"';
  }
  send_buffer json;
  json_writer{json}.plain(what);
  auto const text = json.view();
  return shown(what.is_nested() || text.front() != '"' ? text : text.substr(1, text.size() - 2));
}

enum class tint : std::uint8_t { none, dim, bold, red, green, yellow, blue, magenta, cyan };

/// Puts a text together line by line and knows the column it is at.
class page {
 public:
  explicit page(bool colour) noexcept : colour_{colour} {}

  /// `safe` has been through shown().
  void put(std::string_view safe, tint how = tint::none) {
    if (safe.empty()) return;
    out_.append(gap_, ' ');
    column_ += gap_ + display_width(safe);
    gap_ = 0;
    if (how == tint::none || !colour_) {
      out_ += safe;
      return;
    }
    static constexpr std::string_view codes[] = {"0", "2", "1", "31", "32", "33", "34", "35", "36"};
    out_.append("\x1b[").append(codes[static_cast<unsigned>(how)]).append("m").append(safe).append("\x1b[0m");
  }
  /// Cut to so many columns, with an ellipsis when something is missing.
  void put_cut(std::string_view safe, std::size_t columns, tint how = tint::none) {
    if (display_width(safe) <= columns) return put(safe, how);
    if (columns == 0) return;
    put(std::string{safe.substr(0, fitting_bytes(safe, columns - 1))} + "…", how);
  }
  /// Spaces, which are left out at the end of a line.
  void space(std::size_t count) noexcept { gap_ += count; }
  void fill_to(std::size_t column) noexcept {
    if (column_ + gap_ < column) gap_ = column - column_;
  }
  void end_line() {
    out_ += '\n';
    column_ = gap_ = 0;
  }
  [[nodiscard]] std::size_t column() const noexcept { return column_ + gap_; }
  [[nodiscard]] std::string take() noexcept { return std::move(out_); }

 private:
  std::string out_;
  std::size_t column_ = 0;
  std::size_t gap_ = 0;  // spaces that wait for something to follow
  bool colour_;
};

}  // namespace detail
FANLIGHT_END
