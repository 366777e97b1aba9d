// How items reach Rollbar, and what is known of them afterwards: the public cases about answers, limits and switches.
#include "catch.hpp"
#include "support/fake_environment.hpp"
#include "support/fake_rollbar.hpp"

#include <set>
#include <stdexcept>
#include <thread>

using namespace support;
using Catch::Matchers::ContainsSubstring;
using fl::problem_code;
using test::behaviour;

namespace {

void report(std::string const& words) { fl::error_report{std::runtime_error{words}}; }

/// Short pauses between attempts.
[[nodiscard]] fl::rollbar_config quick(fl::rollbar_config how = {}) {
  how.retry_first = 1ms;
  how.retry_most = 5ms;
  return how;
}

[[nodiscard]] double seconds_between(sent_item const& one, sent_item const& other) { return std::chrono::duration<double>(other.at - one.at).count(); }

}  // namespace

TEST_CASE("P10 a reached limit is waited out, and nothing is lost") {
  fake_rollbar rollbar;
  rollbar.answers_with({limit_reached(2)});
  reporting on{rollbar};
  for (int i = 0; i < 3; ++i) report("r" + std::to_string(i));
  CHECK(on.line.flush(patience));
  auto const items = rollbar.items();
  REQUIRE(items.size() == 4);
  CHECK(seconds_between(items[0], items[1]) > 1.9);
  CHECK(seconds_between(items[0], items[1]) < 30);  // 3.5 where nothing else keeps the machine busy
  CHECK(items[0]("/data/uuid") == items[1]("/data/uuid"));
  CHECK(on.stats().delivered == 3);
  CHECK(adds_up(on.stats()));
}

TEST_CASE("rollbar: a window that an accepted item closed is waited out too") {
  fake_rollbar rollbar;
  rollbar.answers_with({behaviour::answer(200, {{"X-Rate-Limit-Remaining", "0"}, {"X-Rate-Limit-Remaining-Seconds", "1"}}, R"({"err":0})")});
  reporting on{rollbar};
  report("a"), report("b");
  CHECK(on.line.flush(patience));
  REQUIRE(rollbar.items().size() == 2);
  CHECK(seconds_between(rollbar.items()[0], rollbar.items()[1]) > 0.9);
}

TEST_CASE("P11 what is too large goes at half the size, then as a short item of its own") {
  fake_rollbar rollbar;
  rollbar.answers_with({refused_with(413, "Too large"), refused_with(413, "Too large")});
  reporting on{rollbar, {.max_bytes = std::size_t{1} << 20}, [](fl::config& all) { all.batching.capture_bytes = std::size_t{8} << 20; }};
  fl::error_report{std::runtime_error{"big"}}.set("blob", std::string(600 << 10, 'x'));
  CHECK(on.line.flush(patience));
  auto const items = rollbar.items();
  REQUIRE(items.size() == 3);
  CHECK(items[0].body.size() > (600u << 10));
  CHECK(items[1].body.size() <= items[0].body.size() / 2);
  CHECK(items[1]("/data/uuid") == items[0]("/data/uuid"));
  CHECK_THAT(items[2]("/data/body/message/body"), ContainsSubstring("too large"));
  CHECK_THAT(items[2]("/data/body/message/body"), ContainsSubstring("big"));
  CHECK(items[2]("/data/custom/original_uuid") == items[0]("/data/uuid"));
  CHECK(items[2]("/data/custom/original_class") == "std::runtime_error");
  CHECK(items[2]("/data/level") == "error");
  CHECK(rollbar.complaints().empty());
  CHECK(on.stats().delivered == 1);
}

TEST_CASE("P12 over the items per minute one notice says what was held back") {
  fake_rollbar rollbar;
  fl::rollbar_config how;
  how.items_per_minute = 3;
  how.instead.now = [begin = clock::now()] { return begin; };  // all within one moment, however long that takes
  reporting on{rollbar, how};
  for (int i = 0; i < 8; ++i) report("same");
  static_cast<void>(on.line.flush(patience));
  auto const items = rollbar.items();
  REQUIRE(items.size() == 4);
  CHECK(items[3]("/data/level") == "warning");
  CHECK_THAT(items[3]("/data/body/message/body"), ContainsSubstring("items per minute"));
  CHECK_THAT(items[3]("/data/body/message/body"), ContainsSubstring("std::runtime_error (5)"));
  CHECK(items[3]("/data/custom/fanlight_internal") == "true");
  CHECK(items[3]("/data/custom/dropped") == "5");
  CHECK(on.counts().rate_limited == 5);
  CHECK(lost_by(on.stats(), fl::loss::limited) == 5);
  CHECK(adds_up(on.stats()));
  CHECK(rollbar.complaints().empty());
}

