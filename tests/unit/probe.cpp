// What guarded() sees of an exception on its way: type, text, causes and the stack of its throw, in destructors that it runs.
#include <fanlight/stack.hpp>
#include <fanlight/testing.hpp>
#include <fanlight/trace.hpp>

#include <exception>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <pthread.h>

#include "catch.hpp"

using namespace fanlight;

namespace {

[[gnu::noinline]] void throw_runtime_error() { throw std::runtime_error{"card declined"}; }
[[gnu::noinline]] void charge() {
  scoped_span const span{"charge"};
  throw_runtime_error();
}

[[nodiscard]] value attribute_of(event_record const& event, std::string_view key) {
  for (auto const& each : event.attributes())
    if (each.key == key) return each.value;
  return {};
}

[[nodiscard]] event_record exception_on(span_record const& span) {
  for (auto const& each : span.events())
    if (each.name == "exception") return each;
  FAIL("no exception on " << span.name);
  return {};
}

[[nodiscard]] std::vector<std::string> functions(stack_trace const& of) {
  std::vector<std::string> out;
  for (auto const& each : of.frames) out.push_back(each.function);
  return out;
}

[[nodiscard]] bool has(std::vector<std::string> const& all, std::string_view part) {
  for (auto const& each : all)
    if (each.find(part) != std::string::npos) return true;
  return false;
}

/// Throws `what` inside a guarded span, catches it outside, and gives the line of the span's exception.
template <class T>
[[nodiscard]] std::string seen(T const& what) {
  testing::capture taken;
  try {
    guarded([&] {
      scoped_span const span{"span"};
      throw what;
    });
  } catch (...) {}
  auto const event = exception_on(taken.spans()[0]);
  return std::string{attribute_of(event, "exception.type").as_text()} + "|" + std::string{attribute_of(event, "exception.message").as_text()};
}

struct base {
  virtual ~base() = default;
  int pad = 1;
};
struct odd : base, virtual std::runtime_error {
  odd() : std::runtime_error{"odd one"} {}
};
struct hidden : private std::runtime_error {
  hidden() : std::runtime_error{"nobody sees this"} {}
};
struct plain {};

}  // namespace

TEST_CASE("a span that an exception leaves inside guarded() knows type, text and where it was thrown") {
  testing::capture taken;
  try {
    scoped_span const outer{"outer"};
    guarded([] {
      scoped_span const request{"request"};
      charge();
    });
  } catch (std::runtime_error const&) {}
  CHECK(taken.tree() ==
        "outer ERROR\n"
        "  request ERROR \"card declined\" fanlight.error.id=#1 error.type=\"std::runtime_error\"\n"
        "    charge ERROR \"card declined\" fanlight.error.id=#1 error.type=\"std::runtime_error\"\n"
        "      event exception exception.type=\"std::runtime_error\" exception.message=\"card declined\" fanlight.error.id=#1\n");
  auto const stack = resolve_stack(attribute_of(exception_on(taken.spans()["charge"]), "exception.stacktrace"));
  CHECK(stack.origin == stack_origin::thrown);
  auto const all = functions(stack);
  REQUIRE(all.size() >= 3);
  CHECK(all[0].find("throw_runtime_error()") != std::string::npos);
  CHECK(all[1].find("charge()") != std::string::npos);
  CHECK(all.back() == "main");
  CHECK_FALSE(has(all, "sealed_call"));
}

TEST_CASE("what a handler makes of an exception that was seen in flight is the same error") {
  testing::capture taken;
  {
    scoped_span request{"request"};
    try {
      guarded(charge);
    } catch (std::exception const& error) {
      request.fail(error);
      error_report{error}.at(level::critical);
    }
  }
  CHECK(taken.tree() ==
        "request ERROR \"card declined\" fanlight.error.id=#1 error.type=\"std::runtime_error\"\n"
        "  charge ERROR \"card declined\" fanlight.error.id=#1 error.type=\"std::runtime_error\"\n"
        "    event exception exception.type=\"std::runtime_error\" exception.message=\"card declined\" fanlight.error.id=#1\n"
        "  report FATAL \"card declined\" (std::runtime_error) #1\n");
  auto const stack = stack_of(taken.errors()[0]);
  CHECK(stack.origin == stack_origin::thrown);
  CHECK(functions(stack)[0].find("throw_runtime_error()") != std::string::npos);
}

