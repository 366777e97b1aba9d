// The environment and sampler cases of OpenTelemetry's specification that do not need a network. Names start with page and number.
#include "support/fake_environment.hpp"

#include "catch.hpp"

using namespace fanlight;
using test::settle;

TEST_CASE("otlp EV4: OTEL_SERVICE_NAME beats service.name, values are percent-decoded") {
  auto const out = settle({{"OTEL_SERVICE_NAME", "a"}, {"OTEL_RESOURCE_ATTRIBUTES", "service.name=b,team=x%2Cy"}});
  CHECK(out.as.who->get("service.name") == "a");
  CHECK(out.as.who->get("team") == "x,y");
  CHECK(out.text().empty());
}

TEST_CASE("otlp EV5: OTEL_SDK_DISABLED=1 is enabled, with a warning") {
  auto const out = settle({{"OTEL_SDK_DISABLED", "1"}});
  CHECK_FALSE(out.as.disabled);
  REQUIRE(out.said.size() == 1);
  CHECK(out.said[0].code == problem_code::environment_bad);
  CHECK(out.said[0].what == "OTEL_SDK_DISABLED is \"1\"; it must be true or false; false is used instead");
}

TEST_CASE("otlp EV6 for the batch processors: a unit is a warning and the default, 0 is no limit") {
  for (auto const* name : {"OTEL_BSP_EXPORT_TIMEOUT", "OTEL_BLRP_EXPORT_TIMEOUT"}) {
    INFO(name);
    auto const bad = settle({{name, "30s"}});
    CHECK(bad.as.export_timeout == std::chrono::seconds{30});
    CHECK(bad.said.size() == 1);
    CHECK(bad.says(problem_code::environment_bad, std::string{name} + " is \"30s\""));
    CHECK(bad.says(problem_code::environment_bad, "30000 is used instead"));
    auto const endless = settle({{name, "0"}});
    CHECK(endless.as.export_timeout == detail::no_time_limit);
    CHECK(endless.text().empty());
  }
}

TEST_CASE("otlp EV7: a ratio of 1.5 is a warning and 1.0") {
  auto const out = settle({{"OTEL_TRACES_SAMPLER", "traceidratio"}, {"OTEL_TRACES_SAMPLER_ARG", "1.5"}});
  CHECK(out.as.sampler.mode() == detail::sampling_mode::ratio);
  CHECK(out.as.sampler.probability() == 1.0);
  REQUIRE(out.said.size() == 1);
  CHECK(out.said[0].what == "OTEL_TRACES_SAMPLER_ARG is \"1.5\"; it must be a number from 0 to 1; 1.0 is used instead");
}
