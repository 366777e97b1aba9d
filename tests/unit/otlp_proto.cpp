// impl/otlp_proto.hpp: batches as ExportTraceServiceRequest and ExportLogsServiceRequest, field by field.
#include <fanlight/impl/otlp_json.hpp>
#include <fanlight/impl/otlp_proto.hpp>

#include "catch.hpp"
#include "support/protobuf.hpp"
#include "support/sample_trace.hpp"

#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace support;
namespace fl = fanlight;
using fl::error_form;
using fl::detail::entry_type;
using fl::detail::fact_key;
using fl::detail::otlp_form;

namespace {

message span_of(entry const& one, otlp_form const& form = {}) { return proto_traces(batch_of({one}), form).sub(1).sub(2).sub(2); }
message log_of(entry const& one, otlp_form const& form = {}) { return proto_logs(batch_of({one}), one.type(), form).sub(1).sub(2).sub(2); }
entry plain() { return span("s", span_p); }
message value_of(fl::value const& what) { return span_of(plain().set("k", what)).any(9, "k"); }

/// The names of all spans, or the bodies of all log records, in the order of the document.
std::vector<std::string> names(message const& request, bool logs = false) {
  std::vector<std::string> out;
  for (std::size_t r = 0; r < request.count(1); ++r)
    for (std::size_t s = 0; s < request.sub(1, r).count(2); ++s) {
      auto const scope = request.sub(1, r).sub(2, s);
      for (std::size_t i = 0; i < scope.count(2); ++i) out.push_back(logs ? scope.sub(2, i).sub(5).bytes(1) : scope.sub(2, i).bytes(5));
    }
  return out;
}

/// A failed span with the event that fanlight writes, an event of the program's own, and the two reports that go with it.
fl::detail::batch_ref failure() {
  constexpr char const* uuid = "6f1d0f6e-5d1c-4a0e-9c57-0a1b2c3d4e5f";
  return batch_of(
      {plain()
           .event("exception", 1, {{"exception.type", "std::runtime_error"}, {"fanlight.error.id", uuid}})
           .event("exception", 2, {{"exception.type", "by hand"}})
           .status(fl::status_code::error, "boom")
           .fact(fact_key::error_id, uuid),
       error("boom", span_p).fact(fact_key::error_id, uuid).fact(fact_key::error_type, "E").flag(fl::detail::entry_flag::on_span),
       error("loose")});
}
std::size_t events(error_form form) { return proto_traces(failure(), {.error_as = form}).sub(1).sub(2).sub(2).count(11); }
std::vector<std::string> reports(error_form form) { return names(proto_logs(failure(), entry_type::error, {.error_as = form}), true); }

}  // namespace

TEST_CASE("otlp_proto: nothing is written where there is nothing") {
  auto const none = batch_of({loose_log("x")});
  fl::detail::send_buffer out;
  out.literal("before");
  CHECK(fl::detail::write_traces_proto(out, *none) == 0);
  CHECK(fl::detail::write_logs_proto(out, *none, entry_type::error) == 0);
  CHECK(fl::detail::write_logs_proto(out, *none, entry_type::log, {.first = 1}) == 0);
  CHECK(out.view() == "before");
}

TEST_CASE("otlp_proto: what is written goes behind what is there") {
  fl::detail::send_buffer out;
  out.literal("before");
  CHECK(fl::detail::write_traces_proto(out, *batch_of({plain(), plain()})) == 2);
  CHECK(out.view().substr(0, 7) == "before\x0A");
  CHECK(names(message{std::string{out.view().substr(6)}}).size() == 2);
}

TEST_CASE("otlp_proto: ids, flags and kinds") {
  auto const root = span_of(plain().flags(1));
  CHECK(hex(root.bytes(1)) == trace_t);
  CHECK(hex(root.bytes(2)) == span_p);
  CHECK((root.count(3) == 0 && root.count(4) == 0));
  CHECK(root.word(6) == 1);
  CHECK(root.word(16) == 0x101);
  auto const child = span("s", span_p, "0000000000000001").fact(fact_key::tracestate, "foo=1,bar=2").kind(fl::span_kind::consumer);
  CHECK(hex(span_of(child).bytes(4)) == "0000000000000001");
  CHECK(span_of(child).bytes(3) == "foo=1,bar=2");
  CHECK(span_of(child).word(6) == 5);
  CHECK(span_of(entry{child}.flag(fl::detail::entry_flag::remote_parent)).word(16) == 0x303);
}

