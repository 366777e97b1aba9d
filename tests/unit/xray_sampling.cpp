// xray_sampling.hpp: rules in a running pipeline, forced decisions, why a trace was sampled, and the thread that polls.
#include <fanlight/impl/aws/sigv4.hpp>
#include <fanlight/testing.hpp>
#include <fanlight/trace.hpp>
#include <fanlight/xray_sampling.hpp>

#include <csignal>
#include <thread>

#include "catch.hpp"
#include "support/fake_environment.hpp"
#include "support/sampling_kit.hpp"

using namespace fanlight;
using namespace support;
using namespace std::chrono_literals;

namespace {

[[nodiscard]] config by(sampler one) {
  config out;
  out.service = "svc";
  out.sampler = std::move(one);
  return out;
}
[[nodiscard]] context caller(std::uint8_t flags, sampling_state state) { return context{trace_id{{1}}, span_id{{2}}, flags, true, state}; }
[[nodiscard]] sampler nothing() { return xray_rules({}, {.fixed_target = 0, .rate = 0}); }
[[nodiscard]] std::string rule_of_document(testing::capture& taken) { return std::string{taken.spans()[0].find("aws.xray.sampling_rule_name").as_text()}; }

/// Rules that X-Ray would give: everything under the name `all`.
[[nodiscard]] std::shared_ptr<xray_script> all_sampled() {
  auto out = std::make_shared<xray_script>();
  out->answer("/GetSamplingRules", 200, rules_answer({rule_record("all", 1, "*", 0, "1")}));
  out->answer("/SamplingTargets", 200, R"({"SamplingTargetDocuments":[],"LastRuleModification":0,"UnprocessedStatistics":[]})");
  return out;
}
/// Waits until the rules of X-Ray decide.
[[nodiscard]] bool wait_for_central() {
  return eventually([] {
    segment const probe{"probe"};
    return why_sampled().source == sampling_source::central;
  });
}

}  // namespace

TEST_CASE("xray_sampling: rules given in code decide, by the attributes of the span that begins the trace") {
  testing::capture const taken{by(xray_rules({{.name = "checkout", .method = "POST", .path = "/checkout", .rate = 1}}, {.fixed_target = 0, .rate = 0}))};
  {
    segment const one{"svc", {.kind = span_kind::server}, {{"http.request.method", "POST"}, {"url.path", "/checkout"}}};
    CHECK(one.context().is_sampled());
    auto const why = why_sampled();
    CHECK(why.source == sampling_source::local);
    CHECK(why.rule == "checkout");
    CHECK(why.text() == "sampled by the local rule 'checkout': rate");
  }
  segment const other{"svc", {.kind = span_kind::server}, {{"http.request.method", "GET"}, {"url.path", "/checkout"}}};
  CHECK_FALSE(other.context().is_sampled());
  CHECK(why_sampled().text() == "not sampled by the local rule 'default': rate");
}

TEST_CASE("xray_sampling: the name of the service is a condition") {
  testing::capture const taken{by(xray_rules({{.service = "sv?", .rate = 1}}, {.fixed_target = 0, .rate = 0}))};
  CHECK(segment{"x"}.context().is_sampled());
  testing::capture const other{by(xray_rules({{.service = "other", .rate = 1}}, {.fixed_target = 0, .rate = 0}))};
  CHECK_FALSE(segment{"x"}.context().is_sampled());
}

TEST_CASE("xray_sampling: a caller's decision holds, an open one is taken here") {
  testing::capture const taken{by(nothing())};
  CHECK(segment{"x", {.parent = caller(trace_flag::sampled, sampling_state::decided)}}.context().is_sampled());
  CHECK_FALSE(segment{"x", {.parent = caller(trace_flag::sampled, sampling_state::asked)}}.context().is_sampled());
  CHECK(why_sampled(caller(0, sampling_state::asked)).source == sampling_source::local);
}

TEST_CASE("xray_sampling: segments of one trace share its decision") {
  testing::capture const taken{by(xray_rules({}, {.fixed_target = 1, .rate = 0}))};
  context const open{trace_id{{7}}, span_id{{1}}, 0, true, sampling_state::deferred};
  for (int i = 0; i < 3; ++i) CHECK(segment{"part", {.parent = open}}.context().is_sampled());
  CHECK_FALSE(segment{"another"}.context().is_sampled());
}

TEST_CASE("xray_sampling: a decision that is forced is taken, told, and holds for the whole trace") {
  testing::capture const taken{by(nothing())};
  context const open{trace_id{{8}}, span_id{{1}}, 0, true, sampling_state::deferred};
  {
    segment const forced{"forced", {.parent = open, .force = forced_sampling::sampled}};
    CHECK(forced.context().is_sampled());
    CHECK(why_sampled().source == sampling_source::forced);
    CHECK(scoped_span{"child", {.force = forced_sampling::not_sampled}}.context().is_sampled());
    CHECK(why_sampled().text() == "sampled by the program (span_options::force)");
  }
  CHECK(segment{"second", {.parent = open}}.context().is_sampled());
  CHECK_FALSE(segment{"unforced"}.context().is_sampled());
}

