// Bodies of detail/headers.hpp.
#pragma once

#include <fanlight/detail/headers.hpp>
#include <fanlight/impl/context.ipp>
#include <fanlight/impl/tracestate.ipp>

#include <cstdlib>
#include <cstring>

FANLIGHT_BEGIN
namespace detail {

/// The byte that two lower-case digits say; above 255: they are not.
[[nodiscard]] inline unsigned read_byte(char const* digits) noexcept {
  unsigned const high = hex_table.of[static_cast<unsigned char>(digits[0])];
  unsigned const low = hex_table.of[static_cast<unsigned char>(digits[1])];
  return (high | low) < 16 ? high << 4 | low : 256;
}

FANLIGHT_INLINE bool traceparent::read(std::string_view text) noexcept {
  text = header_trimmed(text);
  if (text.size() < size || text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
  unsigned const version = read_byte(text.data()), bits = read_byte(text.data() + 53);
  if (version >= 255 || bits > 255) return false;
  if (text.size() > size && (version == 0 || text[size] != '-')) return false;
  traceparent out;
  if (!read_hex(out.trace_id.bytes, 16, text.substr(3, 32), false) || !read_hex(out.span_id.bytes, 8, text.substr(36, 16), false))
    return false;
  out.flags = static_cast<std::uint8_t>(bits & (trace_flag::sampled | trace_flag::random));
  *this = out;
  return true;
}

FANLIGHT_INLINE void traceparent::write(char (&to)[size + 1]) const noexcept {
  std::memcpy(to, "00-", 3);
  write_hex(to + 3, trace_id.bytes, 16);
  to[35] = '-';
  write_hex(to + 36, span_id.bytes, 8);
  std::memcpy(to + 52, "-00", 4);
  to[54] = static_cast<char>('0' + (flags & (trace_flag::sampled | trace_flag::random)));
}

/// `key`, of which the case does not count; `name` is in lower case.
[[nodiscard]] inline bool is_named(std::string_view key, std::string_view name) noexcept {
  if (key.size() != name.size()) return false;
  for (std::size_t i = 0; i < key.size(); ++i)
    if ((key[i] >= 'A' && key[i] <= 'Z' ? key[i] + ('a' - 'A') : key[i]) != name[i]) return false;
  return true;
}

/// `1-8hex-24hex`
[[nodiscard]] inline bool read_xray_root(fanlight::trace_id& to, std::string_view text) noexcept {
  if (text.size() != 35 || text[0] != '1' || text[1] != '-' || text[10] != '-') return false;
  fanlight::trace_id out;
  byte_row wrong{}, set{};
  read_hex_row(out.bytes, load_row(text.data() + 2, text.data() + 11), true, wrong, set);
  read_hex_row(out.bytes + 8, load_row(text.data() + 19), true, wrong, set);
  if (!is_zero(wrong) || is_zero(set)) return false;
  to = out;
  return true;
}

// What everybody writes, we included, in places that are known: half of the work of looking for them is spared. Anything else at the front of
// `text`, and what follows, is read() 's.
FANLIGHT_INLINE void xray_header::read_usual(std::string_view& text) noexcept {
  constexpr unsigned size = 74;  // Root=1-8-24;Parent=16;Sampled=1
  if (text.size() < size || (text.size() > size && text[size] != ';') || has_root_ || has_parent_ || has_sampled_) return;
  char const* const at = text.data();
  if (std::memcmp(at, "Root=", 5) != 0 || std::memcmp(at + 40, ";Parent=", 8) != 0 || std::memcmp(at + 64, ";Sampled=", 9) != 0) return;
  fanlight::span_id above;
  if (at[73] == ';' || !read_hex(above.bytes, 8, text.substr(48, 16), true) || !read_xray_root(root, text.substr(5, 35))) return;
  has_root_ = has_parent_ = true;
  found_ = above;
  read_sampled(text.substr(73, 1));
  text.remove_prefix(size);
}

FANLIGHT_INLINE void xray_header::read(std::string_view text) noexcept {
  read_usual(text);
  while (!text.empty()) {
    auto const pair = header_trimmed(header_cut(text, ';'));
    if (pair.empty()) continue;
    auto value = pair;
    auto const key = header_trimmed(header_cut(value, '='));
    value = header_trimmed(value);
    if (is_named(key, "root")) read_root(value);
    else if (is_named(key, "parent")) read_parent(value);
    else if (is_named(key, "sampled")) read_sampled(value);
    else if (!is_named(key, "self")) keep(pair);
  }
  if (root.is_valid()) parent = found_;  // a parent may come before its root, and means nothing without
}

FANLIGHT_INLINE void xray_header::read_root(std::string_view text) noexcept {
  if (has_root_) return;
  has_root_ = true;
  root_bad = !read_xray_root(root, text);
}

FANLIGHT_INLINE void xray_header::read_parent(std::string_view text) noexcept {
  if (has_parent_) return;
  has_parent_ = true;
  found_ = fanlight::span_id::from_hex(text);
  parent_bad = !found_.is_valid();
}

FANLIGHT_INLINE void xray_header::read_sampled(std::string_view text) noexcept {
  if (has_sampled_) return;
  has_sampled_ = true;
  sampled = text == "1";
  sampling = sampled || text == "0" ? sampling_state::decided : text == "?" ? sampling_state::asked : sampling_state::deferred;
}

// Nobody reads these, but they leave in a header of ours: a control character among them could begin another one.
FANLIGHT_INLINE void xray_header::keep(std::string_view pair) noexcept {
  bool fine = pair[0] != '=' && std::memchr(pair.data(), '=', pair.size()) != nullptr;
  for (char const letter : pair) fine = fine && letter >= 0x20 && letter < 0x7F;
  pair_bad = pair_bad || !fine;
  unsigned const separator = size_ == 0 ? 0 : 1;
  if (!fine || size_ + separator + pair.size() > most_pairs) return;
  if (separator != 0) pairs_[size_++] = ';';
  std::memcpy(pairs_ + size_, pair.data(), pair.size());
  size_ += static_cast<unsigned>(pair.size());
}

FANLIGHT_INLINE unsigned write_xray_header(char (&to)[xray_header::most_size + 1], fanlight::trace_id const& trace,
                                           fanlight::span_id const& span, bool sampled, sampling_state sampling,
                                           std::string_view pairs) noexcept {
  std::memcpy(to, "Root=1-", 7);
  write_hex(to + 7, trace.bytes, 4);
  to[15] = '-';
  write_hex(to + 16, trace.bytes + 4, 12);
  std::memcpy(to + 40, ";Parent=", 8);
  write_hex(to + 48, span.bytes, 8);
  unsigned size = 64;
  if (sampling != sampling_state::deferred) {
    std::memcpy(to + size, ";Sampled=", 9);
    to[size + 9] = sampling == sampling_state::asked ? '?' : sampled ? '1' : '0';
    size += 10;
  }
  if (!pairs.empty() && pairs.size() <= xray_header::most_pairs) {
    to[size++] = ';';
    std::memcpy(to + size, pairs.data(), pairs.size());
    size += static_cast<unsigned>(pairs.size());
  }
  to[size] = 0;
  return size;
}

// Ids of 64 bits are traces of older callers: padded on the left. [b3-propagation]
FANLIGHT_INLINE bool b3_header::read_trace(std::string_view text) noexcept {
  text = header_trimmed(text);
  if (text.size() == 16) return read_hex(trace_id.bytes + 8, 8, text, true);
  return text.size() == 32 && read_hex(trace_id.bytes, 16, text, true);
}

FANLIGHT_INLINE bool b3_header::read_span(std::string_view text) noexcept {
  text = header_trimmed(text);
  return text.size() == 16 && read_hex(span_id.bytes, 8, text, true);
}

FANLIGHT_INLINE bool b3_header::read_sampled(std::string_view text) noexcept {
  text = header_trimmed(text);
  debug = text == "d";
  sampled = debug || text == "1" || is_named(text, "true");
  sampling = sampling_state::decided;
  return sampled || text == "0" || is_named(text, "false");
}

FANLIGHT_INLINE bool b3_header::read(std::string_view text) noexcept {
  text = header_trimmed(text);
  if (text.empty() || text.back() == '-') return false;
  auto const first = header_cut(text, '-');
  if (text.empty()) return first.size() == 1 && read_sampled(first);
  auto const second = header_cut(text, '-'), third = header_cut(text, '-');
  if (!read_trace(first) || !read_span(second)) return false;
  b3_header above;
  if (!text.empty() && !above.read_span(text)) return false;
  return third.empty() ? text.empty() : third.size() == 1 && read_sampled(third);
}

FANLIGHT_INLINE unsigned b3_header::write(char (&to)[size + 1]) const noexcept {
  write_hex(to, trace_id.bytes, 16);
  to[32] = '-';
  write_hex(to + 33, span_id.bytes, 8);
  unsigned written = 49;
  if (debug || sampling == sampling_state::decided) {
    to[written++] = '-';
    to[written++] = debug ? 'd' : sampled ? '1' : '0';
  }
  to[written] = 0;
  return written;
}

/// What a character of baggage may be in, one bit each.
struct baggage_letters {
  static constexpr unsigned char key = 1, value = 2;
  unsigned char of[256];
  constexpr baggage_letters() noexcept : of{} {
    for (unsigned i = 0x21; i < 0x7F; ++i) of[i] = i == '"' || i == ',' || i == ';' || i == '\\' ? 0 : value;
    for (unsigned i = '0'; i <= '9'; ++i) of[i] |= key;
    for (unsigned i = 'a'; i <= 'z'; ++i) of[i] |= key, of[i - 'a' + 'A'] |= key;
    for (char const other : {'!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~'})
      of[static_cast<unsigned char>(other)] |= key;
  }
};
inline constexpr baggage_letters baggage_table{};

[[nodiscard]] inline bool is_baggage(std::string_view text, unsigned char kind) noexcept {
  for (char const letter : text)
    if ((baggage_table.of[static_cast<unsigned char>(letter)] & kind) == 0) return false;
  return true;
}

/// `key = value`; a property may be a key alone.
[[nodiscard]] inline bool is_baggage_pair(std::string_view text, bool is_property) noexcept {
  bool const has_value = text.find('=') != std::string_view::npos;
  auto const key = header_trimmed(header_cut(text, '='));
  return !key.empty() && is_baggage(key, baggage_letters::key) && (has_value || is_property) &&
         is_baggage(header_trimmed(text), baggage_letters::value);
}

[[nodiscard]] inline bool are_baggage_properties(std::string_view text) noexcept {
  while (!text.empty()) {
    auto const property = header_trimmed(header_cut(text, ';'));
    if (!property.empty() && !is_baggage_pair(property, true)) return false;
  }
  return true;
}

[[nodiscard]] inline bool is_baggage_member(std::string_view text) noexcept {
  return is_baggage_pair(header_trimmed(header_cut(text, ';')), false) && are_baggage_properties(text);
}

FANLIGHT_INLINE baggage_header::~baggage_header() noexcept { std::free(long_); }

FANLIGHT_INLINE void baggage_header::read(std::string_view text) noexcept {
  while (!text.empty()) {
    auto const member = header_trimmed(header_cut(text, ','));
    if (member.empty()) continue;
    if (is_baggage_member(member)) keep(member);
    else bad_ = true;
  }
}

FANLIGHT_INLINE void baggage_header::read_without(std::string_view text, std::string_view key) noexcept {
  while (!text.empty()) {
    auto const member = header_trimmed(header_cut(text, ','));
    auto rest = member;
    if (!member.empty() && header_trimmed(header_cut(rest, '=')) != key) keep(member);
  }
}

FANLIGHT_INLINE char* baggage_header::room_for(std::size_t size) noexcept {
  std::size_t const before = size_ == 0 ? 0 : size_ + 1;
  if (size > most_size || before + size > most_size || members_ == most_members) return nullptr;
  if (before + size > sizeof short_ && long_ == nullptr) {
    long_ = static_cast<char*>(std::malloc(most_size));
    if (long_ == nullptr) return nullptr;
    std::memcpy(long_, short_, size_);
  }
  char* const all = long_ != nullptr ? long_ : short_;
  if (before != 0) all[before - 1] = ',';
  size_ = static_cast<unsigned>(before + size);
  ++members_;
  return all + before;
}

FANLIGHT_INLINE void baggage_header::keep(std::string_view member) noexcept {
  if (char* const to = room_for(member.size()); to != nullptr) std::memcpy(to, member.data(), member.size());
}

/// What may stand in a value as it is: the sign that begins an escape may not.
[[nodiscard]] inline bool is_plain_baggage(char letter) noexcept {
  return letter != '%' && (baggage_table.of[static_cast<unsigned char>(letter)] & baggage_letters::value) != 0;
}

FANLIGHT_INLINE baggage_header::outcome baggage_header::put(std::string_view key, std::string_view value, std::string_view properties) noexcept {
  if (key.empty() || !is_baggage(key, baggage_letters::key)) return outcome::bad_key;
  properties = header_trimmed(properties);  // or the member would end in a blank, and be read back without
  if (!are_baggage_properties(properties)) return outcome::bad_properties;
  std::size_t size = key.size() + 1 + value.size() + (properties.empty() ? 0 : 1 + properties.size());
  for (char const letter : value) size += is_plain_baggage(letter) ? 0 : 2;
  char* to = room_for(size);
  if (to == nullptr) return outcome::no_room;
  std::memcpy(to, key.data(), key.size());
  to += key.size();
  *to++ = '=';
  for (char const letter : value) {
    auto const code = static_cast<unsigned char>(letter);
    if (is_plain_baggage(letter)) *to++ = letter;
    else *to++ = '%', *to++ = "0123456789ABCDEF"[code >> 4], *to++ = "0123456789ABCDEF"[code & 15];
  }
  if (properties.empty()) return outcome::done;
  *to++ = ';';
  std::memcpy(to, properties.data(), properties.size());
  return outcome::done;
}

}  // namespace detail
FANLIGHT_END
