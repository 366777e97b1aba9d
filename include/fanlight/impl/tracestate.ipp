// Bodies of detail/tracestate.hpp.
#pragma once

#include <fanlight/detail/byte_row.hpp>
#include <fanlight/detail/entry.hpp>
#include <fanlight/detail/tracestate.hpp>

#include <cstddef>
#include <cstring>

FANLIGHT_BEGIN
namespace detail {

/// What a character may be in, one bit each.
struct tracestate_letters {
  static constexpr unsigned char first = 1, key = 2, value = 4;
  unsigned char of[256];
  constexpr tracestate_letters() noexcept : of{} {
    for (unsigned i = 0x20; i < 0x7F; ++i) of[i] = i == ',' || i == '=' ? 0 : value;
    for (unsigned i = '0'; i <= '9'; ++i) of[i] |= first | key;
    for (unsigned i = 'a'; i <= 'z'; ++i) of[i] |= first | key;
    for (char const other : {'_', '*', '/', '@', '-'}) of[static_cast<unsigned char>(other)] |= key;
  }
};
inline constexpr tracestate_letters tracestate_table{};

/// The text without blanks (space, tab) around it.
[[nodiscard]] inline std::string_view header_trimmed(std::string_view text) noexcept {
  auto const blank = [](char letter) { return letter == ' ' || letter == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

/// Cuts the text before the first `separator` off the front of `rest`, and the separator with it.
[[nodiscard]] inline std::string_view header_cut(std::string_view& rest, char separator) noexcept {
  auto const* const at = rest.empty() ? nullptr : static_cast<char const*>(std::memchr(rest.data(), separator, rest.size()));
  auto const out = at == nullptr ? rest : rest.substr(0, static_cast<std::size_t>(at - rest.data()));
  rest.remove_prefix(at == nullptr ? out.size() : out.size() + 1);
  return out;
}

template <class Word>
[[nodiscard]] inline std::uint64_t load_letters(char const* from) noexcept {
  Word out = 0;
  std::memcpy(&out, from, sizeof out);
  return out;
}

/// Eight letters at a time, some of the last ones twice: a multiplication for each letter is what joining a list would mostly wait for.
[[nodiscard]] inline std::uint64_t hash_tracestate_key(std::string_view key) noexcept {
  std::uint64_t out = key.size() * 0xD6E8FEB86659FD93u;  // far from all letters: `k1` is not to be taken for `k10`
  auto const mix = [&out](std::uint64_t letters) {
    out = (out ^ letters) * 0x9E3779B97F4A7C15u;
    out ^= out >> 32;
  };
  auto const *at = key.data(), *const end = at + key.size();
  for (; end - at > 8; at += 8) mix(load_letters<std::uint64_t>(at));
  if (key.size() >= 8) mix(load_letters<std::uint64_t>(end - 8));
  else if (key.size() >= 4) mix(load_letters<std::uint32_t>(at) << 32 | load_letters<std::uint32_t>(end - 4));
  else if (at != end)
    mix(load_letters<unsigned char>(at) << 16 | load_letters<unsigned char>(at + key.size() / 2) << 8 |
        load_letters<unsigned char>(end - 1));
  return out;
}

/// The first letter from `at` on that may not be in a value, which is none of 0x20 to 0x7E, or a comma or an equals sign; `last` when all may.
[[nodiscard]] inline char const* end_of_value(char const* at, char const* last) noexcept {
  unsigned char const blank = ' ', comma = ',', equals = '=';
  for (; last - at >= std::ptrdiff_t{sizeof(byte_row)}; at += sizeof(byte_row)) {
    auto const letters = load_row(at), above = letters - blank;
    auto const wrong = reinterpret_cast<byte_row>(above > 0x7E - 0x20) | reinterpret_cast<byte_row>(letters == comma) |
                       reinterpret_cast<byte_row>(letters == equals);
    if (unsigned const first = first_in(wrong); first != sizeof wrong) return at + first;
  }
  while (at != last && (tracestate_table.of[static_cast<unsigned char>(*at)] & tracestate_letters::value) != 0) ++at;
  return at;
}

/// How many letters at the front may be of a key.
[[nodiscard]] inline std::size_t tracestate_key_size(std::string_view text) noexcept {
  std::size_t size = 0;
  while (size < text.size() && (tracestate_table.of[static_cast<unsigned char>(text[size])] & tracestate_letters::key) != 0) ++size;
  return size;
}

/// Whether `text`, which begins with a key of that size, is a legal member.
[[nodiscard]] inline bool is_tracestate_member(std::string_view text, std::size_t key_size) noexcept {
  if (key_size == 0 || key_size > 256 || (tracestate_table.of[static_cast<unsigned char>(text[0])] & tracestate_letters::first) == 0)
    return false;
  if (key_size == text.size() || text[key_size] != '=') return false;
  auto const value = text.substr(key_size + 1);
  auto const* const end = value.data() + value.size();
  return !value.empty() && value.size() <= 256 && value.back() != ' ' && end_of_value(value.data(), end) == end;
}

FANLIGHT_INLINE bool tracestate_list::know(std::uint64_t key) noexcept {
  for (unsigned i = 0; i < key_count_; ++i)
    if (keys_[i] == key) return true;
  if (key_count_ < sizeof keys_ / sizeof *keys_) keys_[key_count_++] = key;
  return false;
}

// Large members can only ever be kept while all of them fit alone, and small ones likewise, so twice the room holds all that may be.
FANLIGHT_INLINE void tracestate_list::keep(std::string_view text) noexcept {
  auto const size = static_cast<unsigned>(text.size());
  bool const is_large = size > tracestate_large;
  unsigned& sum = is_large ? large_ : small_;
  bool& lost = is_large ? large_lost_ : small_lost_;
  if (lost || sum + size + 1 > tracestate_kept + 1 || member_count_ == sizeof members_ / sizeof *members_) {
    lost = true;
    return;
  }
  if (used_ != 0) text_[used_ - 1] = ',';
  members_[member_count_++] = {static_cast<std::uint16_t>(used_), static_cast<std::uint16_t>(size)};
  copy_bytes(text_ + used_, text.data(), size);
  sum += size + 1;
  used_ += size + 1;
}

FANLIGHT_INLINE void tracestate_list::put(std::string_view key, std::string_view value) noexcept {
  char text[256 + 1 + 256];
  if (key.size() > 256 || value.size() > 256) return;
  std::memcpy(text, key.data(), key.size());
  text[key.size()] = '=';
  std::memcpy(text + key.size() + 1, value.data(), value.size());
  std::string_view const member{text, key.size() + 1 + value.size()};
  auto const key_size = tracestate_key_size(member);
  if (is_tracestate_member(member, key_size) && key_size == key.size() && !know(hash_tracestate_key(key))) keep(member);
}

FANLIGHT_INLINE void tracestate_list::skip(std::string_view key) noexcept { (void)know(hash_tracestate_key(key)); }

/// The member at the front; what stands behind it comes back.
FANLIGHT_COLD FANLIGHT_INLINE std::string_view tracestate_list::join_member(std::string_view rest) noexcept {
  auto const key_size = tracestate_key_size(rest);
  auto const* const comma = static_cast<char const*>(std::memchr(rest.data() + key_size, ',', rest.size() - key_size));
  auto const size = comma == nullptr ? rest.size() : static_cast<std::size_t>(comma - rest.data());
  auto const member = header_trimmed(rest.substr(0, size));
  if (++joined_ > tracestate_members || !is_tracestate_member(member, key_size)) bad_ = true;
  else if (!know(hash_tracestate_key(member.substr(0, key_size)))) keep(member);
  return rest.substr(size);
}

// As nearly all are: to be passed on as it stands, and copied whole. False, and nothing is changed: it has blanks around its members, empty ones or
// large ones, a key twice, something wrong, or is not the first.
FANLIGHT_INLINE bool tracestate_list::join_usual(std::string_view header) noexcept {
  if (key_count_ != 0 || joined_ != 0 || header.empty() || header.size() > tracestate_kept) return false;
  char const* const last = header.data() + header.size();
  unsigned count = 0;
  for (char const* at = header.data();; ++at) {
    auto const key_size = tracestate_key_size({at, static_cast<std::size_t>(last - at)});
    if (at + key_size == last || at[key_size] != '=' ||
        (tracestate_table.of[static_cast<unsigned char>(*at)] & tracestate_letters::first) == 0)
      return false;
    auto const* const end = end_of_value(at + key_size + 1, last);
    auto const size = static_cast<std::size_t>(end - at);
    if (size == key_size + 1 || end[-1] == ' ' || size > tracestate_large || count == tracestate_members) return false;
    auto const key = hash_tracestate_key({at, key_size});
    for (unsigned i = 0; i < count; ++i)
      if (keys_[i] == key) return false;
    keys_[count] = key;
    members_[count++] = {static_cast<std::uint16_t>(at - header.data()), static_cast<std::uint16_t>(size)};
    at = end;
    if (at == last) break;
    if (*at != ',') return false;
  }
  copy_bytes(text_, header.data(), header.size());
  key_count_ = member_count_ = joined_ = count;
  small_ = used_ = static_cast<unsigned>(header.size()) + 1;
  return true;
}

// Blanks before a value are the value's own, those around a member are not: only the ends of a member are trimmed. Empty members are nothing.
FANLIGHT_INLINE void tracestate_list::join(std::string_view header) noexcept {
  if (join_usual(header)) return;
  while (!bad_) {
    while (!header.empty() && (header.front() == ',' || header.front() == ' ' || header.front() == '\t')) header.remove_prefix(1);
    if (header.empty()) return;
    header = join_member(header);
  }
}

FANLIGHT_COLD FANLIGHT_INLINE void tracestate_list::shorten() noexcept {
  unsigned total = small_ + large_;
  auto const drop_from_right = [&](unsigned longer_than) {
    for (unsigned i = member_count_; i-- > 0 && total > tracestate_kept + 1;) {
      if (members_[i].size <= longer_than) continue;
      total -= members_[i].size + 1u;
      members_[i].size = 0;
    }
  };
  if (small_lost_) total += tracestate_kept + 1;  // what was lost counts: no large member may stay before it
  drop_from_right(tracestate_large);
  if (small_lost_) total -= tracestate_kept + 1;
  drop_from_right(0);
  unsigned count = 0;
  for (unsigned i = 0; i < member_count_; ++i)
    if (members_[i].size != 0) members_[count++] = members_[i];
  member_count_ = count < tracestate_members ? count : tracestate_members;
}

FANLIGHT_INLINE std::string_view tracestate_list::text() noexcept {
  if (bad_) member_count_ = 0;
  if (member_count_ != 0 && member_count_ <= tracestate_members && !small_lost_ && !large_lost_ && small_ + large_ <= tracestate_kept + 1) {
    text_[used_ - 1] = 0;  // nothing has to go: it stands there as it is to be passed on
    return {text_, used_ - 1};
  }
  shorten();
  unsigned size = 0;
  small_ = large_ = 0;
  for (unsigned i = 0; i < member_count_; ++i) {
    auto& member = members_[i];
    if (member.at != size) std::memmove(text_ + size, text_ + member.at, member.size);
    member.at = static_cast<std::uint16_t>(size);
    size += member.size + 1u;
    (member.size > tracestate_large ? large_ : small_) += member.size + 1u;
    text_[size - 1] = ',';
  }
  used_ = size;
  if (size != 0) --size;
  text_[size] = 0;
  return {text_, size};
}

FANLIGHT_INLINE std::string_view tracestate_find(std::string_view state, std::string_view key) noexcept {
  while (!state.empty()) {
    auto const member = header_trimmed(header_cut(state, ','));
    if (member.size() > key.size() && member.substr(0, key.size()) == key && member[key.size()] == '=')
      return member.substr(key.size() + 1);
  }
  return {};
}

FANLIGHT_INLINE std::string_view tracestate_field(std::string_view ot, std::string_view name) noexcept {
  while (!ot.empty()) {
    auto const field = header_cut(ot, ';');
    if (field.size() > name.size() && field.substr(0, name.size()) == name && field[name.size()] == ':')
      return field.substr(name.size() + 1);
  }
  return {};
}

FANLIGHT_INLINE short_text<14> tracestate_threshold_text(std::uint64_t threshold) noexcept {
  short_text<14> out;
  threshold &= (std::uint64_t{1} << 56) - 1;
  do {
    out.push("0123456789abcdef"[threshold >> 52]);
    threshold = threshold << 4 & ((std::uint64_t{1} << 56) - 1);
  } while (threshold != 0);
  return out;
}

FANLIGHT_INLINE bool tracestate_read_threshold(std::string_view digits, std::uint64_t& threshold) noexcept {
  if (digits.empty() || digits.size() > 14) return false;
  std::uint64_t out = 0;
  for (char const letter : digits) {
    bool const is_digit = letter >= '0' && letter <= '9', is_letter = letter >= 'a' && letter <= 'f';
    if (!is_digit && !is_letter) return false;
    out = out << 4 | static_cast<std::uint64_t>(is_digit ? letter - '0' : letter - 'a' + 10);
  }
  threshold = out << 4 * (14 - digits.size());
  return true;
}

FANLIGHT_INLINE bool tracestate_threshold(std::string_view state, std::uint64_t& threshold) noexcept {
  return tracestate_read_threshold(tracestate_field(tracestate_find(state, "ot"), "th"), threshold);
}

FANLIGHT_INLINE bool tracestate_randomness(std::string_view state, std::uint64_t& randomness) noexcept {
  auto const digits = tracestate_field(tracestate_find(state, "ot"), "rv");
  return digits.size() == 14 && tracestate_read_threshold(digits, randomness);
}

FANLIGHT_INLINE void tracestate_put_threshold(tracestate_list& into, std::string_view state, std::uint64_t const* threshold) noexcept {
  short_text<256> value;
  if (threshold != nullptr) value.push("th:"), value.push(tracestate_threshold_text(*threshold));
  auto rest = tracestate_find(state, "ot");
  while (!rest.empty()) {
    auto const field = header_cut(rest, ';');
    if (field.empty() || field.substr(0, 3) == "th:" || value.view().size() + 1 + field.size() > 256) continue;
    if (!value.view().empty()) value.push(';');
    value.push(field);
  }
  into.put("ot", value);
  into.skip("ot");
  into.join(state);
}

}  // namespace detail
FANLIGHT_END
