// The public cases about what is known of an error, as far as they concern its capture, and how back ends show it: on records, in OTLP, in
// X-Ray documents, on the console. What a Rollbar item makes of it is tested with that exporter.
#include <fanlight/exporters/memory.hpp>
#include <fanlight/impl/console_json.hpp>
#include <fanlight/impl/otlp_json.hpp>
#include <fanlight/impl/otlp_proto.hpp>
#include <fanlight/stack.hpp>
#include <fanlight/testing.hpp>
#include <fanlight/trace.hpp>

#include "support/protobuf.hpp"
#include "support/xray_kit.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

using namespace support;
using Catch::Matchers::ContainsSubstring;

namespace {

/// A pipeline that keeps what it gets, for the calling thread.
class kept_pipeline {
 public:
  explicit kept_pipeline(fl::config how = {}) : taken_{std::make_shared<fl::memory>()}, pipeline_{with(std::move(how), taken_)}, here_{pipeline_} {}
  [[nodiscard]] fl::batch<fl::span_record> spans() {
    REQUIRE(pipeline_.flush(std::chrono::seconds{30}));
    return only(taken_->spans());
  }
  [[nodiscard]] fl::batch<fl::error_record> errors() {
    REQUIRE(pipeline_.flush(std::chrono::seconds{30}));
    return only(taken_->errors());
  }

 private:
  [[nodiscard]] static fl::config with(fl::config how, std::shared_ptr<fl::memory> const& to) {
    how.exporters = std::vector<fl::exporter_spec>{fl::exporter_spec{to}};
    how.read_environment = how.detect_resource = false;
    return how;
  }
  template <class Record>
  [[nodiscard]] fl::batch<Record> only(std::vector<fl::batch<Record>> const& all) {
    REQUIRE(all.size() == 1);
    return all[0];
  }
  std::shared_ptr<fl::memory> taken_;
  fl::pipeline pipeline_;
  fl::with_default here_;
};

[[gnu::noinline]] void load() { throw std::system_error{2, std::generic_category(), "open"}; }
[[gnu::noinline]] void configure() {
  try {
    load();
  } catch (...) { std::throw_with_nested(std::runtime_error{"load config"}); }
}
[[gnu::noinline]] void start() {
  try {
    configure();
  } catch (...) { std::throw_with_nested(std::logic_error{"start"}); }
}

[[nodiscard]] std::vector<std::string> functions(fl::stack_trace const& of) {
  std::vector<std::string> out;
  for (auto const& each : of.frames) out.push_back(each.function);
  return out;
}

template <class F>
[[nodiscard]] fl::testing::records<fl::error_record> reported(fl::testing::capture& to, F throws) {
  try {
    fl::guarded(throws);
  } catch (...) { fl::report_current(); }
  return to.errors();
}

/// A span that failed with an exception, the report of it, and the span around.
void fail_in_two_spans() {
  try {
    fl::scoped_span const outer{"outer"};
    fl::guarded([] {
      fl::scoped_span const inner{"inner"};
      start();
    });
  } catch (std::exception const& error) { fl::error_report{error}; }
}

}  // namespace

extern "C" {
[[gnu::noinline]] void fanlight_case_c(int volatile* x) {
  if (*x == 0) throw std::runtime_error{"P05"};
  *x = 1;
}
// Something is left to do after each call, so that none becomes a jump.
[[gnu::noinline]] void fanlight_case_b(int volatile* x) {
  fanlight_case_c(x);
  *x = 2;
}
[[gnu::noinline]] void fanlight_case_a(int volatile* x) {
  fanlight_case_b(x);
  *x = 3;
}
}

TEST_CASE("P01: a std::exception: class, message, level, a uuid of version 4") {
  fl::testing::capture taken;
  auto const error = reported(taken, [] { throw std::runtime_error{"boom"}; })[0];
  CHECK(error.exception_type() == "std::runtime_error");
  CHECK(error.message == "boom");
  CHECK(error.level == fl::level::error);
  CHECK(error.causes().empty());
  CHECK(error.uuid().size() == 36);
  CHECK(error.uuid()[14] == '4');
}

TEST_CASE("P02: three exceptions, one nested in the other") {
  fl::testing::capture taken;
  auto const error = reported(taken, start)[0];
  CHECK(error.exception_type() == "std::logic_error");
  CHECK(error.message == "start");
  std::vector<std::string> causes;
  for (auto const each : error.causes()) causes.push_back(std::string{each.type} + "|" + std::string{each.message});
  CHECK(causes == std::vector<std::string>{"std::runtime_error|load config", "std::system_error|open: No such file or directory [generic:2]"});
}

TEST_CASE("P02: no more than 16 causes are told, whatever lies beneath") {
  struct deep {
    static void down(int levels) {
      try {
        if (levels == 0) throw std::runtime_error{"bottom"};
        down(levels - 1);
      } catch (...) { std::throw_with_nested(std::runtime_error{std::to_string(levels)}); }
    }
  };
  fl::testing::capture taken;
  CHECK(reported(taken, [] { deep::down(40); })[0].causes().size() == 16);
}

