// Groups and streams at the exporter (2.1, 2.2 of the CloudWatch page): made on demand, by several processes at once, without the right to, and
// again. Over a scripted wire: rand = 1 and a clock that moves when the exporter waits.
#include "support/cloudwatch_kit.hpp"

using namespace support;
using Catch::Matchers::ContainsSubstring;
using fl::fate;
using fl::problem_code;

TEST_CASE("cloudwatch 2.2: another process was quicker") {
  cloudwatch_desk on;
  on.world.net->answers_with({missing(), missing(), aws_error(400, "ResourceAlreadyExistsException"), aws_error(400, "ResourceAlreadyExistsException")});
  CHECK(on.put({line()}));
  CHECK(on.actions() == actions{"PutLogEvents", "CreateLogStream", "CreateLogGroup", "CreateLogStream", "PutLogEvents"});
  CHECK(on.count(fate::delivered) == 1);
  CHECK(on.words().empty());
}

TEST_CASE("cloudwatch 2.2: only who made the group sets its retention, unless it is to be enforced") {
  auto how = plain_lines();
  how.retention_days = 7;
  SECTION("somebody else made it") {
    cloudwatch_desk on{how};
    on.world.net->answers_with({missing(), missing(), aws_error(400, "ResourceAlreadyExistsException")});
    CHECK(on.put({line()}));
    CHECK(on.actions() == actions{"PutLogEvents", "CreateLogStream", "CreateLogGroup", "CreateLogStream", "PutLogEvents"});
  }
  SECTION("enforced, once, after lines have arrived") {
    how.enforce_retention = true;
    cloudwatch_desk on{how};
    CHECK(on.put({line()}));
    CHECK(on.put({line()}));
    CHECK(on.actions() == actions{"PutLogEvents", "PutRetentionPolicy", "PutLogEvents"});
  }
}

TEST_CASE("cloudwatch 2.2: tags of a group that is there, by the ARN that the service gives") {
  auto how = plain_lines();
  how.tags = {{"team", "timeline"}};
  cloudwatch_desk on{how};
  on.world.net->answers_with({answer(200, "{}"), answer(200, R"({"logGroups":[{"logGroupName":"cruddur-2","logGroupArn":"no"},)"
                                                              R"({"logGroupName":"cruddur","arn":"arn:aws-cn:logs:r:1:log-group:cruddur:*",)"
                                                              R"("logGroupArn":"arn:aws-cn:logs:r:1:log-group:cruddur"}]})")});
  CHECK(on.put({line()}));
  CHECK(on.actions() == actions{"PutLogEvents", "DescribeLogGroups", "TagResource"});
  CHECK(on.world.sent()[1].body == R"({"logGroupNamePrefix":"cruddur"})");
  CHECK(on.world.sent()[2].body == R"({"resourceArn":"arn:aws-cn:logs:r:1:log-group:cruddur","tags":{"team":"timeline"}})");
  CHECK(on.words().empty());
}

TEST_CASE("cloudwatch 2.2: what may not be set is told once, and never stands in the way") {
  auto how = plain_lines();
  how.tags = {{"team", "timeline"}};
  how.retention_days = 7;
  how.enforce_retention = true;
  cloudwatch_desk on{how};
  on.world.net->answers_with({answer(200, "{}"), aws_error(400, "AccessDeniedException"), aws_error(400, "AccessDeniedException")});
  CHECK(on.put({line()}));
  CHECK(on.put({line()}));
  CHECK(on.count(fate::delivered) == 2);
  CHECK(on.told_times(problem_code::back_end_warned) == 1);
  CHECK_THAT(on.words(), ContainsSubstring("PutRetentionPolicy, http://127.0.0.1:5000/: it answered 400 AccessDeniedException"));
}

TEST_CASE("cloudwatch 2.2: no right to create: told once, and tried without") {
  cloudwatch_desk on;
  on.world.net->answers_with({missing(), aws_error(400, "AccessDeniedException")});
  CHECK(on.put({line()}));
  CHECK(on.actions() == actions{"PutLogEvents", "CreateLogStream", "PutLogEvents"});
  CHECK(on.count(fate::delivered) == 1);
  CHECK(on.told_times(problem_code::key_refused) == 1);
  CHECK_THAT(on.words(), ContainsSubstring("logs:CreateLogStream are needed"));
}

