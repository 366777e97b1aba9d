// A line with values in it, without <format>, printf or a stream: `fl::info(fl::line("{} rows in {:.1f} ms", rows, ms))`. The pattern is
// checked when compiling; the text is made when a record is kept, and into its memory. Patterns are std::format's, for what attributes can
// be: numbers, flags, texts, single letters, and arrays and objects, which become JSON. A line borrows its arguments: it is made in the
// call that takes it, and not kept. Headers under with/ do the same by std::format and by fmt.
#pragma once

#include <fanlight/log.hpp>

FANLIGHT_BEGIN
namespace detail {

/// What stands between braces, behind the colon.
struct line_spec {
  char fill = ' ', align = 0, sign = '-', type = 0;
  bool alternative = false, zeros = false;
  int width = 0, precision = -1;
};

/// A literal text, or an argument and how to write it.
struct line_piece {
  std::string_view text{};
  std::size_t argument = 0;
  line_spec how{};
  bool is_argument = false;
};

/// Reads a pattern piece by piece, when compiling and when writing.
class line_reader {
 public:
  constexpr explicit line_reader(std::string_view pattern) noexcept : rest_{pattern} {}
  /// False: it has ended, or is wrong from here on.
  constexpr bool next(line_piece& to) noexcept {
    to = {};
    if (rest_.empty() || bad_) return false;
    char const first = rest_[0];
    if (first != '{' && first != '}') return read_text(to, rest_.find_first_of("{}")), true;
    if (rest_.size() > 1 && rest_[1] == first) {
      to.text = rest_.substr(0, 1);
      rest_.remove_prefix(2);
      return true;
    }
    bad_ = first == '}' || !read_field(to);
    return !bad_;
  }
  [[nodiscard]] constexpr bool is_bad() const noexcept { return bad_; }