TEST_CASE("otlp_proto: times are nanoseconds of the epoch, and the end is not before the start") {
  auto const made = span_of(plain().from(5, 3));
  CHECK(made.word(7) == static_cast<std::uint64_t>(epoch + 5));
  CHECK(made.word(8) == static_cast<std::uint64_t>(epoch + 5));
  auto const given = span_of(plain().from(7, 9 - epoch).flag(fl::detail::entry_flag::wall_start));
  CHECK((given.word(7) == 7 && given.word(8) == 9));
}

TEST_CASE("otlp_proto: status") {
  CHECK(span_of(plain()).count(15) == 0);
  CHECK(hex(span_of(plain().status(fl::status_code::ok)).bytes(15)) == "1801");
  CHECK(hex(span_of(plain().status(fl::status_code::error)).bytes(15)) == "1802");
  CHECK(hex(span_of(plain().status(fl::status_code::error, "m\xff")).bytes(15)) == "12046defbfbd1802");
}

TEST_CASE("otlp_proto: numbers to their limits") {
  CHECK(value_of(INT64_MAX).word(3) == INT64_MAX);
  CHECK(value_of(INT64_MIN).word(3) == std::uint64_t{1} << 63);
  CHECK(value_of(static_cast<std::uint64_t>(INT64_MAX)).word(3) == INT64_MAX);
  CHECK(value_of(UINT64_MAX).bytes(1) == "18446744073709551615");
  CHECK(value_of(static_cast<std::uint64_t>(INT64_MAX) + 1).bytes(1) == "9223372036854775808");
  for (double const number : {0.0, -0.0, 0.1, HUGE_VAL, -HUGE_VAL, std::numeric_limits<double>::denorm_min()})
    CHECK(value_of(number).word(4) == std::bit_cast<std::uint64_t>(number));
  CHECK(std::isnan(std::bit_cast<double>(value_of(std::nan("")).word(4))));
  CHECK(value_of(true).word(2) == 1);
}

TEST_CASE("otlp_proto: empty values are there") {
  auto const made =
      span_of(plain().set("null", nullptr).set("text", "").set("list", fl::array{}).set("map", fl::object{}).set("raw", fl::bytes{}));
  CHECK(made.count(9) == 5);
  CHECK(made.any(9, "null").raw.empty());
  CHECK(hex(made.any(9, "text").raw) == "0a00");
  CHECK(hex(made.any(9, "list").raw) == "2a00");
  CHECK(hex(made.any(9, "map").raw) == "3200");
  CHECK(hex(made.any(9, "raw").raw) == "3a00");
}

TEST_CASE("otlp_proto: nested values to any depth and size") {
  fl::array deep{1};
  for (int i = 1; i < 60; ++i) deep = fl::array{}.push(deep);
  message level = value_of(deep);
  for (int i = 1; i < 60; ++i) level = level.sub(5).sub(1);
  CHECK(level.sub(5).sub(1).word(3) == 1);
  fl::object large;
  for (int i = 0; i < 200; ++i) large.set("key " + std::to_string(i), std::string(static_cast<std::size_t>(i), 'v'));
  auto const made = value_of(fl::array{nullptr, large, UINT64_MAX, "\xff", 2.5, false, fl::bytes{"\0", 1}}).sub(5);
  REQUIRE(made.count(1) == 7);
  CHECK(made.sub(1, 0).raw.empty());
  CHECK(made.sub(1, 1).sub(6).any(1, "key 199").bytes(1) == std::string(199, 'v'));
  CHECK(made.sub(1, 2).bytes(1) == "18446744073709551615");
  CHECK(hex(made.sub(1, 3).raw) == "3a01ff");
  CHECK(hex(made.sub(1, 5).raw) == "1000");
  CHECK(hex(made.sub(1, 6).raw) == "3a0100");
}

TEST_CASE("otlp_proto: texts and keys around the lengths that take another byte") {
  for (std::size_t const size : {0u, 1u, 7u, 8u, 16u, 17u, 33u, 99u, 100u, 113u, 119u, 120u, 121u, 127u, 128u, 129u, 255u, 5000u, 20000u}) {
    std::string const longer(size, 'v'), key = "k" + std::string(size, 'k');
    auto const made = span_of(plain().set("text", longer).set(key, 7).set("after", true).metadata("space", key, longer));
    INFO(size);
    CHECK(made.any(9, "text").bytes(1) == longer);
    CHECK(made.any(9, key).word(3) == 7);
    CHECK(made.any(9, "after").word(2) == 1);
    CHECK(made.any(9, "metadata.space." + key).bytes(1) == longer);
    CHECK(span_of(span(longer, span_p)).count(5) == (size == 0 ? 0 : 1));
  }
}

