// Tells Rollbar the stories that rollbar_python/tell.py and rollbar_node/tell.mjs tell through Rollbar's own SDKs, an item each.
//   rollbar_story ENDPOINT TOKEN [STORY...]
// The last line says what became of the reports. Exit status 0: the program came to its end, whatever was lost.
#include <fanlight/fanlight.hpp>

#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string_view>

namespace fl = fanlight;
using namespace std::chrono_literals;

namespace {

/// What was thrown in there, as a handler gets it.
template <class Work, class Report>
void caught(Work work, Report report) {
  try {
    fl::guarded(work);
  } catch (std::exception const& error) {
    report(error);
  }
}

void exception() {
  caught([] { throw std::runtime_error{"boom"}; },
         [](std::exception const& error) {
           fl::object const nested{{"secret", "hunter3"}, {"list", fl::array{1, "two", fl::object{{"deep", 3}}}}};
           fl::error_report{error}.set("order", 5).set("ratio", 0.5).set("yes", true).set("none", nullptr).set("password", "hunter2").set("nested", nested);
         });
}

void open_it() { throw std::runtime_error{"open"}; }
void load() {
  try {
    open_it();
  } catch (...) {
    std::throw_with_nested(std::runtime_error{"load config"});
  }
}
void begin() {
  try {
    load();
  } catch (...) {
    std::throw_with_nested(std::invalid_argument{"start"});
  }
}
void chain() {
  caught(begin, [](std::exception const& error) { fl::report(error); });
}

void message() { fl::message(fl::level::warn, "slow", {{"page", "home"}, {"ms", 15.5}}); }
void bare_message() { fl::message(fl::level::info, "bare"); }

void request() {
  fl::metadata const query{"GET", fl::object{{"q", "2"}, {"password", "hunter4"}}, "request"};
  fl::annotation const url{"url.full", "http://shop.example/orders?password=hunter4&q=2"};
  fl::annotation const method{"http.request.method", "GET"};
  fl::annotation const route{"http.route", "/orders"};
  fl::annotation const address{"client.address", "192.0.2.7"};
  fl::metadata const headers{"headers", fl::object{{"host", "shop.example"}, {"user-agent", "a test/1"}, {"authorization", "hunter5"}}, "request"};
  caught([] { throw std::runtime_error{"in a request"}; },
         [](std::exception const& error) { fl::error_report{error}.person({.id = "u-81", .username = "andrew", .email = "andrew@example.com"}); });
}

[[gnu::noinline]] void named_thrower() { throw std::runtime_error{"named"}; }
void named() {
  caught(named_thrower, [](std::exception const& error) { fl::error_report{error}.at(fl::level::critical).fingerprint("0123456789").set("rollbar.title", "a title"); });
}

void traced() {
  fl::scoped_span const outer{"outer"};
  fl::scoped_span const inner{"inner"};
  caught([] { throw std::runtime_error{"in a trace"}; }, [](std::exception const& error) { fl::report(error); });
}

void before() {
  fl::info("one");
  {
    fl::scoped_span call{"GET", {.kind = fl::span_kind::client}, {{"http.request.method", "GET"}, {"url.full", "http://pay.example/charge?password=hunter6"}}};
    call.set("http.response.status_code", 200);
  }
  caught([] { throw std::runtime_error{"after all that"}; }, [](std::exception const& error) { fl::report(error); });
}

struct story {
  std::string_view name;
  void (*tell)();
};
constexpr story stories[]{{"exception", exception}, {"chain", chain}, {"message", message}, {"bare_message", bare_message},
                          {"request", request},     {"named", named}, {"traced", traced},   {"before", before}};

fl::config setting(char const* endpoint, char const* token) {
  fl::rollbar_config how;
  how.access_token = token, how.endpoint = endpoint;
  how.environment = "test", how.code_version = "1.2.3", how.root = "/srv/app", how.branch = "main", how.host = "here";
  how.capture_email = how.capture_username = true;
  how.retry_first = 50ms;
  how.timeout = 20s;
  fl::config out;
  out.service = "story";
  out.exporters = {fl::rollbar(how)};
  out.shutdown_within = 30s;
  out.on_problem = [](fl::problem const& told) { std::printf("%s\n", told.what.c_str()); };
  return out;
}

bool is_chosen(std::string_view name, int count, char** words) {
  for (int i = 3; i < count; ++i)
    if (name == words[i]) return true;
  return count == 3;
}

}  // namespace

/// Each story has a session of its own, as if it were all there is.
int main(int count, char** words) {
  if (count < 3) return std::fputs("usage: rollbar_story ENDPOINT TOKEN [STORY...]\n", stderr), 2;
  for (auto const& each : stories) {
    if (!is_chosen(each.name, count, words)) continue;
    auto session = fl::init(setting(words[1], words[2]));
    each.tell();
    session.flush(60s);
    auto const told = session.stats();
    std::printf("%s: %llu of %llu delivered\n", each.name.data(), static_cast<unsigned long long>(told.delivered), static_cast<unsigned long long>(told.accepted));
  }
  return 0;
}
