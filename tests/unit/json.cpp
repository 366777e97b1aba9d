// impl/json.hpp: what is written is JSON, and is read back as what was meant.
#include <fanlight/impl/json.hpp>

#include "catch.hpp"

#include <cmath>
#include <limits>
#include <random>
#include <string>

#include <rapidjson/document.h>

namespace fl = fanlight;
using fl::detail::json_writer;
using fl::detail::send_buffer;

namespace {
std::string plain(fl::value const& what) {
  send_buffer out;
  json_writer{out}.plain(what);
  return std::string{out.view()};
}
std::string text(std::string_view any) {
  send_buffer out;
  json_writer{out}.text(any);
  return std::string{out.view()};
}
/// The text that a reader of our own reads.
std::string read_back(std::string const& json) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseValidateEncodingFlag>(json.data(), json.size());
  REQUIRE_FALSE(document.HasParseError());
  return {document.GetString(), document.GetStringLength()};
}
std::string repaired(std::string_view any) {
  std::string out;
  fl::detail::utf8_repair(any, [&](std::string_view piece) { out += piece; });
  return out;
}
}  // namespace

TEST_CASE("json: values") {
  CHECK(plain(nullptr) == "null");
  CHECK(plain(true) == "true");
  CHECK(plain(-3) == "-3");
  CHECK(plain(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
  CHECK(plain(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
  CHECK(plain(0.25) == "0.25");
  CHECK(plain(12.75) == "12.75");
  CHECK(plain(1e300) == "1e300");
  CHECK(plain(-0.0) == "-0.0");
  CHECK(plain(std::nan("")) == "\"NaN\"");
  CHECK(plain(std::numeric_limits<double>::infinity()) == "\"Infinity\"");
  CHECK(plain(-std::numeric_limits<double>::infinity()) == "\"-Infinity\"");
  CHECK(plain("") == "\"\"");
  CHECK(plain(fl::bytes{"\0\xff", 2}) == "\"AP8=\"");
  CHECK(plain(fl::object{{"now", "x"}, {"list", fl::array{1, "two", fl::object{}, fl::array{}}}, {"n", nullptr}}) ==
        R"({"now":"x","list":[1,"two",{},[]],"n":null})");
}

TEST_CASE("json: base64 of every length") {
  std::string const letters = "foobar";
  char const* const known[] = {"\"\"", "\"Zg==\"", "\"Zm8=\"", "\"Zm9v\"", "\"Zm9vYg==\"", "\"Zm9vYmE=\"", "\"Zm9vYmFy\""};
  for (std::size_t size = 0; size <= letters.size(); ++size) CHECK(plain(fl::bytes{letters.data(), size}) == known[size]);
}

TEST_CASE("json: texts are escaped wherever the byte stands") {
  CHECK(text("\"\\\b\f\n\r\t\x01\x1f") == R"("\"\\\b\f\n\r\t\u0001\u001f")");
  for (std::size_t size = 1; size <= 20; ++size)
    for (std::size_t at = 0; at < size; ++at)
      for (char const special : {'"', '\\', '\n', '\x1f', '\0', '\x7f', ' ', '!', '#', '[', ']'}) {
        std::string any(size, 'x');
        any[at] = special;
        if (read_back(text(any)) != any) FAIL("byte " << static_cast<int>(special) << " at " << at << " of " << size);
      }
  SUCCEED();
}

TEST_CASE("json: any bytes at all give valid JSON, with U+FFFD for what is not UTF-8") {
  std::mt19937 random{7};
  for (int round = 0; round < 20'000; ++round) {
    std::string any(random() % 40, '\0');
    for (auto& byte : any) byte = static_cast<char>(random() % 4 == 0 ? random() : 'a' + random() % 26);
    if (read_back(text(any)) != repaired(any)) FAIL("round " << round << ": " << text(any));
  }
  CHECK(text("a\xff") == "\"a\xEF\xBF\xBD\"");
  CHECK(text("日本🚀") == "\"日本🚀\"");
}

TEST_CASE("json: doubles are read back as the same number") {
  std::mt19937_64 random{11};
  for (int round = 0; round < 20'000; ++round) {
    std::uint64_t const bits = random();
    double number;
    std::memcpy(&number, &bits, sizeof number);
    if (!std::isfinite(number)) continue;
    if (std::strtod(plain(number).c_str(), nullptr) != number) FAIL(plain(number));
  }
  SUCCEED();
}

TEST_CASE("json: indented as Python's json.dumps does it") {
  send_buffer out;
  json_writer json{out, 4};
  json.open_object();
  json.name("a"), json.open_array(), json.close_array();
  json.name("b"), json.open_object(), json.close_object();
  json.key("c\n");
  json.open_array();
  json.integer(1);
  json.open_object(), json.name("d"), json.null(), json.close_object();
  json.close_array();
  json.name("e"), json.decimal(std::int64_t{-3});
  json.name("f"), json.hex(reinterpret_cast<unsigned char const*>("\x0a\xf7"), 2, "0x");
  json.name("g"), json.text("Span", "Kind");
  json.close_object();
  CHECK(std::string{out.view()} == R"({
    "a": [],
    "b": {},
    "c\n": [
        1,
        {
            "d": null
        }
    ],
    "e": "-3",
    "f": "0x0af7",
    "g": "SpanKind"
})");
}

TEST_CASE("json: the buffer grows, is cut and gives memory back") {
  send_buffer out;
  std::string expected;
  for (int i = 0; i < 10'000; ++i) out.literal("0123456789"), expected += "0123456789";
  CHECK(out.view() == expected);
  out.cut(3);
  CHECK(out.view() == "012");
  out.shrink_above(1000);
  CHECK(out.empty());
  out.append({});
  out.append("again");
  CHECK(out.view() == "again");
}
