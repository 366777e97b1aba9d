// sampling_form.hpp: what a back end is told of the share of traces that reaches it.
#include "support/transport_double.hpp"

#include <fanlight/fanlight.hpp>
#include <fanlight/testing.hpp>
#include <fanlight/impl/otlp_common.hpp>
#include <fanlight/impl/presets.hpp>

#include <string>

#include "catch.hpp"

using namespace support;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Bodies that leave for 400 roots, each with a child and a span on the heap, of which one in four is kept.
[[nodiscard]] std::string sent_by(fl::otlp_config how) {
  auto const by = std::make_shared<wire>();
  how.protocol = fl::otlp_protocol::http_json;
  how.compression = fl::otlp_compression::none;
  fl::config code;
  code.read_environment = code.detect_resource = false;
  code.sampler = fl::parent_based(fl::ratio(0.25));
  code.exporters = {fl::otlp(over(by, std::move(how)))};
  fl::pipeline run{code};
  fl::with_default const here{run};
  for (int i = 0; i < 400; ++i) {
    fl::scoped_span const root{"root"};
    fl::scoped_span const child{"child"};
  }
  for (int i = 0; i < 400; ++i) fl::span{"held"}.set("i", i);
  REQUIRE(run.flush(std::chrono::seconds{20}));
  std::string out;
  for (auto const& each : by->sent()) out += each.body;
  return out;
}

[[nodiscard]] std::size_t count_of(std::string_view what, std::string_view in) {
  std::size_t out = 0;
  for (auto at = in.find(what); at != in.npos; at = in.find(what, at + what.size())) ++out;
  return out;
}

}  // namespace

TEST_CASE("a ratio stands in the tracestate of every span that it kept") {
  auto const body = sent_by({.endpoint = "http://collector.example:4318"});
  auto const spans = count_of("\"spanId\":", body);
  REQUIRE(spans > 0);
  CHECK(count_of("\"name\":\"root\"", body) > 0);
  CHECK(count_of("\"name\":\"held\"", body) > 0);
  CHECK(count_of("\"traceState\":\"ot=th:c\"", body) == spans);
  CHECK_THAT(body, !ContainsSubstring("SampleRate") && !ContainsSubstring("sampling.priority"));
}

TEST_CASE("a ratio decides by the caller's random value, and says what it decided and no more") {
  fl::testing::capture taken{{.sampler = fl::ratio(0.25), .write_sampling_threshold = true}};
  std::string const low(14, '0'), high(14, 'f'), ids = "00-11111111111111111111111111111111-2222222222222222-01";
  auto const from = [&](std::string const& state) {
    return fl::extract(std::map<std::string, std::string>{{"traceparent", ids}, {"tracestate", state}});
  };
  { fl::scoped_span const span{"by low", {.parent = from("ot=th:8;rv:" + low)}}; }
  { fl::scoped_span const span{"by high", {.parent = from("ot=th:8;rv:" + high)}}; }
  { fl::scoped_span const span{"by id", {.parent = from("a=1")}}; }  // its low bits are below the threshold
  auto const spans = taken.spans();
  REQUIRE(spans.size() == 1);
  CHECK(spans[0].name == std::string_view{"by high"});
  CHECK(spans[0].tracestate() == "ot=th:c;rv:" + high);
}

TEST_CASE("a ratio that did not decide says nothing") {
  fl::testing::capture taken{{.sampler = fl::parent_based(fl::ratio(0.25)), .write_sampling_threshold = true}};
  auto const caller = fl::read_xray_header("Root=1-5759e988-bd0000000000000000000001;Sampled=1");
  { fl::scoped_span const span{"sampled by the caller", {.parent = caller}}; }
  {
    fl::scoped_span const span{
        "of a caller",
        {.parent = fl::extract(std::map<std::string, std::string>{
             {"traceparent", "00-11111111111111111111111111111111-2222222222222222-01"}, {"tracestate", "ot=th:8"}})}};
  }
  auto const spans = taken.spans();
  REQUIRE(spans.size() == 2);
  CHECK(spans[0].tracestate().empty());
  CHECK(spans[1].tracestate() == "ot=th:8");
}

TEST_CASE("Honeycomb is told one of how many, Datadog that it was kept") {
  auto how = fl::honeycomb_options({.api_key = "hcaik_0123456789", .endpoint = "http://collector.example:4318"});
  auto const honeycomb = sent_by(how);
  CHECK(count_of(R"({"key":"SampleRate","value":{"intValue":"4"}})", honeycomb) == count_of("\"spanId\":", honeycomb));
  auto const datadog = sent_by(fl::datadog_options({.api_key = "k", .endpoint = "http://collector.example:4318"}));
  CHECK(count_of(R"({"key":"sampling.priority","value":{"intValue":"1"}})", datadog) == count_of("\"spanId\":", datadog));
}

TEST_CASE("a back end that the environment names is told in the same way") {
  CHECK(fl::detail::find_preset("honeycomb")->sampled_as == fl::sampling_form::sample_rate);
  CHECK(fl::detail::find_preset("datadog")->sampled_as == fl::sampling_form::priority);
  CHECK(fl::detail::find_preset("new_relic")->sampled_as == fl::sampling_form::tracestate);
}

TEST_CASE("the rate is a whole number, and no threshold means no rate") {
  using fl::detail::otlp_sample_rate;
  CHECK(otlp_sample_rate("") == 0);
  CHECK(otlp_sample_rate("a=1") == 0);
  CHECK(otlp_sample_rate("ot=rv:01234567890123") == 0);
  CHECK(otlp_sample_rate("ot=th:0") == 1);
  CHECK(otlp_sample_rate("a=1,ot=th:8") == 2);
  CHECK(otlp_sample_rate("ot=th:aaab") == 3);
  CHECK(otlp_sample_rate("ot=th:e666") == 10);
  CHECK(otlp_sample_rate("ot=th:fd70a") == 100);
}
