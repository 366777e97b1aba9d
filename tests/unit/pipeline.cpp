// A pipeline from its beginning to its end: what is counted and when, what happens at the end and after it, several side by side.
#include "catch.hpp"
#include "support/pipeline_kit.hpp"

#include <fanlight/exporters/memory.hpp>
#include <fanlight/sampler.hpp>

#include <atomic>
#include <thread>

#include <malloc.h>

using namespace support;
using fl::loss;
using fl::outcome;
using fl::problem_code;

// ---- counting -------------------------------------------------------------------------------------------------------------------------

TEST_CASE("every record is accounted for at every moment") {
  problem_log problems;
  auto const good = std::make_shared<script>(), bad = std::make_shared<script>();
  std::atomic<unsigned> calls{0};
  bad->consume = [&](auto, auto const&, auto) -> outcome {
    switch (calls++ % 4) {
      case 0: return outcome::rejected(1, "one");
      case 1: return outcome::dropped("all");
      case 2: throw std::runtime_error{"thrown"};
      default: return outcome::delivered();
    }
  };
  auto how = plain({spec_of(good, "good"), spec_of(bad, "bad")}, problems);
  how.batching.batch_records = 7;
  how.batching.queue_records = 50;
  how.batching.capture_bytes = 4096;
  fl::pipeline running{std::move(how)};

  constexpr std::uint64_t each = 4000, producers = 3;
  std::atomic<std::uint64_t> begun{0}, ended{0};
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < producers; ++t)
    threads.emplace_back([&] {
      fl::with_default const mine{running};
      for (std::uint64_t i = 0; i < each; ++i) {
        ++begun;
        make_spans(1);
        ++ended;
      }
    });
  std::uint64_t looked = 0, wrong = 0, last = 0;
  while (ended < each * producers) {
    std::uint64_t const least = ended;
    auto const told = running.stats();
    std::uint64_t const most = begun;
    for (auto const& one : told.exporters)
      if (!adds_up(one) || one.accepted < least || one.accepted > most) ++wrong;
    if (told.accepted < last) ++wrong;
    last = told.accepted;
    ++looked;
  }
  for (auto& one : threads) one.join();
  running.flush(patience);
  CHECK(looked > 0);
  CHECK(wrong == 0);
  auto const told = running.stats();
  CHECK(told.accepted == 2 * each * producers);
  CHECK(told.queued == 0);
  for (auto const& one : told.exporters) {
    CHECK(adds_up(one));
    CHECK(one.accepted == each * producers);
  }
  CHECK(lost_by(told.exporters[0], loss::capture_full) == lost_by(told.exporters[1], loss::capture_full));
  CHECK(told.exporters[0].delivered == good->seen.get().names.size());
  CHECK(lost_by(told.exporters[1], loss::rejected) > 0);
  CHECK(lost_by(told.exporters[1], loss::failed) > 0);
  CHECK(lost_by(told.exporters[1], loss::threw) > 0);
  CHECK(told.delivered == told.exporters[0].delivered + told.exporters[1].delivered);
  CHECK(told.dropped == told.exporters[0].dropped + told.exporters[1].dropped);
}

TEST_CASE("a record counts for the exporters that take its kind") {
  problem_log problems;
  auto const spans = std::make_shared<script>(), all = std::make_shared<script>();
  spans->kinds = fl::takes<fl::span_record>;
  fl::pipeline running{plain({spec_of(spans, "spans"), spec_of(all, "all")}, problems)};
  fl::with_default const current{running};
  make_spans(2);
  fl::info("a");
  fl::error_report{"b"};
  CHECK(running.flush(patience));
  auto const told = running.stats();
  CHECK(told.exporters[0].delivered == 2);
  CHECK(told.exporters[1].delivered == 4);
  CHECK(told.delivered == 6);
  CHECK(told.exporters[0].name == "spans");
}

