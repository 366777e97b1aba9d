// The public cases R of the CloudWatch page at the exporter, and what stands behind them: answers and errors (1.3, 1.4) and pauses (6).
// Over a scripted wire: rand = 1 and a clock that moves when the exporter waits.
#include "support/cloudwatch_kit.hpp"

using namespace support;
using Catch::Matchers::ContainsSubstring;
using fl::fate;
using fl::problem_code;

namespace {

std::string date_at(std::int64_t seconds) {
  auto const at = static_cast<std::time_t>(seconds);
  std::tm parts{};
  ::gmtime_r(&at, &parts);
  char out[64];
  return {out, std::strftime(out, sizeof out, "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

}  // namespace

TEST_CASE("cloudwatch R1: throttled: again after a second, five of the quota, and back with success") {
  cloudwatch_desk on;
  on.world.net->answers_with({aws_error(400, "ThrottlingException"), answer(200, "{}")});
  CHECK(on.put({line()}));
  CHECK(on.sizes() == sizes{1, 1});
  CHECK(on.waited == waits{1000ms});
  CHECK(on.quotas == std::vector<unsigned>{495});
  CHECK(on.to->quota().left() == 500);
  CHECK(on.count(fate::delivered) == 1);
}

TEST_CASE("cloudwatch R1: throttled for longer: after three attempts a pause of its own, which costs no quota") {
  cloudwatch_desk on;
  on.world.net->answers_with({aws_error(400, "ThrottlingException"), aws_error(400, "SlowDown"), aws_error(429, "")});
  CHECK(on.put({line()}));
  CHECK(on.waited == waits{1000ms, 2000ms, 4000ms});
  CHECK(on.quotas == std::vector<unsigned>{495, 490, 490});
  CHECK(on.to->quota().left() == 491);
}

TEST_CASE("cloudwatch R2: 500, 500, 200") {
  cloudwatch_desk on;
  on.world.net->answers_with({answer(500), answer(500), answer(200, "{}")});
  CHECK(on.put({line()}));
  CHECK(on.waited == waits{50ms, 100ms});
  CHECK(on.quotas == std::vector<unsigned>{486, 472});
  CHECK(on.to->quota().left() == 486);
  CHECK(on.count(fate::delivered) == 1);
  // All attempts of a batch share an id, and are counted.
  auto const sent = on.world.sent();
  REQUIRE(sent.size() == 3);
  CHECK(sent[0].header("amz-sdk-invocation-id").size() == 36);
  CHECK(sent[0].header("amz-sdk-invocation-id") == sent[2].header("amz-sdk-invocation-id"));
  CHECK(sent[0].header("amz-sdk-request") == "attempt=1; max=3");
  CHECK(sent[2].header("amz-sdk-request") == "attempt=3; max=3");
  CHECK(sent[0].body == sent[2].body);
  CHECK_THAT(sent[0].header("authorization"), ContainsSubstring("SignedHeaders=amz-sdk-invocation-id;amz-sdk-request;content-type;host;x-amz-date;x-amz-target"));
}

TEST_CASE("cloudwatch R3: the stream is missing") {
  cloudwatch_desk on;
  on.world.net->answers_with({missing()});
  CHECK(on.put({line()}));
  CHECK(on.actions() == actions{"PutLogEvents", "CreateLogStream", "PutLogEvents"});
  CHECK(on.world.sent()[1].body == R"({"logGroupName":"cruddur","logStreamName":"web-1"})");
  CHECK(on.world.sent()[2].header("amz-sdk-request") == "attempt=1; max=3");
  CHECK(on.count(fate::delivered) == 1);
  CHECK(on.words().empty());
}

TEST_CASE("cloudwatch R4: group and stream are missing") {
  auto how = plain_lines();
  std::vector<std::string> expected{"PutLogEvents", "CreateLogStream", "CreateLogGroup", "CreateLogStream", "PutLogEvents"};
  SECTION("no retention") {
    cloudwatch_desk on{how};
    on.world.net->answers_with({missing(), missing()});
    CHECK(on.put({line()}));
    CHECK(on.actions() == expected);
    CHECK(on.world.sent()[2].body == R"({"logGroupName":"cruddur"})");
  }
  SECTION("with retention, tags, key and class") {
    how.retention_days = 14;
    how.tags = {{"team", "timeline"}};
    how.kms_key_id = "arn:aws:kms:x";
    how.group_class = fl::cloudwatch_class::infrequent_access;
    cloudwatch_desk on{how};
    on.world.net->answers_with({missing(), missing()});
    CHECK(on.put({line()}));
    expected.insert(expected.begin() + 3, "PutRetentionPolicy");
    CHECK(on.actions() == expected);
    CHECK(on.world.sent()[2].body ==
          R"({"logGroupName":"cruddur","kmsKeyId":"arn:aws:kms:x","tags":{"team":"timeline"},"logGroupClass":"INFREQUENT_ACCESS"})");
    CHECK(on.world.sent()[3].body == R"({"logGroupName":"cruddur","retentionInDays":14})");
  }
}

TEST_CASE("cloudwatch R5: what the service asks for, within its bounds") {
  auto const pause_for = [](char const* asked) {
    cloudwatch_desk on;
    on.world.net->answers_with({answer(500, {}, {{"x-amz-retry-after", asked}}), answer(200, "{}")});
    CHECK(on.put({line()}));
    return on.waited;
  };
  CHECK(pause_for("1500") == waits{1500ms});
  CHECK(pause_for("10000") == waits{5050ms});
  CHECK(pause_for("x") == waits{50ms});
}

TEST_CASE("cloudwatch R6: a signature that is refused, and whose clock is wrong") {
  SECTION("the server's Date is 5 minutes ahead: at once, with its time") {
    cloudwatch_desk on;
    on.world.net->answers_with({aws_error(403, "InvalidSignatureException", {{"Date", date_at(on.world.now + 300)}}), answer(200, "{}")});
    CHECK(on.put({line()}));
    CHECK(on.waited.empty());
    auto const sent = on.world.sent();
    REQUIRE(sent.size() == 2);
    CHECK(sent[0].header("x-amz-date") == "20231114T221320Z");
    CHECK(sent[1].header("x-amz-date") == "20231114T221820Z");
    CHECK(read_put(sent[1].body).times == read_put(sent[0].body).times);  // of the records, never
    CHECK(on.count(fate::delivered) == 1);
  }
  SECTION("2 minutes ahead: it is not the clock") {
    cloudwatch_desk on;
    on.world.net->answers_with({aws_error(403, "InvalidSignatureException", {{"Date", date_at(on.world.now + 120)}})});
    CHECK(on.put({line()}));
    CHECK(on.sizes() == sizes{1});
    CHECK(on.count(fate::failed) == 1);
    CHECK_THAT(on.words(), ContainsSubstring("403 InvalidSignatureException"));
  }
}

TEST_CASE("cloudwatch R7: events that were not kept are counted by cause, and not sent again") {
  cloudwatch_desk on;
  on.world.net->answers_with({answer(200, R"({"rejectedLogEventsInfo":{"tooOldLogEventEndIndex":2,"tooNewLogEventStartIndex":4}})")});
  CHECK(on.put({line("a"), line("b"), line("c"), line("d"), line("e")}));
  CHECK(on.sizes() == sizes{5});
  CHECK(on.count(fate::delivered) == 2);
  CHECK(on.count(fate::too_old) == 2);
  CHECK(on.count(fate::too_new) == 1);
  CHECK_THAT(on.words(), ContainsSubstring("2 too old") && ContainsSubstring("1 too new") && ContainsSubstring("of a request of 5"));
}

// ---- answers ----------------------------------------------------------------------------------------------------------------------------

TEST_CASE("cloudwatch 1.3: indexes of rejected events, whatever they are") {
  auto const of = [](std::string const& info, std::size_t count) { return fl::detail::read_rejected(R"({"rejectedLogEventsInfo":{)" + info + "}}", count); };
  auto const both = of(R"("tooOldLogEventEndIndex":1,"expiredLogEventEndIndex":3)", 5);
  CHECK(both.too_old == 1);
  CHECK(both.expired == 2);
  CHECK(both.events() == 3);
  CHECK(of(R"("expiredLogEventEndIndex":3,"tooOldLogEventEndIndex":9)", 5).events() == 5);
  CHECK(of(R"("tooNewLogEventStartIndex":0)", 5).too_new == 5);
  CHECK(of(R"("tooNewLogEventStartIndex":-1,"tooOldLogEventEndIndex":-7)", 5).events() == 5);
  CHECK(of(R"("tooOldLogEventEndIndex":4,"tooNewLogEventStartIndex":2)", 5).events() == 5);
  CHECK(of(R"("tooOldLogEventEndIndex":"x")", 5).events() == 0);
  CHECK(fl::detail::read_rejected("<html>", 5).events() == 0);
}

TEST_CASE("cloudwatch 1.3: an entity that is refused is left out from then on") {
  auto how = plain_lines();
  how.entity = true;
  fl::resource who = backend();
  who.attributes.set("deployment.environment.name", "production");
  cloudwatch_desk on{how, who};
  on.world.net->answers_with({answer(200, R"({"rejectedEntityInfo":{"errorType":"InvalidEntity"}})")});
  CHECK(on.put({line()}));
  CHECK(on.put({line()}));
  auto const sent = on.world.sent();
  REQUIRE(sent.size() == 2);
  CHECK_THAT(sent[0].body, ContainsSubstring(R"("entity":{"keyAttributes":{"Type":"Service","Name":"backend-flask","Environment":"production"}})"));
  CHECK_THAT(sent[1].body, !ContainsSubstring("entity"));
  CHECK(on.count(fate::delivered) == 2);
  CHECK(on.told_times(problem_code::back_end_warned) == 1);
  CHECK_THAT(on.words(), ContainsSubstring("InvalidEntity"));
}

TEST_CASE("cloudwatch 1.3: a 200 without a request id is somebody else's, but only at AWS's own address") {
  auto how = plain_lines();
  how.endpoint.clear();
  cloudwatch_desk on{how};
  on.world.net->answers_with({answer(200, "<html>log in</html>"), answer(200, "{}", {{"x-amzn-RequestId", "r-1"}})});
  CHECK(on.put({line()}));
  CHECK(on.sizes() == sizes{1, 1});
  CHECK(on.world.sent()[0].url == "https://logs.us-east-1.amazonaws.com/");
  CHECK(on.waited == waits{50ms});
}

TEST_CASE("cloudwatch 1.4: permanent errors cost the batch and nothing else") {
  for (std::string const code : {"InvalidParameterException", "ValidationException", "SerializationException", "AccessDeniedException", "LimitExceededException"}) {
    cloudwatch_desk on;
    on.world.net->answers_with({answer(400, R"({"__type":")" + code + R"(","message":"no"})", {{"x-amzn-RequestId", "r-7"}})});
    CHECK(on.put({line("a"), line("b")}));
    CHECK(on.put({line("c")}));
    CHECK(on.sizes() == sizes{2, 1});
    CHECK(on.count(fate::failed) == 2);
    CHECK(on.count(fate::delivered) == 1);
    CHECK_THAT(on.words(), ContainsSubstring("it answered 400 " + code + " (no), request r-7"));
  }
}

TEST_CASE("cloudwatch 1.4: no right: told once, as what it is, by either name") {
  for (std::string const code : {"AccessDeniedException", "AccessDenied"}) {
    cloudwatch_desk on;
    on.world.net->answers_with({aws_error(403, code), aws_error(403, code)});
    CHECK(on.put({line("a")}));
    CHECK(on.put({line("b")}));
    CHECK(on.count(fate::failed) == 2);
    CHECK(on.told_times(problem_code::key_refused) == 1);
    CHECK_THAT(on.words(), ContainsSubstring("403 " + code) && ContainsSubstring("logs:PutLogEvents and logs:CreateLogStream are needed"));
  }
}

TEST_CASE("cloudwatch 1.4: done by another name, and an old emulator's token") {
  for (std::string const code : {"DataAlreadyAcceptedException", "ResourceAlreadyExistsException"}) {
    cloudwatch_desk on;
    on.world.net->answers_with({aws_error(400, code)});
    CHECK(on.put({line()}));
    CHECK(on.sizes() == sizes{1});
    CHECK(on.count(fate::delivered) == 1);
  }
  cloudwatch_desk once, twice;
  once.world.net->answers_with({aws_error(400, "InvalidSequenceTokenException")});
  CHECK(once.put({line()}));
  CHECK(once.sizes() == sizes{1, 1});
  CHECK(once.count(fate::delivered) == 1);
  twice.world.net->answers_with({aws_error(400, "InvalidSequenceTokenException"), aws_error(400, "InvalidSequenceTokenException")});
  CHECK(twice.put({line()}));
  CHECK(twice.count(fate::failed) == 1);
}

TEST_CASE("cloudwatch 1.4: too large: in halves, and a single event is dropped") {
  for (auto const& refusal : {answer(413), answer(400, R"({"__type":"InvalidParameterException","message":"Upload too large: 9 bytes"})")}) {
    cloudwatch_desk on;
    on.world.net->answers_with({refusal, refusal, answer(200, "{}"), answer(200, "{}"), refusal});
    CHECK(on.put({line("a"), line("b"), line("c"), line("d")}));
    CHECK(on.sizes() == sizes{4, 2, 1, 1, 1, 1});
    CHECK(on.count(fate::delivered) == 3);
    CHECK(on.count(fate::failed) == 1);
    CHECK(on.puts()[4].messages == std::vector<std::string>{"c"});
    CHECK(on.puts()[5].messages == std::vector<std::string>{"d"});
  }
}

TEST_CASE("cloudwatch 1.4: keys that are refused: once more with others, else all waits") {
  cloudwatch_desk on;
  on.world.net->answers_with({aws_error(400, "ExpiredTokenException"), answer(200, "{}")});
  CHECK(on.take(batch_of({line()})).kind() == fl::outcome::kind::delivered);
  CHECK(on.flush());  // the same keys are held back for a while, and taken again then
  CHECK(on.count(fate::delivered) == 1);
  CHECK(on.told_times(problem_code::key_refused) == 1);
  CHECK_THAT(on.words(), ContainsSubstring("AWS does not take the keys of aws_config") && !ContainsSubstring("wJalrXUtn"));
}

// ---- pauses -------------------------------------------------------------------------------------------------------------------------------

TEST_CASE("cloudwatch 6: after three attempts the batch waits, longer each time, and nothing is sent meanwhile") {
  cloudwatch_desk on;
  on.world.net->now.change([](wire::state& all) { all.answers.assign(100, failure(fl::detail::http_failure::refused, "http://127.0.0.1:5000: nobody is there")); });
  CHECK(on.take(batch_of({line()})).kind() == fl::outcome::kind::delivered);
  on.world.steady += 5s;
  auto const later = [&] { return on.to->tend(clock::now() + patience); };
  auto first = later();
  CHECK(first.kind() == fl::outcome::kind::retry);
  CHECK(first.after() == 1000ms);
  CHECK(on.sizes().size() == 3);
  CHECK(later().after() == 1000ms);  // not yet
  CHECK(on.sizes().size() == 3);
  waits pauses;
  for (int i = 0; i < 6; ++i) {
    on.world.steady += 30s;
    pauses.push_back(later().after());
  }
  CHECK(pauses == waits{2000ms, 4000ms, 8000ms, 16000ms, 30000ms, 30000ms});
  CHECK(on.told_times(problem_code::send_failed) == 1);
  CHECK_THAT(on.words(), ContainsSubstring("nobody is there; what is to be sent is kept, and tried again"));
  CHECK(on.fates.empty());
}

TEST_CASE("cloudwatch 6: the quota ends attempts early, and success fills it again") {
  cloudwatch_desk on;
  on.world.net->now.change([](wire::state& all) { all.answers.assign(56, answer(503)); });  // 53 of them use it up
  CHECK(on.put({line()}));
  CHECK(on.count(fate::delivered) == 1);
  CHECK(on.to->quota().left() == 500 - 35 * 14 + 1);
}

TEST_CASE("cloudwatch 6: what could not be sent for ten minutes is given up") {
  cloudwatch_desk on;
  on.world.net->now.change([](wire::state& all) { all.answers.assign(9, answer(503)); });
  auto const later = [&] { return on.to->tend(clock::now() + patience); };
  CHECK(on.take(batch_of({line("old"), line("older")})).kind() == fl::outcome::kind::delivered);
  on.world.steady += 5s;
  CHECK(later().kind() == fl::outcome::kind::retry);
  on.world.steady += 590s;
  CHECK(on.take(batch_of({line("new")})).kind() == fl::outcome::kind::delivered);
  CHECK(on.count(fate::expired) == 0);
  on.world.steady += 10s;
  static_cast<void>(later());
  CHECK(on.count(fate::expired) == 2);
  CHECK(on.flush());
  CHECK(on.puts().back().messages == std::vector<std::string>{"new"});
  CHECK(on.count(fate::delivered) == 1);
}

TEST_CASE("cloudwatch W2: while nothing can be sent the exporter takes a request and no more") {
  cloudwatch_desk on;
  on.world.net->now.change([](wire::state& all) { all.answers.assign(6, answer(503)); });
  batch_builder many, more;
  for (int i = 0; i < 9'999; ++i) many.add(line());
  for (int i = 0; i < 3; ++i) more.add(line(std::to_string(i)));
  CHECK(on.take(many.take()).kind() == fl::outcome::kind::delivered);
  auto const rest = more.take();
  CHECK(on.take(rest).kind() == fl::outcome::kind::retry);
  CHECK(on.take(rest).kind() == fl::outcome::kind::retry);  // too early: nothing is sent
  CHECK(on.sizes().size() == 3);
  on.world.steady += 1s;
  CHECK(on.take(rest).kind() == fl::outcome::kind::retry);
  on.world.steady += 2s;
  CHECK(on.take(rest).kind() == fl::outcome::kind::delivered);
  CHECK(on.flush());
  auto const puts = on.puts();
  CHECK(puts[puts.size() - 2].times.size() == 10'000);
  CHECK(puts[puts.size() - 2].messages.back() == "0");
  CHECK(puts.back().messages == std::vector<std::string>{"1", "2"});
  CHECK(on.count(fate::delivered) == 10'002);
}

TEST_CASE("cloudwatch W3: lines leave when the first of them has waited for send_interval") {
  cloudwatch_desk on;
  auto const later = [&] { return on.to->tend(clock::now() + patience); };
  CHECK(on.take(batch_of({line("a")})).kind() == fl::outcome::kind::delivered);
  CHECK(later().after() == 5000ms);
  on.world.steady += 4s;
  CHECK(on.take(batch_of({line("b")})).kind() == fl::outcome::kind::delivered);
  CHECK(later().after() == 1000ms);
  CHECK(on.sizes().empty());
  on.world.steady += 1s;
  auto const done = later();
  CHECK(done.kind() == fl::outcome::kind::delivered);
  CHECK(done.after() == 0ms);
  CHECK(on.sizes() == sizes{2});
}
