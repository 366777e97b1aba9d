// detail/utf8.hpp: well-formed or not, counted, cut, repaired.
#include <fanlight/detail/utf8.hpp>

#include "catch.hpp"

#include <string>

namespace fl = fanlight;
using namespace fl::detail;

namespace {
std::string repaired(std::string_view text) {
  std::string out;
  utf8_repair(text, [&](std::string_view piece) { out += piece; });
  return out;
}
}  // namespace

TEST_CASE("utf8: what is well-formed") {
  for (std::string_view const good : {"", "a", "plain ASCII text that is longer than eight", "é", "日本語", "🚀", "\x7F", "\xED\x9F\xBF",
                                      "\xEE\x80\x80", "\xF4\x8F\xBF\xBF", "0123456é", "01234567日", "0123456789012345🚀x"})
    CHECK(is_utf8(good));
  CHECK(is_utf8({"a\0b", 3}));
}

TEST_CASE("utf8: what is not") {
  for (std::string_view const bad :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xE6\x97", "\xF0\x9F\x9A", "é\xC3", "01234567\xFF", "0123456\xE6"})
    CHECK_FALSE(is_utf8(bad));
}

TEST_CASE("utf8: a broken piece becomes one U+FFFD, as Unicode recommends") {
  CHECK(repaired("") == "");
  CHECK(repaired("as it is: é日🚀") == "as it is: é日🚀");
  CHECK(repaired("a\xFFz") == "a\xEF\xBF\xBDz");
  CHECK(repaired("\xC3") == "\xEF\xBF\xBD");
  // Unicode, table 3-8: an E1 80 cut short, an F0 91 92 cut short, and single bytes that nothing can begin with
  CHECK(repaired("a\xF1\x80\x80\xE1\x80\xC2"
                 "b\x80"
                 "c\x80\xBF"
                 "d") ==
        "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
        "b\xEF\xBF\xBD"
        "c\xEF\xBF\xBD\xEF\xBF\xBD"
        "d");
  CHECK(repaired("\xED\xA0\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_CASE("utf8: characters are counted and cut whole") {
  CHECK(utf8_count("héllo 🚀") == 7);
  CHECK(utf8_count("\xFF\xFF") == 2);
  std::string_view const text = "héllo";
  CHECK(text.substr(0, utf8_cut(text, 3)) == "hél");
  CHECK(text.substr(0, utf8_cut(text, 0)).empty());
  CHECK(text.substr(0, utf8_cut(text, 99)) == "héllo");
  CHECK(utf8_cut("🚀🚀", 1) == 4);
  CHECK(utf8_cut("\xF0\x9F\x9A", 1) == 3);
}

TEST_CASE("utf8: every character is written as it is read") {
  for (char32_t letter = 0; letter <= 0x10FFFF; letter += letter < 0x3000 ? 1 : 251) {
    if (letter >= 0xD800 && letter <= 0xDFFF) continue;
    char bytes[4];
    std::size_t const size = utf8_write(bytes, letter);
    auto const piece = utf8_read(bytes, size);
    if (!piece.good || piece.letter != letter || piece.size != size) FAIL("U+" << std::hex << static_cast<unsigned>(letter));
  }
  SUCCEED();
}
