// Retry-After and the dates of HTTP (RFC 9110, 5.6.7 and 10.2.3), declared in otlp_ruling.hpp. No locale, no time zone, no heap.
#pragma once

#include <fanlight/impl/otlp_ruling.hpp>

FANLIGHT_BEGIN
namespace detail {

/// Reads a date from front to back; once it has failed, it stays so.
class date_reader {
 public:
  explicit date_reader(std::string_view text) noexcept : rest_{text} {}

  [[nodiscard]] bool is_good() const noexcept { return good_ && rest_.empty(); }
  FANLIGHT_COLD void skip(std::string_view what) noexcept {
    if (rest_.substr(0, what.size()) != what) good_ = false;
    else rest_.remove_prefix(what.size());
  }
  /// Letters up to what is none.
  FANLIGHT_COLD void skip_name() noexcept {
    std::size_t size = 0;
    while (size < rest_.size() && ((rest_[size] >= 'A' && rest_[size] <= 'Z') || (rest_[size] >= 'a' && rest_[size] <= 'z'))) ++size;
    good_ = good_ && size >= 3;
    rest_.remove_prefix(size);
  }
  /// `size` digits; the first may be a blank where `padded`.
  [[nodiscard]] FANLIGHT_COLD int number(std::size_t size, bool padded = false) noexcept {
    if (rest_.size() < size) return good_ = false, 0;
    int out = 0;
    for (std::size_t i = 0; i < size; ++i) {
      char const letter = rest_[i];
      if (padded && i == 0 && letter == ' ') continue;
      if (letter < '0' || letter > '9') return good_ = false, 0;
      out = out * 10 + (letter - '0');
    }
    rest_.remove_prefix(size);
    return out;
  }
  /// 1 to 12.
  [[nodiscard]] FANLIGHT_COLD int month() noexcept {
    constexpr std::string_view names = "JanFebMarAprMayJunJulAugSepOctNovDec";
    auto const at = rest_.size() < 3 ? std::string_view::npos : names.find(rest_.substr(0, 3));
    if (at == std::string_view::npos || at % 3 != 0) return good_ = false, 1;
    rest_.remove_prefix(3);
    return static_cast<int>(at / 3) + 1;
  }
  [[nodiscard]] bool next_is(char letter) const noexcept { return !rest_.empty() && rest_.front() == letter; }

 private:
  std::string_view rest_;
  bool good_ = true;
};

struct calendar_time {
  int year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0;

  /// Howard Hinnant's days_from_civil, for years after 0.
  [[nodiscard]] FANLIGHT_COLD std::int64_t seconds() const noexcept {
    std::int64_t const years = month <= 2 ? year - 1 : year, era = years / 400, of_era = years - era * 400;
    std::int64_t const of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    std::int64_t const days = era * 146'097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719'468;
    return ((days * 24 + hour) * 60 + minute) * 60 + second;
  }
  [[nodiscard]] bool is_sane() const noexcept { return day >= 1 && day <= 31 && hour < 24 && minute < 60 && second <= 60; }
};

FANLIGHT_COLD FANLIGHT_INLINE std::optional<std::int64_t> read_http_date(std::string_view text) noexcept {
  date_reader from{text};
  calendar_time out;
  auto const clock = [&] {
    out.hour = from.number(2), from.skip(":");
    out.minute = from.number(2), from.skip(":");
    out.second = from.number(2);
  };
  from.skip_name();
  if (from.next_is(',')) {  // Sun, 06 Nov 1994 08:49:37 GMT, or Sunday, 06-Nov-94 08:49:37 GMT
    from.skip(", ");
    out.day = from.number(2);
    bool const old = from.next_is('-');
    from.skip(old ? "-" : " ");
    out.month = from.month();
    from.skip(old ? "-" : " ");
    out.year = from.number(old ? 2 : 4);
    if (old) out.year += out.year < 70 ? 2000 : 1900;
    from.skip(" ");
    clock();
    from.skip(" GMT");
  } else {  // Sun Nov  6 08:49:37 1994
    from.skip(" ");
    out.month = from.month();
    from.skip(" ");
    out.day = from.number(2, true);
    from.skip(" ");
    clock();
    from.skip(" ");
    out.year = from.number(4);
  }
  if (!from.is_good() || !out.is_sane()) return std::nullopt;
  return out.seconds();
}

FANLIGHT_COLD FANLIGHT_INLINE std::optional<std::chrono::milliseconds> retry_after(std::string_view text, std::int64_t now) noexcept {
  constexpr std::int64_t most = 1'000'000'000;  // seconds: beyond any patience, and safe to reckon with
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  if (text.empty()) return std::nullopt;
  std::int64_t seconds = 0;
  if (text.front() >= '0' && text.front() <= '9') {
    for (char const letter : text) {
      if (letter < '0' || letter > '9') return std::nullopt;
      if (seconds < most) seconds = seconds * 10 + (letter - '0');
    }
  } else {
    auto const date = read_http_date(text);
    if (!date) return std::nullopt;
    seconds = *date - now;
  }
  if (seconds <= 0) return std::nullopt;
  return std::chrono::seconds{seconds < most ? seconds : most};
}

}  // namespace detail
FANLIGHT_END
