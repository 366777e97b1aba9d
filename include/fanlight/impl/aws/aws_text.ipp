// Small texts of AWS, declared in sigv4.hpp: times, percent signs, and ids as people may see them. Pure functions.
#pragma once

#include <fanlight/impl/aws/sigv4.hpp>
#include <fanlight/impl/http_date.ipp>

#include <cstdio>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_COLD FANLIGHT_INLINE std::string basic_time(std::int64_t seconds) {
  std::int64_t days = seconds / 86'400, rest = seconds % 86'400;
  if (rest < 0) rest += 86'400, --days;
  // Howard Hinnant's civil_from_days.
  days += 719'468;
  std::int64_t const era = (days >= 0 ? days : days - 146'096) / 146'097, of_era = days - era * 146'097;
  std::int64_t const year_of_era = (of_era - of_era / 1460 + of_era / 36'524 - of_era / 146'096) / 365;
  std::int64_t const of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100), third = (5 * of_year + 2) / 153;
  std::int64_t const day = of_year - (153 * third + 2) / 5 + 1, month = third < 10 ? third + 3 : third - 9;
  std::int64_t const year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  char out[40];
  int const size =
      std::snprintf(out, sizeof out, "%04d%02d%02dT%02d%02d%02dZ", static_cast<int>(year), static_cast<int>(month), static_cast<int>(day),
                    static_cast<int>(rest / 3600), static_cast<int>(rest / 60 % 60), static_cast<int>(rest % 60));
  return {out, static_cast<std::size_t>(size)};
}

/// `Z`, `UTC`, `+hh:mm` or `-hh:mm`, in seconds. False: it is none of them.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE bool read_zone(std::string_view text, std::int64_t& offset) noexcept {
  offset = 0;
  if (text == "Z" || text == "z" || text == "UTC") return true;
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return false;
  date_reader from{text.substr(1)};
  std::int64_t const hours = from.number(2);
  from.skip(":");
  std::int64_t const minutes = from.number(2);
  offset = (hours * 60 + minutes) * (text.front() == '-' ? -60 : 60);
  return from.is_good();
}

FANLIGHT_COLD FANLIGHT_INLINE bool read_time(std::string_view text, std::int64_t& seconds) noexcept {
  constexpr std::size_t plain = 19;  // 2015-08-30T12:36:00
  date_reader from{text.substr(0, plain)};
  calendar_time out;
  out.year = from.number(4), from.skip("-");
  out.month = from.number(2), from.skip("-");
  out.day = from.number(2);
  from.skip(text.size() > 10 && text[10] == ' ' ? " " : text.size() > 10 && text[10] == 't' ? "t" : "T");
  out.hour = from.number(2), from.skip(":");
  out.minute = from.number(2), from.skip(":");
  out.second = from.number(2);
  if (!from.is_good() || !out.is_sane() || out.month < 1 || out.month > 12) return false;
  text.remove_prefix(plain);
  if (!text.empty() && text.front() == '.') {
    auto const end = text.find_first_not_of("0123456789", 1);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end);
  }
  std::int64_t offset = 0;
  if (!read_zone(text, offset)) return false;
  seconds = out.seconds() - offset;
  return true;
}

FANLIGHT_COLD FANLIGHT_INLINE std::string percent_encoded(std::string_view text, bool path) {
  std::string out;
  for (char const letter : text) {
    bool const plain = (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z') ||
                       letter == '-' || letter == '.' || letter == '_' || letter == '~' || (path && letter == '/');
    auto const byte = static_cast<unsigned char>(letter);
    if (plain) out += letter;
    else out += '%', out += "0123456789ABCDEF"[byte >> 4], out += "0123456789ABCDEF"[byte & 15];
  }
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE bool fits_header(std::string_view value) noexcept {
  for (char const letter : value)
    if (letter == '\r' || letter == '\n' || letter == '\0') return false;
  return true;
}

FANLIGHT_COLD FANLIGHT_INLINE std::string masked_id(std::string_view id) {
  if (id.size() < 12) return "****";
  return std::string{id.substr(0, 4)}.append("****").append(id.substr(id.size() - 4));
}

}  // namespace detail
FANLIGHT_END
