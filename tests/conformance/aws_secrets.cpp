// No secret is ever told: every way in which credentials can fail, with secrets in all that is read and answered, and the words that come
// of it searched for them. And the signer, as exporters use it.
#include "support/aws_kit.hpp"

#include "catch.hpp"

#include <fanlight/aws.hpp>
#include <fanlight/exporters/presets.hpp>

using namespace fanlight::detail;
using Catch::Matchers::ContainsSubstring;
using support::answer;
using support::aws_world;

namespace {

/// Secrets in every variable and file that may hold one.
aws_world full_of_secrets() {
  aws_world out;
  out.variables = {{"HOME", "/h"}, {"AWS_REGION", "eu-west-1"}};
  out.files["/token"] = "hush-web-token";
  out.files["/h/.aws/sso/cache/0ad374308c5a4e22f723adf10145eafad7c4031c.json"] =
      R"({"accessToken":"hush-sso","expiresAt":"2033-11-14T23:00:00Z"})";
  return out;
}

struct way {
  char const* name;
  std::map<std::string, std::string> variables = {};
  std::string config = {};
  bool allow_process = false;
};

std::vector<way> ways() {
  return {
      {"half of the environment's", {{"AWS_SECRET_ACCESS_KEY", "hush"}}},
      {"expired", {{"AWS_ACCESS_KEY_ID", "AKIA"}, {"AWS_SECRET_ACCESS_KEY", "hush"}, {"AWS_CREDENTIAL_EXPIRATION", "hush"}}},
      {"a line break", {{"AWS_ACCESS_KEY_ID", "AKIA"}, {"AWS_SECRET_ACCESS_KEY", "hush"}, {"AWS_SESSION_TOKEN", "hush\n"}}},
      {"web identity", {{"AWS_WEB_IDENTITY_TOKEN_FILE", "/token"}, {"AWS_ROLE_ARN", "arn:r"}}},
      {"half of a profile's", {}, "[default]\naws_secret_access_key = hush\n"},
      {"a bad line", {}, "[default]\naws_secret_access_key hush\n"},
      {"a role of others", {}, "[default]\nrole_arn = arn:r\naws_access_key_id = AKIA\naws_secret_access_key = hush\n"},
      {"a program", {}, "[default]\ncredential_process = /bin/sh -c 'echo hush; echo hush >&2; exit 7'\n", true},
      {"a program that is none", {}, "[default]\ncredential_process = /no/such/hush --password=hush\n", true},
      {"a program that is not allowed", {}, "[default]\ncredential_process = /bin/echo hush\n"},
      {"sso", {}, "[default]\nsso_session = my-sso\nsso_account_id = 1\nsso_role_name = r\n[sso-session my-sso]\nsso_region = eu-west-1\n"},
      {"container", {{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost/?hush"}, {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "hush"}}},
      {"container elsewhere",
       {{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://u:hush@h/?hush"}, {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "hush"}}},
      {"ec2", {}},
      {"address", {{"AWS_WEB_IDENTITY_TOKEN_FILE", "/token"}, {"AWS_ROLE_ARN", "arn:r"}, {"AWS_ENDPOINT_URL", "h://u:hush@h?hush"}}}};
}

std::vector<std::vector<http_answer>> answers() {
  auto const all = [](http_answer const& one) { return std::vector<http_answer>(6, one); };
  return {all(answer(500, "hush")),
          all(answer(403, R"({"Code":"hush hush","Message":"hush"})", {{"X-Secret", "hush"}})),
          all(answer(200, "hush")),
          all(answer(200, R"({"AccessKeyId":"AKIA","Token":"hush"})")),
          all(answer(200, R"({"AccessKeyId":"AKIA","SecretAccessKey":"hush\n","Token":"hush"})")),
          all(answer(200, R"({"AccessKeyId":"AKIA","SecretAccessKey":"hush","Expiration":"hush"})")),
          all(answer(200, "<a><Credentials><AccessKeyId>AKIA</AccessKeyId><SessionToken>hush</SessionToken></Credentials></a>")),
          all(answer(400, "<ErrorResponse><Error><Code>hush 1</Code><Message>hush</Message></Error></ErrorResponse>")),
          all(answer(302, "hush", {{"Location", "http://u:hush@h/?hush"}})),
          all(support::failure(http_failure::timed_out, "http://h: late")),
          {answer(200, "hush-session"), answer(200, "role"), answer(200, R"({"Code":"hush1","Message":"hush"})")}};
}

struct otlp_like {
  std::string_view method = "POST", url = "https://xray.eu-west-1.amazonaws.com/v1/traces", body = "spans";
  aws_headers headers = {{"Content-Type", "application/x-protobuf"}};
};

}  // namespace

TEST_CASE("cloudwatch 5.8: no secret in the words of any failure, told or thrown") {
  std::size_t failures = 0;
  for (auto const& way : ways())
    for (auto const& script : answers()) {
      auto world = full_of_secrets();
      for (auto const& [name, value] : way.variables) world.variables[name] = value;
      world.files["/h/.aws/config"] = way.config;
      world.net->now.change([&](support::wire::state& all) { all.answers.assign(script.begin(), script.end()); });
      fanlight::aws_config given;
      given.allow_process = way.allow_process;
      auto const signer = fanlight::aws_sign("xray", world.config(given));
      otlp_like request;
      INFO(way.name << ", " << script[0].status << ' ' << world.sent().size());
      try {
        signer(request);
        FAIL("it was signed");
      } catch (std::runtime_error const& error) {
        CHECK_THAT(error.what(), !ContainsSubstring(support::secret_mark) && ContainsSubstring(" "));
      }
      CHECK(request.headers.size() == 1);
      ++failures;
    }
  CHECK(failures == ways().size() * answers().size());
}

TEST_CASE("cloudwatch 5.8: ids of keys are masked") {
  CHECK(masked_id("AKIAIOSFODNN7EXAMPLE") == "AKIA****MPLE");
  CHECK(masked_id("short") == "****");
  CHECK(masked_id("") == "****");
}

TEST_CASE("cloudwatch 1.5: aws_sign is what `sign` takes, with the region of the host") {
  aws_world world;
  world.variables = {{"AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"}, {"AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}};
  world.now = 1'440'938'160;
  fanlight::otlp_config config;
  config.sign = fanlight::aws_sign("xray", world.config());
  fanlight::header_list headers{{"content-type", "application/json"}};
  fanlight::otlp_request request{"POST", "https://xray.us-east-1.amazonaws.com/TraceSegments", R"({"TraceSegmentDocuments":["{}"]})",
                                 headers};
  config.sign(request);
  REQUIRE(headers.size() == 4);
  CHECK(headers[1] == std::pair<std::string, std::string>{"Host", "xray.us-east-1.amazonaws.com"});
  CHECK_THAT(headers[3].second, ContainsSubstring("/us-east-1/xray/aws4_request") &&
                                    ContainsSubstring("Signature=eb2aed1bb62ce53bd02485f6b77d1adb9d0beb42e6cf675098e8fe6a28afae2e"));
}

TEST_CASE("cloudwatch 5.9: a custom endpoint keeps the configured region") {
  aws_world world;
  world.variables = {{"AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"}, {"AWS_SECRET_ACCESS_KEY", "hush"}, {"AWS_REGION", "eu-west-3"}};
  auto const signer = fanlight::aws_sign("xray", world.config());
  otlp_like request;
  request.url = "http://127.0.0.1:4566/v1/traces";
  signer(request);
  CHECK_THAT(request.headers.back().second, ContainsSubstring("/eu-west-3/xray/aws4_request"));
  otlp_like theirs;  // a host of AWS takes its own region alone
  signer(theirs);
  CHECK_THAT(theirs.headers.back().second, ContainsSubstring("/eu-west-1/xray/aws4_request"));
}

TEST_CASE("aws_sign: the environment is read when it is called, and a copy begins with nothing") {
  aws_world world;
  world.variables = {{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/c"}, {"AWS_REGION", "eu-west-1"}};
  auto const first = fanlight::aws_sign("xray", world.config());
  world.variables.clear();
  world.net->answers_with({answer(200, support::keys_json("ONE")), answer(200, support::keys_json("TWO"))});
  otlp_like one, again, other;
  first(one), first(again);
  CHECK(world.sent().size() == 1);
  auto const copy = first;
  copy(other);
  CHECK(world.sent().size() == 2);
  CHECK_THAT(again.headers.back().second, ContainsSubstring("Credential=AKIAONE/"));
  CHECK_THAT(other.headers.back().second, ContainsSubstring("Credential=AKIATWO/"));
}

TEST_CASE("aws_sign: a request that has a deadline hands it on") {
  struct hurried : otlp_like {
    support::clock::time_point until{};
  } request;
  aws_world world;
  world.variables = {{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/c"}, {"AWS_REGION", "eu-west-1"}};
  world.net->answers_with({answer(200, support::keys_json("ONE"))});
  request.until = world.steady + std::chrono::milliseconds{150};
  fanlight::aws_sign("xray", world.config())(request);
  REQUIRE(world.sent().size() == 1);
  CHECK(world.sent()[0].until == request.until);
}
