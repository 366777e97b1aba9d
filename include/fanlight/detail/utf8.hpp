// UTF-8, one sequence at a time: is it well-formed, how many characters, where to cut, what to put in place of what is broken. Pure
// functions over borrowed bytes, for any thread. A broken piece is what Unicode calls a maximal subpart: one U+FFFD stands for each.
#pragma once

#include <fanlight/detail/config.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

FANLIGHT_BEGIN
namespace detail {

inline constexpr std::string_view utf8_replacement{"\xEF\xBF\xBD", 3};  // U+FFFD

/// One character, or one broken piece: then `letter` is U+FFFD and `good` false. `size` is never 0.
struct utf8_piece {
  char32_t letter;
  std::uint8_t size;
  bool good;
};

/// How many bytes from `at` on are ASCII; it may stop up to 7 bytes early.
[[nodiscard]] inline std::size_t ascii_run(char const* at, std::size_t size) noexcept {
  std::size_t done = 0;
  for (; done + 8 <= size; done += 8) {
    std::uint64_t eight;
    std::memcpy(&eight, at + done, 8);
    if ((eight & 0x8080808080808080u) != 0) return done;
  }
  return done;
}

/// Reads what stands at `at`; `size` bytes are there, at least one.
[[nodiscard]] inline utf8_piece utf8_read(char const* at, std::size_t size) noexcept {
  auto const byte = [at](std::size_t i) { return static_cast<unsigned char>(at[i]); };
  unsigned const first = byte(0);
  if (first < 0x80) return {first, 1, true};
  utf8_piece const broken{0xFFFD, 1, false};
  if (first < 0xC2 || first > 0xF4) return broken;
  unsigned const length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  // The second byte's range keeps out overlong forms, surrogates and what lies beyond U+10FFFF.
  unsigned const low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  unsigned const high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (size < 2 || byte(1) < low || byte(1) > high) return broken;
  char32_t letter = (first & (0xFFu >> (length + 1))) << 6 | (byte(1) & 0x3Fu);
  for (unsigned i = 2; i < length; ++i) {
    if (i >= size || (byte(i) & 0xC0) != 0x80) return {0xFFFD, static_cast<std::uint8_t>(i), false};
    letter = letter << 6 | (byte(i) & 0x3Fu);
  }
  return {letter, static_cast<std::uint8_t>(length), true};
}

/// How many bytes at the front are well-formed.
[[nodiscard]] inline std::size_t utf8_good_prefix(std::string_view text) noexcept {
  std::size_t at = 0;
  while (true) {
    at += ascii_run(text.data() + at, text.size() - at);
    if (at == text.size()) return at;
    // Up to 8 bytes one by one: then the quick way is worth another try.
    for (std::size_t const stop = at + 8; at < stop && at < text.size();) {
      auto const piece = utf8_read(text.data() + at, text.size() - at);
      if (!piece.good) return at;
      at += piece.size;
    }
  }
}

[[nodiscard]] inline bool is_utf8(std::string_view text) noexcept { return utf8_good_prefix(text) == text.size(); }

/// Hands the text to `take` in pieces that are well-formed: what is good as it stands, U+FFFD for each broken piece.
template <class Take>
FANLIGHT_COLD void utf8_repair(std::string_view text, Take&& take) {
  while (true) {
    std::size_t const good = utf8_good_prefix(text);
    if (good != 0) take(text.substr(0, good));
    text.remove_prefix(good);
    if (text.empty()) return;
    take(utf8_replacement);
    text.remove_prefix(utf8_read(text.data(), text.size()).size);
  }
}

/// Characters in a text; each broken piece counts as one.
[[nodiscard]] inline std::size_t utf8_count(std::string_view text) noexcept {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++count) at += utf8_read(text.data() + at, text.size() - at).size;
  return count;
}

/// The bytes of the first `characters` characters: never half a character.
[[nodiscard]] inline std::size_t utf8_cut(std::string_view text, std::size_t characters) noexcept {
  if (text.size() <= characters) return text.size();
  std::size_t at = 0;
  for (; characters != 0 && at < text.size(); --characters) at += utf8_read(text.data() + at, text.size() - at).size;
  return at;
}
/// These characters.
[[nodiscard]] inline std::string_view utf8_front(std::string_view text, std::size_t characters) noexcept {
  return text.substr(0, utf8_cut(text, characters));
}

/// Writes one character at `to`, which has 4 bytes of room; gives how many it took.
[[nodiscard]] inline std::size_t utf8_write(char* to, char32_t letter) noexcept {
  auto const put = [to](std::size_t i, char32_t bits) { to[i] = static_cast<char>(static_cast<unsigned char>(bits)); };
  if (letter < 0x80) return put(0, letter), 1;
  if (letter < 0x800) return put(0, 0xC0 | letter >> 6), put(1, 0x80 | (letter & 0x3F)), 2;
  if (letter < 0x10000) return put(0, 0xE0 | letter >> 12), put(1, 0x80 | (letter >> 6 & 0x3F)), put(2, 0x80 | (letter & 0x3F)), 3;
  put(0, 0xF0 | letter >> 18), put(1, 0x80 | (letter >> 12 & 0x3F)), put(2, 0x80 | (letter >> 6 & 0x3F)), put(3, 0x80 | (letter & 0x3F));
  return 4;
}

}  // namespace detail
FANLIGHT_END
