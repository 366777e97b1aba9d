// Whole pipelines against a CloudWatch Logs that keeps every limit and verifies each signature: what is said arrives, once, in order, with its
// trace; what goes wrong there is survived, and what is lost is counted.
#include "catch.hpp"
#include "support/batch_builder.hpp"
#include "support/cloudwatch_pipeline.hpp"

#include <fanlight/emf.hpp>
#include <fanlight/subsegment.hpp>

#include <algorithm>
#include <functional>
#include <thread>

using namespace support;
using Catch::Matchers::ContainsSubstring;
using fl::problem_code;
using test::behaviour;

namespace {

/// Lines of text go one by one, the first waits for its answer until the test releases it, and ten can wait behind it.
[[nodiscard]] fl::cloudwatch_config held_at_the_first_line(fake_cloudwatch& there) {
  there.make("cruddur", "web-1");
  there.next("PutLogEvents", behaviour::hold(400, {{"x-amzn-RequestId", "held"}}, R"({"__type":"ResourceNotFoundException"})"));
  auto how = to_server(there);
  how.layout = fl::cloudwatch_layout::text;
  how.max_batch_count = 1;
  how.queue_records = 10;
  return how;
}

}  // namespace

TEST_CASE("cloudwatch: a line of JSON with the trace it belongs to, in a group that is made for it") {
  fake_cloudwatch there;
  logged on{to_server(there)};
  std::string trace, span;
  {
    fl::scoped_span const home{"home"};
    trace = home.context().trace_id().hex().view();
    span = home.context().span_id().hex().view();
    fl::info("HomeActivities", {{"rows", 3}, {"message", "mine"}, {"ratio", 0.5}});
  }
  fl::logger{"access"}.log(fl::level::error, "GET /");
  REQUIRE(on.line.flush(patience));
  CHECK(there.actions() == std::vector<std::string>{"PutLogEvents", "CreateLogStream", "CreateLogGroup", "CreateLogStream", "PutLogEvents"});
  CHECK(there.refusals().empty());
  auto const lines = there.messages("cruddur", "web-1");
  REQUIRE(lines.size() == 2);
  json_value const first{lines[0]}, second{lines[1]};
  CHECK(first["level"] == "INFO");
  CHECK(first["message"] == "HomeActivities");
  CHECK(first["trace_id"] == trace);
  CHECK(first["span_id"] == span);
  CHECK(first["xray_trace_id"] == "1-" + trace.substr(0, 8) + "-" + trace.substr(8));
  CHECK(first["rows"].raw().GetInt() == 3);
  CHECK(first["fields.message"] == "mine");
  CHECK(second["logger"] == "access");
  CHECK_FALSE(second.has("trace_id"));
  CHECK(on.stats().delivered == 2);
  CHECK(adds_up(on.stats()));
  CHECK(on.problems.all().empty());
}

TEST_CASE("cloudwatch 2.2: 100,000 records into a stream that does not exist yet: all there, in order, none twice") {
  fake_cloudwatch there;
  there.make("cruddur");
  there.next("CreateLogStream", behaviour::hold(200, {{"x-amzn-RequestId", "held"}}, "{}"));
  auto how = to_server(there);
  how.queue_records = 200'000;
  logged on{how, [](fl::config& all) {
              all.batching.capture_bytes = std::size_t{64} << 20;
              all.batching.log_delay = 20ms;
            }};
  constexpr int most = 100'000;
  fl::info("0");
  fl::info("1");
  auto flushing = std::thread{[&] { static_cast<void>(on.line.flush(5 * patience)); }};
  REQUIRE(eventually([&] { return there.actions().size() == 2; }));  // the stream is being made
  for (int i = 2; i < most; ++i) fl::info(std::to_string(i));
  there.make("cruddur", "web-1");
  there.release();
  flushing.join();
  REQUIRE(on.line.flush(5 * patience));
  CHECK(there.refusals().empty());
  auto const lines = there.messages("cruddur", "web-1");
  REQUIRE(lines.size() == most);
  int wrong = 0;
  for (int i = 0; i < most; ++i) wrong += json_value{lines[static_cast<std::size_t>(i)]}["message"] == std::to_string(i) ? 0 : 1;
  CHECK(wrong == 0);
  CHECK(on.stats().delivered == most);
  CHECK(on.stats().dropped == 0);
  CHECK(adds_up(on.stats()));
}

