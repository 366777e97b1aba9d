// The back ends that are OTLP with an address and a key of their own, as a table of facts. Names between braces are the pieces that code,
// environment or default fill in; see otlp_part. Constant; any thread.
#pragma once

#include <fanlight/exporter.hpp>
#include <fanlight/sampling_form.hpp>

#include <string>
#include <string_view>

FANLIGHT_BEGIN
namespace detail {

struct preset_header {
  char const* name;
  char const* text;
};
struct preset_choice {
  char const* name;
  char const* text;
};
struct preset_part {
  char const* name;
  char const* variable;   // null: the code alone gives it
  char const* otherwise;  // null: nothing
  bool required;
  preset_choice choices[3];
};

/// All there is to know of a back end.
struct preset {
  char const* name;
  char const* key;     // the variable that turns it on; null: none does
  char const* domain;  // where its own addresses lie; null: it has none of its own
  char const* base;    // null: the signals have whole addresses
  char const* traces;
  char const* logs;
  preset_header headers[3];
  preset_part parts[4];
  std::size_t max_bytes;  // of a request before compression; 0: OTLP's own limit
  std::size_t max_records;
  char const* sign_service;
  sampling_form sampled_as = sampling_form::tracestate;
};

inline constexpr preset presets[]{
    {"honeycomb",
     "HONEYCOMB_API_KEY",
     "honeycomb.io",
     "{endpoint}",
     nullptr,
     nullptr,
     {{"x-honeycomb-team", "{api_key}"}, {"x-honeycomb-dataset", "{dataset}"}, {}},
     {{"api_key", "HONEYCOMB_API_KEY", nullptr, true, {}},
      {"dataset", "HONEYCOMB_DATASET", nullptr, false, {}},
      {"region", nullptr, "us", true, {{"us", "https://api.honeycomb.io"}, {"eu", "https://api.eu1.honeycomb.io"}, {}}},
      {"endpoint", "HONEYCOMB_API_ENDPOINT", "{region}", true, {}}},
     std::size_t{20} << 20,
     0,
     nullptr,
     sampling_form::sample_rate},
    {"datadog",
     "DD_API_KEY",
     nullptr,
     "{endpoint}",
     nullptr,
     nullptr,
     {{"dd-api-key", "{api_key}"}, {}, {}},
     {{"api_key", "DD_API_KEY", nullptr, false, {}},
      {"site", "DD_SITE", "datadoghq.com", true, {}},
      {"agent_host", "DD_AGENT_HOST", "localhost", true, {}},
      {"endpoint", nullptr, "{+api_key}https://otlp.{site}|http://{agent_host}:4318", true, {}}},
     0,
     0,
     nullptr,
     sampling_form::priority},
    {"grafana_cloud",
     "GRAFANA_CLOUD_API_KEY",
     "grafana.net",
     "https://otlp-gateway-{zone}.grafana.net/otlp",
     nullptr,
     nullptr,
     {{"Authorization", "Basic {base64:instance_id:api_key}"}, {}, {}},
     {{"zone", "GRAFANA_CLOUD_ZONE", nullptr, true, {}},
      {"instance_id", "GRAFANA_CLOUD_INSTANCE_ID", nullptr, true, {}},
      {"api_key", "GRAFANA_CLOUD_API_KEY", nullptr, true, {}},
      {}},
     0,
     0,
     nullptr},
    {"new_relic",
     "NEW_RELIC_LICENSE_KEY",
     "nr-data.net",
     "{region}",
     nullptr,
     nullptr,
     {{"api-key", "{license_key}"}, {}, {}},
     {{"license_key", "NEW_RELIC_LICENSE_KEY", nullptr, true, {}},
      {"region",
       "NEW_RELIC_REGION",
       "us",
       true,
       {{"us", "https://otlp.nr-data.net"}, {"eu", "https://otlp.eu01.nr-data.net"}, {"gov", "https://gov-otlp.nr-data.net"}}},
      {},
      {}},
     0,
     0,
     nullptr},
    {"aws_xray_otlp",
     nullptr,
     nullptr,
     nullptr,
     "https://xray.{region}.amazonaws.com/v1/traces",
     nullptr,
     {},
     {{"region", "AWS_REGION", nullptr, true, {}}, {}, {}, {}},
     5'000'000,
     10'000,
     "xray"},
    {"cloudwatch_otlp",
     nullptr,
     nullptr,
     nullptr,
     nullptr,
     "https://logs.{region}.amazonaws.com/v1/logs",
     {{"x-aws-log-group", "{log_group}"}, {"x-aws-log-stream", "{log_stream}"}, {"Authorization", "Bearer {token}"}},
     {{"log_group", "FANLIGHT_LOG_GROUP", nullptr, true, {}},
      {"log_stream", "FANLIGHT_LOG_STREAM", nullptr, true, {}},
      {"region", "AWS_REGION", nullptr, true, {}},
      {"token", nullptr, nullptr, false, {}}},
     1'000'000,
     10'000,
     "logs"},
    {"dynatrace",
     "DT_API_TOKEN",
     "dynatrace.com",
     "{endpoint}",
     nullptr,
     nullptr,
     {{"Authorization", "Api-Token {api_token}"}, {}, {}},
     {{"api_token", "DT_API_TOKEN", nullptr, true, {}},
      {"environment_id", "DT_ENVIRONMENT_ID", nullptr, false, {}},
      {"endpoint", "DT_ENDPOINT", "https://{environment_id}.live.dynatrace.com/api/v2/otlp", true, {}},
      {}},
     0,
     0,
     nullptr},
    {"sentry",
     "SENTRY_DSN",
     "sentry.io",
     "https://{dsn.host}/api/{dsn.project}/integration/otlp",
     nullptr,
     nullptr,
     {{"x-sentry-auth", "sentry sentry_key={dsn.key}"}, {}, {}},
     {{"dsn", "SENTRY_DSN", nullptr, true, {}}, {}, {}, {}},
     0,
     0,
     nullptr},
    {"elastic",
     "ELASTIC_API_KEY",
     "elastic.cloud",
     "{endpoint}",
     nullptr,
     nullptr,
     {{"Authorization", "ApiKey {api_key}"}, {}, {}},
     {{"api_key", "ELASTIC_API_KEY", nullptr, true, {}}, {"endpoint", "ELASTIC_OTLP_ENDPOINT", nullptr, true, {}}, {}, {}},
     0,
     0,
     nullptr},
    {"signoz",
     "SIGNOZ_INGESTION_KEY",
     "signoz.cloud",
     "https://ingest.{region}.signoz.cloud",
     nullptr,
     nullptr,
     {{"signoz-ingestion-key", "{ingestion_key}"}, {}, {}},
     {{"ingestion_key", "SIGNOZ_INGESTION_KEY", nullptr, true, {}}, {"region", "SIGNOZ_REGION", "us", true, {}}, {}, {}},
     0,
     0,
     nullptr},
    {"axiom",
     "AXIOM_TOKEN",
     "axiom.co",
     "https://api.axiom.co",
     nullptr,
     nullptr,
     {{"Authorization", "Bearer {token}"}, {"X-Axiom-Dataset", "{dataset}"}, {}},
     {{"token", "AXIOM_TOKEN", nullptr, true, {}}, {"dataset", "AXIOM_DATASET", nullptr, true, {}}, {}, {}},
     0,
     0,
     nullptr},
    {"uptrace",
     "UPTRACE_DSN",
     "uptrace.dev",
     "https://api.uptrace.dev",
     nullptr,
     nullptr,
     {{"uptrace-dsn", "{dsn}"}, {}, {}},
     {{"dsn", "UPTRACE_DSN", nullptr, true, {}}, {}, {}, {}},
     0,
     0,
     nullptr},
};

/// Null: there is none of that name.
[[nodiscard]] preset const* find_preset(std::string_view name) noexcept;
/// A preset as the environment names it, with nothing but its variables, and perhaps another address.
[[nodiscard]] exporter_spec preset_by_name(char const* name, std::string const& endpoint);

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/presets.ipp>
#endif
