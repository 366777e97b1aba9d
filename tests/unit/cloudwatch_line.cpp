// impl/cloudwatch/line.hpp: what an event says of a record, and that JSON stays JSON however little room there is.
#include <fanlight/impl/cloudwatch/line.hpp>

#include "catch.hpp"
#include "support/batch_builder.hpp"
#include "support/xray_kit.hpp"

using namespace support;
using fl::detail::cloudwatch_form;
using fl::detail::cloudwatch_line_kind;
using fl::detail::fact_key;

namespace {

struct written {
  std::string text;
  cloudwatch_line_kind kind;
};
template <class Record = fl::log_record>
written write(entry const& one, cloudwatch_form form = {}, fl::resource who = backend()) {
  fl::detail::cloudwatch_lines lines{std::move(form)};
  auto const records = batch_of({one}, std::move(who));
  for (auto const record : fl::batch<Record>{records}) {
    auto const out = lines.write(record);
    return {std::string{out.text}, out.kind};
  }
  throw std::runtime_error{"no record"};
}
cloudwatch_form as_text(std::string const& pattern) {
  cloudwatch_form out;
  out.layout = fl::cloudwatch_layout::text;
  REQUIRE(fl::detail::read_pattern(pattern, fl::detail::cloudwatch_line_names, out.line) == "");
  return out;
}
cloudwatch_form within(std::size_t most) {
  cloudwatch_form out;
  out.most = most;
  return out;
}

}  // namespace

TEST_CASE("cloudwatch_line: a log record, member by member") {
  auto const out = write(log("hello \"you\"", span_p).at(1 * ms).level(fl::level::warn).fact(fact_key::logger, "access").set("status", 200).set("path", "/x"));
  CHECK(out.kind == cloudwatch_line_kind::whole);
  CHECK(out.text == R"({"timestamp":"2018-12-13T14:51:00.001000Z","level":"WARN","logger":"access","message":"hello \"you\"",)"
                    R"("trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331",)"
                    R"("xray_trace_id":"1-0af76519-16cd43dd8448eb211c80319c","status":200,"path":"/x"})");
}

TEST_CASE("cloudwatch_line: outside of a trace there are no ids, own keys are kept free") {
  auto const out = json_value{write(loose_log("x").set("message", "mine").set("level", 3)).text};
  CHECK_FALSE(out.has("trace_id"));
  CHECK_FALSE(out.has("logger"));
  CHECK(out["message"] == "x");
  CHECK(out["fields.message"] == "mine");
  CHECK(out["fields.level"].raw().GetInt() == 3);
}

TEST_CASE("cloudwatch_line: what is logged while an error is handled names it") {
  auto const one = loose_log("x").fact(fact_key::error_id, "0b0c8a5e-0000-4000-8000-000000000001").set("k", 1);
  CHECK(json_value{write(one).text}["error_id"] == "0b0c8a5e-0000-4000-8000-000000000001");
  CHECK(write(one, as_text("{message}{fields}")).text == "x error_id=0b0c8a5e-0000-4000-8000-000000000001 k=1");
}

TEST_CASE("cloudwatch_line: values of every kind") {
  auto const out = json_value{write(loose_log("x")
                                        .set("yes", true)
                                        .set("none", fl::value{})
                                        .set("real", 0.5)
                                        .set("list", fl::array{1, "two"})
                                        .set("object", fl::object{{"a", fl::object{{"b", 1}}}})
                                        .set("raw", fl::bytes{"\x01\x02", 2}))
                                  .text};
  CHECK(out["yes"].text() == "true");
  CHECK(out["none"].text() == "null");
  CHECK(out["real"].raw().GetDouble() == 0.5);
  CHECK(out["list"].text() == R"([1,"two"])");
  CHECK(out["object"].text() == R"({"a":{"b":1}})");
  CHECK(out["raw"] == "AQI=");
}

TEST_CASE("cloudwatch_line: an error report and a span") {
  auto const report = json_value{write<fl::error_record>(error("card declined", span_p)
                                                             .fact(fact_key::error_type, "std::runtime_error")
                                                             .fact(fact_key::error_id, "0b0c8a5e-0000-4000-8000-000000000001")
                                                             .fact(fact_key::person_id, "u-81")
                                                             .set("order_id", 42))
                                     .text};
  CHECK(report["type"] == "error");
  CHECK(report["level"] == "ERROR");
  CHECK(report["message"] == "card declined");
  CHECK(report["exception.type"] == "std::runtime_error");
  CHECK(report["error_id"] == "0b0c8a5e-0000-4000-8000-000000000001");
  CHECK(report["user.id"] == "u-81");
  CHECK(report["order_id"].raw().GetInt() == 42);
  auto const one = json_value{write<fl::span_record>(span("GET /", span_p, "00000000000000a0")
                                                         .from(0, 12'500'000)
                                                         .kind(fl::span_kind::server)
                                                         .status(fl::status_code::error, "boom")
                                                         .metadata("dataset", "rows", 3)
                                                         .event("cache.miss", 1 * ms, {{"key", "home"}}))
                                  .text};
  CHECK(one["type"] == "span");
  CHECK(one["name"] == "GET /");
  CHECK(one["kind"] == "SERVER");
  CHECK(one["duration_ms"].raw().GetDouble() == 12.5);
  CHECK(one["status"] == "ERROR");
  CHECK(one["status_message"] == "boom");
  CHECK(one["parent_id"] == "00000000000000a0");
  CHECK(one["metadata.dataset.rows"].raw().GetInt() == 3);
  CHECK(one["events"].at(0)["name"] == "cache.miss");
  CHECK(one["events"].at(0)["key"] == "home");
}

