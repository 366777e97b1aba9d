// The capture that users test with: what its tree shows, in which order, and that its records outlive what made them.
#include <fanlight/testing.hpp>
#include <fanlight/trace.hpp>

#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"

using namespace fanlight;

TEST_CASE("a tree shows every fact of a span, and neither ids nor times") {
  testing::capture taken;
  {
    scoped_span cause{"cause"};
    scoped_span span{"POST /orders",
                     {.kind = span_kind::server, .links = {{cause.context(), {{"why", "retry"}}}}, .instrumentation = {"shop", "1.2"}},
                     {{"tier", "gold"}}};
    span.annotate("id", 12345).metadata("plan", "pro", "billing").metadata("size", 3u);
    span.event("cache.miss", {{"key", "home"}, {"warm", false}});
    span.fail("card declined");
  }
  CHECK(taken.tree() ==
        "cause\n"
        "  POST /orders [server] ERROR \"card declined\" (shop 1.2) tier=\"gold\" @id=12345 billing/plan=\"pro\" default/size=3\n"
        "    link to cause why=\"retry\"\n"
        "    event cache.miss key=\"home\" warm=false\n");
}

TEST_CASE("a tree shows each kind of value for what it is") {
  testing::capture taken;
  {
    scoped_span span{"values"};
    span.set("none", nullptr).set("yes", true).set("int", -7).set("big", UINT64_MAX).set("real", 0.25).set("whole", 2.0);
    span.set("text", "a \"b\"\\\n\x01").set("raw", bytes{"\x01\xff", 2});
    span.set("list", array{"x", 2, array{}}).set("map", object{{"a", 1}, {"b", object{{"c", nullptr}}}});
  }
  CHECK(taken.tree() ==
        "values none=null yes=true int=-7 big=18446744073709551615 real=0.25 whole=2.0 text=\"a \\\"b\\\"\\\\\\n\\x01\" raw=0x01ff"
        " list=[\"x\", 2, []] map={a: 1, b: {c: null}}\n");
}

TEST_CASE("children, logs and reports stand beneath their span in the order in which they began") {
  testing::capture taken;
  {
    scoped_span outer{"outer"};
    info("first");
    { scoped_span second{"second"}; }
    error_report{"third", level::warn}.set("reason", "card");
    { scoped_span fourth{"fourth"}; }
  }
  logger{"access"}.log(level::error, "GET / 500", {{"status", 500}});
  CHECK(taken.tree() ==
        "outer\n"
        "  log INFO \"first\"\n"
        "  second\n"
        "  report WARN \"third\" #1 reason=\"card\"\n"
        "  fourth\n"
        "log ERROR \"GET / 500\" (access) status=500\n");
}

TEST_CASE("one error has one number wherever it is told") {
  testing::capture taken;
  {
    scoped_span span{"order"};
    error_report{"unrelated"};
    try {
      throw std::runtime_error{"card declined"};
    } catch (std::exception const& error) {
      span.fail(error);
      error_report{error};
    }
  }
  CHECK(taken.tree() ==
        "order ERROR \"card declined\" fanlight.error.id=#1 error.type=\"std::runtime_error\"\n"
        "  event exception exception.type=\"std::runtime_error\" exception.message=\"card declined\" fanlight.error.id=#1\n"
        "  report ERROR \"unrelated\" #2\n"
        "  report ERROR \"card declined\" (std::runtime_error) #1\n");
}

TEST_CASE("what came from elsewhere says so") {
  testing::capture taken;
  context const caller{trace_id{{1}}, span_id{{2}}, trace_flag::sampled, true};
  {
    scoped_span served{"served", {.kind = span_kind::server, .parent = caller, .links = {{caller}}}};
    served.link(context{}, {{"why", "kept"}});
  }
  { subsegment lonely{"lonely"}; }
  CHECK(taken.tree() ==
        "served [server, remote parent]\n"
        "  link to elsewhere\n"
        "  link to nothing why=\"kept\"\n"
        "lonely [orphan]\n");
}

TEST_CASE("what a span lost is counted in its line") {
  testing::capture taken{{.limits = {.attributes = 1, .events = 0, .links = 0, .event_attributes = 0}}};
  {
    scoped_span span{"full"};
    span.set("a", 1).set("b", 2).set("c", 3).event("lost").link(span.context());
  }
  CHECK(taken.tree() == "full a=1 (2 attributes lost) (1 event lost) (1 link lost)\n");
}

