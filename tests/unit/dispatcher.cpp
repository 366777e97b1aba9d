// The dispatcher, seen through a pipeline: when batches leave, what a flush waits for, what happens while all lanes are full, who may
// call back into fanlight, and what is told of it.
#include "catch.hpp"
#include "support/pipeline_kit.hpp"

#include <fanlight/process.hpp>
#include <fanlight/sampler.hpp>

#include <atomic>
#include <new>
#include <stdexcept>
#include <thread>

using namespace support;
using fl::filter;
using fl::loss;
using fl::outcome;
using fl::problem_code;

namespace {

struct rig {
  explicit rig(std::function<void(fl::config&)> const& change = {}) : running{made(change)}, current{running} {}
  fl::config made(std::function<void(fl::config&)> const& change) {
    auto out = plain({spec_of(does)}, problems);
    if (change) change(out);
    return out;
  }
  [[nodiscard]] fl::exporter_stats stats() const { return running.stats().exporters.at(0); }
  [[nodiscard]] bool wait_for_batches(std::size_t count) const {
    return does->seen.wait([=](auto const& seen) { return seen.batches.size() >= count; });
  }
  problem_log problems;
  std::shared_ptr<script> does = std::make_shared<script>();
  fl::pipeline running;
  fl::with_default current;
};

using sizes = std::vector<std::size_t>;

}  // namespace

// ---- batches --------------------------------------------------------------------------------------------------------------------------

TEST_CASE("a batch leaves when it has enough records") {
  rig at{[](fl::config& how) { how.batching.batch_records = 10; }};
  make_spans(25);
  REQUIRE(at.wait_for_batches(2));
  CHECK(at.does->seen.get().batches == sizes{10, 10});
  CHECK(eventually([&] { return at.stats().queued == 5; }));
  CHECK(at.running.flush(patience));
  CHECK(at.does->seen.get().batches == sizes{10, 10, 5});
}

