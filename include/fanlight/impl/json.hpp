// JSON written straight into a send buffer, for every back end that speaks it. This is the one file that knows RapidJSON: its Writer puts
// numbers in shortest form; commas, indentation and texts are ours, since texts may not be UTF-8 here and are most of what is written.
// A writer belongs to the function that makes it; it borrows the buffer. At the end, RapidJSON's SAX Reader for answers.
#pragma once

#include <fanlight/detail/utf8.hpp>
#include <fanlight/impl/send_buffer.hpp>
#include <fanlight/value.hpp>

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#include <rapidjson/writer.h>

FANLIGHT_BEGIN
namespace detail {

/// A send buffer as RapidJSON wants its output streams.
struct json_stream {
  using Ch = char;
  send_buffer* to;
  void Put(char letter) { to->push(letter); }
  void Flush() const noexcept {}
};
// Found by RapidJSON through the argument's namespace.
inline void PutReserve(json_stream& stream, std::size_t count) { static_cast<void>(stream.to->reserve(count)); }
inline void PutUnsafe(json_stream& stream, char letter) {
  *stream.to->reserve(1) = letter;
  stream.to->use(1);
}

/// Nonzero when one of eight bytes needs care in a JSON text: a control letter, a quote, a backslash, or not ASCII.
[[nodiscard]] FANLIGHT_HOT std::uint64_t json_special(std::uint64_t eight) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
  std::uint64_t const quote = eight ^ (ones * '"'), slash = eight ^ (ones * '\\');
  return ((quote - ones) | (slash - ones) | (eight - ones * 0x20) | eight) & tops;
}

/// Copies a text that needs no care. False: it does, and what stands at `to` is of no use.
[[nodiscard]] inline bool json_copy_plain(char* to, char const* from, std::size_t size) noexcept {
  std::uint64_t eight;
  if (size >= 8) {
    for (std::size_t at = 0; at + 8 < size; at += 8) {
      std::memcpy(&eight, from + at, 8);
      std::memcpy(to + at, &eight, 8);
      if (json_special(eight) != 0) return false;
    }
    std::memcpy(&eight, from + size - 8, 8);
    std::memcpy(to + size - 8, &eight, 8);
    return json_special(eight) == 0;
  }
  if (size >= 4) {
    std::uint32_t first, last;
    std::memcpy(&first, from, 4);
    std::memcpy(&last, from + size - 4, 4);
    std::memcpy(to, &first, 4);
    std::memcpy(to + size - 4, &last, 4);
    return json_special(std::uint64_t{first} << 32 | last) == 0;
  }
  eight = 0x2020202020202020u;
  for (std::size_t at = 0; at < size; ++at) {
    to[at] = from[at];
    eight = eight << 8 | static_cast<unsigned char>(from[at]);
  }
  return json_special(eight) == 0;
}

/// Puts one letter of the ASCII range as JSON wants it; gives the byte behind it.
[[nodiscard]] inline char* json_put_ascii(char* to, char letter) noexcept {
  auto const code = static_cast<unsigned char>(letter);
  if (code >= 0x20 && letter != '"' && letter != '\\') return *to = letter, to + 1;
  constexpr char short_forms[] = "uuuuuuuubtnufruuuuuuuuuuuuuuuuuu";
  *to++ = '\\';
  if (code >= 0x20) return *to = letter, to + 1;
  *to++ = short_forms[code];
  if (short_forms[code] != 'u') return to;
  *to++ = '0', *to++ = '0', *to++ = static_cast<char>('0' + (code >> 4)), *to++ = "0123456789abcdef"[code & 15];
  return to;
}

/// Any text as the inside of a JSON string: escaped, and U+FFFD for what is not UTF-8. Room for six times its size is there.
[[nodiscard]] inline char* json_put_text(char* to, std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      to = json_put_ascii(to, text[at++]);
      continue;
    }
    auto const piece = utf8_read(text.data() + at, text.size() - at);
    std::string_view const bytes = piece.good ? text.substr(at, piece.size) : utf8_replacement;
    for (char const byte : bytes) *to++ = byte;
    at += piece.size;
  }
  return to;
}

class json_writer {
 public:
  /// `indent`: spaces for each level; 0 writes one line.
  explicit json_writer(send_buffer& to, unsigned indent = 0) : to_{to}, stream_{&to}, numbers_{stream_}, indent_{indent} {}

