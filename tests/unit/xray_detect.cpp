// Where on AWS a program runs, as found out from files, variables and metadata services of the test's own.
#include <fanlight/impl/xray/detect.hpp>

#include "catch.hpp"
#include "support/fake_environment.hpp"
#include "support/transport_double.hpp"

#include <map>

using namespace support;

namespace {

/// Answers by address; everything else is refused.
struct place {
  std::map<std::string, std::string> files, pages;
  test::variables variables;
  std::shared_ptr<wire> asked = std::make_shared<wire>();

  class scripted_service final : public fl::detail::http_transport {
   public:
    explicit scripted_service(place& of) : of_{of} {}
    fl::detail::http_answer send(fl::detail::http_request const& what, clock::time_point until) override {
      of_.asked->now.change([&](wire::state& all) { all.sent.push_back({what.method, what.url, {}, what.headers, clock::now(), until}); });
      auto const at = of_.pages.find(what.method + " " + what.url);
      return at == of_.pages.end() ? answer(404) : answer(200, at->second);
    }
    void hurry(clock::time_point) noexcept override {}

   private:
    place& of_;
  };

  [[nodiscard]] fl::object find(fl::xray_config how = {}, fl::object stated = {}) {
    how.instead.file = [this](std::string const& path) -> std::optional<std::string> {
      auto const at = files.find(path);
      return at == files.end() ? std::nullopt : std::optional<std::string>{at->second};
    };
    how.instead.transport = [this](fl::detail::http_options const& options) {
      asked->now.change([&](wire::state& all) { all.made.push_back(options); });
      return std::make_unique<scripted_service>(*this);
    };
    std::vector<fl::problem> said, wrong;
    auto const settled = fl::detail::settle_xray(std::move(how), fl::detail::environment{test::reading(variables), said}, wrong);
    fl::detail::platform_seeker seeker{settled.given, settled.platform};
    fl::resource who;
    for (auto const item : stated.members()) who.attributes.set(item.key, item.value);
    return seeker.find(&who, clock::now() + 10s);
  }
};

[[nodiscard]] std::string text(fl::object const& of, std::string_view key) { return std::string{of.get(key).as_text()}; }

}  // namespace

TEST_CASE("outside of AWS nobody is asked") {
  place here;
  CHECK(here.find().members().begin() == here.find().members().end());
  CHECK(here.asked->sent().empty());
}

TEST_CASE("EC2: a token, and then the identity document") {
  place here;
  here.files["/sys/class/dmi/id/sys_vendor"] = "Amazon EC2\n";
  here.pages["PUT http://169.254.169.254/latest/api/token"] = "TOKEN";
  here.pages["GET http://169.254.169.254/latest/dynamic/instance-identity/document"] =
      R"({"accountId":"123456789012","availabilityZone":"us-west-2c","imageId":"ami-1","instanceId":"i-1","instanceType":"t3.micro","region":"us-west-2","billingProducts":null})";
  auto const found = here.find();
  CHECK(text(found, "cloud.platform") == "aws_ec2");
  CHECK(text(found, "host.id") == "i-1");
  CHECK(text(found, "host.type") == "t3.micro");
  CHECK(text(found, "host.image.id") == "ami-1");
  CHECK(text(found, "cloud.availability_zone") == "us-west-2c");
  CHECK(text(found, "cloud.account.id") == "123456789012");
  auto const sent = here.asked->sent();
  REQUIRE(sent.size() == 2);
  CHECK(sent[0].header("X-aws-ec2-metadata-token-ttl-seconds") == "60");
  CHECK(sent[1].header("X-aws-ec2-metadata-token") == "TOKEN");
  CHECK(sent[0].until - sent[0].at <= 2s);
  for (auto const& each : here.asked->now.get().made) CHECK(each.no_proxy);
}

TEST_CASE("EC2 is not asked where that is disabled, by code or by variable, or where the resource says it all") {
  place here;
  here.files["/sys/hypervisor/uuid"] = "EC2e1916-9099-7caf-fd21-012345abcdef";
  here.variables["AWS_EC2_METADATA_DISABLED"] = "true";
  CHECK(text(here.find(), "cloud.platform").empty());
  here.variables.clear();
  fl::xray_config off;
  off.detect = false;
  CHECK(text(here.find(off), "cloud.platform").empty());
  CHECK(text(here.find({}, {{"cloud.platform", "aws_ecs"}}), "cloud.platform").empty());
  CHECK(here.asked->sent().empty());
  CHECK(text(here.find(), "cloud.platform").empty());  // there is nobody
  CHECK(here.asked->sent().size() == 1);
}

