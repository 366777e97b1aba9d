// The answers of a back end and what they lead to: the cases RR1 to RR6 on real sockets, and the days on which all goes wrong. Names start
// with page and number.
#include <fanlight/exporters/otlp.hpp>
#include <fanlight/impl/otlp_ruling.hpp>

#include "catch.hpp"
#include "support/batch_builder.hpp"
#include "support/fault_server.hpp"
#include "support/protobuf.hpp"
#include "support/transport_double.hpp"

#include <algorithm>
#include <set>

using namespace support;
using Catch::Matchers::ContainsSubstring;
using fl::detail::otlp_verdict;
using test::behaviour;
using test::fault_server;

namespace {

[[nodiscard]] std::string bytes_of(std::string_view digits) {
  std::string out;
  auto const nibble = [](char letter) { return letter <= '9' ? letter - '0' : letter - 'a' + 10; };
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) out += static_cast<char>(nibble(digits[i]) * 16 + nibble(digits[i + 1]));
  return out;
}
test::header_lines const protobuf{{"Content-Type", "application/x-protobuf"}};
test::header_lines const json{{"Content-Type", "application/json"}};

/// A pipeline with OTLP to this server alone.
struct running {
  explicit running(fault_server const& to, fl::otlp_config how = {}, std::size_t batch = 512)
      : line{make(to, std::move(how), batch, problems)} {}
  static fl::config make(fault_server const& to, fl::otlp_config how, std::size_t batch, problem_log& problems) {
    how.endpoint = to.url("");
    auto out = plain({fl::otlp(std::move(how))}, problems);
    out.batching.batch_records = batch;
    out.batching.retry_first = 1ms;
    out.batching.retry_most = 20ms;
    out.batching.capture_bytes = std::size_t{16} << 20;  // no loss on the way to the exporter, however slow the machine
    return out;
  }
  void record(int count) {
    fl::with_default const mine{line};
    make_spans(count);
  }
  [[nodiscard]] fl::exporter_stats stats() const { return line.stats().exporters.at(0); }

  problem_log problems;
  fl::pipeline line;
};

/// Ids of all spans in requests that were answered with success.
void gather_ids(test::seen_request const& from, std::multiset<std::string>& to) {
  message const traces{from.body};
  for (std::size_t r = 0; r < traces.count(1); ++r) {
    auto const resource = traces.sub(1, r);
    for (std::size_t s = 0; s < resource.count(2); ++s) {
      auto const scope = resource.sub(2, s);
      for (std::size_t i = 0; i < scope.count(2); ++i) to.insert(scope.sub(2, i).bytes(2));
    }
  }
}

}  // namespace

TEST_CASE("otlp RR1: rejected spans are counted and never sent again") {
  fault_server server;
  bool const as_json = GENERATE(false, true);
  server.always(as_json ? behaviour::answer(200, json, R"({"partialSuccess":{"rejectedSpans":"2","errorMessage":"too old"}})")
                        : behaviour::answer(200, protobuf, bytes_of("0a0b08021207746f6f206f6c64")));
  fl::otlp_config how;
  if (as_json) how.protocol = fl::otlp_protocol::http_json;
  running on{server, how};
  on.record(5);
  CHECK_FALSE(on.line.flush(patience));  // something was lost
  CHECK(on.stats().delivered == 3);
  CHECK(lost_by(on.stats(), fl::loss::rejected) == 2);
  CHECK(on.stats().retries == 0);
  CHECK(server.requests().size() == 1);
  REQUIRE(on.problems.wait_for(fl::problem_code::rejected));
  CHECK_THAT(on.problems.of(fl::problem_code::rejected)[0].what, ContainsSubstring("too old"));
}

TEST_CASE("otlp RR2: a message without rejections is a warning, and all are accepted") {
  fault_server server;
  server.always(behaviour::answer(200, protobuf, bytes_of("0a12121064657072656361746564206669656c64")));
  running on{server};
  on.record(5);
  CHECK(on.line.flush(patience));
  CHECK(on.stats().delivered == 5);
  REQUIRE(on.problems.wait_for(fl::problem_code::back_end_warned));
  CHECK_THAT(on.problems.of(fl::problem_code::back_end_warned)[0].what, ContainsSubstring("/v1/traces: deprecated field"));
}

