// A sentence from its pieces, for what is told and for names that are put together: one call, which is far less code than a chain of
// `operator+`. Pure.
#pragma once

#include <fanlight/detail/config.hpp>

#include <initializer_list>
#include <string>
#include <string_view>

FANLIGHT_BEGIN
namespace detail {

[[nodiscard]] FANLIGHT_COLD FANLIGHT_NOINLINE inline std::string joined(std::initializer_list<std::string_view> pieces) {
  std::size_t size = 0;
  for (auto const piece : pieces) size += piece.size();
  std::string out;
  out.reserve(size);
  for (auto const piece : pieces) out += piece;
  return out;
}

}  // namespace detail
FANLIGHT_END
