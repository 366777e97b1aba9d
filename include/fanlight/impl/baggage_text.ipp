// Bodies of detail/baggage_text.hpp.
#pragma once

#include <fanlight/detail/baggage_text.hpp>
#include <fanlight/detail/utf8.hpp>
#include <fanlight/impl/headers.ipp>

#include <cstdlib>
#include <cstring>

FANLIGHT_BEGIN
namespace detail {

/// `key = value`, or a key alone.
inline void split_baggage_pair(std::string_view text, baggage_parts& to) noexcept {
  to.has_value = text.find('=') != std::string_view::npos;
  to.key = header_trimmed(header_cut(text, '='));
  to.value = header_trimmed(text);
}

FANLIGHT_INLINE bool next_baggage_member(std::string_view& rest, baggage_parts& to) noexcept {
  while (!rest.empty()) {
    auto member = header_trimmed(header_cut(rest, ','));
    if (member.empty()) continue;
    split_baggage_pair(header_trimmed(header_cut(member, ';')), to);
    to.properties = header_trimmed(member);
    return true;
  }
  return false;
}

FANLIGHT_INLINE bool next_baggage_property(std::string_view& rest, baggage_parts& to) noexcept {
  while (!rest.empty()) {
    auto const property = header_trimmed(header_cut(rest, ';'));
    if (property.empty()) continue;
    split_baggage_pair(property, to);
    to.properties = {};
    return true;
  }
  return false;
}

FANLIGHT_INLINE bool find_baggage_member(std::string_view text, std::string_view key, baggage_parts& to) noexcept {
  bool found = false;
  for (baggage_parts each; next_baggage_member(text, each);)
    if (each.key == key) to = each, found = true;
  return found;
}

/// The byte that `%XX` at the front says; above 255: there is no such thing.
[[nodiscard]] inline unsigned escaped_byte(std::string_view text) noexcept {
  if (text.size() < 3 || text[0] != '%') return 256;
  unsigned const high = hex_table.of[static_cast<unsigned char>(text[1])], low = hex_table.of[static_cast<unsigned char>(text[2])];
  return high < 32 && low < 32 ? (high & 15) << 4 | (low & 15) : 256;
}

// The bytes are put at the end of the room first. U+FFFD takes three and stands for at least one byte that was written with three characters,
// so that what is repaired, from the front, never overtakes what is still to be read.
FANLIGHT_INLINE std::size_t decode_baggage(char* to, std::string_view value) noexcept {
  std::size_t bytes = 0;
  for (std::size_t at = 0; at < value.size(); at += escaped_byte(value.substr(at)) < 256 ? 3 : 1) ++bytes;
  char* const from = to + (value.size() - bytes);
  for (std::size_t at = 0, i = 0; i < bytes; ++i) {
    unsigned const byte = escaped_byte(value.substr(at));
    from[i] = byte < 256 ? static_cast<char>(static_cast<unsigned char>(byte)) : value[at];
    at += byte < 256 ? 3 : 1;
  }
  std::size_t written = 0;
  for (std::size_t at = 0; at < bytes;) {
    auto const piece = utf8_read(from + at, bytes - at);
    if (piece.good) std::memmove(to + written, from + at, piece.size);
    else std::memcpy(to + written, utf8_replacement.data(), utf8_replacement.size());
    written += piece.good ? piece.size : utf8_replacement.size();
    at += piece.size;
  }
  return written;
}

FANLIGHT_INLINE decoded_baggage::decoded_baggage(std::string_view value) noexcept {
  if (value.size() > sizeof short_) long_ = static_cast<char*>(std::malloc(value.size()));
  if (value.size() > sizeof short_ && long_ == nullptr) return;
  size_ = decode_baggage(long_ != nullptr ? long_ : short_, value);
}

FANLIGHT_INLINE decoded_baggage::~decoded_baggage() noexcept { std::free(long_); }

}  // namespace detail
FANLIGHT_END
