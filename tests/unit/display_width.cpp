// detail/display_width.hpp: how many columns a text takes, and what fits.
#include <fanlight/detail/display_width.hpp>

#include "catch.hpp"

#include <string>
#include <utility>

using namespace fanlight::detail;

TEST_CASE("display_width: letters, wide letters, marks and pictures") {
  std::pair<char const*, std::size_t> const cases[] = {
      {"", 0},
      {"abc", 3},
      {"é", 1},
      {"e\xCC\x81", 1},
      {"日本語", 6},
      {"ｶﾅ", 2},
      {"Ａ", 2},
      {"한국", 4},
      {"🚀", 2},
      {"👍🏽", 2},
      {"👨‍👩‍👧", 2},
      {"🇩🇪", 2},
      {"🇩🇪🇫🇷", 4},
      {"❤", 1},
      {"❤\xEF\xB8\x8F", 2},
      {"ไทย", 3},
      {"\xC2\xAD", 0},
      {"\xFF\xFF", 2},
      {"━╸", 2},
      {"µs", 2},
  };
  for (auto const& [text, columns] : cases) {
    INFO(text);
    CHECK(display_width(text) == columns);
  }
}

TEST_CASE("display_width: what fits is cut between pictures, never inside one") {
  auto const fit = [](std::string_view text, std::size_t columns) { return std::string{text.substr(0, fitting_bytes(text, columns))}; };
  CHECK(fit("hello", 3) == "hel");
  CHECK(fit("hello", 5) == "hello");
  CHECK(fit("日本語", 5) == "日本");
  CHECK(fit("日本語", 1) == "");
  CHECK(fit("e\xCC\x81x", 1) == "e\xCC\x81");
  CHECK(fit("a👨‍👩‍👧b", 2) == "a");
  CHECK(fit("a👨‍👩‍👧b", 3) == "a👨‍👩‍👧");
  CHECK(fit("a❤\xEF\xB8\x8Fz", 2) == "a");
  CHECK(fit("a❤\xEF\xB8\x8Fz", 3) == "a❤\xEF\xB8\x8F");
  for (std::size_t columns = 0; columns < 12; ++columns) CHECK(display_width(fit("時間🚀e\xCC\x81 text", columns)) <= columns);
}