TEST_CASE("P13 trouble on the way is tried again under the same uuid") {
  fake_rollbar rollbar;
  rollbar.answers_with({refused_with(503, "down"), behaviour::reset()});
  reporting on{rollbar, quick()};
  report("r");
  CHECK(on.line.flush(patience));
  auto const items = rollbar.items();
  REQUIRE(items.size() == 3);
  std::set<std::string> uuids;
  for (auto const& each : items) uuids.insert(each("/data/uuid"));
  CHECK(uuids.size() == 1);
  CHECK(on.counts().sent == 1);
  CHECK(on.counts().retried == 2);
}

TEST_CASE("rollbar: after three answers of 5xx more an item is given up, and the next one goes") {
  fake_rollbar rollbar;
  rollbar.answers_with({refused_with(500, "x"), refused_with(502, "x"), refused_with(503, "x"), refused_with(500, "last words")});
  reporting on{rollbar, quick()};
  report("poison"), report("good");
  CHECK_FALSE(on.line.flush(patience));
  CHECK(rollbar.items().size() == 5);
  CHECK(lost_by(on.stats(), fl::loss::failed) == 1);
  CHECK(on.stats().delivered == 1);
  CHECK_THAT(on.words(), ContainsSubstring("last words"));
}

TEST_CASE("P23 a token that is refused stops everything for a minute, with one word about it") {
  fake_rollbar rollbar;
  rollbar.answers_with({refused_with(403, std::string{"access token post-server-item-0123456789 lacks the scope"})});
  auto const clock_now = std::make_shared<std::atomic<std::int64_t>>(0);
  fl::rollbar_config how;
  how.instead.now = [clock_now, begin = clock::now()] { return begin + std::chrono::seconds{clock_now->load()}; };
  reporting on{rollbar, how};
  report("first");
  CHECK_FALSE(on.line.flush(patience));
  clock_now->store(1);
  report("second");
  CHECK_FALSE(on.line.flush(2s));
  CHECK(rollbar.items().size() == 1);
  CHECK(on.counts().rejected == 1);
  CHECK(lost_by(on.stats(), fl::loss::rejected) == 1);
  CHECK(on.stats().queued == 1);
  CHECK(on.line.problems().size() == 1);
  CHECK_THAT(on.words(), ContainsSubstring("ROLLBAR_ACCESS_TOKEN") && ContainsSubstring("403") && !ContainsSubstring(fake_rollbar::token));
  clock_now->store(62);
  CHECK(on.line.flush(patience));
  CHECK(rollbar.items().size() == 2);
}

TEST_CASE("P24 without a token, or switched off, nothing is sent and at most one word is said") {
  fake_rollbar rollbar;
  bool const off = GENERATE(false, true);
  fl::rollbar_config how;
  how.endpoint = rollbar.endpoint();
  how.enabled = !off;
  if (off) how.access_token = fake_rollbar::token;
  problem_log problems;
  fl::pipeline line{plain({fl::rollbar(how)}, problems)};
  fl::with_default const here{line};
  CHECK(fl::report(std::runtime_error{"r"}).view().empty());
  CHECK(fl::message(fl::level::warn, "m").view().empty());
  try {
    throw std::runtime_error{"thrown"};
  } catch (...) {
    CHECK(fl::report_current().view().empty());
  }
  CHECK(line.flush(1s));
  CHECK(line.shutdown(1s));
  CHECK(fl::report(std::runtime_error{"late"}).view().empty());
  CHECK(rollbar.items().empty());
  CHECK(line.problems().size() == (off ? 0 : 1));
}

TEST_CASE("rollbar: an item that Rollbar refuses is dropped, and its words are told") {
  fake_rollbar rollbar;
  rollbar.answers_with({refused_with(422, "Invalid format. 'data.body' is wrong"), refused_with(200, "ignored")});
  reporting on{rollbar};
  report("a"), report("b"), report("c");
  CHECK_FALSE(on.line.flush(patience));
  CHECK(rollbar.items().size() == 3);
  CHECK(on.counts().rejected == 2);
  CHECK(on.counts().sent == 1);
  CHECK_THAT(on.words(), ContainsSubstring("'data.body' is wrong"));
}

