// Items as Rollbar gets them: the public cases that are about what stands in one, over a strict server on loopback.
#include "catch.hpp"
#include "support/fake_rollbar.hpp"

#include <fanlight/emf.hpp>
#include <fanlight/impl/rollbar/builder.hpp>
#include <fanlight/impl/rollbar/truncate.hpp>
#include <fanlight/propagation.hpp>

#include <cmath>
#include <limits>
#include <stdexcept>

using namespace support;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Large items fit into what is captured.
void roomy(fl::config& all) { all.batching.capture_bytes = std::size_t{8} << 20; }
template <class Story>
sent_item item_of(fl::rollbar_config how, Story story) {
  auto const all = items_of(std::move(story), std::move(how), roomy);
  REQUIRE(all.size() == 1);
  return all.front();
}

void report_boom() { fl::error_report{std::runtime_error{"boom"}}; }

}  // namespace

TEST_CASE("P01 an exception becomes an item") {
  fake_rollbar rollbar;
  reporting on{rollbar, {.root = "/srv/app"}};
  report_boom();
  REQUIRE(on.line.flush(patience));
  auto const requests = rollbar.requests();
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].method == "POST");
  CHECK(requests[0].target == "/api/1/item/");
  CHECK(*requests[0].header("X-Rollbar-Access-Token") == fake_rollbar::token);
  CHECK(*requests[0].header("Content-Type") == "application/json");
  CHECK(requests[0].body.find(fake_rollbar::token) == std::string::npos);
  auto const item = rollbar.items().at(0);
  CHECK(item("/data/body/trace/exception/class") == "std::runtime_error");
  CHECK(item("/data/body/trace/exception/message") == "boom");
  CHECK_FALSE(item.has("/data/body/trace_chain"));
  CHECK(item("/data/level") == "error");
  CHECK(item("/data/language") == "c++");
  CHECK(item("/data/platform") == "linux");
  CHECK(item("/data/environment") == "test");
  CHECK(item("/data/server/root") == "/srv/app");
  CHECK(item("/data/uuid").size() == 36);
  CHECK_FALSE(item.has("/access_token"));
  CHECK(item("/data/notifier/name") == "fanlight");
  CHECK(rollbar.complaints().empty());
  CHECK(on.stats().delivered == 1);
  CHECK(on.counts().sent == 1);
}

TEST_CASE("P04 a message keeps its fields beside its text") {
  auto const item = item_of({}, [] { fl::error_report{"slow", fl::level::warn}.set("route", "home").set("ms", 15.5); });
  CHECK(item("/data/body/message/body") == "slow");
  CHECK(item("/data/body/message/route") == "home");
  CHECK(item("/data/body/message/ms") == "15.5");
  CHECK(item("/data/level") == "warning");
}

TEST_CASE("P06 values of secret keys are hidden, whatever their case and depth") {
  auto const item = item_of({}, [] {
    fl::array list;
    list.push(fl::object{{"authToken", "t"}});
    fl::error_report{std::runtime_error{"boom"}}
        .set("order", 5)
        .set("Password", "p")
        .set("nested", fl::object{{"api_key", "k"}, {"list", list}})
        .set("token_count", 7)
        .set("db_password", "d");
  });
  CHECK(item("/data/custom/Password") == "[FILTERED]");
  CHECK(item("/data/custom/nested/api_key") == "[FILTERED]");
  CHECK(item("/data/custom/nested/list/0/authToken") == "[FILTERED]");
  CHECK(item("/data/custom/token_count") == "7");
  CHECK(item("/data/custom/db_password") == "[FILTERED]");
  CHECK(item("/data/custom/order") == "5");
}

TEST_CASE("P07 passwords inside texts are hidden where they stand") {
  auto const item = item_of({}, [] {
    fl::error_report{std::runtime_error{"GET http://u:pw@h/x?password=1&q=2 failed"}}.set("url.full", "http://u:pw@h/x?password=1&q=2");
  });
  CHECK(item("/data/body/trace/exception/message") == "GET http://u:[FILTERED]@h/x?password=[FILTERED]&q=2 failed");
  CHECK(item("/data/request/url") == "http://u:[FILTERED]@h/x?password=[FILTERED]&q=2");
}

