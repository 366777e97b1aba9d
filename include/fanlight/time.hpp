// Points in wall time, in nanoseconds of the epoch, made from any std::chrono clock that counts from it; and their ISO 8601 text.
// Values; no header of <chrono> is needed to name them.
#pragma once

#include <fanlight/detail/config.hpp>

#include <cstdint>
#include <string_view>

FANLIGHT_BEGIN

/// Nanoseconds since 1970-01-01T00:00:00Z. Zero means "not given".
struct wall_time {
  std::int64_t nanoseconds = 0;

  constexpr wall_time() noexcept = default;
  constexpr explicit wall_time(std::int64_t since_epoch) noexcept : nanoseconds{since_epoch} {}
  /// From a std::chrono::time_point of a clock whose epoch is Unix's, as system_clock's is.
  template <class TimePoint>
    requires requires(TimePoint at) {
      at.time_since_epoch().count();
      typename TimePoint::clock;
      requires !TimePoint::clock::is_steady;
    }
  constexpr wall_time(TimePoint at) noexcept
      : nanoseconds{static_cast<std::int64_t>(at.time_since_epoch().count()) *
                    static_cast<std::int64_t>(TimePoint::period::num * (1'000'000'000 / TimePoint::period::den))} {}

  [[nodiscard]] constexpr explicit operator bool() const noexcept { return nanoseconds != 0; }
  [[nodiscard]] friend constexpr bool operator==(wall_time, wall_time) noexcept = default;
  [[nodiscard]] friend constexpr auto operator<=>(wall_time a, wall_time b) noexcept { return a.nanoseconds <=> b.nanoseconds; }
};

/// A short text held by value, NUL at its end.
template <unsigned Room>
class short_text {
 public:
  [[nodiscard]] constexpr char const* c_str() const noexcept { return at_; }
  [[nodiscard]] constexpr std::string_view view() const noexcept { return {at_, size_}; }
  [[nodiscard]] constexpr operator std::string_view() const noexcept { return view(); }
  constexpr void push(char letter) noexcept {
    if (size_ < Room) at_[size_++] = letter;
  }
  constexpr void push(std::string_view more) noexcept {
    for (char const letter : more) push(letter);
  }
  constexpr void push_number(std::int64_t number, int digits) noexcept {
    for (std::int64_t scale = power_of_ten(digits - 1); scale > 0; scale /= 10) push(static_cast<char>('0' + number / scale % 10));
  }
  [[nodiscard]] friend constexpr bool operator==(short_text const& a, std::string_view b) noexcept { return a.view() == b; }

 private:
  [[nodiscard]] static constexpr std::int64_t power_of_ten(int exponent) noexcept {
    std::int64_t out = 1;
    while (exponent-- > 0) out *= 10;
    return out;
  }
  char at_[Room + 1] = {};
  unsigned size_ = 0;
};

/// `2026-11-21T00:00:00.123456Z`: UTC, with as many digits of the second as asked (0 to 9).
[[nodiscard]] short_text<40> iso8601(wall_time at, int digits = 6) noexcept;

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/time.ipp>
#endif
