// exporters/presets.hpp: addresses and headers of back ends, from code, from variables, and from both.
#include "support/fake_environment.hpp"
#include "support/transport_double.hpp"

#include <fanlight/impl/presets.hpp>

#include "catch.hpp"
#include "support/batch_builder.hpp"

using namespace support;
using Catch::Matchers::ContainsSubstring;

namespace {

/// What an exporter with these options sends, and what was said when it was set up.
struct outcome_of_setup {
  std::vector<sent_request> sent;
  std::vector<fl::problem> said;

  [[nodiscard]] std::string text() const {
    std::string out;
    for (auto const& each : said) out += each.what + "\n";
    return out;
  }
};

[[nodiscard]] outcome_of_setup run(fl::otlp_config how, test::variables given = {}) {
  auto const by = std::make_shared<wire>();
  fl::config code;
  code.exporters = {fl::otlp(over(by, std::move(how)))};
  auto const settled = test::settle(std::move(given), code);
  outcome_of_setup out;
  out.said = settled.said;
  for (auto const& spec : settled.as.exporters) {
    auto const made = spec.make();
    made->start({std::make_shared<fl::resource>(backend()),
                 [&](fl::problem_code kind, std::string what) {
                   out.said.push_back({kind, std::move(what), {}, 1});
                 },
                 ~fl::record_types{}});
    if ((made->kinds() & fl::takes<fl::span_record>) != 0)
      CHECK(made->consume(fl::detail::entry_type::span, batch_of({span("one", span_p)}), clock::now() + 30s).kind() ==
            fl::outcome::kind::delivered);
    if ((made->kinds() & fl::takes<fl::log_record>) != 0)
      CHECK(made->consume(fl::detail::entry_type::log, batch_of({log("one")}), clock::now() + 30s).kind() == fl::outcome::kind::delivered);
  }
  out.sent = by->sent();
  return out;
}

/// The addresses, and those headers of the first request that are the back end's own.
[[nodiscard]] std::string story(outcome_of_setup const& of) {
  std::string out;
  for (auto const& each : of.sent) out += each.url + "\n";
  if (of.sent.empty()) return out;
  for (auto const& each : of.sent[0].headers)
    if (each.name != "Content-Type" && each.name != "Content-Encoding") out += each.name + ": " + each.value + "\n";
  return out;
}

}  // namespace

TEST_CASE("honeycomb: from code, from variables, and code first") {
  CHECK(story(run(fl::honeycomb_options({.api_key = "key"}))) ==
        "https://api.honeycomb.io/v1/traces\nhttps://api.honeycomb.io/v1/logs\nx-honeycomb-team: key\n");
  CHECK(
      story(run(fl::honeycomb_options({.region = "eu"}), {{"HONEYCOMB_API_KEY", " key2\n"}, {"HONEYCOMB_DATASET", "shop"}})) ==
      "https://api.eu1.honeycomb.io/v1/traces\nhttps://api.eu1.honeycomb.io/v1/logs\nx-honeycomb-team: key2\nx-honeycomb-dataset: shop\n");
  CHECK(story(run(fl::honeycomb_options({.api_key = "key", .endpoint = "http://127.0.0.1:4318"}), {{"HONEYCOMB_API_KEY", "other"}})) ==
        "http://127.0.0.1:4318/v1/traces\nhttp://127.0.0.1:4318/v1/logs\nx-honeycomb-team: key\n");
  CHECK(story(run(fl::honeycomb_options(), {{"HONEYCOMB_API_KEY", "key"}, {"HONEYCOMB_API_ENDPOINT", "https://api.eu1.honeycomb.io/"}}))
            .find("https://api.eu1.honeycomb.io/v1/traces\n") == 0);
}

TEST_CASE("honeycomb: no key, an unknown region, a Classic key without a dataset") {
  auto const keyless = run(fl::honeycomb_options());
  CHECK(keyless.sent.empty());
  CHECK(keyless.text() == "honeycomb has no api_key: set HONEYCOMB_API_KEY, or give honeycomb_config::api_key\n");
  auto const region = run(fl::honeycomb_options({.api_key = "key", .region = "mars"}));
  CHECK(region.sent.empty());
  CHECK(region.text() == "honeycomb: region is \"mars\"; it must be one of us, eu\n");
  CHECK_THAT(run(fl::honeycomb_options({.api_key = std::string(32, 'f')})).text(),
             ContainsSubstring("needs a dataset") && ContainsSubstring("from honeycomb_config::api_key"));
  CHECK_THAT(run(fl::honeycomb_options(), {{"HONEYCOMB_API_KEY", "hcxic_" + std::string(58, 'z')}}).text(),
             ContainsSubstring("from HONEYCOMB_API_KEY"));
  CHECK(run(fl::honeycomb_options({.api_key = "key", .endpoint = "http://refinery:8080"})).text().empty());  // a proxy of one's own
}

