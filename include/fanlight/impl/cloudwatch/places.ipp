// Bodies of exporter.hpp: groups and streams that are made when PutLogEvents misses them, and what is set on a group.
// [CloudWatch Logs: CreateLogStream, CreateLogGroup, PutRetentionPolicy, DescribeLogGroups, TagResource]
#pragma once

#include <fanlight/impl/cloudwatch/exporter.hpp>
#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/json_tree.hpp>

FANLIGHT_BEGIN
namespace detail {

/// The call that body_ is for. Somebody else at the same thing: once more after a moment, and then it is done.
FANLIGHT_COLD FANLIGHT_INLINE cloudwatch_reply cloudwatch_exporter::ask(std::string_view action, deadline until) {
  auto out = service_.call(action, body_.view(), false, {}, until);
  count_request(body_.size(), false, out);
  if (out.verdict != cloudwatch_verdict::conflict) return out;
  if (wait(std::chrono::milliseconds{50 + static_cast<int>(service_.around().random() * 200)}, until)) out = service_.call(action, body_.view(), false, {}, until);
  if (out.verdict == cloudwatch_verdict::conflict) out.verdict = cloudwatch_verdict::done;
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE cloudwatch_reply cloudwatch_exporter::create_stream(std::string_view name, deadline until) {
  body_.clear();
  json_writer json{body_};
  json.open_object();
  json.name("logGroupName"), json.text(how_.given.log_group);
  json.name("logStreamName"), json.text(name);
  json.close_object();
  return ask("CreateLogStream", until);
}

/// The one who made it, and nobody else, says how long lines are kept.
FANLIGHT_COLD FANLIGHT_INLINE cloudwatch_reply cloudwatch_exporter::create_group(deadline until) {
  auto const& how = how_.given;
  body_.clear();
  json_writer json{body_};
  json.open_object();
  json.name("logGroupName"), json.text(how.log_group);
  if (!how.kms_key_id.empty()) json.name("kmsKeyId"), json.text(how.kms_key_id);
  if (!how.tags.empty()) json.name("tags"), write_pairs(json, how.tags);
  if (how.group_class == cloudwatch_class::infrequent_access) json.name("logGroupClass"), json.text("INFREQUENT_ACCESS");
  json.close_object();
  auto out = ask("CreateLogGroup", until);
  if (out.verdict != cloudwatch_verdict::done || out.answer.status >= 300) return out;
  group_is_ours_ = true;
  if (how.retention_days != 0) set_retention(until);
  return out;
}

/// Stream, and group if that is missing too; then the same request goes out again, which is no further attempt.
FANLIGHT_COLD FANLIGHT_INLINE std::optional<outcome> cloudwatch_exporter::make_place(cloudwatch_pending& of, std::size_t count, deadline until) {
  auto const& how = how_.given;
  auto const place = joined({how.name, ": log stream '", of.name(), "' of group '", how.log_group, "'"});
  if (std::exchange(of.made, false)) {  // a moment ago it was; or it may not be made by us
    cloudwatch_reply later;
    later.verdict = cloudwatch_verdict::transient;
    later.why = place + " is not there, or not yet";
    return put_off(later);
  }
  if (!how.create_stream) return lose(of, count, place + " does not exist, and create_stream is off"), std::nullopt;
  auto reply = create_stream(of.name(), until);
  if (reply.verdict == cloudwatch_verdict::missing) {
    if (!how.create_group)
      return lose(of, count,
                  joined(
                      {how.name, ": log group '", how.log_group, "' does not exist, and create_group is off; make it, or set log_group"})),
             std::nullopt;
    reply = create_group(until);
    if (reply.verdict == cloudwatch_verdict::done) reply = create_stream(of.name(), until);
  }
  return judge_place(of, count, reply);
}

FANLIGHT_COLD FANLIGHT_INLINE std::optional<outcome> cloudwatch_exporter::judge_place(cloudwatch_pending& of, std::size_t count, cloudwatch_reply& reply) {
  switch (reply.verdict) {
    case cloudwatch_verdict::done: of.made = true; return std::nullopt;
    case cloudwatch_verdict::denied:  // somebody else may make it
      note_denied(reply);
      of.made = true;
      return std::nullopt;
    case cloudwatch_verdict::keys: return wait_for_keys(reply);
    case cloudwatch_verdict::throttled:
    case cloudwatch_verdict::transient:
    case cloudwatch_verdict::conflict:
    case cloudwatch_verdict::missing: return put_off(reply);
    case cloudwatch_verdict::too_large:
    case cloudwatch_verdict::legacy:
    case cloudwatch_verdict::permanent: break;
  }
  lose(of, count, reply.why);
  return std::nullopt;
}

// ---- what is set on a group -------------------------------------------------------------------------------------------------------------

/// Once, when lines have arrived: it never stands in their way.
FANLIGHT_COLD FANLIGHT_INLINE void cloudwatch_exporter::keep_up(deadline until) {
  if (group_is_ours_) return;
  if (how_.given.enforce_retention) set_retention(until);
  if (!how_.given.tags.empty()) tag_group(until);
}

FANLIGHT_COLD FANLIGHT_INLINE void cloudwatch_exporter::set_retention(deadline until) {
  body_.clear();
  json_writer json{body_};
  json.open_object();
  json.name("logGroupName"), json.text(how_.given.log_group);
  json.name("retentionInDays"), json.natural(std::uint64_t{how_.given.retention_days});
  json.close_object();
  warn_of(ask("PutRetentionPolicy", until));
}

/// As DescribeLogGroups gives it: who makes one up does not know the partition.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string group_arn_in(std::string_view answer, std::string_view group) {
  json_tree tree;
  std::string wrong;
  if (!tree.read(answer, wrong)) return {};
  for (auto one = json_at{tree}.find("logGroups").first(); one; one = one.next()) {
    if (one.find("logGroupName").text() != group) continue;
    if (auto const arn = one.find("logGroupArn").text(); !arn.empty()) return std::string{arn};
    auto const arn = one.find("arn").text();
    return std::string{arn.substr(0, arn.size() > 2 && arn.substr(arn.size() - 2) == ":*" ? arn.size() - 2 : arn.size())};
  }
  return {};
}

FANLIGHT_COLD FANLIGHT_INLINE void cloudwatch_exporter::tag_group(deadline until) {
  auto const& how = how_.given;
  body_.clear();
  {
    json_writer json{body_};
    json.open_object();
    json.name("logGroupNamePrefix"), json.text(how.log_group);
    json.close_object();
  }
  auto const found = ask("DescribeLogGroups", until);
  auto const arn = group_arn_in(found.answer.body, how.log_group);
  if (found.verdict != cloudwatch_verdict::done || arn.empty()) return warn_of(found);
  body_.clear();
  json_writer json{body_};
  json.open_object();
  json.name("resourceArn"), json.text(arn);
  json.name("tags"), write_pairs(json, how.tags);
  json.close_object();
  warn_of(ask("TagResource", until));
}

FANLIGHT_COLD FANLIGHT_INLINE void cloudwatch_exporter::warn_of(cloudwatch_reply const& reply) {
  if (reply.verdict == cloudwatch_verdict::done || std::exchange(told_upkeep_, true)) return;
  tell(problem_code::back_end_warned, joined({how_.given.name, ": lines are delivered, but retention or tags of log group '",
                                              how_.given.log_group, "' could not be set: ", reply.why}));
}

}  // namespace detail
FANLIGHT_END
