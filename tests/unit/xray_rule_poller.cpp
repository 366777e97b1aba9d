// impl/xray/rule_poller.hpp: when X-Ray is asked, for what, and what follows from its answers. Time stands still until the test moves it.
#include "catch.hpp"
#include "support/sampling_kit.hpp"

using namespace support;
using namespace std::chrono_literals;
using fl::problem_code;
using fl::sampling_means;

namespace {

constexpr char rules_path[] = "/GetSamplingRules", targets_path[] = "/SamplingTargets";

[[nodiscard]] std::string targets_answer(std::string const& documents, std::string const& modified = "0", std::string const& unprocessed = "") {
  return R"({"SamplingTargetDocuments":[)" + documents + R"(],"LastRuleModification":)" + modified + R"(,"UnprocessedStatistics":[)" + unprocessed + "]}";
}
[[nodiscard]] std::string one_rule() { return rules_answer({rule_record("r", 1, "*", 1, "0")}); }

}  // namespace

TEST_CASE("xray_rule_poller: first decisions are the local rules', then the rules come at once, every 300 s and up to 5 s later") {
  polled x{{}, {1, 0}};
  x.script->answer(rules_path, 200, one_rule());
  CHECK(x.ask("/").rule->origin == fl::detail::rule_origin::local);
  CHECK(x.step() == 10s);  // the time of targets
  CHECK(x.script->sent_to(rules_path) == std::vector<std::string>{"{}"});
  CHECK(x.ask("/").rule->name == "r");
  x.advance(299s);
  x.step();
  CHECK(x.script->sent_to(rules_path).size() == 1);
  x.advance(1s);
  x.chance = 0.9;
  x.step();
  CHECK(x.script->sent_to(rules_path).size() == 2);
  x.advance(304s);
  x.step();
  CHECK(x.script->sent_to(rules_path).size() == 2);
  x.advance(1s);
  x.step();
  CHECK(x.script->sent_to(rules_path).size() == 3);
}

TEST_CASE("xray_rule_poller: pages are followed to the tenth and no further") {
  polled x;
  for (int i = 0; i < 20; ++i)
    x.script->answer(rules_path, 200, rules_answer({rule_record("r" + std::to_string(i), i + 1, "*", 0, "0")}, "t" + std::to_string(i)));
  x.step();
  auto const sent = x.script->sent_to(rules_path);
  REQUIRE(sent.size() == 10);
  CHECK(sent[0] == "{}");
  CHECK(sent[9] == R"({"NextToken":"t8"})");
  CHECK(x.book.in_force().rules.size() == 10);
}

TEST_CASE("xray_rule_poller: targets are asked for every 10 s, of rules that were used, and counts begin anew") {
  polled x;
  x.script->answer(rules_path, 200, rules_answer({rule_record("used", 1, "/u", 0, "0"), rule_record("idle", 2, "/i", 0, "0")}));
  x.script->answer(targets_path, 200, targets_answer(""));
  x.step();
  x.advance(10s);
  x.step();
  CHECK(x.script->sent_to(targets_path).empty());
  static_cast<void>(x.ask("/u"));
  x.advance(10s);
  x.step();
  auto const sent = x.script->sent_to(targets_path);
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].find(R"("RuleName":"used")") != std::string::npos);
  CHECK(sent[0].find("idle") == std::string::npos);
  CHECK(x.poller->client_id().size() == 24);
  x.advance(10s);
  x.step();
  CHECK(x.script->sent_to(targets_path).size() == 1);
}

