// Keys from services and programs: EC2, STS, credential_process and SSO, over a network that answers as the test says.
#include "support/aws_kit.hpp"

#include "catch.hpp"

using namespace fanlight::detail;
using support::answer;
using support::at_home;
using support::aws_world;
using support::failure;
using support::keys_json;
using support::profile;
using support::sts_answer;
using support::with_web_identity;
using kind = aws_step::kind;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string sts_error(std::string const& code) {
  return "<ErrorResponse><Error><Type>Sender</Type><Code>" + code + "</Code><Message>hush in a message</Message></Error></ErrorResponse>";
}

aws_world on_ec2() {
  auto out = at_home();
  out.variables.erase("AWS_EC2_METADATA_DISABLED");
  return out;
}

}  // namespace

TEST_CASE("cloudwatch 5.4: IMDSv2, question by question") {
  auto world = on_ec2();
  world.net->answers_with({answer(200, "hush-session"), answer(200, "my-role\n"), answer(200, keys_json("EC2"))});
  auto const out = world.find();
  REQUIRE(out.what == kind::found);
  CHECK(out.found.keys == aws_keys{"AKIAEC2", "hush-EC2", "hush-token-EC2"});
  CHECK(out.found.from_imds);
  auto const sent = world.sent();
  REQUIRE(sent.size() == 3);
  CHECK(sent[0].method == "PUT");
  CHECK(sent[0].url == "http://169.254.169.254/latest/api/token");
  CHECK(sent[0].header("x-aws-ec2-metadata-token-ttl-seconds") == "21600");
  CHECK(sent[1].method == "GET");
  CHECK(sent[1].url == "http://169.254.169.254/latest/meta-data/iam/security-credentials/");
  CHECK(sent[1].header("x-aws-ec2-metadata-token") == "hush-session");
  CHECK(sent[2].url == "http://169.254.169.254/latest/meta-data/iam/security-credentials/my-role");
  for (auto const& how : world.net->now.get().made) {
    CHECK(how.no_proxy);
    CHECK(how.response_cap == 65'536);
    CHECK(how.connect_timeout == std::chrono::seconds{1});
  }
}

TEST_CASE("cloudwatch 5.4: addresses, time and attempts by variable") {
  auto world = on_ec2();
  world.variables["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"] = "ipv6";
  world.variables["AWS_METADATA_SERVICE_TIMEOUT"] = "3";
  world.variables["AWS_METADATA_SERVICE_NUM_ATTEMPTS"] = "2";
  world.net->answers_with(
      {failure(http_failure::timed_out, "late"), failure(http_failure::timed_out, "late"), failure(http_failure::timed_out, "late")});
  auto const out = world.find();
  CHECK(out.what == kind::failed);
  CHECK_THAT(out.why, ContainsSubstring("hop limit"));
  REQUIRE(world.sent().size() == 2);
  CHECK(world.sent()[0].url == "http://[fd00:ec2::254]/latest/api/token");
  CHECK(world.net->now.get().made.at(0).connect_timeout == std::chrono::seconds{3});
  world.variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = "http://127.0.0.1:5000/";
  CHECK(world.find().what == kind::failed);
  CHECK(world.sent()[2].url == "http://127.0.0.1:5000/latest/api/token");
  world.variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = "nonsense";
  CHECK_THAT(world.find().why, ContainsSubstring("AWS_EC2_METADATA_SERVICE_ENDPOINT"));
}

TEST_CASE("cloudwatch 5.4: a token that is not good any more is renewed once, no role, no token") {
  auto world = on_ec2();
  world.net->answers_with({answer(200, "t1"), answer(401), answer(200, "t2"), answer(200, "r"), answer(200, keys_json("EC2"))});
  CHECK(world.find().found.keys.id == "AKIAEC2");
  CHECK(world.sent()[3].header("x-aws-ec2-metadata-token") == "t2");
  world.net->answers_with({answer(200, "t1"), answer(401), answer(200, "t2"), answer(401)});
  CHECK_THAT(world.find().why, ContainsSubstring("status 401"));
  CHECK(world.sent().size() == 9);
  world.net->answers_with({answer(200, "t1"), answer(404)});
  CHECK_THAT(world.find().why, ContainsSubstring("no role"));
  world.net->answers_with({answer(403)});
  CHECK_THAT(world.find().why, ContainsSubstring("status 403"));
  CHECK(world.sent().size() == 12);
}

TEST_CASE("cloudwatch 5.4: version 1 only where the code allows it") {
  auto world = on_ec2();
  fanlight::aws_config given;
  given.allow_imds_v1 = true;
  world.net->answers_with({answer(404), answer(200, "r"), answer(200, keys_json("EC2"))});
  CHECK(world.find(given).found.keys.id == "AKIAEC2");
  CHECK(world.sent()[1].header("x-aws-ec2-metadata-token") == "(none)");
}

TEST_CASE("cloudwatch 5.5: web identity, what STS is sent") {
  auto world = with_web_identity();
  world.variables["AWS_CA_BUNDLE"] = "/ca.pem";
  world.net->answers_with({answer(200, sts_answer("WEB"))});
  CHECK(world.find().what == kind::found);
  auto const sent = world.sent();
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].method == "POST");
  CHECK(sent[0].url == "https://sts.eu-west-1.amazonaws.com/");
  CHECK(sent[0].header("content-type") == "application/x-www-form-urlencoded");
  CHECK(sent[0].header("authorization") == "(none)");
  CHECK_THAT(
      sent[0].body,
      ContainsSubstring(
          "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fr&RoleSessionName=fanlight-") &&
          ContainsSubstring("-1700000000&WebIdentityToken=hush.web.token"));
  auto const how = world.net->now.get().made.at(0);
  CHECK(how.ca_file == "/ca.pem");
  CHECK(how.verify);
  CHECK_FALSE(how.no_proxy);
  world.variables["AWS_ENDPOINT_URL_STS"] = "http://127.0.0.1:5000";
  world.variables["AWS_ROLE_SESSION_NAME"] = "me";
  world.net->answers_with({answer(200, sts_answer("WEB"))});
  CHECK(world.find().what == kind::found);
  CHECK(world.sent()[1].url == "http://127.0.0.1:5000/");
  CHECK_THAT(world.sent()[1].body, ContainsSubstring("&RoleSessionName=me&"));
}

