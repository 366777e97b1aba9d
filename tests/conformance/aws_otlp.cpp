// The OTLP presets of AWS with nothing but their own options: signed with what the environment has, and in clear words when it has nothing.
#include "support/batch_builder.hpp"
#include "support/fake_environment.hpp"
#include "support/transport_double.hpp"

#include <fanlight/exporters/presets.hpp>
#include <fanlight/impl/aws/sigv4.hpp>

#include "catch.hpp"

#include <cstdlib>

using namespace support;
using namespace fanlight::detail;
using Catch::Matchers::ContainsSubstring;

namespace {

void set_environment(std::map<std::string, std::string> const& given) {
  for (auto const* name :
       {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "HOME",
        "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"})
    ::unsetenv(name);
  ::setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
  for (auto const& [name, value] : given) ::setenv(name.c_str(), value.c_str(), 1);
}

/// An exporter on its own, as a lane has it.
struct on_its_own {
  std::shared_ptr<wire> by = std::make_shared<wire>();
  std::unique_ptr<fl::exporter> exporter;
  std::vector<std::string> told;

  explicit on_its_own(fl::otlp_config how) {
    fl::config code;
    code.exporters = {fl::otlp(over(by, std::move(how)))};
    auto const settled = test::settle({}, code);
    INFO(settled.text());
    REQUIRE(settled.as.exporters.size() == 1);
    exporter = settled.as.exporters[0].make();
    exporter->start({std::make_shared<fl::resource>(backend()),
                     [this](fl::problem_code, std::string what) { told.push_back(std::move(what)); }, ~fl::record_types{}});
  }
  [[nodiscard]] fl::outcome send_span() { return exporter->consume(entry_type::span, batch_of({span("one", span_p)}), clock::now() + 30s); }
  [[nodiscard]] fl::outcome send_log() { return exporter->consume(entry_type::log, batch_of({log("one")}), clock::now() + 30s); }
};

/// The Authorization that belongs to what was sent.
std::string expected_signature(sent_request const& sent, aws_keys const& keys, aws_scope scope) {
  std::int64_t at = 0;
  auto const time = sent.header("x-amz-date");
  REQUIRE(time.size() == 16);
  auto const written =
      time.substr(0, 4) + "-" + time.substr(4, 2) + "-" + time.substr(6, 5) + ":" + time.substr(11, 2) + ":" + time.substr(13, 3);
  REQUIRE(read_time(written, at));
  aws_headers headers;
  for (auto const& one : sent.headers) headers.emplace_back(one.name, one.value);
  sigv4_key key;
  REQUIRE(sign_request(sent.method, sent.url, sent.body, headers, keys, scope, at, key).empty());
  return headers.back().second;
}

}  // namespace

TEST_CASE("cloudwatch 1.5: aws_xray_otlp signs what it sends, compressed as it is") {
  set_environment({{"AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"}, {"AWS_SECRET_ACCESS_KEY", "hush"}, {"AWS_SESSION_TOKEN", "hush-token"}});
  on_its_own one{fl::aws_xray_otlp_options({.region = "eu-west-1"})};
  CHECK(one.send_span().kind() == fl::outcome::kind::delivered);
  CHECK(one.send_span().kind() == fl::outcome::kind::delivered);
  auto const sent = one.by->sent();
  REQUIRE(sent.size() == 2);
  CHECK(sent[0].url == "https://xray.eu-west-1.amazonaws.com/v1/traces");
  CHECK(sent[0].header("x-amz-security-token") == "hush-token");
  for (auto const& each : sent)
    CHECK(each.header("authorization") == expected_signature(each, {"AKIDEXAMPLE", "hush", "hush-token"}, {"eu-west-1", "xray"}));
}

TEST_CASE("cloudwatch 1.5: cloudwatch_otlp signs group and stream, or sends a bearer token") {
  set_environment({{"AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"}, {"AWS_SECRET_ACCESS_KEY", "hush"}});
  on_its_own one{fl::cloudwatch_otlp_options({.log_group = "shop", .log_stream = "web", .region = "eu-west-1"})};
  CHECK(one.send_log().kind() == fl::outcome::kind::delivered);
  auto const sent = one.by->sent();
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].header("authorization") == expected_signature(sent[0], {"AKIDEXAMPLE", "hush", ""}, {"eu-west-1", "logs"}));
  CHECK_THAT(sent[0].header("authorization"), ContainsSubstring("host;x-amz-date;x-aws-log-group;x-aws-log-stream"));
  on_its_own bearer{fl::cloudwatch_otlp_options({.log_group = "shop", .log_stream = "web", .region = "eu-west-1", .token = "ACWLx"})};
  CHECK(bearer.send_log().kind() == fl::outcome::kind::delivered);
  CHECK(bearer.by->sent().at(0).header("authorization") == "Bearer ACWLx");
}

TEST_CASE("cloudwatch 5.7: an exporter without credentials keeps its batch, and says every step that was tried") {
  set_environment({{"HOME", "/nowhere"}});
  on_its_own one{fl::aws_xray_otlp_options({.region = "eu-west-1"})};
  auto const out = one.send_span();
  CHECK(out.kind() == fl::outcome::kind::retry);
  CHECK(one.by->sent().empty());
  for (auto const* step : {"AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "profile default", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                           "AWS_EC2_METADATA_DISABLED"})
    CHECK_THAT(out.why(), ContainsSubstring(step));
}

TEST_CASE("cloudwatch 5.8: what AWS says of a signature is passed on, but for the signature") {
  set_environment({{"AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"}, {"AWS_SECRET_ACCESS_KEY", "hush"}, {"AWS_SESSION_TOKEN", "hush-token"}});
  on_its_own one{fl::aws_xray_otlp_options({.region = "eu-west-1"})};
  one.by->answers_with(
      {answer(400, R"({"message":"The Signature of xray.eu-west-1.amazonaws.com does not match, token hush-token"})", {json_type()})});
  auto const out = one.send_span();
  CHECK(out.kind() == fl::outcome::kind::dropped);
  CHECK_THAT(out.why(), ContainsSubstring("The Signature of xray.eu-west-1.amazonaws.com does not match, token ***"));
}