TEST_CASE("cloudwatch 2.2: a stream that does not come into being is waited for, with pauses") {
  cloudwatch_desk on;
  on.world.net->answers_with({missing(), answer(200), missing(), missing(), answer(200), answer(200, "{}")});
  CHECK(on.put({line()}));
  CHECK(on.actions() == actions{"PutLogEvents", "CreateLogStream", "PutLogEvents", "PutLogEvents", "CreateLogStream", "PutLogEvents"});
  CHECK(on.waited == waits{50ms});
  CHECK(on.count(fate::delivered) == 1);
}

TEST_CASE("cloudwatch 2.2: what is switched off is named") {
  auto how = plain_lines();
  how.create_group = false;
  cloudwatch_desk group{how};
  group.world.net->answers_with({missing(), missing()});
  CHECK(group.put({line()}));
  CHECK(group.actions() == actions{"PutLogEvents", "CreateLogStream"});
  CHECK(group.count(fate::failed) == 1);
  CHECK_THAT(group.words(), ContainsSubstring("log group 'cruddur' does not exist, and create_group is off"));
  how.create_stream = false;
  cloudwatch_desk stream{how};
  stream.world.net->answers_with({missing()});
  CHECK(stream.put({line()}));
  CHECK(stream.actions() == actions{"PutLogEvents"});
  CHECK_THAT(stream.words(), ContainsSubstring("log stream 'web-1' of group 'cruddur' does not exist, and create_stream is off"));
}

TEST_CASE("cloudwatch 1.4: OperationAborted: once more after a moment, then it is done") {
  cloudwatch_desk on;
  on.world.net->answers_with({missing(), aws_error(400, "OperationAbortedException"), aws_error(400, "OperationAbortedException")});
  CHECK(on.put({line()}));
  CHECK(on.actions() == actions{"PutLogEvents", "CreateLogStream", "CreateLogStream", "PutLogEvents"});
  CHECK(on.waited == waits{250ms});
  CHECK(on.count(fate::delivered) == 1);
}

TEST_CASE("cloudwatch 2.2: many start together: creating is throttled, and backs off") {
  cloudwatch_desk on;
  on.world.net->answers_with({missing(), aws_error(400, "ThrottlingException"), missing()});
  CHECK(on.put({line()}));
  CHECK(on.actions() == actions{"PutLogEvents", "CreateLogStream", "PutLogEvents", "CreateLogStream", "PutLogEvents"});
  CHECK(on.waited == waits{1000ms});
  CHECK(on.count(fate::delivered) == 1);
}

TEST_CASE("cloudwatch 2.2: deleted while it runs, and made again") {
  cloudwatch_desk on;
  CHECK(on.put({line("a")}));
  on.world.net->answers_with({missing()});
  CHECK(on.put({line("b")}));
  on.world.net->answers_with({missing(), missing()});
  CHECK(on.put({line("c")}));
  CHECK(on.count(fate::delivered) == 3);
  CHECK(on.actions() == actions{"PutLogEvents", "PutLogEvents", "CreateLogStream", "PutLogEvents", "PutLogEvents", "CreateLogStream", "CreateLogGroup",
                                "CreateLogStream", "PutLogEvents"});
}

TEST_CASE("cloudwatch 2.1: a stream for each logger, 16 of them open, and the idle ones closed") {
  auto how = plain_lines();
  how.log_stream = "{logger_name}";
  cloudwatch_desk on{how};
  for (int i = 0; i < 40; ++i) {
    auto const name = "part-" + std::to_string(i % 20);
    CHECK(on.take(batch_of({line(std::to_string(i)).fact(fl::detail::fact_key::logger, name)})).kind() == fl::outcome::kind::delivered);
  }
  CHECK(on.take(batch_of({line("nobody's")})).kind() == fl::outcome::kind::delivered);
  CHECK(on.flush());
  std::map<std::string, std::vector<std::string>> streams;
  for (auto const& one : on.puts())
    for (auto const& text : one.messages) streams[one.stream].push_back(text);
  CHECK(streams.size() == 21);
  CHECK(streams["part-3"] == std::vector<std::string>{"3", "23"});
  CHECK(streams["root"] == std::vector<std::string>{"nobody's"});
  CHECK(on.count(fate::delivered) == 41);
}