TEST_CASE("cloudwatch 5.5: web identity, errors of STS") {
  auto world = with_web_identity();
  world.net->answers_with({answer(400, sts_error("ExpiredTokenException")), answer(200, sts_answer("WEB"))});
  CHECK(world.find().found.keys.id == "AKIAWEB");  // the file was read again
  world.net->answers_with({answer(400, sts_error("InvalidIdentityToken")), answer(400, sts_error("InvalidIdentityToken"))});
  CHECK_THAT(world.find().why, ContainsSubstring("InvalidIdentityToken") && !ContainsSubstring("hush"));
  CHECK(world.sent().size() == 4);
  world.net->answers_with({answer(400, sts_error("IDPCommunicationError")), answer(503), answer(200, sts_answer("WEB"))});
  CHECK(world.find().found.keys.id == "AKIAWEB");
  world.net->answers_with({answer(403, sts_error("AccessDenied"))});
  CHECK_THAT(world.find().why, ContainsSubstring("status 403, AccessDenied"));
  CHECK(world.sent().size() == 8);
  world.net->answers_with({answer(200, "<html>hush</html>")});
  CHECK_THAT(world.find().why, ContainsSubstring("no access key id"));
}

TEST_CASE("cloudwatch 5.5: web identity, what is missing on this side") {
  auto world = with_web_identity();
  world.files["/token"] = " \n";
  CHECK_THAT(world.find().why, ContainsSubstring("token file"));
  world.variables.erase("AWS_ROLE_ARN");
  CHECK_THAT(world.find().why, ContainsSubstring("AWS_ROLE_ARN"));
  world = with_web_identity();
  world.variables.erase("AWS_REGION");
  CHECK_THAT(world.find().why, ContainsSubstring("AWS_REGION") && ContainsSubstring("AWS_DEFAULT_REGION"));
  CHECK(world.sent().empty());
}

TEST_CASE("cloudwatch 5.5: web identity of a profile before its static keys") {
  auto world = at_home();
  world.files["/home/u/.aws/config"] =
      "[default]\nrole_arn = arn:r\nweb_identity_token_file = /token\nrole_session_name = me\n" + profile("D");
  world.files["/token"] = "hush";
  world.net->answers_with({answer(200, sts_answer("WEB"))});
  CHECK(world.find().found.keys.id == "AKIAWEB");
  CHECK_THAT(world.sent().at(0).body, ContainsSubstring("RoleArn=arn%3Ar&RoleSessionName=me&WebIdentityToken=hush"));
}

