// Which exporters the environment names, what stands in where none can take a signal, and what is said about it.
#include "support/fake_environment.hpp"

#include "catch.hpp"

using namespace fanlight;
using test::settle;
using strings = std::vector<std::string>;

namespace {

struct nothing {
  void consume(batch<span_record>) {}
};

}  // namespace

TEST_CASE("exporters in code leave the variables alone") {
  config code;
  code.exporters = std::vector<exporter_spec>{nothing{}};
  CHECK(settle({{"FANLIGHT_EXPORTERS", "otlp"}, {"HONEYCOMB_API_KEY", "x"}}, code).exporters() == strings{"custom"});
  CHECK(settle({{"FANLIGHT_EXPORTERS", "otlp"}}, code).text().empty());
  code.exporters = std::vector<exporter_spec>{};
  CHECK(settle({{"FANLIGHT_EXPORTERS", "console"}}, code).exporters().empty());
}

TEST_CASE("exporters in code that are wrong are left out and told") {
  exporter_spec wrong = nothing{};
  wrong.name = "wrong";
  problem reason;
  reason.code = problem_code::config_bad, reason.what = "no path";
  wrong.problems.push_back(reason);
  exporter_spec unmade;
  unmade.name = "unmade";
  config code;
  code.exporters = std::vector<exporter_spec>{wrong, nothing{}, unmade};
  auto const out = settle({}, code);
  CHECK(out.exporters() == strings{"custom"});
  REQUIRE(out.said.size() == 2);
  CHECK(out.said[0].what == "no path");
  CHECK(out.said[0].exporter == "wrong");
  CHECK(out.said[1].code == problem_code::config_bad);
  CHECK(out.said[1].exporter == "unmade");
}

TEST_CASE("FANLIGHT_EXPORTERS names them, and nothing else does then") {
  auto const named = [](char const* names) {
    auto const out = settle({{"FANLIGHT_EXPORTERS", names},
                             {"FANLIGHT_OTLP_FILE", "spans.jsonl"},
                             {"OTEL_TRACES_EXPORTER", "console"},
                             {"HONEYCOMB_API_KEY", "key"}});
    CHECK(out.text().empty());
    return out.exporters();
  };
  CHECK(named("console") == strings{"console"});
  CHECK(named("Console_JSON, otlp_file") == strings{"console_json", "otlp_file"});
  CHECK(named("console,console") == strings{"console"});
  CHECK(named("otlp/stdout") == strings{"otlp_stdout"});
  CHECK(named("none").empty());
}

TEST_CASE("FANLIGHT_EXPORTERS: what is not known") {
  auto const unknown = settle({{"FANLIGHT_EXPORTERS", "consol"}});
  CHECK(unknown.says(problem_code::environment_bad, "FANLIGHT_EXPORTERS is \"consol\""));
  CHECK(unknown.exporters() == strings{"console"});
  auto const mixed = settle({{"FANLIGHT_EXPORTERS", "none,console_json"}});
  CHECK(mixed.says(problem_code::environment_bad, "none alone"));
  CHECK(mixed.exporters() == strings{"console_json"});
}

TEST_CASE("OpenTelemetry's variables choose signal by signal") {
  auto const named = [](char const* traces, char const* logs) {
    auto const out = settle({{"OTEL_TRACES_EXPORTER", traces}, {"OTEL_LOGS_EXPORTER", logs}});
    CHECK(out.text().empty());
    return out.exporters();
  };
  CHECK(named("console", "console") == strings{"console"});
  CHECK(named("console", "none") == strings{"console:traces"});
  CHECK(named("none", "console") == strings{"console:logs"});
  CHECK(named("none", "none").empty());
  CHECK(named("otlp/stdout", "console") == strings{"otlp_stdout:traces", "console:logs"});
  CHECK(named("console,otlp/stdout", "otlp/stdout") == strings{"console:traces", "otlp_stdout"});
  CHECK(named("otlp/stdout", "") == strings{"otlp_stdout:traces", "console:logs"});
  CHECK(named("none", "") == strings{"console:logs"});
  CHECK(named("", "none") == strings{"console:traces"});
}

