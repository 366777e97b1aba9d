// The process hook: one look at each record before any exporter, to drop, redact, enrich or rename it.
#include <fanlight/process.hpp>
#include <fanlight/testing.hpp>
#include <fanlight/trace.hpp>

#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"

using namespace fanlight;

namespace {

/// A capture whose records pass `hook`.
[[nodiscard]] config with(std::function<void(record_editor&)> hook) {
  config out;
  out.process = std::move(hook);
  return out;
}
[[nodiscard]] std::uint64_t filtered(testing::capture& from, filter why) {
  return from.pipeline().stats().exporters.at(0).filtered_by[static_cast<std::size_t>(why)];
}

}  // namespace

TEST_CASE("a hook drops what nobody wants to see, and that is counted as filtered") {
  testing::capture taken{with([](record_editor& record) {
    if (record.find("url.path").as_text() == "/api/health" || (record.is_log() && record.log().level < level::warn)) record.drop();
  })};
  { scoped_span{"GET"}.set("url.path", "/api/health"); }
  { scoped_span{"GET"}.set("url.path", "/api/activities/home"); }
  info("noise");
  warn("signal");
  CHECK(taken.tree() == "GET url.path=\"/api/activities/home\"\nlog WARN \"signal\"\n");
  CHECK(filtered(taken, filter::process) == 2);
  auto const counted = taken.pipeline().stats();
  CHECK(counted.accepted == 4);
  CHECK(counted.delivered == 2);
}

TEST_CASE("a hook renames, sets, replaces and removes, on every type of record") {
  testing::capture taken{with([](record_editor& record) {
    record.set("added", std::string(400, '+')).set("secret", "***").remove("token").rename("renamed " + std::string{record.name()});
  })};
  {
    scoped_span span{"span", {{"secret", "hunter2"}, {"token", "abc"}, {"kept", 1}}};
    span.event("event").annotate("indexed", 2);
    info("log", {{"token", 1}});
    error_report{"error"}.set("secret", "much longer than the stars");
  }
  std::string const plus(400, '+');
  CHECK(taken.tree() == "renamed span secret=\"***\" kept=1 @indexed=2 added=\"" + plus +
                            "\"\n"
                            "  event event\n"
                            "  log INFO \"renamed log\" added=\"" +
                            plus +
                            "\" secret=\"***\"\n"
                            "  report ERROR \"renamed error\" #1 secret=\"***\" added=\"" +
                            plus + "\"\n");
}

TEST_CASE("a hook may write what it reads from the same record") {
  testing::capture taken{with([](record_editor& record) {
    if (!record.is_span()) return;
    record.set("copy", record.find("route")).set("name", record.name()).set("route", record.find("long"));
    record.rename(record.find("copy").as_text());
    record.set("list", record.find("nested"));
  })};
  {
    scoped_span const span{"GET",
                           {{"route", "/api/activities/@:handle"}, {"long", std::string(3000, 'l')}, {"nested", array{1, array{"x"}}}}};
  }
  CHECK(taken.tree() == "/api/activities/@:handle route=\"" + std::string(3000, 'l') + "\" long=\"" + std::string(3000, 'l') +
                            "\" nested=[1, [\"x\"]] copy=\"/api/activities/@:handle\" name=\"GET\" list=[1, [\"x\"]]\n");
}

TEST_CASE("a hook sees the record as exporters will") {
  std::string seen;
  testing::capture taken{with([&seen](record_editor& record) {
    if (record.is_span()) {
      auto const span = record.span();
      seen += std::string{span.name} + ' ' + std::string{to_text(span.status)} + ' ' + std::string{(*span.events().begin()).name} + ' ' +
              std::string{span.resource().get("service.name")} + (span.duration() == std::chrono::nanoseconds{5} ? " 5ns" : "");
    }
    if (record.is_log()) seen += std::string{record.log().body} + ' ';
    if (record.is_error()) seen += std::string{record.error().message} + ' ';
  })};
  info("log");
  error_report{"error"};
  {
    scoped_span span{"span", {.start = wall_time{10}}};
    span.event("event").fail("why");
    span.end_at(wall_time{15});
  }
  CHECK(taken.spans().size() == 1);
  CHECK(seen == "log error span ERROR event unknown_service:process 5ns");
}

TEST_CASE("a hook that throws is told, and the record goes on as it was") {
  testing::capture taken{with([](record_editor& record) {
    record.set("half", "done").rename("half").drop();
    throw std::runtime_error{"broken hook"};
  })};
  { scoped_span{"span"}.set("k", 1); }
  { scoped_span const another{"another"}; }
  CHECK(taken.tree() == "span k=1\nanother\n");
  auto const said = taken.problems();
  REQUIRE(said.size() == 1);
  CHECK(said[0].code == problem_code::process_threw);
}

TEST_CASE("what a hook makes is not recorded") {
  testing::capture taken{with([](record_editor&) {
    scoped_span inside{"inside"};
    info("inside");
    error_report{"inside"};
  })};
  { scoped_span span{"span"}; }
  CHECK(taken.tree() == "span\n");
}

TEST_CASE("a hook cannot make a record larger than a record may be") {
  testing::capture taken{[] {
    auto out =
        with([](record_editor& record) { record.set("large", std::string(20'000, 'x')).rename(std::string(20'000, 'n')).set("small", 1); });
    out.batching.capture_bytes = 64 * 1024;
    return out;
  }()};
  { scoped_span span{"span"}; }
  CHECK(taken.tree() == "span small=1 (2 attributes lost)\n");
}

TEST_CASE("a hook may set what a full span could not take") {
  testing::capture taken{[] {
    auto out = with([](record_editor& record) { record.set("added", 1); });
    out.limits.attributes = 1;
    return out;
  }()};
  { scoped_span{"span"}.set("a", 1).set("b", 2); }
  CHECK(taken.tree() == "span a=1 added=1 (1 attribute lost)\n");
}

TEST_CASE("records of many threads pass the hook one at a time") {
  int calls = 0;  // no lock: the hook runs on one thread
  testing::capture taken{with([&calls](record_editor& record) { record.set("call", ++calls); })};
  {
    scoped_span batch{"batch"};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back(carry([] {
        for (int n = 0; n < 100; ++n) scoped_span{"part"}.set("n", n);
      }));
    for (auto& each : threads) each.join();
  }
  CHECK(taken.spans().size() == 401);
  CHECK(calls == 401);
}