 private:
  constexpr void read_text(line_piece& to, std::size_t size) noexcept {
    to.text = rest_.substr(0, size);
    rest_.remove_prefix(to.text.size());
  }
  [[nodiscard]] constexpr bool take(char letter) noexcept {
    if (rest_.empty() || rest_[0] != letter) return false;
    rest_.remove_prefix(1);
    return true;
  }
  [[nodiscard]] constexpr bool at_digit() const noexcept { return !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9'; }
  [[nodiscard]] constexpr int number() noexcept {
    int out = 0;
    for (; at_digit(); rest_.remove_prefix(1)) out = out > 9999 ? out : out * 10 + (rest_[0] - '0');
    return out;
  }
  [[nodiscard]] constexpr bool read_field(line_piece& to) noexcept {
    rest_.remove_prefix(1);
    to.is_argument = true;
    bool const numbered = at_digit();
    if (seen_ && numbered != numbered_) return false;  // {} and {0} do not go together
    numbered_ = numbered, seen_ = true;
    to.argument = numbered ? static_cast<std::size_t>(number()) : next_++;
    if (take('}')) return true;
    return take(':') && read_spec(to.how) && take('}');
  }
  [[nodiscard]] static constexpr bool is_align(char letter) noexcept { return letter == '<' || letter == '>' || letter == '^'; }
  [[nodiscard]] constexpr bool read_spec(line_spec& to) noexcept {
    if (rest_.size() > 1 && is_align(rest_[1]) && rest_[0] != '{' && rest_[0] != '}') {
      to.fill = rest_[0], to.align = rest_[1];
      rest_.remove_prefix(2);
    } else if (!rest_.empty() && is_align(rest_[0])) {
      to.align = rest_[0];
      rest_.remove_prefix(1);
    }
    if (!rest_.empty() && (rest_[0] == '+' || rest_[0] == '-' || rest_[0] == ' ')) to.sign = rest_[0], rest_.remove_prefix(1);
    to.alternative = take('#');
    to.zeros = take('0');
    to.width = number();
    if (take('.')) {
      if (!at_digit()) return false;
      to.precision = number();
    }
    if (!rest_.empty() && rest_[0] != '}') to.type = rest_[0], rest_.remove_prefix(1);
    return to.width <= 1000 && to.precision <= 1000;
  }

  std::string_view rest_;
  std::size_t next_ = 0;
  bool bad_ = false, seen_ = false, numbered_ = false;
};

enum class line_kind : std::uint8_t { text, flag, letter, whole, real, nested };

template <class T>
[[nodiscard]] consteval line_kind line_kind_of() noexcept {
  if constexpr (textual<T>) return line_kind::text;
  else if constexpr (__is_same(T, bool)) return line_kind::flag;
  else if constexpr (__is_same(T, char)) return line_kind::letter;
  else if constexpr (integer<T>) return line_kind::whole;
  else if constexpr (floating<T>) return line_kind::real;
  else if constexpr (__is_same(T, object) || __is_same(T, array)) return line_kind::nested;
  else return line_kind::text;
}

/// Whether a value of that kind can be written so.
[[nodiscard]] constexpr bool fits_line(line_kind kind, line_spec const& how) noexcept {
  std::string_view const types = kind == line_kind::whole  ? "dxXobB"
                                 : kind == line_kind::real ? "eEfFgGaA"
                                 : kind == line_kind::text ? "s"
                                 : kind == line_kind::flag ? "s"
                                 : kind == line_kind::letter ? "c" : "";
  bool const is_number = kind == line_kind::whole || kind == line_kind::real;
  if (how.type != 0 && types.find(how.type) == std::string_view::npos) return false;
  if (!is_number && (how.sign != '-' || how.alternative || how.zeros)) return false;
  return how.precision < 0 || kind == line_kind::real || kind == line_kind::text;
}

// Not constant expressions: that is how a wrong pattern stops the compiler, with these names in its words.
inline void the_pattern_of_a_line_is_not_well_formed() noexcept {}
inline void the_pattern_of_a_line_asks_for_an_argument_that_is_not_there() noexcept {}
inline void an_argument_of_a_line_cannot_be_written_in_that_way() noexcept {}

/// A literal that fits its arguments, or the program does not compile.
template <class... Args>
class line_pattern {
 public:
  template <std::size_t Size>
  consteval line_pattern(char const (&literal)[Size]) noexcept : text_{literal, Size - 1} {
    constexpr line_kind kinds[]{line_kind_of<Args>()..., line_kind::text};
    line_reader reader{text_};
    for (line_piece piece; reader.next(piece);) {
      if (!piece.is_argument) continue;
      if (piece.argument >= sizeof...(Args)) the_pattern_of_a_line_asks_for_an_argument_that_is_not_there();
      else if (!fits_line(kinds[piece.argument], piece.how)) an_argument_of_a_line_cannot_be_written_in_that_way();
    }
    if (reader.is_bad()) the_pattern_of_a_line_is_not_well_formed();
  }
  [[nodiscard]] constexpr std::string_view text() const noexcept { return text_; }

 private:
  std::string_view text_;
};

template <class T>
struct same {
  using type = T;
};
/// A letter counts as a text of one; a value of any other kind as itself.
template <class T>
[[nodiscard]] value line_value(T const& from) noexcept {
  if constexpr (__is_same(T, char)) return std::string_view{&from, 1};
  else return value{from};
}

void write_line(text_writer& to, std::string_view pattern, value const* arguments, std::size_t count) noexcept;
/// A value as JSON has it.
void write_json(text_writer& to, value const& what) noexcept;
void write_json(text_writer& to, std::string_view text) noexcept;

}  // namespace detail

/// What line() gives: a pattern and borrowed values, written when they are wanted.
template <std::size_t Count>
class formatted_line {
 public:
  template <class... Args>
  explicit formatted_line(std::string_view pattern, Args const&... arguments) noexcept : pattern_{pattern}, values_{detail::line_value(arguments)..., value{}} {}
  void write_to(text_writer& to) const noexcept { detail::write_line(to, pattern_, values_, Count); }

 private:
  std::string_view pattern_;
  value values_[Count + 1];
};

template <class... Args>
[[nodiscard]] formatted_line<sizeof...(Args)> line(detail::line_pattern<typename detail::same<Args>::type...> pattern, Args const&... arguments) noexcept {
  return formatted_line<sizeof...(Args)>{pattern.text(), arguments...};
}

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/format.ipp>
#endif