TEST_CASE("rollbar: while nobody is there items wait, and the newest gives way when there is no room") {
  unsigned port = 0;
  {
    fake_rollbar const gone;
    port = const_cast<fake_rollbar&>(gone).server().port();
  }
  fl::rollbar_config how = quick();
  how.queue = 5;
  how.access_token = "token";
  how.endpoint = "http://127.0.0.1:" + std::to_string(port) + "/api/1/item/";
  how.watch = std::make_shared<fl::rollbar_watch>();
  problem_log problems;
  fl::pipeline line{plain({fl::rollbar(how)}, problems)};
  fl::with_default const here{line};
  for (int i = 0; i < 8; ++i) report("r" + std::to_string(i));
  CHECK(eventually([&] { return how.watch->stats().queue_full == 3; }));
  CHECK_FALSE(line.flush(100ms));
  auto const told = line.stats().exporters.at(0);
  CHECK(told.queued == 5);
  CHECK(lost_by(told, fl::loss::queue_full) == 3);
  CHECK(adds_up(told));
  CHECK(how.watch->stats().queue_full == 3);
  CHECK(problems.wait_for(problem_code::send_failed));
  auto const began = clock::now();
  CHECK_FALSE(line.shutdown(200ms));
  CHECK(since(began) < 5s);
}

TEST_CASE("rollbar: errors that look alike within the window are counted on the next one") {
  fake_rollbar rollbar;
  auto const clock_now = std::make_shared<std::atomic<std::int64_t>>(0);
  fl::rollbar_config how;
  how.duplicate_window = 10s;
  how.instead.now = [clock_now, begin = clock::now()] { return begin + std::chrono::seconds{clock_now->load()}; };
  reporting on{rollbar, how};
  report("same"), report("same"), report("other"), report("same");
  CHECK(on.line.flush(patience));
  clock_now->store(11);
  report("same");
  CHECK(on.line.flush(patience));
  auto const items = rollbar.items();
  REQUIRE(items.size() == 3);
  CHECK(items[2]("/data/custom/duplicates_left_out") == "2");
  CHECK(on.counts().duplicates == 2);
}

TEST_CASE("rollbar: of a type, a share is sent, and max_items ends it") {
  fake_rollbar rollbar;
  fl::rollbar_config how;
  how.rules = {{.type = "std::runtime_error", .share = 0.5}};
  how.max_items = 20;
  reporting on{rollbar, how};
  for (int i = 0; i < 200; ++i) report("r" + std::to_string(i));
  static_cast<void>(on.line.flush(patience));
  auto const told = on.counts();
  CHECK(told.sent == 20);
  CHECK(told.sampled_out > 60);
  CHECK(told.sampled_out < 140);
  CHECK(told.sent + told.sampled_out + told.rate_limited == 200);
  CHECK(adds_up(on.stats()));
}

TEST_CASE("rollbar: several clients send side by side, each to its own project") {
  fake_rollbar one, other;
  problem_log problems;
  auto first = fl::rollbar({.access_token = fake_rollbar::token, .endpoint = one.endpoint(), .environment = "a"});
  auto second = fl::rollbar({.access_token = "another-token-0123", .endpoint = other.endpoint(), .environment = "b", .name = "rollbar-b"});
  fl::pipeline line{plain({first, second}, problems)};
  fl::with_default const here{line};
  report("both");
  CHECK(line.flush(patience));
  REQUIRE(one.items().size() == 1);
  REQUIRE(other.items().size() == 1);
  CHECK(one.items()[0]("/data/uuid") == other.items()[0]("/data/uuid"));
  CHECK(*other.requests()[0].header("X-Rollbar-Access-Token") == "another-token-0123");
}

TEST_CASE("rollbar: many threads report at once, and each report arrives once") {
  fake_rollbar rollbar;
  reporting on{rollbar};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      fl::with_default const here{on.line};
      for (int i = 0; i < 25; ++i) report("t" + std::to_string(t) + "-" + std::to_string(i));
    });
  for (auto& each : threads) each.join();
  CHECK(on.line.flush(patience));
  std::set<std::string> seen;
  for (auto const& each : rollbar.items()) CHECK(seen.insert(each("/data/body/trace/exception/message")).second);
  CHECK(seen.size() == 100);
  CHECK(on.stats().delivered == 100);
}

