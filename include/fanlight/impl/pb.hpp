// The protobuf wire format, as much of it as OTLP needs. Writing goes by a cursor: each function writes at `to`, where its caller has made
// room, and gives the byte behind. Lengths are always the shortest that say it. Reading is for answers from outside: never beyond their
// end, whatever they hold. Pure functions over borrowed bytes, any thread.
#pragma once

#include <fanlight/detail/entry.hpp>
#include <fanlight/detail/utf8.hpp>

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

FANLIGHT_BEGIN
namespace detail {

enum class pb_wire : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

[[nodiscard]] constexpr std::uint32_t pb_tag(unsigned field, pb_wire wire) noexcept { return field << 3 | static_cast<unsigned>(wire); }

[[nodiscard]] constexpr unsigned pb_varint_size(std::uint64_t number) noexcept {
  return (static_cast<unsigned>(63 - std::countl_zero(number | 1)) * 9 + 73) / 64;
}

[[nodiscard]] FANLIGHT_HOT char* pb_varint(char* to, std::uint64_t number) noexcept {
  for (; number >= 0x80; number >>= 7) *to++ = static_cast<char>(number | 0x80);
  *to++ = static_cast<char>(number);
  return to;
}

/// The low bytes of a number, least significant first.
template <unsigned Size>
[[nodiscard]] FANLIGHT_HOT char* pb_little(char* to, std::uint64_t number) noexcept {
  if constexpr (std::endian::native == std::endian::big) number = __builtin_bswap64(number);
  std::memcpy(to, &number, Size);
  return to + Size;
}

template <unsigned Field, pb_wire Wire>
[[nodiscard]] FANLIGHT_HOT char* pb_key(char* to) noexcept {
  constexpr std::uint32_t tag = pb_tag(Field, Wire);
  static_assert(tag < 0x4000);
  if constexpr (tag < 0x80) return *to = static_cast<char>(tag), to + 1;
  to[0] = static_cast<char>((tag & 0x7F) | 0x80), to[1] = static_cast<char>(tag >> 7);
  return to + 2;
}

template <unsigned Field>
[[nodiscard]] FANLIGHT_HOT char* pb_number(char* to, std::uint64_t number) noexcept {
  return pb_varint(pb_key<Field, pb_wire::varint>(to), number);
}
/// The same, nothing for 0: that is what an absent field means.
template <unsigned Field>
[[nodiscard]] FANLIGHT_HOT char* pb_number_if_any(char* to, std::uint64_t number) noexcept {
  return number == 0 ? to : pb_number<Field>(to, number);
}
template <unsigned Field>
[[nodiscard]] FANLIGHT_HOT char* pb_fixed64(char* to, std::uint64_t number) noexcept {
  return pb_little<8>(pb_key<Field, pb_wire::fixed64>(to), number);
}
template <unsigned Field>
[[nodiscard]] FANLIGHT_HOT char* pb_fixed32(char* to, std::uint32_t number) noexcept {
  return pb_little<4>(pb_key<Field, pb_wire::fixed32>(to), number);
}
/// An id: its length is known when this is compiled.
template <unsigned Field, std::size_t Size>
[[nodiscard]] FANLIGHT_HOT char* pb_id(char* to, unsigned char const (&id)[Size]) noexcept {
  static_assert(Size < 0x80);
  to = pb_key<Field, pb_wire::bytes>(to);
  *to = static_cast<char>(Size);
  std::memcpy(to + 1, id, Size);
  return to + 1 + Size;
}

inline constexpr std::uint64_t pb_not_ascii = 0x8080808080808080u;

/// Copies a text, all of it. Has one of the bits of `pb_not_ascii` when not all of it is ASCII. Short ones go by overlapping copies, as in
/// copy_bytes().
[[nodiscard]] FANLIGHT_HOT std::uint64_t pb_copy_text(char* to, char const* from, std::size_t size) noexcept {
  auto const eight = [&](std::size_t at) __attribute__((always_inline)) {
    std::uint64_t out;
    std::memcpy(&out, from + at, 8);
    std::memcpy(to + at, &out, 8);
    return out;
  };
  if (size >= 8) {
    std::uint64_t seen = eight(0) | eight(size - 8);
    if (size > 16) seen |= eight(8) | eight(size - 16);
    for (std::size_t at = 16; at + 16 < size; at += 8) seen |= eight(at);
    return seen;
  }
  if (size >= 4) {
    std::uint32_t first, last;
    std::memcpy(&first, from, 4);
    std::memcpy(&last, from + size - 4, 4);
    std::memcpy(to, &first, 4);
    std::memcpy(to + size - 4, &last, 4);
    return first | last;
  }
  if (size == 0) return 0;
  auto const one = static_cast<unsigned char>(from[0]), two = static_cast<unsigned char>(from[size / 2]);
  auto const three = static_cast<unsigned char>(from[size - 1]);
  to[0] = static_cast<char>(one), to[size / 2] = static_cast<char>(two), to[size - 1] = static_cast<char>(three);
  return static_cast<std::uint64_t>(one | two | three);
}

/// A text with U+FFFD for what is not UTF-8, as the inside of a string field: its length, then itself. Takes room for three times its size.
FANLIGHT_COLD inline char* pb_repaired(char* to, std::string_view text) noexcept {
  std::size_t size = 0;
  utf8_repair(text, [&](std::string_view piece) { size += piece.size(); });
  to = pb_varint(to, size);
  utf8_repair(text, [&](std::string_view piece) {
    std::memcpy(to, piece.data(), piece.size());
    to += piece.size();
  });
  return to;
}

/// The same for any text; mostly it is ASCII.
[[nodiscard]] FANLIGHT_HOT char* pb_text_inside(char* to, std::string_view text) noexcept {
  char* const at = pb_varint(to, text.size());
  if (__builtin_expect((pb_copy_text(at, text.data(), text.size()) & pb_not_ascii) == 0, 1)) return at + text.size();
  return pb_repaired(to, text);
}
template <unsigned Field>
[[nodiscard]] FANLIGHT_HOT char* pb_text(char* to, std::string_view text) noexcept {
  return pb_text_inside(pb_key<Field, pb_wire::bytes>(to), text);
}
template <unsigned Field>
[[nodiscard]] FANLIGHT_HOT char* pb_text_if_any(char* to, std::string_view text) noexcept {
  return text.empty() ? to : pb_text<Field>(to, text);
}

/// A message whose length is not known yet. It is opened with a guess of its length; when the guess needed more or fewer bytes than the
/// truth, closing moves the message.
struct pb_message {
  char* body;
  unsigned width;  // bytes that are kept for the length, before the body