TEST_CASE("an exporter that wants open spans gets a note of each") {
  problem_log problems;
  struct watcher {
    watched<std::vector<std::string>>* seen;
    void consume(fl::batch<fl::start_record> notes) {
      for (auto const& note : notes) seen->change([&](auto& all) { all.emplace_back(note.name.c_str()); });
    }
  };
  watched<std::vector<std::string>> seen;
  fl::pipeline running{plain({watcher{&seen}}, problems)};
  fl::with_default const current{running};
  fl::scoped_span const still_open{"open"};
  CHECK(running.flush(patience));
  CHECK(seen.get() == std::vector<std::string>{"open"});
}

// ---- lanes side by side ---------------------------------------------------------------------------------------------------------------

TEST_CASE("a lane that never comes back blocks no other, and the end comes in time") {
  problem_log problems;
  gate const held;
  auto const dead = std::make_shared<script>(), alive = std::make_shared<script>();
  dead->consume = [held](auto, auto const&, auto) { return held.pass(), outcome::delivered(); };
  auto how = plain({spec_of(dead, "dead"), spec_of(alive, "alive")}, problems);
  how.batching.queue_records = 1000;
  how.batching.batch_records = 100;
  fl::pipeline running{std::move(how)};
  fl::with_default const current{running};
  constexpr std::uint64_t all = 20'000;
  for (std::uint64_t made = 0; made < all; made += 100) {
    make_spans(100);
    REQUIRE(eventually([&] { return running.stats().exporters[1].delivered + 500 > made; }));
  }
  auto const began = clock::now();
  CHECK_FALSE(running.shutdown(8s));  // an eighth of it is for the one that is alive
  CHECK(since(began) < 8s + 5s);  // the machine may be busy; the bound itself is proved by the next test
  auto const dead_one = settled(running), alive_one = settled(running, 1);
  CHECK(alive_one.delivered == all);
  CHECK(alive->seen.get().flushes >= 1);
  CHECK(alive->seen.get().stops == 1);
  CHECK(alive->seen.get().destroyed == 1);
  CHECK(dead_one.accepted == all);
  CHECK(dead_one.queued == 0);
  CHECK(lost_by(dead_one, loss::queue_full) + lost_by(dead_one, loss::shutdown) == all);
  CHECK(adds_up(dead_one));
  REQUIRE(problems.wait_for(problem_code::exporter_stuck));
  CHECK(problems.of(problem_code::exporter_stuck).front().exporter == "dead");
  CHECK(problems.wait_for(problem_code::flush_late));
  held.open();
}

TEST_CASE("shutdown returns within its limit, whatever hangs") {
  auto const where = GENERATE(0, 1, 2, 3);
  problem_log problems;
  gate const held;
  auto const does = std::make_shared<script>();
  if (where == 0) does->consume = [held](auto, auto const&, auto) { return held.pass(), outcome::delivered(); };
  if (where == 1) does->flush = [held](auto) { return held.pass(), true; };
  if (where == 2) does->stop = [held](auto) { held.pass(); };
  if (where == 3) does->start = [held](auto const&) { held.pass(); };
  fl::pipeline running{plain({spec_of(does)}, problems)};
  fl::with_default const current{running};
  make_spans(3);
  auto const began = clock::now();
  CHECK_FALSE(running.shutdown(200ms));
  CHECK(since(began) < 5s);
  CHECK(eventually([&] { return running.stats().queued == 0; }));
  held.open();
}

TEST_CASE("shutdown happens once, what comes later does nothing but count") {
  problem_log problems;
  auto const does = std::make_shared<script>();
  fl::pipeline running{plain({spec_of(does)}, problems)};
  fl::with_default const current{running};
  make_spans(5);
  fl::scoped_span open{"open at the end"};
  CHECK(running.shutdown(patience));
  CHECK(running.shutdown(patience));
  CHECK(running.flush(patience));
  auto const seen = does->seen.get();
  CHECK(seen.stops == 1);
  CHECK(seen.destroyed == 1);
  CHECK(seen.names.size() == 5);

  make_spans(3);
  fl::info("late");
  auto const told = running.stats().exporters.at(0);
  CHECK(told.delivered == 5);
  CHECK(adds_up(told));
  CHECK(told.queued == 0);
  CHECK(does->seen.get().names.size() == 5);
}