TEST_CASE("otlp_proto: what is not UTF-8 is bytes as a value and U+FFFD elsewhere") {
  auto const made = span_of(span("na\xffme", span_p)
                                .set("k\xff", "v\xff")
                                .set("n\xff", 7)
                                .set("long", std::string(200, 'x') + '\xff')
                                .set("日本", "語")
                                .metadata("s\xff", "m\xff", "v")
                                .fact(fact_key::tracestate, "a=\xff")
                                .event("e\xff", 0));
  CHECK(made.bytes(5) == "na\xEF\xBF\xBDme");
  CHECK(made.any(9, "k\xEF\xBF\xBD").bytes(7) == "v\xff");
  CHECK(made.any(9, "n\xEF\xBF\xBD").word(3) == 7);
  CHECK(made.any(9, "long").bytes(7).size() == 201);
  CHECK(made.any(9, "日本").bytes(1) == "語");
  CHECK(made.any(9, "metadata.s\xEF\xBF\xBD.m\xEF\xBF\xBD").bytes(1) == "v");
  CHECK(made.bytes(3) == "a=\xEF\xBF\xBD");
  CHECK(made.sub(11).bytes(2) == "e\xEF\xBF\xBD");
  CHECK(log_of(log("b\xff")).sub(5).bytes(7) == "b\xff");
  // Three bytes for each: the most that a record can grow by.
  std::string const broken(3000, '\xff');
  auto const worst = span_of(span(broken, span_p).set(broken, broken).event(broken, 0, {{broken, fl::object{{broken, broken}}}}));
  CHECK(worst.bytes(5).size() == 9000);
  CHECK(worst.sub(11).sub(3).bytes(1).size() == 9000);
}

TEST_CASE("otlp_proto: no record takes more room than it asks for") {
  std::vector<entry> all;
  for (std::size_t const size : {0u, 1u, 2u, 7u, 40u, 130u, 3000u}) {
    std::string const bad(size, '\xff'), key = bad + "\xff";
    fl::object nested;
    nested.set(key, UINT64_MAX).set("k", fl::array{fl::array{}, bad, nullptr});
    for (int many : {1, 40}) {
      auto each = span(bad, span_p), report = error(bad, span_p);
      for (int i = 0; i < many; ++i) {
        each.set(key, UINT64_MAX).set(key, nullptr).set(key, bad).set(key, -1).set(key, fl::array{-1, -1}).set(key, nested);
        each.metadata("", key, nullptr)
            .metadata(key, "", -1)
            .event(bad, 0, {{key, bad}}, UINT32_MAX)
            .link(trace_t, span_p, 0x1FF, bad, {{key, -1}});
      }
      each.status(fl::status_code::error, key).fact(fact_key::tracestate, key).fact(fact_key::error_id, key).dropped(65535, 65535, 65535);
      for (auto const fact : {fact_key::error_id, fact_key::error_type, fact_key::fingerprint, fact_key::person_id, fact_key::person_name,
                              fact_key::person_email, fact_key::logger})
        report.fact(fact, key);
      all.insert(all.end(), {each, report});
    }
  }
  for (auto const& each : all) {
    auto const made = each.type() == entry_type::span ? span_of(each) : log_of(each);
    CHECK(made.raw.size() + 16 <= each.pack().size() * 4 + 512);
  }
}

TEST_CASE("otlp_proto: annotations and metadata are attributes") {
  auto const made = span_of(plain().annotate("id", 7).metadata("dataset", "results", fl::object{{"n", 1}}).metadata("", "plan", "pro"));
  CHECK(made.count(9) == 3);
  CHECK(made.any(9, "id").word(3) == 7);
  CHECK(made.any(9, "metadata.dataset.results").sub(6).any(1, "n").word(3) == 1);
  CHECK(made.any(9, "metadata.default.plan").bytes(1) == "pro");
}