TEST_CASE("cloudwatch_line: where it was made, and by whom, when that is wanted") {
  cloudwatch_form form;
  form.source_facts = form.resource_attributes = true;
  auto const out = json_value{write(loose_log("x"), form).text};
  CHECK(out["code.file.path"] == "test.cpp");
  CHECK(out["code.line.number"].raw().GetInt() == 1);
  CHECK(out["resource"]["service.name"] == "backend-flask");
}

TEST_CASE("cloudwatch_line: the body is cut to the last byte that there is room for") {
  auto const whole = write(loose_log(std::string(300, 'x')).set("k", "v"));
  auto const cut = write(loose_log(std::string(300, 'x')).set("k", "v"), within(whole.text.size() - 1));
  CHECK(cut.kind == cloudwatch_line_kind::cut);
  CHECK(cut.text.size() == whole.text.size() - 1);
  json_value const read{cut.text};
  CHECK(read["message"] == std::string(288, 'x').append("[truncated]"));
  CHECK(read["k"] == "v");
}

TEST_CASE("cloudwatch_line: at every size it is JSON, within its room, and UTF-8") {
  auto const one = log(std::string(200, '"') + "\xF0\x9F\x98\x80\xFF\x01 caf\xC3\xA9" + std::string(300, 'x'), span_p)
                       .fact(fact_key::logger, "access")
                       .set("long", std::string(500, 'y'))
                       .set("nested", fl::object{{"text", std::string(400, 'z')}})
                       .set("short", 1);
  auto const full = write(one).text.size();
  for (std::size_t most = full + 2; most > 26; most -= most > 400 ? 7 : 1) {
    auto const out = write(one, within(most));
    INFO(most << ": " << out.text);
    CHECK(out.text.size() <= most);
    CHECK(fl::detail::is_utf8(out.text));
    CHECK((out.kind == cloudwatch_line_kind::whole) == (most >= full));
    json_value const read{out.text};
    CHECK(read["message"].text().substr(0, 1) == (read["message"].text().size() > 11 ? "\"" : "["));
  }
  for (std::size_t most = 24; most > 0; --most) {
    auto const out = write(one, within(most));
    CHECK(!out.text.empty());
    CHECK(out.text.size() <= most);
  }
}

TEST_CASE("cloudwatch_line: many fields and little room: they go, and that is said") {
  auto one = loose_log("hello");
  for (int i = 0; i < 100; ++i) one.set("key" + std::to_string(i), i);
  json_value const read{write(one, within(300)).text};
  CHECK(read["message"] == "hello");
  CHECK(read["fanlight.truncated"].text() == "true");
  CHECK_FALSE(read.has("key0"));
}

TEST_CASE("cloudwatch_line: text by its pattern") {
  auto const one = log("hello", span_p).at(0).fact(fact_key::logger, "access").set("status", 200).set("path", "/a b").set("plain", "word");
  CHECK(write(one, as_text("{message}")).text == "hello");
  CHECK(write(one, as_text("{{{level}}} {logger}: {message}{fields}")).text == R"({INFO} access: hello status=200 path="/a b" plain=word)");
  CHECK(write(one, as_text("{time} {message}{ids}")).text ==
        "2018-12-13T14:51:00.000000Z hello trace_id=0af7651916cd43dd8448eb211c80319c span_id=b7ad6b7169203331");
  CHECK(write(loose_log(""), as_text("{message}{fields}{ids}")).kind == cloudwatch_line_kind::empty);
}

TEST_CASE("cloudwatch_line: a document of metrics goes as it stands, or not at all") {
  std::string const metrics = R"({"_aws":{"Timestamp":1,"CloudWatchMetrics":[]},"n":1})";
  auto const one = log(metrics, span_p).set("k", "v");
  CHECK(write(one).text == metrics);
  CHECK(write(one, as_text("{level} {message}")).text == metrics);
  CHECK(write(one, within(metrics.size())).text == metrics);
  CHECK(write(one, within(metrics.size() - 1)).kind == cloudwatch_line_kind::unfit);
}
