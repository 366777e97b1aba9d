// One suite for every exporter there is: what a lane expects of it, and what users may expect of what they put into config::exporters. A new
// exporter is a new line in subjects().
#include "catch.hpp"
#include "support/batch_builder.hpp"
#include "support/cloudwatch_pipeline.hpp"
#include "support/fake_rollbar.hpp"
#include "support/fake_xray_daemon.hpp"
#include "support/fault_server.hpp"
#include "support/pipeline_kit.hpp"

#include <fanlight/exporters/console.hpp>
#include <fanlight/exporters/memory.hpp>
#include <fanlight/exporters/otlp.hpp>
#include <fanlight/exporters/otlp_file.hpp>
#include <fanlight/exporters/xray.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <thread>

using namespace support;
using fl::detail::entry_type;
using fl::outcome;

namespace {

/// Text that threads write and the test reads.
using paper = std::shared_ptr<watched<std::string>>;

struct by_value {
  paper to;
  void consume(fl::batch<fl::span_record> spans) {
    for (auto const& span : spans) to->change([&](std::string& text) { text += std::string{span.name.c_str()} + '\n'; });
  }
};
struct shared {
  paper to;
  outcome consume(fl::batch<fl::span_record> spans) {
    for (auto const& span : spans) note(span.name.c_str());
    return outcome::delivered();
  }
  outcome consume(fl::batch<fl::log_record> logs) {
    for (auto const& log : logs) note(log.body.c_str());
    return outcome::delivered();
  }
  void consume(fl::batch<fl::error_record> errors) {
    for (auto const& error : errors) note(error.message.c_str());
  }
  void note(char const* what) {
    to->change([&](std::string& text) { text += std::string{what} + '\n'; });
  }
};
struct throws {
  void consume(fl::batch<fl::span_record>) { throw std::runtime_error{"broken"}; }
};

struct folder {
  std::filesystem::path at;
  folder() {
    std::string name = (std::filesystem::temp_directory_path() / "fanlight-contract-XXXXXX").string();
    at = ::mkdtemp(name.data());
  }
  ~folder() { std::filesystem::remove_all(at); }
};

[[nodiscard]] std::string content(std::filesystem::path const& path) {
  std::ostringstream out;
  out << std::ifstream{path}.rdbuf();
  return out.str();
}

/// An exporter under test: how it is had, what has come out of it, and, where there is one, a way in which it is broken.
struct subject {
  fl::exporter_spec spec;
  std::function<std::string()> text;
  std::optional<fl::exporter_spec> broken = {};
};

[[nodiscard]] subject memory_subject() {
  auto const sink = std::make_shared<fl::memory>();
  auto const text = [sink] {
    std::string out;
    for (auto const& batch : sink->spans())
      for (auto const& span : batch) out += std::string{span.name.c_str()} + '\n';
    for (auto const& batch : sink->logs())
      for (auto const& log : batch) out += std::string{log.body.c_str()} + '\n';
    for (auto const& batch : sink->errors())
      for (auto const& error : batch) out += std::string{error.message.c_str()} + '\n';
    return out;
  };
  return {sink, text};
}

[[nodiscard]] subject console_subject(fl::console_layout layout) {
  auto const to = std::make_shared<watched<std::string>>();
  auto const write = [to](std::string_view words) { to->change([&](std::string& text) { text += words; }); };
  auto const fail = [](std::string_view) { throw std::runtime_error{"no paper"}; };
  return {fl::console({.layout = layout, .colour = false, .width = 120, .write = write}), [to] { return to->get(); },
          fl::console({.layout = layout, .write = fail})};
}

[[nodiscard]] subject file_subject() {
  auto const where = std::make_shared<folder>();
  auto const text = [where] { return content(where->at / "all.jsonl") + content(where->at / "all.logs.jsonl"); };
  return {fl::otlp_file({.path = (where->at / "all.jsonl").string()}), text, fl::otlp_file({.path = (where->at / "no" / "all.jsonl").string()})};
}

/// The broken one goes to a port where nobody listens any more.
[[nodiscard]] subject otlp_subject(fl::otlp_protocol protocol) {
  auto const server = std::make_shared<test::fault_server>();
  auto const text = [server] {
    std::string out;
    for (auto const& each : server->requests()) out += each.body;
    return out;
  };
  test::fault_server gone;
  gone.stop();
  return {fl::otlp({.endpoint = server->url(""), .protocol = protocol}), text, fl::otlp({.endpoint = gone.url(""), .protocol = protocol})};
}

/// With start notes over TCP, and without over UDP.
[[nodiscard]] subject xray_subject(fl::xray_transport by) {
  auto const daemon = std::make_shared<fake_xray_daemon>();
  auto const gone = std::make_unique<fake_xray_daemon>()->address();
  bool const udp = by == fl::xray_transport::udp;
  auto const text = [daemon, udp] {
    daemon->catch_up();
    std::string out;
    for (auto const& each : udp ? daemon->documents() : daemon->acknowledged()) out += each + '\n';
    return out;
  };
  auto const spec = [&](std::string const& address) {
    return fl::xray({.daemon_address = address, .transport = by, .report_open = !udp, .detect = false});
  };
  return {spec(daemon->address()), text, spec(gone)};
}

[[nodiscard]] subject cloudwatch_subject() {
  auto const server = std::make_shared<fake_cloudwatch>();
  server->ignore_age();  // batches made by hand are from 2018
  auto const text = [server] {
    std::string out;
    for (auto const& each : server->messages("cruddur", "web-1")) out += each + '\n';
    return out;
  };
  auto how = to_server(*server);
  how.errors = how.spans = true;
  auto away = how;
  test::fault_server gone;
  gone.stop();
  away.endpoint = gone.url("");
  return {fl::cloudwatch(how), text, fl::cloudwatch(away)};
}

/// Takes reports alone; spans and log records it only looks at.
[[nodiscard]] subject rollbar_subject() {
  auto const server = std::make_shared<fake_rollbar>();
  auto const text = [server] {
    std::string out;
    for (auto const& each : server->items()) out += each("/data/body/message/body") + '\n';
    return out;
  };
  fl::rollbar_config how;
  how.access_token = fake_rollbar::token, how.endpoint = server->endpoint(), how.timeout = patience;
  auto away = how;
  test::fault_server gone;
  gone.stop();
  away.endpoint = gone.url("/api/1/item/");
  return {fl::rollbar(how), text, fl::rollbar(away)};
}

template <class Exporter>
[[nodiscard]] subject user_subject(bool by_pointer) {
  auto const to = std::make_shared<watched<std::string>>();
  auto const text = [to] { return to->get(); };
  if (by_pointer) return {std::make_shared<Exporter>(Exporter{to}), text, throws{}};
  return {Exporter{to}, text, std::make_shared<throws>()};
}

using maker = std::pair<char const*, std::function<subject()>>;
[[nodiscard]] std::vector<maker> subjects() {
  return {{"memory", memory_subject},
          {"console, waterfall", [] { return console_subject(fl::console_layout::waterfall); }},
          {"console, json", [] { return console_subject(fl::console_layout::json); }},
          {"otlp_file", file_subject},
          {"otlp, protobuf", [] { return otlp_subject(fl::otlp_protocol::http_protobuf); }},
          {"otlp, json", [] { return otlp_subject(fl::otlp_protocol::http_json); }},
          {"xray, udp", [] { return xray_subject(fl::xray_transport::udp); }},
          {"xray, daemon_tcp", [] { return xray_subject(fl::xray_transport::daemon_tcp); }},
          {"cloudwatch", cloudwatch_subject},
          {"rollbar", rollbar_subject},
          {"a struct by value", [] { return user_subject<by_value>(false); }},
          {"a shared struct", [] { return user_subject<shared>(true); }}};
}

constexpr entry_type all_types[]{entry_type::span, entry_type::log, entry_type::error, entry_type::start};
[[nodiscard]] bool takes_type(fl::exporter const& which, entry_type type) { return (which.kinds() >> static_cast<unsigned>(type) & 1) != 0; }
/// Not what it takes to look at alone.
[[nodiscard]] bool delivers(fl::exporter const& which, entry_type type) {
  return ((which.kinds() & ~which.background()) >> static_cast<unsigned>(type) & 1) != 0;
}
/// Spans, or reports from those that deliver no spans.
[[nodiscard]] entry_type main_type(fl::exporter const& which) { return delivers(which, entry_type::span) ? entry_type::span : entry_type::error; }
[[nodiscard]] entry main_entry(fl::exporter const& which, std::string_view name, std::string_view id = "0000000000000001") {
  return main_type(which) == entry_type::span ? span(name, id) : error(name);
}
void make_records(fl::exporter_spec const& of, int count, std::string const& name = "span") {
  if (main_type(*of.make()) == entry_type::span) return make_spans(count, name);
  for (int i = 0; i < count; ++i) fl::error_report{name};
}

[[nodiscard]] fl::exporter_setup setup() {
  auto who = std::make_shared<fl::resource>(backend());
  return {std::move(who), [](fl::problem_code, std::string const&) {}};
}

[[nodiscard]] std::string numbered(std::string const& what, int number) {
  auto const digits = std::to_string(10'000 + number);
  return what + digits.substr(1);
}

}  // namespace

TEST_CASE("what an exporter takes comes out of it, whole, from every thread, and is counted as delivered") {
  for (auto const& [name, make] : subjects()) DYNAMIC_SECTION(name) {
      auto const of = make();
      problem_log problems;
      auto const which = of.spec.make();
      bool const spans = delivers(*which, entry_type::span), logs = delivers(*which, entry_type::log), errors = delivers(*which, entry_type::error);
      auto how = plain({of.spec}, problems);
      how.batching.batch_records = 16;
      fl::pipeline running{std::move(how)};
      std::vector<std::thread> threads;
      for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
          fl::with_default const mine{running};
          for (int i = 0; i < 100; ++i) make_spans(1, numbered("span-", 100 * t + i));
          for (int i = 0; i < 5; ++i) fl::info(numbered("log-", 5 * t + i));
          fl::error_report{numbered("error-", t)};
        });
      for (auto& each : threads) each.join();
      CHECK(running.flush(patience));
      auto const text = of.text();
      int missing = 0;
      for (int i = 0; spans && i < 400; ++i) missing += text.find(numbered("span-", i)) == std::string::npos ? 1 : 0;
      for (int i = 0; logs && i < 20; ++i) missing += text.find(numbered("log-", i)) == std::string::npos ? 1 : 0;
      for (int i = 0; errors && i < 4; ++i) missing += text.find(numbered("error-", i)) == std::string::npos ? 1 : 0;
      CHECK(missing == 0);
      auto const told = running.stats().exporters.at(0);
      CHECK(adds_up(told));
      CHECK(told.delivered == (!spans ? 0u : of.spec.wants_open ? 800u : 400u) + (logs ? 20u : 0u) + (errors ? 4u : 0u));
      CHECK(told.accepted == told.delivered);
      CHECK(running.shutdown(patience));
      CHECK(problems.all().empty());
    }
}

