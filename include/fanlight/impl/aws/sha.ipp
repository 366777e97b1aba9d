// Bodies of sha.hpp, after FIPS 180-4 and RFC 2104.
#pragma once

#include <fanlight/impl/aws/sha.hpp>

#include <cstring>

FANLIGHT_BEGIN
namespace detail {

[[nodiscard]] constexpr std::uint32_t turned_right(std::uint32_t word, unsigned by) noexcept { return word >> by | word << (32 - by); }
[[nodiscard]] inline std::uint32_t big_endian(unsigned char const* at) noexcept {
  return std::uint32_t{at[0]} << 24 | std::uint32_t{at[1]} << 16 | std::uint32_t{at[2]} << 8 | std::uint32_t{at[3]};
}

inline constexpr std::uint32_t sha256_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/// The two hashes differ in their state and in what they do with a block of 64 bytes.
struct sha256_state {
  std::uint32_t words[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

  FANLIGHT_INLINE void take(unsigned char const* block) noexcept;
};

struct sha1_state {
  std::uint32_t words[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};

  FANLIGHT_INLINE void take(unsigned char const* block) noexcept;
};

FANLIGHT_INLINE void sha256_state::take(unsigned char const* block) noexcept {
  std::uint32_t w[64];
  for (unsigned i = 0; i < 16; ++i) w[i] = big_endian(block + 4 * i);
  for (unsigned i = 16; i < 64; ++i) {
    std::uint32_t const s0 = turned_right(w[i - 15], 7) ^ turned_right(w[i - 15], 18) ^ w[i - 15] >> 3;
    std::uint32_t const s1 = turned_right(w[i - 2], 17) ^ turned_right(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  std::uint32_t a = words[0], b = words[1], c = words[2], d = words[3], e = words[4], f = words[5], g = words[6], h = words[7];
  for (unsigned i = 0; i < 64; ++i) {
    std::uint32_t const s1 = turned_right(e, 6) ^ turned_right(e, 11) ^ turned_right(e, 25);
    std::uint32_t const first = h + s1 + ((e & f) ^ (~e & g)) + sha256_constants[i] + w[i];
    std::uint32_t const s0 = turned_right(a, 2) ^ turned_right(a, 13) ^ turned_right(a, 22);
    std::uint32_t const second = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + first, d = c, c = b, b = a, a = first + second;
  }
  words[0] += a, words[1] += b, words[2] += c, words[3] += d, words[4] += e, words[5] += f, words[6] += g, words[7] += h;
}

FANLIGHT_COLD FANLIGHT_INLINE void sha1_state::take(unsigned char const* block) noexcept {
  std::uint32_t w[80];
  for (unsigned i = 0; i < 16; ++i) w[i] = big_endian(block + 4 * i);
  for (unsigned i = 16; i < 80; ++i) w[i] = turned_right(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 31);
  std::uint32_t a = words[0], b = words[1], c = words[2], d = words[3], e = words[4];
  for (unsigned i = 0; i < 80; ++i) {
    std::uint32_t const f = i < 20 ? (b & c) | (~b & d) : i < 40 || i >= 60 ? b ^ c ^ d : (b & c) | (b & d) | (c & d);
    std::uint32_t const k = i < 20 ? 0x5a827999u : i < 40 ? 0x6ed9eba1u : i < 60 ? 0x8f1bbcdcu : 0xca62c1d6u;
    std::uint32_t const next = turned_right(a, 27) + f + e + k + w[i];
    e = d, d = c, c = turned_right(b, 2), b = a, a = next;
  }
  words[0] += a, words[1] += b, words[2] += c, words[3] += d, words[4] += e;
}

/// Takes two texts as if they were one, and the padding.
template <class State>
class sha_stream {
 public:
  void add(std::string_view bytes) noexcept {
    total_ += bytes.size();
    while (!bytes.empty()) {
      if (filled_ == 0 && bytes.size() >= sizeof block_) {  // straight from where it is
        state_.take(reinterpret_cast<unsigned char const*>(bytes.data()));
        bytes.remove_prefix(sizeof block_);
        continue;
      }
      std::size_t const part = bytes.size() < sizeof block_ - filled_ ? bytes.size() : sizeof block_ - filled_;
      std::memcpy(block_ + filled_, bytes.data(), part);
      bytes.remove_prefix(part);
      filled_ += part;
      if (filled_ == sizeof block_) state_.take(block_), filled_ = 0;
    }
  }
  void end(unsigned char* to) noexcept {
    std::uint64_t const bits = total_ * 8;
    add({"\x80", 1});
    while (filled_ != 56) add({"\0", 1});
    char size[8];
    for (unsigned i = 0; i < 8; ++i) size[i] = static_cast<char>(bits >> (56 - 8 * i));
    add({size, 8});
    for (std::uint32_t const word : state_.words)
      for (unsigned i = 0; i < 4; ++i) *to++ = static_cast<unsigned char>(word >> (24 - 8 * i));
  }

 private:
  State state_;
  std::uint64_t total_ = 0;
  std::size_t filled_ = 0;
  unsigned char block_[64] = {};
};

FANLIGHT_INLINE sha256_digest sha256(std::string_view bytes) noexcept {
  sha256_digest out;
  sha_stream<sha256_state> stream;
  stream.add(bytes);
  stream.end(out.data());
  return out;
}

FANLIGHT_INLINE sha256_digest hmac_sha256(std::string_view key, std::string_view bytes) noexcept {
  sha256_digest short_key{};
  if (key.size() > 64) short_key = sha256(key), key = as_text(short_key);
  char inner[64], outer[64];
  for (std::size_t i = 0; i < 64; ++i) {
    char const letter = i < key.size() ? key[i] : '\0';
    inner[i] = static_cast<char>(letter ^ 0x36), outer[i] = static_cast<char>(letter ^ 0x5c);
  }
  sha256_digest out;
  sha_stream<sha256_state> within, around;
  within.add({inner, 64});
  within.add(bytes);
  within.end(out.data());
  around.add({outer, 64});
  around.add(as_text(out));
  around.end(out.data());
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE std::string sha1_hex(std::string_view bytes) {
  unsigned char out[20];
  sha_stream<sha1_state> stream;
  stream.add(bytes);
  stream.end(out);
  return hex_text({reinterpret_cast<char const*>(out), sizeof out});
}

FANLIGHT_COLD FANLIGHT_INLINE std::string hex_text(std::string_view bytes) {
  std::string out;
  out.reserve(2 * bytes.size());
  for (char const letter : bytes) {
    auto const byte = static_cast<unsigned char>(letter);
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

}  // namespace detail
FANLIGHT_END