TEST_CASE("otlp_proto: events and links in order, with what was dropped") {
  auto const made = span_of(plain()
                                .event("one", 5, {{"k", "v"}, {"n", fl::array{1, 2}}}, 3)
                                .link("5759e988bd862e3fe1be46a994272793", "53995c3f42cd8ad8", 0x101, "foo=1", {{"why", "cause"}})
                                .event("two", 6)
                                .link(trace_t, span_p, 3)
                                .dropped(1, 2, 3));
  CHECK((made.word(10) == 1 && made.word(12) == 2 && made.word(14) == 3));
  REQUIRE((made.count(11) == 2 && made.count(13) == 2));
  auto const one = made.sub(11), link = made.sub(13);
  CHECK(one.word(1) == static_cast<std::uint64_t>(epoch + 5));
  CHECK(one.bytes(2) == "one");
  CHECK(one.any(3, "n").sub(5).sub(1, 1).word(3) == 2);
  CHECK(one.word(4) == 3);
  CHECK((made.sub(11, 1).bytes(2) == "two" && made.sub(11, 1).count(4) == 0));
  CHECK(hex(link.bytes(1)) == "5759e988bd862e3fe1be46a994272793");
  CHECK(hex(link.bytes(2)) == "53995c3f42cd8ad8");
  CHECK((link.bytes(3) == "foo=1" && link.any(4, "why").bytes(1) == "cause" && link.word(6) == 0x301));
  CHECK((made.sub(13, 1).count(3) == 0 && made.sub(13, 1).word(6) == 0x103));
  CHECK(span_of(plain().dropped(0, 9, 0)).word(12) == 9);
  CHECK(span_of(plain().dropped(0, 0, 65535)).word(14) == 65535);
}

TEST_CASE("otlp_proto: who sends, its schema, and scopes in the order of their first records") {
  auto who = cruddur();
  who.attributes.set("host.cpus", 2).set("process.args", fl::array{"a", "b"});
  auto const made = proto_traces(batch_of({span("a", "0000000000000001").scope("lib", "1.2"), span("b", "0000000000000002"),
                                           span("c", "0000000000000003").scope("lib", "1.2"), span("d", "0000000000000004").scope("lib")},
                                          who))
                        .sub(1);
  CHECK(made.sub(1).any(1, "service.name").bytes(1) == "cruddur");
  CHECK(made.sub(1).any(1, "host.cpus").word(3) == 2);
  CHECK(made.sub(1).any(1, "process.args").sub(5).count(1) == 2);
  CHECK(made.bytes(3) == "https://opentelemetry.io/schemas/1.44.0");
  REQUIRE(made.count(2) == 3);
  CHECK(hex(made.sub(2, 0).bytes(1)) == "0a036c69621203312e32");
  CHECK((made.sub(2, 0).sub(2, 0).bytes(5) == "a" && made.sub(2, 0).sub(2, 1).bytes(5) == "c"));
  CHECK((made.sub(2, 1).sub(1).bytes(1) == "fanlight" && made.sub(2, 1).sub(1).bytes(2) == FANLIGHT_VERSION_STRING));
  CHECK((made.sub(2, 2).sub(1).count(2) == 0 && made.sub(2, 2).sub(2).bytes(5) == "d"));
  CHECK(proto_traces(batch_of({plain()}, fl::resource{})).sub(1).count(1) == 0);
}

TEST_CASE("otlp_proto: a log record") {
  auto const made =
      log_of(log("HomeActivities", span_p).at(300).level(fl::level::warn).fact(fact_key::logger, "access").set("rows", 3).dropped(2, 0, 0));
  CHECK((made.word(1) == static_cast<std::uint64_t>(epoch + 300) && made.word(11) == made.word(1)));
  CHECK((made.word(2) == 13 && made.bytes(3) == "WARN" && made.sub(5).bytes(1) == "HomeActivities"));
  CHECK((made.any(6, "rows").word(3) == 3 && made.word(7) == 2 && made.word(8) == 3));
  CHECK((hex(made.bytes(9)) == trace_t && hex(made.bytes(10)) == span_p && made.count(12) == 0));
  auto const loose = log_of(loose_log(""));
  CHECK((loose.count(8) == 0 && loose.count(9) == 0 && loose.count(10) == 0));
  CHECK(hex(loose.bytes(5)) == "0a00");
}