TEST_CASE("P03: what is thrown is a number, a literal, a string") {
  fl::testing::capture taken;
  static_cast<void>(reported(taken, [] { throw 42; }));
  static_cast<void>(reported(taken, [] { throw "literal"; }));
  auto const errors = reported(taken, [] { throw std::string{"s"}; });
  REQUIRE(errors.size() == 3);
  CHECK((errors[0].exception_type() == "int" && errors[0].message == "42"));
  CHECK((errors[1].exception_type() == "char const*" && errors[1].message == "literal"));
  CHECK((errors[2].exception_type() == "std::string" && errors[2].message == "s"));
}

TEST_CASE("P04: a message has its level, its fields and no exception") {
  fl::testing::capture taken;
  fl::message(fl::level::warn, "slow", {{"route", "home"}, {"ms", 15.5}});
  auto const error = taken.errors()[0];
  CHECK(error.message == "slow");
  CHECK(error.level == fl::level::warn);
  CHECK(error.exception_type().empty());
  CHECK(error.find("route").as_text() == "home");
  CHECK(error.find("ms").as_double() == 15.5);
}

TEST_CASE("P05: the stack of the throw names functions, and no addresses") {
  fl::testing::capture taken;
  int volatile zero = 0;
  auto const error = reported(taken, [&] { fanlight_case_a(&zero); })[0];
  auto const stack = fl::stack_of(error);
  CHECK(stack.origin == fl::stack_origin::thrown);
  auto const all = functions(stack);
  REQUIRE(all.size() > 3);
  CHECK(all[0] == "fanlight_case_c");
  CHECK(all[1] == "fanlight_case_b");
  CHECK(all[2] == "fanlight_case_a");
  CHECK(all.back() == "main");
  for (auto const& each : stack.frames) {
    CHECK_THAT(each.function, !ContainsSubstring("0x") && !ContainsSubstring("clone") && !ContainsSubstring("[abi"));
    CHECK_THAT(each.module, !ContainsSubstring("0x"));
  }
}

TEST_CASE("P14: two spans and a log of one error share its id, and the innermost tells of it in full") {
  kept_pipeline taken{{.report_on_unwind = true}};
  try {
    fl::guarded([] {
      fl::scoped_span const outer{"outer"};
      fl::scoped_span const inner{"inner"};
      throw std::runtime_error{"A"};
    });
  } catch (...) {}
  auto const spans = taken.spans();
  auto const errors = taken.errors();
  REQUIRE(spans.size() == 2);
  REQUIRE(errors.size() == 1);
  auto const inner = *spans.begin(), outer = *std::next(spans.begin());
  auto const error = *errors.begin();
  CHECK(inner.name == "inner");
  CHECK(inner.events().size() == 1);
  CHECK(outer.events().empty());
  CHECK(outer.status == fl::status_code::error);
  CHECK(inner.error_id() == error.uuid());
  CHECK(outer.find("fanlight.error.id").as_text() == error.uuid());
  std::vector<std::string> path;
  for (auto const each : error.span_path()) path.emplace_back(each);
  CHECK(path == std::vector<std::string>{"outer", "inner"});

  fl::detail::xray_assembler assembler{fl::detail::xray_form{}};
  assembler.take(spans.data(), std::chrono::steady_clock::now());
  assembler.end();
  std::string digits{error.uuid()};
  digits.erase(std::remove(digits.begin(), digits.end(), '-'), digits.end());
  auto const bodies = bodies_of(assembler.outbox());
  REQUIRE(bodies.size() == 1);
  json_value const segment{bodies[0]};
  CHECK(segment["cause"] == digits.substr(0, 16));
  auto const exception = segment["subsegments"].at(0)["cause"]["exceptions"].at(0);
  CHECK(exception["id"] == digits.substr(0, 16));
  CHECK(exception["type"] == "std::runtime_error");
  CHECK(exception["stack"].size() > 1);
}

TEST_CASE("P15: what is left normally is no error") {
  fl::testing::capture taken{{.report_on_unwind = true}};
  struct cleaner {
    ~cleaner() {
      fl::scoped_span const calm{"in a destructor"};
      fl::error_scope const scope{"in a destructor"};
    }
  };
  auto const by_return = [] {
    fl::scoped_span const span{"by return"};
    fl::error_scope const scope{"by return"};
    return 1;
  };
  fl::guarded([&] {
    fl::scoped_span const span{"normally"};
    static_cast<void>(by_return());
  });
  try {
    fl::guarded([] {
      cleaner const last;
      throw std::runtime_error{"unwinds"};
    });
  } catch (...) {}
  CHECK(taken.errors().empty());
  for (auto const& each : taken.spans()) CHECK(each.status == fl::status_code::unset);
}

