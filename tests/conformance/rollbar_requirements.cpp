// Requirements of the Rollbar client one by one, by their numbers, where no public case speaks of them.
#include "catch.hpp"
#include "support/fake_rollbar.hpp"
#include "support/transport_double.hpp"

#include <fanlight/exporters/memory.hpp>
#include <fanlight/log.hpp>

#include <map>
#include <new>
#include <stdexcept>
#include <thread>

using namespace support;
using Catch::Matchers::ContainsSubstring;

namespace {

[[gnu::noinline]] void report(std::string const& words) { fl::error_report{std::runtime_error{words}}; }

}  // namespace

TEST_CASE("E1 each function gives the uuid that its item has, and none throws") {
  static_assert(noexcept(fl::report(std::declval<std::exception const&>())));
  static_assert(noexcept(fl::report(std::exception_ptr{})));
  static_assert(noexcept(fl::report_current()));
  static_assert(noexcept(fl::report(std::make_error_code(std::errc::io_error))));
  static_assert(noexcept(fl::message(fl::level::info, "text")));
  std::vector<std::string> uuids;
  auto const items = items_of([&] {
    auto const add = [&](auto const& uuid) { uuids.emplace_back(uuid.view()); };
    add(fl::report(std::runtime_error{"never thrown"}));
    add(fl::report(std::make_exception_ptr(std::logic_error{"kept"})));
    try {
      throw 7;
    } catch (...) {
      add(fl::report_current());
    }
    add(fl::report(std::make_error_code(std::errc::io_error)));
    add(fl::message(fl::level::warn, "text", {{"k", 1}}));
    CHECK(fl::report_current().view().empty());
    CHECK(fl::report(std::exception_ptr{}).view().empty());
  });
  REQUIRE(items.size() == uuids.size());
  for (std::size_t i = 0; i < items.size(); ++i) CHECK(items[i]("/data/uuid") == uuids[i]);
}

TEST_CASE("E6 what the configuration says stands on every item, and the report wins over it") {
  fl::rollbar_config how;
  how.environment = "staging", how.code_version = "1.2.3", how.root = "/srv/app/", how.branch = "main", how.host = "web-1", how.framework = "boost";
  how.platform = "freebsd";
  how.custom = fl::object{{"shop", "berlin"}, {"order", 0}};
  how.log_group = "group", how.log_stream = "stream";
  auto const items = items_of(
      [] {
        fl::error_report{std::runtime_error{"boom"}}.set("order", 7);
        fl::message(fl::level::info, "text");
      },
      how);
  REQUIRE(items.size() == 2);
  for (auto const& each : items) {
    CHECK(each("/data/environment") == "staging");
    CHECK(each("/data/code_version") == "1.2.3");
    CHECK(each("/data/server/code_version") == "1.2.3");
    CHECK(each("/data/server/root") == "/srv/app");
    CHECK(each("/data/server/branch") == "main");
    CHECK(each("/data/server/host") == "web-1");
    CHECK(each("/data/framework") == "boost");
    CHECK(each("/data/platform") == "freebsd");
    CHECK(each("/data/custom/shop") == "berlin");
    CHECK(each("/data/custom/log_group") == "group");
    CHECK(each("/data/custom/log_stream") == "stream");
  }
  CHECK(items[0]("/data/custom/order") == "7");
  CHECK(items[1]("/data/custom/order") == "0");
}

TEST_CASE("E8 where an exception was never thrown, the report's own place has its file and line without debug information") {
  auto const items = items_of([] { report("boom"); });
  REQUIRE(items.size() == 1);
  auto const last = "/data/body/trace/frames/" + std::to_string(items[0].size("/data/body/trace/frames") - 1);
  CHECK_THAT(items[0](last + "/filename"), ContainsSubstring("rollbar_requirements.cpp"));
  CHECK(std::stoi(items[0](last + "/lineno")) > 1);
  CHECK_THAT(items[0](last + "/method"), ContainsSubstring("report"));
}