TEST_CASE("what ends or begins after the end is late, on threads that have recorded before and on new ones") {
  problem_log problems;
  auto const does = std::make_shared<script>();
  fl::pipeline running{plain({spec_of(does)}, problems)};
  fl::with_default const current{running};
  {
    fl::scoped_span const open{"open"};
    make_spans(1);
    CHECK(running.shutdown(patience));
  }
  std::thread other{[&] {  // it has never recorded here
    fl::with_default const mine{running};
    make_spans(2);
    fl::info("late");
    fl::span const held{"late"};
  }};
  other.join();
  auto const told = running.stats().exporters.at(0);
  CHECK(told.delivered == 1);
  CHECK(lost_by(told, loss::late) == 5);
  CHECK(running.stats().problems.at(problem_code::late) == 4);  // the open one went into a ring that nobody reads
  CHECK(adds_up(told));
}

TEST_CASE("many ask for the end at the same time") {
  problem_log problems;
  auto const does = std::make_shared<script>();
  fl::pipeline running{plain({spec_of(does)}, problems)};
  {
    fl::with_default const current{running};
    make_spans(100);
  }
  std::atomic<int> well{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) threads.emplace_back([&] { well += running.shutdown(patience) ? 1 : 0; });
  for (auto& each : threads) each.join();
  CHECK(well == 4);
  CHECK(does->seen.get().stops == 1);
  CHECK(running.stats().delivered == 100);
}

TEST_CASE("what waits to be retried at the end is lost to the shutdown, and the end does not wait for more") {
  problem_log problems;
  auto const does = std::make_shared<script>();
  does->consume = [](auto, auto const&, auto) { return outcome::retry("away"); };
  auto how = plain({spec_of(does)}, problems);
  how.batching.retry_first = never;
  how.batching.retry_most = never;
  fl::pipeline running{std::move(how)};
  fl::with_default const current{running};
  make_spans(4);
  CHECK_FALSE(running.flush(1ms));
  CHECK_FALSE(running.shutdown(patience));
  auto const told = running.stats().exporters.at(0);
  CHECK(lost_by(told, loss::shutdown) == 4);
  CHECK(told.queued == 0);
  CHECK(does->seen.wait([](auto const& seen) { return seen.destroyed == 1; }));
}

TEST_CASE("records finished before the end are delivered by it, from threads that are gone too") {
  problem_log problems;
  auto const does = std::make_shared<script>();
  {
    fl::pipeline const running{plain({spec_of(does)}, problems)};
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t)
      threads.emplace_back([&] {
        fl::with_default const mine{running};
        make_spans(50);
      });
    for (auto& each : threads) each.join();
  }
  CHECK(does->seen.get().names.size() == 400);
}

// ---- threads --------------------------------------------------------------------------------------------------------------------------

TEST_CASE("a thread that is gone leaves its ring to the next") {
  problem_log problems;
  auto const does = std::make_shared<script>();
  fl::pipeline running{plain({spec_of(does)}, problems)};
  for (int i = 0; i < 200; ++i) {
    std::thread{[&] {
      fl::with_default const mine{running};
      make_spans(1);
    }}.join();
    if (i % 10 == 9) CHECK(running.flush(patience));
  }
  CHECK(running.flush(patience));
  CHECK(running.stats().delivered == 200);
}

TEST_CASE("two pipelines live side by side in parallel threads, and each gets its own") {
  std::atomic<int> wrong{0};
  auto const work = [&](std::string const& name) {
    problem_log problems;
    auto const sink = std::make_shared<fl::memory>();
    fl::pipeline running{plain({sink}, problems)};
    fl::with_default const mine{running};
    for (int i = 0; i < 200; ++i) {
      fl::scoped_span const outer{name};
      std::thread{fl::carry([&] { fl::scoped_span const inner{name}; })}.join();
    }
    if (!running.flush(patience)) ++wrong;
    std::size_t spans = 0;
    for (auto const& batch : sink->spans())
      for (auto const& span : batch) {
        ++spans;
        if (std::string_view{span.name.c_str()} != name) ++wrong;
      }
    if (spans != 400) ++wrong;
  };
  std::thread a{work, "a"}, b{work, "b"};
  a.join();
  b.join();
  CHECK(wrong == 0);
}

