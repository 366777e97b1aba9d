// Bodies of context.hpp, but for current(), which stands with the scopes it reads (span.ipp).
#pragma once

#include <fanlight/context.hpp>

#include <cstddef>
#include <cstdlib>
#include <cstring>

FANLIGHT_BEGIN
namespace detail {

/// The value of a hexadecimal digit; above 15: an upper-case one, plus 16; above 31: none.
[[nodiscard]] constexpr unsigned hex_value(char letter) noexcept {
  auto const code = static_cast<unsigned char>(letter);
  if (code - unsigned{'0'} < 10) return code - unsigned{'0'};
  if (code - unsigned{'a'} < 6) return code - unsigned{'a'} + 10;
  return code - unsigned{'A'} < 6 ? code - unsigned{'A'} + 10 + 16 : 255;
}

struct hex_values {
  unsigned char of[256];
  constexpr hex_values() noexcept : of{} {
    for (unsigned i = 0; i < 256; ++i) of[i] = static_cast<unsigned char>(hex_value(static_cast<char>(i)));
  }
};
inline constexpr hex_values hex_table{};

// Eight digits at once, a byte each in one word. The bytes are told by their place in memory, so the order of bytes does not matter until the
// nibbles are joined.
/// The values of eight digits; sets bits of `wrong` when they are not all digits: lower-case ones, or of either case when asked.
[[nodiscard]] inline std::uint64_t hex_values_of(std::uint64_t digits, bool any_case, std::uint64_t& wrong) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101u;
  std::uint64_t const values = (digits & ones * 0x0F) + (digits >> 6 & ones) * 9;
  std::uint64_t const letters = (values + ones * 6) >> 4 & ones;  // one where the value is above 9
  std::uint64_t const written = values + ones * '0' + letters * ('a' - '0' - 10);
  std::uint64_t const lowered = any_case ? digits | letters << 5 : digits;
  wrong |= (values & ones * 0xF0) | (written ^ lowered);
  return values;
}

/// Eight values of a nibble each become four bytes.
[[nodiscard]] inline std::uint32_t join_nibbles(std::uint64_t values) noexcept {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  values = __builtin_bswap64(values);
#endif
  std::uint64_t out = (values << 4 | values >> 8) & 0x00FF00FF00FF00FFu;
  out = (out | out >> 8) & 0x0000FFFF0000FFFFu;
  auto const bytes = static_cast<std::uint32_t>(out | out >> 16);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  return __builtin_bswap32(bytes);
#else
  return bytes;
#endif
}

FANLIGHT_INLINE bool read_hex(unsigned char* to, unsigned size, std::string_view from, bool any_case) noexcept {
  if (from.size() != std::size_t{size} * 2) return false;
  unsigned seen = 0, set = 0, i = 0;
  std::uint64_t wrong = 0;
  for (; i + 4 <= size; i += 4) {
    std::uint64_t digits = 0;
    std::memcpy(&digits, from.data() + 2 * i, sizeof digits);
    std::uint32_t const bytes = join_nibbles(hex_values_of(digits, any_case, wrong));
    std::memcpy(to + i, &bytes, sizeof bytes);
    set |= bytes;
  }
  for (; i < size; ++i) {
    unsigned const high = hex_table.of[static_cast<unsigned char>(from[2 * i])];
    unsigned const low = hex_table.of[static_cast<unsigned char>(from[2 * i + 1])];
    seen |= high | low;
    to[i] = static_cast<unsigned char>((high & 15) << 4 | (low & 15));
    set |= to[i];
  }
  return wrong == 0 && seen < (any_case ? 32u : 16u) && set != 0;
}

/// Blocks of nodes that a thread let go of, for the next ones it makes: requests come and go, and each may need one.
struct spare_nodes {
  static constexpr std::uint32_t most = 8, smallest = 256, largest = 2048;
  void* first;  // each begins with a pointer to the next
  std::uint32_t count;
  bool ended;  // the thread is about to

  [[nodiscard]] static spare_nodes& here() noexcept {
    static constinit thread_local spare_nodes all{};
    return all;
  }
  [[nodiscard]] context_node* take(std::size_t size) noexcept;
  void keep(context_node* node) noexcept;
  void end() noexcept;
};

FANLIGHT_INLINE context_node* spare_nodes::take(std::size_t size) noexcept {
  std::size_t room = smallest;
  while (room < size) room *= 2;
  for (void** link = &first; room <= largest && *link != nullptr; link = static_cast<void**>(*link)) {
    auto* const found = static_cast<unsigned char*>(*link);
    std::uint32_t there = 0;
    std::memcpy(&there, found + offsetof(context_node, room), sizeof there);
    if (there != room) continue;
    std::memcpy(link, found, sizeof first);
    --count;
    return reinterpret_cast<context_node*>(found);
  }
  auto* const out = static_cast<context_node*>(std::malloc(room <= largest ? room : size));
  if (out != nullptr) out->room = room <= largest ? static_cast<std::uint32_t>(room) : 0;
  return out;
}

FANLIGHT_INLINE void spare_nodes::keep(context_node* node) noexcept {
  struct guard {
    bool armed = false;
    ~guard() {
      if (armed) here().end();
    }
  };
  if (ended || node->room == 0 || count == most) return std::free(node);
  static thread_local guard at_end;
  at_end.armed = true;
  std::memcpy(static_cast<void*>(node), &first, sizeof first);
  first = node;
  ++count;
}

FANLIGHT_INLINE void spare_nodes::end() noexcept {
  ended = true;
  while (first != nullptr) {
    void* const block = first;
    std::memcpy(&first, block, sizeof first);
    std::free(block);
  }
  count = 0;
}

FANLIGHT_INLINE context_node* context_node::make(parts const& from) noexcept {
  constexpr std::size_t most = 0x7FFFFFFF;
  if (from.tracestate.size() > most || from.baggage.size() > most || from.pairs.size() > most) return nullptr;
  std::size_t const texts = from.tracestate.size() + from.baggage.size() + from.pairs.size() + 3;
  auto* const out = spare_nodes::here().take(sizeof(context_node) + from.facts_size + texts);
  if (out == nullptr) return nullptr;
  out->references = 1;
  out->facts_size = from.facts_size;
  out->tracestate_size = static_cast<std::uint32_t>(from.tracestate.size());
  out->baggage_size = static_cast<std::uint32_t>(from.baggage.size());
  out->pairs_size = static_cast<std::uint32_t>(from.pairs.size());
  out->fact_count = from.fact_count;
  out->core = from.core;
  out->filter = from.filter;
  out->debug = from.debug ? 1 : 0;
  auto* to = reinterpret_cast<char*>(out + 1);
  if (from.facts_size != 0) std::memcpy(to, from.facts, from.facts_size);
  to += from.facts_size;
  for (auto const text : {from.tracestate, from.baggage, from.pairs}) {
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
    to[text.size()] = 0;
    to += text.size() + 1;
  }
  return out;
}

FANLIGHT_INLINE void context_node::drop(context_node const* node) noexcept {
  if (node == nullptr) return;
  auto* const mine = const_cast<context_node*>(node);
  if (__atomic_fetch_sub(&mine->references, 1u, __ATOMIC_ACQ_REL) == 1) spare_nodes::here().keep(mine);
}

}  // namespace detail
FANLIGHT_END
