// Errors in lines of CloudWatch: what is known of an exception, in its report, on the span that it left, and in what its handler logged.
#include "catch.hpp"
#include "support/cloudwatch_pipeline.hpp"

#include <fanlight/log.hpp>
#include <fanlight/report.hpp>
#include <fanlight/span.hpp>

#include <exception>
#include <stdexcept>

using namespace support;
using Catch::Matchers::ContainsSubstring;

/// Has a name in the table of symbols, and is not inlined.
extern "C" __attribute__((noinline)) void fanlight_test_charge(int number) {
  fl::scoped_span const span{"charge"};
  try {
    if (number != 0) throw std::out_of_range{"no such card"};
  } catch (...) {
    std::throw_with_nested(std::runtime_error{"card declined"});
  }
}

namespace {

/// The line whose member `key` is `text`. Lines of one millisecond stand in the order in which the exporter saw them, kind by kind.
json_value line_with(std::vector<std::string> const& lines, char const* key, std::string_view text) {
  for (auto const& each : lines)
    if (json_value const line{each}; line[key] == text) return line;
  FAIL("no line with " << key << " " << text);
  return json_value{"{}"};
}

}  // namespace

TEST_CASE("cloudwatch: report, span and log tell of one error by one id, its stack and causes are texts") {
  fake_cloudwatch there;
  there.make("cruddur", "web-1");
  auto how = to_server(there);
  how.errors = how.spans = true;
  logged on{how};
  try {
    fl::guarded([] { fanlight_test_charge(7); });
  } catch (std::exception const& error) {
    fl::report(error);
    fl::info("sorry");
  }
  fl::info("later");
  REQUIRE(on.line.flush(patience));
  auto const lines = there.messages("cruddur", "web-1");
  REQUIRE(lines.size() == 4);
  auto const reported = line_with(lines, "type", "error"), left = line_with(lines, "type", "span"), logged_then = line_with(lines, "message", "sorry");
  CHECK(reported["error_id"].text().size() == 36);
  CHECK(left["error_id"] == reported["error_id"].text());
  CHECK(logged_then["error_id"] == reported["error_id"].text());
  CHECK_FALSE(line_with(lines, "message", "later").has("error_id"));
  CHECK(reported["message"] == "card declined");
  CHECK(reported["exception.type"] == "std::runtime_error");
  CHECK(reported["fanlight.error.causes"].text() == R"(["std::out_of_range: no such card"])");
  CHECK_THAT(reported["exception.stacktrace"].text(), ContainsSubstring("fanlight_test_charge"));
  auto const event = left["events"].at(0);
  CHECK(event["name"] == "exception");
  CHECK(event["exception.message"] == "card declined");
  CHECK(event["exception.stacktrace"].text() == reported["exception.stacktrace"].text());
}
