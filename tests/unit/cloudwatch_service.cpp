// impl/cloudwatch/service.hpp: one call to CloudWatch Logs, what is in it, and what its answer means.
#include "catch.hpp"
#include "support/cloudwatch_kit.hpp"

using namespace support;
using Catch::Matchers::ContainsSubstring;
using fl::detail::aws_class;
using fl::detail::cloudwatch_reply;
using fl::detail::cloudwatch_service;
using fl::detail::cloudwatch_verdict;
using fl::detail::verdict_of;

namespace {

struct desk {
  explicit desk(fl::cloudwatch_config how = plain_lines()) {
    std::vector<fl::problem> said, wrong;
    world.variables["AWS_EC2_METADATA_DISABLED"] = "true";
    how.aws = world.config(std::move(how.aws));
    to = std::make_unique<cloudwatch_service>(fl::detail::settle_cloudwatch(std::move(how), fl::detail::environment{{}, said}, true, wrong));
    REQUIRE(wrong.empty());
  }
  [[nodiscard]] cloudwatch_reply call(std::string_view action = "PutLogEvents", std::string_view body = "{}", bool gzip = false,
                                      cloudwatch_service::attempt const& which = {}) {
    return to->call(action, body, gzip, which, clock::now() + patience);
  }
  [[nodiscard]] cloudwatch_reply call_answered(fl::detail::http_answer with) {
    world.net->answers_with({std::move(with)});
    return call();
  }

  aws_world world;
  std::unique_ptr<cloudwatch_service> to;
};

fl::cloudwatch_config at_aws() {
  auto out = plain_lines();
  out.endpoint.clear();
  return out;
}

}  // namespace

TEST_CASE("cloudwatch_service: a call is a signed POST of JSON 1.1 with its action") {
  desk on;
  auto const reply = on.call("CreateLogStream", R"({"logGroupName":"g"})");
  CHECK(reply.verdict == cloudwatch_verdict::done);
  CHECK(reply.sent == 1);
  auto const sent = on.world.sent();
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].url == "http://127.0.0.1:5000/");
  CHECK(sent[0].body == R"({"logGroupName":"g"})");
  CHECK(sent[0].header("content-type") == "application/x-amz-json-1.1");
  CHECK(sent[0].header("x-amz-target") == "Logs_20140328.CreateLogStream");
  CHECK_THAT(sent[0].header("authorization"), ContainsSubstring("/us-east-1/logs/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, "));
  for (auto const* const absent : {"content-encoding", "amz-sdk-invocation-id", "amz-sdk-request", "x-amz-security-token"}) CHECK(sent[0].header(absent) == "(none)");
  CHECK(on.world.net->now.get().made.at(0).user_agent.substr(0, 9) == "fanlight/");
}

TEST_CASE("cloudwatch_service: attempts and gzip are said, and signed") {
  desk on;
  static_cast<void>(on.call("PutLogEvents", "packed", true, {"an-id", 2, 3}));
  auto const sent = on.world.sent().at(0);
  CHECK(sent.header("content-encoding") == "gzip");
  CHECK(sent.header("amz-sdk-invocation-id") == "an-id");
  CHECK(sent.header("amz-sdk-request") == "attempt=2; max=3");
  CHECK_THAT(sent.header("authorization"),
             ContainsSubstring("SignedHeaders=amz-sdk-invocation-id;amz-sdk-request;content-encoding;content-type;host;x-amz-date;x-amz-target, "));
}

TEST_CASE("cloudwatch_service: it has its own time for a request, and no more than it is given") {
  auto how = plain_lines();
  how.timeout = 50ms;
  desk on{how};
  auto const before = clock::now();
  static_cast<void>(on.call());
  CHECK(on.world.sent()[0].until <= clock::now() + 50ms);
  CHECK(on.world.sent()[0].until >= before + 50ms);
  static_cast<void>(on.to->call("PutLogEvents", "{}", false, {}, before));
  CHECK(on.world.sent()[1].until == before);
}

TEST_CASE("cloudwatch_service: without a region nothing is sent, and it says where one is looked for") {
  auto how = at_aws();
  how.region.clear();
  desk on{how};
  auto const reply = on.call();
  CHECK(reply.verdict == cloudwatch_verdict::keys);
  CHECK(reply.sent == 0);
  CHECK(on.world.sent().empty());
  CHECK_THAT(reply.why, ContainsSubstring("AWS_REGION") && ContainsSubstring("AWS_DEFAULT_REGION"));
}