TEST_CASE("one error through many spans, catches and throws keeps its id and its first stack") {
  testing::capture taken;
  try {
    scoped_span const a{"a"};
    guarded([] {
      scoped_span const b{"b"};
      try {
        guarded(charge);
      } catch (...) {
        throw;
      }
    });
  } catch (std::exception const& error) { error_report{error}; }
  auto const spans = taken.spans();
  auto const errors = taken.errors();
  CHECK(spans["charge"].events().size() == 1);
  CHECK(spans["b"].events().empty());
  CHECK(spans["b"].error_id() == spans["charge"].error_id());
  CHECK(errors[0].uuid() == spans["charge"].error_id());
  CHECK(functions(stack_of(errors[0]))[0].find("throw_runtime_error()") != std::string::npos);
}

TEST_CASE("an exception that is kept and thrown again on another thread is told there as that thread's own") {
  testing::capture taken;
  std::exception_ptr kept;
  try {
    guarded(charge);
  } catch (...) { kept = std::current_exception(); }
  std::thread{carry([&] {
    try {
      guarded([&] {
        scoped_span const span{"elsewhere"};
        std::rethrow_exception(kept);
      });
    } catch (...) {}
  })}.join();
  auto const spans = taken.spans();
  CHECK(spans["elsewhere"].events().size() == 1);
  CHECK(attribute_of(exception_on(spans["elsewhere"]), "exception.message").as_text() == "card declined");
}

TEST_CASE("successive exceptions in one place of memory are different errors") {
  testing::capture taken;
  for (int i = 0; i < 99; ++i) {
    try {
      guarded(charge);
    } catch (std::exception const& error) { error_report{error}; }
  }
  std::vector<std::string> ids;
  for (auto const& each : taken.errors()) ids.emplace_back(each.uuid());
  std::sort(ids.begin(), ids.end());
  CHECK(ids.size() == 99);
  CHECK(std::unique(ids.begin(), ids.end()) == ids.end());
}

TEST_CASE("a throw that nobody saw does not get the stack of one before it in the same place of memory") {
  testing::capture taken;
  try {
    guarded([] { throw std::runtime_error{"seen, and nobody asked"}; });
  } catch (std::runtime_error const&) {}
  try {
    throw std::runtime_error{"not seen"};
  } catch (std::exception const& error) { error_report{error}; }
  CHECK(stack_of(taken.errors()[0]).origin == stack_origin::reported);
}

TEST_CASE("what is thrown need not be an exception") {
  CHECK(seen(42) == "int|42");
  CHECK(seen(-7l) == "long|-7");
  CHECK(seen(2.5) == "double|2.5");
  CHECK(seen(true) == "bool|true");
  CHECK(seen(std::string{"text"}) == "std::string|text");
  CHECK(seen(static_cast<char const*>("literal")) == "char const*|literal");
  CHECK(seen(odd{}) == "(anonymous namespace)::odd|odd one");
  CHECK(seen(hidden{}) == "(anonymous namespace)::hidden|");
  CHECK(seen(plain{}) == "(anonymous namespace)::plain|");
  CHECK(seen(std::system_error{2, std::generic_category(), "open"}) == "std::system_error|open: No such file or directory [generic:2]");
  CHECK(seen(std::vector<std::string>{}) == "std::vector<std::string, std::allocator<std::string>>|");
}

TEST_CASE("ending a thread is no error") {
  testing::capture taken;
  std::thread{carry([] {
    guarded([] {
      scoped_span const span{"ends"};
      error_scope const scope{"no report"};
      ::pthread_exit(nullptr);
    });
  })}.join();
  CHECK(taken.tree() == "ends\n");
}

