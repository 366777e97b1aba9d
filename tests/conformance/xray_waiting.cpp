// What waits for its segment, what is open at the end, and many of them: the public cases P34 and P35, and a thousand requests of two
// hundred subsegments.
#include "catch.hpp"
#include "support/xray_delivery_kit.hpp"

#include <algorithm>
#include <set>
#include <thread>

using namespace support;
using Catch::Matchers::ContainsSubstring;
using fl::problem_code;
using test::behaviour;

// ---- what waits -------------------------------------------------------------------------------------------------------------------------

TEST_CASE("P34 a plain thread's subsegment has no parent, with the context carried over it has") {
  fake_xray_daemon daemon;
  traced on{to(daemon)};
  {
    fl::segment const svc{"svc"};
    std::thread{[&] {
      fl::with_default const same{on.line};
      fl::subsegment const lost{"lost"};
    }}.join();
    std::thread{fl::carry([] { fl::subsegment const kept{"kept"}; })}.join();
  }
  CHECK(on.line.flush(patience));
  REQUIRE(daemon.wait_for_documents(1));
  auto const all = daemon.documents();
  REQUIRE(all.size() == 1);
  json_value const document{all[0]};
  REQUIRE(document["subsegments"].size() == 1);
  CHECK(document["subsegments"].at(0)["name"] == "kept");
  CHECK(on.counted(problem_code::no_parent) == 1);
  CHECK(on.stats().delivered == 2);
  CHECK(filtered_by(on.stats(), fl::filter::no_parent) == 1);
  CHECK(adds_up(on.stats()));
}

TEST_CASE("xray: a child that ended before its segment, on another thread, is never late") {
  fake_xray_daemon daemon;
  traced on{to(daemon, fl::xray_transport::daemon_tcp), [](fl::config& how) {
              how.batching.span_delay = 1ms;
              how.batching.batch_records = 7;
            }};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&] {
      fl::with_default const mine{on.line};
      for (int i = 0; i < 200; ++i) {
        fl::segment const svc{"svc"};
        std::thread{fl::carry([] { fl::subsegment const child{"child"}; })}.join();
      }
    });
  for (auto& each : threads) each.join();
  CHECK(on.line.flush(patience));
  CHECK(on.counted(problem_code::late_child) == 0);
  CHECK(on.stats().delivered == 1200);
  auto const all = daemon.acknowledged();
  CHECK(all.size() == 600);
  CHECK(std::all_of(all.begin(), all.end(), [](std::string const& each) { return ids_in_document(each).size() == 2; }));
}

TEST_CASE("xray: a segment leaves without a flush, and without anything after it") {
  fake_xray_daemon daemon;
  traced on{to(daemon), [](fl::config& how) { how.batching.span_delay = 5ms, how.batching.log_delay = 5ms; }};
  for (std::size_t i = 1; i <= 20; ++i) {
    { fl::segment const svc{"svc"}; }
    REQUIRE(daemon.wait_for_documents(i));
  }
}

TEST_CASE("xray: children that wait for their open segment stay queued, and do not make a flush fail") {
  fake_xray_daemon daemon;
  traced on{to(daemon)};
  {
    fl::segment const svc{"svc"};
    for (int i = 0; i < 10; ++i) fl::subsegment const sub{"sub"};
    CHECK(on.line.flush(patience));
    CHECK(on.stats().queued == 10);
    CHECK(on.stats().delivered == 0);
    CHECK(adds_up(on.stats()));
  }
  CHECK(on.line.flush(patience));
  CHECK(on.stats().queued == 0);
  CHECK(on.stats().delivered == 11);
  REQUIRE(daemon.wait_for_documents(1));
  CHECK(daemon.documents().size() == 1);
}

namespace {

void drops_health(fl::config& with) {
  with.process = [](fl::record_editor& record) {
    if (record.is_span() && record.name() == "health") record.drop();
  };
}

}  // namespace

TEST_CASE("xray: what the hook dropped at its end is not in progress, and is forgotten") {
  fake_xray_daemon daemon;
  auto how = to(daemon);
  how.report_open = true;
  traced on{how, drops_health};
  for (int i = 0; i < 10; ++i) fl::segment const health{"health"};
  {
    fl::segment const health{"health"};
    CHECK(on.line.flush(patience));  // the note of its start is with the exporter now
  }
  { fl::segment const svc{"svc"}; }
  CHECK(on.line.flush(patience));
  CHECK(adds_up(on.stats()));
  on.line.shutdown(patience);
  CHECK(on.counted(problem_code::left_open) == 0);
  REQUIRE(daemon.wait_for_documents(1));
  CHECK(daemon.documents().size() == 1);
  CHECK(daemon.documents()[0].find(R"("end_time")") != std::string::npos);
}

