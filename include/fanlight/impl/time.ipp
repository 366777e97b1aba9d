// Bodies of time.hpp.
#pragma once

#include <fanlight/time.hpp>

FANLIGHT_BEGIN

// The civil date from days since the epoch, in the proleptic Gregorian calendar; eras of 400 years that begin in March.
FANLIGHT_INLINE short_text<40> iso8601(wall_time at, int digits) noexcept {
  constexpr std::int64_t second = 1'000'000'000, day = 86'400;
  std::int64_t seconds = at.nanoseconds / second, fraction = at.nanoseconds % second;
  if (fraction < 0) fraction += second, --seconds;
  std::int64_t days = seconds / day, rest = seconds % day;
  if (rest < 0) rest += day, --days;
  std::int64_t const shifted = days + 719'468, era = (shifted >= 0 ? shifted : shifted - 146'096) / 146'097;
  std::int64_t const day_of_era = shifted - era * 146'097;
  std::int64_t const year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  std::int64_t const day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  std::int64_t const shifted_month = (5 * day_of_year + 2) / 153;
  std::int64_t const month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  short_text<40> out;
  out.push_number(year_of_era + era * 400 + (month <= 2 ? 1 : 0), 4);
  out.push('-'), out.push_number(month, 2);
  out.push('-'), out.push_number(day_of_year - (153 * shifted_month + 2) / 5 + 1, 2);
  out.push('T'), out.push_number(rest / 3600, 2);
  out.push(':'), out.push_number(rest / 60 % 60, 2);
  out.push(':'), out.push_number(rest % 60, 2);
  digits = digits < 0 ? 0 : (digits > 9 ? 9 : digits);
  if (digits > 0) {
    for (int i = digits; i < 9; ++i) fraction /= 10;
    out.push('.'), out.push_number(fraction, digits);
  }
  out.push('Z');
  return out;
}

FANLIGHT_END