TEST_CASE("with_default nests, and ends where it began") {
  problem_log problems;
  auto const one = std::make_shared<script>(), two = std::make_shared<script>();
  fl::pipeline first{plain({spec_of(one)}, problems)}, second{plain({spec_of(two)}, problems)};
  {
    fl::with_default const outer{first};
    make_spans(1, "outer");
    {
      fl::with_default const inner{second};
      make_spans(1, "inner");
    }
    make_spans(1, "outer again");
  }
  make_spans(1, "nowhere");
  CHECK(first.flush(patience));
  CHECK(second.flush(patience));
  CHECK(one->seen.get().names == std::vector<std::string>{"outer", "outer again"});
  CHECK(two->seen.get().names == std::vector<std::string>{"inner"});
}

// ---- memory ---------------------------------------------------------------------------------------------------------------------------

TEST_CASE("thousands of tiny batches take little memory") {
  problem_log problems;
  gate const held;
  auto const slow = std::make_shared<script>();
  slow->consume = [held](auto, auto const&, auto) { return held.pass(), outcome::delivered(); };
  auto spec = spec_of(slow);
  spec.prompt = true;
  fl::pipeline running{plain({spec}, problems)};
  fl::with_default const current{running};
  make_spans(1);
  REQUIRE(held.wait_for_arrivals(1));
  auto const used = [] {
    auto const now = ::mallinfo2();
    return now.uordblks + now.hblkhd;
  };
  auto const before = used();
  for (std::uint64_t made = 2; made < 2000; ++made) {
    fl::error_report{"one batch each"};
    REQUIRE(eventually([&] { return running.stats().queued == made; }));
  }
  CHECK(used() - before < std::size_t{4} << 20);
  held.open();
  CHECK(running.flush(patience));
}

TEST_CASE("pipelines that have ended leave little behind") {
  problem_log problems;
  auto const round = [&] {
    auto const does = std::make_shared<script>();
    fl::pipeline running{plain({spec_of(does)}, problems)};
    fl::with_default const current{running};
    make_spans(10);
    std::thread{[&] {
      fl::with_default const mine{running};
      make_spans(10);
    }}.join();
    return running.shutdown(patience);
  };
  CHECK(round());
  auto const before = ::mallinfo2();
  for (int i = 0; i < 50; ++i) REQUIRE(round());
  auto const after = ::mallinfo2();
  CHECK(after.uordblks + after.hblkhd - before.uordblks - before.hblkhd < 50 * std::size_t{64} * 1024);
}

// ---- set-up ---------------------------------------------------------------------------------------------------------------------------

TEST_CASE("an exporter that cannot be made is left out and told, the others run") {
  problem_log problems;
  auto const does = std::make_shared<script>();
  fl::exporter_spec broken;
  broken.name = "broken";
  broken.make = []() -> std::unique_ptr<fl::exporter> { throw std::runtime_error{"no such device"}; };
  fl::exporter_spec nothing;
  nothing.name = "nothing";
  nothing.make = []() -> std::unique_ptr<fl::exporter> { return nullptr; };
  fl::pipeline running{plain({broken, spec_of(does), nothing}, problems)};
  fl::with_default const current{running};
  make_spans(1);
  CHECK(running.flush(patience));
  CHECK(running.stats().exporters.size() == 1);
  REQUIRE(problems.wait_for(problem_code::config_bad, 2));
  CHECK(problems.of(problem_code::config_bad)[0].what == "exporter 'broken' could not be made and is left out: no such device");
  CHECK(running.problems().size() == 2);
}

TEST_CASE("a disabled pipeline records nothing, starts nothing, and passes contexts on") {
  problem_log problems;
  auto const does = std::make_shared<script>();
  auto how = plain({spec_of(does)}, problems);
  how.disabled = true;
  fl::pipeline running{std::move(how)};
  fl::with_default const current{running};
  fl::scoped_span span{"nothing"};
  CHECK_FALSE(span.is_recording());
  CHECK(running.flush(patience));
  CHECK(running.shutdown(patience));
  CHECK(running.stats().exporters.empty());
  CHECK(does->seen.get().starts == 0);
}