TEST_CASE("an exception that is caught inside leaves no trace") {
  testing::capture taken;
  guarded([] {
    scoped_span const span{"fine"};
    try {
      charge();
    } catch (...) {}
    scoped_span const after{"after"};
  });
  auto const spans = taken.spans();
  CHECK(spans["fine"].status == status_code::unset);
  CHECK(spans["after"].status == status_code::unset);
  CHECK(spans["charge"].status == status_code::error);
}

TEST_CASE("exceptions inside destructors that another exception runs are told apart") {
  struct cleaner {
    ~cleaner() {
      try {
        guarded([] {
          scoped_span const span{"inner"};
          throw std::logic_error{"in a destructor"};
        });
      } catch (...) {}
      scoped_span const calm{"calm"};
    }
  };
  testing::capture taken;
  try {
    guarded([] {
      scoped_span const span{"outer"};
      cleaner const last;
      throw std::runtime_error{"outside"};
    });
  } catch (...) {}
  auto const spans = taken.spans();
  CHECK(attribute_of(exception_on(spans["inner"]), "exception.message").as_text() == "in a destructor");
  CHECK(attribute_of(exception_on(spans["outer"]), "exception.message").as_text() == "outside");
  CHECK(spans["calm"].status == status_code::unset);
  CHECK(spans["inner"].error_id() != spans["outer"].error_id());
}

TEST_CASE("a second exception, thrown in the handler of the first, is not taken for it") {
  testing::capture taken;
  try {
    guarded([] {
      scoped_span const span{"span"};
      try {
        throw std::logic_error{"first"};
      } catch (...) { throw std::runtime_error{"second"}; }
    });
  } catch (...) {}
  CHECK(attribute_of(exception_on(taken.spans()["span"]), "exception.message").as_text() == "second");
}

TEST_CASE("guarded() passes results as they are, and owns nothing") {
  auto const owned = guarded([] { return std::make_unique<int>(7); });
  CHECK(*owned == 7);
  int number = 1;
  guarded([&] { ++number; });
  CHECK(number == 2);
  CHECK(guarded([] { return guarded([] { return guarded([] { return 3; }); }); }) == 3);
  auto once = [held = std::make_unique<int>(5)]() mutable { return std::move(held); };
  CHECK(*guarded(std::move(once)) == 5);
}

namespace {
[[gnu::noinline]] void deep(int levels) {
  guarded([levels] {
    if (levels == 0) throw std::runtime_error{"deep down"};
    deep(levels - 1);
  });
}
}  // namespace

TEST_CASE("two hundred guarded calls, one in another, are one error and leave nothing behind") {
  testing::capture taken;
  for (int i = 0; i < 3; ++i) {
    try {
      guarded([] {
        scoped_span const span{"span"};
        deep(200);
      });
    } catch (...) {}
  }
  auto const spans = taken.spans();
  REQUIRE(spans.size() == 3);
  for (auto const& each : spans) CHECK(each.events().size() == 1);
  CHECK(detail::here().throws.guards == 0);
  CHECK(detail::here().throws.levels[0].visits == 0);
}

// ---- reports ------------------------------------------------------------------------------------------------------------------------------

TEST_CASE("an error scope reports what it was left by, with causes, stack and the names of the open spans") {
  testing::capture taken;
  try {
    guarded([] {
      scoped_span const outer{"POST /import"};
      scoped_span inner{"import"};
      inner.set("file", "orders.csv");
      error_scope job{"nightly import"};
      job.set("row", 17);
      try {
        throw std::system_error{2, std::generic_category(), "open"};
      } catch (...) {
        std::throw_with_nested(std::runtime_error{"load config"});
      }
    });
  } catch (...) {}
  auto const errors = taken.errors();
  REQUIRE(errors.size() == 1);
  auto const error = errors[0];
  CHECK(error.message == "load config");
  CHECK(error.exception_type() == "std::runtime_error");
  CHECK(error.scope() == "nightly import");
  CHECK(error.find("row").as_int64() == 17);
  CHECK(error.on_span);
  REQUIRE(error.causes().size() == 1);
  CHECK((*error.causes().begin()).type == "std::system_error");
  CHECK((*error.causes().begin()).message == "open: No such file or directory [generic:2]");
  std::vector<std::string> path;
  for (auto const each : error.span_path()) path.emplace_back(each);
  CHECK(path == std::vector<std::string>{"POST /import", "import"});
  bool told = false;
  for (auto const each : error.span_attributes().members()) told = told || (each.key == "file" && each.value.as_text() == "orders.csv");
  CHECK(told);
  CHECK(stack_of(error).origin == stack_origin::thrown);
  CHECK(error.uuid() == taken.spans()["import"].error_id());
}