TEST_CASE("xray_sampling: a decision is forced with other samplers too, where one has to be taken") {
  testing::capture const on{by(parent_based(always_on()))};
  CHECK_FALSE(scoped_span{"x", {.force = forced_sampling::not_sampled}}.context().is_sampled());
  CHECK(scoped_span{"x", {.parent = caller(1, sampling_state::decided), .force = forced_sampling::not_sampled}}.context().is_sampled());
  CHECK_FALSE(scoped_span{"x", {.parent = caller(1, sampling_state::deferred), .force = forced_sampling::not_sampled}}.context().is_sampled());
  testing::capture const off{by(always_off())};
  CHECK(span("x", {.force = forced_sampling::sampled}).context().is_sampled());
  int asked = 0;
  testing::capture const own{by(sampler{[&](sampling_question const&) { return ++asked, sampling_decision::drop; }})};
  CHECK(scoped_span{"x", {.force = forced_sampling::sampled}}.context().is_sampled());
  CHECK(asked == 0);
}

TEST_CASE("xray_sampling: where no rules decide, nobody knows why") {
  testing::capture const taken{by(always_on())};
  CHECK(why_sampled().source == sampling_source::unknown);
  segment const one{"x"};
  CHECK(why_sampled().source == sampling_source::unknown);
  CHECK(why_sampled().sampled);
  CHECK(why_sampled().rule.empty());
}

TEST_CASE("xray_sampling: why can be asked on another thread, of a context, and after the end of the span") {
  testing::capture const taken{by(xray_rules({{.name = "r", .rate = 1}}))};
  context carried;
  {
    segment const one{"x"};
    carried = one.context();
  }
  sampling_reason there;
  std::thread{[&] { there = why_sampled(carried); }}.join();
  CHECK(there.rule == "r");
}

TEST_CASE("xray_sampling: central rules come with the first trace and not before, and their name is in the record") {
  auto const script = all_sampled();
  gate door;
  script->hold = &door;
  testing::capture taken{by(xray_rules(over(script, {.otherwise = {.fixed_target = 0, .rate = 0}})))};
  CHECK(script->now.get().asked.empty());
  CHECK_FALSE(segment{"first"}.context().is_sampled());
  door.open();
  REQUIRE(wait_for_central());
  taken.clear();
  {
    segment const one{"x"};
    CHECK(one.context().is_sampled());
    CHECK(why_sampled().text() == "sampled by the rule 'all' of X-Ray: rate");
    scoped_span const child{"child"};
  }
  CHECK(rule_of_document(taken) == "all");
  CHECK(taken.spans()["child"].find("aws.xray.sampling_rule_name").kind() == value_kind::empty);
}

TEST_CASE("xray_sampling: names of local rules are not put into records") {
  testing::capture taken{by(xray_rules({{.name = "mine", .rate = 1}}))};
  { segment const one{"x"}; }
  CHECK(rule_of_document(taken).empty());
}

TEST_CASE("xray_sampling: counts are reported while the pipeline lives, at the pace that was asked for") {
  auto const script = all_sampled();
  testing::capture const taken{by(xray_rules(over(script, {.central = xray_central{.targets_every = 100ms}})))};
  REQUIRE(wait_for_central());
  REQUIRE(script->now.wait([](auto const& all) { return std::any_of(all.asked.begin(), all.asked.end(), [](auto const& each) { return each.first == "/SamplingTargets"; }); }));
  CHECK(script->sent_to("/SamplingTargets")[0].find(R"("RuleName":"all")") != std::string::npos);
}

TEST_CASE("xray_sampling: nobody waits for a request that hangs, and the end of the pipeline ends it") {
  auto const script = all_sampled();
  gate door;
  script->hold = &door;
  problem_log problems;
  {
    auto how = plain({}, problems);
    how.sampler = xray_rules(over(script));
    pipeline running{how};
    with_default const here{running};
    { segment const first{"x"}; }
    REQUIRE(door.wait_for_arrivals(1));
    { segment const second{"x"}; }
    CHECK(running.shutdown(patience));
    CHECK(script->now.get().hurried >= 1);
  }
}

