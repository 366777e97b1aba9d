// OTLP to the back ends that have an address, a header and a key of their own: each a small struct and two functions. `NAME(config)` gives
// the exporter; `NAME_options(config)` the plain OTLP options behind it, which can be changed and handed to otlp(). Inert values, as
// there. In brackets: the variable from which init() takes what is left open here. `endpoint` replaces the back end's own address, for
// proxies and tests.
#pragma once

#include <fanlight/exporters/otlp.hpp>

#include <string>

FANLIGHT_BEGIN

/// Spans, logs and errors to Honeycomb; they arrive in the dataset that is named like the service.
struct honeycomb_config {
  std::string api_key = {};   // an ingest key [HONEYCOMB_API_KEY]
  std::string dataset = {};   // for Classic keys alone [HONEYCOMB_DATASET]
  std::string region = {};    // us or eu; us
  std::string endpoint = {};  // [HONEYCOMB_API_ENDPOINT]
};
[[nodiscard]] otlp_config honeycomb_options(honeycomb_config given = {});
[[nodiscard]] exporter_spec honeycomb(honeycomb_config given = {});

/// To the Datadog Agent where there is no key, and to Datadog's own intake where there is one. The Agent's OTLP receiver must be on
/// (DD_OTLP_CONFIG_RECEIVER_PROTOCOLS_HTTP_ENDPOINT).
struct datadog_config {
  std::string api_key = {};     // empty: to the agent [DD_API_KEY]
  std::string site = {};        // datadoghq.com, us3.datadoghq.com, datadoghq.eu …; datadoghq.com [DD_SITE]
  std::string agent_host = {};  // localhost [DD_AGENT_HOST]
  std::string endpoint = {};
};
[[nodiscard]] otlp_config datadog_options(datadog_config given = {});
[[nodiscard]] exporter_spec datadog(datadog_config given = {});

/// The OTLP gateway of Grafana Cloud.
struct grafana_cloud_config {
  std::string zone = {};         // such as prod-eu-west-2, from the stack's page [GRAFANA_CLOUD_ZONE]
  std::string instance_id = {};  // [GRAFANA_CLOUD_INSTANCE_ID]
  std::string api_key = {};      // [GRAFANA_CLOUD_API_KEY]
  std::string endpoint = {};
};
[[nodiscard]] otlp_config grafana_cloud_options(grafana_cloud_config given = {});
[[nodiscard]] exporter_spec grafana_cloud(grafana_cloud_config given = {});

struct new_relic_config {
  std::string license_key = {};  // [NEW_RELIC_LICENSE_KEY]
  std::string region = {};       // us, eu or gov; us [NEW_RELIC_REGION]
  std::string endpoint = {};
};
[[nodiscard]] otlp_config new_relic_options(new_relic_config given = {});
[[nodiscard]] exporter_spec new_relic(new_relic_config given = {});

/// Spans to X-Ray's OTLP endpoint. Its requests are signed (SigV4, service xray), by aws_sign() unless `sign` is given; that reads the
/// environment when this is called, and asks files and services when there is something to sign.
struct aws_xray_otlp_config {
  std::string region = {};  // [AWS_REGION]
  std::function<void(otlp_request&)> sign = {};
  std::string endpoint = {};  // a whole address
};
[[nodiscard]] otlp_config aws_xray_otlp_options(aws_xray_otlp_config given = {});
[[nodiscard]] exporter_spec aws_xray_otlp(aws_xray_otlp_config given = {});

/// Logs and errors to CloudWatch Logs' OTLP endpoint. Group and stream must exist. Signed (SigV4, service logs), or with a bearer token.
struct cloudwatch_otlp_config {
  std::string log_group = {};   // [FANLIGHT_LOG_GROUP]
  std::string log_stream = {};  // [FANLIGHT_LOG_STREAM]
  std::string region = {};      // [AWS_REGION]
  std::string token = {};       // a bearer token, where those are on; then nothing is signed
  std::function<void(otlp_request&)> sign = {};
  std::string endpoint = {};    // a whole address
};
[[nodiscard]] otlp_config cloudwatch_otlp_options(cloudwatch_otlp_config given = {});
[[nodiscard]] exporter_spec cloudwatch_otlp(cloudwatch_otlp_config given = {});

struct dynatrace_config {
  std::string environment_id = {};  // the first part of its address [DT_ENVIRONMENT_ID]
  std::string api_token = {};       // with the scopes openTelemetryTrace.ingest and logs.ingest [DT_API_TOKEN]
  std::string endpoint = {};        // [DT_ENDPOINT]
};
[[nodiscard]] otlp_config dynatrace_options(dynatrace_config given = {});
[[nodiscard]] exporter_spec dynatrace(dynatrace_config given = {});

struct sentry_config {
  std::string dsn = {};       // https://KEY@oORG.ingest.REGION.sentry.io/PROJECT [SENTRY_DSN]
  std::string endpoint = {};  // in place of https://HOST/api/PROJECT/integration/otlp
};
[[nodiscard]] otlp_config sentry_options(sentry_config given = {});
[[nodiscard]] exporter_spec sentry(sentry_config given = {});

struct elastic_config {
  std::string api_key = {};   // [ELASTIC_API_KEY]
  std::string endpoint = {};  // of the deployment [ELASTIC_OTLP_ENDPOINT]
};
[[nodiscard]] otlp_config elastic_options(elastic_config given = {});
[[nodiscard]] exporter_spec elastic(elastic_config given = {});

struct signoz_config {
  std::string ingestion_key = {};  // [SIGNOZ_INGESTION_KEY]
  std::string region = {};         // us, eu, in …; us [SIGNOZ_REGION]
  std::string endpoint = {};
};
[[nodiscard]] otlp_config signoz_options(signoz_config given = {});
[[nodiscard]] exporter_spec signoz(signoz_config given = {});

struct axiom_config {
  std::string token = {};    // [AXIOM_TOKEN]
  std::string dataset = {};  // [AXIOM_DATASET]
  std::string endpoint = {};
};
[[nodiscard]] otlp_config axiom_options(axiom_config given = {});
[[nodiscard]] exporter_spec axiom(axiom_config given = {});

struct uptrace_config {
  std::string dsn = {};  // [UPTRACE_DSN]
  std::string endpoint = {};
};
[[nodiscard]] otlp_config uptrace_options(uptrace_config given = {});
[[nodiscard]] exporter_spec uptrace(uptrace_config given = {});

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/presets.ipp>
#endif