TEST_CASE("an exporter is made without side effects, flushes with nothing to flush, and stops without having worked") {
  for (auto const& [name, make] : subjects()) DYNAMIC_SECTION(name) {
      auto const of = make();
      { auto const unused = of.spec.make(); }
      auto const made = of.spec.make();
      made->start(setup());
      CHECK(made->flush(fl::deadline::max()));
      CHECK(made->flush(fl::deadline::max()));
      made->stop(clock::now() + 1s);
      CHECK(of.text().empty());
      CHECK(made->kinds() != 0);
      CHECK_FALSE(of.spec.name.empty());
    }
}

TEST_CASE("a batch that has nothing of a type is delivered") {
  for (auto const& [name, make] : subjects()) DYNAMIC_SECTION(name) {
      auto const of = make();
      auto const made = of.spec.make();
      made->start(setup());
      auto const empty = batch_of({});
      auto const only_span = batch_of({span("a-span", "0000000000000001")}), only_log = batch_of({log("a-log")});
      auto const only_main = batch_of({main_entry(*made, "a-main")});
      for (auto const type : all_types) {
        if (!takes_type(*made, type)) continue;
        CHECK(made->consume(type, empty, fl::deadline::max()).kind() == outcome::kind::delivered);
        auto const& other = type == entry_type::span ? only_log : only_span;
        CHECK(made->consume(type, other, fl::deadline::max()).kind() == outcome::kind::delivered);
      }
      CHECK(made->consume(main_type(*made), only_main, fl::deadline::max()).kind() == outcome::kind::delivered);
      CHECK(made->flush(fl::deadline::max()));
      CHECK(of.text().find("a-main") != std::string::npos);
      made->stop(clock::now() + 1s);
    }
}

