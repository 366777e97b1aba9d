// Bodies of names.hpp.
#pragma once

#include <fanlight/detail/utf8.hpp>
#include <fanlight/impl/json.hpp>
#include <fanlight/impl/xray/letters.hpp>
#include <fanlight/impl/xray/names.hpp>

FANLIGHT_BEGIN
namespace detail {

[[nodiscard]] constexpr bool is_ascii_letter_or_digit(char letter) noexcept {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9');
}
[[nodiscard]] constexpr bool is_xray_ascii(char letter) noexcept {
  if (is_ascii_letter_or_digit(letter)) return true;
  return std::string_view{" _.:/%&#=+-@"}.find(letter) != std::string_view::npos;
}

/// A bit for each ASCII character that a name may have.
struct xray_ascii_set {
  std::uint64_t low = 0, high = 0;
  constexpr xray_ascii_set() noexcept {
    for (unsigned code = 0; code < 128; ++code)
      if (is_xray_ascii(static_cast<char>(code))) (code < 64 ? low : high) |= std::uint64_t{1} << (code & 63);
  }
  [[nodiscard]] constexpr bool has(unsigned char code) const noexcept { return ((code < 64 ? low : high) >> (code & 63) & 1) != 0; }
};
inline constexpr xray_ascii_set xray_ascii{};

FANLIGHT_COLD FANLIGHT_INLINE bool write_xray_name_slowly(send_buffer& to, std::string_view name) {
  std::size_t const before = to.size();
  std::size_t length = 0, at = 0;
  while (at < name.size() && length < xray_name_length) {
    auto const piece = utf8_read(name.data() + at, name.size() - at);
    bool const fine = piece.letter < 0x80 ? xray_ascii.has(static_cast<unsigned char>(piece.letter))
                                          : piece.good && is_letter_number_or_separator(piece.letter);
    if (fine) to.append(name.substr(at, piece.size)), ++length;
    at += piece.size;
  }
  if (length == 0) to.literal("span");
  return to.view().substr(before) != name;
}

FANLIGHT_INLINE bool write_xray_name(send_buffer& to, std::string_view name) {
  bool plain = !name.empty() && name.size() <= xray_name_length;
  for (std::size_t at = 0; plain && at < name.size(); ++at) {
    auto const code = static_cast<unsigned char>(name[at]);
    plain = code < 0x80 && xray_ascii.has(code);
  }
  if (!plain) return write_xray_name_slowly(to, name);
  to.append(name);
  return false;
}

FANLIGHT_INLINE bool is_xray_key(std::string_view key) noexcept {
  if (key.empty() || key.size() > xray_key_length) return false;
  for (char const letter : key)
    if (!is_ascii_letter_or_digit(letter) && letter != '_' && letter != '.') return false;
  return true;
}

FANLIGHT_INLINE bool write_xray_key(send_buffer& to, std::string_view key) {
  if (is_xray_key(key)) return to.append(key), false;
  std::size_t length = 0;
  for (std::size_t at = 0; at < key.size() && length < xray_key_length;) {
    auto const piece = utf8_read(key.data() + at, key.size() - at);
    bool const fine = piece.size == 1 && piece.good && (is_ascii_letter_or_digit(key[at]) || key[at] == '_' || key[at] == '.');
    to.push(fine ? key[at] : '_');
    at += piece.size;
    ++length;
  }
  return !key.empty();
}

FANLIGHT_INLINE void write_without_broken(send_buffer& to, std::string_view text) {
  while (!text.empty()) {
    std::size_t const good = utf8_good_prefix(text);
    to.append(text.substr(0, good));
    text.remove_prefix(good);
    if (!text.empty()) text.remove_prefix(utf8_read(text.data(), text.size()).size);
  }
}

/// Where `operator` and its signs end when they begin at `at`; 0: no operator does.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::size_t end_of_operator(std::string_view function, std::size_t at) noexcept {
  bool const begins = at == 0 || (!is_ascii_letter_or_digit(function[at - 1]) && function[at - 1] != '_');
  if (!begins || function.substr(at, 8) != "operator" || at + 8 >= function.size()) return 0;
  if (is_ascii_letter_or_digit(function[at + 8]) || function[at + 8] == '_') return 0;
  auto const end = function.find('(', function.substr(at + 8, 2) == "()" ? at + 10 : at + 8);
  return end == std::string_view::npos ? function.size() : end;
}

FANLIGHT_COLD FANLIGHT_INLINE std::string_view qualified_name(std::string_view function, send_buffer& room) {
  constexpr std::string_view nameless = "(anonymous namespace)";
  room.clear();
  int depth = 0;  // of template arguments
  for (std::size_t at = 0; at < function.size(); ++at) {
    if (auto const end = depth == 0 ? end_of_operator(function, at) : 0; end != 0) {
      room.append(function.substr(at, end - at));
      break;
    }
    char const letter = function[at];
    if (letter == '<') {
      ++depth;
    } else if (letter == '>') {
      depth -= depth > 0 ? 1 : 0;
    } else if (depth == 0 && function.substr(at, nameless.size()) == nameless) {
      room.append(nameless);
      at += nameless.size() - 1;
    } else if (depth == 0 && letter == '(') {
      break;  // the parameters
    } else if (depth == 0 && (letter == ' ' || letter == '&' || letter == '*')) {
      room.clear();  // what stood there belongs to the result
    } else if (depth == 0) {
      room.push(letter);
    }
  }
  // A lambda's name was nothing but brackets.
  send_buffer tidy;
  auto const made = room.view();
  for (std::size_t at = 0; at < made.size(); ++at) {
    if (made.substr(at, 4) == "::::") ++at, ++at;
    tidy.push(made[at]);
  }
  room.clear();
  room.append(tidy.view());
  return room.view();
}