TEST_CASE("errors go where logs go, start notes where spans go") {
  auto const out = settle({{"OTEL_TRACES_EXPORTER", "otlp/stdout"}, {"OTEL_LOGS_EXPORTER", "console"}});
  REQUIRE(out.as.exporters.size() == 2);
  CHECK(out.as.exporters[0].only == (takes<span_record> | takes<start_record>));
  CHECK(out.as.exporters[1].only == (takes<log_record> | takes<error_record>));
}

TEST_CASE("a signal whose exporter does not take it goes to the console") {
  auto const out = settle({{"OTEL_TRACES_EXPORTER", "rollbar"}, {"OTEL_LOGS_EXPORTER", "none"}});
  CHECK(out.exporters() == strings{"console:traces"});
  CHECK(out.said.size() == 1);
  CHECK(out.says(problem_code::environment_bad, "OTEL_TRACES_EXPORTER is \"rollbar\""));
  for (auto const* name : {"zipkin", "prometheus"}) {
    auto const other = settle({{"OTEL_TRACES_EXPORTER", name}});
    CHECK(other.exporters() == strings{"console"});
    CHECK(other.says(problem_code::ignored, std::string{"OTEL_TRACES_EXPORTER names "} + name));
  }
}

TEST_CASE("FANLIGHT_OTLP_FILE names the file, and the exporter with it") {
  CHECK(settle({{"FANLIGHT_OTLP_FILE", "spans.jsonl"}}).exporters() == strings{"otlp_file"});
  CHECK(settle({{"FANLIGHT_OTLP_FILE", "-"}}).exporters() == strings{"otlp_stdout"});
  CHECK(settle({{"FANLIGHT_OTLP_FILE", "-"}, {"OTEL_TRACES_EXPORTER", "otlp/stdout"}}).exporters() == strings{"otlp_stdout"});
  CHECK(settle({{"FANLIGHT_OTLP_FILE", "x.jsonl"}, {"OTEL_TRACES_EXPORTER", "console"}}).exporters() ==
        strings{"console:traces", "otlp_file"});
  CHECK(settle({{"FANLIGHT_OTLP_FILE", "spans.jsonl"}}).text().empty());
}

TEST_CASE("X-Ray by name and by its daemon's address, for spans alone") {
  auto const named = [](test::variables variables) {
    auto const out = settle(std::move(variables));
    CHECK(out.text().empty());
    return out.exporters();
  };
  CHECK(named({{"FANLIGHT_EXPORTERS", "xray"}}) == strings{"xray:traces"});
  CHECK(named({{"FANLIGHT_EXPORTERS", "console,xray"}}) == strings{"console", "xray:traces"});
  CHECK(named({{"OTEL_TRACES_EXPORTER", "xray"}, {"OTEL_LOGS_EXPORTER", "none"}}) == strings{"xray:traces"});
  CHECK(named({{"AWS_XRAY_DAEMON_ADDRESS", "127.0.0.1:2000"}}) == strings{"xray:traces", "console:logs"});
  CHECK(named({{"AWS_XRAY_DAEMON_ADDRESS", "127.0.0.1:2000"}, {"OTEL_TRACES_EXPORTER", "xray"}, {"OTEL_LOGS_EXPORTER", "none"}}) == strings{"xray:traces"});
  CHECK(named({{"FANLIGHT_EXPORTERS", "console"}, {"AWS_XRAY_DAEMON_ADDRESS", "127.0.0.1:2000"}}) == strings{"console"});
  CHECK(named({{"FANLIGHT_EXPORTERS", "xray"}, {"AWS_XRAY_SDK_ENABLED", "false"}}).empty());
  auto const logs = settle({{"OTEL_LOGS_EXPORTER", "xray"}});
  CHECK(logs.exporters() == strings{"console"});
  CHECK(logs.says(problem_code::environment_bad, "OTEL_LOGS_EXPORTER is \"xray\""));
}

