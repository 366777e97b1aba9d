// One trace with something of everything, as a request to the sample application would make it: for pictures and documents.
#pragma once

#include "support/batch_builder.hpp"

namespace support {

[[nodiscard]] inline fanlight::resource cruddur() {
  fanlight::resource out;
  out.attributes.set("service.name", "cruddur").set("telemetry.sdk.language", "cpp");
  out.schema_url = "https://opentelemetry.io/schemas/1.44.0";
  return out;
}

[[nodiscard]] inline fanlight::detail::batch_ref sample_trace() {
  using fanlight::span_kind, fanlight::status_code, fanlight::level;
  constexpr std::int64_t us = 1000;
  using fact = fanlight::detail::fact_key;
  return batch_of(
      {span("GET /api/activities/home", "0000000000000001")
           .kind(span_kind::server)
           .from(0, 214'300 * us)
           .set("http.request.method", "GET")
           .set("http.route", "/api/activities/home")
           .set("http.response.status_code", 200),
       span("home-activities", "0000000000000002", "0000000000000001")
           .from(1'200 * us, 212'000 * us)
           .set("app.now", "2026-11-21T00:00:00Z")
           .set("app.user_handle", "andrewbrown")
           .set("app.result_length", 3)
           .event("cache.miss", 12'300 * us, {{"key", "home"}, {"bytes", 512}, {"ratio", 0.25}, {"warm", false}}),
       span("SELECT activities", "0000000000000003", "0000000000000002")
           .kind(span_kind::client)
           .from(14'000 * us, 99'000 * us)
           .set("db.system.name", "postgresql")
           .annotate("id", 12345)
           .metadata("dataset", "results", fanlight::object{{"now", "2026-11-21T00:00:00Z"}, {"results-size", 3}}),
       span("時間のかかる処理 🚀", "0000000000000004", "0000000000000002")
           .from(99'500 * us, 140'000 * us)
           .set("note", "日本語のテキスト, \x1b[31mred\x1b[0m\nnext line"),
       span("POST payments.example/charge for a customer", "0000000000000005", "0000000000000002")
           .kind(span_kind::client)
           .from(140'500 * us, 211'000 * us)
           .status(status_code::error, "card declined")
           .event("exception", 210'500 * us, {{"exception.type", "std::runtime_error"}, {"exception.message", "card declined"}}),
       span("retry", "0000000000000006", "0000000000000005")
           .from(141'000 * us, 141'020 * us)
           .status(status_code::error, "connection reset by peer while the card was being charged")
           .link("5759e988bd862e3fe1be46a994272793", "53995c3f42cd8ad8", 0x101, "foo=1,bar=2", {{"why", "cause"}})
           .dropped(2, 0, 1),
       log("HomeActivities", "0000000000000002").at(11'000 * us).set("rows", 3),
       log("trying again", "0000000000000005").at(150'000 * us).level(level::warn).fact(fact::logger, "payments"),
       loose_log("[2026-Nov-21 09:58] 192.0.2.7 GET http /api/activities/home 200").fact(fact::logger, "access").set("status", 200),
       error("order rejected", "0000000000000002")
           .at(212'000 * us)
           .set("order_id", 42)
           .fact(fact::error_id, "6f1d0f6e-5d1c-4a0e-9c57-0a1b2c3d4e5f")},
      cruddur());
}

}  // namespace support
