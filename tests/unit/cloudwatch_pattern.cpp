// impl/cloudwatch/pattern.hpp: patterns, and the names that come of them.
#include <fanlight/impl/cloudwatch/pattern.hpp>

#include <fanlight/detail/utf8.hpp>

#include "catch.hpp"

namespace fl = fanlight;
using Catch::Matchers::ContainsSubstring;
using fl::detail::cloudwatch_pattern;
using fl::detail::cloudwatch_stream_names;

namespace {

std::string wrong_with(std::string const& text) {
  cloudwatch_pattern out;
  return fl::detail::read_pattern(text, cloudwatch_stream_names, out);
}
std::string name_of(std::string const& text, fl::detail::cloudwatch_origin const& from = {}) {
  cloudwatch_pattern by;
  REQUIRE(fl::detail::read_pattern(text, cloudwatch_stream_names, by) == "");
  return fl::detail::stream_name(by, from);
}

}  // namespace

TEST_CASE("cloudwatch_pattern: pieces, and braces that are meant") {
  fl::detail::cloudwatch_origin from;
  from.machine = "h", from.program = "p", from.logger = "l", from.thread = "t", from.process = 7;
  CHECK(name_of("{machine_name}{program_name}-{logger_name}.{thread_name}/{process_id}", from) == "hp-l.t/7");
  CHECK(name_of("{{{process_id}}}", from) == "{7}");
  CHECK(name_of("a{{b}}c") == "a{b}c");
  CHECK(name_of("{strftime:%Y/%m/%d %H}") == "1970/01/01 00");
}

TEST_CASE("cloudwatch_pattern: what is wrong is found when it is read, with the cure") {
  CHECK_THAT(wrong_with("{host}"), ContainsSubstring("there is no {host}") && ContainsSubstring("machine_name program_name"));
  CHECK_THAT(wrong_with("{}"), ContainsSubstring("there is no {}"));
  CHECK_THAT(wrong_with("{name program_name}"), ContainsSubstring("there is no"));
  CHECK_THAT(wrong_with("a{b"), ContainsSubstring("is not closed"));
  CHECK_THAT(wrong_with("a}b"), ContainsSubstring("stands alone"));
  CHECK_THAT(wrong_with("{strftime}"), ContainsSubstring("needs a format"));
  CHECK_THAT(wrong_with("{strftime:}"), ContainsSubstring("needs a format"));
  CHECK_THAT(wrong_with("{process_id:x}"), ContainsSubstring("takes nothing"));
}

TEST_CASE("cloudwatch_pattern: letters that CloudWatch does not take") {
  fl::detail::cloudwatch_origin from;
  from.machine = "C:\\a*b\n\xFF\x7F";
  CHECK(name_of("{machine_name}", from) == "C-\\a-b_\xEF\xBF\xBD_");
  CHECK(name_of("{logger_name}") == "_");
}

TEST_CASE("cloudwatch_pattern: a name has 512 characters, and no half one") {
  std::string euros;
  for (int i = 0; i < 600; ++i) euros += "\xE2\x82\xAC";
  auto const out = name_of(euros);
  CHECK(fl::detail::utf8_count(out) == 512);
  CHECK(fl::detail::is_utf8(out));
  CHECK(name_of(std::string(600, 'x')).size() == 512);
}

TEST_CASE("cloudwatch_pattern: names of groups") {
  CHECK(fl::detail::wrong_with_group("/aws/lambda/a_b-c.d#1") == "");
  CHECK(fl::detail::wrong_with_group(std::string(512, 'x')) == "");
  for (std::string const bad : {"", "aws/x", "a b", "a:b", "a*", "caf\xC3\xA9"}) CHECK(fl::detail::wrong_with_group(bad) != "");
  CHECK(fl::detail::wrong_with_group(std::string(513, 'x')) != "");
}