  void open_object() { open('{'); }
  void close_object() { close('}'); }
  void open_array() { open('['); }
  void close_array() { close(']'); }

  void key(std::string_view name) {
    text(name);
    colon();
  }
  /// A key that is known to need no care.
  template <std::size_t Size>
  void name(char const (&known)[Size]) {
    separate();
    auto* const at = to_.reserve(Size + 1);
    at[0] = '"';
    std::memcpy(at + 1, known, Size - 1);
    at[Size] = '"';
    to_.use(Size + 1);
    colon();
  }

  void text(std::string_view any) {
    separate();
    quoted(any);
    comma_ = true;
  }
  /// A text in pieces: `first` and `rest` as one.
  void text(std::string_view first, std::string_view rest) {
    separate();
    quoted(first);
    to_.cut(to_.size() - 1);
    inside(rest);
    to_.push('"');
    comma_ = true;
  }
  void boolean(bool yes) {
    separate();
    if (yes) to_.literal("true");
    else to_.literal("false");
    comma_ = true;
  }
  void null() {
    separate();
    to_.literal("null");
    comma_ = true;
  }
  void integer(std::int64_t number) {
    separate();
    digits(number);
    comma_ = true;
  }
  void natural(std::uint64_t number) {
    separate();
    digits(number);
    comma_ = true;
  }
  /// NaN and infinities, which JSON does not have, as texts.
  void real(double number) {
    separate();
    if (__builtin_expect(__builtin_isfinite(number), 1)) numbers_.Reset(stream_), numbers_.Double(number);
    else if (__builtin_isnan(number)) to_.literal("\"NaN\"");
    else if (number > 0) to_.literal("\"Infinity\"");
    else to_.literal("\"-Infinity\"");
    comma_ = true;
  }
  /// A whole number as a text: 64 bits survive readers that know doubles alone.
  template <class Number>
  void decimal(Number number) {
    separate();
    to_.push('"');
    digits(number);
    to_.push('"');
    comma_ = true;
  }
  void hex(unsigned char const* bytes, std::size_t size, std::string_view before = {}) {
    separate();
    to_.push('"');
    to_.append(before);
    char* to = to_.reserve(2 * size + 1);
    for (std::size_t i = 0; i < size; ++i) {
      *to++ = "0123456789abcdef"[bytes[i] >> 4];
      *to++ = "0123456789abcdef"[bytes[i] & 15];
    }
    *to = '"';
    to_.use(2 * size + 1);
    comma_ = true;
  }
  void base64(void const* data, std::size_t size);

  /// A value as a JSON document would have it: arrays and objects as such, bytes in base64.
  void plain(value const& what);

  /// After a fragment that went into the buffer past this writer. `value`: it ended in a value, so that a comma goes before the next.
  void after_fragment(bool value) noexcept { comma_ = value; }
  /// The inside of a string, escaped and repaired, for a fragment.
  void inside(std::string_view any) {
    char* const at = to_.reserve(any.size() * 6 + 8);
    if (json_copy_plain(at, any.data(), any.size())) to_.use(any.size());
    else to_.use(static_cast<std::size_t>(json_put_text(at, any) - at));
  }
  void digits(std::int64_t number) { numbers_.Reset(stream_), numbers_.Int64(number); }
  void digits(std::uint64_t number) { numbers_.Reset(stream_), numbers_.Uint64(number); }

 private:
  using number_writer = RAPIDJSON_NAMESPACE::Writer<json_stream, RAPIDJSON_NAMESPACE::UTF8<>, RAPIDJSON_NAMESPACE::UTF8<>,
                                                    RAPIDJSON_NAMESPACE::CrtAllocator, RAPIDJSON_NAMESPACE::kWriteValidateEncodingFlag>;

  void separate() {
    if (comma_) to_.push(',');
    if (__builtin_expect(indent_ != 0, 0) && !after_key_ && depth_ != 0) new_line();
    after_key_ = false;
  }
  void colon() {
    if (__builtin_expect(indent_ != 0, 0)) to_.literal(": ");
    else to_.push(':');
    comma_ = false;
    after_key_ = true;
  }
  void open(char bracket) {
    separate();
    to_.push(bracket);
    ++depth_;
    comma_ = false;
  }
  void close(char bracket) {
    --depth_;
    if (__builtin_expect(indent_ != 0, 0) && comma_) new_line();
    to_.push(bracket);
    comma_ = true;
  }
  FANLIGHT_COLD void new_line() {
    std::size_t const spaces = std::size_t{indent_} * depth_;
    auto* const at = to_.reserve(spaces + 1);
    at[0] = '\n';
    std::memset(at + 1, ' ', spaces);
    to_.use(spaces + 1);
  }
  void quoted(std::string_view any) {
    to_.push('"');
    inside(any);
    to_.push('"');
  }

