// X-Ray's words: segments and subsegments, and what is told when they stand in the wrong place.
#include <fanlight/testing.hpp>
#include <fanlight/trace.hpp>

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>

#include "catch.hpp"

using namespace fanlight;

static_assert(!std::is_nothrow_constructible_v<subsegment, std::string_view>);  // the only constructor that may throw
static_assert(std::is_nothrow_constructible_v<segment, std::string_view>);
static_assert(std::is_base_of_v<std::exception, context_missing>);

TEST_CASE("a subsegment is a child span with X-Ray's word for it") {
  testing::capture taken;
  {
    segment request{"cruddur"};
    subsegment query{"user_activities", {.kind = span_kind::client}, {{"db.system.name", "postgresql"}}};
    query.annotate("id", 12345).metadata("results", object{{"results-size", 3}}, "dataset");
    subsegment inner{"inner"};
  }
  CHECK(taken.tree() ==
        "cruddur [server]\n"
        "  user_activities [client] db.system.name=\"postgresql\" @id=12345 dataset/results={results-size: 3}\n"
        "    inner\n");
  auto const spans = taken.spans();
  CHECK(spans["cruddur"].segment);
  CHECK_FALSE(spans["cruddur"].subsegment);
  CHECK(spans["inner"].subsegment);
  CHECK_FALSE(spans["inner"].segment);
  CHECK(taken.problems().empty());
}

TEST_CASE("attributes may follow the name at once") {
  testing::capture taken;
  {
    segment request{"cruddur", {{"tier", "gold"}}};
    subsegment query{"user_activities", {{"rows", 3}}};
    span upload{"upload", {{"bytes", 1024}, {"warm", true}}};
  }
  CHECK(taken.tree() ==
        "cruddur [server] tier=\"gold\"\n"
        "  user_activities rows=3\n"
        "    upload bytes=1024 warm=true\n");
}

TEST_CASE("a subsegment with nothing above it is a root, marked, and told once") {
  testing::capture taken;
  {
    subsegment lonely{"lonely"};
    subsegment fine{"fine"};
  }
  { subsegment again{"again", {.parent = {}}}; }
  CHECK(taken.tree() == "lonely [orphan]\n  fine\nagain [orphan]\n");
  auto const said = taken.problems();
  REQUIRE(said.size() == 1);
  CHECK(said[0].code == problem_code::no_parent);
  CHECK(said[0].what.find("'lonely'") != std::string::npos);
  CHECK(taken.pipeline().stats().problems.at(problem_code::no_parent) == 2);
}

TEST_CASE("a remote parent, a carried context and an ordinary span are something above") {
  testing::capture taken;
  context const caller{trace_id{{1}}, span_id{{2}}, trace_flag::sampled, true};
  { subsegment named{"named", {.parent = caller}}; }
  {
    scope const inside{caller};
    subsegment implied{"implied"};
  }
  {
    scoped_span plain{"plain"};
    std::thread{carry([] { subsegment carried{"carried"}; })}.join();
  }
  CHECK(taken.tree() == "named [remote parent]\nimplied [remote parent]\nplain\n  carried\n");
  CHECK(taken.problems().empty());
}

TEST_CASE("a segment inside another span of this process becomes a subsegment, which is told") {
  testing::capture taken;
  {
    segment outer{"outer"};
    segment inner{"inner", {.kind = span_kind::consumer}};
  }
  context const caller{trace_id{{1}}, span_id{{2}}, trace_flag::sampled, true};
  { segment served{"served", {.parent = caller}}; }
  CHECK(taken.tree() == "outer [server]\n  inner [consumer]\nserved [server, remote parent]\n");
  auto const spans = taken.spans();
  CHECK(spans["inner"].subsegment);
  CHECK_FALSE(spans["inner"].segment);
  CHECK(spans["served"].segment);
  auto const said = taken.problems();
  REQUIRE(said.size() == 1);
  CHECK(said[0].code == problem_code::segment_nested);
  CHECK(said[0].what.find("'inner'") != std::string::npos);
}

TEST_CASE("a scoped span inside another is neither") {
  testing::capture taken;
  {
    segment outer{"outer"};
    scoped_span inner{"inner"};
  }
  auto const spans = taken.spans();
  CHECK_FALSE(spans["inner"].subsegment);
  CHECK_FALSE(spans["inner"].segment);
}

TEST_CASE("without an X-Ray exporter a subsegment never throws, whatever the environment says") {
  auto const taken = std::make_shared<memory>();
  pipeline mine{{.exporters = {taken},
                 .on_problem = [](problem const&) {},
                 .detect_resource = false,
                 .instead = {.environment = [](std::string const& name) {
                   return name == "AWS_XRAY_CONTEXT_MISSING" ? std::optional<std::string>{"RUNTIME_ERROR"} : std::nullopt;
                 }}}};
  with_default const here{mine};
  CHECK_NOTHROW(subsegment{"lonely"}.set("k", 1));
  CHECK(std::string{context_missing{}.what()}.find("segment") != std::string::npos);
}
