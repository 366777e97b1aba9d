// The public X-Ray cases that concern documents, P01-P12, P18-P22, P33, P35: told with fanlight's instruments, looked at as documents.
#include <fanlight/propagation.hpp>
#include <fanlight/report.hpp>

#include "support/batch_builder.hpp"
#include "support/xray_story.hpp"

#include <optional>
#include <set>
#include <stdexcept>

using namespace support;
using fl::problem_code;
using Catch::Matchers::ContainsSubstring;

namespace {
constexpr char const* trace_1 = "1-6553f100-000000000000000000000001";
}

TEST_CASE("P01 a segment in one document, compact, its own id first") {
  story told;
  {
    fl::segment const svc{"svc"};
    told.advance_us(1500);
  }
  auto const all = told.send();
  REQUIRE(all.size() == 1);
  json_value const document{all[0]};
  CHECK(document["name"] == "svc");
  CHECK(document["id"] == "0000000000000001");
  CHECK(document["trace_id"] == trace_1);
  CHECK_THAT(all[0], ContainsSubstring("\"start_time\":1700000000.000000,\"end_time\":1700000000.001500"));
  CHECK(document.size() == 7);  // and service, aws
  CHECK(document["aws"].size() == 1);
  CHECK(document["aws"]["xray"]["sdk"] == "fanlight for C++");
  CHECK(document["service"]["runtime"] == "C++");
  CHECK(all[0].find("\": ") == std::string::npos);
  CHECK(all[0].find(", \"") == std::string::npos);
  CHECK(all[0].substr(0, 24) == R"({"id":"0000000000000001")");
}

TEST_CASE("P02 a child is nested, without type, trace_id and parent_id") {
  story told;
  {
    fl::segment const svc{"svc"};
    fl::subsegment const db{"db"};
    told.advance_us(1);
  }
  auto const document = told.send_one();
  REQUIRE(document["subsegments"].size() == 1);
  CHECK(document["subsegments"].at(0).text() == R"({"id":"0000000000000002","name":"db","start_time":1700000000.0,"end_time":1700000000.000001})");
}

TEST_CASE("P03 annotations keep their JSON types") {
  story told;
  fl::segment{"svc"}.annotate("n", 42).annotate("ok", true).annotate("s", "x").annotate("f", 0.5);
  CHECK(told.send_one()["annotations"] == R"({"n":42,"ok":true,"s":"x","f":0.5})");
}

TEST_CASE("P04 metadata by namespace") {
  story told;
  fl::segment{"svc"}.metadata("k", fl::object{{"a", fl::array{1, nullptr}}}).metadata("k", 2, "billing");
  CHECK(told.send_one()["metadata"] == R"({"default":{"k":{"a":[1,null]}},"billing":{"k":2}})");
}

TEST_CASE("P05 a key that X-Ray would drop without a word is made fit") {
  story told;
  fl::segment{"svc"}.annotate(std::string{"user-id"}, 7);
  CHECK(told.send_one()["annotations"] == R"({"user_id":7})");
  CHECK(told.told(problem_code::key_changed) == 1);
}

TEST_CASE("P06 an annotation without a key is dropped and told") {
  story told;
  fl::segment{"svc"}.annotate(std::string{}, 1);
  CHECK_FALSE(told.send_one().has("annotations"));
  CHECK(told.heard(problem_code::key_dropped) == 1);
}

TEST_CASE("P07 a segment inside a segment is a subsegment of it") {
  story told;
  {
    fl::segment const a{"a"};
    fl::segment const b{"b"};
  }
  auto const document = told.send_one();
  CHECK(document["name"] == "a");
  REQUIRE(document["subsegments"].size() == 1);
  CHECK(document["subsegments"].at(0)["name"] == "b");
  CHECK_FALSE(document["subsegments"].at(0).has("namespace"));
  CHECK(told.heard(problem_code::segment_nested) == 1);
}

TEST_CASE("P08 a subsegment with nothing above it makes no document, and neither does what is beneath it") {
  story told;
  {
    fl::subsegment const x{"x"};
    fl::subsegment const beneath{"beneath"};
  }
  CHECK(told.send().empty());
  CHECK(told.heard(problem_code::no_parent) == 1);
  CHECK(told.assembler.no_parent() == 2);
  CHECK(told.assembler.held() == 0);
}

TEST_CASE("P09 characters that X-Ray refuses are taken out of a name") {
  story told;
  { fl::segment const odd{"my*svc?(1)"}; }
  CHECK(told.send_one()["name"] == "mysvc1");
  CHECK(told.told(problem_code::name_changed) == 1);
}