TEST_CASE("CloudWatch by name and by its log group, for logs and errors") {
  auto const named = [](test::variables variables) {
    variables["FANLIGHT_LOG_GROUP"] = "shop";
    auto const out = settle(std::move(variables));
    CHECK(out.text().empty());
    return out.exporters();
  };
  CHECK(named({}) == strings{"cloudwatch:logs", "console:traces"});
  CHECK(named({{"FANLIGHT_EXPORTERS", "cloudwatch"}}) == strings{"cloudwatch:logs"});
  CHECK(named({{"FANLIGHT_EXPORTERS", "xray"}}) == strings{"xray:traces"});  // which then links to the group
  CHECK(named({{"OTEL_LOGS_EXPORTER", "console"}}) == strings{"console"});
  CHECK(named({{"OTEL_LOGS_EXPORTER", "cloudwatch,console"}, {"OTEL_TRACES_EXPORTER", "none"}}) == strings{"cloudwatch:logs", "console:logs"});
  CHECK(named({{"AWS_XRAY_DAEMON_ADDRESS", "127.0.0.1:2000"}}) == strings{"xray:traces", "cloudwatch:logs"});
  auto const out = settle({{"FANLIGHT_LOG_GROUP", "shop"}});
  CHECK(out.as.exporters[0].only == (takes<log_record> | takes<error_record>));
}

TEST_CASE("Rollbar is named by name and by its token, spans and log records go where they would go without it") {
  auto const named = [](test::variables const& given) {
    auto const out = settle(given);
    CHECK(out.text().empty());
    return out.exporters();
  };
  CHECK(named({{"ROLLBAR_ACCESS_TOKEN", "hunter2"}}) == strings{"rollbar", "console"});
  CHECK(named({{"FANLIGHT_EXPORTERS", "console,rollbar"}, {"ROLLBAR_ACCESS_TOKEN", "hunter2"}}) == strings{"console", "rollbar"});
  CHECK(named({{"FANLIGHT_OTLP_FILE", "x.jsonl"}, {"ROLLBAR_ACCESS_TOKEN", "hunter2"}}) == strings{"otlp_file", "rollbar"});
  CHECK(named({{"OTEL_LOGS_EXPORTER", "rollbar"}, {"OTEL_TRACES_EXPORTER", "none"}, {"ROLLBAR_ACCESS_TOKEN", "hunter2"}}) == strings{"rollbar"});
  auto const without = settle({{"FANLIGHT_EXPORTERS", "rollbar"}});
  CHECK(without.exporters().empty());
  CHECK(without.says(problem_code::config_bad, "there is no access token"));
  auto const traces = settle({{"OTEL_TRACES_EXPORTER", "rollbar"}});
  CHECK(traces.says(problem_code::environment_bad, "OTEL_TRACES_EXPORTER is \"rollbar\""));
}

