// Bodies of settings.hpp.
#pragma once

#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/xray/settings.hpp>

FANLIGHT_BEGIN
namespace detail {

/// One of the variables that win over code.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::optional<std::string> winning_text(environment const& from, xray_config const& given, char const* variable,
                                                                                    char const* member, std::string const& in_code) {
  auto const found = from.text(variable);
  if (!found) return std::nullopt;
  std::string text{trimmed(*found)};
  if (!in_code.empty() && text != in_code)
    from.tell(problem_code::config_bad,
              joined({given.name, ": ", variable, " is ", shown(variable, text), ", and ", member, " is ", shown(variable, in_code),
                      " in code; the variable wins, as in every X-Ray SDK. Leave one of them out"}));
  return text;
}

FANLIGHT_COLD FANLIGHT_INLINE void settle_daemon(xray_settings& to, environment const& from, std::vector<problem>& wrong) {
  std::string why;
  auto const& in_code = to.given.daemon_address;
  if (!in_code.empty()) {
    if (auto const read = read_daemon_address(in_code, why)) to.daemon = *read;
    else
      wrong.push_back(
          {problem_code::config_bad, joined({to.given.name, ": daemon_address is ", shown({}, in_code), "; ", why}), to.given.name});
  }
  auto const text = winning_text(from, to.given, "AWS_XRAY_DAEMON_ADDRESS", "daemon_address", in_code);
  if (!text) return;
  if (auto const read = read_daemon_address(*text, why)) to.daemon = *read;
  else
    from.tell(problem_code::config_bad, joined({to.given.name, ": AWS_XRAY_DAEMON_ADDRESS is ", shown({}, *text), "; ", why, "; ",
                                                to.daemon.udp.text(), " is used instead"}));
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE char const* name_of(xray_context_missing what) noexcept {
  constexpr char const* names[]{"LOG_ERROR", "RUNTIME_ERROR", "IGNORE_ERROR"};
  return names[static_cast<unsigned>(what) % 3];
}

FANLIGHT_COLD FANLIGHT_INLINE void settle_context_missing(xray_settings& to, environment const& from) {
  auto const in_code = to.given.context_missing;
  if (in_code) to.context_missing = static_cast<std::uint8_t>(*in_code);
  char const* const variable = "AWS_XRAY_CONTEXT_MISSING";
  auto const found = from.text(variable);
  if (!found) return;
  auto const word = lower_case(trimmed(*found));
  for (auto const each : {xray_context_missing::log_error, xray_context_missing::runtime_error, xray_context_missing::ignore_error}) {
    if (word != lower_case(name_of(each))) continue;
    to.context_missing = static_cast<std::uint8_t>(each);
    if (in_code && *in_code != each) static_cast<void>(winning_text(from, to.given, variable, "context_missing", name_of(*in_code)));
    return;
  }
  from.tell_bad(variable, *found, "LOG_ERROR, RUNTIME_ERROR or IGNORE_ERROR", std::string{name_of(in_code.value_or(xray_context_missing::log_error))} + " is used instead");
}

/// Python's word for "on", and Go's for "off".
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE bool is_switched_off(environment const& from) {
  auto const is = [&](char const* variable, std::initializer_list<std::string_view> words) {
    auto const found = from.text(variable);
    if (!found) return false;
    auto const word = lower_case(trimmed(*found));
    for (auto const each : words)
      if (word == each) return true;
    return false;
  };
  return is("AWS_XRAY_SDK_ENABLED", {"false", "0", "no", "n", "f", "off"}) || is("AWS_XRAY_SDK_DISABLED", {"true", "1", "yes", "y", "t", "on"});
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE platform_variables read_platform(environment const& from) {
  auto const text = [&](char const* name) { return from.text(name).value_or(std::string{}); };
  platform_variables out;
  out.ecs_metadata = text("ECS_CONTAINER_METADATA_URI_V4");
  out.kubernetes_host = text("KUBERNETES_SERVICE_HOST");
  out.kubernetes_port = text("KUBERNETES_SERVICE_PORT");
  out.host_name = text("HOSTNAME");
  out.lambda_root = text("LAMBDA_TASK_ROOT");
  out.lambda_name = text("AWS_LAMBDA_FUNCTION_NAME");
  out.region = text("AWS_REGION");
  out.ec2_endpoint = text("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  out.ec2_disabled = lower_case(trimmed(text("AWS_EC2_METADATA_DISABLED"))) == "true";
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE void settle_form(xray_settings& to, environment const& from) {
  auto const& how = to.given;
  auto& form = to.form;
  form.tracing_name = winning_text(from, how, "AWS_XRAY_TRACING_NAME", "tracing_name", how.tracing_name).value_or(how.tracing_name);
  form.indexed_attributes = how.indexed_attributes;
  form.index_all = how.index_all;
  form.collect_sql = how.collect_sql ? *how.collect_sql : from.boolean("AWS_XRAY_COLLECT_SQL_QUERIES").value_or(false);
  form.keep_query = how.keep_query;
  form.exceptions_as_error = how.exceptions_as_error;
  form.source_facts = how.source_facts;
  form.resource_facts = how.resource_attributes;
  form.roots_are_subsegments = !to.platform.lambda_root.empty();
}

FANLIGHT_COLD FANLIGHT_INLINE xray_settings settle_xray(xray_config given, environment const& from, std::vector<problem>& wrong) {
  xray_settings out;
  out.given = std::move(given);
  auto& how = out.given;
  out.off = is_switched_off(from);
  if (out.off) return out;
  if (how.transport != xray_transport::api) settle_daemon(out, from, wrong);
  settle_context_missing(out, from);
  out.platform = read_platform(from);
  settle_form(out, from);
  if (how.log_groups.empty())
    if (auto const group = from.text("FANLIGHT_LOG_GROUP")) how.log_groups.emplace_back(trimmed(*group));
  if (how.aws.region.empty()) how.aws.region = how.region;
  if (how.aws.endpoint.empty()) how.aws.endpoint = how.endpoint;
  if (!how.aws.instead.environment)
    how.aws.instead.environment = [read = from.reader()](std::string const& name) { return read ? read(name) : std::nullopt; };
  if (!how.aws.instead.transport) how.aws.instead.transport = how.instead.transport;
  if (!how.aws.instead.file) how.aws.instead.file = how.instead.file;
  return out;
}

}  // namespace detail
FANLIGHT_END
