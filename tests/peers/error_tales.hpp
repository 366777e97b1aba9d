// The tales of things going wrong: exceptions on spans, spans that are left by one, reports. Part of tales.hpp.
#pragma once

#include "tales.hpp"

namespace peers {

namespace made_up {
struct card_declined : std::runtime_error {
  using std::runtime_error::runtime_error;
};
}  // namespace made_up

inline void tales::errors() {
  in_span("failed", [](auto& span) { span.fail(std::runtime_error{"boom"}, "std::runtime_error"); });
  in_span("failed with words that are not UTF-8", [](auto& span) { span.fail(std::out_of_range{"caf\xE9"}, "std::out_of_range"); });
  in_span("failed after an event", [](auto& span) {
    span.event("before", {});
    span.fail(made_up::card_declined{"card declined"}, "peers::made_up::card_declined");
    span.event("after", {{"k", whole(1)}});
  });
  in_span("failed without an exception", [](auto& span) {
    span.span().fail("no stock");
    span.asked().statuses.emplace_back(fl::status_code::error, "no stock");
  });
}

/// One exception, told in full on the inner span only; both have its id.
inline void tales::error_in_two_spans() {
  in_span("outer", [&](auto& outer) {
    try {
      in_span(
          "inner",
          [](auto& inner) {
            try {
              throw made_up::card_declined{"card declined twice"};
            } catch (std::exception const& error) {
              inner.fail(error, "peers::made_up::card_declined");
              throw;
            }
          },
          outer.beneath({}));
    } catch (std::exception const& error) { outer.fail(error, "peers::made_up::card_declined", false); }
  });
}

inline void tales::unwinding() {
  auto asked = begin_asking({}, "left by an exception");
  try {
    fl::scoped_span span{asked.name};
    told{span, asked};
    asked.end.from = now();
    throw std::runtime_error{"passing through"};
  } catch (std::exception const&) { asked.end.to = now(); }
  asked.statuses.emplace_back(fl::status_code::error, "");
  finish(asked);
}

/// Reports without an exception: log records with an identity.
inline void tales::reports() {
  auto const tell = [&](fl::level level, std::string const& body, bool with_person) {
    asked_log asked;
    auto const n = ordinal();
    asked.in = fl::current(), asked.at = level, asked.body = body, asked.report = true;
    asked.set = {n, {"order_id", whole(42)}, {"cart", map({{"items", list({whole(1), text("two")})}})}};
    asked.metadata = {{"billing.plan", text("pro")}};
    asked.when.from = now();
    {
      fl::error_report report{body, level};
      for (auto const& each : asked.set) report.set(each.first, handed_over{each.second}.get());
      report.metadata("plan", "pro", "billing");
      if (with_person) {
        report.person({.id = "u-81", .username = "andrewbrown", .email = "a@b.example"}).fingerprint("card-declined");
        asked.person_id = "u-81", asked.person_name = "andrewbrown", asked.person_email = "a@b.example",
        asked.fingerprint = "card-declined";
      }
      asked.uuid = report.uuid().view();
    }
    asked.when.to = now();
    to_.add(asked);
  };
  tell(fl::level::warn, "order rejected", true);
  in_span("reports inside", [&](auto&) { tell(fl::level::critical, "order lost \xF0\x9F\x98\x80", false); });
}

/// Of an exception: on a span that records it is that span's event; elsewhere a log record.
inline void tales::reports_of_exceptions() {
  asked_log alone;
  alone.at = fl::level::critical, alone.body = "nobody's span", alone.report = true, alone.error_type = "std::logic_error";
  auto const n = ordinal();
  alone.set = {n, {"exception.stacktrace", text("?stack")}};  // of the report: the exception was never thrown
  alone.when.from = now();
  {
    std::logic_error const error{alone.body};
    fl::error_report report{error};
    report.at(fl::level::critical).set("n", handed_over{n.second}.get());
    alone.uuid = report.uuid().view();
  }
  alone.when.to = now();
  to_.add(alone);

  in_span("reported on a span", [](auto& span) {
    auto const before = now();
    try {
      throw std::runtime_error{"told by its report"};
    } catch (std::exception const& error) {
      fl::error_report report{error};
      report.set("lost with the report", true);
      span.asked().error_uuid = report.uuid().view();
      span.asked().set.emplace_back("fanlight.error.id", text("?uuid"));
      span.asked().events.push_back({"exception", {before, now()}, span.in_full(error, "std::runtime_error")});
    }
  });
  in_span("failed, then reported", [](auto& span) {
    try {
      throw std::runtime_error{"told once"};
    } catch (std::exception const& error) {
      span.fail(error, "std::runtime_error");
      fl::error_report report{error};
      span.asked().error_uuid = report.uuid().view();
    }
  });
}

}  // namespace peers
