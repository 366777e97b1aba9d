// Log records: levels, fields, the span they belong to, and the logger's name.
#include <fanlight/testing.hpp>
#include <fanlight/trace.hpp>

#include <stdexcept>
#include <string>
#include <thread>

#include "catch.hpp"

using namespace fanlight;

static_assert(noexcept(info("text", {{"k", 1}})) && noexcept(logger{"name"}.log(level::warn, "text")) && noexcept(log(level::info,
                                                                                                                      "text")));

TEST_CASE("each level has its function, and log() takes any") {
  testing::capture taken;
  trace("a");
  debug("b");
  info("c");
  warn("d");
  error("e");
  critical("f");
  fanlight::log(level::warn, "g", {{"k", true}});
  fanlight::log(static_cast<level>(10), "between");
  CHECK(taken.tree() ==
        "log TRACE \"a\"\nlog DEBUG \"b\"\nlog INFO \"c\"\nlog WARN \"d\"\nlog ERROR \"e\"\nlog FATAL \"f\"\nlog WARN \"g\" k=true\n"
        "log INFO \"between\"\n");
  CHECK(static_cast<int>(taken.logs()["between"].level) == 10);
}

TEST_CASE("a log record has the ids of the span that is current, of the remote caller, or none") {
  testing::capture taken;
  context const caller{trace_id{{1}}, span_id{{2}}, trace_flag::sampled, true};
  context inside;
  info("outside");
  {
    scoped_span span{"span"};
    inside = span.context();
    info("inside");
  }
  {
    scope const served{caller};
    info("served");
  }
  auto const logs = taken.logs();
  CHECK_FALSE(logs["outside"].trace_id.is_valid());
  CHECK(logs["inside"].trace_id == inside.trace_id());
  CHECK(logs["inside"].span_id == inside.span_id());
  CHECK(logs["inside"].trace_flags == inside.flags());
  CHECK(logs["served"].span_id == caller.span_id());
}

TEST_CASE("a logger has a name, cut at 63 bytes, and can be copied") {
  testing::capture taken;
  logger const access{"access"};
  logger const copy = access;
  access.log(level::error, "[2026-Nov-21 09:58] 192.0.2.7 GET http /api/activities/home 200", {{"status", 200}});
  copy.log(level::info, "second");
  CHECK(logger{std::string(100, 'n')}.name() == std::string(63, 'n'));
  CHECK(taken.tree() ==
        "log ERROR \"[2026-Nov-21 09:58] 192.0.2.7 GET http /api/activities/home 200\" (access) status=200\n"
        "log INFO \"second\" (access)\n");
}

TEST_CASE("fields are as a span's attributes: the last of a key wins, keys are not empty, texts are read at once") {
  testing::capture taken;
  {
    std::string text = "gone by the time it is looked at";
    info(text, {{"a", text}, {"b", 1}, {"a", object{{"nested", text}}}, {"", 3}});
    text.assign(text.size(), 'x');
  }
  CHECK(taken.tree() ==
        "log INFO \"gone by the time it is looked at\" a={nested: \"gone by the time it is looked at\"} b=1 (1 attribute lost)\n");
}

TEST_CASE("log records have limits of their own") {
  testing::capture taken{{.limits = {.attributes = 1, .log_attributes = 2, .value_length = 1, .log_value_length = 3}}};
  info("the text itself is not cut", {{"a", "hello"}, {"b", array{"worlds", 12345}}, {"c", 3}});
  CHECK(taken.tree() == "log INFO \"the text itself is not cut\" a=\"hel\" b=[\"wor\", 12345] (1 attribute lost)\n");
}

TEST_CASE("a minimum level keeps what is below it out") {
  testing::capture taken{{.minimum_level = level::warn}};
  info("below");
  logger{"named"}.log(level::debug, "below too");
  warn("at it");
  CHECK(taken.tree() == "log WARN \"at it\"\n");
}

TEST_CASE("a log record of a trace that is not sampled is kept") {
  testing::capture taken{{.sampler = always_off()}};
  {
    scoped_span span{"span"};
    info("kept");
  }
  CHECK(taken.tree() == "log INFO \"kept\"\n");
  CHECK(taken.logs()[0].span_id.is_valid());
  CHECK(taken.logs()[0].trace_flags == trace_flag::random);
}

TEST_CASE("a log record knows its place, its thread and its time to the nanosecond") {
  testing::manual_clock clock{wall_time{1'763'700'000'123'456'789}};
  testing::capture taken{{.instead = clock.instead()}};
  info("here");
  auto const logs = taken.logs();
  CHECK(logs["here"].time.nanoseconds == 1'763'700'000'123'456'789);
  CHECK(std::string_view{logs["here"].where.file()}.find("log.cpp") != std::string_view::npos);
  CHECK(logs["here"].where.line() > 0);
  CHECK(logs["here"].thread_id != 0);
}

