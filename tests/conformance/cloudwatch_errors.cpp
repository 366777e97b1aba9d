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

/// The line of that `type`; of a log record, whose lines have none, for an empty one.
json_value line_of(std::vector<std::string> const& lines, std::string const& type) {
  for (auto const& each : lines)
    if (json_value const line{each}; type.empty() ? !line.has("type") : line["type"] == type) return line;
  FAIL("no line of type '" << type << "'");
  return json_value{"{}"};
}

}  // namespace

TEST_CASE("cloudwatch: report, span and log tell of one error by one id; its stack and causes are texts") {
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
  auto const report = line_of(lines, "error"), span = line_of(lines, "span"), log = line_of(lines, "");
  CHECK(report["error_id"].text().size() == 36);
  CHECK(span["error_id"] == report["error_id"].text());
  CHECK(log["message"] == "sorry");
  CHECK(log["error_id"] == report["error_id"].text());
  CHECK_FALSE(json_value{lines[3]}.has("error_id"));  // "later"
  CHECK(report["message"] == "card declined");
  CHECK(report["exception.type"] == "std::runtime_error");
  CHECK(report["fanlight.error.causes"].text() == R"(["std::out_of_range: no such card"])");
  CHECK_THAT(report["exception.stacktrace"].text(), ContainsSubstring("fanlight_test_charge"));
  auto const event = span["events"].at(0);
  CHECK(event["name"] == "exception");
  CHECK(event["exception.message"] == "card declined");
  CHECK(event["exception.stacktrace"].text() == report["exception.stacktrace"].text());
}
