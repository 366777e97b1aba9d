// exporters/otlp.hpp over a transport that answers as the test says: what goes out, and what follows from what comes back.
#include <fanlight/exporters/otlp.hpp>
#include <fanlight/impl/gzip.hpp>

#include "catch.hpp"
#include "support/batch_builder.hpp"
#include "support/protobuf.hpp"
#include "support/transport_double.hpp"

#include <stdexcept>

using namespace support;
using Catch::Matchers::ContainsSubstring;
using fl::outcome;
using fl::detail::batch_ref;
using fl::detail::entry_type;

namespace {

/// An exporter outside of a pipeline: the test is its lane.
struct alone {
  std::shared_ptr<wire> by = std::make_shared<wire>();
  fl::exporter_spec spec;
  std::unique_ptr<fl::exporter> made;
  std::vector<std::pair<fl::problem_code, std::string>> said;

  explicit alone(fl::otlp_config how = {}) : spec{fl::otlp(over(by, std::move(how)))} {
    REQUIRE(spec.problems.empty());
    made = spec.make();
    made->start({std::make_shared<fl::resource>(backend()),
                 [this](fl::problem_code code, std::string what) { said.emplace_back(code, std::move(what)); }});
  }
  outcome give(batch_ref const& batch, entry_type type = entry_type::span, clock::time_point until = clock::now() + 30s) {
    return made->consume(type, batch, until);
  }
  [[nodiscard]] std::vector<sent_request> sent() const { return by->sent(); }
  [[nodiscard]] std::vector<std::string> told_as(fl::problem_code code) const {
    std::vector<std::string> out;
    for (auto const& [of, what] : said)
      if (of == code) out.push_back(what);
    return out;
  }
};

[[nodiscard]] std::string id_of(int number) {
  auto const digits = std::to_string(number + 1);
  return std::string(16 - digits.size(), '0') + digits;
}
[[nodiscard]] batch_ref spans(int count) {
  batch_builder out;
  for (int i = 0; i < count; ++i) out.add(span("span " + std::to_string(i), id_of(i)));
  return out.take();
}
/// The names of all spans in a body, in order.
[[nodiscard]] std::vector<std::string> names_in(std::string const& body) {
  std::vector<std::string> out;
  message const traces{body};
  for (std::size_t r = 0; r < traces.count(1); ++r)
    for (std::size_t s = 0; s < traces.sub(1, r).count(2); ++s)
      for (std::size_t i = 0; i < traces.sub(1, r).sub(2, s).count(2); ++i) out.push_back(traces.sub(1, r).sub(2, s).sub(2, i).bytes(5));
  return out;
}
[[nodiscard]] fl::otlp_config with_key() {
  fl::otlp_config out;
  out.endpoint = "http://collector:4318";
  out.headers = {{"x-key", "hunter2hunter2"}};
  return out;
}

}  // namespace

TEST_CASE("a request: where it goes, and what it says of itself") {
  alone to;
  CHECK(to.give(spans(2)).kind() == outcome::kind::delivered);
  CHECK(to.give(batch_of({log("hello")}), entry_type::log).kind() == outcome::kind::delivered);
  CHECK(to.give(batch_of({error("oh")}), entry_type::error).kind() == outcome::kind::delivered);
  auto const sent = to.sent();
  REQUIRE(sent.size() == 3);
  CHECK(sent[0].method == "POST");
  CHECK(sent[0].url == "http://localhost:4318/v1/traces");
  CHECK(sent[1].url == "http://localhost:4318/v1/logs");
  CHECK(sent[2].url == sent[1].url);
  CHECK(sent[0].header("content-type") == "application/x-protobuf");
  CHECK(sent[0].header("content-encoding") == "(none)");
  CHECK(sent[0].header("accept-encoding") == "(none)");
  CHECK(names_in(sent[0].body) == std::vector<std::string>{"span 0", "span 1"});
  auto const made = to.by->now.get().made;
  REQUIRE(made.size() == 1);  // one connection for both signals
  CHECK(made[0].user_agent == "fanlight/" FANLIGHT_VERSION_STRING " OTel-OTLP-Exporter-Cpp/" FANLIGHT_VERSION_STRING);
  CHECK(made[0].response_cap == 4u << 20);
  CHECK(made[0].verify);
}

