// Bodies of exporters/presets.hpp: functions that pour a struct into a row of the table in presets.hpp.
#pragma once

#include <fanlight/aws.hpp>
#include <fanlight/exporters/presets.hpp>
#include <fanlight/impl/presets.hpp>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_COLD FANLIGHT_INLINE preset const* find_preset(std::string_view name) noexcept {
  for (auto const& one : presets)
    if (name == one.name) return &one;
  return nullptr;
}

[[nodiscard]] inline std::string text_or_nothing(char const* text) { return text == nullptr ? std::string{} : std::string{text}; }

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE otlp_part part_of(preset_part const& from) {
  otlp_part out;
  out.name = from.name;
  out.variable = text_or_nothing(from.variable);
  out.otherwise = text_or_nothing(from.otherwise);
  out.required = from.required;
  for (auto const& choice : from.choices)
    if (choice.name != nullptr) out.choices.emplace_back(choice.name, choice.text);
  return out;
}

/// What the code gives for a piece.
struct preset_answer {
  char const* part;
  std::string text;
};

/// The options of a back end. `endpoint`: in place of its own address.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE otlp_config preset_options(char const* name, std::string const& endpoint,
                                                                       std::initializer_list<preset_answer> answers) {
  auto const& of = *find_preset(name);
  otlp_config out;
  out.name = of.name;
  out.protocol = otlp_protocol::http_protobuf;
  for (auto const& header : of.headers)
    if (header.name != nullptr) out.headers.emplace_back(header.name, header.text);
  for (auto const& part : of.parts)
    if (part.name != nullptr) out.parts.push_back(part_of(part));
  for (auto const& answer : answers)
    for (auto& part : out.parts)
      if (part.name == answer.part) part.value = answer.text;
  out.traces = of.base != nullptr || of.traces != nullptr;
  out.logs = of.base != nullptr || of.logs != nullptr;
  out.endpoint = text_or_nothing(of.base);
  out.traces_endpoint = text_or_nothing(of.traces);
  out.logs_endpoint = text_or_nothing(of.logs);
  for (auto* address : {&out.endpoint, &out.traces_endpoint, &out.logs_endpoint})
    if (!endpoint.empty() && !address->empty()) *address = endpoint;
  if (of.max_bytes != 0) out.max_request_bytes = of.max_bytes;
  out.max_request_records = of.max_records;
  out.sign_service = text_or_nothing(of.sign_service);
  out.sampled_as = of.sampled_as;
  return out;
}

/// The pieces that only an address of the back end's own needs.
FANLIGHT_COLD FANLIGHT_INLINE void not_required(otlp_config& of, std::string_view part) {
  for (auto& each : of.parts)
    if (each.name == part) each.required = false;
}

/// As AWS's own tools find keys.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::function<void(otlp_request&)> signed_with(std::string service, std::string region) {
  aws_config how;
  how.region = std::move(region);
  return aws_sign(std::move(service), std::move(how));
}

}  // namespace detail

