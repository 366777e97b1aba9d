// Lines with values in them: patterns, kinds of values, widths, and that nothing is made for a record that is not kept.
#include <fanlight/format.hpp>
#include <fanlight/testing.hpp>

#include <limits>
#include <string>

#include "catch.hpp"

using namespace fanlight;

namespace {

template <class Line>
std::string text_of(Line const& line) {
  text_writer to;
  line.write_to(to);
  return std::string{to.view()};
}

}  // namespace

TEST_CASE("values stand where the braces are") {
  CHECK(text_of(line("plain")) == "plain");
  CHECK(text_of(line("")).empty());
  CHECK(text_of(line("{} and {}, {}", 1, "two", std::string{"three"})) == "1 and two, three");
  CHECK(text_of(line("{1} before {0}, {1} again", "a", 'b')) == "b before a, b again");
  CHECK(text_of(line("{{{}}} {{}}", 5)) == "{5} {}");
  CHECK(text_of(line("{}|{}|{}", true, false, static_cast<char const*>(nullptr))) == "true|false|");
}

TEST_CASE("whole numbers as std::format writes them") {
  CHECK(text_of(line("{} {} {}", -7, std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::uint64_t>::max())) ==
        "-7 -9223372036854775808 18446744073709551615");
  CHECK(text_of(line("{:d} {:x} {:X} {:#x} {:#X} {:o} {:#o} {:b} {:#b} {:#B}", 42, 255, 255, 255, 255, 8, 8, 5, 5, 5)) ==
        "42 ff FF 0xff 0XFF 10 010 101 0b101 0B101");
  CHECK(text_of(line("{:#o} {:x}", 0, -255)) == "0 -ff");
  CHECK(text_of(line("[{:5}] [{:<5}] [{:^5}] [{:>5}] [{:*^6}]", 42, 42, 42, 42, 42)) == "[   42] [42   ] [ 42  ] [   42] [**42**]");
  CHECK(text_of(line("{:+} {:+} {: } {:05} {:+05} {:#06x} {:<05}", 1, -1, 1, -42, 42, 255, 7)) == "+1 -1  1 -0042 +0042 0x00ff 7    ");
}

TEST_CASE("real numbers as std::format writes them") {
  CHECK(text_of(line("{} {} {} {}", 0.1, 1.0, -2.5, 1e300)) == "0.1 1 -2.5 1e+300");
  CHECK(text_of(line("{:.2f} {:f} {:e} {:.3g} {:G} {:.1}", 3.14159, 1.5, 12345.678, 0.00012345, 1e-10, 0.25)) == "3.14 1.500000 1.234568e+04 0.000123 1E-10 0.2");
  CHECK(text_of(line("{:8.2f}|{:<8.2f}|{:08.2f}|{:+.1f}", -3.14159, 3.14159, -3.14159, 2.0)) == "   -3.14|3.14    |-0003.14|+2.0");
  double const infinity = std::numeric_limits<double>::infinity();
  CHECK(text_of(line("{} {} {:06} {:F}", infinity, -infinity, infinity, std::numeric_limits<double>::quiet_NaN())) == "inf -inf    inf NAN");
  CHECK(text_of(line("{:.0f} {:.1f}", 0.0, -0.0)) == "0 -0.0");
  CHECK(text_of(line("{:f}", std::numeric_limits<double>::max())).size() == 309 + 7);
}

TEST_CASE("texts: width and precision count letters, and not bytes") {
  CHECK(text_of(line("[{:6}] [{:>6}] [{:^6}] [{:-<6}]", "ab", "ab", "ab", "ab")) == "[ab    ] [    ab] [  ab  ] [ab----]");
  CHECK(text_of(line("[{:.2}] [{:.9s}] [{:4.1}]", "abc", "abc", "abc")) == "[ab] [abc] [a   ]");
  CHECK(text_of(line("[{:5}] [{:.2}]", "äöü", "äöü")) == "[äöü  ] [äö]");
  CHECK(text_of(line("[{:3}] [{:>3c}]", 'x', 'y')) == "[x  ] [  y]");
}

TEST_CASE("arrays and objects are JSON") {
  CHECK(text_of(line("{}", object{{"a", 1}, {"b", array{"x\"\\\n\x01", 2.5, true, nullptr}}})) == R"({"a":1,"b":["x\"\\\n\u0001",2.5,true,null]})");
  CHECK(text_of(line("{:>4}", array{})) == "  []");
  CHECK(text_of(line("{}", object{{"bad", "\xFF"}, {"real", std::numeric_limits<double>::infinity()}})) == "{\"bad\":\"\xEF\xBF\xBD\",\"real\":null}");
}

TEST_CASE("a line may be long") {
  std::string const part(3000, 'p');
  CHECK(text_of(line("{}-{}-{}", part, part, 1)) == part + "-" + part + "-1");
}

TEST_CASE("a log record takes a line, with fields or without, and makes nothing of it when it is not kept") {
  testing::capture taken{{.minimum_level = level::info}};
  logger const db{"db"};
  info(line("{} rows", 3));
  info(line("{} rows", 3), {{"rows", 3}});
  db.warn(line("slow: {:.1f} ms", 12.25), [](field_writer& to) { to.set("ms", 12.25); });
  debug(line("{}", "not kept"));
  log(level::error, line("by {}", "log"));
  CHECK(taken.tree() == "log INFO \"3 rows\"\nlog INFO \"3 rows\" rows=3\nlog WARN \"slow: 12.2 ms\" (db) ms=12.25\nlog ERROR \"by log\"\n");
  CHECK(std::string_view{taken.logs()[0].where.file()}.find("format.cpp") != std::string_view::npos);
}

namespace {

/// What is checked when compiling, asked at run time.
bool is_well_formed(std::string_view pattern) {
  detail::line_reader reader{pattern};
  for (detail::line_piece piece; reader.next(piece);) {
  }
  return !reader.is_bad();
}

}  // namespace

TEST_CASE("patterns that would not compile") {
  for (auto const* const good : {"", "{}", "{0}{1}{0}", "{{", "}}", "{:>10}", "{0:x}", "a{{b}}c", "{:.3f}", "{::<4}"})
    CHECK(is_well_formed(good));
  for (auto const* const bad : {"{", "}", "{}{0}", "{0}{}", "{a}", "{:", "{:.}", "{:10", "{:ss}", "{} }", "{:2000}"}) CHECK_FALSE(is_well_formed(bad));
  using detail::fits_line;
  using detail::line_kind;
  CHECK(fits_line(line_kind::whole, {.type = 'x'}));
  CHECK_FALSE(fits_line(line_kind::whole, {.type = 's'}));
  CHECK_FALSE(fits_line(line_kind::whole, {.precision = 2}));
  CHECK_FALSE(fits_line(line_kind::text, {.zeros = true}));
  CHECK_FALSE(fits_line(line_kind::nested, {.type = 's'}));
}