/// Behind the `//` of a URL; its beginning when there is none.
[[nodiscard]] inline std::size_t authority_of(std::string_view url) noexcept {
  auto const colon = url.find("://");
  return colon == std::string_view::npos ? 0 : colon + 3;
}

FANLIGHT_INLINE void write_clean_url(send_buffer& to, std::string_view url, bool with_query) {
  url = url.substr(0, url.find('#'));
  auto const query = url.find('?');
  auto const shown = with_query ? url : url.substr(0, query);
  auto const begin = authority_of(shown.substr(0, query));
  auto const end = shown.find_first_of("/?", begin);
  auto const authority = shown.substr(begin, end == std::string_view::npos ? end : end - begin);
  auto const user = begin == 0 && shown.substr(0, 2) != "//" ? std::string_view::npos : authority.rfind('@');
  to.append(shown.substr(0, begin));
  to.append(shown.substr(user == std::string_view::npos ? begin : begin + user + 1));
}

FANLIGHT_INLINE std::string_view host_of_url(std::string_view url) noexcept {
  if (url.substr(0, 5) == "jdbc:") url.remove_prefix(5);
  auto host = url.substr(authority_of(url));
  host = host.substr(0, host.find_first_of("/?#;"));
  if (auto const user = host.rfind('@'); user != std::string_view::npos) host.remove_prefix(user + 1);
  if (!host.empty() && host[0] == '[') return host.substr(1, host.find(']') - 1);
  if (host.find(':') != host.rfind(':')) return host;  // a bare IPv6 address
  return host.substr(0, host.find(':'));
}

/// Whether a key of a connection string names a secret, in any case.
[[nodiscard]] inline bool is_secret_key(std::string_view key) noexcept {
  while (!key.empty() && key.front() == ' ') key.remove_prefix(1);
  while (!key.empty() && key.back() == ' ') key.remove_suffix(1);
  for (std::string_view const secret : {std::string_view{"password"}, std::string_view{"pwd"}, std::string_view{"passwd"}, std::string_view{"accesskey"}, std::string_view{"sharedaccesskey"}, std::string_view{"token"}}) {
    bool same = key.size() == secret.size();
    for (std::size_t i = 0; same && i < key.size(); ++i) same = (static_cast<unsigned char>(key[i]) | 0x20) == static_cast<unsigned char>(secret[i]);
    if (same) return true;
  }
  return false;
}

FANLIGHT_INLINE void write_clean_connection(send_buffer& to, std::string_view connection) {
  if (connection.find("://") != std::string_view::npos) return write_clean_url(to, connection);
  bool const list = connection.find(';') != std::string_view::npos;  // ADO and ODBC; libpq and others put blanks between
  bool first = true;
  while (!connection.empty()) {
    auto const end = connection.find(list ? ';' : ' ');
    auto const part = connection.substr(0, end);
    connection.remove_prefix(end == std::string_view::npos ? connection.size() : end + 1);
    if (part.find('=') != std::string_view::npos && is_secret_key(part.substr(0, part.find('=')))) {
      // A quoted secret may hold the separator.
      auto const quote = part.find_first_of("'\"");
      if (quote == std::string_view::npos || part.find(part[quote], quote + 1) != std::string_view::npos) continue;
      auto const closing = connection.find(part[quote]);
      auto const next = closing == std::string_view::npos ? closing : connection.find(list ? ';' : ' ', closing);
      connection = next == std::string_view::npos ? std::string_view{} : connection.substr(next + 1);
      continue;
    }
    if (!first) to.push(list ? ';' : ' ');
    first = false;
    to.append(part);
  }
}

/// Takes RapidJSON's events, for the depth alone.
struct json_depth_guard {
  int depth = 0;
  bool key(std::string_view) { return true; }
  bool scalar(std::string_view) { return true; }
  bool open(bool) { return ++depth <= 64; }
  bool close(bool) { return --depth, true; }
};

FANLIGHT_INLINE bool write_compact_object(send_buffer& to, std::string_view json) {
  constexpr std::string_view blanks = " \t\r\n";
  auto const begin = json.find_first_not_of(blanks);
  json_depth_guard guard;
  if (begin == std::string_view::npos || json[begin] != '{' || !is_utf8(json) || !json_read(json, guard)) return false;
  std::size_t const before = to.size();
  bool in_text = false, escaped = false;
  int depth = 0;
  for (std::size_t at = begin; at < json.size(); ++at) {
    char const letter = json[at];
    if (depth == 0 && at != begin) {  // behind the object
      if (blanks.find(letter) == std::string_view::npos) return to.cut(before), false;
      continue;
    }
    if (in_text || blanks.find(letter) == std::string_view::npos) to.push(letter);
    if (!in_text) depth += letter == '{' || letter == '[' ? 1 : letter == '}' || letter == ']' ? -1 : 0;
    if (letter == '"' && !escaped) in_text = !in_text;
    escaped = in_text && letter == '\\' && !escaped;
  }
  return true;
}

FANLIGHT_INLINE void write_xray_time(send_buffer& to, std::int64_t nanoseconds) {
  if (nanoseconds < 0) nanoseconds = 0;
  auto micros = static_cast<std::uint64_t>(nanoseconds) / 1000;
  char text[24];
  char* at = text + sizeof text;
  for (int digit = 0; digit < 6; ++digit) *--at = static_cast<char>('0' + micros % 10), micros /= 10;
  *--at = '.';
  do *--at = static_cast<char>('0' + micros % 10), micros /= 10;
  while (micros != 0);
  to.append({at, static_cast<std::size_t>(text + sizeof text - at)});
}

}  // namespace detail
FANLIGHT_END