TEST_CASE("xray: what the hook drops is not left open, whatever comes after it: log records alone, or nothing") {
  for (bool const logs : {false, true}) {
    INFO("logs: " << logs);
    fake_xray_daemon daemon;
    auto how = to(daemon);
    how.report_open = true;
    traced on{how, drops_health};
    {
      fl::segment const health{"health"};
      CHECK(on.line.flush(patience));
    }
    if (logs) fl::info("and no span");
    CHECK(on.line.flush(patience));
    CHECK(adds_up(on.stats()));
    on.line.shutdown(patience);
    CHECK(on.counted(problem_code::left_open) == 0);
    CHECK(adds_up(on.stats()));
    CHECK(daemon.documents().empty());
  }
}

TEST_CASE("P35 what is open at the end leaves as in progress, in time") {
  fake_xray_daemon daemon;
  auto how = to(daemon);
  how.report_open = true;
  traced on{how};
  {
    fl::segment const svc{"svc"};
    fl::subsegment const sub{"sub"};
    auto const began = clock::now();
    on.line.shutdown(patience);
    CHECK(since(began) < patience / 2);  // it waits for none of them to end
  }
  REQUIRE(daemon.wait_for_documents(1));
  std::vector<std::string> open;
  bool ended = false;
  for (auto const& each : daemon.documents()) {
    for (auto& id : ids_in_document(each)) open.push_back(std::move(id));
    ended = ended || each.find("end_time") != std::string::npos;
  }
  CHECK(open.size() == 2);
  CHECK_FALSE(ended);
  CHECK(on.counted(problem_code::left_open) >= 1);
  CHECK(adds_up(on.stats()));
  CHECK(daemon.complaints().empty());
}

TEST_CASE("P35 and a TCP side that never answers does not hold it up") {
  fake_xray_daemon daemon;
  daemon.tcp().answer_by({});
  daemon.tcp().always(behaviour::never());
  auto how = to(daemon, fl::xray_transport::daemon_tcp);
  how.report_open = true;
  traced on{how};
  make_segments(1);
  fl::segment const svc{"svc"};
  fl::subsegment const sub{"sub"};
  auto const began = clock::now();
  CHECK_FALSE(on.line.shutdown(200ms));
  CHECK(since(began) < 5s);
  CHECK(adds_up(settled(on.line)));
}

// ---- many -------------------------------------------------------------------------------------------------------------------------------

namespace {
/// 1,000 requests of 200 subsegments, of every size, from four threads.
void serve_requests(fl::pipeline& line) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&line] {
      fl::with_default const mine{line};
      for (int r = 0; r < 250; ++r) {
        fl::segment const request{"svc"};
        for (int s = 0; s < 200; ++s) {
          fl::subsegment one{"sub"};
          if (s % 10 == 0) one.metadata("text", std::string(static_cast<std::size_t>(r * 8 % 2000), 'x'));
        }
      }
    });
  for (auto& each : threads) each.join();
}
[[nodiscard]] std::size_t distinct(std::vector<std::string> const& documents, std::size_t& all) {
  std::set<std::string> ids;
  all = 0;
  for (auto const& each : documents)
    for (auto& id : ids_in_document(each)) ids.insert(std::move(id)), ++all;
  return ids.size();
}
void make_room(fl::config& how) {
  how.batching.capture_bytes = std::size_t{64} << 20;
  how.batching.queue_records = 1u << 20;
  how.batching.queue_bytes = std::size_t{512} << 20;
  how.instead.random = {};
}
}  // namespace

TEST_CASE("xray: 1,000 requests of 200 subsegments over TCP: every id once") {
  fake_xray_daemon daemon;
  traced on{to(daemon, fl::xray_transport::daemon_tcp), make_room};
  serve_requests(on.line);
  CHECK(on.line.flush(4min));
  auto const told = on.stats();
  CHECK(told.delivered == 201'000);
  CHECK(told.accepted == 201'000);
  std::size_t all = 0;
  CHECK(distinct(daemon.acknowledged(), all) == 201'000);
  CHECK(all == 201'000);
  CHECK(daemon.complaints().empty());
}

TEST_CASE("xray: 1,000 requests of 200 subsegments over UDP, paced, into a buffer of 4 MiB: every id once") {
  fake_xray_daemon daemon;
  traced on{to(daemon), make_room};
  serve_requests(on.line);
  CHECK(on.line.flush(4min));
  CHECK(on.stats().delivered == 201'000);
  if (daemon.receive_buffer() < (4u << 20)) WARN("the kernel gives the receiver " << daemon.receive_buffer() << " bytes, and not 4 MiB (net.core.rmem_max)");
  daemon.stop_udp();  // it reads first what lies there
  std::size_t all = 0;
  auto const found = distinct(daemon.documents(), all);
  CHECK(all == found);
  if (daemon.receive_buffer() >= (4u << 20)) CHECK(found == 201'000);
  CHECK(daemon.complaints().empty());
}