TEST_CASE("rollbar: what is not to be transmitted is built, shown and counted") {
  fl::rollbar_config how;
  how.transmit = false;
  std::vector<std::string> shown, results;
  how.on_item = [&](std::string_view json) { shown.emplace_back(json); };
  how.on_result = [&](std::string_view uuid, fl::rollbar_result what) { results.push_back(std::string{uuid} + (what == fl::rollbar_result::built ? " built" : "")); };
  problem_log problems;
  fl::pipeline line{plain({fl::rollbar(how)}, problems)};
  fl::with_default const here{line};
  fl::error_report{std::runtime_error{"boom"}}.set("password", "hunter2");
  CHECK(line.flush(patience));
  REQUIRE(shown.size() == 1);
  CHECK(wrong_with_item(shown[0]) == "");
  CHECK(shown[0].find("hunter2") == std::string::npos);
  REQUIRE(results.size() == 1);
  CHECK(results[0] == sent_item{shown[0], {}}("/data/uuid") + " built");
}

TEST_CASE("rollbar: logs and spans are looked at, and not counted") {
  fake_rollbar rollbar;
  reporting on{rollbar};
  for (int i = 0; i < 10; ++i) fl::info("log");
  make_spans(10);
  report("r");
  CHECK(on.line.flush(patience));
  CHECK(on.stats().accepted == 1);
  CHECK(on.stats().delivered == 1);
  CHECK(rollbar.items().at(0).size("/data/body/telemetry") == 20);
}

TEST_CASE("rollbar: the environment answers what the code leaves open") {
  fake_rollbar rollbar;
  problem_log problems;
  auto how = plain({fl::rollbar()}, problems);
  how.read_environment = true;
  how.version = "1.0";
  how.instead.environment = test::reading({{"ROLLBAR_ACCESS_TOKEN", fake_rollbar::token},
                                           {"ROLLBAR_ENDPOINT", rollbar.endpoint().substr(0, rollbar.endpoint().size() - 5)},
                                           {"ROLLBAR_ENVIRONMENT", "staging"},
                                           {"ROLLBAR_CODE_VERSION", "abc123"},
                                           {"FANLIGHT_LOG_GROUP", "shop"}});
  fl::pipeline line{how};
  fl::with_default const here{line};
  report("r");
  CHECK(line.flush(patience));
  REQUIRE(rollbar.items().size() == 1);
  auto const item = rollbar.items()[0];
  CHECK(item("/data/environment") == "staging");
  CHECK(item("/data/code_version") == "abc123");
  CHECK(item("/data/custom/log_group") == "shop");
  CHECK(rollbar.complaints().empty());
}

TEST_CASE("rollbar: a configuration that makes no sense is told in words") {
  problem_log problems;
  auto const said = [](fl::rollbar_config how) {
    how.access_token = "token";
    std::string out;
    for (auto const& each : fl::rollbar(std::move(how)).problems) out += each.what + "\n";
    return out;
  };
  CHECK(said({}) == "");
  CHECK_THAT(said({.endpoint = "api.rollbar.com"}), ContainsSubstring("https://api.rollbar.com/api/1/item/"));
  CHECK_THAT(said({.ignore_messages = {"("}}), ContainsSubstring("regular expression"));
  CHECK_THAT(said({.max_bytes = 100}), ContainsSubstring("max_bytes is 100"));
  CHECK_THAT(said({.rules = {{.type = "", .share = 2}}}), ContainsSubstring("a rule needs a type"));
  CHECK_THAT(said({.timeout = 0ms}), ContainsSubstring("timeout"));
}

TEST_CASE("rollbar: a deploy is told, and its end") {
  test::fault_server server;
  server.next(behaviour::answer(200, {}, R"({"data":{"deploy_id":99},"err":0})"));
  server.next(behaviour::answer(200, {}, R"({"err":0,"result":{}})"));
  server.next(refused_with(403, "token deploy-token-1 is no good"));
  fl::rollbar_deploy what{.environment = "production", .revision = "abc123", .status = "started", .access_token = "deploy-token-1", .endpoint = server.url("/api/1/item/")};
  auto const made = fl::report_deploy(what, 10s);
  CHECK(made.done);
  CHECK(made.id == 99);
  what.id = made.id, what.status = "succeeded";
  CHECK(fl::report_deploy(what, 10s).done);
  auto const failed = fl::report_deploy(what, 10s);
  CHECK_FALSE(failed.done);
  CHECK_THAT(failed.why, ContainsSubstring("403") && !ContainsSubstring("deploy-token-1"));
  auto const requests = server.requests();
  CHECK(requests[0].method == "POST");
  CHECK(requests[0].target == "/api/1/deploy/");
  CHECK(requests[0].body == R"({"status":"started","environment":"production","revision":"abc123"})");
  CHECK(requests[1].method == "PATCH");
  CHECK(requests[1].target == "/api/1/deploy/99");
  CHECK(requests[1].body == R"({"status":"succeeded"})");
}
