// What was captured of an exception, as Rollbar sees it: the public cases about types, causes, stacks and the spans it crossed.
#include "catch.hpp"
#include "support/fake_rollbar.hpp"

#include <fanlight/exporters/memory.hpp>
#include <fanlight/log.hpp>

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <system_error>

using namespace support;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::EndsWith;

namespace {

void start() {
  try {
    try {
      throw std::system_error{2, std::generic_category(), "open"};
    } catch (...) {
      std::throw_with_nested(std::runtime_error{"load config"});
    }
  } catch (...) {
    std::throw_with_nested(std::logic_error{"start"});
  }
}

extern "C" __attribute__((noinline)) void fanlight_test_c(int value) {
  if (value != 0) throw std::runtime_error{"deep"};
  std::puts("");
}
extern "C" __attribute__((noinline)) void fanlight_test_b(int value) {
  fanlight_test_c(value);
  std::puts("");
}
extern "C" __attribute__((noinline)) void fanlight_test_a(int value) {
  fanlight_test_b(value);
  std::puts("");
}

struct timeout : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct tagged {
  virtual ~tagged() = default;
};
struct payment_timeout : tagged, timeout {
  payment_timeout() : timeout{"payment"} {}
};

}  // namespace

TEST_CASE("P02 causes are a chain, the reported one first") {
  auto const items = items_of([] {
    try {
      start();
    } catch (std::exception const& error) {
      fl::report(error);
    }
  });
  REQUIRE(items.size() == 1);
  auto const& item = items[0];
  CHECK_FALSE(item.has("/data/body/trace"));
  REQUIRE(item.size("/data/body/trace_chain") == 3);
  CHECK(item("/data/body/trace_chain/0/exception/class") == "std::logic_error");
  CHECK(item("/data/body/trace_chain/1/exception/class") == "std::runtime_error");
  CHECK(item("/data/body/trace_chain/2/exception/class") == "std::system_error");
  CHECK_THAT(item("/data/body/trace_chain/2/exception/message"), EndsWith("[generic:2]") && ContainsSubstring("open: "));
}

TEST_CASE("P03 whatever is thrown has a class and a message") {
  auto const items = items_of([] {
    auto const tell = [](auto throws) {
      try {
        throws();
      } catch (...) {
        fl::report_current();
      }
    };
    tell([] { throw 42; });
    tell([] { throw "literal"; });
    tell([] { throw std::string{"s"}; });
  });
  REQUIRE(items.size() == 3);
  CHECK(items[0]("/data/body/trace/exception") == R"({"class":"int","message":"42"})");
  CHECK(items[1]("/data/body/trace/exception") == R"({"class":"char const*","message":"literal"})");
  CHECK(items[2]("/data/body/trace/exception") == R"({"class":"std::string","message":"s"})");
}

TEST_CASE("P05 the stack of the throw, innermost last, without addresses in names") {
  auto const items = items_of([] {
    try {
      fl::guarded([] { fanlight_test_a(1); });
    } catch (std::exception const& error) {
      fl::report(error);
    }
  });
  REQUIRE(items.size() == 1);
  auto const count = items[0].size("/data/body/trace/frames");
  REQUIRE(count > 4);
  std::string order;
  for (std::size_t i = 0; i < count; ++i) {
    auto const at = "/data/body/trace/frames/" + std::to_string(i);
    auto const method = items[0](at + "/method"), file = items[0](at + "/filename");
    if (method.substr(0, 14) == "fanlight_test_") order += method.substr(14);
    CHECK_THAT(method, !ContainsSubstring("0x") && !ContainsSubstring("clone") && !ContainsSubstring("[abi"));
    CHECK_THAT(file, !ContainsSubstring("0x"));
  }
  CHECK(order == "abc");
  CHECK(items[0]("/data/body/trace/frames/" + std::to_string(count - 1) + "/method") == "fanlight_test_c");
}

TEST_CASE("P14 an exception that crosses spans is one item, with the way to it") {
  auto const items = items_of(
      [] {
        try {
          fl::guarded([] {
            fl::scoped_span const outer{"outer"};
            fl::scoped_span inner{"inner"};
            inner.set("rows", 3);
            throw std::runtime_error{"A"};
          });
        } catch (std::exception const&) {
        }
      },
      {}, [](fl::config& how) { how.report_on_unwind = true; });
  REQUIRE(items.size() == 1);
  CHECK(items[0]("/data/body/trace/exception/message") == "A");
  CHECK(items[0]("/data/custom/span_path") == R"(["outer","inner"])");
  CHECK(items[0]("/data/custom/rows") == "3");
  CHECK(items[0].attribute("span_id").size() == 16);
}