TEST_CASE("otlp_proto: a report is a log record with its facts, unless the program set them") {
  auto const made = log_of(error("card declined", span_p)
                               .level(fl::level::critical)
                               .set("user.name", "set by hand")
                               .fact(fact_key::error_type, "std::runtime_error")
                               .fact(fact_key::error_id, "6f1d0f6e-5d1c-4a0e-9c57-0a1b2c3d4e5f")
                               .fact(fact_key::fingerprint, "card-declined")
                               .fact(fact_key::person_id, "u-81")
                               .fact(fact_key::person_name, "andrewbrown")
                               .fact(fact_key::person_email, "a@example.com"));
  CHECK((made.word(2) == 21 && made.bytes(3) == "FATAL" && made.bytes(12) == "exception"));
  for (auto const& [key, text] : {std::pair{"exception.type", "std::runtime_error"},
                                  {"exception.message", "card declined"},
                                  {"fanlight.error.id", "6f1d0f6e-5d1c-4a0e-9c57-0a1b2c3d4e5f"},
                                  {"rollbar.occurrence.uuid", "6f1d0f6e-5d1c-4a0e-9c57-0a1b2c3d4e5f"},
                                  {"fanlight.error.fingerprint", "card-declined"},
                                  {"user.id", "u-81"},
                                  {"user.name", "set by hand"},
                                  {"user.email", "a@example.com"}})
    CHECK(made.any(6, key).bytes(1) == text);
  CHECK(made.count(6) == 8);
  CHECK(log_of(error("order rejected")).count(12) == 0);
}

TEST_CASE("otlp_proto: errors as events, as log records, or both") {
  using all = std::vector<std::string>;
  CHECK((events(error_form::automatic) == 2 && reports(error_form::automatic) == all{"loose"}));
  CHECK((events(error_form::event) == 2 && reports(error_form::event).empty()));
  CHECK((events(error_form::log) == 1 && reports(error_form::log) == all{"boom", "loose"}));
  CHECK((events(error_form::both) == 2 && reports(error_form::both) == all{"boom", "loose"}));
  auto const left = proto_traces(failure(), {.error_as = error_form::log}).sub(1).sub(2).sub(2);
  CHECK(left.sub(11).any(3, "exception.type").bytes(1) == "by hand");
  CHECK(left.any(9, "fanlight.error.id").bytes(1) == "6f1d0f6e-5d1c-4a0e-9c57-0a1b2c3d4e5f");
  CHECK(left.sub(15).bytes(2) == "boom");
  fl::detail::send_buffer json;
  fl::detail::write_traces_json(json, *failure(), {.error_as = error_form::log});
  CHECK(json.view().find("by hand") != std::string_view::npos);
  CHECK(json.view().find("std::runtime_error") == std::string_view::npos);
}

TEST_CASE("otlp_proto: where it was recorded, by option alone") {
  CHECK(span_of(plain()).count(9) == 0);
  auto const made = span_of(plain().set("code.file.path", "mine.cpp"), {.source_facts = true});
  CHECK((made.any(9, "code.function.name").bytes(1) == "test" && made.any(9, "code.line.number").word(3) == 1));
  CHECK((made.any(9, "code.file.path").bytes(1) == "mine.cpp" && made.count(9) == 3));
  CHECK(log_of(log("x"), {.source_facts = true}).any(6, "code.file.path").bytes(1) == "test.cpp");
  fl::detail::send_buffer json;
  fl::detail::write_traces_json(json, *batch_of({plain()}), {.source_facts = true});
  CHECK(json.view().find(R"("attributes":[{"key":"code.function.name","value":{"stringValue":"test"}},)") != std::string_view::npos);
}

TEST_CASE("otlp_proto: the parts of a batch are the batch") {
  batch_builder builder;
  for (int i = 0; i < 23; ++i) {
    auto one = span("span " + std::to_string(i), span_p);
    builder.add(loose_log("between")).add(i % 3 == 0 ? one.scope("lib") : one.set("n", i));
  }
  auto const batch = builder.take();
  auto const whole = names(proto_traces(batch));
  REQUIRE(whole.size() == 23);
  for (std::size_t const step : {1u, 2u, 7u, 22u, 23u, 100u}) {
    std::vector<std::string> parts;
    for (std::size_t first = 0; first < 23; first += step) {
      otlp_form const form{.first = first, .count = step};
      fl::detail::send_buffer json, proto;
      auto const count = fl::detail::otlp_count(*batch, entry_type::span, form);
      CHECK(fl::detail::write_traces_proto(proto, *batch, form) == count);
      CHECK(fl::detail::write_traces_json(json, *batch, form) == count);
      auto const part = names(message{std::string{proto.view()}});
      CHECK(part.size() == count);
      for (auto const& name : part) CHECK(json.view().find('"' + name + '"') != std::string_view::npos);
      parts.insert(parts.end(), part.begin(), part.end());
    }
    std::sort(parts.begin(), parts.end());
    auto sorted = whole;
    std::sort(sorted.begin(), sorted.end());
    CHECK(parts == sorted);
  }
  CHECK(names(proto_traces(batch, {.first = 5, .count = SIZE_MAX})).size() == 18);
}
