// Sixteen bytes that are worked on at once: the compiler makes the machine's own vector operations of it, or does without. A plain value.
#pragma once

#include <fanlight/detail/config.hpp>

#include <cstdint>
#include <cstring>

FANLIGHT_BEGIN
namespace detail {

using byte_row = unsigned char __attribute__((vector_size(16)));

[[nodiscard]] inline byte_row load_row(void const* from) noexcept {
  byte_row out;
  std::memcpy(&out, from, sizeof out);
  return out;
}
/// Eight bytes from each of two places.
[[nodiscard]] inline byte_row load_row(void const* first, void const* second) noexcept {
  using halves = std::uint64_t __attribute__((vector_size(16)));
  std::uint64_t one = 0, other = 0;
  std::memcpy(&one, first, sizeof one), std::memcpy(&other, second, sizeof other);
  return reinterpret_cast<byte_row>(halves{one, other});
}

[[nodiscard]] inline bool is_zero(byte_row const& row) noexcept {
  std::uint64_t halves[2];
  std::memcpy(halves, &row, sizeof halves);
  return (halves[0] | halves[1]) == 0;
}

/// Where the first byte is that is not zero; 16: nowhere.
[[nodiscard]] inline unsigned first_in(byte_row const& row) noexcept {
  std::uint64_t halves[2];
  std::memcpy(halves, &row, sizeof halves);
  if ((halves[0] | halves[1]) == 0) return 16;
  std::uint64_t const half = halves[0] != 0 ? halves[0] : halves[1];
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  int const bit = __builtin_clzll(half);
#else
  int const bit = __builtin_ctzll(half);
#endif
  return static_cast<unsigned>(bit) / 8 + (halves[0] != 0 ? 0 : 8);
}

}  // namespace detail
FANLIGHT_END
