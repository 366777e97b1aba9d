// Retry-After and HTTP's dates: impl/otlp_ruling.hpp.
#include <fanlight/impl/otlp_ruling.hpp>

#include "catch.hpp"

#include <string>

using namespace fanlight::detail;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t now = 784'111'777;  // Sun, 06 Nov 1994 08:49:37 GMT

}  // namespace

TEST_CASE("retry_after: seconds") {
  CHECK(retry_after("2", now) == 2s);
  CHECK(retry_after("  120\t", now) == 120s);
  CHECK(retry_after("0", now) == std::nullopt);
  CHECK(retry_after("99999999999999999999999999", now) == std::chrono::seconds{1'000'000'000});
}

TEST_CASE("retry_after: garbage is as if absent") {
  for (auto const* text : {"", " ", "-1", "1.5", "2s", "soon", "1 2", "+3", "0x10", "Sun", "Sun, ", "\xff\xfe"}) {
    INFO(text);
    CHECK(retry_after(text, now) == std::nullopt);
  }
}

TEST_CASE("retry_after: the three forms of a date") {
  for (auto const* text : {"Sun, 06 Nov 1994 08:50:07 GMT", "Sunday, 06-Nov-94 08:50:07 GMT", "Sun Nov  6 08:50:07 1994"}) {
    INFO(text);
    CHECK(retry_after(text, now) == 30s);
    CHECK(retry_after(text, now + 30) == std::nullopt);  // now is past
    CHECK(retry_after(text, now + 31) == std::nullopt);
  }
}

TEST_CASE("http dates: leap years, centuries, and what is no date") {
  CHECK(read_http_date("Thu, 01 Jan 1970 00:00:00 GMT") == 0);
  CHECK(read_http_date("Tue, 29 Feb 2000 12:00:00 GMT") == 951'825'600);
  CHECK(read_http_date("Sat, 21 Nov 2026 13:00:00 GMT") == 1'795'266'000);
  CHECK(read_http_date("Friday, 01-Mar-69 00:00:00 GMT").value_or(0) > 3'000'000'000);  // 2069
  for (auto const* text :
       {"Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Xyz 1994 08:49:37 GMT", "Sun, 32 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 94 08:49:37 GMT", "Sun Nov 6 08:49:37 1994",
        "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, 06 ovD 1994 08:49:37 GMT", "06 Nov 1994 08:49:37 GMT"}) {
    INFO(text);
    CHECK(read_http_date(text) == std::nullopt);
  }
}
