// The least that could possibly encode the span used everywhere as OTLP protobuf: written by hand for these five attributes in this order,
// all lengths in one byte, no text checked, no scope looked for. The texts come from memory, with lengths that the compiler does not know.
#pragma once

#include "floor.hpp"

#include <cstring>
#include <string_view>

namespace bench {

struct plain_span {
  unsigned char trace_id[16], span_id[8];
  std::int64_t start, end, count;
  double took;
  std::int64_t status;
  std::string_view name, keys[5], method, path;
};

[[nodiscard, gnu::always_inline]] inline char* put_head(char* to, std::string_view key, std::size_t value_size) noexcept {
  to[0] = 0x4A, to[1] = static_cast<char>(key.size() + value_size + 4), to[2] = 0x0A, to[3] = static_cast<char>(key.size());
  copy_short(reinterpret_cast<unsigned char*>(to) + 4, key.data(), key.size());
  to += 4 + key.size();
  to[0] = 0x12, to[1] = static_cast<char>(value_size);
  return to + 2;
}
[[nodiscard, gnu::always_inline]] inline char* put_text_attribute(char* to, std::string_view key, std::string_view text) noexcept {
  to = put_head(to, key, text.size() + 2);
  to[0] = 0x0A, to[1] = static_cast<char>(text.size());
  copy_short(reinterpret_cast<unsigned char*>(to) + 2, text.data(), text.size());
  return to + 2 + text.size();
}
/// Numbers below 2^14, which these are.
[[nodiscard, gnu::always_inline]] inline char* put_number_attribute(char* to, std::string_view key, std::int64_t number) noexcept {
  bool const longer = number >= 0x80;
  to = put_head(to, key, longer ? 3 : 2);
  to[0] = 0x18, to[1] = static_cast<char>(longer ? (number & 0x7F) | 0x80 : number), to[2] = static_cast<char>(number >> 7);
  return to + (longer ? 3 : 2);
}
[[nodiscard, gnu::always_inline]] inline char* put_eight(char* to, char tag, void const* eight) noexcept {
  *to = tag;
  std::memcpy(to + 1, eight, 8);
  return to + 9;
}

/// Gives the byte behind the span.
[[nodiscard]] inline char* encode_by_hand(char* const begin, plain_span const& span) noexcept {
  char* to = begin + 3;
  to[0] = 0x0A, to[1] = 16;
  std::memcpy(to + 2, span.trace_id, 16);
  to[18] = 0x12, to[19] = 8;
  std::memcpy(to + 20, span.span_id, 8);
  to[28] = 0x2A, to[29] = static_cast<char>(span.name.size());
  copy_short(reinterpret_cast<unsigned char*>(to) + 30, span.name.data(), span.name.size());
  to += 30 + span.name.size();
  to[0] = 0x30, to[1] = 1;
  to = put_eight(put_eight(to + 2, 0x39, &span.start), 0x41, &span.end);
  to = put_text_attribute(to, span.keys[0], span.method);
  to = put_text_attribute(to, span.keys[1], span.path);
  to = put_number_attribute(to, span.keys[2], span.status);
  to = put_number_attribute(to, span.keys[3], span.count);
  to = put_head(to, span.keys[4], 9);
  to = put_eight(to, 0x21, &span.took);
  to[0] = static_cast<char>(0x85), to[1] = 0x01, to[2] = 0x03, to[3] = 0x01, to[4] = 0, to[5] = 0;
  to += 6;
  auto const size = static_cast<std::size_t>(to - begin) - 3;
  begin[0] = 0x12, begin[1] = static_cast<char>((size & 0x7F) | 0x80), begin[2] = static_cast<char>(size >> 7);
  return to;
}

}  // namespace bench