TEST_CASE("P08 a large text is cut, and the item fits") {
  auto const item = item_of({}, [] { fl::error_report{std::runtime_error{"boom"}}.set("blob", std::string(700 << 10, 'x')); });
  CHECK(item.body.size() <= 524'288);
  CHECK(item.size("/data/custom/blob") == 1024);
  CHECK(item("/data/body/trace/exception/message") == "boom");
  CHECK_THAT(item("/data/notifier/diagnostic/truncation"), ContainsSubstring("\"strings:1024\""));
  CHECK(std::stoul(item("/data/notifier/diagnostic/original_bytes")) > (700u << 10));
}

TEST_CASE("P09 of a deep stack the first and the last 30 frames are kept, in order") {
  fl::detail::rollbar_source source;
  source.uuid = "0b5f3f1e-6c1a-4b0e-9d57-000000000001";
  source.errors.push_back({"std::runtime_error", "deep", {}});
  for (int i = 0; i < 400; ++i) source.errors[0].frames.push_back({"a.cpp", std::to_string(i) + std::string(2048, 'f'), 1, {}, {}, {}, {}, false});
  fl::rollbar_config const how;
  fl::detail::rollbar_builder const builder{how, nullptr};
  auto data = builder.build(source, builder.event_of(source));
  std::string body;
  CHECK(fl::detail::fit_rollbar_item(data, 524'288, body));
  CHECK(wrong_with_item(body) == "");
  sent_item const item{body, {}};
  CHECK(body.size() <= 524'288);
  REQUIRE(item.size("/data/body/trace/frames") == 60);
  for (int i = 0; i < 60; ++i) {
    auto const method = item("/data/body/trace/frames/" + std::to_string(i) + "/method");
    CHECK(method.substr(0, method.find('f')) == std::to_string(i < 30 ? i : 340 + i));
  }
}

TEST_CASE("P17 an item names its trace, for every back end") {
  std::string span_id;
  auto const item = item_of({}, [&] {
    auto const caller = fl::extract([](std::string_view name) {
      return name == "traceparent" ? std::string_view{"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"} : std::string_view{};
    });
    fl::scoped_span const span{"request", {.kind = fl::span_kind::server, .parent = caller}};
    span_id = span.context().span_id().hex().view();
    report_boom();
  });
  CHECK(item.attribute("trace_id") == "0af7651916cd43dd8448eb211c80319c");
  CHECK(item.attribute("span_id") == span_id);
  CHECK(item("/data/custom/trace_id") == "0af7651916cd43dd8448eb211c80319c");
  CHECK(item("/data/custom/span_id") == span_id);
  CHECK(item("/data/custom/xray_trace_id") == "1-0af76519-16cd43dd8448eb211c80319c");
}

TEST_CASE("P17 a key of the caller's own of that name wins") {
  auto const item = item_of({}, [] {
    fl::scoped_span const span{"request"};
    fl::error_report{std::runtime_error{"boom"}}.set("trace_id", "mine");
  });
  CHECK(item("/data/custom/trace_id") == "mine");
  CHECK(item.attribute("trace_id").size() == 32);
}

TEST_CASE("P18 what was logged and called before an error goes with it, oldest first") {
  auto const item = item_of({}, [] {
    fl::info("one", {{"password", "p"}});
    {
      fl::scoped_span const call{"GET /a", {.kind = fl::span_kind::client}, {{"http.request.method", "GET"}, {"url.full", "http://h/a"}, {"http.response.status_code", 200}}};
    }
    fl::error("two");
    fl::debug("not this");
    report_boom();
    fl::info("too late");
  });
  REQUIRE(item.size("/data/body/telemetry") == 3);
  CHECK(item("/data/body/telemetry/0/type") == "log");
  CHECK(item("/data/body/telemetry/1/type") == "network");
  CHECK(item("/data/body/telemetry/2/type") == "log");
  CHECK(item("/data/body/telemetry/0/body/message") == "one");
  CHECK(item("/data/body/telemetry/0/body/password") == "[FILTERED]");
  CHECK(item("/data/body/telemetry/0/source") == "server");
  CHECK(item("/data/body/telemetry/1/body/status_code") == "200");
  CHECK(item("/data/body/telemetry/1/body/method") == "GET");
  CHECK(item("/data/body/telemetry/2/level") == "error");
  for (int i = 1; i < 3; ++i)
    CHECK(std::stoll(item("/data/body/telemetry/" + std::to_string(i - 1) + "/timestamp_ms")) <= std::stoll(item("/data/body/telemetry/" + std::to_string(i) + "/timestamp_ms")));
}

TEST_CASE("rollbar: lines of metrics are for machines, and no telemetry") {
  auto const item = item_of({}, [] {
    fl::emf{"cruddur"}.dimensions({{"Service", "timeline"}}).metric("Latency", 12.5);
    fl::info("logged");
    report_boom();
  });
  REQUIRE(item.size("/data/body/telemetry") == 1);
  CHECK(item("/data/body/telemetry/0/body/message") == "logged");
}

TEST_CASE("rollbar: telemetry is the hundred newest before the error, and earlier errors are among them") {
  auto const items = items_of(
      [] {
        for (int i = 0; i < 300; ++i) fl::info("log " + std::to_string(i));
        fl::error_report{std::runtime_error{"first"}};
        fl::error_report{std::runtime_error{"second"}};
        for (int i = 0; i < 300; ++i) fl::info("later " + std::to_string(i));
      },
      {}, roomy);
  REQUIRE(items.size() == 2);
  CHECK(items[0].size("/data/body/telemetry") == 100);
  CHECK(items[0]("/data/body/telemetry/99/body/message") == "log 299");
  CHECK(items[1]("/data/body/telemetry/99/type") == "error");
  CHECK(items[1]("/data/body/telemetry/99/body/message") == "first");
}

TEST_CASE("P19 the first rule that matches a type or its base decides") {
  fl::rollbar_config how;
  how.rules = {{.type = "std::out_of_range", .level = fl::rollbar_level::ignored}, {.type = "std::exception", .level = fl::rollbar_level::warning}};
  auto const items = items_of(
      [] {
        fl::error_report{std::out_of_range{"o"}};
        fl::error_report{std::runtime_error{"r"}};
        fl::error_report{"no exception"};
      },
      how);
  REQUIRE(items.size() == 2);
  CHECK(items[0]("/data/level") == "warning");
  CHECK(items[1]("/data/level") == "error");
}

TEST_CASE("P20 a transform that throws is not asked again, and the item goes as it was") {
  fake_rollbar rollbar;
  fl::rollbar_config how;
  auto const calls = std::make_shared<int>(0);
  how.transform = [calls](fl::rollbar_item& item) {
    item.set("environment", "b");
    if (++*calls == 2) throw std::runtime_error{"hook"};
  };
  reporting on{rollbar, how};
  for (int i = 0; i < 3; ++i) fl::error_report{std::runtime_error{"boom " + std::to_string(i)}};
  CHECK(on.line.flush(patience));
  auto const items = rollbar.items();
  REQUIRE(items.size() == 3);
  CHECK(items[0]("/data/environment") == "b");
  CHECK(items[1]("/data/environment") == "test");
  CHECK(items[2]("/data/environment") == "test");
  CHECK(on.counts().hook_failures == 1);
  CHECK(*calls == 2);
}

TEST_CASE("P21 what JSON cannot say is said in a way that it can") {
  auto const item = item_of({}, [] {
    fl::error_report{std::runtime_error{"bad \xff utf8"}}
        .set("n", std::nan(""))
        .set("i", std::numeric_limits<double>::infinity())
        .set("u", std::numeric_limits<std::uint64_t>::max())
        .set("z", std::string_view{"a\0b", 3});
  });
  CHECK(item("/data/body/trace/exception/message") == "bad \xEF\xBF\xBD utf8");
  CHECK(item("/data/custom/n") == "NaN");
  CHECK(item("/data/custom/i") == "Infinity");
  CHECK(item("/data/custom/u") == "18446744073709551615");
  CHECK(item("/data/custom/z") == std::string("a\0b", 3));
}

TEST_CASE("P22 a person is an id, and more only when asked, texts have Rollbar's lengths") {
  auto const story = [] {
    fl::error_report{std::runtime_error{"boom"}}
        .person({.id = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", .username = "u", .email = "e@x"})
        .set("rollbar.context", std::string(300, 'c'));
  };
  fl::rollbar_config how;
  how.code_version = std::string(60, 'v');
  auto const first = item_of(how, story);
  CHECK(first.size("/data/person/id") == 40);
  CHECK_FALSE(first.has("/data/person/username"));
  CHECK_FALSE(first.has("/data/person/email"));
  CHECK(first.size("/data/code_version") == 40);
  CHECK(first.size("/data/context") == 255);
  CHECK_FALSE(first.has("/data/custom/rollbar.context"));
  how.capture_email = true;
  CHECK(item_of(how, story)("/data/person/email") == "e@x");
}

TEST_CASE("rollbar: person, request, context and custom follow the scopes that are open") {
  fl::rollbar_config how;
  how.capture_ip = fl::rollbar_ip::anonymize;
  auto const item = item_of(how, [] {
    fl::annotation const who{"user.id", "u-81"};
    fl::annotation const where{"rollbar.context", "orders#create"};
    fl::annotation const method{"http.request.method", "POST"};
    fl::annotation const url{"url.full", "https://shop/orders?token=x"};
    fl::annotation const address{"client.address", "192.0.2.77"};
    fl::metadata const params{"params", fl::object{{"id", 7}, {"card_number", "4111"}}, "request"};
    fl::metadata const plan{"plan", "pro", "billing"};
    fl::metadata const tenant{"tenant", "acme"};
    fl::error_report{std::runtime_error{"boom"}}.fingerprint(std::string(50, 'f')).set("rollbar.title", "Order lost");
  });
  CHECK(item("/data/person/id") == "u-81");
  CHECK(item("/data/context") == "orders#create");
  CHECK(item("/data/request/method") == "POST");
  CHECK(item("/data/request/url") == "https://shop/orders?token=[FILTERED]");
  CHECK(item("/data/request/user_ip") == "192.0.2.0");
  CHECK(item("/data/request/params/id") == "7");
  CHECK(item("/data/request/params/card_number") == "[FILTERED]");
  CHECK(item("/data/custom/billing/plan") == "pro");
  CHECK(item("/data/custom/tenant") == "acme");
  CHECK(item("/data/title") == "Order lost");
  CHECK(item.size("/data/fingerprint") == 40);
}

TEST_CASE("rollbar: hooks name, group, change and ignore") {
  fl::rollbar_config how;
  how.ignore_messages = {"^connection reset by .*peer$"};
  how.on_event = [](fl::rollbar_event& event) {
    if (event.message == "drop me") event.drop = true;
    event.level = fl::rollbar_level::critical;
  };
  how.title = [](fl::rollbar_event const& event) { return "about " + event.message; };
  how.fingerprint = [](fl::rollbar_event const& event) { return event.type; };
  how.ignore = [](fl::rollbar_event const& event, fl::rollbar_item const& item) { return event.message == "ignore me" && item.has("body/trace"); };
  how.transform = [](fl::rollbar_item& item) {
    item.set("custom/added/deep", 1).set("custom/password", "hunter2").remove("server").set("body/trace/frames/0/method", "renamed");
  };
  auto const item = item_of(how, [] {
    for (auto const* words : {"drop me", "ignore me", "connection reset by the peer", "keep me"}) fl::error_report{std::runtime_error{words}};
  });
  CHECK(item("/data/body/trace/exception/message") == "keep me");
  CHECK(item("/data/level") == "critical");
  CHECK(item("/data/title") == "about keep me");
  CHECK(item("/data/fingerprint") == "std::runtime_error");
  CHECK(item("/data/custom/added/deep") == "1");
  CHECK(item("/data/custom/password") == "[FILTERED]");
  CHECK(item("/data/body/trace/frames/0/method") == "renamed");
  CHECK_FALSE(item.has("/data/server"));
}

TEST_CASE("rollbar: the same error reported twice is one item") {
  fake_rollbar rollbar;
  reporting on{rollbar};
  try {
    throw std::runtime_error{"once"};
  } catch (std::exception const& error) {
    fl::error_report{error};
    fl::error_report{error};
  }
  CHECK(on.line.flush(patience));
  CHECK(rollbar.items().size() == 1);
  CHECK(on.counts().duplicates == 1);
  CHECK(filtered_by(on.stats(), fl::filter::ignored) == 1);
}

TEST_CASE("rollbar: whatever is in it, an item fits, and keeps what it is about") {
  fl::rollbar_config how;
  fl::detail::rollbar_builder const builder{how, nullptr};
  auto const big = [](std::size_t count) { return std::string(count, 'x'); };
  for (std::size_t const limit : {std::size_t{8'192}, std::size_t{65'536}, std::size_t{524'288}})
    for (int which = 0; which < 6; ++which) {
      fl::detail::rollbar_source source;
      source.uuid = "0b5f3f1e-6c1a-4b0e-9d57-000000000001";
      source.trace_id = "0af7651916cd43dd8448eb211c80319c";
      for (int i = 0; i < 16; ++i) source.errors.push_back({"my::error<" + big(which == 0 ? 5'000 : 5) + ">", big(which == 1 ? 100'000 : 10), {}});
      for (int i = 0; i < (which == 2 ? 5'000 : 1); ++i) source.own.members.push_back([&] {
        auto one = fl::detail::rollbar_node::text(big(40));
        one.key = "key" + std::to_string(i);
        return one;
      }());
      if (which == 3) source.extra.within("request").put("body", big(800'000)), source.extra.within("request").put("params", big(900'000));
      for (auto& error : source.errors)
        for (int i = 0; i < (which == 4 ? 500 : 2); ++i) error.frames.push_back({big(which == 5 ? 30'000 : 30), "f", 1, "/lib/m.so", "ab", "0x1", "0x2", false});
      auto as = builder.event_of(source);
      as.title = "the title";
      auto data = builder.build(source, as);
      std::string body;
      fl::detail::fit_rollbar_item(data, limit, body);
      CAPTURE(limit, which);
      CHECK(body.size() <= limit);
      CHECK(wrong_with_item(body) == "");
      sent_item const item{body, {}};
      CHECK(item("/data/body/trace_chain/0/exception/class").substr(0, 9) == "my::error");
      CHECK(item("/data/uuid") == source.uuid);
      CHECK(item("/data/title") == "the title");
      CHECK(item("/data/custom/trace_id") == source.trace_id);
      CHECK(item("/data/environment") == "production");
    }
}