TEST_CASE("a batch leaves when it has enough bytes") {
  rig at{[](fl::config& how) { how.batching.batch_bytes = 10'000; }};
  std::string const kilobyte(1000, 'x');
  for (int i = 0; i < 25; ++i) fl::scoped_span const span{"large", {{"text", kilobyte}}};
  REQUIRE(at.wait_for_batches(2));
  for (auto const size : at.does->seen.get().batches) CHECK((size == 8 || size == 9));  // the record that fills it is in it, or the next
  CHECK(at.running.flush(patience));
}

TEST_CASE("a batch leaves when its first record has waited long enough, and logs have a delay of their own") {
  rig at{[](fl::config& how) { how.batching.log_delay = 20ms; }};
  auto const began = clock::now();
  make_spans(3);
  fl::info("soon");
  REQUIRE(at.wait_for_batches(2));  // one call for each type
  CHECK(since(began) >= 10ms);
  CHECK(at.does->seen.get().names == std::vector<std::string>{"span", "span", "span", "soon"});
  CHECK(eventually([&] { return at.stats().queued == 0; }));
}

TEST_CASE("an error report leaves at once") {
  rig at;
  fl::error_report{"broken"};
  REQUIRE(at.wait_for_batches(1));
  CHECK(at.does->seen.get().batches == sizes{1});
}

TEST_CASE("a prompt exporter gets each record at once") {
  problem_log problems;
  auto const does = std::make_shared<script>();
  auto spec = spec_of(does);
  spec.prompt = true;
  fl::pipeline running{plain({spec}, problems)};
  fl::with_default const current{running};
  for (std::size_t i = 1; i <= 5; ++i) {
    make_spans(1);
    REQUIRE(does->seen.wait([=](auto const& seen) { return seen.names.size() == i; }));
  }
}

TEST_CASE("records of one thread arrive in the order they were made, across the ring's end many times") {
  rig at{[](fl::config& how) { how.batching.capture_bytes = 4096; }};
  std::vector<std::string> expected;
  for (int i = 0; i < 1000; ++i) {
    auto const name = "span " + std::to_string(i);
    fl::scoped_span const span{name};
    expected.push_back(name);
    if (i % 10 == 9) REQUIRE(eventually([&] { return at.running.flush(patience); }));
  }
  CHECK(at.running.flush(patience));
  CHECK(at.does->seen.get().names == expected);
}

// ---- flush ----------------------------------------------------------------------------------------------------------------------------

TEST_CASE("a flush with nothing to do is true, and so is one without exporters") {
  rig at;
  CHECK(at.running.flush(patience));
  problem_log problems;
  fl::pipeline const none{plain({}, problems)};
  fl::with_default const current{none};
  make_spans(3);
  CHECK(const_cast<fl::pipeline&>(none).flush(patience));
  CHECK(none.stats().accepted == 0);
}

TEST_CASE("a flush covers every record finished before it, on every thread, while others go on") {
  rig at;
  std::atomic<bool> go_on{true};
  std::thread noise{[&] {
    fl::with_default const mine{at.running};
    while (go_on) make_spans(1, "noise");
  }};
  int missed = 0;
  for (int round = 0; round < 50; ++round) {
    auto const name = "mine " + std::to_string(round);
    make_spans(1, name);
    at.running.flush(patience);
    auto const names = at.does->seen.get().names;
    if (std::find(names.begin(), names.end(), name) == names.end()) ++missed;
    at.does->seen.change([](auto& seen) { seen.names.clear(); });
  }
  go_on = false;
  noise.join();
  CHECK(missed == 0);
}

TEST_CASE("many flush at the same time, and each has its records delivered") {
  rig at;
  std::atomic<int> missed{0}, failed{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      fl::with_default const mine{at.running};
      for (int round = 0; round < 50; ++round) {
        auto const name = std::to_string(t) + "/" + std::to_string(round);
        make_spans(1, name);
        if (!at.running.flush(patience)) ++failed;
        auto const names = at.does->seen.get().names;
        if (std::find(names.begin(), names.end(), name) == names.end()) ++missed;
      }
    });
  for (auto& each : threads) each.join();
  CHECK(missed == 0);
  CHECK(failed == 0);
  CHECK(at.stats().delivered == 200);
}

TEST_CASE("a flush returns in time when the exporter hangs, and is true once it has come back") {
  rig at;
  gate const held;
  at.does->consume = [held](auto, auto const&, auto) { return held.pass(), outcome::delivered(); };
  make_spans(1);
  auto const began = clock::now();
  CHECK_FALSE(at.running.flush(30ms));
  CHECK(since(began) >= 30ms);
  CHECK(since(began) < 10s);
  CHECK_FALSE(at.running.flush(0ns));
  held.open();
  CHECK(at.running.flush(patience));
  CHECK(at.running.flush(std::chrono::nanoseconds::max()));  // a limit beyond time is none
}

TEST_CASE("a flush asks the exporter to flush, with what is left of its time, and passes on what it says") {
  rig at;
  clock::duration given{};
  at.does->flush = [&](fl::deadline until) { return given = until - clock::now(), false; };
  make_spans(1);
  CHECK_FALSE(at.running.flush(20s));
  CHECK(given > 1s);
  CHECK(given <= 20s);
  at.does->flush = {};
  CHECK(at.running.flush(patience));
  CHECK(at.does->seen.get().flushes == 2);
}

TEST_CASE("a record that a ring had no room for makes one flush false") {
  problem_log problems;
  gate const held;
  auto const does = std::make_shared<script>();
  does->consume = [held](auto, auto const&, auto) { return held.pass(), outcome::delivered(); };
  auto how = plain({spec_of(does)}, problems);
  how.batching.capture_bytes = 4096;
  how.batching.queue_records = 20;
  how.batching.batch_records = 10;
  fl::pipeline running{std::move(how)};
  fl::with_default const current{running};
  make_spans(1);
  CHECK_FALSE(running.flush(1ms));  // from now on its thread hangs
  std::uint64_t made = 1;
  for (; running.stats().dropped == 0; ++made) make_spans(1);
  auto const told = running.stats().exporters[0];
  CHECK(adds_up(told));
  CHECK(told.accepted == made);
  CHECK(lost_by(told, loss::capture_full) == 1);  // the lane is full, so nothing is taken out of the ring, and nothing else is lost
  CHECK(told.queued >= 4096 / 104);

  // A flush cannot be served while records lie in the ring.
  CHECK_FALSE(running.flush(5ms));
  held.open();
  CHECK_FALSE(running.flush(patience));
  CHECK(running.stats().delivered == made - 1);
  CHECK(running.flush(patience));
  REQUIRE(problems.wait_for(problem_code::capture_full));
  CHECK(problems.of(problem_code::capture_full).front().what.rfind("1 records were lost: a thread's ring was full", 0) == 0);
  make_spans(1);
  CHECK(running.flush(patience));
  REQUIRE(problems.wait_for(problem_code::recovered));
}

TEST_CASE("losses in a ring are told while every lane is full") {
  problem_log problems;
  gate const held;
  auto const does = std::make_shared<script>();
  does->consume = [held](auto, auto const&, auto) { return held.pass(), outcome::delivered(); };
  auto how = plain({spec_of(does)}, problems);
  how.batching.capture_bytes = 4096;
  how.batching.queue_records = how.batching.batch_records = 1;
  fl::pipeline running{std::move(how)};
  fl::with_default const current{running};
  make_spans(1000);
  CHECK(problems.wait_for(problem_code::capture_full));
  held.open();
}

// ---- what may be called back ----------------------------------------------------------------------------------------------------------

TEST_CASE("the process hook drops, changes and enriches, and what it drops is filtered") {
  rig at{[](fl::config& how) {
    how.process = [](fl::record_editor& record) {
      if (record.name() == "GET /health") record.drop();
      if (record.name() == "secret") record.rename("redacted");
    };
  }};
  make_spans(3, "GET /health");
  make_spans(2, "secret");
  make_spans(1, "GET /");
  CHECK(at.running.flush(patience));
  CHECK(at.does->seen.get().names == std::vector<std::string>{"redacted", "redacted", "GET /"});
  auto const told = at.stats();
  CHECK(adds_up(told));
  CHECK(told.accepted == 6);
  CHECK(filtered_by(told, filter::process) == 3);
  CHECK(told.delivered == 3);
}

TEST_CASE("a batch of which everything was filtered is done with") {
  rig at{[](fl::config& how) {
    how.batching.batch_records = 5;
    how.process = [](fl::record_editor& record) { record.drop(); };
  }};
  make_spans(23);
  CHECK(at.running.flush(patience));
  CHECK(at.stats().filtered == 23);
  CHECK(at.stats().queued == 0);
  CHECK(at.does->seen.get().batches.empty());
}

TEST_CASE("a process hook that throws leaves the record as it was") {
  rig at{[](fl::config& how) {
    how.process = [](fl::record_editor& record) {
      record.rename("half done");
      if (record.is_log()) throw std::bad_alloc{};
      throw std::runtime_error{"broken"};
    };
  }};
  make_spans(2, "as it was");
  fl::info("too");
  CHECK(at.running.flush(patience));
  CHECK(at.does->seen.get().names == std::vector<std::string>{"as it was", "as it was", "too"});
  CHECK(at.running.stats().problems.at(problem_code::process_threw) == 3);
  CHECK(at.problems.wait_for(problem_code::process_threw));
}

TEST_CASE("a process hook may grow a record by much") {
  rig at{[](fl::config& how) {
    how.batching.batch_bytes = 4096;
    how.process = [](fl::record_editor& record) { record.set("text", std::string(20'000, 'x')); };
  }};
  make_spans(50);
  CHECK(at.running.flush(patience));
  CHECK(at.stats().delivered == 50);
}

TEST_CASE("callbacks may ask for statistics and problems, and a hook that hangs holds up nobody who does") {
  gate const held;
  watched<fl::pipeline const*> running;
  std::atomic<std::uint64_t> asked{0};
  auto const ask = [&] {
    if (auto const* const which = running.get()) asked += which->stats().accepted + which->problems().size() + 1;
  };
  rig at{[&](fl::config& how) {
    how.process = [&, held](fl::record_editor& record) {
      ask();
      if (record.name() == "hang") held.pass();
    };
    how.sampler = fl::sampler{[&](fl::sampling_question const&) { return ask(), fl::sampling_decision::sample; }};
  }};
  at.does->consume = [&](auto, auto const&, auto) { return ask(), outcome::delivered(); };
  running.set(&at.running);
  make_spans(2);
  CHECK(at.running.flush(patience));
  CHECK(asked > 0);
  make_spans(1, "hang");
  CHECK_FALSE(at.running.flush(1ms));
  REQUIRE(held.wait_for_arrivals(1));
  auto const told = at.stats();
  CHECK(told.accepted == 3);
  CHECK(told.queued == 1);
  held.open();
  CHECK(at.running.flush(patience));
  running.set(nullptr);
}

TEST_CASE("what is made on fanlight's threads or inside its callbacks is not recorded") {
  rig at{[&](fl::config& how) {
    how.process = [](fl::record_editor&) { make_spans(1, "in the hook"); };
    how.sampler = fl::sampler{[](fl::sampling_question const&) {
      make_spans(1, "in the sampler");
      fl::info("in the sampler");
      return fl::sampling_decision::sample;
    }};
    auto const log = how.on_problem;
    how.on_problem = [log](fl::problem const& told) {
      make_spans(1, "in on_problem");
      log(told);
    };
  }};
  at.does->consume = [](auto, auto const&, auto) -> outcome {
    make_spans(1, "in consume");
    fl::error_report{"in consume"};
    return outcome::rejected(0, "a warning");
  };
  at.does->flush = [](auto) { return make_spans(1, "in flush"), true; };
  make_spans(2, "mine");
  {
    fl::scoped_span const outer{"mine"};
    fl::scoped_span const root{"mine", {.parent = {}}};  // the sampler runs while another span is current
  }
  CHECK(at.running.flush(patience));
  REQUIRE(at.problems.wait_for(problem_code::rejected));
  CHECK(at.running.flush(patience));
  CHECK(at.does->seen.get().names == std::vector<std::string>(4, "mine"));
  CHECK(at.stats().accepted == 4);
}

TEST_CASE("a sampler that throws leaves the trace out and is told") {
  auto const how = GENERATE(0, 1, 2);
  rig at{[how](fl::config& to) {
    to.sampler = fl::sampler{[how](fl::sampling_question const&) -> fl::sampling_decision {
      if (how == 0) throw std::runtime_error{"broken"};
      if (how == 1) throw std::bad_alloc{};
      throw 42;
    }};
  }};
  make_spans(3);
  CHECK(at.running.flush(patience));
  CHECK(at.stats().accepted == 0);
  CHECK(at.running.stats().problems.at(problem_code::sampler_threw) == 3);
  CHECK(at.problems.wait_for(problem_code::sampler_threw));
}

TEST_CASE("spans that are recorded and not sampled reach the hook and no exporter") {
  std::atomic<int> hooked{0};
  rig at{[&](fl::config& how) {
    how.sampler = fl::sampler{[](fl::sampling_question const&) { return fl::sampling_decision::record; }};
    how.process = [&](fl::record_editor&) { ++hooked; };
  }};
  make_spans(4);
  CHECK(at.running.flush(patience));
  CHECK(hooked == 4);
  CHECK(filtered_by(at.stats(), filter::not_sampled) == 4);
  CHECK(adds_up(at.stats()));
}

TEST_CASE("problems are told on fanlight's thread, and a handler that throws or hangs is survived") {
  auto const told_on = std::make_shared<watched<std::thread::id>>();  // the handler may still run when this test has ended
  gate const held;
  auto const does = std::make_shared<script>();
  does->consume = [](auto, auto const&, auto) { return outcome::dropped("for the handler"); };
  problem_log unused;
  auto how = plain({spec_of(does)}, unused);
  how.on_problem = [told_on, held](fl::problem const&) {
    told_on->set(std::this_thread::get_id());
    held.pass();
    throw std::runtime_error{"from the handler"};
  };
  fl::pipeline running{std::move(how)};
  fl::with_default const current{running};
  make_spans(1);
  CHECK_FALSE(running.flush(patience));
  REQUIRE(held.wait_for_arrivals(1));
  CHECK_FALSE(running.flush(1ms));  // the dispatcher is in the handler
  auto const began = clock::now();
  CHECK_FALSE(running.shutdown(50ms));
  CHECK(since(began) < 10s);
  held.open();
  (void)running.shutdown(patience);  // comes back when it has ended
  CHECK(running.stats().queued == 0);
  CHECK(told_on->get() != std::this_thread::get_id());
}

TEST_CASE("a problem is told at most once a minute for each code and exporter, and counted exactly") {
  problem_log problems;
  auto const a = std::make_shared<script>(), b = std::make_shared<script>();
  a->consume = b->consume = [](auto, auto const&, auto) { return outcome::dropped("always"); };
  fl::pipeline running{plain({spec_of(a, "a"), spec_of(b, "b")}, problems)};
  fl::with_default const current{running};
  for (int i = 0; i < 20; ++i) {
    make_spans(1);
    running.flush(patience);
  }
  fl::scoped_span ended{"x"};
  for (int i = 0; i < 7; ++i) ended.set("", 1);
  CHECK(running.shutdown(patience));
  CHECK(problems.of(problem_code::delivery_failed).size() == 2);
  CHECK(problems.of(problem_code::key_empty).size() == 1);
  auto const counts = running.stats().problems;
  CHECK(counts.at(problem_code::delivery_failed) == 40);
  CHECK(counts.at(problem_code::key_empty) == 7);
}