TEST_CASE("xray_sampling: the end does not wait longer than it may for a thread that does not come back") {
  auto const script = all_sampled();
  struct stubborn final : detail::http_transport {
    explicit stubborn(gate at) : door{std::move(at)} {}
    detail::http_answer send(detail::http_request const&, std::chrono::steady_clock::time_point) override { return door.pass(), detail::http_answer{}; }
    void hurry(std::chrono::steady_clock::time_point) noexcept override {}
    gate door;
  };
  gate door;
  problem_log problems;
  auto how = plain({}, problems);
  xray_sampling rules;
  rules.central.emplace();
  rules.instead.transport = [door](detail::http_options const&) { return std::make_unique<stubborn>(door); };
  how.sampler = xray_rules(rules);
  {
    pipeline running{how};
    with_default const here{running};
    { segment const first{"x"}; }
    REQUIRE(door.wait_for_arrivals(1));
    CHECK_FALSE(running.shutdown(10ms));
  }
  door.open();
}

TEST_CASE("xray_sampling: many threads decide while rules come and go") {
  auto const script = std::make_shared<xray_script>();
  for (int i = 0; i < 50; ++i)
    script->answer("/GetSamplingRules", 200, rules_answer({rule_record(i % 2 == 0 ? "even" : "odd", 1, "*", 1, "0.5"), rule_record("Default", 10'000, "*", 1, "0")}));
  script->answer("/SamplingTargets", 200,
                 R"({"SamplingTargetDocuments":[{"RuleName":"odd","FixedRate":0.2,"ReservoirQuota":3,"ReservoirQuotaTTL":4000000000,"Interval":1}],
                     "LastRuleModification":4000000000,"UnprocessedStatistics":[]})");
  problem_log problems;
  auto how = plain({}, problems);
  how.sampler = xray_rules(over(script, {.central = xray_central{.targets_every = 100ms}}));
  pipeline running{how};
  std::atomic<bool> stop{false};
  std::atomic<unsigned> unknown{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      with_default const here{running};
      while (!stop) {
        segment const one{"x", {}, {{"url.path", "/p"}}};
        if (auto const why = why_sampled(); why.source != sampling_source::unknown && why.sampled != one.context().is_sampled()) ++unknown;
      }
    });
  CHECK(script->now.wait([](auto const& all) {
    return std::count_if(all.asked.begin(), all.asked.end(), [](auto const& each) { return each.first == "/GetSamplingRules"; }) >= 5;
  }));
  stop = true;
  for (auto& one : threads) one.join();
  CHECK(unknown == 0);
  static_cast<void>(running.flush(patience));  // four threads may have been faster than one takes; this is where that is said
  CHECK(running.shutdown(patience));
}

TEST_CASE("xray_sampling: the service itself is asked in signed requests, and no key is told") {
  auto const script = std::make_shared<xray_script>();
  watched<std::vector<std::string>> seen;
  struct recorder final : detail::http_transport {
    explicit recorder(watched<std::vector<std::string>>& to) : seen{to} {}
    detail::http_answer send(detail::http_request const& what, std::chrono::steady_clock::time_point) override {
      seen.change([&](auto& all) {
        all.push_back(what.method + " " + what.url);
        for (auto const& each : what.headers) all.push_back(each.name + ": " + each.value);
      });
      detail::http_answer out;
      out.status = 403;
      out.body = R"({"message":"The security token included in the request is invalid."})";
      return out;
    }
    void hurry(std::chrono::steady_clock::time_point) noexcept override {}
    watched<std::vector<std::string>>& seen;
  };
  problem_log problems;
  auto how = plain({}, problems);
  xray_sampling rules;
  rules.central = xray_central{.direct = true,
                               .aws = {.region = "eu-west-1", .access_key_id = "AKIDEXAMPLE", .secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}};
  rules.instead.transport = [&seen](detail::http_options const&) { return std::make_unique<recorder>(seen); };
  how.sampler = xray_rules(rules);
  pipeline running{how};
  {
    with_default const here{running};
    segment const one{"x"};
  }
  REQUIRE(problems.wait_for(problem_code::rules_missing));
  auto const all = seen.get();
  REQUIRE_FALSE(all.empty());
  CHECK(all[0] == "POST https://xray.eu-west-1.amazonaws.com/GetSamplingRules");
  CHECK(std::any_of(all.begin(), all.end(), [](std::string const& each) {
    return each.find("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/") != std::string::npos && each.find("/eu-west-1/xray/aws4_request") != std::string::npos;
  }));
  auto const said = problems.of(problem_code::rules_missing)[0].what;
  CHECK(said.find("https://xray.eu-west-1.amazonaws.com") != std::string::npos);
  CHECK(said.find("is the clock right") != std::string::npos);
  CHECK(said.find("AKID") == std::string::npos);
  CHECK(said.find("wJalr") == std::string::npos);
  CHECK(running.shutdown(patience));
}

// ---- environment ----------------------------------------------------------------------------------------------------------------------

namespace {

[[nodiscard]] std::string endpoint_of(test::settled const& from) {
  auto const* const plan = dynamic_cast<detail::xray_plan const*>(from.as.sampler.plan().get());
  return plan != nullptr && plan->how().central ? plan->how().central->endpoint : "(none)";
}
[[nodiscard]] std::chrono::seconds pace_of(test::settled const& from) {
  return dynamic_cast<detail::xray_plan const&>(*from.as.sampler.plan()).how().central->rules_every;
}

}  // namespace

TEST_CASE("xray_sampling: OTEL_TRACES_SAMPLER=xray, with an endpoint and a pace") {
  auto const plain_one = test::settle({{"OTEL_TRACES_SAMPLER", "xray"}});
  CHECK(plain_one.text().empty());
  CHECK(plain_one.as.sampler.description() == "ParentBased{root:AwsXrayRemoteSampler}");
  CHECK(endpoint_of(plain_one).empty());
  auto const full = test::settle({{"OTEL_TRACES_SAMPLER", "parentbased_xray"},
                                  {"OTEL_TRACES_SAMPLER_ARG", "endpoint=http://collector:2001/, polling_interval=360"},
                                  {"AWS_XRAY_DAEMON_ADDRESS", "other:2002"},
                                  {"FANLIGHT_EXPORTERS", "none"}});
  CHECK(full.text().empty());
  CHECK(endpoint_of(full) == "http://collector:2001");
  CHECK(pace_of(full) == 360s);
  auto const daemon = test::settle({{"OTEL_TRACES_SAMPLER", "xray"}, {"AWS_XRAY_DAEMON_ADDRESS", "udp:a:1 tcp:[::1]:2"}, {"FANLIGHT_EXPORTERS", "none"}});
  CHECK(endpoint_of(daemon) == "http://[::1]:2");
}

TEST_CASE("xray_sampling: what is wrong with the sampler's argument is told, and the default used") {
  auto const bad = [](std::string const& argument, std::string const& part) {
    INFO(argument);
    auto const out = test::settle({{"OTEL_TRACES_SAMPLER", "xray"}, {"OTEL_TRACES_SAMPLER_ARG", argument}});
    CHECK(out.says(problem_code::environment_bad, part));
    CHECK(out.said.size() == 1);
    CHECK(endpoint_of(out).empty());
    CHECK(pace_of(out) == 300s);
  };
  bad("endpoint=ftp://x:1", "only http:// and https://");
  bad("endpoint=host", "there is no port");
  bad("endpoint=http://u:secret@h:1", "host and port are all");
  bad("polling_interval=0", "polling_interval");
  bad("polling_interval=often", "polling_interval");
  bad("pace=3", "endpoint=");
  bad("2000", "OTEL_TRACES_SAMPLER_ARG");
}

TEST_CASE("xray_sampling: the daemon's address wins over code, and that is told when they differ") {
  config code;
  code.exporters = std::vector<exporter_spec>{};
  code.sampler = xray_rules({.central = xray_central{.endpoint = "here:2000"}});
  CHECK(endpoint_of(test::settle({}, code)) == "http://here:2000");
  CHECK(endpoint_of(test::settle({{"AWS_XRAY_DAEMON_ADDRESS", "here:2000"}}, code)) == "http://here:2000");
  auto const other = test::settle({{"AWS_XRAY_DAEMON_ADDRESS", "there:2000"}}, code);
  CHECK(endpoint_of(other) == "http://there:2000");
  CHECK(other.says(problem_code::config_bad, "the variable wins"));
  auto const bad = test::settle({{"AWS_XRAY_DAEMON_ADDRESS", "there"}}, code);
  CHECK(endpoint_of(bad) == "http://here:2000");
  CHECK(bad.says(problem_code::config_bad, "AWS_XRAY_DAEMON_ADDRESS"));
  code.sampler = xray_rules({.central = xray_central{.endpoint = "nonsense"}});
  CHECK(test::settle({}, code).says(problem_code::config_bad, "xray_central::endpoint"));
}

TEST_CASE("xray_sampling: rules that cannot be used leave the built-in one in force") {
  auto const told = [](xray_sampling how, problem_code code, std::string const& part) {
    config given;
    given.exporters = std::vector<exporter_spec>{};
    given.sampler = xray_rules(std::move(how));
    auto const out = test::settle({}, given);
    INFO(out.text());
    CHECK(out.says(code, part));
  };
  told({.file = "/nowhere/rules.json"}, problem_code::rules_bad, "'/nowhere/rules.json'");
  told({.json = "{"}, problem_code::rules_bad, "no JSON");
  told({.rules = {{.rate = 7}}}, problem_code::rules_bad, "rules[0].rate");
  told({.rules = {{.rate = 1}}, .json = "{}"}, problem_code::config_bad, "one alone");
  told({.json = R"({"SamplingRule":{"RuleName":"r","FixedRate":1,"ReservoirSize":0}})"}, problem_code::rules_converted, "ReservoirSize as fixed_target");
}