TEST_CASE("cloudwatch: many threads, several streams, each line once and each thread's in order") {
  fake_cloudwatch there;
  auto how = to_server(there);
  how.log_stream = "{logger_name}";
  logged on{how, [](fl::config& all) { all.batching.capture_bytes = std::size_t{8} << 20; }};
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t)
    threads.emplace_back([t, &on] {
      fl::with_default const here{on.line};
      fl::logger const own{"part-" + std::to_string(t % 3)};
      for (int i = 0; i < 3'000; ++i) own.log(fl::level::info, "line", {{"thread", t}, {"i", i}});
    });
  for (auto& each : threads) each.join();
  REQUIRE(on.line.flush(5 * patience));
  CHECK(there.refusals().empty());
  std::map<int, int> next;
  for (auto const& name : {"part-0", "part-1", "part-2"})
    for (auto const& text : there.messages("cruddur", name)) {
      json_value const one{text};
      auto const thread = one["thread"].raw().GetInt();
      CHECK(one["logger"] == "part-" + std::to_string(thread % 3));
      CHECK(one["i"].raw().GetInt() == next[thread]++);
    }
  for (int t = 0; t < 6; ++t) CHECK(next[t] == 3'000);
}

TEST_CASE("cloudwatch 1.1: a full request in gzip, signed as it is sent, and plain where that is smaller") {
  if (fl::detail::make_compressor() == nullptr) { SKIP("no zlib"); }
  fake_cloudwatch there;
  there.make("cruddur", "web-1");
  auto how = to_server(there);
  how.gzip = true;
  how.layout = fl::cloudwatch_layout::text;
  logged on{how};
  for (int i = 0; i < 500; ++i) fl::info("line " + std::to_string(i));
  REQUIRE(on.line.flush(patience));
  CHECK(there.refusals().empty());
  CHECK(there.messages("cruddur", "web-1").size() == 500);
  CHECK(there.messages("cruddur", "web-1")[499] == "line 499");
}

TEST_CASE("cloudwatch: errors of the server, connections that break, and all of it arrives once") {
  fake_cloudwatch there;
  there.make("cruddur", "web-1");
  there.next("PutLogEvents", behaviour::answer(500));
  there.next("PutLogEvents", behaviour::reset());
  there.next_error("PutLogEvents", "ServiceUnavailableException", 503);
  there.next("PutLogEvents", behaviour::close());
  logged on{to_server(there)};
  for (int i = 0; i < 100; ++i) fl::info("line", {{"i", i}});
  REQUIRE(on.line.flush(patience));
  CHECK(there.messages("cruddur", "web-1").size() == 100);
  CHECK(on.stats().delivered == 100);
  CHECK(on.stats().dropped == 0);
  CHECK(there.actions().size() >= 4);
}

TEST_CASE("cloudwatch 4.4: a server that lives ten minutes from now") {
  for (std::int64_t const ahead : {600, -600}) {
    fake_cloudwatch there;
    there.make("cruddur", "web-1");
    there.set_clock(ahead);
    logged on{to_server(there)};
    fl::info("a");
    REQUIRE(on.line.flush(patience));
    fl::info("b");
    REQUIRE(on.line.flush(patience));
    CHECK(there.actions().size() == 3);  // one refusal, and never again
    CHECK(there.messages("cruddur", "web-1").size() == 2);
    CHECK(on.stats().dropped == 0);
  }
}

TEST_CASE("cloudwatch 5: a session token travels, signed") {
  fake_cloudwatch there;
  there.make("cruddur", "web-1");
  there.set_token("hush-token");
  auto how = to_server(there);
  how.aws.session_token = "hush-token";
  logged on{how};
  fl::info("a");
  CHECK(on.line.flush(patience));
  CHECK(there.refusals().empty());
  CHECK(there.messages("cruddur", "web-1").size() == 1);
}

TEST_CASE("cloudwatch 5.7 and 5.8: keys that nobody takes: told once, kept, and no secret in any word") {
  fake_cloudwatch there;
  there.make("cruddur", "web-1");
  there.set_token("hush-other");
  auto how = to_server(there);
  how.aws.session_token = "hush-mine";
  logged on{how};
  fl::info("a");
  CHECK_FALSE(on.line.flush(100ms));
  CHECK(on.stats().queued == 1);
  REQUIRE(on.problems.wait_for(problem_code::key_refused));
  CHECK_THAT(on.problems.of(problem_code::key_refused)[0].what, ContainsSubstring("AWS does not take the keys") && ContainsSubstring("AKID****TEST"));
  for (auto const& each : on.problems.all()) CHECK_THAT(each.what, !ContainsSubstring("hush"));
  there.set_token("hush-mine");
  CHECK(on.line.flush(patience));
  CHECK(on.stats().delivered == 1);
}

TEST_CASE("cloudwatch 2.2: the group is deleted while lines come") {
  fake_cloudwatch there;
  logged on{to_server(there)};
  fl::info("a");
  REQUIRE(on.line.flush(patience));
  there.remove("cruddur");
  fl::info("b");
  REQUIRE(on.line.flush(patience));
  CHECK(there.messages("cruddur", "web-1").size() == 1);
  CHECK(there.refusals().empty());
  CHECK(on.stats().delivered == 2);
}

TEST_CASE("cloudwatch 2.2: a new group with all that is said of it") {
  fake_cloudwatch there;
  auto how = to_server(there);
  how.retention_days = 30;
  how.tags = {{"team", "timeline"}, {"stage", "pr\xC3\xB6" "d"}};
  how.group_class = fl::cloudwatch_class::infrequent_access;
  logged on{how};
  fl::info("a");
  REQUIRE(on.line.flush(patience));
  auto const made = there.groups().at("cruddur");
  CHECK(made.retention == 30);
  CHECK(made.tags.at("team") == "timeline");
  CHECK(made.tags.at("stage") == "pr\xC3\xB6" "d");
  CHECK(made.log_class == "INFREQUENT_ACCESS");
  CHECK(there.refusals().empty());
}

TEST_CASE("cloudwatch 2.2: an old group gets tags and retention") {
  fake_cloudwatch there;
  there.make("cruddur", "web-1");
  there.make("cruddur-2");
  auto how = to_server(there);
  how.retention_days = 30;
  how.enforce_retention = true;
  how.tags = {{"team", "timeline"}};
  logged on{how};
  fl::info("a");
  REQUIRE(on.line.flush(patience));
  CHECK(there.groups().at("cruddur").retention == 30);
  CHECK(there.groups().at("cruddur").tags.at("team") == "timeline");
  CHECK(there.groups().at("cruddur-2").tags.empty());
  CHECK(there.refusals().empty());
}

TEST_CASE("cloudwatch 1.2: lines from long ago and from the future are refused alone, and counted") {
  fake_cloudwatch there;
  there.make("cruddur", "web-1");
  auto const to = fl::cloudwatch(to_server(there)).make();
  std::map<fl::fate, std::uint64_t> fates;
  fl::exporter_setup setup;
  setup.settle = [&](fl::fate how, std::uint64_t records, std::string const&) { fates[how] += records; };
  to->start(setup);
  constexpr std::int64_t day = 86'400 * 1000 * ms;
  auto const now = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count() - epoch;
  batch_builder all;
  for (std::int64_t const off : {std::int64_t{0}, -20 * day, day, -10 * day}) all.add(loose_log("line").at(now + off));
  CHECK(to->consume(fl::detail::entry_type::log, all.take(), clock::now() + patience).kind() == fl::outcome::kind::delivered);
  CHECK(to->flush(clock::now() + patience));
  CHECK(there.refusals().empty());
  CHECK(there.actions().size() == 3);  // 20 days ago; 10 days ago; now and a day from now
  CHECK(there.messages("cruddur", "web-1").size() == 2);
  CHECK(fates[fl::fate::delivered] == 2);
  CHECK(fates[fl::fate::too_old] == 1);
  CHECK(fates[fl::fate::too_new] == 1);
}

TEST_CASE("cloudwatch W6: what could not be sent at the end is counted, and it ends in time") {
  fake_cloudwatch there;
  there.next("PutLogEvents", behaviour::never(), 100);
  logged on{to_server(there)};
  for (int i = 0; i < 1'000; ++i) fl::info("line");
  auto const began = clock::now();
  CHECK_FALSE(on.line.shutdown(300ms));
  CHECK(since(began) < 5s);
  auto const told = settled(on.line);
  CHECK(told.delivered == 0);
  CHECK(lost_by(told, fl::loss::shutdown) == 1'000);
  CHECK(adds_up(told));
}

TEST_CASE("cloudwatch W2: a queue that is full loses the oldest, and counts them") {
  fake_cloudwatch there;
  logged on{held_at_the_first_line(there), [](fl::config& all) { all.batching.batch_records = 1; }};
  fl::info("0");
  fl::info("1");
  REQUIRE(eventually([&] { return there.actions().size() == 1; }));
  for (int i = 2; i < 100; ++i) fl::info(std::to_string(i));
  // One is on its way, the next one waits in front of the exporter, ten are queued.
  REQUIRE(eventually([&] { return on.stats().dropped == 100 - 12; }));
  CHECK(lost_by(on.stats(), fl::loss::queue_full) == 88);
  there.release();
  CHECK_FALSE(on.line.flush(patience));  // something was lost
  CHECK(there.messages("cruddur", "web-1") ==
        std::vector<std::string>{"0", "1", "90", "91", "92", "93", "94", "95", "96", "97", "98", "99"});
  CHECK(on.stats().delivered == 12);
  CHECK(adds_up(on.stats()));
  CHECK_THAT(on.problems.of(problem_code::queue_full).at(0).what, ContainsSubstring("old records are lost"));
}

TEST_CASE("cloudwatch W2: or the newest, and what is there is in order") {
  fake_cloudwatch there;
  auto how = held_at_the_first_line(there);
  how.on_full = fl::cloudwatch_full::drop_newest;
  logged on{how, [](fl::config& all) {
              all.batching.batch_records = 1;
              all.batching.capture_bytes = std::size_t{64} << 10;
            }};
  auto const say = [](int i) { fl::info(std::to_string(1'000 + i) + std::string(1'000, 'x')); };
  say(0), say(1);
  REQUIRE(eventually([&] { return there.actions().size() == 1; }));
  for (int i = 2; i < 1'000; ++i) say(i);
  CHECK(on.stats().accepted == 1'000);
  CHECK(on.stats().dropped > 0);
  there.release();
  CHECK_FALSE(on.line.flush(patience));  // something was lost
  auto const told = on.stats();
  auto const lines = there.messages("cruddur", "web-1");
  CHECK(told.delivered == lines.size());
  CHECK(told.delivered + told.dropped == 1'000);
  CHECK(lost_by(told, fl::loss::capture_full) + lost_by(told, fl::loss::queue_full) == told.dropped);
  for (std::size_t i = 0; i < 12; ++i) CHECK(lines.at(i).substr(0, 4) == std::to_string(1'000 + i));  // the first of all are still there
  CHECK(std::adjacent_find(lines.begin(), lines.end(), std::greater_equal<>{}) == lines.end());
  CHECK(adds_up(told));
}

TEST_CASE("cloudwatch 1.3: what the group would not keep is counted as that, by the pipeline too") {
  fake_cloudwatch there;
  logged on{[&] {
    auto how = to_server(there);
    how.retention_days = 7;
    return how;
  }()};
  fl::info("into a group that keeps 7 days");
  REQUIRE(on.line.flush(patience));
  constexpr std::int64_t day = 86'400 * 1000 * ms;
  auto const now = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  auto const said_at = [](std::int64_t when) { fl::emf{"peers"}.metric("late", 1).at(fl::wall_time{when}); };
  for (std::int64_t const off : {-8 * day, -9 * day, -day / 2}) said_at(now + off);
  CHECK_FALSE(on.line.flush(patience));  // something was lost
  auto const told = on.stats();
  CHECK(lost_by(told, fl::loss::past_retention) == 2);
  CHECK(told.dropped == 2);
  CHECK(told.delivered == 2);
  CHECK(adds_up(told));
  CHECK(there.refusals().empty());
  CHECK(to_text(fl::loss::past_retention) == "past_retention");
  CHECK_THAT(told.last_error, ContainsSubstring("expired (older than the retention of the group)"));
}