TEST_CASE("JSON, when it is asked for") {
  fl::otlp_config how;
  how.protocol = fl::otlp_protocol::http_json;
  alone to{how};
  CHECK(to.give(spans(1)).kind() == outcome::kind::delivered);
  REQUIRE(to.sent().size() == 1);
  CHECK(to.sent()[0].header("Content-Type") == "application/json");
  CHECK_THAT(to.sent()[0].body, ContainsSubstring("{\"resourceSpans\":[") && ContainsSubstring("\"span 0\""));
}

TEST_CASE("bodies for other machines are compressed, where zlib is there") {
  fl::otlp_config how;
  how.endpoint = "http://collector:4318";
  alone to{how};
  CHECK(to.give(spans(20)).kind() == outcome::kind::delivered);
  REQUIRE(to.sent().size() == 1);
  auto const sent = to.sent()[0];
  bool const gzip = fl::detail::gzip_writer::available();
  CHECK(sent.header("Content-Encoding") == (gzip ? "gzip" : "(none)"));
  if (gzip) CHECK(sent.body.substr(0, 2) == "\x1f\x8b");
  how.compression = fl::otlp_compression::none;
  alone plain{how};
  CHECK(plain.give(spans(20)).kind() == outcome::kind::delivered);
  CHECK(plain.sent().at(0).header("Content-Encoding") == "(none)");
  CHECK(names_in(plain.sent().at(0).body).size() == 20);
}

TEST_CASE("headers: fixed ones, those of a function that is asked each time, and the signature last") {
  fl::otlp_config how = with_key();
  int asked = 0;
  how.headers_from = [&asked] { return fl::header_list{{"authorization", "Bearer " + std::to_string(++asked)}}; };
  std::string signed_body;
  how.compression = fl::otlp_compression::none;
  how.sign = [&](fl::otlp_request& request) {
    signed_body = request.body;
    request.headers.emplace_back(
        "x-signature", std::string{request.method} + " " + std::string{request.url} + " " + std::to_string(request.headers.size()));
  };
  alone to{how};
  CHECK(to.give(spans(1)).kind() == outcome::kind::delivered);
  CHECK(to.give(spans(1)).kind() == outcome::kind::delivered);
  auto const sent = to.sent();
  REQUIRE(sent.size() == 2);
  CHECK(sent[0].header("x-key") == "hunter2hunter2");
  CHECK(sent[0].header("authorization") == "Bearer 1");
  CHECK(sent[1].header("authorization") == "Bearer 2");
  CHECK(sent[0].header("x-signature") == "POST http://collector:4318/v1/traces 3");
  CHECK(signed_body == sent[1].body);
}

TEST_CASE("a function that throws fails the attempt, and the next one may succeed") {
  for (bool const signing : {false, true}) {
    fl::otlp_config how;
    bool broken = true;
    if (signing)
      how.sign = [&broken](fl::otlp_request&) {
        if (broken) throw std::runtime_error{"no credentials yet"};
      };
    else
      how.headers_from = [&broken]() -> fl::header_list {
        if (broken) throw std::runtime_error{"no credentials yet"};
        return {};
      };
    alone to{how};
    auto const batch = spans(1);
    auto const first = to.give(batch);
    CHECK(first.kind() == outcome::kind::retry);
    CHECK_THAT(first.why(),
               ContainsSubstring(signing ? "function sign threw: no credentials yet" : "function headers_from threw: no credentials yet"));
    CHECK(to.sent().empty());
    broken = false;
    CHECK(to.give(batch).kind() == outcome::kind::delivered);
    CHECK(to.sent().size() == 1);
  }
}

TEST_CASE("nothing to write, nothing to send") {
  alone to;
  auto const told_by_span = batch_of({error("oh", span_p).flag(fl::detail::entry_flag::on_span)});
  CHECK(to.give(told_by_span, entry_type::error).kind() == outcome::kind::delivered);
  CHECK(to.sent().empty());
  fl::otlp_config how;
  how.error_as = fl::error_form::log;
  alone both{how};
  CHECK(both.give(told_by_span, entry_type::error).kind() == outcome::kind::delivered);
  CHECK(both.sent().size() == 1);
}