TEST_CASE("P15 what is left in order is no item") {
  auto const items = items_of(
      [] {
        { fl::scoped_span const span{"normal"}; }
        { fl::error_scope const scope{"normal"}; }
        struct cleans_up {
          ~cleans_up() { fl::error_scope const scope{"in a destructor"}; }
        };
        try {
          cleans_up const one;
          throw 1;
        } catch (int) {
        }
      },
      {}, [](fl::config& how) { how.report_on_unwind = true; });
  CHECK(items.empty());
}

TEST_CASE("rollbar: a rule for a base holds for types of the program's own, along every branch") {
  fl::rollbar_config how;
  how.rules = {{.type = "(anonymous namespace)::tagged", .level = fl::rollbar_level::info},
               {.type = "(anonymous namespace)::timeout", .level = fl::rollbar_level::warning},
               {.type = "std::exception", .level = fl::rollbar_level::debug}};
  auto const items = items_of(
      [] {
        fl::report(payment_timeout{});
        fl::report(timeout{"plain"});
        fl::report(std::out_of_range{"o"});
        for (bool const nested : {false, true}) try {
            if (nested) std::throw_with_nested(payment_timeout{});
            throw 5;
          } catch (...) {
            fl::report_current();
          }
      },
      how);
  REQUIRE(items.size() == 5);
  CHECK(items[0]("/data/level") == "info");
  CHECK(items[1]("/data/level") == "warning");
  CHECK(items[2]("/data/level") == "debug");
  CHECK(items[3]("/data/level") == "error");
  CHECK(items[4]("/data/level") == "info");  // also behind what std::throw_with_nested makes of it
}

TEST_CASE("rollbar: an error code is an error like others") {
  auto const items = items_of([] { fl::report(std::make_error_code(std::errc::timed_out)); });
  REQUIRE(items.size() == 1);
  CHECK(items[0]("/data/body/trace/exception/class") == "std::error_code");
  CHECK_THAT(items[0]("/data/body/trace/exception/message"), EndsWith("[generic:110]"));
}

namespace {

[[nodiscard]] std::function<void(fl::config&)> reporting_logs(fl::level least, std::shared_ptr<fl::memory> const& to = {}) {
  return [=](fl::config& how) {
    how.report_logged = least;
    if (!to) return;
    auto all = *how.exporters;
    all.push_back(to);
    how.exporters = std::move(all);
  };
}

}  // namespace

TEST_CASE("E28 an error that is logged in its handler becomes an item, once, and the log record has its uuid") {
  auto const kept = std::make_shared<fl::memory>();
  auto const items = items_of(
      [] {
        fl::scoped_span const span{"request"};
        try {
          fl::guarded([] { fanlight_test_a(1); });
        } catch (...) {
          fl::info("not worth a report");
          fl::logger{"shop.pay"}.error("could not pay", {{"order", 7}, {"password", "hunter2"}});
          fl::error("could still not pay");
          fl::report_current();
        }
        fl::error("nothing is being handled");
      },
      {}, reporting_logs(fl::level::error, kept));
  REQUIRE(items.size() == 1);
  CHECK(items[0]("/data/body/trace/exception/class") == "std::runtime_error");
  CHECK(items[0]("/data/body/trace/exception/message") == "deep");
  CHECK(items[0]("/data/level") == "error");
  CHECK(items[0]("/data/custom/log.message") == "could not pay");
  CHECK(items[0]("/data/custom/log.logger") == "shop.pay");
  CHECK(items[0]("/data/custom/order") == "7");
  CHECK(items[0]("/data/custom/password") == "[FILTERED]");
  CHECK(items[0].attribute("trace_id").size() == 32);
  auto const frames = items[0].size("/data/body/trace/frames");
  CHECK_THAT(items[0]("/data/body/trace/frames/" + std::to_string(frames - 1) + "/method"), ContainsSubstring("fanlight_test_c"));
  std::vector<std::string> ids;
  for (auto const& batch : kept->logs())
    for (auto const& each : batch) ids.emplace_back(each.error_id());
  auto const uuid = items[0]("/data/uuid");
  CHECK(ids == std::vector<std::string>{"", uuid, uuid, ""});
}

TEST_CASE("E28 the level decides, and is the item's, without the setting log records report nothing") {
  auto const story = [] {
    try {
      throw std::runtime_error{"boom"};
    } catch (...) {
      fl::warn("a warning");
      fl::critical([] { return "made late"; });
    }
  };
  auto const critical = items_of(story, {}, reporting_logs(fl::level::critical));
  REQUIRE(critical.size() == 1);
  CHECK(critical[0]("/data/level") == "critical");
  CHECK(critical[0]("/data/custom/log.message") == "made late");
  auto const warning = items_of(story, {}, reporting_logs(fl::level::warn));
  REQUIRE(warning.size() == 1);
  CHECK(warning[0]("/data/level") == "warning");
  CHECK(items_of(story).empty());
}
