// Bodies of settings.hpp.
#pragma once

#include <fanlight/impl/aws/endpoints.hpp>
#include <fanlight/impl/cloudwatch/line.ipp>
#include <fanlight/impl/cloudwatch/pattern.ipp>
#include <fanlight/impl/cloudwatch/settings.hpp>
#include <fanlight/impl/joined.hpp>

FANLIGHT_BEGIN
namespace detail {

/// Adds problems under the exporter's name.
struct cloudwatch_critic {
  cloudwatch_config const& given;
  std::vector<problem>& wrong;
  void tell(std::string const& what) const { wrong.push_back({problem_code::config_bad, joined({given.name, ": ", what}), given.name}); }
  FANLIGHT_COLD void within(char const* member, std::size_t is, std::size_t least, std::size_t most) const {
    if (is < least || is > most)
      tell(joined({member, " is ", std::to_string(is), "; it must be from ", std::to_string(least), " to ", std::to_string(most)}));
  }
  FANLIGHT_COLD void positive(char const* member, std::chrono::milliseconds is) const {
    if (is.count() <= 0) tell(joined({member, " is ", std::to_string(is.count()), " ms; it must be 1 or more"}));
  }
};

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE bool is_retention(unsigned days) noexcept {
  for (unsigned const one : {1u,   3u,   5u,   7u,   14u,  30u,   60u,   90u,   120u,  150u,  180u,
                             365u, 400u, 545u, 731u, 1096u, 1827u, 2192u, 2557u, 2922u, 3288u, 3653u})
    if (days == one) return true;
  return false;
}

FANLIGHT_COLD FANLIGHT_INLINE void check_tags(cloudwatch_critic const& by) {
  auto const& tags = by.given.tags;
  if (tags.size() > 50) by.tell(joined({"there are ", std::to_string(tags.size()), " tags; CloudWatch takes 50"}));
  for (auto const& [key, value] : tags) {
    bool const good = !key.empty() && utf8_count(key) <= 128 && utf8_count(value) <= 256 && is_utf8(key) && is_utf8(value);
    if (!good) by.tell(joined({"tag ", shown({}, key), ": a key has 1 to 128 characters, a value at most 256"}));
    if (lower_case(std::string_view{key}.substr(0, 4)) == "aws:")
      by.tell(joined({"tag ", shown({}, key), ": keys that begin with aws: belong to AWS"}));
  }
}

FANLIGHT_COLD FANLIGHT_INLINE void check_entity(cloudwatch_critic const& by) {
  auto const& keys = by.given.entity_keys;
  if (!keys.empty() && (keys.size() < 2 || keys.size() > 4))
    by.tell(joined({"entity_keys has ", std::to_string(keys.size()), " pairs; CloudWatch takes 2 to 4"}));
  for (auto const& [key, value] : keys) {
    bool known = false;
    for (std::string_view const one : {"Type", "Name", "Environment", "ResourceType", "Identifier"}) known = known || key == one;
    if (!known || value.empty() || utf8_count(value) > 512)
      by.tell(joined({"entity_keys, ", shown({}, key),
                      ": a key is Type, Name, Environment, ResourceType or Identifier, its value has 1 to 512 characters"}));
  }
  auto const& attributes = by.given.entity_attributes;
  if (attributes.size() > 10) by.tell(joined({"there are ", std::to_string(attributes.size()), " entity_attributes; CloudWatch takes 10"}));
  for (auto const& [key, value] : attributes)
    if (key.empty() || utf8_count(key) > 256 || value.empty() || utf8_count(value) > 512)
      by.tell(joined({"entity_attributes, ", shown({}, key), ": a key has 1 to 256 characters, a value 1 to 512"}));
  if (!attributes.empty() && keys.empty() && !by.given.entity) by.tell("entity_attributes are given, but entity is off; set entity = true, or entity_keys");
}

FANLIGHT_COLD FANLIGHT_INLINE void check_sizes(cloudwatch_critic const& by) {
  auto const& how = by.given;
  by.within("max_message_bytes", how.max_message_bytes, 1, 1'048'550);
  by.within("max_batch_bytes", how.max_batch_bytes, 27, 1'048'576);
  by.within("max_batch_count", how.max_batch_count, 1, 10'000);
  by.within("queue_records", how.queue_records, 1, SIZE_MAX);
  by.within("queue_bytes", how.queue_bytes, 1, SIZE_MAX);
  by.within("attempts", how.attempts, 0, 100);
  by.positive("send_interval", how.send_interval);
  by.positive("connect_timeout", how.connect_timeout);
  by.positive("timeout", how.timeout);
}

FANLIGHT_COLD FANLIGHT_INLINE void check_cloudwatch(cloudwatch_config const& given, std::vector<problem>& wrong) {
  cloudwatch_critic const by{given, wrong};
  check_sizes(by);
  if (given.retention_days != 0 && !is_retention(given.retention_days))
    by.tell(joined(
        {"retention_days is ", std::to_string(given.retention_days),
         "; CloudWatch knows 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 and 3653"}));
  if (given.enforce_retention && given.retention_days == 0) by.tell("enforce_retention is on, but there are no retention_days");
  if (!given.region.empty() && !is_region(given.region))
    by.tell(joined({"region is ", shown({}, given.region), "; it must be one such as us-east-1"}));
  if (!is_utf8(given.truncation_suffix)) by.tell("truncation_suffix is no UTF-8");
  check_tags(by);
  check_entity(by);
}

FANLIGHT_COLD FANLIGHT_INLINE void settle_patterns(cloudwatch_settings& to, cloudwatch_critic const& by) {
  if (auto const bad = read_pattern(to.given.log_stream, cloudwatch_stream_names, to.stream); !bad.empty())
    by.tell(joined({"log_stream is ", shown({}, to.given.log_stream), ": ", bad}));
  if (auto const bad = read_pattern(to.given.line, cloudwatch_line_names, to.form.line); !bad.empty())
    by.tell(joined({"line is ", shown({}, to.given.line), ": ", bad}));
}

FANLIGHT_COLD FANLIGHT_INLINE void settle_names(cloudwatch_config& to, environment const& from) {
  if (to.log_group.empty()) to.log_group = std::string{trimmed(from.text("FANLIGHT_LOG_GROUP").value_or(std::string{}))};
  if (to.log_stream.empty()) to.log_stream = from.text("FANLIGHT_LOG_STREAM").value_or(std::string{});
  if (to.log_stream.empty()) to.log_stream = "{machine_name}/{program_name}/{logger_name}/{process_id}";
  if (to.attempts == 0) to.attempts = from.integer("AWS_MAX_ATTEMPTS", "3 is used instead", 1).value_or(3);
  if (to.aws.region.empty()) to.aws.region = to.region;
  if (to.aws.endpoint.empty()) to.aws.endpoint = to.endpoint;
  if (!to.aws.instead.environment)
    to.aws.instead.environment = [read = from.reader()](std::string const& name) { return read ? read(name) : std::nullopt; };
}

FANLIGHT_COLD FANLIGHT_INLINE cloudwatch_settings settle_cloudwatch(cloudwatch_config given, environment const& from, bool final,
                                                                    std::vector<problem>& wrong) {
  cloudwatch_settings out;
  out.given = std::move(given);
  auto& how = out.given;
  settle_names(how, from);
  cloudwatch_critic const by{how, wrong};
  if (how.log_group.empty()) {
    if (final) by.tell("there is no log group: set log_group, or FANLIGHT_LOG_GROUP");
  } else if (auto const bad = wrong_with_group(how.log_group); !bad.empty()) {
    by.tell(joined({"log_group is ", shown({}, how.log_group), ": ", bad}));
  }
  settle_patterns(out, by);
  out.limits.bytes = how.max_batch_bytes, out.limits.count = how.max_batch_count;
  out.form.layout = how.layout;
  out.form.most = std::min(how.max_message_bytes, how.max_batch_bytes - std::min(how.max_batch_bytes, cloudwatch_event_overhead));
  out.form.suffix = how.truncation_suffix;
  out.form.source_facts = how.source_facts, out.form.resource_attributes = how.resource_attributes;
  return out;
}

}  // namespace detail
FANLIGHT_END