TEST_CASE("datadog: the agent without a key, the intake with one") {
  CHECK(story(run(fl::datadog_options())) == "http://localhost:4318/v1/traces\nhttp://localhost:4318/v1/logs\n");
  CHECK(story(run(fl::datadog_options(), {{"DD_AGENT_HOST", "10.0.0.7"}})) ==
        "http://10.0.0.7:4318/v1/traces\nhttp://10.0.0.7:4318/v1/logs\n");
  CHECK(story(run(fl::datadog_options({.api_key = "key"}))) ==
        "https://otlp.datadoghq.com/v1/traces\nhttps://otlp.datadoghq.com/v1/logs\ndd-api-key: key\n");
  CHECK(story(run(fl::datadog_options(), {{"DD_API_KEY", "key"}, {"DD_SITE", "us3.datadoghq.com"}})) ==
        "https://otlp.us3.datadoghq.com/v1/traces\nhttps://otlp.us3.datadoghq.com/v1/logs\ndd-api-key: key\n");
  CHECK(story(run(fl::datadog_options({.endpoint = "http://agent:4318"}))).find("http://agent:4318/v1/traces\n") == 0);
}

TEST_CASE("grafana_cloud: instance and token in base64") {
  std::string const wanted =
      "https://otlp-gateway-prod-eu-west-2.grafana.net/otlp/v1/traces\nhttps://otlp-gateway-prod-eu-west-2.grafana.net/otlp/v1/logs\n"
      "Authorization: Basic MTIzNDU2OmdsY19rZXk=\n";
  CHECK(story(run(fl::grafana_cloud_options({.zone = "prod-eu-west-2", .instance_id = "123456", .api_key = "glc_key"}))) == wanted);
  CHECK(story(run(fl::grafana_cloud_options(), {{"GRAFANA_CLOUD_ZONE", "prod-eu-west-2"},
                                                {"GRAFANA_CLOUD_INSTANCE_ID", "123456"},
                                                {"GRAFANA_CLOUD_API_KEY", "glc_key"}})) == wanted);
  CHECK(run(fl::grafana_cloud_options({.zone = "z", .api_key = "k"})).text() ==
        "grafana_cloud has no instance_id: set GRAFANA_CLOUD_INSTANCE_ID, or give grafana_cloud_config::instance_id\n");
}

TEST_CASE("new_relic: three regions") {
  CHECK(story(run(fl::new_relic_options({.license_key = "k"}))) ==
        "https://otlp.nr-data.net/v1/traces\nhttps://otlp.nr-data.net/v1/logs\napi-key: k\n");
  CHECK(story(run(fl::new_relic_options(), {{"NEW_RELIC_LICENSE_KEY", "k"}, {"NEW_RELIC_REGION", "eu"}})) ==
        "https://otlp.eu01.nr-data.net/v1/traces\nhttps://otlp.eu01.nr-data.net/v1/logs\napi-key: k\n");
  CHECK(story(run(fl::new_relic_options({.license_key = "k", .region = "gov"}))).find("https://gov-otlp.nr-data.net/v1/traces\n") == 0);
}