TEST_CASE("cloudwatch_service: without keys nothing is sent, and it says where they are looked for") {
  auto how = plain_lines();
  how.aws.access_key_id.clear(), how.aws.secret_access_key.clear();
  desk on{how};
  auto const reply = on.call();
  CHECK(reply.verdict == cloudwatch_verdict::keys);
  CHECK(reply.sent == 0);
  CHECK(on.world.sent().empty());
  CHECK_THAT(on.to->news(), ContainsSubstring("AWS_ACCESS_KEY_ID"));
}

TEST_CASE("cloudwatch_service: what an error means") {
  auto const of = [](aws_class what, char const* code, char const* message = "") { return verdict_of(what, {code, message}); };
  CHECK(of(aws_class::done, "") == cloudwatch_verdict::done);
  CHECK(of(aws_class::throttled, "SlowDown") == cloudwatch_verdict::throttled);
  CHECK(of(aws_class::transient, "InternalFailure") == cloudwatch_verdict::transient);
  CHECK(of(aws_class::missing, "ResourceNotFoundException") == cloudwatch_verdict::missing);
  CHECK(of(aws_class::credentials, "ExpiredToken") == cloudwatch_verdict::keys);
  CHECK(of(aws_class::too_large, "") == cloudwatch_verdict::too_large);
  CHECK(of(aws_class::permanent, "ResourceAlreadyExistsException") == cloudwatch_verdict::done);
  CHECK(of(aws_class::permanent, "DataAlreadyAcceptedException") == cloudwatch_verdict::done);
  CHECK(of(aws_class::permanent, "OperationAbortedException") == cloudwatch_verdict::conflict);
  CHECK(of(aws_class::permanent, "InvalidSequenceTokenException") == cloudwatch_verdict::legacy);
  CHECK(of(aws_class::permanent, "AccessDeniedException") == cloudwatch_verdict::denied);
  CHECK(of(aws_class::permanent, "AccessDenied") == cloudwatch_verdict::denied);
  CHECK(of(aws_class::permanent, "InvalidParameterException", "Log event TOO LARGE: 9 bytes") == cloudwatch_verdict::too_large);
  CHECK(of(aws_class::permanent, "InvalidParameterException", "no") == cloudwatch_verdict::permanent);
  CHECK(of(aws_class::permanent, "LimitExceededException") == cloudwatch_verdict::permanent);
  CHECK(of(aws_class::clock, "SignatureDoesNotMatch") == cloudwatch_verdict::permanent);
}

TEST_CASE("cloudwatch_service: every class of section 1.4 comes out of an answer") {
  struct { long status; char const* code; cloudwatch_verdict is; } const rows[]{
      {400, "ThrottlingException", cloudwatch_verdict::throttled},   {400, "Throttling", cloudwatch_verdict::throttled},
      {400, "ThrottledException", cloudwatch_verdict::throttled},    {400, "RequestThrottled", cloudwatch_verdict::throttled},
      {400, "RequestThrottledException", cloudwatch_verdict::throttled}, {400, "TooManyRequestsException", cloudwatch_verdict::throttled},
      {400, "RequestLimitExceeded", cloudwatch_verdict::throttled},  {400, "BandwidthLimitExceeded", cloudwatch_verdict::throttled},
      {400, "SlowDown", cloudwatch_verdict::throttled},              {429, "Anything", cloudwatch_verdict::throttled},
      {400, "ServiceUnavailableException", cloudwatch_verdict::transient}, {400, "InternalFailure", cloudwatch_verdict::transient},
      {400, "RequestTimeout", cloudwatch_verdict::transient},        {400, "RequestTimeoutException", cloudwatch_verdict::transient},
      {500, "", cloudwatch_verdict::transient},                      {502, "", cloudwatch_verdict::transient},
      {503, "", cloudwatch_verdict::transient},                      {504, "", cloudwatch_verdict::transient},
      {400, "ResourceNotFoundException", cloudwatch_verdict::missing}, {400, "OperationAbortedException", cloudwatch_verdict::conflict},
      {400, "ExpiredTokenException", cloudwatch_verdict::keys},      {400, "ExpiredToken", cloudwatch_verdict::keys},
      {403, "UnrecognizedClientException", cloudwatch_verdict::keys}, {403, "InvalidClientTokenId", cloudwatch_verdict::keys},
      {403, "InvalidAccessKeyId", cloudwatch_verdict::keys},         {401, "", cloudwatch_verdict::keys},
      {400, "InvalidParameterException", cloudwatch_verdict::permanent}, {400, "ValidationException", cloudwatch_verdict::permanent},
      {400, "SerializationException", cloudwatch_verdict::permanent}, {400, "LimitExceededException", cloudwatch_verdict::permanent},
      {404, "", cloudwatch_verdict::permanent},                      {413, "", cloudwatch_verdict::too_large}};
  for (auto const& row : rows) {
    desk on;
    CAPTURE(row.status, row.code);
    CHECK(on.call_answered(row.code[0] == '\0' ? answer(row.status, "<html>") : aws_error(row.status, row.code)).verdict == row.is);
  }
}

