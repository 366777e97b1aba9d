// Records while they are written: limits, growth from the span's own memory to a block, and what is lost, counted, when nothing more fits.
#include <fanlight/testing.hpp>
#include <fanlight/trace.hpp>

#include <string>
#include <vector>

#include "catch.hpp"

using namespace fanlight;

namespace {

[[nodiscard]] std::string numbered(char const* prefix, int number) { return prefix + std::to_string(number); }

}  // namespace

// ---- limits -------------------------------------------------------------------------------------------------------------------------------

TEST_CASE("by default a span takes 128 attributes, events and links, and 128 attributes on each of those") {
  testing::capture taken;
  {
    scoped_span span{"span"};
    for (int i = 0; i < 130; ++i) span.set(numbered("a", i), i).event(numbered("e", i)).link(span.context(), {{"i", i}});
  }
  auto const spans = taken.spans();
  auto const& span = spans["span"];
  CHECK(span.attributes().size() == 128);
  CHECK(span.dropped_attributes == 2);
  CHECK(span.events().size() == 128);
  CHECK(span.dropped_events == 2);
  CHECK(span.links().size() == 128);
  CHECK(span.dropped_links == 2);
  CHECK(span.find("a127").as_int64() == 127);
  CHECK(span.find("a128").kind() == value_kind::empty);
}

TEST_CASE("attributes given at the start are counted with those set later") {
  testing::capture taken{{.limits = {.attributes = 2, .links = 1}}};
  {
    scoped_span cause{"cause"};
    scoped_span span{"span", {.links = {{cause.context()}, {cause.context()}}}, {{"a", 1}, {"b", 2}, {"c", 3}}};
    span.annotate("d", 4).set("b", "replaced").metadata("free", 5);
  }
  CHECK(taken.tree() == "cause\n  span a=1 b=\"replaced\" default/free=5 (2 attributes lost) (1 link lost)\n    link to cause\n");
}

TEST_CASE("a limit of nothing leaves nothing, and counts it") {
  testing::capture taken{{.limits = {.attributes = 0, .events = 0, .links = 0, .log_attributes = 0, .value_length = 0}}};
  {
    scoped_span span{"span", {{"a", 1}}};
    span.event("e").link(span.context()).metadata("m", "text");
    info("text", {{"k", 1}});
  }
  CHECK(taken.tree() == "span default/m=\"\" (1 attribute lost) (1 event lost) (1 link lost)\n  log INFO \"text\" (1 attribute lost)\n");
}

TEST_CASE("attributes of events and links have limits of their own") {
  testing::capture taken{{.limits = {.event_attributes = 2, .link_attributes = 1, .value_length = 2}}};
  {
    scoped_span span{"span"};
    span.event("event", {{"a", "long"}, {"b", array{"long", 1}}, {"c", 3}, {"a", "later"}});
    span.link(span.context(), {{"a", "long"}, {"", 1}, {"b", 2}});
  }
  CHECK(taken.tree() ==
        "span\n"
        "  link to span a=\"lo\" (2 attributes lost)\n"
        "  event event b=[\"lo\", 1] c=3 (1 attribute lost)\n");
}

TEST_CASE("the limit on values counts characters of text, bytes of bytes, and each element on its own") {
  testing::capture taken{{.limits = {.value_length = 3}}};
  {
    scoped_span span{"span"};
    span.set("ascii", "abcdef").set("short", "abc").set("wide", "h\u00e9llo").set("emoji", "\U0001F600\U0001F600\U0001F600\U0001F600");
    span.set("broken", std::string_view{"\x80\x80\x80\x80\x80", 5})
        .set("raw", bytes{"\1\2\3\4", 4})
        .set("number", 123456)
        .set("real", 1.23456);
    span.set("nested", object{{"longer key", array{"abcdef", object{{"deep", "abcdef"}}}}});
    span.status(status_code::error, "not an attribute");
  }
  CHECK(
      taken.tree() ==
      "span ERROR \"not an attribute\" ascii=\"abc\" short=\"abc\" wide=\"h\u00e9l\" emoji=\"\U0001F600\U0001F600\U0001F600\" broken=\"\x80\x80\x80\""
      " raw=0x010203 number=123456 real=1.23456 nested={longer key: [\"abc\", {deep: \"abc\"}]}\n");
}

TEST_CASE("what a span loses to a limit is told once") {
  testing::capture taken{{.limits = {.attributes = 1}}};
  { scoped_span{"span", {{"a", 1}}}.set("b", 1).set("c", 1); }
  auto const said = taken.problems();
  REQUIRE(said.size() == 1);
  CHECK(said[0].code == problem_code::attributes_dropped);
  CHECK(said[0].what.find("'span'") != std::string::npos);
}

