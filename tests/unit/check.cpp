// check(): what is wrong with a configuration, without doing anything.
#include "support/fake_environment.hpp"

#include "catch.hpp"

using namespace fanlight;
using namespace std::chrono_literals;
using test::settle;

namespace {
struct nothing {
  void consume(batch<span_record>) {}
};
}  // namespace

TEST_CASE("check() finds nothing wrong with the default and with what is usual") {
  CHECK(check({}).empty());
  config code;
  code.service = "shop", code.resource = {{"service.name", "shop"}}, code.exporters = std::vector<exporter_spec>{nothing{}};
  code.sampler = parent_based(ratio(0.1));
  CHECK(check(code).empty());
}

TEST_CASE("check() says what is wrong, and resolve() says it too") {
  config code;
  code.service = "shop", code.resource = {{"service.name", "store"}};
  code.sampler = sampler{sampler::function{}};
  code.batching.batch_records = 0;
  code.batching.export_timeout = -5ms;
  code.batching.retry_first = -1ms;
  code.batching.capture_bytes = std::size_t{1} << 40;
  code.shutdown_within = -1ms;
  code.exporters = std::vector<exporter_spec>{exporter_spec{}};
  auto const said = check(code);
  CHECK(said.size() == 8);
  for (auto const& one : said) CHECK(one.code == problem_code::config_bad);
  auto const out = settle({{"OTEL_TRACES_SAMPLER", "nonsense"}}, code);
  CHECK(out.said.size() == said.size());
  CHECK(out.as.who->get("service.name") == "shop");
  CHECK(out.as.sampler.description() == "ParentBased{root:AlwaysOnSampler}");
  CHECK(out.as.batch_records == 512);
  CHECK(out.as.export_timeout == 30s);
  CHECK(out.as.retry_first == 1s);
  CHECK(out.as.capture_bytes == std::size_t{1} << 30);
  CHECK(out.as.exporters.empty());
}

TEST_CASE("check() does not look at the environment") {
  config code;
  bool asked = false;
  code.instead.environment = [&asked](std::string const&) -> std::optional<std::string> {
    asked = true;
    return "nonsense";
  };
  CHECK(check(code).empty());
  CHECK_FALSE(asked);
}