TEST_CASE("cloudwatch_service: a network that fails is transient, in the transport's words") {
  desk on;
  auto const reply = on.call_answered(failure(fl::detail::http_failure::refused, "http://127.0.0.1:5000: connection refused"));
  CHECK(reply.verdict == cloudwatch_verdict::transient);
  CHECK(reply.why == "PutLogEvents, http://127.0.0.1:5000: connection refused");
  CHECK(reply.sent == 1);
}

TEST_CASE("cloudwatch_service: an error is told with address, status, code, words and request id") {
  desk on;
  auto const reply = on.call_answered(answer(400, R"({"__type":"com.amazonaws.logs#InvalidParameterException:http://x","message":"no\nsuch thing"})", {{"x-amzn-RequestId", "r-7"}}));
  CHECK(reply.code == "InvalidParameterException");
  CHECK(reply.why == "PutLogEvents, http://127.0.0.1:5000/: it answered 400 InvalidParameterException (no such thing), request r-7");
}

TEST_CASE("cloudwatch_service: a service that quotes a token or a signature does not bring it into the text") {
  auto how = plain_lines();
  how.aws.session_token = "hush-a-long-token";
  desk on{how};
  auto const reply = on.call_answered(answer(400, R"({"__type":"ValidationException","message":"the token hush-a-long-token is odd"})"));
  CHECK_THAT(reply.why, ContainsSubstring("the token ***") && !ContainsSubstring("hush"));
  desk other;
  static_cast<void>(other.call());
  auto const signature = other.world.sent()[0].header("authorization").substr(other.world.sent()[0].header("authorization").rfind('=') + 1);
  auto const quoted = other.call_answered(answer(403, R"({"__type":"ValidationException","message":"you gave )" + signature + R"("})"));
  CHECK_THAT(quoted.why, !ContainsSubstring(signature));
}

TEST_CASE("cloudwatch_service: a 200 without a request id is somebody else's, at AWS's own addresses alone") {
  desk aws{at_aws()}, emulator;
  auto const reply = aws.call_answered(answer(200, "<html>"));
  CHECK(reply.verdict == cloudwatch_verdict::transient);
  CHECK_THAT(reply.why, ContainsSubstring("https://logs.us-east-1.amazonaws.com/: an answer without x-amzn-requestid"));
  CHECK(aws.call_answered(answer(200, "{}", {{"X-Amzn-RequestId", "r"}})).verdict == cloudwatch_verdict::done);
  CHECK(emulator.call_answered(answer(200, "{}")).verdict == cloudwatch_verdict::done);
}

TEST_CASE("cloudwatch_service: a wrong clock is put right within the call, which is two requests then") {
  desk on;
  on.world.net->answers_with({aws_error(403, "InvalidSignatureException", {{"Date", "Tue, 14 Nov 2023 22:23:20 GMT"}}), answer(200, "{}")});
  auto const reply = on.call();
  CHECK(reply.verdict == cloudwatch_verdict::done);
  CHECK(reply.sent == 2);
  CHECK(on.world.sent().at(1).header("x-amz-date") == "20231114T222320Z");
}