// ---- growth -------------------------------------------------------------------------------------------------------------------------------

TEST_CASE("a record outgrows the span's own memory, then each block, and keeps everything") {
  for (int const count : {5, 20, 100, 128}) {
    testing::capture taken;
    std::string const text(300, 't');
    {
      scoped_span span{"span"};
      for (int i = 0; i < count; ++i) span.set(numbered("key ", i), text).event(numbered("event ", i), {{"n", i}});
      span.set("key 0", "replaced").update_name("renamed");
    }
    auto const spans = taken.spans();
    auto const& span = spans["renamed"];
    CHECK(span.attributes().size() == static_cast<std::size_t>(count));
    CHECK(span.find(numbered("key ", count - 1)).as_text() == text);
    CHECK(span.find("key 0").as_text() == "replaced");
    int n = 0;
    for (auto const& each : span.events()) CHECK((*each.attributes().begin()).value.as_int64() == n++);
    CHECK(n == count);
    CHECK(span.dropped_attributes == 0);
  }
}

TEST_CASE("a span never grows beyond a quarter of its thread's ring: it loses attributes, events and links, counted, and never itself") {
  testing::capture taken{{.batching = {.capture_bytes = 64 * 1024}}};  // records of up to 16 KiB
  std::string const large(20'000, 'x'), medium(5'000, 'y');
  {
    scoped_span span{"span", {{"too large", large}, {"small", 1}}};
    span.set("a", medium).set("b", medium).set("c", medium).set("d", medium).set("e", 5);
    span.event("its attributes are lost", {{"large", large}, {"b", 2}});
    span.event(std::string(12'000, 'n')).event("fits").link(span.context(), {{"large", large}});
    span.set("a", large).set("small", 2);
    span.update_name(large);
  }
  CHECK(taken.tree() == "span small=2 a=\"" + medium + "\" b=\"" + medium + "\" c=\"" + medium +
                            "\" e=5 (4 attributes lost) (1 event lost)\n"
                            "  link to span (1 attribute lost)\n"
                            "  event its attributes are lost (2 attributes lost)\n"
                            "  event fits\n");
}

TEST_CASE("an attribute that is written again and again does not fill the record") {
  testing::capture taken{{.batching = {.capture_bytes = 64 * 1024}}};
  {
    scoped_span span{"span", {{"first", 1}}};
    for (int i = 0; i < 20'000; ++i) span.set("progress", std::string(static_cast<std::size_t>(i % 50), 'p')).set("last", i);
  }
  CHECK(taken.tree() == "span first=1 progress=\"" + std::string(49, 'p') + "\" last=19999\n");
}

TEST_CASE("names and facts that no record can hold are cut or counted") {
  testing::capture taken{{.batching = {.capture_bytes = 64 * 1024}}};
  {
    annotation const large{"large", std::string(20'000, 'x')}, small{"small", 1};
    scoped_span span{std::string(100'000, 'n')};
    span.set("k", 2);
  }
  CHECK(taken.tree() == std::string(8'192, 'n').append(" @small=1 k=2 (1 attribute lost)\n"));
}

TEST_CASE("keys are cut at 65,535 bytes, wherever they stand") {
  testing::capture taken;
  std::string const key(70'000, 'k'), cut(65'535, 'k');
  {
    scoped_span span{"span"};
    span.set(key, 1).event("event", {{key, 2}, {"after", 3}}).set("after", 4);
  }
  CHECK(taken.tree() == "span " + cut + "=1 after=4\n  event event " + cut + "=2 after=3\n");
}

TEST_CASE("every size of name and text around the edges of memory is kept as it is") {
  testing::capture taken;
  for (std::size_t size = 0; size < 700; ++size) {
    scoped_span span{std::string(size, 'n')};
    span.set("k", std::string(size, 'v')).set(std::string(size + 1, 'k'), size);
  }
  auto const spans = taken.spans();
  REQUIRE(spans.size() == 700);
  for (std::size_t size = 0; size < 700; ++size) {
    CHECK(spans[size].name.size() == size);
    CHECK(spans[size].name.c_str()[size] == 0);
    CHECK(spans[size].find(std::string(size + 1, 'k')).as_uint64() == size);
    if (size != 0) CHECK(spans[size].find("k").as_text() == std::string(size, 'v'));
  }
}
