// The cases of OpenTelemetry's specification on limits, status and the end of a span. Names start with page and number.
#include <fanlight/testing.hpp>
#include <fanlight/trace.hpp>

#include "catch.hpp"

using namespace fanlight;

TEST_CASE("otlp LM1 overwriting a key at the limit is no addition") {
  testing::capture taken{{.limits = {.attributes = 2}}};
  { scoped_span{"span"}.set("a", "old").set("b", 1).set("c", 2).set("a", "new"); }
  CHECK(taken.tree() == "span a=\"new\" b=1 (1 attribute lost)\n");
}

TEST_CASE("otlp LM2 the length limit counts characters, and each element of an array on its own") {
  testing::capture taken{{.limits = {.value_length = 3}}};
  { scoped_span{"span"}.set("text", "h\u00e9llo").set("list", array{"abcd", "\u00e9"}); }
  CHECK(taken.tree() == "span text=\"h\u00e9l\" list=[\"abc\", \"\u00e9\"]\n");
}

TEST_CASE("otlp LM3 ok is final, and has no message") {
  testing::capture taken;
  { scoped_span{"span"}.status(status_code::error, "x").status(status_code::ok, "y").status(status_code::error, "z"); }
  auto const spans = taken.spans();
  CHECK(spans["span"].status == status_code::ok);
  CHECK(spans["span"].status_message().empty());
}

TEST_CASE("otlp LM4 after the end nothing is written, and there is one end") {
  testing::capture taken;
  {
    span ended{"span"};
    ended.end();
    ended.set("k", 1);
    ended.end();
  }
  CHECK(taken.tree() == "span\n");
  CHECK(taken.spans().size() == 1);
}
