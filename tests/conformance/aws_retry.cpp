// What follows from the answers of AWS's services: classes, pauses, quota, and the clock.
#include "support/aws_kit.hpp"

#include "catch.hpp"

using namespace fanlight::detail;
using std::chrono::milliseconds;
using support::answer;

namespace {

aws_class class_of_answer(http_answer const& given) { return class_of(given, read_error(given).code); }
http_answer json_error(long status, std::string const& type) { return answer(status, R"({"__type":")" + type + R"(","message":"m"})"); }
constexpr std::int64_t now = 1'700'000'000;  // Tue, 14 Nov 2023 22:13:20 GMT

}  // namespace

TEST_CASE("cloudwatch R1: throttled: a second, and five of the quota") {
  aws_quota quota;
  auto const given = json_error(400, "ThrottlingException");
  auto const what = class_of_answer(given);
  CHECK(what == aws_class::throttled);
  CHECK(aws_pause(what, 0, 1, given, now) == milliseconds{1000});
  CHECK(quota.take(what));
  CHECK(quota.left() == 495);
  quota.succeeded();
  CHECK(quota.left() == 500);
}

TEST_CASE("cloudwatch R2: two errors of the server, then success") {
  aws_quota quota;
  auto const given = answer(500);
  auto const what = class_of_answer(given);
  CHECK(what == aws_class::transient);
  CHECK(aws_pause(what, 0, 1, given, now) == milliseconds{50});
  CHECK(quota.take(what));
  CHECK(quota.left() == 486);
  CHECK(aws_pause(what, 1, 1, given, now) == milliseconds{100});
  CHECK(quota.take(what));
  CHECK(quota.left() == 472);
  quota.succeeded();
  CHECK(quota.left() == 486);
}

TEST_CASE("aws_retry: an error whose words broke off is not believed to be for ever") {
  auto given = answer(400, R"({"__ty)");
  CHECK(class_of_answer(given) == aws_class::permanent);
  given.cut_short = true;
  CHECK(class_of_answer(given) == aws_class::transient);
  auto known = json_error(400, "InvalidParameterException");
  known.cut_short = true;
  CHECK(class_of_answer(known) == aws_class::permanent);
}