TEST_CASE("E11 P14 item, event, outer span and log record of one error have one uuid") {
  auto const kept = std::make_shared<fl::memory>();
  auto const items = items_of(
      [] {
        try {
          fl::guarded([] {
            fl::scoped_span const outer{"outer"};
            fl::scoped_span const inner{"inner"};
            throw std::runtime_error{"A"};
          });
        } catch (...) {
          fl::warn("in the handler");
        }
      },
      {},
      [&](fl::config& how) {
        how.report_on_unwind = true;
        auto all = *how.exporters;
        all.push_back(kept);
        how.exporters = std::move(all);
      });
  REQUIRE(items.size() == 1);
  auto const uuid = items[0]("/data/uuid");
  std::map<std::string, int> events;
  for (auto const& batch : kept->spans())
    for (auto const& span : batch) {
      CHECK(span.status == fl::status_code::error);
      for (auto const& event : span.events()) {
        ++events[std::string{span.name}];
        for (auto const& each : event.attributes())
          if (each.key == "exception.type") CHECK(each.value.as_text() == "std::runtime_error");
        CHECK(span.error_id() == uuid);
      }
      if (span.name == "outer") CHECK(span.find("fanlight.error.id").as_text() == uuid);
    }
  CHECK(events == std::map<std::string, int>{{"inner", 1}});
  for (auto const& batch : kept->logs())
    for (auto const& log : batch) CHECK(log.error_id() == uuid);
}

TEST_CASE("E12 time limit, proxy and verification reach the transport") {
  auto const line_to = std::make_shared<wire>();
  fl::rollbar_config how;
  how.access_token = "token", how.proxy = "http://proxy:3128", how.verify = false, how.ca_file = "/etc/ours.pem", how.timeout = 700ms;
  how.instead.transport = [line_to](fl::detail::http_options const& options) {
    line_to->now.change([&](wire::state& all) { all.made.push_back(options); });
    return std::make_unique<transport_double>(line_to);
  };
  line_to->answers_with({answer(200, R"({"err":0,"result":{}})")});
  problem_log problems;
  fl::pipeline line{plain({fl::rollbar(how)}, problems)};
  fl::with_default const here{line};
  report("boom");
  CHECK(line.flush(patience));
  auto const seen = line_to->now.get();
  REQUIRE(seen.made.size() == 1);
  CHECK(seen.made[0].proxy == "http://proxy:3128");
  CHECK(seen.made[0].ca_file == "/etc/ours.pem");
  CHECK_FALSE(seen.made[0].verify);
  REQUIRE(seen.sent.size() == 1);
  CHECK(seen.sent[0].url == "https://api.rollbar.com/api/1/item/");
  CHECK(seen.sent[0].until - seen.sent[0].at <= 700ms);
  CHECK(seen.sent[0].header("X-Rollbar-Access-Token") == "token");
  CHECK(seen.sent[0].body.find("\"token\"") == std::string::npos);
}

TEST_CASE("E13 reports below the least level are not sent") {
  fl::rollbar_config how;
  how.minimum_level = fl::level::error;
  auto const items = items_of(
      [] {
        fl::message(fl::level::warn, "a warning");
        fl::message(fl::level::error, "an error");
        fl::error_report{std::runtime_error{"boom"}}.at(fl::level::debug);
      },
      how);
  REQUIRE(items.size() == 1);
  CHECK(items[0]("/data/body/message/body") == "an error");
}

