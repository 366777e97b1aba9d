// Bodies of detect.hpp. [ECS task metadata version 4; EC2 instance metadata version 2; Elastic Beanstalk and EKS as in OpenTelemetry's
// detectors]
#pragma once

#include <fanlight/impl/aws/surroundings.hpp>
#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/json_facts.hpp>
#include <fanlight/impl/xray/detect.hpp>

#include <algorithm>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_COLD inline void put_text(object& to, std::string_view key, std::string_view text) {
  if (!text.empty()) to.set(key, text.substr(0, 1000));
}

FANLIGHT_COLD FANLIGHT_INLINE std::string platform_seeker::file(char const* path) const {
  auto found = given_.instead.file ? given_.instead.file(path) : read_small_file(std::string{path});
  return found.value_or(std::string{});
}

FANLIGHT_COLD FANLIGHT_INLINE void platform_seeker::hurry(moment until) noexcept {
  std::lock_guard const held{lock_};
  limit_ = std::min(limit_, until);
  if (transport_) transport_->hurry(until);
}

/// The body of a good answer, else nothing.
FANLIGHT_COLD FANLIGHT_INLINE std::string platform_seeker::ask(http_request const& what, http_options const& how, moment until) {
  http_transport* asks = nullptr;
  {
    std::lock_guard const held{lock_};
    transport_ = given_.instead.transport ? given_.instead.transport(how) : curl_transport(how);
    asks = transport_.get();
    until = std::min(until, limit_);
  }
  auto answer = asks->send(what, until);
  std::lock_guard const held{lock_};
  transport_.reset();
  bool const good = answer.failed == http_failure::none && answer.status == 200;
  return good ? std::move(answer.body) : std::string{};
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE http_options metadata_options() {
  http_options out;
  out.connect_timeout = std::chrono::seconds{1};
  out.response_cap = std::size_t{64} << 10;
  out.no_proxy = true;
  out.user_agent = "fanlight/" FANLIGHT_VERSION_STRING;
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE std::string platform_seeker::get(std::string url, moment until) {
  http_request what;
  what.method = "GET";
  what.url = std::move(url);
  return ask(what, metadata_options(), until);
}

FANLIGHT_COLD FANLIGHT_INLINE bool platform_seeker::find_beanstalk(object& to) const {
  auto const text = file("/var/elasticbeanstalk/xray/environment.conf");
  if (text.empty()) return false;
  put_text(to, "cloud.platform", "aws_elastic_beanstalk");
  each_json_fact(text, [&](std::string_view parent, std::string_view key, std::string_view value) {
    if (!parent.empty()) return;
    if (key == "environment_name") put_text(to, "service.namespace", value);
    if (key == "version_label") put_text(to, "service.version", value);
    if (key == "deployment_id") put_text(to, "service.instance.id", value);
  });
  return true;
}

/// The account in `arn:aws:ecs:us-east-1:123456789012:task/…`, or the region.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string_view arn_part(std::string_view arn, unsigned place) noexcept {
  for (; place != 0; --place) {
    auto const colon = arn.find(':');
    if (colon == std::string_view::npos) return {};
    arn.remove_prefix(colon + 1);
  }
  return arn.substr(0, arn.find(':'));
}

FANLIGHT_COLD FANLIGHT_INLINE bool platform_seeker::find_ecs(object& to, moment until) {
  if (known_.ecs_metadata.empty()) return false;
  put_text(to, "cloud.platform", "aws_ecs");
  std::string group, cluster, task;
  each_json_fact(get(known_.ecs_metadata, until), [&](std::string_view parent, std::string_view key, std::string_view value) {
    if (parent.empty() && key == "DockerId") put_text(to, "container.id", value);
    if (parent.empty() && key == "Name") put_text(to, "container.name", value);
    if (parent.empty() && key == "ContainerARN") put_text(to, "aws.ecs.container.arn", value);
    if (parent == "LogOptions" && key == "awslogs-group") group = value;
  });
  each_json_fact(get(known_.ecs_metadata + "/task", until), [&](std::string_view parent, std::string_view key, std::string_view value) {
    if (!parent.empty()) return;
    if (key == "TaskARN") task = value;
    if (key == "Family") put_text(to, "aws.ecs.task.family", value);
    if (key == "Cluster") cluster = value;
    if (key == "AvailabilityZone") put_text(to, "cloud.availability_zone", value);
    if (key == "LaunchType") put_text(to, "aws.ecs.launchtype", lower_case(value));
  });
  auto const account = arn_part(task, 4), region = arn_part(task, 3);
  put_text(to, "aws.ecs.task.arn", task);
  put_text(to, "cloud.account.id", account);
  put_text(to, "cloud.region", region);
  if (!cluster.empty() && cluster.substr(0, 4) != "arn:" && !account.empty())
    cluster = joined({task.substr(0, task.find(":task/")), ":cluster/", cluster});
  put_text(to, "aws.ecs.cluster.arn", cluster);
  put_text(to, "aws.log.group.names", group);
  return true;
}

/// Kubernetes is EKS when it has the map of AWS's roles; that it may not be read says nothing either way, and then it is left open.
FANLIGHT_COLD FANLIGHT_INLINE bool platform_seeker::find_eks(object& to, moment until) {
  char const* const folder = "/var/run/secrets/kubernetes.io/serviceaccount/";
  if (known_.kubernetes_host.empty()) return false;
  auto const token = file((std::string{folder} + "token").c_str());
  if (token.empty()) return false;
  auto how = metadata_options();
  how.ca_file = std::string{folder} + "ca.crt";
  bool const bare = known_.kubernetes_host.find(':') == std::string::npos;
  auto const host = bare ? known_.kubernetes_host : joined({"[", known_.kubernetes_host, "]"});
  auto const map = [&](char const* path) {
    http_request what;
    what.method = "GET";
    what.url =
        joined({"https://", host, ":", (known_.kubernetes_port.empty() ? "443" : known_.kubernetes_port), "/api/v1/namespaces/", path});
    what.headers.push_back({"Authorization", "Bearer " + std::string{trimmed(token)}});
    return ask(what, how, until);
  };
  if (map("kube-system/configmaps/aws-auth").empty()) return false;
  put_text(to, "cloud.platform", "aws_eks");
  put_text(to, "k8s.pod.name", known_.host_name);
  each_json_fact(map("amazon-cloudwatch/configmaps/cluster-info"), [&](std::string_view parent, std::string_view key, std::string_view value) {
    if (parent == "data" && key == "cluster.name") put_text(to, "k8s.cluster.name", value);
  });
  return true;
}

/// Machines of EC2 say so beneath the network, so that nobody waits for a metadata service that is not there.
FANLIGHT_COLD FANLIGHT_INLINE bool platform_seeker::has_sign_of_ec2() const {
  if (!known_.ec2_endpoint.empty()) return true;
  auto const begins = [this](char const* path, std::string_view with) { return lower_case(file(path)).substr(0, with.size()) == with; };
  if (begins("/sys/class/dmi/id/sys_vendor", "amazon ec2") || begins("/sys/class/dmi/id/board_asset_tag", "i-")) return true;
  return begins("/sys/hypervisor/uuid", "ec2");
}

FANLIGHT_COLD FANLIGHT_INLINE bool platform_seeker::find_ec2(object& to, moment until) {
  if (known_.ec2_disabled || !has_sign_of_ec2()) return false;
  auto base = known_.ec2_endpoint.empty() ? std::string{"http://169.254.169.254"} : known_.ec2_endpoint;
  while (!base.empty() && base.back() == '/') base.pop_back();
  http_request what;
  what.method = "PUT";
  what.url = base + "/latest/api/token";
  what.headers.push_back({"X-aws-ec2-metadata-token-ttl-seconds", "60"});
  auto const token = ask(what, metadata_options(), until);
  if (token.empty() || token.find_first_of("\r\n") != std::string::npos) return false;
  what.method = "GET";
  what.url = base + "/latest/dynamic/instance-identity/document";
  what.headers = {{"X-aws-ec2-metadata-token", token}};
  bool found = false;
  each_json_fact(ask(what, metadata_options(), until), [&](std::string_view parent, std::string_view key, std::string_view value) {
    if (!parent.empty()) return;
    found = found || key == "instanceId";
    if (key == "instanceId") put_text(to, "host.id", value);
    if (key == "instanceType") put_text(to, "host.type", value);
    if (key == "imageId") put_text(to, "host.image.id", value);
    if (key == "availabilityZone") put_text(to, "cloud.availability_zone", value);
    if (key == "accountId") put_text(to, "cloud.account.id", value);
    if (key == "region") put_text(to, "cloud.region", value);
  });
  return found;
}

FANLIGHT_COLD FANLIGHT_INLINE object platform_seeker::find(resource const* who, moment until) {
  object out;
  auto const& groups = given_.log_groups;
  bool const told = who != nullptr && (!who->get("cloud.platform").empty() || !who->get("cloud.provider").empty());
  until = std::min(until, std::chrono::steady_clock::now() + std::chrono::seconds{2});
  if (given_.detect && !told) {
    bool found = true;
    if (!known_.lambda_root.empty()) put_text(out, "cloud.platform", "aws_lambda"), put_text(out, "faas.name", known_.lambda_name);
    else if (find_beanstalk(out)) static_cast<void>(find_ec2(out, until));
    else if (find_ecs(out, until) || find_eks(out, until)) {
    } else if (found = find_ec2(out, until); found)
      put_text(out, "cloud.platform", "aws_ec2");
    if (found) put_text(out, "cloud.provider", "aws");
  }
  put_text(out, "aws.xray.origin", given_.origin);
  if (groups.size() == 1) out.set("aws.log.group.names", groups[0]);
  if (groups.size() > 1) {
    array names;
    for (auto const& each : groups) names.push(each);
    out.set("aws.log.group.names", names);
  }
  return out;
}

}  // namespace detail
FANLIGHT_END
