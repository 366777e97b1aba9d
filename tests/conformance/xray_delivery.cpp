// How documents reach X-Ray, and what is known of them afterwards: the public cases P29-P31 and the delivery part of the requirements, over
// a fake daemon and a scripted service.
#include "catch.hpp"
#include "support/xray_delivery_kit.hpp"

#include <set>

using namespace support;
using Catch::Matchers::ContainsSubstring;
using fl::problem_code;
using test::behaviour;

// ---- UDP --------------------------------------------------------------------------------------------------------------------------------

TEST_CASE("xray: nobody listens, it is told, kept, and delivered when a daemon comes") {
  unsigned port = 0;
  { port = fake_xray_daemon{}.udp_port(); }
  auto how = nowhere();
  how.daemon_address = "127.0.0.1:" + std::to_string(port);
  traced on{how};
  make_segments(5);
  CHECK_FALSE(on.line.flush(1s));
  CHECK(on.stats().queued == 5);
  CHECK(on.stats().delivered == 0);
  REQUIRE(on.problems.wait_for(problem_code::send_failed));
  CHECK_THAT(on.problems.of(problem_code::send_failed)[0].what, ContainsSubstring("nobody listens on UDP 127.0.0.1:" + std::to_string(port)));
  fake_xray_daemon daemon{{.port = port, .with_tcp = false}};
  CHECK(on.line.flush(patience));
  CHECK(daemon.wait_for_documents(5));
  CHECK(on.stats().delivered == 5);
  CHECK(adds_up(on.stats()));
  CHECK(on.counted(problem_code::send_failed) == 1);
}