TEST_CASE("one batch may be consumed more than once, and kept while it is") {
  for (auto const& [name, make] : subjects()) DYNAMIC_SECTION(name) {
      auto const of = make();
      auto const made = of.spec.make();
      made->start(setup());
      for (int i = 0; i < 50; ++i) {
        auto const batch = batch_of({main_entry(*made, numbered("span-", i)), main_entry(*made, numbered("more-", i), "0000000000000002")});
        REQUIRE(made->consume(main_type(*made), batch, fl::deadline::max()).kind() == outcome::kind::delivered);
        REQUIRE(made->consume(main_type(*made), batch, fl::deadline::max()).kind() == outcome::kind::delivered);
      }
      CHECK(made->flush(fl::deadline::max()));
      made->stop(clock::now() + 1s);
      auto const text = of.text();
      for (int i = 0; i < 50; ++i) CHECK(text.find(numbered("more-", i)) != std::string::npos);
    }
}

TEST_CASE("a deadline that has passed is no reason to hang or to fall over") {
  for (auto const& [name, make] : subjects()) DYNAMIC_SECTION(name) {
      auto const of = make();
      auto const made = of.spec.make();
      made->start(setup());
      auto const began = clock::now(), past = began - 1s;
      auto const how_it_went = made->consume(main_type(*made), batch_of({main_entry(*made, "a-main")}), past);
      CHECK(how_it_went.kind() != outcome::kind::rejected);
      (void)made->flush(past);
      made->stop(past);
      CHECK(since(began) < 5s);
    }
}