TEST_CASE("otlp RR3: nothing, an empty partial success, {} and any 2xx are full success") {
  struct one {
    behaviour what;
    bool as_json;
  };
  for (auto const& [what, as_json] :
       {one{behaviour::answer(200), false}, one{behaviour::answer(200, protobuf), false},
        one{behaviour::answer(200, protobuf, bytes_of("0a00")), false}, one{behaviour::answer(200, json, "{}"), true},
        one{behaviour::answer(200, json, R"({"partialSuccess":{}})"), true}, one{behaviour::answer(202), false},
        one{behaviour::answer(200, {{"Content-Type", "text/html"}}, "<html>ok</html>"), false},
        one{behaviour::answer(200, protobuf, "\xff\xff\xff"), false}, one{behaviour::answer(200, json, "{\"partialSuccess\":"), true}}) {
    fault_server server;
    server.always(what);
    fl::otlp_config how;
    if (as_json) how.protocol = fl::otlp_protocol::http_json;
    running on{server, how};
    on.record(5);
    INFO(what.status << " " << what.body);
    CHECK(on.line.flush(patience));
    CHECK(on.stats().delivered == 5);
    CHECK(on.stats().dropped == 0);
    CHECK(server.requests().size() == 1);
    CHECK(on.problems.all().empty());
  }
}

TEST_CASE("otlp RR4: 503 with Retry-After: 2, then 200: one more request, and not before its time") {
  fault_server server;
  server.next(behaviour::answer(503, {{"Retry-After", "2"}}));
  running on{server};
  on.record(5);
  auto const began = clock::now();
  CHECK(on.line.flush(patience));
  CHECK(since(began) >= 2s);
  CHECK(on.stats().delivered == 5);
  CHECK(on.stats().retries == 1);
  auto const requests = server.requests();
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].body == requests[1].body);
  CHECK(requests[0].connection == requests[1].connection);
}

TEST_CASE("otlp RR4: a Retry-After beyond the batch's life is not waited for") {
  fault_server server;
  server.next(behaviour::answer(429, {{"Retry-After", "3600"}}));
  running on{server};
  on.record(5);
  CHECK_FALSE(on.line.flush(patience));
  CHECK(lost_by(on.stats(), fl::loss::expired) == 5);
  on.record(3);
  CHECK(on.line.flush(patience));
  CHECK(on.stats().delivered == 3);
  CHECK(server.requests().size() == 2);
}

TEST_CASE("otlp RR5: 500, 400 with Retry-After, 413, 404 and the like: one attempt, dropped, counted, told") {
  for (int const status : {500, 400, 413, 404, 401, 403, 408, 415, 501, 505, 302}) {
    fault_server server;
    server.next(behaviour::answer(status, {{"Retry-After", "1"}}));
    running on{server};
    on.record(5);
    INFO(status);
    CHECK_FALSE(on.line.flush(patience));
    CHECK(on.stats().dropped == 5);
    CHECK(lost_by(on.stats(), fl::loss::failed) == 5);
    CHECK(on.stats().retries == 0);
    CHECK(server.requests().size() == 1);
    REQUIRE(on.problems.wait_for(fl::problem_code::delivery_failed));
    CHECK_THAT(on.problems.of(fl::problem_code::delivery_failed)[0].what, ContainsSubstring("it answered " + std::to_string(status)));
  }
}

TEST_CASE("otlp RR6: refused, then up: tried again with growing pauses, delivered once") {
  using fl::detail::http_failure;
  auto const by = std::make_shared<wire>();
  by->answers_with({failure(http_failure::refused), failure(http_failure::refused), failure(http_failure::refused)});
  problem_log problems;
  auto how = plain({fl::otlp(over(by))}, problems);
  how.batching.retry_first = 40ms;
  fl::pipeline line{std::move(how)};
  {
    fl::with_default const mine{line};
    make_spans(5);
  }
  CHECK(line.flush(patience));
  auto const told = line.stats().exporters.at(0);
  CHECK(told.delivered == 5);
  CHECK(told.retries == 3);
  auto const sent = by->sent();
  REQUIRE(sent.size() == 4);
  // Half of each pause is the least that jitter leaves: 20, 40 and 80 ms.
  CHECK(sent[1].at - sent[0].at >= 20ms);
  CHECK(sent[2].at - sent[1].at >= 40ms);
  CHECK(sent[3].at - sent[2].at >= 80ms);
}

