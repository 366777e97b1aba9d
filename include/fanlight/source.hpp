// A place in the program's text: file, function and line, three words that the compiler fills in at the call site through a default
// argument. It stands in for std::source_location, which clang 14 does not have. A value; the texts live as long as the binary.
#pragma once

#include <fanlight/detail/config.hpp>

#include <cstdint>

FANLIGHT_BEGIN

class source {
 public:
  constexpr source() noexcept = default;
  constexpr source(char const* file, char const* function, std::uint32_t line) noexcept
      : file_{file}, function_{function}, line_{line} {}

  /// The place of the caller when used as a default argument.
  [[nodiscard]] static constexpr source current(char const* file = __builtin_FILE(), char const* function = __builtin_FUNCTION(),
                                                std::uint32_t line = __builtin_LINE()) noexcept {
    return source{file, function, line};
  }

  [[nodiscard]] constexpr char const* file() const noexcept { return file_; }
  [[nodiscard]] constexpr char const* function() const noexcept { return function_; }
  [[nodiscard]] constexpr std::uint32_t line() const noexcept { return static_cast<std::uint32_t>(line_); }
  [[nodiscard]] constexpr explicit operator bool() const noexcept { return line_ != 0; }

 private:
  char const* file_ = "";
  char const* function_ = "";
  std::uint64_t line_ = 0;  // as wide as it is copied: a load that is wider than the store before it has to wait for that store
};

FANLIGHT_END