TEST_CASE("scopes around scopes report an error once") {
  testing::capture taken;
  try {
    guarded([] {
      error_scope const outer{"outer"};
      error_scope const inner{"inner"};
      charge();
    });
  } catch (...) {}
  auto const errors = taken.errors();
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].scope() == "inner");
}

TEST_CASE("spans report what leaves them when they are told to, each error once") {
  testing::capture taken{{.report_on_unwind = true}};
  try {
    guarded([] {
      scoped_span const outer{"outer"};
      scoped_span const inner{"inner"};
      throw std::runtime_error{"A"};
    });
  } catch (...) {}
  auto const errors = taken.errors();
  REQUIRE(errors.size() == 1);
  auto const spans = taken.spans();
  CHECK(errors[0].span_id == spans["inner"].span_id);
  CHECK(errors[0].uuid() == spans["outer"].error_id());
  std::vector<std::string> path;
  for (auto const each : errors[0].span_path()) path.emplace_back(each);
  CHECK(path == std::vector<std::string>{"outer", "inner"});
}

TEST_CASE("a report of an exception that no guarded() saw has the stack of the report") {
  testing::capture taken;
  try {
    throw_runtime_error();
  } catch (std::exception const& error) { error_report{error}; }
  auto const stack = stack_of(taken.errors()[0]);
  CHECK(stack.origin == stack_origin::reported);
  REQUIRE_FALSE(stack.frames.empty());
  CHECK_FALSE(has(functions(stack), "put_stack"));
}

TEST_CASE("reports of whatever is being handled, kept, or an error number") {
  testing::capture taken;
  CHECK(report_current().view().empty());
  CHECK(report(std::exception_ptr{}).view().empty());
  try {
    throw 42;
  } catch (...) { CHECK(report_current().view().size() == 36); }
  auto const kept = std::make_exception_ptr(std::out_of_range{"kept"});
  CHECK(report(kept).view().size() == 36);
  CHECK(report(std::make_error_code(std::errc::permission_denied)).view().size() == 36);
  CHECK(message(level::warn, "slow", {{"route", "home"}, {"ms", 15.5}}).view().size() == 36);
  CHECK(taken.tree() ==
        "report ERROR \"42\" (int) #1\n"
        "report ERROR \"kept\" (std::out_of_range) #2\n"
        "report ERROR \"Permission denied [generic:13]\" (std::error_code) #3\n"
        "report WARN \"slow\" #4 route=\"home\" ms=15.5\n");
}

TEST_CASE("without a pipeline reports give no uuid") {
  CHECK(message(level::error, "nobody listens").view().empty());
  CHECK(report(std::runtime_error{"x"}).view().empty());
}

TEST_CASE("report and rethrow, swallow, translate") {
  testing::capture taken;
  CHECK_THROWS_AS(report_and_rethrow([] { throw std::runtime_error{"on"}; }), std::runtime_error);
  CHECK_FALSE(report_and_swallow([] { throw std::runtime_error{"ends here"}; }));
  CHECK(report_and_swallow([] { return 1; }));
  CHECK(report_and_translate([]() -> int { throw std::runtime_error{"one"}; }, [] { return -1; }) == -1);
  CHECK_THROWS_AS(report_and_translate([] { throw 1; }, [] { throw std::logic_error{"another"}; }), std::logic_error);
  CHECK(taken.errors().size() == 4);
  CHECK_THROWS_AS(raise_test_error(), test_error);
}