TEST_CASE("ECS: container, task, cluster and log group") {
  place here;
  here.variables["ECS_CONTAINER_METADATA_URI_V4"] = "http://169.254.170.2/v4/abc";
  here.pages["GET http://169.254.170.2/v4/abc"] =
      R"({"DockerId":"d1","Name":"web","ContainerARN":"arn:aws:ecs:us-west-2:111122223333:container/x","LogOptions":{"awslogs-group":"/ecs/web","awslogs-region":"us-west-2"}})";
  here.pages["GET http://169.254.170.2/v4/abc/task"] =
      R"({"Cluster":"default","TaskARN":"arn:aws:ecs:us-west-2:111122223333:task/default/158d","Family":"curltest","AvailabilityZone":"us-west-2d","LaunchType":"FARGATE","Containers":[{"Name":"no"}]})";
  auto const found = here.find();
  CHECK(text(found, "cloud.platform") == "aws_ecs");
  CHECK(text(found, "cloud.provider") == "aws");
  CHECK(text(found, "container.id") == "d1");
  CHECK(text(found, "container.name") == "web");
  CHECK(text(found, "aws.ecs.task.family") == "curltest");
  CHECK(text(found, "aws.ecs.launchtype") == "fargate");
  CHECK(text(found, "aws.ecs.cluster.arn") == "arn:aws:ecs:us-west-2:111122223333:cluster/default");
  CHECK(text(found, "cloud.account.id") == "111122223333");
  CHECK(text(found, "aws.log.group.names") == "/ecs/web");
}

TEST_CASE("Elastic Beanstalk by its file, EKS by its map of roles, Lambda by its variable") {
  place beanstalk;
  beanstalk.files["/var/elasticbeanstalk/xray/environment.conf"] = R"({"deployment_id":32,"version_label":"app-5a56","environment_name":"scorekeep"})";
  auto const bean = beanstalk.find();
  CHECK(text(bean, "cloud.platform") == "aws_elastic_beanstalk");
  CHECK(text(bean, "service.namespace") == "scorekeep");
  CHECK(text(bean, "service.instance.id") == "32");

  place kubernetes;
  kubernetes.variables = {{"KUBERNETES_SERVICE_HOST", "10.0.0.1"}, {"KUBERNETES_SERVICE_PORT", "443"}, {"HOSTNAME", "pod-1"}};
  kubernetes.files["/var/run/secrets/kubernetes.io/serviceaccount/token"] = "hunter2\n";
  CHECK(text(kubernetes.find(), "cloud.platform").empty());  // some Kubernetes
  kubernetes.pages["GET https://10.0.0.1:443/api/v1/namespaces/kube-system/configmaps/aws-auth"] = "{}";
  kubernetes.pages["GET https://10.0.0.1:443/api/v1/namespaces/amazon-cloudwatch/configmaps/cluster-info"] = R"({"data":{"cluster.name":"blue"}})";
  auto const eks = kubernetes.find();
  CHECK(text(eks, "cloud.platform") == "aws_eks");
  CHECK(text(eks, "k8s.pod.name") == "pod-1");
  CHECK(text(eks, "k8s.cluster.name") == "blue");
  CHECK(kubernetes.asked->sent().back().header("Authorization") == "Bearer hunter2");
  CHECK(kubernetes.asked->now.get().made.back().ca_file == "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt");

  place lambda;
  lambda.variables = {{"LAMBDA_TASK_ROOT", "/var/task"}, {"AWS_LAMBDA_FUNCTION_NAME", "f"}};
  CHECK(text(lambda.find(), "cloud.platform") == "aws_lambda");
}

TEST_CASE("origin and log groups of the configuration are part of it") {
  place here;
  fl::xray_config how;
  how.detect = false;
  how.origin = "AWS::AppRunner::Service";
  how.log_groups = {"a", "b"};
  auto const found = here.find(how);
  CHECK(text(found, "aws.xray.origin") == "AWS::AppRunner::Service");
  std::string groups;
  for (auto const each : found.get("aws.log.group.names").members()) groups += std::string{each.value.as_text()} + " ";
  CHECK(groups == "a b ");
  here.variables["FANLIGHT_LOG_GROUP"] = "cruddur";
  CHECK(text(here.find(), "aws.log.group.names") == "cruddur");
}