TEST_CASE("P10 a name of which nothing is left is span") {
  story told;
  { fl::segment const odd{"!!!"}; }
  CHECK(told.send_one()["name"] == "span");
}

TEST_CASE("P11 the status of http decides the flags") {
  auto const flags = [](int status) {
    story told;
    fl::segment{"svc"}.set("http.request.method", "GET").set("http.response.status_code", status);
    auto const document = told.send_one();
    CHECK(document["http"]["response"]["status"] == std::to_string(status));
    return std::string{document.has("error") ? "error " : ""} + (document.has("throttle") ? "throttle " : "") + (document.has("fault") ? "fault" : "");
  };
  CHECK(flags(404) == "error ");
  CHECK(flags(429) == "error throttle ");
  CHECK(flags(503) == "fault");
  CHECK(flags(302).empty());
}

TEST_CASE("P12 an exception is told where it left first, and named further out") {
  story told;
  try {
    fl::segment svc{"svc"};
    try {
      fl::subsegment sub{"sub"};
      try {
        fl::guarded([] { throw std::runtime_error{"boom"}; });
      } catch (std::exception const& error) {
        sub.fail(error);
        throw;
      }
    } catch (std::exception const& error) {
      svc.fail(error);
      throw;
    }
  } catch (std::runtime_error const&) {
  }
  auto const document = told.send_one();
  auto const sub = document["subsegments"].at(0);
  CHECK(sub["fault"] == "true");
  REQUIRE(sub["cause"]["exceptions"].size() == 1);
  auto const exception = sub["cause"]["exceptions"].at(0);
  CHECK(exception["message"] == "boom");
  CHECK(exception["type"] == "std::runtime_error");
  CHECK_FALSE(exception.has("remote"));
  auto const id = exception["id"].text();
  CHECK(id.size() == 16);
  CHECK(id.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(document["fault"] == "true");
  CHECK(document["cause"] == id);
  CHECK_FALSE(document.has("metadata"));
}

TEST_CASE("P18 ids that came as a traceparent") {
  story told;
  {
    auto const caller = fl::extract([](std::string_view key) -> std::string_view {
      return key == "traceparent" ? "00-4efaaf4d1e8720b39541901950019ee5-53995c3f42cd8ad8-01" : std::string_view{};
    });
    fl::segment const svc{"svc", {.kind = fl::span_kind::server, .parent = caller}};
  }
  auto const document = told.send_one();
  CHECK(document["trace_id"] == "1-4efaaf4d-1e8720b39541901950019ee5");
  CHECK(document["parent_id"] == "53995c3f42cd8ad8");
  CHECK_FALSE(document.has("type"));
}

TEST_CASE("P19 a call is named by its host, and its URL shows no user and no query") {
  story told;
  {
    fl::segment const svc{"svc"};
    fl::scoped_span call{"GET", {.kind = fl::span_kind::client}};
    call.set("http.request.method", "GET").set("url.full", "https://u:p@h.example/x?token=1").set("http.response.status_code", 200);
  }
  auto const all = told.send();
  REQUIRE(all.size() == 1);
  CHECK(all[0].find("token") == std::string::npos);
  CHECK(all[0].find("u:p") == std::string::npos);
  auto const call = json_value{all[0]}["subsegments"].at(0);
  CHECK(call["name"] == "h.example");
  CHECK(call["namespace"] == "remote");
  CHECK(call["http"]["request"]["url"] == "https://h.example/x");
  CHECK_FALSE(call.has("metadata"));
}

TEST_CASE("P20 what is too large for one document goes in several, each id once") {
  story told;
  std::string const large(1000, 'm');
  {
    fl::segment const svc{"svc"};
    for (int i = 0; i < 200; ++i) fl::subsegment{"sub"}.metadata("m", large);
  }
  auto const all = told.send();
  std::multiset<std::string> ids;
  bool has_segment = false;
  for (auto const& body : all) {
    CHECK(body.size() <= 64'000);
    json_value const document{body};
    ids.insert(document["id"].text());
    has_segment = has_segment || document["name"] == "svc";
    if (document["name"] == "sub") {
      CHECK(document["type"] == "subsegment");
      CHECK(document["trace_id"] == trace_1);
      CHECK(document["parent_id"] == "0000000000000001");
    }
    for (std::size_t i = 0; i < document["subsegments"].size(); ++i) {
      ids.insert(document["subsegments"].at(i)["id"].text());
      CHECK_FALSE(document["subsegments"].at(i).has("trace_id"));
    }
  }
  CHECK(has_segment);
  CHECK(ids.size() == 201);
  CHECK(std::set<std::string>{ids.begin(), ids.end()}.size() == 201);
  CHECK(told.told(problem_code::doc_split) == all.size() - 1);
}

TEST_CASE("P21 one span that is too large loses its metadata, and says so") {
  story told;
  {
    fl::segment const svc{"svc"};
    fl::subsegment{"sub"}.annotate("kept", 1).metadata("big", std::string(70'000, 'x'));
  }
  auto const all = told.send();
  std::optional<json_value> sub;
  for (auto const& body : all) {
    CHECK(body.size() <= 64'000);
    json_value const document{body};
    if (document["name"] == "sub") sub = document;
    else if (document.has("subsegments")) sub = document["subsegments"].at(0);
  }
  REQUIRE(sub.has_value());
  CHECK(sub->has("start_time"));
  CHECK(sub->has("end_time"));
  CHECK((*sub)["annotations"] == R"({"kept":1})");
  CHECK((*sub)["metadata"].size() == 1);
  REQUIRE((*sub)["metadata"]["fanlight"]["truncated"].size() == 1);
  CHECK_THAT((*sub)["metadata"]["fanlight"]["truncated"].at(0).text(), ContainsSubstring("big"));
  CHECK(told.told(problem_code::doc_trimmed) == 1);
}

TEST_CASE("P22 a child that outlives its segment goes on its own") {
  story told;
  std::optional<fl::segment> svc{std::in_place, "svc"};
  fl::span sub{"sub"};
  svc.reset();
  auto const first = told.send_one();
  CHECK(first["name"] == "svc");
  CHECK_FALSE(first.has("subsegments"));
  told.advance_us(5);
  sub.end();
  auto const second = told.send_one();
  CHECK(second["name"] == "sub");
  CHECK(second["type"] == "subsegment");
  CHECK(second["trace_id"] == trace_1);
  CHECK(second["parent_id"] == "0000000000000001");
  CHECK(told.told(problem_code::late_child) == 1);
}

TEST_CASE("P33 OpenTelemetry's attributes make X-Ray's blocks") {
  fl::detail::xray_assembler assembler{{.indexed_attributes = {"http.route"}}};
  fl::resource who;
  who.attributes.set("service.name", "shop");
  assembler.take(batch_of({span("call", "0000000000000002", "0000000000000001")
                               .kind(fl::span_kind::client)
                               .set("net.peer.name", "h.example")
                               .set("http.request.method", "GET"),
                           span("GET /x", "0000000000000001").kind(fl::span_kind::server).set("http.route", "/x").set("http.response.status_code", 200)},
                          who),
                 std::chrono::steady_clock::now());
  auto const all = bodies_of(assembler.outbox());
  REQUIRE(all.size() == 1);
  json_value const document{all[0]};
  CHECK(document["name"] == "shop");
  CHECK(document["annotations"] == R"({"http.route":"/x"})");
  CHECK(document["http"]["response"]["status"] == "200");
  REQUIRE(document["subsegments"].size() == 1);
  auto const call = document["subsegments"].at(0);
  CHECK(call["name"] == "h.example");
  CHECK(call["namespace"] == "remote");
  CHECK(call["http"]["request"]["method"] == "GET");
}

TEST_CASE("P35 what is open at the end leaves as in progress") {
  story told;
  fl::segment const svc{"svc"};
  fl::subsegment const sub{"sub"};
  { fl::subsegment const done{"done"}; }
  CHECK(told.send().empty());
  CHECK(told.assembler.held() == 1);
  told.assembler.end();
  auto const all = bodies_of(told.assembler.outbox());
  REQUIRE(all.size() == 1);
  json_value const document{all[0]};
  CHECK(document["in_progress"] == "true");
  CHECK_FALSE(document.has("end_time"));
  CHECK(document["name"] == "svc");
  auto const open = document["subsegments"].at(0);
  CHECK(open["in_progress"] == "true");
  CHECK_FALSE(open.has("end_time"));
  CHECK(open["subsegments"].at(0)["name"] == "done");
  CHECK(open["subsegments"].at(0).has("end_time"));
  CHECK(told.told(problem_code::left_open) == 2);
  CHECK(told.assembler.held() == 0);
}
