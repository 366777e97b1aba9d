// SHA-256 and HMAC for signatures, and SHA-1 for the one file name that AWS derives with it. Pure functions of bytes; any thread. Written
// here so that no crypto package is asked of users.
#pragma once

#include <fanlight/detail/config.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

FANLIGHT_BEGIN
namespace detail {

using sha256_digest = std::array<unsigned char, 32>;

[[nodiscard]] sha256_digest sha256(std::string_view bytes) noexcept;
[[nodiscard]] sha256_digest hmac_sha256(std::string_view key, std::string_view bytes) noexcept;
[[nodiscard]] std::string sha1_hex(std::string_view bytes);

[[nodiscard]] inline std::string_view as_text(sha256_digest const& digest) noexcept {
  return {reinterpret_cast<char const*>(digest.data()), digest.size()};
}
/// Lower case.
[[nodiscard]] std::string hex_text(std::string_view bytes);

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/aws/sha.ipp>
#endif
