// impl/otlp_json.hpp: batches as TracesData and LogsData.
#include <fanlight/impl/otlp_json.hpp>

#include "catch.hpp"
#include "support/golden.hpp"
#include "support/sample_trace.hpp"

#include <string>

using namespace support;
namespace fl = fanlight;
using Catch::Matchers::ContainsSubstring;
using fl::detail::entry_type;
using fl::detail::fact_key;

namespace {
std::string traces(fl::detail::batch_ref const& batch) {
  fl::detail::send_buffer out;
  fl::detail::write_traces_json(out, *batch);
  return std::string{out.view()};
}
std::string logs(fl::detail::batch_ref const& batch, entry_type type = entry_type::log) {
  fl::detail::send_buffer out;
  fl::detail::write_logs_json(out, *batch, type);
  return std::string{out.view()};
}
std::string span_text(entry const& one) { return traces(batch_of({one})); }
}  // namespace

TEST_CASE("otlp_json: the sample trace") {
  auto const batch = sample_trace();
  approved("otlp_traces.jsonl", traces(batch) + '\n');
  approved("otlp_logs.jsonl", logs(batch) + '\n' + logs(batch, entry_type::error) + '\n');
}

TEST_CASE("otlp_json: nothing is written where there is nothing") {
  auto const none = batch_of({loose_log("x")});
  CHECK(traces(none).empty());
  CHECK(logs(none, entry_type::error).empty());
  fl::detail::send_buffer out;
  out.literal("before");
  CHECK(fl::detail::write_traces_json(out, *none) == 0);
  CHECK(out.view() == "before");
}

TEST_CASE("otlp_json: a root in full, and nothing that is not there") {
  CHECK(span_text(span("home-activities", span_p).from(0, 1000 * ms)) ==
        R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"backend-flask"}}]},)"
        R"("scopeSpans":[{"scope":{"name":"fanlight","version":")" FANLIGHT_VERSION_STRING
        R"("},"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","flags":259,"name":"home-activities",)"
        R"("kind":1,"startTimeUnixNano":"1544712660000000000","endTimeUnixNano":"1544712661000000000"}]}]}]})");
}

TEST_CASE("otlp_json: flags say sampled, random, and where the parent is") {
  auto const root = span("s", span_p), child = span("s", span_p, "0000000000000001");
  CHECK_THAT(span_text(entry{root}.flags(1)), ContainsSubstring(R"("flags":257,)"));
  CHECK_THAT(span_text(entry{child}.flags(3)), ContainsSubstring(R"("parentSpanId":"0000000000000001","flags":259,)"));
  CHECK_THAT(span_text(entry{child}.flag(fl::detail::entry_flag::remote_parent)), ContainsSubstring(R"("flags":771,)"));
  CHECK_THAT(span_text(entry{root}.link(trace_t, "0000000000000002", 0x101)),
             ContainsSubstring(R"("links":[{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"0000000000000002","flags":769}])"));
}

TEST_CASE("otlp_json: status") {
  auto const one = span("s", span_p);
  CHECK_THAT(span_text(one), !ContainsSubstring("status"));
  CHECK_THAT(span_text(entry{one}.status(fl::status_code::ok)), ContainsSubstring(R"("status":{"code":1}})"));
  CHECK_THAT(span_text(entry{one}.status(fl::status_code::error)), ContainsSubstring(R"("status":{"code":2}})"));
  CHECK_THAT(span_text(entry{one}.status(fl::status_code::error, "boom")), ContainsSubstring(R"("status":{"message":"boom","code":2}})"));
}

TEST_CASE("otlp_json: values of every kind") {
  auto const all = span_text(span("s", span_p)
                                 .set("empty", nullptr)
                                 .set("no", false)
                                 .set("big", UINT64_MAX)
                                 .set("text", "a\"\n")
                                 .set("list", fl::array{"x", 2, fl::array{}})
                                 .set("map", fl::object{{"k", 1}, {"deep", fl::object{{"b", true}}}}));
  CHECK_THAT(all, ContainsSubstring(R"({"key":"empty","value":{}})"));
  CHECK_THAT(all, ContainsSubstring(R"({"key":"no","value":{"boolValue":false}})"));
  CHECK_THAT(all, ContainsSubstring(R"({"key":"big","value":{"stringValue":"18446744073709551615"}})"));
  CHECK_THAT(all, ContainsSubstring(R"({"key":"text","value":{"stringValue":"a\"\n"}})"));
  CHECK_THAT(all, ContainsSubstring(R"({"arrayValue":{"values":[{"stringValue":"x"},{"intValue":"2"},{"arrayValue":{"values":[]}}]}})"));
  CHECK_THAT(all, ContainsSubstring(R"({"kvlistValue":{"values":[{"key":"k","value":{"intValue":"1"}},{"key":"deep",)"
                                    R"("value":{"kvlistValue":{"values":[{"key":"b","value":{"boolValue":true}}]}}}]}})"));
}

