// What an X-Ray exporter makes of code and environment, and what follows from it for the pipeline.
#include <fanlight/exporters/xray.hpp>
#include <fanlight/impl/xray/settings.hpp>
#include <fanlight/subsegment.hpp>

#include "catch.hpp"
#include "support/fake_environment.hpp"
#include "support/pipeline_kit.hpp"

namespace fl = fanlight;
using fl::problem_code;
using fl::propagator;
using test::settle;

namespace {

struct settled_xray {
  fl::detail::xray_settings as;
  std::vector<fl::problem> said, wrong;
  [[nodiscard]] std::string text() const {
    std::string out;
    for (auto const* list : {&said, &wrong})
      for (auto const& each : *list) out += std::string{fl::to_text(each.code)} + ": " + each.what + "\n";
    return out;
  }
};
[[nodiscard]] settled_xray with(test::variables variables, fl::xray_config code = {}) {
  settled_xray out;
  out.as = fl::detail::settle_xray(std::move(code), fl::detail::environment{test::reading(std::move(variables)), out.said}, out.wrong);
  return out;
}

[[nodiscard]] fl::config having(fl::xray_config how) {
  fl::config out;
  out.exporters = {fl::xray(std::move(how))};
  return out;
}

}  // namespace

TEST_CASE("without a word: the daemon on this machine, nothing told") {
  auto const out = with({});
  CHECK(out.as.daemon.udp.text() == "127.0.0.1:2000");
  CHECK(out.as.daemon.tcp.text() == "127.0.0.1:2000");
  CHECK(out.as.context_missing == 0);
  CHECK_FALSE(out.as.form.collect_sql);
  CHECK_FALSE(out.as.form.roots_are_subsegments);
  CHECK_FALSE(out.as.off);
  CHECK(out.text().empty());
}

TEST_CASE("variables that win over code, and say so when they differ") {
  fl::xray_config code;
  code.daemon_address = "a:1";
  code.tracing_name = "mine";
  code.context_missing = fl::xray_context_missing::ignore_error;
  auto const out = with({{"AWS_XRAY_DAEMON_ADDRESS", "b:2"}, {"AWS_XRAY_TRACING_NAME", "theirs"}, {"AWS_XRAY_CONTEXT_MISSING", "runtime_error"}}, code);
  CHECK(out.as.daemon.udp.text() == "b:2");
  CHECK(out.as.form.tracing_name == "theirs");
  CHECK(out.as.context_missing == 1);
  CHECK(out.said.size() == 3);
  for (auto const& each : out.said) CHECK(each.what.find("the variable wins") != std::string::npos);
  auto const same = with({{"AWS_XRAY_DAEMON_ADDRESS", "a:1"}, {"AWS_XRAY_TRACING_NAME", "mine"}, {"AWS_XRAY_CONTEXT_MISSING", "IGNORE_ERROR"}}, code);
  CHECK(same.text().empty());
  auto const code_alone = with({}, code);
  CHECK(code_alone.as.form.tracing_name == "mine");
  CHECK(code_alone.as.context_missing == 2);
}

TEST_CASE("an address that cannot be read: from code the exporter is left out, from the environment what holds otherwise") {
  fl::xray_config code;
  code.daemon_address = "http://xray:2000";
  CHECK(with({}, code).wrong.size() == 1);
  auto const out = settle({}, having(code));
  CHECK(out.exporters().empty());
  CHECK(out.says(problem_code::config_bad, "xray: daemon_address is \"http://xray:2000\"; it is no URL"));
  code.daemon_address = "a:1";
  auto const other = with({{"AWS_XRAY_DAEMON_ADDRESS", "b"}}, code);
  CHECK(other.as.daemon.udp.text() == "a:1");
  CHECK(other.text().find("a:1 is used instead") != std::string::npos);
}

TEST_CASE("AWS_XRAY_CONTEXT_MISSING: what is no word of it") {
  auto const out = with({{"AWS_XRAY_CONTEXT_MISSING", "PANIC"}});
  CHECK(out.as.context_missing == 0);
  CHECK(out.text() == "environment_bad: AWS_XRAY_CONTEXT_MISSING is \"PANIC\"; it must be LOG_ERROR, RUNTIME_ERROR or IGNORE_ERROR; LOG_ERROR is used instead\n");
}