TEST_CASE("xray: a datagram that the network refuses as too large is halved until it goes, and nothing is lost") {
  struct narrow final : fl::detail::datagram_sender {
    explicit narrow(std::shared_ptr<watched<std::vector<std::string>>> to) : to_{std::move(to)} {}
    fl::detail::datagram_result send(std::string_view head, std::string_view body, moment) override {
      if (head.size() + body.size() > 9'000) return {fl::detail::datagram_fate::too_large, "message too long"};
      to_->change([&](auto& all) { all.emplace_back(body); });
      return {};
    }
    void hurry(moment) noexcept override {}
    std::shared_ptr<watched<std::vector<std::string>>> to_;
  };
  auto const sent = std::make_shared<watched<std::vector<std::string>>>();
  auto how = nowhere();
  how.instead.datagrams = [sent](fl::detail::datagram_options const&) { return std::make_unique<narrow>(sent); };
  traced on{how};
  {
    fl::segment const svc{"svc"};
    for (int i = 0; i < 40; ++i) {
      fl::subsegment sub{"sub"};
      sub.metadata("text", std::string(1000, 'x'));
    }
  }
  CHECK(on.line.flush(patience));
  std::set<std::string> ids;
  for (auto const& each : sent->get()) {
    CHECK(wrong_with_document(each) == "");
    for (auto const& id : ids_in_document(each)) CHECK(ids.insert(id).second);
  }
  CHECK(ids.size() == 41);
  CHECK(on.stats().delivered == 41);
  CHECK(on.stats().dropped == 0);
  CHECK(adds_up(on.stats()));
}

// ---- the service, and the daemon's TCP side ---------------------------------------------------------------------------------------------

TEST_CASE("P29 51 documents are two requests to the service, 50 and 1") {
  auto const by = std::make_shared<wire>();
  traced on{to_service(by)};
  make_segments(51);
  CHECK(on.line.flush(patience));
  auto const sent = by->sent();
  REQUIRE(sent.size() == 2);
  CHECK(sent[0].method == "POST");
  CHECK(sent[0].url == "https://xray.us-east-1.amazonaws.com/TraceSegments");
  CHECK(sent[0].header("content-type") == "application/json");
  CHECK_THAT(sent[0].header("authorization"), ContainsSubstring("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/") && ContainsSubstring("/us-east-1/xray/aws4_request"));
  CHECK(documents_in(sent[0]) == 50);
  CHECK(documents_in(sent[1]) == 1);
  CHECK(on.stats().delivered == 51);
}

TEST_CASE("P29 and no request is longer than a megabyte") {
  auto const by = std::make_shared<wire>();
  traced on{to_service(by), [](fl::config& how) { how.batching.batch_bytes = 8u << 20; }};
  for (int i = 0; i < 40; ++i) {
    fl::segment one{"svc"};
    one.metadata("text", std::string(60'000, 'x'));
  }
  CHECK(on.line.flush(patience));
  std::size_t all = 0;
  for (auto const& each : by->sent()) {
    CHECK(each.body.size() <= 1'000'002);
    all += documents_in(each);
  }
  CHECK(all == 40);
  CHECK(by->sent().size() == 3);
}

TEST_CASE("P30 what X-Ray does not take is told by id and code, never sent again, and counted") {
  auto const by = std::make_shared<wire>();
  traced on{to_service(by)};
  std::string id;
  {
    fl::segment const bad{"svc"};
    id = bad.context().span_id().hex().view();
  }
  make_segments(1);
  by->answers_with({answer(200, R"({"UnprocessedTraceSegments":[{"Id":")" + id + R"(","ErrorCode":"InvalidName","Message":"Invalid segment name."}]})", {json_type()})});
  CHECK_FALSE(on.line.flush(patience));
  CHECK(by->sent().size() == 1);
  CHECK(on.stats().delivered == 1);
  CHECK(lost_by(on.stats(), fl::loss::rejected) == 1);
  CHECK(on.stats().retries == 0);
  CHECK(on.counted(problem_code::unprocessed) == 1);
  CHECK_THAT(on.words(problem_code::unprocessed), ContainsSubstring(id + ": InvalidName (Invalid segment name.)"));
}

TEST_CASE("P30 an entry without an id makes all of the batch suspects") {
  fake_xray_daemon daemon;
  traced on{to(daemon, fl::xray_transport::daemon_tcp)};
  daemon.refuse("", "InvalidSegment");
  make_segments(3);
  CHECK_FALSE(on.line.flush(patience));
  CHECK(on.stats().delivered == 2);
  CHECK(lost_by(on.stats(), fl::loss::rejected) == 1);
  auto const words = on.words(problem_code::unprocessed);
  for (auto const& each : daemon.acknowledged()) CHECK_THAT(words, ContainsSubstring(ids_in_document(each).at(0)));
}

TEST_CASE("P31 429 and 503 are tried again with the same bodies, 400 is not") {
  auto const by = std::make_shared<wire>();
  traced on{to_service(by)};
  by->answers_with({answer(429, R"({"message":"slow"})", {json_type()}), answer(503), answer(200, R"({"UnprocessedTraceSegments":[]})", {json_type()}),
                    answer(400, R"({"__type":"InvalidRequestException","message":"no"})", {json_type()})});
  make_segments(2);
  CHECK(on.line.flush(patience));
  auto const sent = by->sent();
  REQUIRE(sent.size() == 3);
  CHECK(sent[0].body == sent[1].body);
  CHECK(sent[1].body == sent[2].body);
  CHECK(on.stats().delivered == 2);
  CHECK(on.stats().retries == 2);

  make_segments(1);
  CHECK_FALSE(on.line.flush(patience));
  CHECK(by->sent().size() == 4);
  CHECK(lost_by(on.stats(), fl::loss::failed) == 1);
  CHECK_THAT(on.words(problem_code::delivery_failed), ContainsSubstring("it answered 400 (InvalidRequestException: no)"));
}

TEST_CASE("P31 timeouts, resets and all of 5xx are tried again") {
  for (auto const& first : {answer(500), answer(502), answer(408), failure(fl::detail::http_failure::timed_out), failure(fl::detail::http_failure::broken),
                            failure(fl::detail::http_failure::refused)}) {
    auto const by = std::make_shared<wire>();
    traced on{to_service(by)};
    by->answers_with({first});
    make_segments(1);
    CHECK(on.line.flush(patience));
    CHECK(by->sent().size() == 2);
    CHECK(on.stats().delivered == 1);
  }
}

TEST_CASE("xray: a 403 is told once, with a cure and without secrets, and nothing is tried for a minute") {
  auto const by = std::make_shared<wire>();
  auto const later = std::make_shared<std::atomic<std::int64_t>>(0);
  auto how = to_service(by);
  how.aws.session_token = "hunter2hunter2hunter2";
  how.instead.now = [later] { return clock::now() + std::chrono::seconds{*later}; };
  auto const refusal = answer(403, "{\"__type\":\"AccessDeniedException\",\"message\":\"not authorized to perform xray:PutTraceSegments\\nThe Canonical String was x-amz-security-token:hunter2hunter2hunter2\"}", {json_type()});
  by->answers_with({refusal, refusal, refusal});
  traced on{how};
  make_segments(2);
  CHECK_FALSE(on.line.flush(100ms));
  auto const tries = by->sent().size();
  CHECK(tries >= 1);
  CHECK(tries <= 2);  // once more at once, if other keys or another time might do
  CHECK_FALSE(on.line.flush(50ms));
  CHECK(by->sent().size() == tries);
  CHECK(on.stats().queued == 2);
  CHECK(on.counted(problem_code::key_refused) == 1);
  CHECK_THAT(on.words(problem_code::key_refused), ContainsSubstring("AWSXRayDaemonWriteAccess"));
  for (auto const& each : on.line.problems()) {
    CHECK(each.what.find("hunter2") == std::string::npos);
    CHECK(each.what.find("wJalr") == std::string::npos);
  }
  CHECK_FALSE(on.line.shutdown(200ms));
  CHECK(adds_up(settled(on.line)));
}

TEST_CASE("xray: an answer that cannot be read counts as accepted, and is told once") {
  fake_xray_daemon daemon;
  daemon.tcp().next(behaviour::answer(200, {{"Content-Type", "text/html"}}, "<html>"), 2);
  traced on{to(daemon, fl::xray_transport::daemon_tcp)};
  for (int i = 0; i < 2; ++i) {
    make_segments(1);
    CHECK(on.line.flush(patience));
  }
  CHECK(on.stats().delivered == 2);
  CHECK(on.counted(problem_code::back_end_warned) == 1);
}

TEST_CASE("xray: an outage of the TCP side, and the return: every id once") {
  fake_xray_daemon daemon;
  daemon.tcp().next(GENERATE(behaviour::answer(503), behaviour::close(), behaviour::reset()), 5);
  traced on{to(daemon, fl::xray_transport::daemon_tcp)};
  make_segments(2000);
  CHECK(on.line.flush(patience));
  std::multiset<std::string> ids;
  for (auto const& each : daemon.acknowledged())
    for (auto& id : ids_in_document(each)) ids.insert(std::move(id));
  CHECK(ids.size() == 2000);
  CHECK(std::set<std::string>{ids.begin(), ids.end()}.size() == 2000);
  CHECK(on.stats().delivered == 2000);
  CHECK(adds_up(on.stats()));
  CHECK(daemon.complaints().empty());
}

TEST_CASE("xray: documents that cannot be delivered within keep_for expire, and are counted so") {
  fake_xray_daemon daemon;
  daemon.tcp().always(behaviour::answer(503));
  traced on{to(daemon, fl::xray_transport::daemon_tcp), [](fl::config& how) { how.batching.keep_for = 50ms; }};
  daemon.tcp().answer_by({});
  make_segments(3);
  CHECK_FALSE(on.line.flush(patience));
  CHECK(lost_by(on.stats(), fl::loss::expired) == 3);
  CHECK(adds_up(on.stats()));
  CHECK(on.stats().queued == 0);
}