TEST_CASE("otlp_json: what is not UTF-8 is bytes as a value and U+FFFD elsewhere") {
  auto const made = span_text(span("na\xffme", span_p).set("k\xff", "v\xff").status(fl::status_code::error, "m\xff").event("e\xff", 0));
  CHECK_THAT(made, ContainsSubstring("\"name\":\"na\xEF\xBF\xBDme\""));
  CHECK_THAT(made, ContainsSubstring("{\"key\":\"k\xEF\xBF\xBD\",\"value\":{\"bytesValue\":\"dv8=\"}}"));
  CHECK_THAT(made, ContainsSubstring("\"message\":\"m\xEF\xBF\xBD\""));
  CHECK_THAT(made, ContainsSubstring("\"name\":\"e\xEF\xBF\xBD\""));
  CHECK_THAT(logs(batch_of({log("b\xff")})), ContainsSubstring(R"("body":{"bytesValue":"Yv8="})"));
}

TEST_CASE("otlp_json: metadata is an attribute under its namespace") {
  auto const made = span_text(span("s", span_p).annotate("id", 7).metadata("dataset", "results", 1).metadata("", "plan", "pro"));
  CHECK_THAT(made,
             ContainsSubstring(R"([{"key":"id","value":{"intValue":"7"}},{"key":"metadata.dataset.results","value":{"intValue":"1"}},)"
                               R"({"key":"metadata.default.plan","value":{"stringValue":"pro"}}])"));
}

TEST_CASE("otlp_json: counts of what was dropped") {
  auto const made = span_text(span("s", span_p).dropped(1, 2, 3).event("e", 0, {}, 4));
  for (auto const* part : {R"("droppedAttributesCount":1)", R"("droppedEventsCount":2)", R"("droppedLinksCount":3)",
                           R"("name":"e","droppedAttributesCount":4})"})
    CHECK_THAT(made, ContainsSubstring(part));
}

TEST_CASE("otlp_json: spans stand together by the instrumentation that made them") {
  auto const made = traces(batch_of({span("a", "0000000000000001").scope("lib", "1.2"), span("b", "0000000000000002"),
                                     span("c", "0000000000000003").scope("lib", "1.2"), span("d", "0000000000000004").scope("lib")}));
  auto const at = [&](char const* part) {
    auto const found = made.find(part);
    INFO(part << " in " << made);
    REQUIRE(found != std::string::npos);
    return found;
  };
  CHECK(at(R"("scope":{"name":"lib","version":"1.2"})") < at(R"("name":"a")"));
  CHECK(at(R"("name":"a")") < at(R"("name":"c")"));
  CHECK(at(R"("name":"c")") < at(R"("scope":{"name":"fanlight")"));
  CHECK(at(R"("scope":{"name":"fanlight")") < at(R"("name":"b")"));
  CHECK(at(R"("name":"b")") < at(R"("scope":{"name":"lib"})"));
  CHECK(at(R"("scope":{"name":"lib"})") < at(R"("name":"d")"));
  CHECK(made.find("\"resource\"") == made.rfind("\"resource\""));
}

TEST_CASE("otlp_json: a log record") {
  CHECK_THAT(logs(batch_of({log("HomeActivities", span_p).at(300 * ms).flags(1).fact(fact_key::logger, "access")})),
             ContainsSubstring(R"("scopeLogs":[{"scope":{"name":"access"},"logRecords":[{"timeUnixNano":"1544712660300000000",)"
                               R"("observedTimeUnixNano":"1544712660300000000","severityNumber":9,"severityText":"INFO",)"
                               R"("body":{"stringValue":"HomeActivities"},"flags":1,"traceId":"0af7651916cd43dd8448eb211c80319c",)"
                               R"("spanId":"b7ad6b7169203331"}]}]}]})"));
  auto const loose = logs(batch_of({loose_log("x")}));
  CHECK_THAT(loose, !ContainsSubstring("traceId") && !ContainsSubstring("flags"));
}

TEST_CASE("otlp_json: an error report is a log record, unless a span has it as its event") {
  auto const report = error("card declined", span_p)
                          .level(fl::level::critical)
                          .set("order_id", 42)
                          .set("user.name", "set by hand")
                          .fact(fact_key::error_type, "std::runtime_error")
                          .fact(fact_key::error_id, "6f1d0f6e-5d1c-4a0e-9c57-0a1b2c3d4e5f")
                          .fact(fact_key::fingerprint, "card-declined")
                          .fact(fact_key::person_id, "u-81")
                          .fact(fact_key::person_name, "andrewbrown");
  auto const made = logs(batch_of({report}), entry_type::error);
  CHECK_THAT(made, ContainsSubstring(R"("severityNumber":21,"severityText":"FATAL","body":{"stringValue":"card declined"})"));
  for (auto const* part : {R"("key":"exception.type","value":{"stringValue":"std::runtime_error"})",
                           R"("key":"exception.message","value":{"stringValue":"card declined"})",
                           R"("key":"fanlight.error.id","value":{"stringValue":"6f1d0f6e-5d1c-4a0e-9c57-0a1b2c3d4e5f"})",
                           R"("key":"rollbar.occurrence.uuid")", R"("key":"user.id","value":{"stringValue":"u-81"})",
                           R"("key":"user.name","value":{"stringValue":"set by hand"})", R"("eventName":"exception"}])"})
    CHECK_THAT(made, ContainsSubstring(part));
  CHECK_THAT(made, !ContainsSubstring("andrewbrown"));
  CHECK(logs(batch_of({entry{report}.flag(fl::detail::entry_flag::on_span)}), entry_type::error).empty());
  CHECK_THAT(logs(batch_of({error("order rejected")}), entry_type::error), !ContainsSubstring("exception"));
}