TEST_CASE("E15 each report's fate is told by its uuid, and a hook that throws loses no item") {
  fake_rollbar rollbar;
  rollbar.answers_with({refused_with(422, "no")});
  fl::rollbar_config how;
  how.rules = {{.type = "std::bad_alloc", .level = fl::rollbar_level::ignored}};
  std::map<std::string, fl::rollbar_result> results;
  how.on_result = [&](std::string_view uuid, fl::rollbar_result what) { results[std::string{uuid}] = what; };
  how.on_event = [](fl::rollbar_event&) { throw std::runtime_error{"a hook"}; };
  how.ignore = [](fl::rollbar_event const&, fl::rollbar_item const&) -> bool { throw 5; };
  how.on_item = [](std::string_view) { throw std::runtime_error{"another hook"}; };
  reporting on{rollbar, how};
  std::string const refused{fl::report(std::runtime_error{"one"}).view()}, sent{fl::report(std::runtime_error{"two"}).view()}, ignored{fl::report(std::bad_alloc{}).view()};
  CHECK(on.line.flush(patience) == false);  // one was lost
  CHECK(results == std::map<std::string, fl::rollbar_result>{{refused, fl::rollbar_result::rejected}, {sent, fl::rollbar_result::sent}, {ignored, fl::rollbar_result::ignored}});
  CHECK(on.counts().hook_failures == 3);
  CHECK(rollbar.items().size() == 2);
}

TEST_CASE("E18 the oldest leave first") {
  auto const items = items_of([] {
    for (int i = 0; i < 30; ++i) report("r" + std::to_string(i));
  });
  REQUIRE(items.size() == 30);
  for (std::size_t i = 0; i < items.size(); ++i) CHECK(items[i]("/data/body/trace/exception/message") == "r" + std::to_string(i));
}

TEST_CASE("E21 flush and shutdown may come from any thread, more than once, and reports after them are lost in silence") {
  fake_rollbar rollbar;
  reporting on{rollbar};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      fl::with_default const here{on.line};
      for (int i = 0; i < 5; ++i) report("r"), static_cast<void>(on.line.flush(patience));
    });
  for (auto& each : threads) each.join();
  CHECK(rollbar.items().size() == 20);
  threads.clear();
  std::atomic<int> well{0};
  for (int t = 0; t < 4; ++t) threads.emplace_back([&] { well += on.line.shutdown(patience) ? 1 : 0; });
  for (auto& each : threads) each.join();
  CHECK(well == 4);
  report("late");
  CHECK(on.line.shutdown(patience));
  static_cast<void>(on.line.flush(1s));
  CHECK(rollbar.items().size() == 20);
}

TEST_CASE("E25 keys of one's own are hidden, and an address is not sent when it is not to be") {
  fl::rollbar_config how;
  how.scrub_keys = {"Shoe Size"};
  how.capture_ip = fl::rollbar_ip::none;
  auto const items = items_of(
      [] {
        fl::annotation const address{"client.address", "192.0.2.77"};
        fl::error_report{std::runtime_error{"at /x?shoe_size=44&n=1"}}.set("shoe-size", 44);
      },
      how);
  REQUIRE(items.size() == 1);
  CHECK(items[0]("/data/custom/shoe-size") == "[FILTERED]");
  CHECK(items[0]("/data/body/trace/exception/message") == "at /x?shoe_size=[FILTERED]&n=1");
  CHECK_FALSE(items[0].has("/data/request/user_ip"));
}

TEST_CASE("E27 clients differ in rules, hooks and state") {
  fake_rollbar one, other;
  problem_log problems;
  auto first = std::make_shared<fl::rollbar_watch>(), second = std::make_shared<fl::rollbar_watch>();
  fl::rollbar_config how;
  how.access_token = fake_rollbar::token, how.endpoint = one.endpoint(), how.watch = first;
  auto strict = how;
  strict.name = "strict", strict.endpoint = other.endpoint(), strict.watch = second;
  strict.rules = {{.type = "std::exception", .level = fl::rollbar_level::ignored}};
  other.answers_with({refused_with(403, "no")});
  fl::pipeline line{plain({fl::rollbar(how), fl::rollbar(strict)}, problems)};
  fl::with_default const here{line};
  report("for one");
  fl::message(fl::level::error, "for both");
  CHECK_FALSE(line.flush(patience));
  CHECK(first->stats().sent == 2);
  CHECK(second->stats().ignored == 1);
  CHECK(second->stats().rejected == 1);
  CHECK(one.items().size() == 2);
}