TEST_CASE("exporters made from one spec do not get in each other's way") {
  for (auto const& [name, make] : subjects()) DYNAMIC_SECTION(name) {
      auto const of = make();
      problem_log problems;
      {
        fl::pipeline running{plain({of.spec, of.spec.called("twin")}, problems)};
        fl::with_default const current{running};
        for (int i = 0; i < 20; ++i) make_records(of.spec, 1, numbered("span-", i));
        CHECK(running.flush(patience));
        CHECK(running.stats().delivered == (of.spec.wants_open ? 80 : 40));
      }
      auto const text = of.text();
      for (int i = 0; i < 20; ++i) {
        auto const first = text.find(numbered("span-", i));
        REQUIRE(first != std::string::npos);
        CHECK(text.find(numbered("span-", i), first + 1) != std::string::npos);
      }
    }
}

TEST_CASE("a broken exporter is told of, counted exactly, ends in time, and hurts no other") {
  for (auto const& [name, make] : subjects()) DYNAMIC_SECTION(name) {
      auto const of = make();
      if (!of.broken) continue;
      problem_log problems;
      auto const other = std::make_shared<script>();
      fl::pipeline running{plain({*of.broken, spec_of(other)}, problems)};
      {
        fl::with_default const current{running};
        make_records(of.spec, 5);
      }
      CHECK_FALSE(running.flush(200ms));
      CHECK(running.stats().exporters.at(1).delivered == 5);
      auto const began = clock::now();
      running.shutdown(2s);
      CHECK(since(began) < 10s);
      auto const told = settled(running);
      CHECK(adds_up(told));
      CHECK(told.accepted == (of.broken->wants_open ? 10 : 5));
      CHECK(told.queued == 0);
      CHECK_FALSE(running.stats().problems.empty());
    }
}