TEST_CASE("xray_rule_poller: a target's quota, rate and pace are used") {
  polled x;
  x.script->answer(rules_path, 200, rules_answer({rule_record("r", 1, "*", 1, "0"), rule_record("Default", 10'000, "*", 1, "0")}));
  x.script->answer(targets_path, 200,
                   targets_answer(R"({"RuleName":"r","FixedRate":0.7,"ReservoirQuota":2,"ReservoirQuotaTTL":1700000020,"Interval":25},{"RuleName":"unknown"})"));
  x.step();
  CHECK(x.ask("/").by == sampling_means::borrowed);
  x.advance(10s);
  x.step();
  x.chance = 0.8;
  CHECK(x.ask("/").by == sampling_means::reservoir);
  CHECK(x.ask("/").by == sampling_means::reservoir);
  CHECK_FALSE(x.ask("/").sampled);
  x.chance = 0.6;
  CHECK(x.ask("/").sampled);
  x.advance(24s);  // quota over; its report is not due before its own interval
  x.chance = 0.8;
  x.step();
  CHECK(x.script->sent_to(targets_path).size() == 1);
  CHECK(x.ask("/").by == sampling_means::borrowed);
  x.chance = 0;
  x.advance(1s);
  x.step();
  auto const sent = x.script->sent_to(targets_path);
  REQUIRE(sent.size() == 2);
  CHECK(sent[1].find(R"("RequestCount":5,"SampledCount":3,"BorrowCount":1)") != std::string::npos);
}

TEST_CASE("xray_rule_poller: rules that were modified since are fetched at once, and so they are when X-Ray does not know one") {
  polled x;
  x.script->answer(rules_path, 200, one_rule());
  x.script->answer(targets_path, 200, targets_answer("", "1700000005"));
  x.script->answer(targets_path, 200, targets_answer("", "1700000005"));
  x.script->answer(targets_path, 200, targets_answer("", "0", R"({"RuleName":"r","ErrorCode":"404","Message":"who"})"));
  std::size_t const expected[]{2, 2, 3};
  x.step();
  for (auto const fetched : expected) {
    static_cast<void>(x.ask("/"));
    x.advance(10s);
    x.step();
    CHECK(x.script->sent_to(rules_path).size() == fetched);
  }
}

TEST_CASE("xray_rule_poller: counts that did not arrive, or could not be used just then, are reported again") {
  polled x;
  x.script->answer(rules_path, 200, one_rule());
  x.script->fail(targets_path);
  x.script->answer(targets_path, 200, targets_answer("", "0", R"({"RuleName":"r","ErrorCode":"500"})"));
  x.script->answer(targets_path, 200, targets_answer(""));
  x.step();
  static_cast<void>(x.ask("/"));
  for (int i = 0; i < 4; ++i) x.advance(10s), x.step();
  auto const sent = x.script->sent_to(targets_path);
  REQUIRE(sent.size() == 3);
  for (auto const& each : sent) CHECK(each.find(R"("RequestCount":1,"SampledCount":0,"BorrowCount":1)") != std::string::npos);
  CHECK(x.told_of(problem_code::rules_missing, "the rules of the last answer stay for an hour"));
  CHECK(x.told.size() == 1);
}

TEST_CASE("xray_rule_poller: 25 rules go into a request") {
  polled x;
  std::vector<std::string> records;
  for (int i = 0; i < 30; ++i) records.push_back(rule_record("r" + std::to_string(i), i + 1, "/" + std::to_string(i), 0, "0"));
  x.script->answer(rules_path, 200, rules_answer(records));
  x.script->answer(targets_path, 200, targets_answer(""));
  x.step();
  for (int i = 0; i < 30; ++i) static_cast<void>(x.ask("/" + std::to_string(i)));
  x.advance(10s);
  x.step();
  auto const sent = x.script->sent_to(targets_path);
  REQUIRE(sent.size() == 2);
  auto const count = [](std::string const& in) {
    std::size_t out = 0;
    for (auto at = in.find("RuleName"); at != std::string::npos; at = in.find("RuleName", at + 1)) ++out;
    return out;
  };
  CHECK(count(sent[0]) == 25);
  CHECK(count(sent[1]) == 5);
}

TEST_CASE("xray_rule_poller: rules an hour old give way to the local ones, which is told once, and come back with the next answer") {
  polled x{{}, {0, 0}};
  x.script->answer(rules_path, 200, one_rule());
  x.script->fail(rules_path);
  x.step();
  for (int i = 0; i < 60; ++i) x.advance(60s), x.step();
  CHECK(x.ask("/").rule->name == "r");
  x.advance(1s);
  x.step();
  CHECK(x.ask("/").rule->origin == fl::detail::rule_origin::local);
  CHECK(x.told_of(problem_code::rules_missing, "nobody listens there"));
  CHECK(x.told_of(problem_code::rules_missing, "for an hour"));
  x.advance(300s);
  x.step();
  CHECK(x.told.size() == 2);
  x.script->now.change([](xray_script::state& all) { all.answers.clear(); });
  x.script->answer(rules_path, 200, one_rule());
  x.advance(310s);
  x.step();
  CHECK(x.ask("/").rule->name == "r");
}

TEST_CASE("xray_rule_poller: where nobody answers it comes again, later each time, and says so once") {
  polled x;
  x.script->fail(rules_path);
  x.step();
  for (auto const pause : {10s, 20s, 40s, 80s, 160s, 300s, 300s}) {
    auto const before = x.script->sent_to(rules_path).size();
    x.advance(pause - 1ms);
    x.step();
    CHECK(x.script->sent_to(rules_path).size() == before);
    x.advance(1ms);
    x.step();
    CHECK(x.script->sent_to(rules_path).size() == before + 1);
  }
  REQUIRE(x.told.size() == 1);
  CHECK(x.told_of(problem_code::rules_missing, "the local rules decide"));
}

TEST_CASE("xray_rule_poller: keys that are refused are not tried for a minute") {
  polled x;
  x.script->answer(rules_path, 403, R"({"message":"The security token included in the request is invalid."})");
  CHECK(x.step() == 60s);
  x.advance(59s);
  x.step();
  CHECK(x.script->sent_to(rules_path).size() == 1);
  x.advance(1s);
  x.step();
  CHECK(x.script->sent_to(rules_path).size() == 2);
  CHECK(x.told.size() == 1);
  CHECK(x.told_of(problem_code::rules_missing, "status 403"));
  CHECK(x.told[0].what.find("token") == std::string::npos);
}

TEST_CASE("xray_rule_poller: an answer that cannot be read changes nothing and is told once") {
  polled x;
  x.script->answer(rules_path, 200, one_rule());
  x.script->answer(rules_path, 200, "<html>");
  x.script->answer(targets_path, 200, "<html>");
  x.step();
  static_cast<void>(x.ask("/"));
  x.advance(300s);
  x.step();
  CHECK(x.ask("/").rule->name == "r");
  CHECK(x.told.size() == 1);
  CHECK(x.told[0].code == problem_code::rules_bad);
}

TEST_CASE("xray_rule_poller: at the end nothing is begun, and what runs is hurried") {
  polled x;
  x.script->answer(rules_path, 200, one_rule());
  x.poller->end();
  x.step();
  CHECK(x.script->sent_to(rules_path).empty());
  CHECK(x.script->now.get().hurried == 1);
}
