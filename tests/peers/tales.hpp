// The tales that are told on purpose: one function for each thing the SDK can say, run on one thread, each writing down what it asked for.
#pragma once

#include "told.hpp"

#include <fanlight/log.hpp>
#include <fanlight/propagation.hpp>
#include <fanlight/report.hpp>
#include <fanlight/subsegment.hpp>

#include <stdexcept>
#include <thread>

namespace peers {

class tales {
 public:
  tales(asked_file& to, std::uint64_t seed) : to_{to}, draw_{seed} {}

  void all() {
    values(), names(), limits(), nesting(), times(), statuses(), kinds(), links(), parents(), unsampled();
    instrumentations(), scope_facts(), threads(), logs(), log_limits();
    errors(), error_in_two_spans(), unwinding(), reports(), reports_of_exceptions();
  }

  /// A log record, or a report without an exception, at `at`; `ids` as current() gives them.
  void log(fl::level level, std::string const& body, pairs with, place const& at = {}, std::string const& logger = {}) {
    asked_log asked;
    asked.in = fl::current(), asked.at = level, asked.body = body, asked.logger = logger;
    asked.set = at.set, asked.metadata = at.metadata;
    asked.set.insert(asked.set.end(), with.begin(), with.end());
    asked.when.from = now();
    attribute_list{with}.spread([&](std::initializer_list<fl::attribute> list) {
      if (logger.empty()) fl::log(level, body, list);
      else fl::logger{logger}.log(level, body, list);
    });
    asked.when.to = now();
    to_.add(asked);
  }
  /// A field that no other record has: the comparison finds a record by it.
  [[nodiscard]] datum::member ordinal() { return {"n", whole(++ordinal_)}; }

 private:
  /// A span around `work(told)`, which may leave by an exception.
  template <class Work>
  void in_span(std::string name, Work work, place const& at = {}) {
    auto asked = begin_asking(at, std::move(name));
    try {
      fl::scoped_span span{asked.name};
      told with{span, asked};
      work(with);
      asked.end.from = now();
    } catch (...) {
      asked.end.from = asked.start.to;
      finish(asked);
      throw;
    }
    finish(asked);
  }
  void finish(asked_span& asked) {
    if (asked.end.to == 0) asked.end.to = now();
    to_.add(asked);
  }