  send_buffer& to_;
  json_stream stream_;
  number_writer numbers_;
  unsigned indent_;
  unsigned depth_ = 0;
  bool comma_ = false;      // a value came last
  bool after_key_ = false;  // a key came last: its value stays on the line
};

inline void json_writer::base64(void const* data, std::size_t size) {
  separate();
  constexpr char const* letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  auto const* const from = static_cast<unsigned char const*>(data);
  std::size_t const written = (size + 2) / 3 * 4;
  char* to = to_.reserve(written + 2);
  *to++ = '"';
  for (std::size_t i = 0; i < size; i += 3) {
    std::size_t const rest = size - i;
    unsigned const three = unsigned{from[i]} << 16 | (rest > 1 ? unsigned{from[i + 1]} << 8 : 0u) | (rest > 2 ? unsigned{from[i + 2]} : 0u);
    *to++ = letters[three >> 18];
    *to++ = letters[three >> 12 & 63];
    *to++ = rest > 1 ? letters[three >> 6 & 63] : '=';
    *to++ = rest > 2 ? letters[three & 63] : '=';
  }
  *to = '"';
  to_.use(written + 2);
  comma_ = true;
}

inline void json_writer::plain(value const& what) {
  switch (what.kind()) {
    case value_kind::empty: return null();
    case value_kind::boolean: return boolean(what.as_bool());
    case value_kind::int64: return integer(what.as_int64());
    case value_kind::uint64: return natural(what.as_uint64());
    case value_kind::float64: return real(what.as_double());
    case value_kind::text: return text(what.as_text());
    case value_kind::bytes: return base64(what.data(), what.size());
    case value_kind::array:
      open_array();
      for (auto const element : what.members()) plain(element.value);
      return close_array();
    case value_kind::object:
      open_object();
      for (auto const member : what.members()) key(member.key), plain(member.value);
      return close_object();
  }
}

/// RapidJSON's events as four calls: key(text), scalar(text), open(object), close(object). Each says whether to go on. Who has text(text),
/// literal(text) for true, false and null, is told those apart.
template <class Take>
struct json_events {
  Take& take;
  bool Null() {
    if constexpr (requires { take.literal(std::string_view{}); }) return take.literal("null");
    return true;
  }
  bool Bool(bool yes) {
    if constexpr (requires { take.literal(std::string_view{}); }) return take.literal(yes ? "true" : "false");
    else return take.scalar(yes ? "true" : "false");
  }
  bool RawNumber(char const* text, unsigned size, bool) { return take.scalar({text, size}); }
  bool String(char const* text, unsigned size, bool) {
    if constexpr (requires { take.text(std::string_view{}); }) return take.text({text, size});
    else return take.scalar({text, size});
  }
  bool Key(char const* text, unsigned size, bool) { return take.key({text, size}); }
  bool StartObject() { return take.open(true); }
  bool EndObject(unsigned) { return take.close(true); }
  bool StartArray() { return take.open(false); }
  bool EndArray(unsigned) { return take.close(false); }
  // Not called: numbers are handed on as they stand.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }
};

/// Reads one document without recursion; `take` bounds the depth. False: it is no JSON, or `take` had enough, and `where` is how far it came.
template <class Take>
bool json_read(std::string_view document, Take& take, std::size_t* where = nullptr) {
  namespace rj = RAPIDJSON_NAMESPACE;
  rj::MemoryStream stream{document.data(), document.size()};
  rj::GenericReader<rj::UTF8<>, rj::UTF8<>, rj::CrtAllocator> reader;
  json_events<Take> events{take};
  constexpr unsigned how = rj::kParseIterativeFlag | rj::kParseNumbersAsStringsFlag | rj::kParseStopWhenDoneFlag;
  bool const good = !reader.template Parse<how>(stream, events).IsError();
  if (where != nullptr) *where = good ? stream.Tell() : reader.GetErrorOffset();
  return good;
}

}  // namespace detail
FANLIGHT_END