TEST_CASE("otlp: which statuses are tried again, and how long a server may ask to wait") {
  std::int64_t const now = 784'111'777;
  for (long const status : {429L, 502L, 503L, 504L}) {
    INFO(status);
    auto const plain_one = rule_on(answer(status), false, now);
    CHECK(plain_one.verdict == otlp_verdict::again);
    CHECK(plain_one.after == 0ms);
    CHECK(rule_on(answer(status, {}, {{"retry-after", "2"}}), false, now).after == 2s);
    CHECK(rule_on(answer(status, {}, {{"Retry-After", "Sun, 06 Nov 1994 08:50:07 GMT"}}), false, now).after == 30s);
    CHECK(rule_on(answer(status, {}, {{"Retry-After", "Sun, 06 Nov 1994 08:40:07 GMT"}}), false, now).after == 0ms);
    CHECK(rule_on(answer(status, {}, {{"Retry-After", "soon"}}), false, now).after == 0ms);
  }
  for (long status = 300; status < 600; ++status) {
    if (status == 429 || (status >= 502 && status <= 504)) continue;
    INFO(status);
    auto const out = rule_on(answer(status, {}, {{"Retry-After", "2"}}), false, now);
    CHECK(out.verdict == otlp_verdict::never);
    CHECK(out.after == 0ms);
  }
}

TEST_CASE("otlp: what a refusal says is repeated as far as its type can be trusted, on one line") {
  auto const words = [](std::string body, std::string type) {
    return rule_on(answer(400, std::move(body), {{"Content-Type", std::move(type)}}), false, 0).why;
  };
  CHECK(words(bytes_of("080312036e6f70"), "application/x-protobuf") == "it answered 400 Bad Request (nop)");
  CHECK(words(R"({"code":3,"message":"nop"})", "application/json; charset=utf-8") == "it answered 400 Bad Request (nop)");
  CHECK(words(R"({"error":{"code":3,"message":"nop"}})", "application/json") == "it answered 400 Bad Request (nop)");
  CHECK(words("no\r\n\r\np", "text/plain") == "it answered 400 Bad Request (no p)");
  CHECK(words("<html>nop</html>", "text/html") == "it answered 400 Bad Request");
  CHECK(words(std::string(5000, '['), "application/json") == "it answered 400 Bad Request");
  CHECK(words(std::string(5000, 'x'), "text/plain").size() < 300);
}

TEST_CASE("otlp: rejected counts of any size and spelling do not confuse the books") {
  for (auto const* count : {"\"-5\"", "-5", "1e99", "null", "\"9223372036854775808\"", "{}", "[7]", "true"}) {
    INFO(count);
    auto const out = rule_on(answer(200, std::string{"{\"partialSuccess\":{\"rejectedSpans\":"} + count + "}}", {json_type()}), true, 0);
    CHECK(out.verdict == otlp_verdict::done);
    CHECK(out.rejected == 0);
  }
  CHECK(rule_on(answer(200, R"({"x":[{"y":{}}],"partialSuccess":{"rejectedLogRecords":7,"errorMessage":"a\nb"},"z":1})", {json_type()}),
                true, 0)
            .rejected == 7);
  fault_server server;
  server.always(behaviour::answer(200, json, R"({"partialSuccess":{"rejectedSpans":1000}})"));
  running on{server};
  on.record(5);
  CHECK_FALSE(on.line.flush(patience));
  CHECK(on.stats().dropped == 5);
  CHECK(adds_up(on.stats()));
}