FANLIGHT_COLD FANLIGHT_INLINE otlp_config honeycomb_options(honeycomb_config given) {
  return detail::preset_options(
      "honeycomb", given.endpoint,
      {{"api_key", given.api_key}, {"dataset", given.dataset}, {"region", given.region}, {"endpoint", given.endpoint}});
}
FANLIGHT_COLD FANLIGHT_INLINE otlp_config datadog_options(datadog_config given) {
  return detail::preset_options(
      "datadog", given.endpoint,
      {{"api_key", given.api_key}, {"site", given.site}, {"agent_host", given.agent_host}, {"endpoint", given.endpoint}});
}
FANLIGHT_COLD FANLIGHT_INLINE otlp_config grafana_cloud_options(grafana_cloud_config given) {
  auto out = detail::preset_options("grafana_cloud", given.endpoint,
                                    {{"zone", given.zone}, {"instance_id", given.instance_id}, {"api_key", given.api_key}});
  if (!given.endpoint.empty()) detail::not_required(out, "zone");
  return out;
}
FANLIGHT_COLD FANLIGHT_INLINE otlp_config new_relic_options(new_relic_config given) {
  return detail::preset_options("new_relic", given.endpoint, {{"license_key", given.license_key}, {"region", given.region}});
}
FANLIGHT_COLD FANLIGHT_INLINE otlp_config aws_xray_otlp_options(aws_xray_otlp_config given) {
  auto out = detail::preset_options("aws_xray_otlp", given.endpoint, {{"region", given.region}});
  if (!given.endpoint.empty()) detail::not_required(out, "region");
  out.sign = given.sign ? std::move(given.sign) : detail::signed_with(out.sign_service, given.region);
  return out;
}
FANLIGHT_COLD FANLIGHT_INLINE otlp_config cloudwatch_otlp_options(cloudwatch_otlp_config given) {
  auto out = detail::preset_options(
      "cloudwatch_otlp", given.endpoint,
      {{"log_group", given.log_group}, {"log_stream", given.log_stream}, {"region", given.region}, {"token", given.token}});
  if (!given.endpoint.empty()) detail::not_required(out, "region");
  if (!given.token.empty()) out.sign_service.clear();
  out.sign = given.sign || !given.token.empty() ? std::move(given.sign) : detail::signed_with(out.sign_service, given.region);
  return out;
}
FANLIGHT_COLD FANLIGHT_INLINE otlp_config dynatrace_options(dynatrace_config given) {
  return detail::preset_options("dynatrace", given.endpoint,
                                {{"environment_id", given.environment_id}, {"api_token", given.api_token}, {"endpoint", given.endpoint}});
}
FANLIGHT_COLD FANLIGHT_INLINE otlp_config sentry_options(sentry_config given) {
  return detail::preset_options("sentry", given.endpoint, {{"dsn", given.dsn}});
}
FANLIGHT_COLD FANLIGHT_INLINE otlp_config elastic_options(elastic_config given) {
  return detail::preset_options("elastic", given.endpoint, {{"api_key", given.api_key}, {"endpoint", given.endpoint}});
}
FANLIGHT_COLD FANLIGHT_INLINE otlp_config signoz_options(signoz_config given) {
  return detail::preset_options("signoz", given.endpoint, {{"ingestion_key", given.ingestion_key}, {"region", given.region}});
}
FANLIGHT_COLD FANLIGHT_INLINE otlp_config axiom_options(axiom_config given) {
  return detail::preset_options("axiom", given.endpoint, {{"token", given.token}, {"dataset", given.dataset}});
}
FANLIGHT_COLD FANLIGHT_INLINE otlp_config uptrace_options(uptrace_config given) {
  return detail::preset_options("uptrace", given.endpoint, {{"dsn", given.dsn}});
}

FANLIGHT_COLD FANLIGHT_INLINE exporter_spec honeycomb(honeycomb_config given) { return otlp(honeycomb_options(std::move(given))); }
FANLIGHT_COLD FANLIGHT_INLINE exporter_spec datadog(datadog_config given) { return otlp(datadog_options(std::move(given))); }
FANLIGHT_COLD FANLIGHT_INLINE exporter_spec grafana_cloud(grafana_cloud_config given) {
  return otlp(grafana_cloud_options(std::move(given)));
}
FANLIGHT_COLD FANLIGHT_INLINE exporter_spec new_relic(new_relic_config given) { return otlp(new_relic_options(std::move(given))); }
FANLIGHT_COLD FANLIGHT_INLINE exporter_spec aws_xray_otlp(aws_xray_otlp_config given) {
  return otlp(aws_xray_otlp_options(std::move(given)));
}
FANLIGHT_COLD FANLIGHT_INLINE exporter_spec cloudwatch_otlp(cloudwatch_otlp_config given) {
  return otlp(cloudwatch_otlp_options(std::move(given)));
}
FANLIGHT_COLD FANLIGHT_INLINE exporter_spec dynatrace(dynatrace_config given) { return otlp(dynatrace_options(std::move(given))); }
FANLIGHT_COLD FANLIGHT_INLINE exporter_spec sentry(sentry_config given) { return otlp(sentry_options(std::move(given))); }
FANLIGHT_COLD FANLIGHT_INLINE exporter_spec elastic(elastic_config given) { return otlp(elastic_options(std::move(given))); }
FANLIGHT_COLD FANLIGHT_INLINE exporter_spec signoz(signoz_config given) { return otlp(signoz_options(std::move(given))); }
FANLIGHT_COLD FANLIGHT_INLINE exporter_spec axiom(axiom_config given) { return otlp(axiom_options(std::move(given))); }
FANLIGHT_COLD FANLIGHT_INLINE exporter_spec uptrace(uptrace_config given) { return otlp(uptrace_options(std::move(given))); }

namespace detail {

FANLIGHT_COLD FANLIGHT_INLINE exporter_spec preset_by_name(char const* name, std::string const& endpoint) {
  auto how = preset_options(name, endpoint, {});
  if (!how.sign_service.empty()) how.sign = signed_with(how.sign_service, {});
  return otlp(std::move(how));
}

}  // namespace detail
FANLIGHT_END
