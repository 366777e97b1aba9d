// Bodies of sender.hpp. [AWS X-Ray segment documents; opentelemetry-collector-contrib awsxrayexporter, aws.go]
#pragma once

#include <fanlight/detail/utf8.hpp>
#include <fanlight/impl/json.hpp>
#include <fanlight/impl/xray/sender.hpp>

FANLIGHT_BEGIN
namespace detail {

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string_view xray_origin_of(resource const& who) noexcept {
  auto const provider = who.get("cloud.provider"), platform = who.get("cloud.platform"), launch = who.get("aws.ecs.launchtype");
  if (auto const given = who.get("aws.xray.origin"); !given.empty()) return given;
  if (!provider.empty() && provider != "aws") return {};
  if (platform == "aws_ec2") return "AWS::EC2::Instance";
  if (platform == "aws_ecs") return launch == "ec2" || launch == "EC2" ? "AWS::ECS::EC2" : launch.empty() ? "AWS::ECS::Container" : "AWS::ECS::Fargate";
  if (platform == "aws_eks") return "AWS::EKS::Container";
  if (platform == "aws_elastic_beanstalk") return "AWS::ElasticBeanstalk::Environment";
  if (platform == "aws_app_runner") return "AWS::AppRunner::Service";
  return {};
}

/// A text member, cut at 250 characters, when there is anything to say.
FANLIGHT_COLD inline void member_of(json_writer& json, resource const& who, std::string_view key, std::string_view attribute) {
  auto const text = who.get(attribute);
  if (text.empty()) return;
  json.key(key);
  json.text(utf8_front(text, 250));
}

FANLIGHT_COLD inline void write_ecs(json_writer& json, resource const& who) {
  json.name("ecs");
  json.open_object();
  member_of(json, who, "container", "container.name");
  member_of(json, who, "container_id", "container.id");
  member_of(json, who, "container_arn", "aws.ecs.container.arn");
  member_of(json, who, "task_arn", "aws.ecs.task.arn");
  member_of(json, who, "task_family", "aws.ecs.task.family");
  member_of(json, who, "cluster_arn", "aws.ecs.cluster.arn");
  member_of(json, who, "availability_zone", "cloud.availability_zone");
  member_of(json, who, "launch_type", "aws.ecs.launchtype");
  json.close_object();
}

FANLIGHT_COLD inline void write_beanstalk(json_writer& json, resource const& who) {
  json.name("elastic_beanstalk");
  json.open_object();
  member_of(json, who, "environment_name", "service.namespace");
  member_of(json, who, "version_label", "service.version");
  auto const id = who.get("service.instance.id");
  std::int64_t number = id.empty() || id.size() > 18 ? -1 : 0;
  for (char const digit : id) number = number < 0 || digit < '0' || digit > '9' ? -1 : number * 10 + (digit - '0');
  if (number >= 0) json.name("deployment_id"), json.integer(number);
  json.close_object();
}

/// The name in `arn:aws:logs:us-east-1:123456789012:log-group:/aws/name:*`.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string_view log_group_of(std::string_view arn) noexcept {
  auto const mark = arn.find(":log-group:");
  if (mark == std::string_view::npos) return arn;
  auto const name = arn.substr(mark + 11);
  return name.substr(0, name.find(':'));
}

FANLIGHT_COLD inline void write_log_group(json_writer& json, std::string_view group, std::string_view arn) {
  json.open_object();
  json.name("log_group"), json.text(group);
  if (!arn.empty()) json.name("arn"), json.text(arn);
  json.close_object();
}

FANLIGHT_COLD inline void write_log_groups(json_writer& json, resource const& who) {
  auto const arns = who.attributes.get("aws.log.group.arns"), names = who.attributes.get("aws.log.group.names");
  auto const& from = arns.kind() != value_kind::empty ? arns : names;
  bool const is_arn = &from == &arns;
  if (from.kind() != value_kind::array && from.kind() != value_kind::text) return;
  json.name("cloudwatch_logs");
  json.open_array();
  auto const one = [&](std::string_view text) { write_log_group(json, is_arn ? log_group_of(text) : text, is_arn ? text : std::string_view{}); };
  if (from.kind() == value_kind::text) one(from.as_text());
  for (auto const each : from.members()) one(each.value.as_text());
  json.close_array();
}

FANLIGHT_COLD inline void write_platform(json_writer& json, resource const& who) {
  auto const provider = who.get("cloud.provider"), platform = who.get("cloud.platform");
  if (provider != "aws" && (!provider.empty() || platform.substr(0, 4) != "aws_")) return;
  member_of(json, who, "account_id", "cloud.account.id");
  if ((platform.empty() || platform == "aws_ec2" || platform == "aws_elastic_beanstalk") && !who.get("host.id").empty()) {
    json.name("ec2");
    json.open_object();
    member_of(json, who, "instance_id", "host.id");
    member_of(json, who, "instance_size", "host.type");
    member_of(json, who, "ami_id", "host.image.id");
    member_of(json, who, "availability_zone", "cloud.availability_zone");
    json.close_object();
  }
  if (platform == "aws_ecs") write_ecs(json, who);
  if (platform == "aws_eks") {
    json.name("eks");
    json.open_object();
    member_of(json, who, "pod", "k8s.pod.name");
    member_of(json, who, "cluster_name", "k8s.cluster.name");
    member_of(json, who, "container_id", "container.id");
    json.close_object();
  }
  if (platform == "aws_elastic_beanstalk") write_beanstalk(json, who);
}

FANLIGHT_COLD inline void write_service(json_writer& json, resource const& who) {
  json.open_object();
  member_of(json, who, "version", who.get("service.version").empty() ? "container.image.tag" : "service.version");
  json.name("runtime"), json.text("C++");
#if defined(__clang__)
  json.name("compiler"), json.text("clang");
#elif defined(__GNUC__)
  json.name("compiler"), json.text("g++");
#endif
  json.name("compiler_version"), json.text(__VERSION__);
  json.close_object();
}

/// Left open: the sampling rule's name follows.
FANLIGHT_COLD inline void open_sdk(json_writer& json, resource const& who) {
  json.name("xray");
  json.open_object();
  auto const name = who.get("telemetry.sdk.name"), language = who.get("telemetry.sdk.language");
  std::string sdk{name.empty() ? "fanlight" : name};
  sdk += " for ";
  sdk += language.empty() || language == "cpp" ? "C++" : language;
  json.name("sdk"), json.text(sdk);
  json.name("sdk_version"), json.text(who.get("telemetry.sdk.version").empty() ? FANLIGHT_VERSION_STRING : who.get("telemetry.sdk.version"));
  if (!who.get("telemetry.auto.version").empty()) json.name("auto_instrumentation"), json.boolean(true);
}

FANLIGHT_COLD FANLIGHT_INLINE void xray_sender::look_at(std::shared_ptr<resource const> const& who, object const& platform) {
  if (who == who_) return;
  auto all = std::make_shared<resource>(*who);
  for (auto const item : platform.members()) all->attributes.set(item.key, item.value);
  whole_ = std::move(all);
  auto const& whole = *whole_;
  service_.clear(), aws_.clear();
  service_name_ = whole.get("service.name");
  origin_ = xray_origin_of(whole);
  service_.literal(",\"service\":");
  json_writer service{service_};
  write_service(service, whole);
  json_writer aws{aws_};
  write_platform(aws, whole);
  write_log_groups(aws, whole);
  open_sdk(aws, whole);
  who_ = who;
}

}  // namespace detail
FANLIGHT_END