TEST_CASE("OTLP is named by name and by address, for both signals or for one") {
  auto const named = [](test::variables const& given) {
    auto const out = settle(given);
    CHECK(out.text().empty());
    return out.exporters();
  };
  CHECK(named({{"OTEL_TRACES_EXPORTER", "otlp"}, {"OTEL_LOGS_EXPORTER", "otlp"}}) == strings{"otlp"});
  CHECK(named({{"OTEL_TRACES_EXPORTER", "otlp"}, {"OTEL_LOGS_EXPORTER", "none"}}) == strings{"otlp:traces"});
  CHECK(named({{"FANLIGHT_EXPORTERS", "otlp,console"}}) == strings{"otlp", "console"});
  CHECK(named({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318"}}) == strings{"otlp"});
  CHECK(named({{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:4318/t"}}) == strings{"otlp:traces", "console:logs"});
  CHECK(named({{"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://127.0.0.1:4318/l"}}) == strings{"otlp:logs", "console:traces"});
  CHECK(named({{"OTEL_TRACES_EXPORTER", "otlp"}, {"OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318"}}) == strings{"otlp"});
  CHECK(named({{"OTEL_TRACES_EXPORTER", "console"},
               {"OTEL_LOGS_EXPORTER", "none"},
               {"OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318"}}) ==
        strings{"console:traces"});  // an address alone does not overrule names
  CHECK(named({{"FANLIGHT_OTLP_FILE", "x.jsonl"}, {"OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318"}}) ==
        strings{"otlp_file", "otlp"});
  CHECK(named({{"OTEL_EXPORTER_OTLP_HEADERS", "x-key=k"}}) == strings{"console"});
}

TEST_CASE("a back end is named by its key, and by its name") {
  auto const named = [](test::variables const& given) {
    auto const out = settle(given);
    CHECK(out.text().empty());
    return out.exporters();
  };
  CHECK(named({{"HONEYCOMB_API_KEY", "hunter2"}}) == strings{"honeycomb"});
  CHECK(named({{"DD_API_KEY", "hunter2"}}) == strings{"datadog"});
  CHECK(named({{"NEW_RELIC_LICENSE_KEY", "hunter2"}, {"HONEYCOMB_API_KEY", "hunter2"}}) == strings{"honeycomb", "new_relic"});
  CHECK(named({{"FANLIGHT_OTLP_FILE", "x.jsonl"}, {"DD_API_KEY", "key"}}) == strings{"otlp_file", "datadog"});
  CHECK(named({{"FANLIGHT_EXPORTERS", "datadog"}}) == strings{"datadog"});  // without a key: the agent
  CHECK(named({{"FANLIGHT_EXPORTERS", "console"}, {"HONEYCOMB_API_KEY", "hunter2"}}) == strings{"console"});
  CHECK(named({{"OTEL_TRACES_EXPORTER", "honeycomb"}, {"OTEL_LOGS_EXPORTER", "console"}, {"HONEYCOMB_API_KEY", "k"}}) ==
        strings{"honeycomb", "console:logs"});
}

TEST_CASE("a back end that lacks a piece is told and left out") {
  auto const out = settle({{"FANLIGHT_EXPORTERS", "honeycomb,console"}});
  CHECK(out.exporters() == strings{"console"});
  CHECK(out.says(problem_code::config_bad, "honeycomb has no api_key: set HONEYCOMB_API_KEY, or give honeycomb_config::api_key"));
  auto const grafana = settle({{"GRAFANA_CLOUD_API_KEY", "hunter2"}});
  CHECK(grafana.says(problem_code::config_bad, "grafana_cloud has no zone: set GRAFANA_CLOUD_ZONE"));
  CHECK(grafana.says(problem_code::config_bad, "grafana_cloud has no instance_id: set GRAFANA_CLOUD_INSTANCE_ID"));
  CHECK(grafana.text().find("hunter2") == std::string::npos);
}

TEST_CASE("requests to AWS are signed without a word of code") {
  auto const out = settle({{"FANLIGHT_EXPORTERS", "aws_xray_otlp"}, {"AWS_REGION", "us-east-1"}});
  CHECK(out.exporters() == strings{"aws_xray_otlp:traces"});
  CHECK(out.text().empty());
}

TEST_CASE("Honeycomb by address and by key is one exporter") {
  auto const address = std::pair<std::string const, std::string>{"OTEL_EXPORTER_OTLP_ENDPOINT", "https://api.eu1.honeycomb.io"};
  auto const by_key = settle({address, {"HONEYCOMB_API_KEY", "hunter2"}});
  CHECK(by_key.exporters() == strings{"honeycomb"});
  auto const by_headers = settle({address, {"HONEYCOMB_API_KEY", "hunter2"}, {"OTEL_EXPORTER_OTLP_HEADERS", "x-honeycomb-team=hunter2"}});
  CHECK(by_headers.exporters() == strings{"otlp"});
  auto const elsewhere = settle({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318"}, {"HONEYCOMB_API_KEY", "hunter2"}});
  CHECK(elsewhere.exporters() == strings{"otlp", "honeycomb"});
}

TEST_CASE("every exporter that is chosen can be made") {
  auto const out = settle({{"FANLIGHT_EXPORTERS", "console,console_json,otlp,datadog"}});
  REQUIRE(out.as.exporters.size() == 4);
  for (auto const& one : out.as.exporters) {
    INFO(one.name);
    auto const made = one.make();
    REQUIRE(made);
    CHECK((made->kinds() & takes<span_record>) != 0);
  }
}