TEST_CASE("a batch is split by count") {
  fl::otlp_config how;
  how.max_request_records = 3;
  alone to{how};
  CHECK(to.give(spans(10)).kind() == outcome::kind::delivered);
  auto const sent = to.sent();
  REQUIRE(sent.size() == 4);
  std::vector<std::string> all;
  for (auto const& each : sent) {
    auto const names = names_in(each.body);
    CHECK(names.size() <= 3);
    all.insert(all.end(), names.begin(), names.end());
  }
  REQUIRE(all.size() == 10);
  for (int i = 0; i < 10; ++i) CHECK(all[static_cast<std::size_t>(i)] == "span " + std::to_string(i));
}

TEST_CASE("a batch is split by bytes, a span that is too large alone is lost, and no other") {
  fl::otlp_config how;
  how.max_request_bytes = 600;
  alone to{how};
  batch_builder builder;
  for (int i = 0; i < 12; ++i)
    builder.add(i == 5 ? span("large", id_of(i)).set("text", std::string(700, 'x')) : span("span " + std::to_string(i), id_of(i)));
  auto const how_it_went = to.give(builder.take());
  CHECK(how_it_went.kind() == outcome::kind::rejected);
  CHECK(how_it_went.count() == 1);
  CHECK_THAT(how_it_went.why(), ContainsSubstring("larger than max_request_bytes (600)"));
  std::vector<std::string> all;
  for (auto const& each : to.sent()) {
    CHECK(each.body.size() <= 600);
    auto const names = names_in(each.body);
    all.insert(all.end(), names.begin(), names.end());
  }
  CHECK(all.size() == 11);
  CHECK(std::count(all.begin(), all.end(), "large") == 0);
  alone one{how};
  CHECK(one.give(batch_of({span("large", id_of(1)).set("text", std::string(700, 'x'))})).kind() == outcome::kind::dropped);
  CHECK(one.sent().empty());
}

TEST_CASE("what was delivered before a failure is not sent again") {
  fl::otlp_config how;
  how.max_request_records = 4;
  alone to{how};
  to.by->answers_with({answer(200), answer(503, {}, {{"Retry-After", "7"}})});
  auto const batch = spans(10);
  auto const first = to.give(batch);
  CHECK(first.kind() == outcome::kind::retry);
  CHECK(first.after() == 7s);
  CHECK(to.give(batch).kind() == outcome::kind::delivered);
  auto const sent = to.sent();
  REQUIRE(sent.size() == 4);
  CHECK(names_in(sent[1].body).front() == "span 4");
  CHECK(names_in(sent[2].body) == names_in(sent[1].body));
  CHECK(names_in(sent[3].body) == std::vector<std::string>{"span 8", "span 9"});
  // Another batch starts from its beginning, whatever became of the one before.
  to.by->answers_with({answer(200), answer(503)});
  CHECK(to.give(batch).kind() == outcome::kind::retry);
  CHECK(to.give(spans(2)).kind() == outcome::kind::delivered);
  CHECK(names_in(to.sent().back().body) == std::vector<std::string>{"span 0", "span 1"});
}

TEST_CASE("parts that are refused are counted, and the others go") {
  fl::otlp_config how;
  how.max_request_records = 4;
  alone to{how};
  to.by->answers_with({answer(200), answer(400), answer(200)});
  auto const how_it_went = to.give(spans(10));
  CHECK(how_it_went.kind() == outcome::kind::rejected);
  CHECK(how_it_went.count() == 4);
  CHECK_THAT(how_it_went.why(), ContainsSubstring("http://localhost:4318/v1/traces: it answered 400 Bad Request"));
  CHECK(to.sent().size() == 3);
}

