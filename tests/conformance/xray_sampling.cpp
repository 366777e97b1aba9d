// The sampling cases of X-Ray, decided by a running pipeline or by rules as X-Ray's API hands them out. Names start with the case.
#include <fanlight/testing.hpp>
#include <fanlight/trace.hpp>
#include <fanlight/xray_sampling.hpp>

#include <cstdio>
#include <string>
#include <vector>

#include "catch.hpp"
#include "support/sampling_kit.hpp"

using namespace fanlight;
using namespace support;

namespace {

/// Whether a request to `path` is sampled.
[[nodiscard]] bool asks(std::string const& path) {
  segment const one{"svc", {.kind = span_kind::server}, {{"http.request.method", "GET"}, {"url.path", path}}};
  return one.context().is_sampled();
}

[[nodiscard]] config stands_still(testing::manual_clock const& clock, sampler by) {
  config out;
  out.service = "svc";
  out.sampler = std::move(by);
  out.instead = clock.instead();
  return out;
}

}  // namespace

TEST_CASE("xray P25: local rules take their fixed target each second, and then their rate") {
  testing::manual_clock clock{wall_time{1'700'000'000'000'000'000}};
  testing::capture const taken{stands_still(clock, xray_rules({.json = R"({"version":2,"default":{"fixed_target":1,"rate":0},
      "rules":[{"host":"*","http_method":"*","url_path":"/a/*","fixed_target":0,"rate":0}]})"}))};
  CHECK_FALSE(asks("/a/1"));
  CHECK(asks("/b"));
  CHECK_FALSE(asks("/b"));
  clock.advance(std::chrono::seconds{1});
  CHECK(asks("/b"));
  CHECK_FALSE(asks("/b"));
}

TEST_CASE("xray P26: a local file without `default` is told, and the built-in rules stay") {
  char path[] = "/tmp/fanlight-rules-XXXXXX";
  int const file = ::mkstemp(path);
  REQUIRE(file >= 0);
  std::string const text = R"({"version":2,"rules":[]})";
  REQUIRE(::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  ::close(file);
  testing::manual_clock clock{wall_time{1'700'000'000'000'000'000}};
  testing::capture taken{stands_still(clock, xray_rules({.file = path, .instead = {.random = [] { return 0.051; }}}))};
  ::unlink(path);
  auto const said = taken.problems();
  REQUIRE(said.size() == 1);
  CHECK(said[0].code == problem_code::rules_bad);
  CHECK(said[0].what.find("$.default") != std::string::npos);
  CHECK(said[0].what.find(path) != std::string::npos);
  {
    segment const first{"svc"};
    CHECK(first.context().is_sampled());
    CHECK(why_sampled().source == sampling_source::built_in);
    CHECK(why_sampled().by == sampling_means::reservoir);
  }
  CHECK_FALSE(asks("/x"));
}

TEST_CASE("xray P27: wildcards") {
  using detail::matches_pattern;
  CHECK(matches_pattern("*", ""));
  CHECK(matches_pattern("a?c", "abc"));
  CHECK_FALSE(matches_pattern("a?c", "ac"));
  CHECK(matches_pattern("/API/*", "/api/x"));
  CHECK_FALSE(matches_pattern("*.com", "a.com.org"));
  CHECK(matches_pattern("", ""));
}

TEST_CASE("xray P28: central rules by priority, one borrowed a second, and what is reported of them") {
  polled x;
  x.script->answer("/GetSamplingRules", 200, rules_answer({rule_record("Default", 10'000, "*", 1, "0.05"), rule_record("A", 2, "/x", 0, "1"), rule_record("B", 1, "*", 1, "0")}));
  x.script->answer("/SamplingTargets", 200, R"({"SamplingTargetDocuments":[],"LastRuleModification":1.5E9,"UnprocessedStatistics":[]})");
  x.step();
  auto const first = x.ask("/x"), second = x.ask("/x");
  REQUIRE(first.rule != nullptr);
  REQUIRE(second.rule != nullptr);
  CHECK(first.rule->name == "B");
  CHECK((first.sampled && first.by == sampling_means::borrowed));
  CHECK(second.rule->name == "B");
  CHECK_FALSE(second.sampled);
  x.advance(std::chrono::seconds{11});
  x.step();
  auto const sent = x.script->sent_to("/SamplingTargets");
  REQUIRE(sent.size() == 1);
  CHECK(sent[0] == R"({"SamplingStatisticsDocuments":[{"RuleName":"B","ClientID":")" + x.poller->client_id() +
                       R"(","Timestamp":1700000011,"RequestCount":2,"SampledCount":0,"BorrowCount":1}]})");
  CHECK(x.told.empty());
}
