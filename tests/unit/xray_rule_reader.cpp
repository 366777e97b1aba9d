// impl/xray/rule_reader.hpp: sampling rules as people and X-Ray write them, and what is said of those that cannot be used.
#include <fanlight/impl/xray/rule_reader.hpp>

#include <string>
#include <vector>

#include "catch.hpp"

using namespace fanlight;
using namespace fanlight::detail;

namespace {

struct outcome_of {
  std::optional<local_rules> rules;
  std::vector<problem> said;
};
[[nodiscard]] outcome_of read(std::string const& text) {
  outcome_of out;
  out.rules = read_local_rules(text, "'r.json'", out.said);
  return out;
}
/// What is said of a text that cannot be used.
[[nodiscard]] std::string complaint(std::string const& text) {
  auto const out = read(text);
  if (out.rules) return "(it was used)";
  for (auto const& each : out.said)
    if (each.code == problem_code::rules_bad) return each.what;
  return "(nothing)";
}
[[nodiscard]] std::string version_2(std::string const& rule) {
  return R"({"version":2,"default":{"fixed_target":1,"rate":0.05},"rules":[)" + rule + "]}";
}

constexpr char moves[] = R"({"description":"moves","host":"*","http_method":"GET","url_path":"/api/move/*","fixed_target":3,"rate":0.5})";

}  // namespace

TEST_CASE("xray_rule_reader: version 2") {
  auto const out = read(version_2(moves));
  REQUIRE(out.rules);
  CHECK(out.said.empty());
  REQUIRE(out.rules->rules.size() == 1);
  auto const& rule = out.rules->rules[0].as;
  CHECK(rule.name == "moves");
  CHECK(rule.host == "*");
  CHECK(rule.method == "GET");
  CHECK(rule.path == "/api/move/*");
  CHECK(rule.fixed_target == 3);
  CHECK(rule.rate == 0.5);
  CHECK(out.rules->otherwise.fixed_target == 1);
  CHECK(out.rules->otherwise.rate == 0.05);
}

TEST_CASE("xray_rule_reader: version 1 says service_name for the host") {
  auto const out = read(R"({"version":1,"default":{"fixed_target":1,"rate":0.1},"rules":[
      {"service_name":"shop.example","http_method":"POST","url_path":"/checkout","fixed_target":10,"rate":0.5}]})");
  REQUIRE(out.rules);
  CHECK(out.rules->rules[0].as.host == "shop.example");
  CHECK(out.rules->rules[0].as.service == "*");
  std::string text = R"({"version":1,"default":{"fixed_target":1,"rate":0.1},"rules":[)";
  text.append(moves).append("]}");
  CHECK(complaint(text).find("$.rules[0].service_name") != std::string::npos);
}

TEST_CASE("xray_rule_reader: what is wrong is told with file, place, and what was expected") {
  CHECK(complaint(R"({"version":2,"rules":[]})") ==
        "X-Ray sampling rules in 'r.json': $.default must be an object with fixed_target and rate, and is missing; the rules in force stay");
  CHECK(complaint(version_2(R"({"host":"*","http_method":"*","url_path":"*","fixed_target":1,"rate":1.5})")) ==
        "X-Ray sampling rules in 'r.json': $.rules[0].rate must be a number from 0 to 1, and is 1.5; the rules in force stay");
  CHECK(complaint(version_2(std::string{moves} + R"(,{"host":"*","http_method":"*","url_path":"*","fixed_target":"1","rate":1})"))
            .find("$.rules[1].fixed_target must be a whole number, 0 or more, and is \"1\"") != std::string::npos);
  CHECK(complaint(version_2(R"({"host":"*","http_method":"*","fixed_target":1,"rate":1})")).find("$.rules[0].url_path must be a text, and is missing") !=
        std::string::npos);
  CHECK(complaint(version_2("3")).find("$.rules[0] must be an object, and is 3") != std::string::npos);
  CHECK(complaint(R"({"version":3,"default":{"fixed_target":1,"rate":0}})").find("$.version must be 1 or 2, and is 3") != std::string::npos);
  CHECK(complaint(R"({"default":{"fixed_target":1,"rate":0}})").find("$.version must be 1 or 2, and is missing") != std::string::npos);
  CHECK(complaint(R"({"version":2,"default":{"fixed_target":1,"rate":0},"rules":{}})").find("$.rules must be an array") != std::string::npos);
  CHECK(complaint(R"({"version":2,"default":{"fixed_target":1,"rate":0,"host":"*"}})").find("$.default.host must be left out") != std::string::npos);
  CHECK(complaint(R"({"version":2,"default":{"fixed_target":-1,"rate":0}})").find("$.default.fixed_target") != std::string::npos);
  CHECK(complaint("[]").find("$ must be an object") != std::string::npos);
  CHECK(complaint("version: 2").find("it is no JSON from line 1 on") != std::string::npos);
}

TEST_CASE("xray_rule_reader: members that nobody knows are ignored, and that is told") {
  auto const out = read(R"({"version":2,"comment":"x","default":{"fixed_target":1,"rate":0.05},"rules":[
      {"host":"*","http_method":"*","url_path":"*","fixed_target":1,"rate":1,"service":"a"}]})");
  REQUIRE(out.rules);
  REQUIRE(out.said.size() == 2);
  CHECK(out.said[0].code == problem_code::ignored);
  CHECK(out.said[0].what == "X-Ray sampling rules in 'r.json': $.rules[0].service is not known and is ignored");
  CHECK(out.said[1].what.find("$.comment") != std::string::npos);
}

TEST_CASE("xray_rule_reader: a rule as CreateSamplingRule takes it is converted, and that is told") {
  auto const out = read(R"({"SamplingRule":{"RuleName":"base","ResourceARN":"*","Priority":9000,"FixedRate":0.1,"ReservoirSize":5,"ServiceName":"shop",
      "ServiceType":"AWS::EC2::Instance","Host":"h","HTTPMethod":"GET","URLPath":"/x","Version":1}})");
  REQUIRE(out.rules);
  REQUIRE(out.said.size() == 1);
  CHECK(out.said[0].code == problem_code::rules_converted);
  CHECK(out.said[0].what.find("no rule named Default") != std::string::npos);
  REQUIRE(out.rules->rules.size() == 1);
  auto const& rule = out.rules->rules[0].as;
  CHECK(rule.name == "base");
  CHECK(rule.fixed_target == 5);
  CHECK(rule.rate == 0.1);
  CHECK(rule.service == "shop");
  CHECK(rule.service_type == "AWS::EC2::Instance");
  CHECK(rule.host == "h");
  CHECK(rule.method == "GET");
  CHECK(rule.path == "/x");
  CHECK(out.rules->otherwise.fixed_target == 1);
}

TEST_CASE("xray_rule_reader: an answer to GetSamplingRules is converted in the order of priority") {
  auto const out = read(R"({"SamplingRuleRecords":[
      {"SamplingRule":{"RuleName":"Default","Priority":10000,"FixedRate":0.2,"ReservoirSize":7}},
      {"SamplingRule":{"RuleName":"b","Priority":20,"FixedRate":0,"ReservoirSize":0}},
      {"SamplingRule":{"RuleName":"later","Priority":1,"Version":2,"FixedRate":0,"ReservoirSize":0}},
      {"SamplingRule":{"RuleName":"a","Priority":10,"FixedRate":0,"ReservoirSize":0,"Attributes":{"tier":"gold"}}}]})");
  REQUIRE(out.rules);
  REQUIRE(out.rules->rules.size() == 2);
  CHECK(out.rules->rules[0].as.name == "a");
  CHECK(out.rules->rules[0].attributes.size() == 1);
  CHECK(out.rules->rules[1].as.name == "b");
  CHECK(out.rules->otherwise.fixed_target == 7);
  CHECK(out.rules->otherwise.rate == 0.2);
  CHECK(out.said.size() == 2);
  CHECK(complaint(R"([{"SamplingRule":{"RuleName":"b","FixedRate":2,"ReservoirSize":0}}])").find("$[0].SamplingRule.FixedRate") != std::string::npos);
}

TEST_CASE("xray_rule_reader: rules of the program's own are checked too") {
  std::vector<problem> said;
  CHECK(check_local_rules({{.path = "/x", .rate = 1}}, {}, said));
  CHECK(said.empty());
  CHECK_FALSE(check_local_rules({{.rate = 0.5}, {.rate = -1}}, {}, said));
  REQUIRE(said.size() == 1);
  CHECK(said[0].what.find("rules[1].rate") != std::string::npos);
  CHECK_FALSE(check_local_rules({}, {.rate = 2}, said));
}

TEST_CASE("xray_rule_reader: a page of X-Ray's own, and what is passed over in it") {
  auto const page = read_rules_page(R"({"SamplingRuleRecords":[{"SamplingRule":{"RuleName":"polling","RuleARN":"arn:aws:xray:us-east-1::sampling-rule/polling",
      "ResourceARN":"*","Priority":5000,"FixedRate":0.003,"ReservoirSize":0,"ServiceName":"Scorekeep","ServiceType":"*","Host":"*","HTTPMethod":"GET",
      "URLPath":"/api/state/*","Version":1,"Attributes":{},"SamplingRateBoost":{"MaxRate":0.5,"CooldownWindowMinutes":5}},"CreatedAt":1530918163.0,
      "ModifiedAt":1530918163.0},{"SamplingRule":{"RuleName":"one resource","ResourceARN":"arn:x","FixedRate":1,"ReservoirSize":0}},
      {"SamplingRule":{"RuleName":"broken","FixedRate":"all","ReservoirSize":0}}],"NextToken":"more"})");
  CHECK(page.readable);
  CHECK(page.next_token == "more");
  REQUIRE(page.rules.size() == 1);
  CHECK(page.rules[0].as.name == "polling");
  CHECK(page.rules[0].priority == 5000);
  CHECK(page.wrong.find("$.SamplingRuleRecords[2].SamplingRule.FixedRate") != std::string::npos);
  CHECK_FALSE(read_rules_page("<html>").readable);
  CHECK_FALSE(read_rules_page("{}").readable);
  CHECK(read_rules_page(R"({"SamplingRuleRecords":[],"NextToken":null})").next_token.empty());
}

TEST_CASE("xray_rule_reader: targets") {
  auto const out = read_targets(R"({"SamplingTargetDocuments":[{"RuleName":"base","FixedRate":0.1,"ReservoirQuota":2,"ReservoirQuotaTTL":1530923107.0,
      "Interval":10,"SamplingBoost":{"BoostRate":0.5,"BoostRateTTL":1}},{"RuleName":"bare"}],"LastRuleModification":1530920505.0,
      "UnprocessedStatistics":[{"RuleName":"gone","ErrorCode":"400","Message":"m"},{"RuleName":"ill","ErrorCode":"500"}],"UnprocessedBoostStatistics":[]})");
  REQUIRE(out.readable);
  REQUIRE(out.targets.size() == 2);
  CHECK(out.targets[0].rule == "base");
  CHECK(out.targets[0].rate == 0.1);
  CHECK(out.targets[0].quota == 2);
  CHECK(out.targets[0].quota_until == 1530923107);
  CHECK(out.targets[0].interval == 10);
  CHECK((out.targets[1].rate < 0 && out.targets[1].quota < 0 && out.targets[1].interval < 0));
  CHECK(out.modified == 1530920505.0);
  CHECK(out.fetch_rules);
  CHECK(out.try_again == std::vector<std::string>{"ill"});
  CHECK_FALSE(read_targets("[]").readable);
  CHECK_FALSE(read_targets("no").readable);
}
