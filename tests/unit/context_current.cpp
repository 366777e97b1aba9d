// current(), and what a thread's place is when nothing is open, when there is no pipeline, and when there are several.
#include <fanlight/testing.hpp>
#include <fanlight/trace.hpp>

#include <map>
#include <memory>
#include <string>
#include <thread>

#include "catch.hpp"

using namespace fanlight;

namespace {

using headers = std::map<std::string, std::string>;

[[nodiscard]] context received(headers const& in) {
  return extract([&in](std::string_view key) -> std::string_view {
    auto const at = in.find(std::string{key});
    return at == in.end() ? std::string_view{} : std::string_view{at->second};
  });
}
[[nodiscard]] headers sent() {
  headers out;
  inject([&out](std::string_view key, std::string_view text) { out[std::string{key}] = std::string{text}; });
  return out;
}

headers const incoming{
    {"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}, {"tracestate", "a=1,b=2"}, {"baggage", "k=v"}};

}  // namespace

TEST_CASE("with nothing open there is no place") {
  CHECK_FALSE(current().is_valid());
  CHECK(sent().empty());
  testing::capture taken;
  CHECK_FALSE(current().is_valid());
  CHECK(sent().empty());
}

TEST_CASE("the place is that of the innermost open scope") {
  testing::capture taken;
  scoped_span a{"a"};
  CHECK(current().span_id() == a.context().span_id());
  {
    scoped_span b{"b"};
    CHECK(current().span_id() == b.context().span_id());
    CHECK(current().trace_id() == a.context().trace_id());
    CHECK_FALSE(current().is_remote());
    std::thread{[] { CHECK_FALSE(current().is_valid()); }}.join();
  }
  CHECK(current().span_id() == a.context().span_id());
}

// ---- without a pipeline ---------------------------------------------------------------------------------------------------------------------

TEST_CASE("without a pipeline a trace passes through from extract to inject") {
  scope const served{received(incoming)};
  CHECK(current().is_remote());
  CHECK(sent() == incoming);
}

TEST_CASE("without a pipeline instruments record nothing and change nothing of a trace that passes through") {
  scope const served{received(incoming)};
  scoped_span plain{"plain"};
  CHECK_FALSE(plain.is_recording());
  plain.set("k", 1).event("e").fail("x");
  CHECK(sent() == incoming);
  {
    subsegment inner{"inner", {.kind = span_kind::client}, {{"k", 1}}};
    annotation const who{"tenant", "acme"};
    CHECK(sent() == incoming);
    info("nobody");
    error_report{"nobody"};
    CHECK(error_report{"nobody"}.uuid().view().empty());
  }
  segment nested{"nested"};
  CHECK(sent() == incoming);
}

TEST_CASE("without a pipeline a span is never current, and hands its parent's place on") {
  span loose{"loose"};
  CHECK_FALSE(loose.context().is_valid());
  loose.set("k", 1).end();
  {
    scope const served{received(incoming)};
    {
      span owned{"owned"};
      CHECK(current().span_id() == received(incoming).span_id());
      CHECK(owned.context().trace_id() == received(incoming).trace_id());
      CHECK(owned.context().tracestate() == "a=1,b=2");
      scope const inside{owned};
      CHECK(sent() == incoming);
    }
    CHECK(sent() == incoming);
  }
  span named{"named", {.parent = received(incoming)}};
  CHECK(named.context().span_id() == received(incoming).span_id());
  CHECK_FALSE(current().is_valid());
  scope const inside{named};
  CHECK(sent() == incoming);
}

TEST_CASE("without a pipeline a parent that is named is what goes on, a new trace is none") {
  {
    scoped_span served{"served", {.parent = received(incoming)}};
    CHECK(sent() == incoming);
    scoped_span inner{"inner"};
    CHECK(sent() == incoming);
  }
  scoped_span root{"root", {.parent = {}}};
  CHECK_FALSE(root.context().is_valid());
  CHECK(sent().empty());
}

TEST_CASE("without a pipeline facts are still carried, for a pipeline that is there later") {
  context place;
  {
    annotation const who{"tenant", "acme"};
    scope const served{received(incoming)};
    place = current();
  }
  testing::capture taken;
  {
    scope const inside{place};
    scoped_span work{"work"};
  }
  CHECK(taken.tree() == "work [remote parent] @tenant=\"acme\"\n");
}

// ---- several pipelines -----------------------------------------------------------------------------------------------------------------------

TEST_CASE("a span joins its parent's pipeline, wherever it begins") {
  testing::capture first;
  context place;
  {
    scoped_span parent{"parent"};
    place = parent.context();
  }
  {
    testing::capture second;
    { scoped_span named{"named", {.parent = place}}; }
    {
      scope const inside{place};
      scoped_span implied{"implied"};
      info("told");
    }
    { scoped_span own{"own"}; }
    CHECK(second.tree() == "own\n");
  }
  std::thread{[place] {
    span elsewhere{"elsewhere", {.parent = place}};
    scope const inside{elsewhere};
    scoped_span beneath{"beneath"};
  }}.join();
  CHECK(first.tree() == "parent\n  named\n  implied\n    log INFO \"told\"\n  elsewhere\n    beneath\n");
}

TEST_CASE("a parent of the process's pipeline is joined in a thread that has another") {
  auto const process = std::make_shared<memory>();
  auto session = init({.exporters = {process}, .detect_resource = false, .read_environment = false});
  context place;
  {
    scoped_span parent{"parent"};
    place = parent.context();
  }
  testing::capture mine;
  { scoped_span named{"named", {.parent = place}}; }
  {
    scope const inside{place};
    scoped_span implied{"implied"};
  }
  { scoped_span own{"own"}; }
  CHECK(mine.tree() == "own\n");
  CHECK(session.flush(std::chrono::seconds{30}));
  CHECK(testing::records<span_record>{process->spans()}.size() == 3);
}

TEST_CASE("a carried context knows its pipeline even where nothing is open") {
  testing::capture taken;
  std::thread{carry([] {
    scoped_span root{"root"};
    info("inside");
  })}.join();
  CHECK(taken.tree() == "root\n  log INFO \"inside\"\n");
}

TEST_CASE("when a pipeline has ended, traces that were open go on, and what comes late is counted") {
  auto const taken = std::make_shared<memory>();
  pipeline mine{{.exporters = {taken}, .on_problem = [](problem const&) {}, .detect_resource = false, .read_environment = false}};
  {
    with_default const here{mine};
    scoped_span open{"open"};
    auto const place = open.context();
    CHECK(mine.shutdown(std::chrono::seconds{30}));
    { scoped_span late{"late"}; }
    CHECK(sent()["traceparent"].substr(3, 32) == place.trace_id().hex().view());
    context elsewhere;
    std::thread{carry([&elsewhere] {
      scoped_span later{"later"};
      span latest{"latest"};
      elsewhere = latest.context();
    })}.join();
    CHECK(elsewhere.span_id() == place.span_id());
  }
  CHECK_FALSE(current().is_valid());
  CHECK(taken->spans().empty());
  auto const counted = mine.stats();
  CHECK(counted.exporters[0].dropped_by[static_cast<std::size_t>(loss::late)] == 4);
  CHECK(counted.dropped == 4);
}
