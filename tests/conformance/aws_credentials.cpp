// Where keys come from, step by step, over a network that answers as the test says.
#include "support/aws_kit.hpp"
#include "support/fault_server.hpp"

#include "catch.hpp"

#include <fanlight/aws.hpp>

#include <cstdlib>

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

void set_keys(aws_world& in, std::string const& who = "ENV") {
  in.variables["AWS_ACCESS_KEY_ID"] = "AKIA" + who;
  in.variables["AWS_SECRET_ACCESS_KEY"] = "hush-" + who;
}

}  // namespace

TEST_CASE("cloudwatch C1: keys of the environment before a default profile") {
  auto world = at_home();
  set_keys(world);
  world.files["/home/u/.aws/credentials"] = "[default]\n" + profile("FILE");
  auto const out = world.find();
  REQUIRE(out.what == kind::found);
  CHECK(out.found.keys == aws_keys{"AKIAENV", "hush-ENV", ""});
  CHECK(out.found.expires == never_expires);
  CHECK(world.sent().empty());
}

TEST_CASE("cloudwatch C2: half of a pair is an error, and no reason to go on") {
  auto world = at_home();
  world.variables["AWS_ACCESS_KEY_ID"] = "AKIAENV";
  world.variables["AWS_SECRET_ACCESS_KEY"] = "";  // as good as not set
  world.files["/home/u/.aws/credentials"] = "[default]\n" + profile("FILE");
  auto const out = world.find();
  CHECK(out.what == kind::failed);
  CHECK_THAT(out.why, ContainsSubstring("AWS_SECRET_ACCESS_KEY"));
  world.variables.erase("AWS_ACCESS_KEY_ID");
  world.variables["AWS_SECRET_ACCESS_KEY"] = "hush";
  CHECK_THAT(world.find().why, ContainsSubstring("AWS_ACCESS_KEY_ID is not"));
}