TEST_CASE("aws_xray_otlp: spans alone, signed, within its limits") {
  std::string seen;
  auto const options = fl::aws_xray_otlp_options({.region = "us-east-1", .sign = [&seen](fl::otlp_request& request) {
                                                    seen = request.url;
                                                    request.headers.emplace_back("Authorization", "AWS4-HMAC-SHA256 signature");
                                                  }});
  CHECK(options.max_request_bytes == 5'000'000);
  CHECK(options.max_request_records == 10'000);
  CHECK(options.sign_service == "xray");
  CHECK(story(run(options)) == "https://xray.us-east-1.amazonaws.com/v1/traces\nAuthorization: AWS4-HMAC-SHA256 signature\n");
  CHECK(seen == "https://xray.us-east-1.amazonaws.com/v1/traces");
  CHECK(fl::aws_xray_otlp_options({.region = "us-east-1"}).sign);  // with what aws_sign() finds
  fl::config unsigned_one;
  unsigned_one.exporters = {fl::otlp({.endpoint = "https://xray.us-east-1.amazonaws.com", .sign_service = "xray"})};
  REQUIRE(fl::check(unsigned_one).size() == 1);
  CHECK_THAT(fl::check(unsigned_one)[0].what, ContainsSubstring("its requests must be signed (SigV4, service xray); give `sign`"));
  CHECK_THAT(run(fl::aws_xray_otlp_options({.sign = [](fl::otlp_request&) {}})).text(),
             ContainsSubstring("aws_xray_otlp has no region: set AWS_REGION"));
}

TEST_CASE("cloudwatch_otlp: logs alone, signed or with a token") {
  auto const sign = [](fl::otlp_request& request) { request.headers.emplace_back("Authorization", "AWS4"); };
  CHECK(story(run(fl::cloudwatch_otlp_options({.log_group = "shop", .log_stream = "web", .region = "eu-west-1", .sign = sign}))) ==
        "https://logs.eu-west-1.amazonaws.com/v1/logs\nx-aws-log-group: shop\nx-aws-log-stream: web\nAuthorization: AWS4\n");
  CHECK(story(run(fl::cloudwatch_otlp_options({.log_group = "shop", .log_stream = "web", .token = "ACWLx"}),
                  {{"AWS_REGION", "us-west-2"}})) ==
        "https://logs.us-west-2.amazonaws.com/v1/logs\nx-aws-log-group: shop\nx-aws-log-stream: web\nAuthorization: Bearer ACWLx\n");
  CHECK(fl::cloudwatch_otlp_options({.log_group = "shop", .log_stream = "web"}).sign);
  CHECK_FALSE(fl::cloudwatch_otlp_options({.log_group = "shop", .log_stream = "web", .token = "ACWLx"}).sign);
}

TEST_CASE("dynatrace, sentry, elastic, signoz, axiom, uptrace") {
  CHECK(
      story(run(fl::dynatrace_options({.environment_id = "abc12345", .api_token = "dt0c01"}))) ==
      "https://abc12345.live.dynatrace.com/api/v2/otlp/v1/traces\nhttps://abc12345.live.dynatrace.com/api/v2/otlp/v1/logs\nAuthorization: Api-Token dt0c01\n");
  CHECK(story(run(fl::dynatrace_options(), {{"DT_API_TOKEN", "t"}, {"DT_ENDPOINT", "https://x.dynatrace.com/otlp"}}))
            .find("https://x.dynatrace.com/otlp/v1/traces\n") == 0);
  CHECK_THAT(run(fl::dynatrace_options({.api_token = "t"})).text(),
             ContainsSubstring("dynatrace has no endpoint: set DT_ENDPOINT") && ContainsSubstring("{environment_id}"));
  CHECK(
      story(run(fl::sentry_options(), {{"SENTRY_DSN", "https://0123abcd@o42.ingest.us.sentry.io/77"}})) ==
      "https://o42.ingest.us.sentry.io/api/77/integration/otlp/v1/traces\nhttps://o42.ingest.us.sentry.io/api/77/integration/otlp/v1/logs\n"
      "x-sentry-auth: sentry sentry_key=0123abcd\n");
  CHECK(story(run(fl::elastic_options({.api_key = "k", .endpoint = "https://x.apm.elastic.cloud"}))) ==
        "https://x.apm.elastic.cloud/v1/traces\nhttps://x.apm.elastic.cloud/v1/logs\nAuthorization: ApiKey k\n");
  CHECK(story(run(fl::signoz_options({.ingestion_key = "k", .region = "eu"}))).find("https://ingest.eu.signoz.cloud/v1/traces\n") == 0);
  CHECK(story(run(fl::axiom_options({.token = "k", .dataset = "shop"}))) ==
        "https://api.axiom.co/v1/traces\nhttps://api.axiom.co/v1/logs\nAuthorization: Bearer k\nX-Axiom-Dataset: shop\n");
  CHECK(story(run(fl::uptrace_options(), {{"UPTRACE_DSN", "https://secret@api.uptrace.dev?grpc=4317"}})) ==
        "https://api.uptrace.dev/v1/traces\nhttps://api.uptrace.dev/v1/logs\nuptrace-dsn: https://secret@api.uptrace.dev?grpc=4317\n");
}

TEST_CASE("a DSN that is none is told, without it") {
  for (auto const* dsn : {"hunter2", "https://hunter2", "https://hunter2@host", "https://@host/1", "https://hunter2@host/"}) {
    INFO(dsn);
    auto const out = run(fl::sentry_options({.dsn = dsn}));
    CHECK(out.sent.empty());
    CHECK_THAT(out.text(), ContainsSubstring("sentry: the DSN is not like https://KEY@HOST/PROJECT") && !ContainsSubstring("hunter2"));
  }
}

TEST_CASE("OpenTelemetry's headers and certificates do not reach a back end that has its own") {
  auto const out = run(fl::honeycomb_options({.api_key = "key"}), {{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318"},
                                                                   {"OTEL_EXPORTER_OTLP_HEADERS", "authorization=collectors"},
                                                                   {"OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"},
                                                                   {"OTEL_EXPORTER_OTLP_CERTIFICATE", "collectors.pem"}});
  CHECK(story(out) == "https://api.honeycomb.io/v1/traces\nhttps://api.honeycomb.io/v1/logs\nx-honeycomb-team: key\n");
  CHECK(out.sent.at(0).header("Content-Type") == "application/x-protobuf");
}

TEST_CASE("options of a preset can be changed") {
  auto options = fl::honeycomb_options({.api_key = "key"});
  options.headers.emplace_back("x-extra", "{not a piece}");
  options.protocol = fl::otlp_protocol::http_json;
  auto const out = run(options);
  CHECK_THAT(story(out), ContainsSubstring("x-extra: {not a piece}"));
  CHECK(out.sent.at(0).header("Content-Type") == "application/json");
}

TEST_CASE("every preset can be found by name, and is called by it") {
  for (auto const& each : fl::detail::presets) {
    INFO(each.name);
    CHECK(fl::detail::find_preset(each.name) == &each);
    CHECK(fl::detail::preset_by_name(each.name, {}).name == each.name);
  }
  CHECK(fl::detail::find_preset("otlp") == nullptr);
}