TEST_CASE("a capture takes what other threads make in a context that was carried there") {
  testing::capture taken;
  {
    scoped_span batch{"batch"};
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i)
      threads.emplace_back(carry([i] {
        scoped_span part{"part"};
        part.set("number", i);
      }));
    for (auto& each : threads) each.join();
  }
  CHECK(taken.tree(testing::siblings::by_text) ==
        "batch\n"
        "  part number=0\n"
        "  part number=1\n"
        "  part number=2\n");
}

TEST_CASE("a thread without context records into a capture by with_default") {
  testing::capture taken;
  std::thread{[&] {
    with_default const here{taken.pipeline()};
    scoped_span span{"elsewhere"};
  }}.join();
  CHECK(taken.tree() == "elsewhere\n");
}

TEST_CASE("captures do not see each other, one inside the other or side by side") {
  testing::capture outer;
  {
    scoped_span span{"outer"};
    {
      testing::capture inner;
      { scoped_span apart{"inner"}; }
      CHECK(inner.tree() == "inner\n");
      CHECK_FALSE(inner.spans()["inner"].parent_id.is_valid());
    }
    scoped_span child{"child"};
  }
  CHECK(outer.tree() == "outer\n  child\n");

  std::string seen[2];
  std::thread threads[2];
  for (int i = 0; i < 2; ++i)
    threads[i] = std::thread{[&seen, i] {
      testing::capture mine;
      { scoped_span span{i == 0 ? "zero" : "one"}; }
      seen[i] = mine.tree();
    }};
  for (auto& each : threads) each.join();
  CHECK(seen[0] == "zero\n");
  CHECK(seen[1] == "one\n");
}

TEST_CASE("records are found by name and by number, and outlive the capture") {
  auto const make = [] {
    testing::capture taken;
    { scoped_span first{"first"}; }
    { scoped_span second{"second", {{"n", 2}}}; }
    warn("careful");
    error_report{"broken"};
    CHECK(taken.logs()["careful"].level == level::warn);
    CHECK(taken.errors()["broken"].level == level::error);
    return taken.spans();
  };
  auto const spans = make();
  REQUIRE(spans.size() == 2);
  CHECK(spans[0].name == "first");
  CHECK(spans["second"].find("n").as_int64() == 2);
  CHECK_THROWS_WITH(spans["third"], "no record 'third' among: first, second");
}

TEST_CASE("a capture can forget, and goes on") {
  testing::capture taken;
  { scoped_span span{"before"}; }
  taken.clear();
  { scoped_span span{"after"}; }
  CHECK(taken.tree() == "after\n");
}

TEST_CASE("a manual clock says what time it is and which ids come next") {
  testing::manual_clock clock{wall_time{1'763'700'000'000'000'001}};
  testing::capture taken{{.instead = clock.instead()}};
  {
    scoped_span span{"timed"};
    clock.advance(std::chrono::nanoseconds{42});
  }
  auto const span = taken.spans()["timed"];
  CHECK(span.start.nanoseconds == 1'763'700'000'000'000'001);
  CHECK(span.duration() == std::chrono::nanoseconds{42});
  CHECK(clock.now().nanoseconds == span.end.nanoseconds);
  CHECK(span.trace_id.hex().view() == "691fed20020000000000000000000001");
  CHECK(span.span_id.hex().view() == "0000000000000003");
}

TEST_CASE("a capture shows what misuse was told") {
  testing::capture taken;
  span worked{"worked"};
  worked.end();
  worked.set("late", 1).set("later", 2);
  auto const said = taken.problems();
  REQUIRE(said.size() == 1);
  CHECK(said[0].code == problem_code::ended);
}

TEST_CASE("a capture waits no longer than it was told to") {
  std::promise<void> release;
  auto const released = release.get_future().share();
  testing::capture taken{{.process = [released](record_editor&) { released.wait(); }}, std::chrono::milliseconds{20}};
  { scoped_span span{"held up"}; }
  CHECK(taken.tree() == "... and what did not arrive in time\n");
  release.set_value();
}