TEST_CASE("switched off by Python's or by Go's variable") {
  for (auto const* word : {"false", "False", "0", "no"}) CHECK(with({{"AWS_XRAY_SDK_ENABLED", word}}).as.off);
  for (auto const* word : {"true", "TRUE", "1"}) CHECK(with({{"AWS_XRAY_SDK_DISABLED", word}}).as.off);
  for (auto const* word : {"true", "1", "yes"}) CHECK_FALSE(with({{"AWS_XRAY_SDK_ENABLED", word}}).as.off);
  auto const out = settle({{"AWS_XRAY_SDK_DISABLED", "true"}, {"AWS_XRAY_CONTEXT_MISSING", "RUNTIME_ERROR"}}, having({}));
  CHECK(out.exporters().empty());
  CHECK(out.text().empty());
  CHECK(out.as.context_missing == 0);
  CHECK(out.as.propagators == std::vector{propagator::tracecontext, propagator::baggage});
}

TEST_CASE("an X-Ray exporter brings its propagator, unless propagators are named") {
  CHECK(settle({}, having({})).as.propagators == std::vector{propagator::tracecontext, propagator::baggage, propagator::xray});
  CHECK(settle({{"AWS_XRAY_DAEMON_ADDRESS", "127.0.0.1:2000"}}).as.propagators == std::vector{propagator::tracecontext, propagator::baggage, propagator::xray});
  CHECK(settle({{"OTEL_PROPAGATORS", "baggage"}}, having({})).as.propagators == std::vector{propagator::baggage});
  CHECK(settle({{"OTEL_PROPAGATORS", "none"}}, having({})).as.propagators.empty());
  auto code = having({});
  code.propagators = {propagator::tracecontext};
  CHECK(settle({}, code).as.propagators == std::vector{propagator::tracecontext});
}

TEST_CASE("SQL, Lambda, log groups, region and address of the service") {
  CHECK(with({{"AWS_XRAY_COLLECT_SQL_QUERIES", "true"}}).as.form.collect_sql);
  fl::xray_config code;
  code.collect_sql = false;
  code.region = "eu-central-1";
  code.endpoint = "http://127.0.0.1:5000";
  auto const out = with({{"AWS_XRAY_COLLECT_SQL_QUERIES", "true"}, {"LAMBDA_TASK_ROOT", "/var/task"}, {"FANLIGHT_LOG_GROUP", " cruddur "}}, code);
  CHECK_FALSE(out.as.form.collect_sql);
  CHECK(out.as.form.roots_are_subsegments);
  CHECK(out.as.given.log_groups == std::vector<std::string>{"cruddur"});
  CHECK(out.as.given.aws.region == "eu-central-1");
  CHECK(out.as.given.aws.endpoint == "http://127.0.0.1:5000");
}

TEST_CASE("what contradicts itself in code is told, and the exporter left out") {
  auto const words = [](fl::xray_config how) {
    auto const spec = fl::xray(std::move(how));
    return spec.problems.empty() ? std::string{} : spec.problems[0].what;
  };
  CHECK(words({}).empty());
  CHECK(words({.document_bytes = 100'000}).find("from 1024 to 64000") != std::string::npos);
  CHECK(words({.daemon_address = "a:1", .transport = fl::xray_transport::api}).find("goes past the daemon") != std::string::npos);
  CHECK(words({.endpoint = "http://a"}).find("transport is not api") != std::string::npos);
  CHECK(words({.timeout = std::chrono::milliseconds{0}}).find("timeout is 0 ms") != std::string::npos);
}

TEST_CASE("P08 a subsegment with nothing above it, by AWS_XRAY_CONTEXT_MISSING") {
  auto const how = GENERATE(0, 1, 2);
  constexpr char const* words[]{"", "RUNTIME_ERROR", "IGNORE_ERROR"};
  support::problem_log problems;
  fl::xray_config code;
  code.report_open = false;
  code.detect = false;
  auto given = support::plain({fl::xray(code)}, problems);
  given.read_environment = true;
  given.instead.environment = test::reading({{"AWS_XRAY_CONTEXT_MISSING", words[how]}});
  fl::pipeline line{std::move(given)};
  fl::with_default const mine{line};
  bool threw = false;
  try {
    fl::subsegment const lost{"x"};
  } catch (fl::context_missing const&) {
    threw = true;
  }
  CHECK(threw == (how == 1));
  CHECK(line.flush(support::patience));
  auto const told = line.stats();
  CHECK(told.problems.count(problem_code::no_parent) == (how == 0 ? 1 : 0));
  CHECK(told.delivered == 0);
  CHECK(support::adds_up(told.exporters.at(0)));
}