TEST_CASE("a refused key is told once, with its header and what feeds it, and without itself") {
  alone to{with_key()};
  to.by->answers_with({answer(401, "{\"error\":\"unknown API key hunter2hunter2\"}", {json_type()}), answer(403), answer(401)});
  auto const how_it_went = to.give(spans(3));
  CHECK(how_it_went.kind() == outcome::kind::dropped);
  CHECK(to.give(spans(3)).kind() == outcome::kind::dropped);
  CHECK(to.give(spans(3)).kind() == outcome::kind::dropped);
  auto const words = to.told_as(fl::problem_code::key_refused);
  REQUIRE(words.size() == 1);
  CHECK(
      words[0] ==
      "http://collector:4318/v1/traces: it answered 401 Unauthorized (unknown API key ***); it does not take the key that was sent; look at what "
      "feeds the header x-key (from otlp_config::headers)");
  CHECK(how_it_went.why() == words[0]);
  alone none;
  none.by->answers_with({answer(401)});
  CHECK(none.give(spans(1)).kind() == outcome::kind::dropped);
  CHECK_THAT(none.told_as(fl::problem_code::key_refused).at(0),
             ContainsSubstring("no header with a key was sent: set OTEL_EXPORTER_OTLP_HEADERS"));
}

TEST_CASE("keys stay out of words even when a server repeats a part of them") {
  fl::otlp_config how;
  how.headers = {{"x-sentry-auth", "sentry sentry_key=0123456789abcdef"},
                 {"authorization", "Bearer eyJhbGciOi"},
                 {"uptrace-dsn", "https://s3cr3ts@api.uptrace.dev?grpc=4317"}};
  alone to{how};
  to.by->answers_with({answer(400, "bad token eyJhbGciOi, key 0123456789abcdef of s3cr3ts\r\nset-cookie: x",
                              {{"Content-Type", "text/plain; charset=utf-8"}})});
  auto const how_it_went = to.give(spans(1));
  CHECK_THAT(how_it_went.why(), ContainsSubstring("(bad token ***, key *** of *** set-cookie: x)"));
}

TEST_CASE("a redirect is not followed, its Location is told once, without query and password") {
  alone to{with_key()};
  fl::detail::http_header const location{"Location", "https://user:secret@other.example/v1/traces?key=secret"};
  to.by->answers_with({answer(307, {}, {location}), answer(301, {}, {location})});
  CHECK(to.give(spans(1)).kind() == outcome::kind::dropped);
  CHECK(to.give(spans(1)).kind() == outcome::kind::dropped);
  CHECK(to.sent().size() == 2);
  auto const words = to.told_as(fl::problem_code::redirected);
  REQUIRE(words.size() == 1);
  CHECK_THAT(words[0], ContainsSubstring("a redirect to https://other.example/v1/traces, which is not followed"));
  CHECK(words[0].find("secret") == std::string::npos);
}

TEST_CASE("failures of the transport: which are tried again") {
  using fl::detail::http_failure;
  for (auto const why :
       {http_failure::refused, http_failure::not_resolved, http_failure::timed_out, http_failure::broken, http_failure::hurried}) {
    alone to;
    to.by->answers_with({failure(why)});
    auto const how_it_went = to.give(spans(1));
    CHECK(how_it_went.kind() == outcome::kind::retry);
    CHECK_THAT(how_it_went.why(), ContainsSubstring("nobody is there"));
  }
  for (auto const why : {http_failure::certificate, http_failure::bad_url, http_failure::too_large, http_failure::other}) {
    alone to;
    to.by->answers_with({failure(why)});
    CHECK(to.give(spans(1)).kind() == outcome::kind::dropped);
  }
}

TEST_CASE("a timeout bounds the attempt, and the lane's deadline bounds both") {
  auto const given = [](std::optional<std::chrono::milliseconds> timeout, clock::duration patience_of_lane) {
    fl::otlp_config how;
    how.timeout = timeout;
    alone to{how};
    auto const now = clock::now();
    CHECK(to.give(spans(1), entry_type::span, now + patience_of_lane).kind() == outcome::kind::delivered);
    return to.sent().at(0).until - now;
  };
  CHECK(given({}, 30s) >= 10s);
  CHECK(given({}, 30s) < 20s);
  CHECK(given(2s, 30s) < 12s);
  CHECK(given(0s, 30s) == 30s);
  CHECK(given(20s, 3s) == 3s);
}