TEST_CASE("P17: a report in a span has its ids") {
  fl::testing::capture taken;
  auto const caller = fl::extract([](std::string_view key) -> std::string_view {
    return key == "traceparent" ? "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" : "";
  });
  {
    fl::scoped_span const span{"request", {.parent = caller}};
    static_cast<void>(reported(taken, [] { throw std::runtime_error{"x"}; }));
  }
  CHECK(taken.errors()[0].trace_id.hex().view() == "0af7651916cd43dd8448eb211c80319c");
  CHECK(taken.errors()[0].span_id == taken.spans()["request"].span_id);
}

// ---- what back ends show --------------------------------------------------------------------------------------------------------------------

TEST_CASE("OTLP has the stack as text and the causes as a list, on the event and in the log record, in both encodings") {
  kept_pipeline taken;
  fail_in_two_spans();
  auto const spans = taken.spans();
  auto const errors = taken.errors();
  fl::detail::send_buffer json;
  fl::detail::write_traces_json(json, *spans.data());
  CHECK_THAT(std::string{json.view()}, ContainsSubstring(R"({"key":"exception.stacktrace","value":{"stringValue":"#0 )") && ContainsSubstring("start()") &&
                                           ContainsSubstring("std::runtime_error: load config") && !ContainsSubstring("bytesValue"));
  json_value const parsed{std::string{json.view()}};

  fl::detail::send_buffer bytes;
  fl::detail::write_traces_proto(bytes, *spans.data());
  auto const inner = message{std::string{bytes.view()}}.sub(1).sub(2).sub(2);
  REQUIRE(inner.bytes(5) == "inner");
  auto const text = inner.sub(11).any(3, "exception.stacktrace").bytes(1);
  CHECK_THAT(text, ContainsSubstring("#0 ") && ContainsSubstring("start()"));
  CHECK(inner.sub(11).any(3, "fanlight.error.causes").sub(5).count(1) == 2);

  fl::detail::send_buffer logs;
  fl::detail::write_logs_proto(logs, *errors.data(), fl::detail::entry_type::error, {.error_as = fl::error_form::log});
  auto const record = message{std::string{logs.view()}}.sub(1).sub(2).sub(2);
  CHECK(record.any(6, "exception.stacktrace").bytes(1) == text);
  CHECK(record.any(6, "fanlight.error.causes").sub(5).count(1) == 2);
  CHECK(record.any(6, "fanlight.error.id").bytes(1) == std::string{(*errors.begin()).uuid()});
}

TEST_CASE("X-Ray has a cause for each nested exception, one pointing to the next") {
  kept_pipeline taken;
  fail_in_two_spans();
  fl::detail::xray_assembler assembler{fl::detail::xray_form{}};
  assembler.take(taken.spans().data(), std::chrono::steady_clock::now());
  assembler.end();
  json_value const segment{bodies_of(assembler.outbox()).at(0)};
  auto const all = segment["subsegments"].at(0)["cause"]["exceptions"];
  REQUIRE(all.size() == 3);
  CHECK(all.at(0)["type"] == "std::logic_error");
  CHECK(all.at(1)["type"] == "std::runtime_error");
  CHECK(all.at(1)["message"] == "load config");
  CHECK(all.at(2)["type"] == "std::system_error");
  CHECK(all.at(0)["cause"].text() == all.at(1)["id"].text());
  CHECK(all.at(1)["cause"].text() == all.at(2)["id"].text());
  CHECK_FALSE(all.at(2).has("cause"));
  for (std::size_t i = 0; i < 3; ++i) CHECK(all.at(i)["id"].text().size() == 16);
  CHECK_THAT(all.at(0)["stack"].at(0)["label"].text(), ContainsSubstring("start()"));
}

TEST_CASE("the console's JSON has the stack as text too") {
  kept_pipeline taken;
  fail_in_two_spans();
  fl::detail::send_buffer out;
  for (auto const each : taken.spans()) fl::detail::write_console_json(out, each);
  for (auto const each : taken.errors()) fl::detail::write_console_json(out, each);
  std::string const text{out.view()};
  auto const first = text.find("\"exception.stacktrace\": \"#0 ");
  REQUIRE(first != std::string::npos);
  CHECK(text.find("\"exception.stacktrace\": \"#0 ", first + 1) != std::string::npos);
  CHECK_THAT(text, ContainsSubstring("std::system_error: open: No such file or directory [generic:2]"));
}

TEST_CASE("a very long stack keeps its record within its room") {
  fl::set_frame_resolver([](std::uint64_t, fl::stack_frame& to) {
    to.function.assign(1500, 'n'), to.file.assign(1500, 'f');
    return true;
  });
  kept_pipeline kept;
  fail_in_two_spans();
  fl::detail::send_buffer bytes;
  auto const spans = kept.spans();
  fl::detail::write_traces_proto(bytes, *spans.data());
  fl::set_frame_resolver(nullptr);
  auto const text = message{std::string{bytes.view()}}.sub(1).sub(2).sub(2).sub(11).any(3, "exception.stacktrace").bytes(1);
  CHECK(text.size() <= fl::detail::longest_stack_text);
  CHECK(text.size() > 4096);
}
