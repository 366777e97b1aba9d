// resolve(): code over environment over default, variable by variable, and what is said on the way.
#include <fanlight/detail/detectors.hpp>

#include "support/fake_environment.hpp"

#include "catch.hpp"

using namespace fanlight;
using namespace std::chrono_literals;
using test::settle;
using strings = std::vector<std::string>;

namespace {

[[nodiscard]] config with(limits given) {
  config out;
  out.limits = given;
  return out;
}
[[nodiscard]] config with(batching given) {
  config out;
  out.batching = given;
  return out;
}
[[nodiscard]] std::vector<propagator> default_propagators() { return {propagator::tracecontext, propagator::baggage}; }

}  // namespace

TEST_CASE("nothing set: the defaults, and not a word") {
  auto const out = settle({});
  CHECK(out.text().empty());
  CHECK_FALSE(out.as.disabled);
  CHECK(out.as.sampler.description() == "ParentBased{root:AlwaysOnSampler}");
  CHECK_FALSE(out.as.write_threshold);
  CHECK(out.exporters() == strings{"console"});
  CHECK(out.as.exporters[0].only == ~record_types{});
  CHECK(out.as.propagators == default_propagators());
  CHECK(out.as.attributes == 128);
  CHECK(out.as.events == 128);
  CHECK(out.as.links == 128);
  CHECK(out.as.event_attributes == 128);
  CHECK(out.as.link_attributes == 128);
  CHECK(out.as.log_attributes == 128);
  CHECK(out.as.value_length == UINT32_MAX);
  CHECK(out.as.log_value_length == UINT32_MAX);
  CHECK(out.as.queue_records == 65'536);
  CHECK(out.as.queue_bytes == 32u << 20);
  CHECK(out.as.batch_records == 512);
  CHECK(out.as.batch_bytes == 256u << 10);
  CHECK(out.as.capture_bytes == 1u << 20);
  CHECK(out.as.span_delay == 5s);
  CHECK(out.as.log_delay == 1s);
  CHECK(out.as.export_timeout == 30s);
}

TEST_CASE("each variable is read once at most, and none that the code has answered") {
  auto const count = [](config code) {
    auto reads = std::make_shared<std::map<std::string, int>>();
    code.instead.environment = [reads](std::string const& name) -> std::optional<std::string> {
      ++(*reads)[name];
      return std::nullopt;
    };
    std::vector<problem> said;
    static_cast<void>(detail::resolve(code, said));
    for (auto const& [name, times] : *reads) {
      INFO(name);
      CHECK(times == 1);
    }
    return *reads;
  };
  CHECK(count({}).size() > 35);

  config full;
  full.service = "shop";
  full.sampler = always_off();
  full.exporters = std::vector<exporter_spec>{};
  full.propagators = std::vector<propagator>{};
  full.baggage_on_spans = std::vector<std::string>{};
  full.known_http_methods = std::vector<std::string>{};
  full.limits = {1, 2, 3, 4, 5, 6, 7, 8};
  full.batching = {1, 2, 1, 2, 3ms, 4ms, 5ms, 4096};
  full.disabled = false;
  full.minimum_level = level::info;
  full.levels = std::vector<logger_level>{{"db", level::debug}};
  auto const left = count(full);
  CHECK(left.size() == 4);
  for (auto const* name : {"OTEL_RESOURCE_ATTRIBUTES", "OTEL_CONFIG_FILE", "OTEL_METRICS_EXPORTER", "OTEL_LOG_LEVEL"}) {
    INFO(name);
    CHECK(left.count(name) == 1);
  }
}

TEST_CASE("read_environment = false: no variable counts") {
  config code;
  code.read_environment = false;
  auto const out = settle({{"OTEL_SDK_DISABLED", "true"}, {"OTEL_SERVICE_NAME", "x"}, {"FANLIGHT_EXPORTERS", "none"}}, code);
  CHECK_FALSE(out.as.disabled);
  CHECK(out.as.who->get("service.name") != "x");
  CHECK(out.exporters() == strings{"console"});
}

TEST_CASE("the machine's environment is read when no other is given") {
  config code;
  code.detect_resource = false;
  REQUIRE(::setenv("OTEL_SERVICE_NAME", "from the machine", 1) == 0);
  std::vector<problem> said;
  auto const out = detail::resolve(code, said);
  ::unsetenv("OTEL_SERVICE_NAME");
  CHECK(out.who->get("service.name") == "from the machine");
}

// ---- resource and switch -----------------------------------------------------------------------------------------------------------

TEST_CASE("code beats OTEL_SERVICE_NAME beats OTEL_RESOURCE_ATTRIBUTES") {
  test::variables const given{{"OTEL_SERVICE_NAME", "name"}, {"OTEL_RESOURCE_ATTRIBUTES", "service.name=attribute,team=env,zone=eu"}};
  CHECK(settle(given).as.who->get("service.name") == "name");
  CHECK(settle({{"OTEL_RESOURCE_ATTRIBUTES", "service.name=attribute"}}).as.who->get("service.name") == "attribute");
  config code;
  code.service = "code", code.version = "1.2", code.environment = "test", code.resource = {{"team", "code"}, {"shift", 3}};
  auto const out = settle(given, code);
  CHECK(out.as.who->get("service.name") == "code");
  CHECK(out.as.who->get("service.version") == "1.2");
  CHECK(out.as.who->get("deployment.environment.name") == "test");
  CHECK(out.as.who->get("team") == "code");
  CHECK(out.as.who->get("zone") == "eu");
  CHECK(out.as.who->attributes.get("shift").as_int64() == 3);
  CHECK(out.text().empty());
  config in_resource;
  in_resource.resource = {{"service.name", "resource"}};
  CHECK(settle(given, in_resource).as.who->get("service.name") == "resource");
}

TEST_CASE("one error in OTEL_RESOURCE_ATTRIBUTES drops all of it") {
  for (auto const* bad : {"team=x,zone", "team=x,=y", "team=x,zone=%4", "team=x,zone=a=b"}) {
    INFO(bad);
    auto const out = settle({{"OTEL_RESOURCE_ATTRIBUTES", bad}});
    CHECK_FALSE(out.as.who->attributes.contains("team"));
    CHECK(out.said.size() == 1);
    CHECK(out.says(problem_code::environment_bad, "OTEL_RESOURCE_ATTRIBUTES"));
    CHECK(out.says(problem_code::environment_bad, "nothing of it is used"));
  }
}

TEST_CASE("detectors run when they are asked for, and again from what was stated") {
  auto const out = settle({{"OTEL_RESOURCE_ATTRIBUTES", "host.name=elsewhere"}}, {}, true);
  CHECK(out.as.who->get("host.name") == "elsewhere");
  CHECK(out.as.who->attributes.get("process.pid").as_int64() != 0);
  auto const again = detail::assemble_resource(out.as.stated, out.as.detect_resource);
  CHECK(again.get("host.name") == "elsewhere");
  CHECK(again.get("service.instance.id") != out.as.who->get("service.instance.id"));
}

TEST_CASE("OTEL_SDK_DISABLED, and its equal in code") {
  auto const off = settle({{"OTEL_SDK_DISABLED", "TRUE"}, {"OTEL_PROPAGATORS", "xray"}});
  CHECK(off.as.disabled);
  CHECK(off.as.exporters.empty());
  CHECK(off.as.propagators == std::vector<propagator>{propagator::xray});
  config code;
  code.disabled = false;
  CHECK_FALSE(settle({{"OTEL_SDK_DISABLED", "true"}}, code).as.disabled);
  code.disabled = true;
  CHECK(settle({}, code).as.disabled);
}

TEST_CASE("variables that do nothing here are told") {
  CHECK(settle({{"OTEL_CONFIG_FILE", "otel.yaml"}}).says(problem_code::ignored, "OTEL_CONFIG_FILE"));
  CHECK(settle({{"OTEL_METRICS_EXPORTER", "otlp"}}).says(problem_code::ignored, "OTEL_METRICS_EXPORTER"));
  CHECK(settle({{"OTEL_METRICS_EXPORTER", "none"}, {"OTEL_LOG_LEVEL", "Debug"}}).text().empty());
  CHECK(settle({{"OTEL_LOG_LEVEL", "loud"}}).says(problem_code::environment_bad, "OTEL_LOG_LEVEL"));
}

// ---- sampler -------------------------------------------------------------------------------------------------------------------------

TEST_CASE("every sampler has its name in the environment") {
  auto const named = [](char const* name, char const* arg = "") {
    auto const out = settle({{"OTEL_TRACES_SAMPLER", name}, {"OTEL_TRACES_SAMPLER_ARG", arg}});
    CHECK(out.text().empty());
    return out.as.sampler.description();
  };
  CHECK(named("always_on") == "AlwaysOnSampler");
  CHECK(named("ALWAYS_OFF") == "AlwaysOffSampler");
  CHECK(named("traceidratio", "0.25") == "TraceIdRatioBased{0.25}");
  CHECK(named("traceidratio") == "TraceIdRatioBased{1}");
  CHECK(named("parentbased_always_on") == "ParentBased{root:AlwaysOnSampler}");
  CHECK(named("parentbased_always_off") == "ParentBased{root:AlwaysOffSampler}");
  CHECK(named("parentbased_traceidratio", "0.5") == "ParentBased{root:TraceIdRatioBased{0.5}}");
}

TEST_CASE("samplers that are not here are told, and the default is used") {
  auto const check_told = [](char const* name, problem_code code) {
    INFO(name);
    auto const out = settle({{"OTEL_TRACES_SAMPLER", name}});
    CHECK(out.said.size() == 1);
    CHECK(out.says(code, name));
    CHECK(out.as.sampler.description() == "ParentBased{root:AlwaysOnSampler}");
  };
  check_told("jaeger_remote", problem_code::ignored);
  check_told("parentbased_jaeger_remote", problem_code::ignored);
  check_told("sometimes", problem_code::environment_bad);
  check_told("parentbased_", problem_code::environment_bad);
}

TEST_CASE("a sampler in code leaves those variables unread") {
  config code;
  code.sampler = ratio(0.5);
  auto const out = settle({{"OTEL_TRACES_SAMPLER", "nonsense"}, {"OTEL_TRACES_SAMPLER_ARG", "nonsense"}}, code);
  CHECK(out.as.sampler.description() == "TraceIdRatioBased{0.5}");
  CHECK(out.text().empty());
}

TEST_CASE("OTEL_TRACES_SAMPLER_ARG alone means nothing") {
  auto const out = settle({{"OTEL_TRACES_SAMPLER_ARG", "0.5"}});
  CHECK(out.as.sampler.description() == "ParentBased{root:AlwaysOnSampler}");
  CHECK(out.text().empty());
}

TEST_CASE("the written threshold is the one that decides") {
  config code;
  code.sampler = parent_based(ratio(0.1));
  auto const out = settle({}, code);  // where there is a ratio, it is told
  CHECK(out.as.write_threshold);
  CHECK(out.as.sampler.threshold() == 0xE6660000000000);
  CHECK(out.as.sampler.description() == "ParentBased{root:TraceIdRatioBased{0.1}}");
  code.write_sampling_threshold = false;
  CHECK(settle({}, code).as.sampler.threshold() == 0xE6666666666666);
  code.sampler = parent_based(ratio(1));
  code.write_sampling_threshold = {};
  CHECK_FALSE(settle({}, code).as.write_threshold);
}

// ---- propagators ---------------------------------------------------------------------------------------------------------------------

TEST_CASE("propagators keep their order and come once") {
  auto const named = [](char const* names) { return settle({{"OTEL_PROPAGATORS", names}}); };
  auto const out = named("xray, TraceContext,xray");
  CHECK(out.as.propagators == std::vector{propagator::xray, propagator::tracecontext});
  CHECK(out.text().empty());
  CHECK(named("b3multi,b3").as.propagators == std::vector{propagator::b3multi, propagator::b3});
  CHECK(named("none").as.propagators.empty());
  CHECK(named("none").text().empty());
  CHECK(named(" , ").as.propagators == default_propagators());
}

TEST_CASE("propagators that are not here are told and left out") {
  auto const out = settle({{"OTEL_PROPAGATORS", "jaeger,tracecontext,carrier-pigeon,none"}});
  CHECK(out.as.propagators == std::vector{propagator::tracecontext});
  CHECK(out.said.size() == 3);
  CHECK(out.says(problem_code::ignored, "names jaeger"));
  CHECK(out.says(problem_code::environment_bad, "carrier-pigeon"));
  CHECK(out.says(problem_code::environment_bad, "none alone"));
  for (auto const* name : {"jaeger", "ottrace"}) {
    INFO(name);
    auto const alone = settle({{"OTEL_PROPAGATORS", name}});
    CHECK(alone.says(problem_code::ignored, name));
    CHECK(alone.as.propagators == default_propagators());
  }
}

TEST_CASE("keys of baggage that are copied to spans: code, else the variable, in which case counts") {
  using texts = std::vector<std::string>;
  CHECK(settle({}).as.baggage_on_spans.empty());
  CHECK(settle({{"FANLIGHT_BAGGAGE_ON_SPANS", " tenant, User.Id ,,"}}).as.baggage_on_spans == texts{"tenant", "User.Id"});
  config code;
  code.baggage_on_spans = {"*"};
  CHECK(settle({{"FANLIGHT_BAGGAGE_ON_SPANS", "tenant"}}, code).as.baggage_on_spans == texts{"*"});
  code.baggage_on_spans = texts{};
  CHECK(settle({{"FANLIGHT_BAGGAGE_ON_SPANS", "tenant"}}, code).as.baggage_on_spans.empty());
}

TEST_CASE("HTTP methods that are known: code, else the variable, which replaces the standards' and in which case counts") {
  CHECK(settle({}).as.known_http_methods.empty());
  CHECK(settle({{"OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS", " GET,,PROPFIND , brew,"}}).as.known_http_methods == "GET,PROPFIND,brew");
  auto const commas = settle({{"OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS", " , "}});
  CHECK(commas.as.known_http_methods.empty());
  CHECK(commas.text().empty());
  auto const bad = settle({{"OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS", "GET,POST PUT,M-SEARCH"}});
  CHECK(bad.as.known_http_methods == "GET,M-SEARCH");
  CHECK(bad.says(problem_code::environment_bad,
                 "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS is \"POST PUT\"; it must be a list of methods separated by commas"));
  config code;
  code.known_http_methods = {"GET", "REPORT"};
  CHECK(settle({{"OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS", "BREW"}}, code).as.known_http_methods == "GET,REPORT");
  code.known_http_methods = strings{};
  CHECK(settle({{"OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS", "BREW"}}, code).as.known_http_methods.empty());
}

TEST_CASE("propagators in code, none of them too") {
  config code;
  code.propagators = std::vector{propagator::baggage, propagator::baggage};
  CHECK(settle({{"OTEL_PROPAGATORS", "xray"}}, code).as.propagators == std::vector{propagator::baggage});
  code.propagators = std::vector<propagator>{};
  CHECK(settle({{"OTEL_PROPAGATORS", "xray"}}, code).as.propagators.empty());
}

// ---- limits --------------------------------------------------------------------------------------------------------------------------

TEST_CASE("limits: its own variable, else the general one, else the default") {
  auto const general = settle({{"OTEL_ATTRIBUTE_COUNT_LIMIT", "7"}, {"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "9"}});
  CHECK(general.as.attributes == 7);
  CHECK(general.as.log_attributes == 7);
  CHECK(general.as.value_length == 9);
  CHECK(general.as.log_value_length == 9);
  CHECK(general.as.event_attributes == 128);
  CHECK(general.as.link_attributes == 128);
  auto const own = settle({{"OTEL_ATTRIBUTE_COUNT_LIMIT", "7"},
                           {"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "9"},
                           {"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "1"},
                           {"OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", "2"},
                           {"OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "3"},
                           {"OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", "4"},
                           {"OTEL_SPAN_EVENT_COUNT_LIMIT", "5"},
                           {"OTEL_SPAN_LINK_COUNT_LIMIT", "0"},
                           {"OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "6"},
                           {"OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", "8"}});
  CHECK(own.text().empty());
  CHECK(own.as.attributes == 1);
  CHECK(own.as.log_attributes == 2);
  CHECK(own.as.value_length == 3);
  CHECK(own.as.log_value_length == 4);
  CHECK(own.as.events == 5);
  CHECK(own.as.links == 0);
  CHECK(own.as.event_attributes == 6);
  CHECK(own.as.link_attributes == 8);
}

TEST_CASE("limits in code win, and a bad variable falls back to the general one") {
  auto const code = settle({{"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "1"}, {"OTEL_ATTRIBUTE_COUNT_LIMIT", "7"}}, with(limits{.attributes = 3}));
  CHECK(code.as.attributes == 3);
  CHECK(code.as.log_attributes == 7);
  auto const bad = settle({{"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "-1"}, {"OTEL_ATTRIBUTE_COUNT_LIMIT", "7"}});
  CHECK(bad.as.attributes == 7);
  CHECK(bad.says(problem_code::environment_bad, "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT is \"-1\""));
  CHECK(bad.says(problem_code::environment_bad, "; 7 is used instead"));
  CHECK(settle({{"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "x"}}).says(problem_code::environment_bad, "; no limit is used instead"));
}

// ---- batching ------------------------------------------------------------------------------------------------------------------------

TEST_CASE("batching from either signal's variables, and from code") {
  auto const spans = settle({{"OTEL_BSP_MAX_QUEUE_SIZE", "100"},
                             {"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "50"},
                             {"OTEL_BSP_SCHEDULE_DELAY", "0"},
                             {"OTEL_BSP_EXPORT_TIMEOUT", "7"}});
  CHECK(spans.text().empty());
  CHECK(spans.as.queue_records == 100);
  CHECK(spans.as.batch_records == 50);
  CHECK(spans.as.span_delay == 0ms);
  CHECK(spans.as.log_delay == 1s);
  CHECK(spans.as.export_timeout == 7ms);
  auto const logs = settle({{"OTEL_BLRP_MAX_QUEUE_SIZE", "100"},
                            {"OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "50"},
                            {"OTEL_BLRP_SCHEDULE_DELAY", "3"},
                            {"OTEL_BLRP_EXPORT_TIMEOUT", "7"}});
  CHECK(logs.as.queue_records == 100);
  CHECK(logs.as.batch_records == 50);
  CHECK(logs.as.span_delay == 5s);
  CHECK(logs.as.log_delay == 3ms);
  CHECK(logs.as.export_timeout == 7ms);
  auto const code = settle({{"OTEL_BSP_MAX_QUEUE_SIZE", "x"}, {"OTEL_BSP_EXPORT_TIMEOUT", "x"}, {"OTEL_BSP_SCHEDULE_DELAY", "9"}},
                           with(batching{.queue_records = 10,
                                         .queue_bytes = 1000,
                                         .batch_records = 5,
                                         .batch_bytes = 100,
                                         .span_delay = 1ms,
                                         .log_delay = 2ms,
                                         .export_timeout = 3ms,
                                         .capture_bytes = 5000}));
  CHECK(code.text().empty());
  CHECK(code.as.queue_records == 10);
  CHECK(code.as.queue_bytes == 1000);
  CHECK(code.as.batch_records == 5);
  CHECK(code.as.batch_bytes == 100);
  CHECK(code.as.span_delay == 1ms);
  CHECK(code.as.log_delay == 2ms);
  CHECK(code.as.export_timeout == 3ms);
  CHECK(code.as.capture_bytes == 8192);
}

TEST_CASE("two signals that differ share one queue") {
  auto const out = settle({{"OTEL_BSP_MAX_QUEUE_SIZE", "100"},
                           {"OTEL_BLRP_MAX_QUEUE_SIZE", "200"},
                           {"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "20"},
                           {"OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "10"},
                           {"OTEL_BSP_EXPORT_TIMEOUT", "0"},
                           {"OTEL_BLRP_EXPORT_TIMEOUT", "10"}});
  CHECK(out.as.queue_records == 200);
  CHECK(out.as.batch_records == 10);
  CHECK(out.as.export_timeout == detail::no_time_limit);
  CHECK(out.said.size() == 3);
  CHECK(out.says(problem_code::ignored, "larger one is used for both: that of OTEL_BLRP_MAX_QUEUE_SIZE"));
  CHECK(out.says(problem_code::ignored, "smaller one is used for both: that of OTEL_BLRP_MAX_EXPORT_BATCH_SIZE"));
  CHECK(out.says(problem_code::ignored, "larger one is used for both: that of OTEL_BSP_EXPORT_TIMEOUT"));
  CHECK(settle({{"OTEL_BSP_MAX_QUEUE_SIZE", "1000"}, {"OTEL_BLRP_MAX_QUEUE_SIZE", "1000"}}).text().empty());
}

TEST_CASE("a batch is never larger than the queue") {
  auto const named = settle({{"OTEL_BSP_MAX_QUEUE_SIZE", "100"}, {"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "200"}});
  CHECK(named.as.batch_records == 100);
  CHECK(named.said.size() == 1);
  CHECK(named.says(problem_code::environment_bad, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE"));
  auto const by_default = settle({{"OTEL_BSP_MAX_QUEUE_SIZE", "100"}});
  CHECK(by_default.as.batch_records == 100);
  CHECK(by_default.text().empty());
  auto const mixed = settle({{"OTEL_BSP_MAX_QUEUE_SIZE", "100"}}, with(batching{.batch_records = 200}));
  CHECK(mixed.as.batch_records == 100);
  CHECK(mixed.says(problem_code::environment_bad, "batching.batch_records is 200"));
  auto const code = settle({}, with(batching{.queue_records = 100, .queue_bytes = 1000, .batch_records = 200, .batch_bytes = 2000}));
  CHECK(code.as.batch_records == 100);
  CHECK(code.as.batch_bytes == 1000);
  CHECK(code.said.size() == 2);
  CHECK(code.says(problem_code::config_bad, "batching.batch_records is 200"));
  CHECK(code.says(problem_code::config_bad, "batching.batch_bytes is 2000"));
}

TEST_CASE("sizes of nothing are as good as not set") {
  auto const env = settle({{"OTEL_BSP_MAX_QUEUE_SIZE", "0"}, {"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "0"}});
  CHECK(env.as.queue_records == 65'536);
  CHECK(env.as.batch_records == 512);
  CHECK(env.said.size() == 2);
  auto const code = settle({{"OTEL_BSP_MAX_QUEUE_SIZE", "1000"}, {"OTEL_BSP_SCHEDULE_DELAY", "3"}},
                           with(batching{.queue_records = 0, .batch_bytes = 0, .span_delay = -1ms, .capture_bytes = 1}));
  CHECK(code.as.queue_records == 1000);
  CHECK(code.as.batch_bytes == 256u << 10);
  CHECK(code.as.span_delay == 3ms);
  CHECK(code.as.capture_bytes == 4096);
  CHECK(code.said.size() == 4);
  CHECK(code.says(problem_code::config_bad, "batching.span_delay is -1 ms"));
}

TEST_CASE("a timeout of 0 means no limit, and none is too long to count with") {
  CHECK(settle({{"OTEL_BLRP_EXPORT_TIMEOUT", "0"}}).as.export_timeout == detail::no_time_limit);
  CHECK(settle({}, with(batching{.export_timeout = 0ms})).as.export_timeout == detail::no_time_limit);
  CHECK(settle({}, with(batching{.export_timeout = std::chrono::milliseconds::max()})).as.export_timeout == detail::no_time_limit);
  CHECK(std::chrono::steady_clock::now() + detail::no_time_limit > std::chrono::steady_clock::now());
}