TEST_CASE("long and empty texts, and many large fields") {
  testing::capture taken;
  std::string const text(20'000, 't'), value(2'000, 'v');
  info(text, {{"a", value}, {"b", value}, {"c", value}});
  info("");
  auto const logs = taken.logs();
  CHECK(logs[0].body == text);
  CHECK(logs[0].find("c").as_text() == value);
  CHECK(logs[1].body.empty());
}

TEST_CASE("a text that no record can hold is cut, and what else it had is counted") {
  testing::capture taken{{.batching = {.capture_bytes = 64 * 1024}}};
  info(std::string(1'000'000, 't'), {{"small", 1}, {"large", std::string(1'000'000, 'v')}});
  auto const logs = taken.logs();
  REQUIRE(logs.size() == 1);
  CHECK(logs[0].body.size() == 8 * 1024);
  CHECK(logs[0].find("small").as_int64() == 1);
  CHECK(logs[0].dropped_attributes == 1);
}

TEST_CASE("a logger has a word for each level") {
  testing::capture taken;
  logger const db{"db"};
  db.trace("a");
  db.debug("b", {{"k", 1}});
  db.info("c");
  db.warn("d");
  db.error("e");
  db.critical("f");
  CHECK(taken.tree() ==
        "log TRACE \"a\" (db)\nlog DEBUG \"b\" (db) k=1\nlog INFO \"c\" (db)\nlog WARN \"d\" (db)\nlog ERROR \"e\" (db)\nlog FATAL \"f\" (db)\n");
  CHECK(taken.logs()["b"].where.line() == __LINE__ - 7);
}

TEST_CASE("a text or fields given as callables are made only when the record is kept") {
  testing::capture taken{{.minimum_level = level::info, .levels = {{"db", level::debug}}}};
  logger const db{"db"}, other{"other"};
  int texts = 0, sets = 0;
  auto const text = [&] { return ++texts, std::string{"made late, and longer than a small string"}; };
  auto const fields = [&](auto& to) { ++sets, to.set("a", 1).set("b", std::string{"gone soon"}).metadata("m", 2, "space"); };
  debug(text);
  debug("eager", fields);
  debug(text, fields);
  other.debug(text, fields);
  CHECK(texts == 0);
  CHECK(sets == 0);
  info(text, {{"rows", 3}});
  warn("eager", fields);
  db.debug(text, fields);
  db.log(level::error, text, fields);
  CHECK(texts == 3);
  CHECK(sets == 3);
  CHECK(taken.tree() ==
        "log INFO \"made late, and longer than a small string\" rows=3\nlog WARN \"eager\" a=1 b=\"gone soon\" space/m=2\n"
        "log DEBUG \"made late, and longer than a small string\" (db) a=1 b=\"gone soon\" space/m=2\n"
        "log ERROR \"made late, and longer than a small string\" (db) a=1 b=\"gone soon\" space/m=2\n");
  CHECK(taken.logs()[1].where.line() == __LINE__ - 9);
}

TEST_CASE("is_on() says whether a record would be kept") {
  CHECK_FALSE(is_on(level::critical));  // nothing is set up
  testing::capture const taken{{.minimum_level = level::warn, .levels = {{"db", level::debug}}}};
  CHECK(is_on(level::warn));
  CHECK_FALSE(is_on(level::info));
  CHECK(logger{"db"}.is_on(level::debug));
  CHECK_FALSE(logger{"db"}.is_on(level::trace));
  CHECK_FALSE(logger{"dbx"}.is_on(level::debug));
}

TEST_CASE("what a callable throws goes no further: the record is kept as far as it came, and that is told") {
  testing::capture taken;
  info([]() -> std::string { throw 1; });
  info("text", [](field_writer& to) {
    to.set("first", 1);
    throw 2;
  });
  CHECK(taken.tree() == "log INFO \"\"\nlog INFO \"text\" first=1\n");
  auto const said = taken.problems();
  REQUIRE(said.size() == 1);
  CHECK(said[0].code == problem_code::log_callback_threw);
  CHECK(taken.pipeline().stats().problems.at(problem_code::log_callback_threw) == 2);
}

TEST_CASE("a record that is made while an error is handled has the error's id, once it has been told of") {
  testing::capture taken;
  info("before");
  try {
    throw std::runtime_error{"broken"};
  } catch (std::runtime_error const& caught) {
    info("not told of yet");
    error_report{caught};
    info("handled");
    try {
      throw 1;
    } catch (int) {
      info("another one");
    }
    warn([] { return "handled, late"; });
  }
  info("after");
  auto const logs = taken.logs();
  auto const id = taken.errors()[0].uuid();
  CHECK(id.size() == 36);
  CHECK(logs["handled"].error_id() == id);
  CHECK(logs["handled, late"].error_id() == id);
  for (auto const* const text : {"before", "not told of yet", "another one", "after"}) CHECK(logs[text].error_id().empty());
}

TEST_CASE("X-Ray writes a trace's id in three parts") {
  CHECK(xray_trace_id(trace_id::from_hex("5759e988bd862e3fe1be46a994272793")) == "1-5759e988-bd862e3fe1be46a994272793");
}
