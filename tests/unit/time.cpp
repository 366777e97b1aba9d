// Times: points made from clocks, their text, and the times that a user gives to spans and events, exact to the nanosecond.
#include <fanlight/testing.hpp>
#include <fanlight/time.hpp>
#include <fanlight/trace.hpp>

#include <chrono>
#include <string>

#include "catch.hpp"

using namespace fanlight;
using namespace std::chrono_literals;

static_assert(!std::is_constructible_v<wall_time, std::chrono::steady_clock::time_point>);
static_assert(wall_time{std::chrono::sys_seconds{5s}} == wall_time{5'000'000'000});
static_assert(wall_time{std::chrono::sys_time<std::chrono::nanoseconds>{7ns}} == wall_time{7});
static_assert(wall_time{std::chrono::sys_time<std::chrono::minutes>{2min}} == wall_time{120'000'000'000});
static_assert(!wall_time{} && wall_time{1} && wall_time{1} < wall_time{2});

TEST_CASE("a point in time is made from any clock that counts from 1970") {
  auto const now = std::chrono::system_clock::now();
  CHECK(wall_time{now}.nanoseconds == std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count());
  CHECK(wall_time{std::chrono::time_point_cast<std::chrono::milliseconds>(now)}.nanoseconds % 1'000'000 == 0);
}

TEST_CASE("iso8601: UTC, with as many digits of the second as asked") {
  wall_time const at{1'763'700'000'123'456'789};
  CHECK(iso8601(at).view() == "2025-11-21T04:40:00.123456Z");
  CHECK(iso8601(at, 0).view() == "2025-11-21T04:40:00Z");
  CHECK(iso8601(at, 3).view() == "2025-11-21T04:40:00.123Z");
  CHECK(iso8601(at, 9).view() == "2025-11-21T04:40:00.123456789Z");
  CHECK(iso8601(wall_time{}).view() == "1970-01-01T00:00:00.000000Z");
  CHECK(iso8601(wall_time{951'782'400'000'000'000}, 0).view() == "2000-02-29T00:00:00Z");
  CHECK(iso8601(wall_time{-1}, 9).view() == "1969-12-31T23:59:59.999999999Z");
  CHECK(iso8601(wall_time{INT64_MAX}, 9).view() == "2262-04-11T23:47:16.854775807Z");
  CHECK(iso8601(wall_time{INT64_MIN}, 9).view() == "1677-09-21T00:12:43.145224192Z");
}

TEST_CASE("times that are given are recorded to the nanosecond") {
  testing::capture taken;
  wall_time const start{1'600'000'000'123'456'789}, middle{1'600'000'000'123'456'790}, end{1'600'000'007'000'000'001};
  {
    scoped_span scoped{"scoped", {.start = start}};
    scoped.event("given", {{"k", 1}}, middle);
    scoped.end_at(end);
    span owned{"owned", {.start = start}};
    owned.end(end);
  }
  auto const spans = taken.spans();
  for (auto const* const name : {"scoped", "owned"}) {
    CHECK(spans[name].start == start);
    CHECK(spans[name].end == end);
    CHECK(spans[name].duration() == 6'876'543'212ns);
  }
  CHECK((*spans["scoped"].events().begin()).time == middle);
}

TEST_CASE("times that are not given come from the pipeline's clock") {
  testing::manual_clock clock{wall_time{1'600'000'000'000'000'000}};
  testing::capture taken{{.instead = clock.instead()}};
  {
    scoped_span span{"span"};
    clock.advance(5ns);
    span.event("now");
    clock.advance(7ns);
  }
  auto const spans = taken.spans();
  CHECK(spans["span"].start.nanoseconds == 1'600'000'000'000'000'000);
  CHECK((*spans["span"].events().begin()).time.nanoseconds == 1'600'000'000'000'000'005);
  CHECK(spans["span"].duration() == 12ns);
}

TEST_CASE("a start that is given may stand with an end that is not") {
  testing::manual_clock clock{wall_time{1'600'000'000'000'000'000}};
  testing::capture taken{{.instead = clock.instead()}};
  {
    scoped_span span{"span", {.start = wall_time{1'599'999'999'000'000'000}}};
    clock.advance(3ns);
  }
  CHECK(taken.spans()["span"].duration() == 1s + 3ns);
}

TEST_CASE("a span never ends before it began") {
  testing::capture taken;
  wall_time const start{1'600'000'000'000'000'000};
  {
    scoped_span scoped{"scoped", {.start = start}};
    scoped.end_at(wall_time{1});
    span owned{"owned", {.start = start}};
    owned.end(wall_time{1'599'999'999'999'999'999});
  }
  for (auto const& each : taken.spans()) CHECK(each.end == start);
}

TEST_CASE("an end is the first that was given") {
  testing::capture taken;
  {
    span owned{"owned", {.start = wall_time{10}}};
    owned.end(wall_time{20});
    owned.end(wall_time{30});
  }
  CHECK(taken.spans()["owned"].end == wall_time{20});
}

TEST_CASE("durations do not follow a wall clock that is set") {
  std::atomic<std::int64_t> ticks{0}, wall{1'600'000'000'000'000'000};
  testing::capture taken{{.instead = {.ticks = [&] { return ticks.load(); }, .wall = [&] { return wall.load(); }}}};
  {
    scoped_span span{"span"};
    ticks += 1000;
    wall -= 3'600'000'000'000;
  }
  CHECK(taken.spans()["span"].duration() == 1000ns);
}
