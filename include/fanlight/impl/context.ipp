// Bodies of context.hpp, but for current(), which stands with the scopes it reads (span.ipp).
#pragma once

#include <fanlight/context.hpp>
#include <fanlight/detail/byte_row.hpp>

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

/// Sixteen digits at once become eight bytes. Sets bits of `wrong` where there is no digit: lower-case ones, or of either case when asked; and
/// bits of `set` as they are read.
inline void read_hex_row(unsigned char* to, byte_row const& text, bool any_case, byte_row& wrong, byte_row& set) noexcept {
  using pairs = std::uint16_t __attribute__((vector_size(16)));
  using bytes = unsigned char __attribute__((vector_size(8)));
  unsigned char const fold = any_case ? 0x20 : 0, zero = '0', a = 'a';
  byte_row const digits = text - zero, letters = (text | fold) - a;
  auto const is_digit = reinterpret_cast<byte_row>(digits < 10), is_letter = reinterpret_cast<byte_row>(letters < 6);
  byte_row const values = (digits & is_digit) | ((letters + 10) & is_letter);
  wrong |= ~(is_digit | is_letter);
  set |= values;
  auto const nibbles = reinterpret_cast<pairs>(values);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  auto const joined = (nibbles >> 4 | nibbles) & 0xFF;
#else
  auto const joined = (nibbles << 4 | nibbles >> 8) & 0xFF;
#endif
  auto const out = __builtin_convertvector(joined, bytes);
  std::memcpy(to, &out, sizeof out);
}

FANLIGHT_INLINE bool read_hex(unsigned char* to, unsigned size, std::string_view from, bool any_case) noexcept {
  if (from.size() != std::size_t{size} * 2) return false;
  unsigned seen = 0, set = 0, i = 0;
  byte_row wrong{}, any{};
  for (; i + 8 <= size; i += 8) read_hex_row(to + i, load_row(from.data() + 2 * i), any_case, wrong, any);
  for (; i < size; ++i) {
    unsigned const high = hex_table.of[static_cast<unsigned char>(from[2 * i])];
    unsigned const low = hex_table.of[static_cast<unsigned char>(from[2 * i + 1])];
    seen |= high | low;
    to[i] = static_cast<unsigned char>((high & 15) << 4 | (low & 15));
    set |= to[i];
  }
  return is_zero(wrong) && seen < (any_case ? 32u : 16u) && (set != 0 || !is_zero(any));
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