TEST_CASE("cloudwatch C3: web identity of the environment before static keys of the default profile") {
  auto world = with_web_identity();
  world.files["/home/u/.aws/credentials"] = "[default]\n" + profile("FILE");
  world.net->answers_with({answer(200, sts_answer("WEB"))});
  auto const out = world.find();
  REQUIRE(out.what == kind::found);
  CHECK(out.found.keys == aws_keys{"AKIAWEB", "hush-WEB", "hush-token&x"});
  CHECK(out.found.expires == 1'700'003'600);
}

TEST_CASE("cloudwatch C4: a profile in both files: keys of the one, region of the other") {
  auto world = at_home();
  world.variables.erase("AWS_REGION");
  world.variables["AWS_PROFILE"] = "p";
  world.files["/home/u/.aws/credentials"] = "[default]\n" + profile("DEFAULT") + "[p]\n" + profile("SECRET");
  world.files["/home/u/.aws/config"] = "[profile p]\nregion = eu-north-1\n" + profile("CONFIG");
  auto const out = world.find();
  REQUIRE(out.what == kind::found);
  CHECK(out.found.keys.id == "AKIASECRET");
  CHECK(out.found.keys.secret == "hush-SECRET");
  aws_session session{aws_surroundings{world.config()}};
  CHECK(session.region().text == "eu-north-1");
}

TEST_CASE("cloudwatch C5: where the container's agent may be") {
  struct row {
    char const* url;
    bool allowed;
  };
  for (auto const& [url, allowed] :
       {row{"http://10.0.0.5/x", false}, row{"http://127.0.0.1:9/x", true}, row{"http://[fd00:ec2::23]/x", true}, row{"https://h/x", true},
        row{"http://169.254.170.2/x", true}, row{"http://169.254.170.23/v1/credentials", true}, row{"http://localhost:9/", true},
        row{"http://[::1]:9/", true}, row{"http://127.0.0.1.evil.example/x", false}, row{"http://localhost.evil.example/", false},
        row{"http://169.254.170.2@evil.example/", false}, row{"http://127.1/", false}, row{"ftp://h/x", false},
        row{"http://127.9999.0.1/", false}}) {
    INFO(url);
    auto world = at_home();
    world.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url;
    world.net->answers_with({answer(200, keys_json("BOX"))});
    auto const out = world.find();
    CHECK((out.what == kind::found) == allowed);
    CHECK(world.sent().size() == (allowed ? 1u : 0u));
    if (!allowed) CHECK_THAT(out.why, ContainsSubstring("AWS_CONTAINER_CREDENTIALS_FULL_URI"));
  }
}

TEST_CASE("cloudwatch C6: nothing is there, no packet leaves, and every step is named") {
  aws_world world;
  world.variables["AWS_EC2_METADATA_DISABLED"] = "true";
  auto const out = world.find();
  CHECK(out.what == kind::failed);
  CHECK(world.sent().empty());
  CHECK(world.net->now.get().made.empty());
  for (auto const* step : {"aws_config", "AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "profile default",
                           "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_EC2_METADATA_DISABLED"})
    CHECK_THAT(out.why, ContainsSubstring(step));
}

TEST_CASE("cloudwatch 5.1: keys in code before all, and whole") {
  auto world = at_home();
  set_keys(world);
  fanlight::aws_config given;
  given.access_key_id = "AKIACODE", given.secret_access_key = "hush-CODE", given.session_token = "hush-token";
  CHECK(world.find(given).found.keys == aws_keys{"AKIACODE", "hush-CODE", "hush-token"});
  given.secret_access_key.clear();
  CHECK(world.find(given).what == kind::failed);
}

TEST_CASE("cloudwatch 5.1: a profile named in code removes the environment's keys, AWS_PROFILE does not") {
  auto world = with_web_identity();
  set_keys(world);
  world.files["/home/u/.aws/credentials"] = "[p]\n" + profile("FILE");
  fanlight::aws_config given;
  given.profile = "p";
  CHECK(world.find(given).found.keys.id == "AKIAFILE");
  world.variables["AWS_PROFILE"] = "p";
  CHECK(world.find().found.keys.id == "AKIAENV");
}

TEST_CASE("cloudwatch 5.2: tokens of the environment, and keys that expire") {
  auto world = at_home();
  set_keys(world);
  world.variables["AWS_SECURITY_TOKEN"] = "hush-old";
  CHECK(world.find().found.keys.token == "hush-old");
  world.variables["AWS_SESSION_TOKEN"] = "hush-new";
  CHECK(world.find().found.keys.token == "hush-new");
  world.variables["AWS_CREDENTIAL_EXPIRATION"] = "2023-11-14T23:13:20Z";
  CHECK(world.find().found.expires == 1'700'003'600);
  world.variables["AWS_CREDENTIAL_EXPIRATION"] = "tomorrow";
  CHECK_THAT(world.find().why, ContainsSubstring("AWS_CREDENTIAL_EXPIRATION"));
  world.variables["AWS_CREDENTIAL_EXPIRATION"] = "2023-11-14T22:00:00+00:00";
  CHECK_THAT(world.find().why, ContainsSubstring("expired"));
}

TEST_CASE("cloudwatch 5.2: environment keys that expire are read again then") {
  auto world = at_home();
  set_keys(world, "OLD");
  world.variables["AWS_CREDENTIAL_EXPIRATION"] = "2023-11-14T23:13:20Z";
  aws_surroundings around{world.config()};
  aws_keeper keeper{around};
  REQUIRE(keeper.get(support::clock::now() + support::patience)->keys.id == "AKIAOLD");
  set_keys(world, "NEW");
  world.variables["AWS_CREDENTIAL_EXPIRATION"] = "2023-11-15T23:13:20Z";
  CHECK(keeper.get(support::clock::now() + support::patience)->keys.id == "AKIAOLD");
  world.now = 1'700'003'600;
  CHECK(keeper.get(support::clock::now() + support::patience)->keys.id == "AKIANEW");
}

TEST_CASE("cloudwatch 5.2: files by variable, profiles by name") {
  auto world = at_home();
  world.variables["AWS_SHARED_CREDENTIALS_FILE"] = "/x/credentials";
  world.variables["AWS_CONFIG_FILE"] = "~/conf";
  world.files["/x/credentials"] = "[a]\n" + profile("A") + "[default]\n" + profile("D");
  world.files["/home/u/conf"] = "[b]\n" + profile("WRONG") + "[profile b]\n" + profile("B");
  CHECK(world.find().found.keys.id == "AKIAD");
  world.variables["AWS_DEFAULT_PROFILE"] = "a";
  CHECK(world.find().found.keys.id == "AKIAA");
  world.variables["AWS_PROFILE"] = "b";
  CHECK(world.find().found.keys.id == "AKIAB");
  world.variables["AWS_PROFILE"] = "c";
  auto const out = world.find();
  CHECK(out.what == kind::failed);
  CHECK_THAT(out.why, ContainsSubstring("profile c") && ContainsSubstring("AWS_PROFILE"));
}

TEST_CASE("cloudwatch 5.2: without HOME there is no file and no error") {
  auto world = at_home();
  world.variables.erase("HOME");
  world.files["~/.aws/credentials"] = "[default]\n" + profile("D");
  CHECK_THAT(world.find().why, ContainsSubstring("there are no AWS credentials"));
}

TEST_CASE("cloudwatch 5.2: half of a pair in a profile, and a role that needs another's keys") {
  auto world = at_home();
  world.files["/home/u/.aws/credentials"] = "[default]\naws_access_key_id=AKIAX\n";
  world.files["/home/u/.aws/config"] = "[default]\naws_secret_access_key=hush-other\n";
  CHECK_THAT(world.find().why, ContainsSubstring("without aws_secret_access_key"));
  world.files["/home/u/.aws/credentials"] = "[default]\n" + profile("D") + "role_arn = arn:aws:iam::1:role/r\nsource_profile = x\n";
  CHECK_THAT(world.find().why, ContainsSubstring("role_arn"));
  world.files = {{"/home/u/.aws/credentials", "[default]\nhush-without-equals\n"}};
  auto const out = world.find();
  CHECK_THAT(out.why, ContainsSubstring("line 2 of the credentials file") && !ContainsSubstring("hush"));
}

TEST_CASE("cloudwatch 5.3: the container's agent is asked with its token, past every proxy") {
  auto world = at_home();
  world.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/creds";
  world.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "hush-direct";
  world.net->answers_with({answer(200, keys_json("ONE")), answer(200, keys_json("TWO"))});
  CHECK(world.find().found.keys == aws_keys{"AKIAONE", "hush-ONE", "hush-token-ONE"});
  world.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = "/token";
  world.files["/token"] = "hush-file";
  CHECK(world.find().found.keys.id == "AKIATWO");
  auto const sent = world.sent();
  REQUIRE(sent.size() == 2);
  CHECK(sent[0].method == "GET");
  CHECK(sent[0].url == "http://169.254.170.2/v2/creds");
  CHECK(sent[0].header("authorization") == "hush-direct");
  CHECK(sent[0].header("accept") == "application/json");
  CHECK(sent[1].header("authorization") == "hush-file");
  auto const how = world.net->now.get().made.at(0);
  CHECK(how.no_proxy);
  CHECK(how.response_cap == 65'536);
  CHECK(how.connect_timeout <= std::chrono::seconds{2});
}

TEST_CASE("cloudwatch 5.3: what the container gets wrong is an error") {
  auto const why = [](std::map<std::string, std::string> variables, fanlight::detail::http_answer given = answer(200, keys_json("BOX"))) {
    auto world = at_home();
    world.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/creds";
    for (auto const& [name, value] : variables) world.variables[name] = value;
    world.files["/bad"] = "hush\nhush";
    world.net->answers_with({given});
    auto const out = world.find();
    CHECK(out.what == kind::failed);
    CHECK_THAT(out.why, !ContainsSubstring("hush"));
    return out.why + (world.sent().empty() ? " (unsent)" : "");
  };
  CHECK_THAT(why({{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "creds"}}), ContainsSubstring("slash") && ContainsSubstring("(unsent)"));
  CHECK_THAT(why({{"AWS_CONTAINER_AUTHORIZATION_TOKEN", "hush\r\nX: y"}}),
             ContainsSubstring("line break") && ContainsSubstring("(unsent)"));
  CHECK_THAT(why({{"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/bad"}}), ContainsSubstring("line break") && ContainsSubstring("(unsent)"));
  CHECK_THAT(why({{"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/none"}}), ContainsSubstring("TOKEN_FILE") && ContainsSubstring("(unsent)"));
  CHECK_THAT(why({}, answer(403, "hush")), ContainsSubstring("status 403"));
  CHECK_THAT(why({}, answer(302, "", {{"Location", "http://evil.example/hush"}})), ContainsSubstring("status 302"));
  CHECK_THAT(why({}, failure(http_failure::refused, "nobody there")), ContainsSubstring("nobody there"));
  CHECK_THAT(why({}, answer(200, "hush is no JSON")), ContainsSubstring("no access key id"));
  CHECK_THAT(why({}, answer(200, R"({"AccessKeyId":"AKIA"})")), ContainsSubstring("no secret access key"));
  CHECK_THAT(why({}, answer(200, R"({"AccessKeyId":"AKIA","SecretAccessKey":"hush\r\n"})")), ContainsSubstring("line break"));
  CHECK_THAT(why({}, answer(200, keys_json("X", "hush"))), ContainsSubstring("Expiration"));
  CHECK_THAT(why({}, answer(200, R"({"Code":"AccessDenied","Message":"hush"})")), ContainsSubstring("AccessDenied"));
}

TEST_CASE("cloudwatch 5.3 and 5.8: over a socket, with a proxy set that nobody may ask") {
  test::fault_server server, proxy;
  server.always(test::behaviour::answer(200, {{"Content-Type", "application/json"}}, keys_json("BOX")));
  ::setenv("http_proxy", proxy.url("").c_str(), 1);
  ::unsetenv("no_proxy"), ::unsetenv("NO_PROXY");
  fanlight::aws_config given;
  given.instead.environment = [&](std::string const& name) -> std::optional<std::string> {
    if (name == "AWS_CONTAINER_CREDENTIALS_FULL_URI") return server.url("/creds");
    return name == "AWS_CONTAINER_AUTHORIZATION_TOKEN" ? std::optional<std::string>{"hush"} : std::nullopt;
  };
  given.instead.file = [](std::string const&) { return std::optional<std::string>{}; };
  given.instead.now = [] { return std::int64_t{1'700'000'000}; };
  aws_surroundings around{given};
  auto const out = find_credentials(around, support::clock::now() + support::patience);
  ::unsetenv("http_proxy");
  CHECK(out.found.keys.id == "AKIABOX");
  auto const seen = server.requests();
  REQUIRE(seen.size() == 1);
  REQUIRE(seen[0].header("authorization") != nullptr);
  CHECK(*seen[0].header("authorization") == "hush");
  CHECK(proxy.connections() == 0);
}