TEST_CASE("otlp: an outage and the return: 20,000 spans, each delivered once, none lost") {
  fault_server server;
  server.always(GENERATE(behaviour::answer(503), behaviour::close(), behaviour::reset()));
  running on{server};
  on.record(10'000);
  REQUIRE(server.wait_for_requests(3));
  on.record(10'000);
  CHECK(on.stats().delivered == 0);
  server.always(behaviour::answer(200));
  CHECK(server.take_requests().size() >= 3);
  CHECK(on.line.flush(patience));
  auto const told = on.stats();
  CHECK(told.delivered == 20'000);
  CHECK(told.dropped == 0);
  CHECK(told.queued == 0);
  CHECK(adds_up(told));
  CHECK(told.retries >= 3);
  std::multiset<std::string> ids;
  for (auto const& each : server.take_requests()) gather_ids(each, ids);
  std::set<std::string> const once{ids.begin(), ids.end()};
  CHECK(once.size() + 512 >= 20'000);  // a request that came before the take may have been answered after the turn
  CHECK(ids.size() <= 20'000 + 512);   // and one that was under way may have been sent twice
}

TEST_CASE("otlp: a storm of 429 is waited out") {
  fault_server server;
  server.next(behaviour::answer(429, {{"Retry-After", "garbage"}}), 20);
  running on{server};
  on.record(100);
  CHECK(on.line.flush(patience));
  CHECK(on.stats().delivered == 100);
  CHECK(on.stats().retries == 20);
  CHECK(server.requests().size() == 21);
  CHECK(server.connections() == 1);
}

TEST_CASE("otlp: a server that never answers does not keep the program from ending") {
  fault_server server;
  server.always(behaviour::never());
  problem_log problems;
  auto how = running::make(server, {}, 512, problems);
  how.batching.span_delay = 1ms;  // leaves by itself: a flush that gives up early might have asked for nothing yet
  fl::pipeline line{how};
  {
    fl::with_default const mine{line};
    make_spans(5);
  }
  REQUIRE(server.wait_for_requests(1));
  CHECK_FALSE(line.flush(20ms));
  auto const began = clock::now();
  CHECK_FALSE(line.shutdown(500ms));
  CHECK(server.wait_for_ends(1));  // the request was broken off: its own timeout is 10 s
  CHECK(since(began) < 5s);
  auto const told = settled(line);
  CHECK(adds_up(told));
  CHECK(told.accepted == 5);
  CHECK(lost_by(told, fl::loss::shutdown) == 5);
  CHECK(told.queued == 0);
}

TEST_CASE("otlp: a slow server is given up after the timeout, and tried again") {
  fault_server server;
  server.next(behaviour::never());
  fl::otlp_config how;
  how.timeout = 500ms;
  running on{server, how};
  on.record(5);
  CHECK(on.line.flush(patience));
  CHECK(on.stats().delivered == 5);
  CHECK(on.stats().retries == 1);
}

TEST_CASE("otlp: a refused key is told with the header and what feeds it, without the key") {
  fault_server server;
  server.always(behaviour::answer(401, json, R"({"error":"unknown API key hunter2hunter2"})"));
  fl::otlp_config how;
  how.headers = {{"x-key", "hunter2hunter2"}};
  running on{server, how};
  on.record(5);
  CHECK_FALSE(on.line.flush(patience));
  REQUIRE(on.problems.wait_for(fl::problem_code::key_refused));
  auto const words = on.problems.of(fl::problem_code::key_refused)[0].what;
  CHECK_THAT(words, ContainsSubstring("401 Unauthorized (unknown API key ***)") &&
                        ContainsSubstring("the header x-key (from otlp_config::headers)"));
  for (auto const& each : on.problems.all()) CHECK(each.what.find("hunter2") == std::string::npos);
}

TEST_CASE("otlp: 20,000 spans over one connection") {
  fault_server server;
  running on{server};
  on.record(20'000);
  CHECK(on.line.flush(patience));
  CHECK(on.stats().delivered == 20'000);
  CHECK(server.connections() == 1);
  std::multiset<std::string> ids;
  for (auto const& each : server.requests()) gather_ids(each, ids);
  CHECK(ids.size() == 20'000);
}