  template <unsigned Field>
  [[nodiscard]] FANLIGHT_HOT static pb_message open(char* to, std::size_t guess) noexcept {
    unsigned const width = pb_varint_size(guess);
    return {pb_key<Field, pb_wire::bytes>(to) + width, width};
  }
  /// The same where the field is known only when it runs: `key` is its tag, of one byte.
  [[nodiscard]] static pb_message open_as(char* to, char key, std::size_t guess) noexcept {
    unsigned const width = pb_varint_size(guess);
    *to = key;
    return {to + 1 + width, width};
  }
  /// `end` is where the body ends; what is given is where the message ends.
  [[nodiscard]] FANLIGHT_HOT char* close(char* end) const noexcept {
    auto const size = static_cast<std::size_t>(end - body);
    if (width == 1 && size < 0x80) return body[-1] = static_cast<char>(size), end;
    if (width == 2 && size - 0x80 < 0x3F80) {
      body[-2] = static_cast<char>(size | 0x80), body[-1] = static_cast<char>(size >> 7);
      return end;
    }
    return adjust(end, size);
  }

 private:
  FANLIGHT_COLD char* adjust(char* end, std::size_t size) const noexcept {
    unsigned const needed = pb_varint_size(size);
    if (needed != width) {
      std::memmove(body - width + needed, body, size);
      end += static_cast<std::ptrdiff_t>(needed) - static_cast<std::ptrdiff_t>(width);
    }
    static_cast<void>(pb_varint(body - width, size));
    return end;
  }
};

/// Reads the fields of one message, one after the other: `while (fields.next()) if (fields.is(1, pb_wire::varint)) … fields.number()`.
/// What nobody asks about is skipped. A borrowed view.
class pb_reader {
 public:
  explicit pb_reader(std::string_view message) noexcept : left_{message} {}

  /// False at the end, and where the bytes are no message: then `broken()`.
  [[nodiscard]] bool next() noexcept {
    if (broken_ || left_.empty()) return false;
    std::uint64_t tag = 0;
    if (!take_varint(tag) || tag >> 3 == 0 || tag > UINT32_MAX) return fail();
    field_ = static_cast<std::uint32_t>(tag >> 3);
    wire_ = static_cast<pb_wire>(tag & 7);
    switch (wire_) {
      case pb_wire::varint: return take_varint(number_) || fail();
      case pb_wire::fixed64: return take_bytes(8) || fail();
      case pb_wire::fixed32: return take_bytes(4) || fail();
      case pb_wire::bytes: return (take_varint(number_) && take_bytes(number_)) || fail();
    }
    return fail();  // groups, which proto3 has not got, and what is no wire type
  }
  [[nodiscard]] bool is(std::uint32_t field, pb_wire wire) const noexcept { return field_ == field && wire_ == wire; }
  /// Of a varint.
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
  /// Of everything else: what the field holds.
  [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }
  [[nodiscard]] bool broken() const noexcept { return broken_; }

 private:
  [[nodiscard]] bool fail() noexcept {
    broken_ = true;
    return false;
  }
  [[nodiscard]] bool take_varint(std::uint64_t& out) noexcept {
    out = 0;
    for (unsigned at = 0; at < left_.size() && at < 10; ++at) {
      auto const byte = static_cast<unsigned char>(left_[at]);
      out |= std::uint64_t{byte & 0x7Fu} << (7 * at);
      if (byte >= 0x80) continue;
      left_.remove_prefix(at + 1);
      return at < 9 || byte <= 1;  // the tenth byte has one bit of 64
    }
    return false;
  }
  [[nodiscard]] bool take_bytes(std::uint64_t size) noexcept {
    if (size > left_.size()) return false;
    bytes_ = left_.substr(0, static_cast<std::size_t>(size));
    left_.remove_prefix(static_cast<std::size_t>(size));
    return true;
  }

  std::string_view left_;
  std::string_view bytes_{};
  std::uint64_t number_ = 0;
  std::uint32_t field_ = 0;
  pb_wire wire_{};
  bool broken_ = false;
};

}  // namespace detail
FANLIGHT_END
