// Bodies of format.hpp: values as text, and as JSON. Pure functions; any thread.
#pragma once

#include <fanlight/detail/utf8.hpp>
#include <fanlight/format.hpp>
#include <fanlight/impl/text_writer.ipp>
#include <fanlight/impl/value.ipp>

#include <charconv>

FANLIGHT_BEGIN
namespace detail {

// ---- numbers ---------------------------------------------------------------------------------------------------------------------

/// The digits of a number, without its sign; `room` is enough for any of them.
struct line_digits {
  char room[1400];
  std::size_t size = 0;
  bool negative = false;
  bool finite = true;
  std::string_view before{};  // 0x and its like

  [[nodiscard]] std::string_view view() const noexcept { return {room, size}; }
  void upper() noexcept {
    for (std::size_t i = 0; i < size; ++i)
      if (room[i] >= 'a' && room[i] <= 'z') room[i] = static_cast<char>(room[i] - 'a' + 'A');
  }
};

FANLIGHT_INLINE void write_whole(line_digits& to, value const& what, line_spec const& how) noexcept {
  auto const number = what.as_int64();
  to.negative = what.kind() == value_kind::int64 && number < 0;
  auto const size = to.negative ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
  bool const is_hex = how.type == 'x' || how.type == 'X', is_binary = how.type == 'b' || how.type == 'B';
  int const base = is_hex ? 16 : is_binary ? 2 : how.type == 'o' ? 8 : 10;
  to.size = static_cast<std::size_t>(std::to_chars(to.room, to.room + sizeof to.room, size, base).ptr - to.room);
  if (how.type == 'X') to.upper();
  if (!how.alternative) return;
  to.before = how.type == 'x' ? "0x" : how.type == 'X' ? "0X" : how.type == 'b' ? "0b" : how.type == 'B' ? "0B" : how.type == 'o' && size != 0 ? "0" : "";
}

FANLIGHT_INLINE void write_real(line_digits& to, double number, line_spec const& how) noexcept {
  to.negative = __builtin_signbit(number) != 0;
  to.finite = __builtin_isfinite(number) != 0;
  double const size = to.negative ? -number : number;
  char const type = static_cast<char>(how.type | 0x20);
  auto const form = type == 'f'   ? std::chars_format::fixed
                    : type == 'e' ? std::chars_format::scientific
                    : type == 'a' ? std::chars_format::hex
                                  : std::chars_format::general;
  char* const end = to.room + sizeof to.room;
  bool const has_default = how.type != 0 && type != 'a';  // as std::format: 6 digits where a form is asked for
  int const precision = how.precision >= 0 ? how.precision : has_default ? 6 : -1;
  auto const done = precision >= 0 ? std::to_chars(to.room, end, size, form, precision)
                    : how.type != 0 ? std::to_chars(to.room, end, size, form)
                                    : std::to_chars(to.room, end, size);
  to.size = static_cast<std::size_t>(done.ptr - to.room);
  if (how.type >= 'A' && how.type <= 'Z') to.upper();
}

FANLIGHT_INLINE void put_number(text_writer& to, line_digits const& digits, line_spec const& how) noexcept {
  char const sign = digits.negative ? '-' : how.sign == '-' ? '\0' : how.sign;
  std::size_t const size = digits.size + digits.before.size() + (sign != 0 ? 1 : 0), width = static_cast<std::size_t>(how.width);
  std::size_t const pad = width > size ? width - size : 0;
  bool const zeros = how.zeros && how.align == 0 && digits.finite;
  std::size_t const left = zeros ? 0 : how.align == '<' ? 0 : how.align == '^' ? pad / 2 : pad;
  to.fill(how.fill, left);
  if (sign != 0) to.push(sign);
  to.append(digits.before);
  if (zeros) to.fill('0', pad);
  to.append(digits.view());
  if (!zeros) to.fill(how.fill, pad - left);
}

// ---- texts -----------------------------------------------------------------------------------------------------------------------

/// How many bytes the first `most` characters take, and how many characters there are up to there.
[[nodiscard]] FANLIGHT_INLINE std::size_t first_letters(std::string_view text, std::size_t most, std::size_t& count) noexcept {
  std::size_t at = 0;
  for (count = 0; at < text.size() && count < most; ++count) at += utf8_read(text.data() + at, text.size() - at).size;
  return at;
}

FANLIGHT_INLINE void put_padded(text_writer& to, std::string_view text, line_spec const& how) noexcept {
  if (how.width == 0 && how.precision < 0) return static_cast<void>(to.append(text));
  std::size_t count = 0, width = static_cast<std::size_t>(how.width);
  text = text.substr(0, first_letters(text, how.precision < 0 ? SIZE_MAX : static_cast<std::size_t>(how.precision), count));
  std::size_t const pad = width > count ? width - count : 0, left = how.align == '>' ? pad : how.align == '^' ? pad / 2 : 0;
  to.fill(how.fill, left).append(text).fill(how.fill, pad - left);
}

FANLIGHT_INLINE void put_value(text_writer& to, value const& what, line_spec const& how) noexcept {
  line_digits digits;
  switch (what.kind()) {
    case value_kind::empty: return;
    case value_kind::boolean: return put_padded(to, what.as_bool() ? "true" : "false", how);
    case value_kind::int64:
    case value_kind::uint64: return write_whole(digits, what, how), put_number(to, digits, how);
    case value_kind::float64: return write_real(digits, what.as_double(), how), put_number(to, digits, how);
    case value_kind::text: return put_padded(to, what.as_text(), how);
    default: break;
  }
  text_writer json;
  write_json(json, what);
  put_padded(to, json.view(), how);
}

FANLIGHT_INLINE void write_line(text_writer& to, std::string_view pattern, value const* arguments, std::size_t count) noexcept {
  line_reader reader{pattern};
  for (line_piece piece; reader.next(piece);) {
    if (!piece.is_argument) to.append(piece.text);
    else if (piece.argument < count) put_value(to, arguments[piece.argument], piece.how);
  }
}

// ---- JSON ------------------------------------------------------------------------------------------------------------------------

/// A text in quotes; U+FFFD stands for what is not UTF-8.
FANLIGHT_INLINE void write_json(text_writer& to, std::string_view text) noexcept {
  constexpr char const* digits = "0123456789abcdef";
  to.push('"');
  for (std::size_t at = 0; at < text.size();) {
    auto const piece = utf8_read(text.data() + at, text.size() - at);
    char const letter = text[at];
    if (!piece.good) to.append(utf8_replacement);
    else if (piece.size > 1 || (static_cast<unsigned char>(letter) >= 0x20 && letter != '"' && letter != '\\')) to.append(text.substr(at, piece.size));
    else if (letter == '"' || letter == '\\') to.push('\\').push(letter);
    else if (letter == '\n') to.append("\\n");
    else if (letter == '\t') to.append("\\t");
    else if (letter == '\r') to.append("\\r");
    else to.append("\\u00").push(digits[static_cast<unsigned char>(letter) >> 4]).push(digits[letter & 15]);
    at += piece.size;
  }
  to.push('"');
}

FANLIGHT_INLINE void write_json_members(text_writer& to, value const& what) noexcept {
  bool const is_object = what.kind() == value_kind::object;
  bool first = true;
  to.push(is_object ? '{' : '[');
  for (auto const each : what.members()) {
    if (!first) to.push(',');
    first = false;
    if (is_object) write_json(to, each.key), to.push(':');
    write_json(to, each.value);
  }
  to.push(is_object ? '}' : ']');
}

/// NaN and infinities, which JSON does not have, are null, and so are bytes.
FANLIGHT_INLINE void write_json(text_writer& to, value const& what) noexcept {
  line_digits digits;
  switch (what.kind()) {
    case value_kind::boolean: to.append(what.as_bool() ? "true" : "false"); return;
    case value_kind::int64:
    case value_kind::uint64: return write_whole(digits, what, {}), put_number(to, digits, {});
    case value_kind::float64:
      write_real(digits, what.as_double(), {});
      if (!digits.finite) break;
      return put_number(to, digits, {});
    case value_kind::text: return write_json(to, what.as_text());
    case value_kind::array:
    case value_kind::object: return write_json_members(to, what);
    default: break;
  }
  to.append("null");
}

}  // namespace detail
FANLIGHT_END