TEST_CASE("cloudwatch 5.5: credential_process, when the code allows it") {
  auto world = at_home();
  fanlight::aws_config given;
  auto const set = [&](std::string const& command) {
    world.files["/home/u/.aws/config"] = "[default]\ncredential_process = " + command + "\n";
  };
  set(R"(/bin/sh -c 'echo "{\"Version\":1,\"AccessKeyId\":\"AKIAPROC\",\"SecretAccessKey\":\"hush\",\"SessionToken\":\"hush-t\",\"Expiration\":\"2023-11-15T00:00:00Z\"}"')");
  CHECK_THAT(world.find(given).why, ContainsSubstring("allow_process"));
  given.allow_process = true;
  auto const out = world.find(given);
  CHECK(out.found.keys == aws_keys{"AKIAPROC", "hush", "hush-t"});
  CHECK(out.found.expires == 1'700'006'400);
  auto const why = [&](std::string const& command) {
    set(command);
    auto failed = world.find(given);
    CHECK(failed.what == kind::failed);
    CHECK_THAT(failed.why, !ContainsSubstring("hush"));
    return failed.why;
  };
  CHECK_THAT(why("/bin/sh -c 'echo hush; echo hush >&2; exit 3'"), ContainsSubstring("status 3"));
  CHECK_THAT(why("/bin/sh -c 'echo hush'"), ContainsSubstring("Version"));
  CHECK_THAT(why(R"(/bin/echo '{"Version":2,"AccessKeyId":"AKIA","SecretAccessKey":"hush"}')"), ContainsSubstring("Version"));
  CHECK_THAT(why("/no/such/program hush"), ContainsSubstring("could not be started"));
  CHECK_THAT(why("'not closed"), ContainsSubstring("quote"));
  CHECK_THAT(why("/bin/sh -c 'kill -9 $$'"), ContainsSubstring("signal"));
  CHECK_THAT(why("/bin/cat /dev/zero"), ContainsSubstring("64 KiB"));
}

TEST_CASE("cloudwatch 5.5: a program that does not end is killed, with its children") {
  auto const begin = support::clock::now();
  auto const out = run_process({"/bin/sh", "-c", "tail -f /dev/null | cat"}, begin + std::chrono::milliseconds{200});
  CHECK(out.started);
  CHECK(out.late);
  CHECK_FALSE(out.ended);
  CHECK(support::clock::now() - begin < std::chrono::seconds{20});
  auto const silent =
      run_process({"/bin/sh", "-c", "exec >/dev/null; tail -f /dev/null"}, support::clock::now() + std::chrono::milliseconds{200});
  CHECK(silent.late);
  CHECK_FALSE(silent.ended);
}

TEST_CASE("cloudwatch 5.5: commands are split as a shell does") {
  auto const split = [](std::string_view command) {
    std::vector<std::string> out;
    return split_command(command, out) ? out : std::vector<std::string>{"(open)"};
  };
  using words = std::vector<std::string>;
  CHECK(split("  a  b\tc ") == words{"a", "b", "c"});
  CHECK(split(R"(a "b c" 'd "e"' f\ g "h\"i" 'j\k' "")") == words{"a", "b c", "d \"e\"", "f g", "h\"i", "j\\k", ""});
  CHECK(split(R"("C:\Program Files\x.exe" a"b"c)") == words{"C:\\Program Files\\x.exe", "abc"});
  CHECK(split("a 'b") == words{"(open)"});
  CHECK(split("").empty());
}

TEST_CASE("cloudwatch 5.5: SSO from the cached login") {
  auto world = at_home();
  world.files["/home/u/.aws/config"] =
      "[default]\nsso_session = my-sso\nsso_account_id = 123456789012\nsso_role_name = Read Only\n"
      "[sso-session my-sso]\nsso_region = eu-central-1\nsso_start_url = https://start.example/\n";
  auto const cache = "/home/u/.aws/sso/cache/0ad374308c5a4e22f723adf10145eafad7c4031c.json";
  CHECK_THAT(world.find().why, ContainsSubstring("aws sso login"));
  world.files[cache] = R"({"accessToken":"hush-sso","expiresAt":"2023-11-14T22:13:19Z"})";
  CHECK_THAT(world.find().why, ContainsSubstring("aws sso login"));
  CHECK(world.sent().empty());
  world.files[cache] = R"({"accessToken":"hush-sso","expiresAt":"2023-11-14T23:00:00UTC"})";
  world.net->answers_with({answer(
      200,
      R"({"roleCredentials":{"accessKeyId":"AKIASSO","secretAccessKey":"hush","sessionToken":"hush-t","expiration":1700003600000}})")});
  auto const out = world.find();
  CHECK(out.found.keys == aws_keys{"AKIASSO", "hush", "hush-t"});
  CHECK(out.found.expires == 1'700'003'600);
  REQUIRE(world.sent().size() == 1);
  CHECK(world.sent()[0].url ==
        "https://portal.sso.eu-central-1.amazonaws.com/federation/credentials?account_id=123456789012&role_name=Read%20Only");
  CHECK(world.sent()[0].header("x-amz-sso_bearer_token") == "hush-sso");
  world.net->answers_with({answer(401, "hush")});
  CHECK_THAT(world.find().why, ContainsSubstring("aws sso login"));
  world.files["/home/u/.aws/config"] =
      "[default]\nsso_start_url = https://start.example/\nsso_region = eu-central-1\nsso_account_id = 1\nsso_role_name = r\n";
  world.files["/home/u/.aws/sso/cache/49125fd26523180d5d8af830007783f37aef2a1e.json"] = world.files[cache];
  world.net->answers_with({answer(200, R"({"roleCredentials":{"accessKeyId":"AKIAOLD","secretAccessKey":"hush"}})")});
  CHECK(world.find().found.keys.id == "AKIAOLD");
  world.files["/home/u/.aws/config"] = "[default]\nsso_session = none\n";
  CHECK_THAT(world.find().why, ContainsSubstring("[sso-session none]"));
}