TEST_CASE("cloudwatch R5: what the service asks for, within bounds") {
  auto const pause = [](std::string const& text) {
    return aws_pause(aws_class::transient, 0, 1, answer(500, "", {{"x-amz-retry-after", text}}), now);
  };
  CHECK(pause("1500") == milliseconds{1500});
  CHECK(pause("10000") == milliseconds{5050});
  CHECK(pause("x") == milliseconds{50});
  CHECK(pause("10") == milliseconds{50});
  auto const usual = [](std::string const& text) {
    return aws_pause(aws_class::transient, 0, 1, answer(503, "", {{"Retry-After", text}}), now);
  };
  CHECK(usual("7") == milliseconds{7000});
  CHECK(usual("3600") == milliseconds{60'000});
  CHECK(usual("Tue, 14 Nov 2023 22:13:30 GMT") == milliseconds{10'000});
}

TEST_CASE("cloudwatch R6: a wrong clock is mended once, and only when it is wrong") {
  auto const refused = [](std::string const& date) { return answer(403, R"({"__type":"InvalidSignatureException"})", {{"Date", date}}); };
  support::aws_world world;
  world.variables = {{"AWS_ACCESS_KEY_ID", "AKIA"}, {"AWS_SECRET_ACCESS_KEY", "hush"}, {"AWS_REGION", "us-east-1"}};
  world.now = now;
  auto const date_of = [&](aws_session& session) {
    aws_headers headers;
    REQUIRE(session.sign("logs", "POST", "https://logs.us-east-1.amazonaws.com/", "", headers, support::clock::now() + support::patience)
                .empty());
    for (auto const& [name, value] : headers)
      if (name == "X-Amz-Date") return value;
    return std::string{};
  };
  aws_session session{aws_surroundings{world.config()}};
  CHECK(date_of(session) == "20231114T221320Z");
  auto verdict = session.answered(refused("Tue, 14 Nov 2023 22:18:20 GMT"));
  CHECK(verdict.what == aws_class::clock);
  CHECK(verdict.at_once);
  CHECK(date_of(session) == "20231114T221820Z");
  verdict = session.answered(refused("Tue, 14 Nov 2023 23:18:20 GMT"));  // at most one such retry for a request
  CHECK_FALSE(verdict.at_once);
  CHECK(verdict.what == aws_class::permanent);

  aws_session other{aws_surroundings{world.config()}};
  CHECK(date_of(other) == "20231114T221320Z");
  verdict = other.answered(refused("Tue, 14 Nov 2023 22:15:20 GMT"));
  CHECK(verdict.what == aws_class::permanent);
  CHECK_FALSE(verdict.at_once);
  CHECK(date_of(other) == "20231114T221320Z");
  CHECK_FALSE(other.answered(answer(403, R"({"__type":"SignatureDoesNotMatch"})")).at_once);  // no date
}

TEST_CASE("cloudwatch 4.4: an old offset heals when the clock is put right") {
  aws_clock clock;
  auto const given = answer(403, "", {{"Date", "Tue, 14 Nov 2023 22:13:20 GMT"}});
  CHECK(clock.mend(given, now - 600));
  CHECK(clock.offset() == 600);
  CHECK_FALSE(clock.mend(given, now - 600));
  CHECK(clock.mend(given, now));
  CHECK(clock.offset() == 0);
}

TEST_CASE("cloudwatch 1.4: errors and their classes") {
  struct row {
    long status;
    char const* type;
    aws_class expected;
  };
  for (auto const& [status, type, expected] : {row{400, "ThrottlingException", aws_class::throttled},
                                               row{400, "RequestLimitExceeded", aws_class::throttled},
                                               row{429, "", aws_class::throttled},
                                               row{400, "ServiceUnavailableException", aws_class::transient},
                                               row{400, "RequestTimeout", aws_class::transient},
                                               row{502, "", aws_class::transient},
                                               row{503, "", aws_class::transient},
                                               row{504, "", aws_class::transient},
                                               row{501, "", aws_class::permanent},
                                               row{400, "com.amazonaws.logs#ResourceNotFoundException", aws_class::missing},
                                               row{400, "ExpiredTokenException", aws_class::credentials},
                                               row{403, "UnrecognizedClientException", aws_class::credentials},
                                               row{403, "InvalidClientTokenId:http://x/", aws_class::credentials},
                                               row{401, "", aws_class::credentials},
                                               row{403, "InvalidSignatureException", aws_class::clock},
                                               row{403, "RequestTimeTooSkewed", aws_class::clock},
                                               row{403, "AccessDeniedException", aws_class::permanent},
                                               row{400, "LimitExceededException", aws_class::permanent},
                                               row{400, "InvalidParameterException", aws_class::permanent},
                                               row{413, "", aws_class::too_large},
                                               row{302, "", aws_class::permanent},
                                               row{200, "", aws_class::done}}) {
    INFO(status << ' ' << type);
    CHECK(class_of_answer(json_error(status, type)) == expected);
  }
  CHECK(class_of_answer(support::failure(http_failure::refused)) == aws_class::transient);
  CHECK(class_of_answer(support::failure(http_failure::certificate)) == aws_class::permanent);
}

TEST_CASE("cloudwatch 1.3: where the name of an error stands") {
  CHECK(read_error(answer(400, R"({"__type":"a.b#Name:http://x","Message":"what\nnow"})")).code == "Name");
  CHECK(read_error(answer(400, R"({"__type":"a.b#Name:http://x","Message":"what\nnow"})")).message == "what now");
  CHECK(read_error(answer(400, R"({"code":"Other"})")).code == "Other");
  CHECK(read_error(answer(400, "", {{"X-Amzn-ErrorType", "FromHeader:http://x"}})).code == "FromHeader");
  CHECK(
      read_error(answer(403, "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>a &lt; b</Message></Error></ErrorResponse>"))
          .code == "SignatureDoesNotMatch");
  CHECK(read_error(answer(403, "<ErrorResponse><Error><Code>X</Code><Message>a &lt; b</Message></Error></ErrorResponse>")).message ==
        "a < b");
  CHECK(read_error(answer(502, "<html>Bad Gateway</html>")).code.empty());
  CHECK(read_error(answer(502)).code.empty());
}

TEST_CASE("cloudwatch 6: an empty quota, and pauses that end at 20 s") {
  aws_quota quota;
  for (int i = 0; i < 35; ++i) CHECK(quota.take(aws_class::transient));
  CHECK(quota.left() == 10);
  CHECK_FALSE(quota.take(aws_class::transient));
  CHECK(quota.left() == 10);
  CHECK(quota.take(aws_class::throttled));
  quota.gave_up();
  quota.succeeded();
  CHECK(quota.left() == 6);
  CHECK(aws_pause(aws_class::transient, 60, 1, answer(500), now) == milliseconds{20'000});
  CHECK(aws_pause(aws_class::throttled, 60, 0.5, answer(429), now) == milliseconds{10'000});
}

TEST_CASE("cloudwatch 1.4: refused keys: once more with others at once, then no more") {
  support::aws_world world;
  world.variables = {{"AWS_ACCESS_KEY_ID", "AKIAOLD"}, {"AWS_SECRET_ACCESS_KEY", "hush"}, {"AWS_REGION", "us-east-1"}};
  aws_session session{aws_surroundings{world.config()}};
  aws_headers headers;
  auto const sign = [&] {
    return session.sign("logs", "POST", "https://logs.us-east-1.amazonaws.com/", "", headers, support::clock::now() + support::patience);
  };
  REQUIRE(sign().empty());
  world.variables["AWS_ACCESS_KEY_ID"] = "AKIANEW";
  auto const refused = answer(400, R"({"__type":"ExpiredTokenException"})");
  CHECK(session.answered(refused).at_once);
  REQUIRE(sign().empty());
  CHECK_THAT(headers.back().second, Catch::Matchers::ContainsSubstring("Credential=AKIANEW/"));
  CHECK_FALSE(session.answered(refused).at_once);
  CHECK_THAT(sign(), Catch::Matchers::ContainsSubstring("does not take the keys of the environment"));
  CHECK(session.news() == "AWS does not take the keys of the environment (****)");
}