TEST_CASE("hurry reaches the transport") {
  alone to;
  auto const until = clock::now() + 1s;
  to.made->hurry(until);
  CHECK(to.by->now.get().hurried == std::vector<clock::time_point>{until});
}

TEST_CASE("signals can be left out") {
  fl::otlp_config how;
  how.logs = false;
  alone traces{how};
  CHECK(traces.made->kinds() == fl::takes<fl::span_record>);
  how.logs = true, how.traces = false;
  alone logs{how};
  CHECK(logs.made->kinds() == (fl::takes<fl::log_record> | fl::takes<fl::error_record>));
  CHECK(logs.give(batch_of({log("hello")}), entry_type::log).kind() == outcome::kind::delivered);
}

TEST_CASE("a Honeycomb key that is where it should not be, and the other way round, is told") {
  std::string const classic(32, 'a');
  auto const words = [](fl::otlp_config how) {
    alone to{std::move(how)};
    auto const out = to.told_as(fl::problem_code::config_bad);
    CHECK(out.size() <= 1);
    return out.empty() ? std::string{} : out[0];
  };
  fl::otlp_config away;
  away.endpoint = "http://collector:4318";
  away.headers = {{"X-Honeycomb-Team", "hunter2"}};
  CHECK_THAT(
      words(away),
      ContainsSubstring(
          "a Honeycomb key (header x-honeycomb-team, from otlp_config::headers) goes to http://collector:4318/v1/traces, which is not Honeycomb"));
  CHECK(words(away).find("hunter2") == std::string::npos);
  fl::otlp_config keyless;
  keyless.endpoint = "https://api.eu1.honeycomb.io";
  CHECK_THAT(words(keyless), ContainsSubstring("no key goes to https://api.eu1.honeycomb.io/v1/traces"));
  keyless.headers = {{"x-honeycomb-team", classic}};
  CHECK_THAT(words(keyless), ContainsSubstring("of the Classic kind, which needs a dataset: set HONEYCOMB_DATASET"));
  keyless.headers = {{"x-honeycomb-team", classic}, {"x-honeycomb-dataset", "shop"}};
  CHECK(words(keyless).empty());
  keyless.headers = {{"x-honeycomb-team", "hcaik_01hq"}};
  CHECK(words(keyless).empty());
  keyless.endpoint = "https://api.honeycomb.io.example.com";
  CHECK_FALSE(words(keyless).empty());
}

TEST_CASE("what is wrong in code is told by check, and the exporter left out") {
  auto const wrong = [](fl::otlp_config how) {
    fl::config all;
    all.exporters = {fl::otlp(std::move(how))};
    auto const said = fl::check(all);
    return said.size() == 1 ? said[0].what : std::to_string(said.size()) + " problems";
  };
  CHECK(wrong({}) == "0 problems");
  CHECK_THAT(wrong({.endpoint = "collector:4318"}),
             ContainsSubstring("otlp endpoint \"collector:4318\" is no address; it must be like http://collector:4318"));
  CHECK_THAT(wrong({.endpoint = "ftp://user:secret@host"}), ContainsSubstring("is no address") && !ContainsSubstring("secret"));
  CHECK_THAT(wrong({.headers = {{"a b", "x"}}}), ContainsSubstring("\"a b\" (otlp_config::headers) is no name of a header"));
  CHECK_THAT(wrong({.headers = {{"a", "x\r\nb: y"}}}), ContainsSubstring("holds a line break"));
  CHECK_THAT(wrong({.timeout = -1ms}), ContainsSubstring("timeout is -1 ms"));
  CHECK_THAT(wrong({.max_request_bytes = 0}), ContainsSubstring("max_request_bytes is 0"));
  CHECK_THAT(wrong({.client_key = "key.pem"}), ContainsSubstring("client_key is given without a client_certificate"));
  CHECK_THAT(wrong({.traces = false, .logs = false}), ContainsSubstring("neither traces nor logs"));
}