  void values() {
    in_span("all kinds of value", [&](auto& span) {
      for (std::int64_t number :
           {std::int64_t{0}, std::int64_t{1}, std::int64_t{-1}, std::int64_t{9'007'199'254'740'993}, INT64_MAX, INT64_MIN})
        span.set("int " + std::to_string(number), whole(number));
      for (std::uint64_t number : {std::uint64_t{0}, std::uint64_t{1} << 63, UINT64_MAX})
        span.set("uint " + std::to_string(number), natural(number));
      using bounds = std::numeric_limits<double>;
      int count = 0;
      for (double number : {0.0, -0.0, 0.5, 0.1, 1e21, 1e-300, bounds::max(), bounds::denorm_min(), bounds::infinity(), -bounds::infinity(),
                            bounds::quiet_NaN()})
        span.set("double " + std::to_string(count++), real(number));
      span.set("true", yes_or_no(true)), span.set("false", yes_or_no(false)), span.set("nothing", nothing());
      span.set("empty text", text("")), span.set("empty bytes", raw("")), span.set("empty list", list({})), span.set("empty map", map({}));
      span.set("bytes", raw({"\x00\xFF\x80", 3})), span.set("nul", text({"a\0b", 3})),
          span.set("unicode", text("h\xC3\xA9llo \xE2\x9A\x94 \xF0\x9F\x98\x80"));
      span.set("not utf-8", text("\xFF\xFE caf\xE9")), span.set("half a character", text("\xE2\x82"));
      span.set("long", text(std::string(20'000, 'x'))), span.set("set twice", whole(1)), span.set("set twice", text("the last one"));
      span.set("\xD0\xBA\xD0\xBB\xD1\x8E\xD1\x87", text("a key in Cyrillic")), span.set("bad \xFF key", whole(1)),
          span.set("", text("no key"));
    });
  }
  void names() {
    in_span("\xE6\x97\xA5\xE6\x9C\xAC \"quoted\\\"\n\x01", [](auto&) {});
    in_span("broken \xC3 name \xF0\x9F\x98", [](auto&) {});
    in_span("", [](auto& span) { span.set("name", text("none")); });
    in_span("before", [](auto& span) { span.rename("after it was renamed, which is longer"); });
    in_span("renamed to less", [](auto& span) { span.set("k", whole(1)), span.rename("r"), span.set("l", whole(2)); });
    in_span(std::string(2000, 'n'), [](auto& span) { span.event("", {{"event", text("without a name")}}); });
  }
  void limits() {
    in_span("more attributes than allowed", [&](auto& span) {
      for (auto const& each : draw_.too_many()) span.set(each.first, each.second);
      span.set("many.7", text("set again at the limit")), span.set("another", whole(1)), span.metadata("", "not counted", whole(2));
    });
    in_span("more events than allowed", [&](auto& span) {
      for (int i = 0; i < 140; ++i) span.event("event " + std::to_string(i), {{"i", whole(i)}});
    });
    in_span("an event with more than allowed", [&](auto& span) { span.event("crowded", draw_.too_many()); });
    in_span("more links than allowed", [&](auto& span) {
      for (int i = 0; i < 130; ++i) span.link(fl::current(), {}, {{"i", whole(i)}});
      span.link(fl::current(), {}, draw_.too_many());
    });
    in_span("a link with more than allowed", [&](auto& span) { span.link(fl::current(), {}, draw_.too_many()); });
  }
  void nesting() {
    datum deep = text("the bottom");
    for (int i = 0; i < 12; ++i)
      deep = i % 2 == 0 ? list({std::move(deep), whole(i)}) : map({{"inner", std::move(deep)}, {"level", whole(i)}});
    in_span("nested", [&](auto& span) {
      span.set("deep", deep), span.set("of all", list({nothing(), yes_or_no(true), whole(INT64_MIN), natural(UINT64_MAX), real(0.25),
                                                       text("t\xFF"), raw("\x01"), list({}), map({})}));
      span.metadata("dataset", "results", map({{"now", text("2026-11-21T00:00:00Z")}, {"results-size", whole(3)}})),
          span.metadata("", "plain", text("default namespace"));
      span.event("with nested", {{"deep", deep}, {"list", list({text(""), nothing()})}});
    });
  }
  void times() {
    auto asked = begin_asking({}, "at given times");
    std::int64_t const start = 1'544'712'660'000'000'001, end = 1'544'712'661'999'999'999;
    asked.start = moment::exactly(start), asked.end = moment::exactly(end);
    {
      fl::span span{asked.name, {.parent = {}, .start = fl::wall_time{start}}};
      told with{span, asked};
      with.event("in between", {}, start + 5);
      span.end(fl::wall_time{end});
    }
    finish(asked);
  }
  void statuses() {
    using enum fl::status_code;
    in_span("left unset", [](auto&) {});
    in_span("ok", [](auto& span) { span.status(ok, "not kept"); });
    in_span("error", [](auto& span) { span.status(error, "b\xC3\xB6se \xFF"); });
    in_span("error without words", [](auto& span) { span.status(error); });
    in_span("ok is final", [](auto& span) { span.status(error, "x"), span.status(ok, "y"), span.status(error, "z"), span.status(unset); });
    in_span("the last error counts", [](auto& span) { span.status(error, "first"), span.status(unset), span.status(error, "second"); });
  }
  void kinds() {
    for (auto const kind :
         {fl::span_kind::internal, fl::span_kind::server, fl::span_kind::client, fl::span_kind::producer, fl::span_kind::consumer}) {
      auto asked = begin_asking({}, std::string{fl::to_text(kind)}, kind);
      {
        fl::scoped_span span{asked.name, {.kind = kind}, {{"given", true}}};
        told{span, asked};
        asked.set.emplace_back("given", yes_or_no(true));
        asked.end.from = now();
      }
      finish(asked);
    }
    auto outer = begin_asking({}, "a segment", fl::span_kind::server);
    {
      fl::segment segment{outer.name};
      told above{segment, outer};
      auto inner = begin_asking(above.beneath({}), "a subsegment");
      {
        fl::subsegment subsegment{inner.name};
        told with{subsegment, inner};
        with.annotate("id", whole(12345)), with.metadata("dataset", "results", map({{"size", whole(3)}}));
        inner.end.from = now();
      }
      finish(inner);
      outer.end.from = now();
    }
    finish(outer);
  }
  void links() {
    auto const caller = extracted("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", "foo=1,bar=a:b");
    in_span("linked", [&](auto& span) {
      span.link(caller, "foo=1,bar=a:b", {{"why", text("fan-in")}, {"weight", real(0.5)}}), span.link(fl::current(), {}),
          span.link({}, {}, {{"to", text("nobody known")}});
    });
    in_span("linked from the start", [&](auto& span) {
      auto const above = fl::current();
      auto asked = begin_asking({}, "reconcile");
      {
        fl::scoped_span later{asked.name, {.parent = {}, .links = {{above}, {caller, {{"k", "v"}}}}}};
        told{later, asked};
        asked.links.push_back({above, {}, {}}), asked.links.push_back({caller, "foo=1,bar=a:b", {{"k", text("v")}}});
        asked.end.from = now();
      }
      finish(asked);
      span.set("cause", text("of another trace"));
    });
  }
  void parents() {
    for (int const flags : {1, 3}) {
      auto const caller = extracted("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0" + std::to_string(flags),
                                    "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE");
      auto asked = begin_asking({"b7ad6b7169203331", true, flags, "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", {}, {}}, "with a caller",
                                fl::span_kind::server);
      {
        fl::scoped_span span{asked.name, {.kind = fl::span_kind::server, .parent = caller}};
        told with{span, asked};
        in_span(
            "child of it", [](auto&) {}, with.beneath({}));
        asked.end.from = now();
      }
      finish(asked);
    }
  }
  /// Nothing of these may arrive.
  void unsampled() {
    auto const caller = extracted("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", {});
    fl::scoped_span span{"must not arrive", {.parent = caller}, {{"n", "must not arrive"}}};
    fl::scoped_span const child{"must not arrive either"};
    span.event("must not arrive");
  }
  void instrumentations() {
    for (std::string_view const version : {"1.2.3", ""}) {
      auto asked = begin_asking({}, "of a library");
      asked.scope = "lib \xC3\xA9", asked.scope_version = version;
      {
        fl::scoped_span span{asked.name, {.instrumentation = {asked.scope, version}}};
        told{span, asked};
        asked.end.from = now();
      }
      finish(asked);
    }
  }
  void scope_facts() {
    fl::annotation const tenant{"tenant", "acme"};
    fl::metadata const plan{"plan", "pro", "billing"};
    place here;
    here.set = {{"tenant", text("acme")}}, here.metadata = {{"billing.plan", text("pro")}};
    in_span(
        "within two facts",
        [&](auto& span) {
          span.set("own", whole(1));
          auto beneath = span.beneath(here);
          fl::annotation const shadow{"tenant", "inner"};
          span.asked().set.emplace_back("tenant", text("inner"));
          beneath.set.emplace_back("tenant", text("inner"));
          in_span(
              "beneath a shadow", [](auto&) {}, beneath);
          log(fl::level::info, "a log beneath", {ordinal()}, beneath);
        },
        here);
    log(fl::level::debug, "a log outside of spans", {ordinal()}, here);
  }
  void threads() {
    in_span("batch", [&](auto& parent) {
      auto const beneath = parent.beneath({});
      std::thread mail{fl::carry([&] {
        in_span(
            "send mail",
            [&](auto&) {
              log(fl::level::info, "sent", {{"n", text("from another thread")}});
            },
            beneath);
      })};
      mail.join();
      auto asked = begin_asking(beneath, "upload");
      fl::span upload{asked.name};
      told with{upload, asked};
      with.set("bytes", whole(1'048'576));
      std::thread sender{[this, &asked, upload = std::move(upload)]() mutable {
        fl::scope const inside{upload};
        in_span(
            "part 1", [](auto&) {}, told{upload, asked}.beneath({}));
        asked.end.from = now();
        upload.end();
        asked.end.to = now();
      }};
      sender.join();
      finish(asked);
    });
  }
  void logs() {
    using enum fl::level;
    for (auto const level : {trace, debug, info, warn, error, critical}) log(level, "at every level", {ordinal()});
    in_span("logs inside", [&](auto& span) {
      log(info, "HomeActivities", {{"rows", whole(3)}, ordinal()}, {});
      log(error, "[2026-Nov-21 09:58] 192.0.2.7 GET http /api/activities/home 500", {ordinal(), {"status", whole(500)}}, {}, "access");
      span.set("logged", whole(2));
    });
    log(info, "no fields at all", {}), log(info, "", {ordinal()}), log(warn, "not \xFF utf-8", {ordinal()}, {}, "logger \xFF"),
        log(info, std::string(5000, 'l'), {ordinal()});
    log(debug, "every kind",
        {ordinal(),
         {"e", nothing()},
         {"b", yes_or_no(false)},
         {"i", whole(INT64_MIN)},
         {"u", natural(UINT64_MAX)},
         {"d", real(-0.0)},
         {"x", raw({"\0\1", 2})},
         {"m", map({{"k", list({text("v")})}})}});
  }
  void log_limits() {
    auto crowd = draw_.too_many();
    crowd.front() = ordinal();
    log(fl::level::info, "more fields than allowed", crowd);
  }

  [[nodiscard]] static fl::context extracted(std::string const& parent, std::string const& state) {
    return fl::extract([&](std::string_view key) -> std::string_view {
      return key == "traceparent" ? std::string_view{parent} : key == "tracestate" ? std::string_view{state} : std::string_view{};
    });
  }

  void errors();
  void error_in_two_spans();
  void unwinding();
  void reports();
  void reports_of_exceptions();

  asked_file& to_;
  draws draw_;
  std::int64_t ordinal_ = 0;
};

}  // namespace peers

#include "error_tales.hpp"
