// What users of watchtower had to learn (W1 to W18 of the CloudWatch page), at a whole pipeline in front of a strict server. W2 to W5 have
// more to say in cloudwatch_delivery, W13 to W15 in cloudwatch_batches and the unit test of lines; W9 is a process of its own.
#include "catch.hpp"
#include "support/batch_builder.hpp"
#include "support/cloudwatch_pipeline.hpp"

#include <cstdio>
#include <limits>
#include <thread>

#include <unistd.h>

using namespace support;
using Catch::Matchers::ContainsSubstring;
using fl::problem_code;
using test::behaviour;

namespace {

/// An address where nobody listens.
std::string nowhere() {
  test::fault_server gone;
  gone.stop();
  return gone.url("");
}

}  // namespace

TEST_CASE("cloudwatch W1: a call never waits for the network") {
  fake_cloudwatch there;
  there.next("PutLogEvents", behaviour::never(), 100);
  logged on{to_server(there), [](fl::config& how) { how.batching.log_delay = 1ms; }};
  auto const began = clock::now();
  for (int i = 0; i < 20'000; ++i) fl::info("line", {{"i", i}});
  CHECK(since(began) < 10s);  // each of the server's answers would take 30
  CHECK(on.stats().delivered == 0);
  static_cast<void>(on.line.shutdown(100ms));
}

TEST_CASE("cloudwatch W3: a flush sends at once, and is not needed: lines leave by themselves") {
  fake_cloudwatch there;
  there.make("cruddur", "web-1");
  auto how = to_server(there);
  how.send_interval = 20ms;
  logged on{how, [](fl::config& all) { all.batching.log_delay = 10ms; }};
  fl::info("first");
  REQUIRE(eventually([&] { return on.stats().delivered == 1; }));
  fl::info("second");
  REQUIRE(eventually([&] { return on.stats().delivered == 2; }));
  CHECK(there.messages("cruddur", "web-1").size() == 2);
}

TEST_CASE("cloudwatch W4: a record from days ago does not cost its batch") {
  fake_cloudwatch there;
  there.make("cruddur", "web-1");
  auto const to = fl::cloudwatch(to_server(there)).make();
  to->start({});
  auto const now = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count() - epoch;
  auto const batch = batch_of({loose_log("today").at(now), loose_log("three days ago").at(now - 3 * 86'400'000 * ms), loose_log("today too").at(now)});
  CHECK(to->consume(fl::detail::entry_type::log, batch, clock::now() + patience).kind() == fl::outcome::kind::delivered);
  CHECK(to->flush(clock::now() + patience));
  CHECK(there.messages("cruddur", "web-1").size() == 3);
  CHECK(there.refusals().empty());
}

TEST_CASE("cloudwatch W5 and W6: an outage ends, flush says which was which") {
  fake_cloudwatch there;
  there.make("cruddur", "web-1");
  there.next("PutLogEvents", behaviour::answer(503), 3);
  logged on{to_server(there)};
  fl::info("line");
  CHECK_FALSE(on.line.flush(400ms));  // three attempts, then a pause of a second
  REQUIRE(on.problems.wait_for(problem_code::send_failed));
  CHECK_THAT(on.problems.of(problem_code::send_failed)[0].what, ContainsSubstring("it answered 503") && ContainsSubstring("kept, and tried again"));
  CHECK(on.line.flush(patience));
  CHECK(on.stats().delivered == 1);
}

TEST_CASE("cloudwatch W7: what is there leaves with the session") {
  fake_cloudwatch there;
  there.make("cruddur", "web-1");
  {
    logged on{to_server(there)};
    for (int i = 0; i < 1'000; ++i) fl::info("line");
  }
  CHECK(there.messages("cruddur", "web-1").size() == 1'000);
}

TEST_CASE("cloudwatch W8: after the end records are counted, and nothing falls over") {
  fake_cloudwatch there;
  there.make("cruddur", "web-1");
  logged on{to_server(there)};
  fl::info("in time");
  CHECK(on.line.shutdown(patience));
  fl::info("late");
  fl::info("later");
  CHECK(there.messages("cruddur", "web-1").size() == 1);
  CHECK(on.stats().delivered == 1);
  CHECK(lost_by(on.stats(), fl::loss::late) == 2);
}

TEST_CASE("cloudwatch W8: one warning of it, where no handler is set: what a handler uses may be gone") {
  fake_cloudwatch there;
  there.make("cruddur", "web-1");
  logged on{to_server(there), [](fl::config& how) { how.on_problem = {}; }};
  CHECK(on.line.shutdown(patience));
  std::FILE* const words = std::tmpfile();
  REQUIRE(words != nullptr);
  int const before = ::dup(STDERR_FILENO);
  ::dup2(::fileno(words), STDERR_FILENO);
  for (int i = 0; i < 100; ++i) fl::info("late");
  ::dup2(before, STDERR_FILENO);
  ::close(before);
  std::rewind(words);
  char told[1'000];
  std::string const said{told, std::fread(told, 1, sizeof told, words)};
  std::fclose(words);
  CHECK(said == "fanlight: late: records came after the pipeline's end; these and all that follow are lost, and counted\n");
  CHECK(lost_by(on.stats(), fl::loss::late) == 100);
  CHECK(on.counted(problem_code::late) == 100);
}

TEST_CASE("cloudwatch W10: what fanlight has to say of itself does not go to CloudWatch") {
  fake_cloudwatch there;
  there.make("cruddur", "web-1");
  there.next("PutLogEvents", behaviour::answer(503), 4);
  fl::problem_code last{};
  logged on{to_server(there), [&](fl::config& how) {
              how.on_problem = [&, before = how.on_problem](fl::problem const& told) {
                last = told.code;
                before(told);
                fl::error("fanlight is in trouble");  // on fanlight's own thread: not recorded
              };
            }};
  fl::info("line");
  CHECK(on.line.flush(patience));
  REQUIRE(on.problems.wait_for(problem_code::send_failed));
  CHECK(on.line.flush(patience));
  CHECK(there.messages("cruddur", "web-1").size() == 1);
  CHECK(on.line.shutdown(patience));
  CHECK(last == problem_code::send_failed);
}

TEST_CASE("cloudwatch W11: the handler of problems may use the pipeline") {
  logged* here = nullptr;
  watched<std::uint64_t> seen;
  auto how = to_server(fake_cloudwatch{});
  how.endpoint = nowhere();
  logged on{how, [&](fl::config& all) {
              all.on_problem = [&](fl::problem const&) {
                auto const told = here == nullptr ? 0 : here->stats().accepted;
                seen.set(told + 1);
              };
            }};
  here = &on;
  fl::info("line");
  CHECK_FALSE(on.line.flush(300ms));
  CHECK(seen.wait([](std::uint64_t value) { return value != 0; }));
  static_cast<void>(on.line.shutdown(100ms));
}

TEST_CASE("cloudwatch W12: at the end of each invocation a flush, and all of it is there") {
  fake_cloudwatch there;
  logged on{to_server(there)};
  for (std::size_t invocation = 1; invocation <= 3; ++invocation) {
    fl::info("invocation");
    REQUIRE(on.line.flush(patience));
    CHECK(there.messages("cruddur", "web-1").size() == invocation);
  }
}

TEST_CASE("cloudwatch W13 to W15: odd values, long lines and empty ones") {
  fake_cloudwatch there;
  there.make("cruddur", "web-1");
  auto how = to_server(there);
  how.max_message_bytes = 2'000;
  logged on{how};
  fl::info("odd", {{"nan", std::numeric_limits<double>::quiet_NaN()}, {"bytes", fl::bytes{"\x00\xFF", 2}}, {"text", "a\xFF" "b"}, {"none", nullptr}});
  fl::info(std::string(100'000, 'x'), {{"status", 200}});
  fl::info("");
  CHECK(on.line.flush(patience));  // in JSON an empty message is no empty event
  CHECK(there.refusals().empty());
  auto const lines = there.messages("cruddur", "web-1");
  REQUIRE(lines.size() == 3);
  json_value const odd{lines[0]}, cut{lines[1]}, empty{lines[2]};
  CHECK(odd["nan"] == "NaN");
  CHECK(odd["bytes"] == "AP8=");
  CHECK(odd["text"] == "a\xEF\xBF\xBD" "b");
  CHECK(lines[1].size() == 2'000);
  CHECK(cut["status"].raw().GetInt() == 200);
  CHECK_THAT(cut["message"].text(), ContainsSubstring("xxx[truncated]"));
  CHECK(empty["message"] == "");
  CHECK(on.counted(problem_code::value_cut) == 1);
}

TEST_CASE("cloudwatch W16: starting up needs neither network nor rights") {
  auto how = to_server(fake_cloudwatch{});
  how.endpoint = nowhere();
  how.aws.access_key_id.clear(), how.aws.secret_access_key.clear();
  how.aws.instead.environment = [](std::string const& name) {
    return name == "AWS_EC2_METADATA_DISABLED" ? std::optional<std::string>{"true"} : std::nullopt;
  };
  auto const began = clock::now();
  logged on{how};
  CHECK(since(began) < 5s);
  CHECK(on.problems.all().empty());
  fl::info("line");
  CHECK_FALSE(on.line.flush(100ms));
  REQUIRE(on.problems.wait_for(problem_code::key_refused));
  CHECK_THAT(on.problems.of(problem_code::key_refused)[0].what, ContainsSubstring("AWS_ACCESS_KEY_ID"));
  CHECK(on.stats().queued == 1);
}

TEST_CASE("cloudwatch W17: accepted, delivered, dropped by reason, retried, queued") {
  fake_cloudwatch there;
  there.make("cruddur", "web-1");
  auto how = to_server(there);
  how.layout = fl::cloudwatch_layout::text;
  logged on{how};
  fl::info("line");
  fl::info("");
  CHECK_FALSE(on.line.flush(patience));
  auto const told = on.stats();
  CHECK(told.accepted == 2);
  CHECK(told.delivered == 1);
  CHECK(lost_by(told, fl::loss::empty) == 1);
  CHECK(told.queued == 0);
  CHECK(adds_up(told));
  REQUIRE(on.problems.wait_for(problem_code::rejected));
  CHECK_THAT(on.problems.of(problem_code::rejected)[0].what, ContainsSubstring("its message is empty"));
}

TEST_CASE("cloudwatch W17: bytes, retries, last error and last success") {
  fake_cloudwatch there;
  auto how = to_server(there);
  logged on{how};
  auto const begun = fl::wall_time{std::chrono::system_clock::now()};
  CHECK_FALSE(on.stats().last_success);
  CHECK_FALSE(on.stats().last_error_at);
  fl::info("into a stream that is made for it");
  REQUIRE(on.line.flush(patience));
  auto const first = on.stats();
  CHECK(first.bytes == there.bytes());
  CHECK(first.retries == 0);  // that a stream is missing is neither an error nor an attempt
  CHECK(first.last_error.empty());
  CHECK_FALSE(first.last_error_at);
  CHECK(first.last_success >= begun);

  there.next("PutLogEvents", behaviour::answer(503), 2);
  fl::info("at the third attempt");
  REQUIRE(on.line.flush(patience));
  auto const later = on.stats();
  CHECK(later.bytes == there.bytes());
  CHECK(later.retries == 2);
  CHECK_THAT(later.last_error, ContainsSubstring("PutLogEvents, http://127.0.0.1:") && ContainsSubstring("it answered 503"));
  CHECK(later.last_error_at >= first.last_success);
  CHECK(later.last_success >= later.last_error_at);  // all is well again

  there.next_error("PutLogEvents", "InvalidParameterException");
  fl::info("lost");
  CHECK_FALSE(on.line.flush(patience));
  auto const last = on.stats();
  CHECK_THAT(last.last_error, ContainsSubstring("400 InvalidParameterException (as the test says), request scripted"));
  CHECK(last.last_error_at >= last.last_success);
  CHECK(last.last_success == later.last_success);
  CHECK(last.retries == 2);
  CHECK(last.delivered == 2);
  CHECK(lost_by(last, fl::loss::failed) == 1);
}

TEST_CASE("cloudwatch W18: region and keys of the environment, and a group, are all it takes") {
  fake_cloudwatch there;
  fl::cloudwatch_config how;
  how.log_group = "cruddur";
  problem_log problems;
  auto config = plain({fl::cloudwatch(how)}, problems);
  config.read_environment = true;
  std::map<std::string, std::string> const variables{{"AWS_DEFAULT_REGION", "ca-central-1"},
                                                     {"AWS_ACCESS_KEY_ID", fake_cloudwatch::key_id},
                                                     {"AWS_SECRET_ACCESS_KEY", fake_cloudwatch::secret},
                                                     {"AWS_ENDPOINT_URL", there.url()}};
  config.instead.environment = [variables](std::string const& name) {
    auto const at = variables.find(name);
    return at == variables.end() ? std::nullopt : std::optional<std::string>{at->second};
  };
  ::setenv("no_proxy", "*", 1);
  fl::pipeline line{std::move(config)};
  fl::with_default const here{line};
  fl::logger{"app"}.log(fl::level::info, "hello");
  REQUIRE(line.flush(patience));
  CHECK(there.refusals().empty());
  auto const streams = there.groups().at("cruddur").streams;
  REQUIRE(streams.size() == 1);
  CHECK_THAT(streams.begin()->first, ContainsSubstring("/cloudwatch_requirements/app/" + std::to_string(::getpid())));
}

TEST_CASE("cloudwatch W19: two groups side by side, each with its own layout and level, and loggers with theirs") {
  fake_cloudwatch there;
  auto first = to_server(there), second = to_server(there);
  first.log_group = "one", second.log_group = "two";
  second.name = "second";
  second.layout = fl::cloudwatch_layout::text;
  second.line = "{level} {message}";
  problem_log problems;
  auto second_spec = fl::cloudwatch(second);
  second_spec.minimum_level = fl::level::warn;
  auto config = plain({fl::cloudwatch(first), std::move(second_spec)}, problems);
  config.levels = {{"db", fl::level::error}};
  fl::pipeline line{std::move(config)};
  fl::with_default const here{line};
  fl::warn("hello");
  fl::info("for the first alone");
  fl::logger{"db.pool"}.log(fl::level::warn, "for nobody");
  REQUIRE(line.flush(patience));
  CHECK(there.messages("one", "web-1").size() == 2);
  CHECK(there.messages("two", "web-1").size() == 1);
  CHECK(json_value{there.messages("one", "web-1").at(0)}["message"] == "hello");
  CHECK(there.messages("two", "web-1").at(0) == "WARN hello");
}
