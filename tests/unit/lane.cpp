// A lane, seen through a pipeline: what becomes of a batch when its exporter delivers, refuses, asks to be tried again, throws, or hangs.
#include "catch.hpp"
#include "support/pipeline_kit.hpp"

#include <fanlight/impl/survey.hpp>

#include <atomic>
#include <future>
#include <new>
#include <stdexcept>

using namespace support;
using fl::loss;
using fl::outcome;
using fl::problem_code;

namespace {

/// A pipeline with one scripted exporter.
struct one_lane {
  explicit one_lane(std::function<void(fl::config&)> const& change = {}) : running{made(change)}, current{running} {}
  fl::config made(std::function<void(fl::config&)> const& change) {
    auto out = plain({spec_of(does)}, problems);
    out.batching.retry_first = 1ms;
    out.batching.retry_most = 4ms;
    if (change) change(out);
    return out;
  }
  [[nodiscard]] fl::exporter_stats stats() const { return running.stats().exporters.at(0); }

  problem_log problems;
  std::shared_ptr<script> does = std::make_shared<script>();
  fl::pipeline running;
  fl::with_default current;
};

[[nodiscard]] bool counted(fl::exporter_stats const& told, std::uint64_t delivered, std::uint64_t dropped) {
  return adds_up(told) && told.delivered == delivered && told.dropped == dropped && told.queued == 0;
}

}  // namespace

TEST_CASE("a batch that the exporter takes is delivered, once") {
  one_lane at;
  make_spans(7);
  REQUIRE(at.running.flush(patience));
  CHECK(at.does->seen.get().batches == std::vector<std::size_t>{7});
  CHECK(counted(at.stats(), 7, 0));
  CHECK(at.stats().batches == 1);
  CHECK(at.problems.all().empty());
}

TEST_CASE("the latest success and the latest error are told, each with its time") {
  one_lane at;
  auto const begun = fl::wall_time{std::chrono::system_clock::now()};
  CHECK_FALSE(at.stats().last_success);
  at.does->consume = [](auto, auto const&, auto) { return outcome::dropped("no such account"); };
  make_spans(1);
  CHECK_FALSE(at.running.flush(patience));
  auto const lost = at.stats();
  CHECK(lost.last_error == "no such account");
  CHECK(lost.last_error_at >= begun);
  CHECK_FALSE(lost.last_success);
  at.does->consume = [tried = false](auto, auto const&, auto) mutable {
    return std::exchange(tried, true) ? outcome::delivered() : outcome::retry("busy");
  };
  make_spans(1);
  CHECK(at.running.flush(patience));
  auto const well = at.stats();
  CHECK(well.last_error == "busy");
  CHECK(well.last_error_at >= lost.last_error_at);
  CHECK(well.last_success >= well.last_error_at);
  CHECK(well.retries == 1);
  CHECK(well.bytes == 0);  // it does not say
}

TEST_CASE("records that the back end refuses are counted as rejected, the others as delivered") {
  one_lane at;
  at.does->consume = [](auto, auto const&, auto) { return outcome::rejected(3, "too old"); };
  make_spans(10);
  CHECK_FALSE(at.running.flush(patience));
  CHECK(counted(at.stats(), 7, 3));
  CHECK(lost_by(at.stats(), loss::rejected) == 3);
  REQUIRE(at.problems.wait_for(problem_code::rejected));
  auto const told = at.problems.of(problem_code::rejected).front();
  CHECK(told.what == "the back end of 'scripted' refused 3 of 10 records: too old");
  CHECK(told.exporter == "scripted");

  at.does->consume = {};
  make_spans(1);
  CHECK(at.running.flush(patience));
  CHECK(at.problems.of(problem_code::recovered).empty());  // a refusal is no outage
}

TEST_CASE("more records refused than there were count as all of them") {
  one_lane at;
  at.does->consume = [](auto, auto const&, auto) { return outcome::rejected(1000, "all"); };
  make_spans(4);
  CHECK_FALSE(at.running.flush(patience));
  CHECK(counted(at.stats(), 0, 4));
}

TEST_CASE("a batch that the exporter gives up is failed, flush says so once, and recovery is told with the count") {
  one_lane at;
  at.does->consume = [](auto, auto const&, auto) { return outcome::dropped("no such account"); };
  make_spans(5);
  CHECK_FALSE(at.running.flush(patience));
  CHECK(counted(at.stats(), 0, 5));
  CHECK(lost_by(at.stats(), loss::failed) == 5);
  REQUIRE(at.problems.wait_for(problem_code::delivery_failed));
  CHECK(at.problems.of(problem_code::delivery_failed).front().what == "exporter 'scripted' lost 5 records: no such account");
  CHECK(at.running.flush(patience));

  at.does->consume = {};
  make_spans(2);
  CHECK(at.running.flush(patience));
  CHECK(counted(at.stats(), 2, 5));
  REQUIRE(at.problems.wait_for(problem_code::recovered));
  CHECK(at.problems.of(problem_code::recovered).front().what == "exporter 'scripted' delivers again; 5 records were lost");
}

TEST_CASE("an exporter that throws loses that batch and no more") {
  auto const how = GENERATE(0, 1, 2);
  one_lane at;
  at.does->consume = [how](auto, auto const&, auto) -> outcome {
    if (how == 0) throw std::runtime_error{"broken"};
    if (how == 1) throw std::bad_alloc{};
    throw 42;
  };
  make_spans(3);
  CHECK_FALSE(at.running.flush(patience));
  CHECK(counted(at.stats(), 0, 3));
  CHECK(lost_by(at.stats(), loss::threw) == 3);
  REQUIRE(at.problems.wait_for(problem_code::exporter_threw));
  auto const what = at.problems.of(problem_code::exporter_threw).front().what;
  if (how == 0) CHECK(what == "exporter 'scripted' lost 3 records: it threw: broken");
  if (how == 2) CHECK(what == "exporter 'scripted' lost 3 records: it threw something that is no std::exception");

  at.does->consume = {};
  make_spans(1);
  CHECK(at.running.flush(patience));
  CHECK(counted(at.stats(), 1, 3));
}

TEST_CASE("exceptions in start, flush and stop are told and hurt nobody") {
  problem_log problems;
  auto const does = std::make_shared<script>();
  does->start = [](auto const&) { throw std::runtime_error{"at the start"}; };
  does->flush = [](auto) -> bool { throw std::runtime_error{"in a flush"}; };
  does->stop = [](auto) { throw std::runtime_error{"at the end"}; };
  fl::pipeline running{plain({spec_of(does)}, problems)};
  fl::with_default const current{running};
  make_spans(2);
  CHECK_FALSE(running.flush(patience));
  CHECK_FALSE(running.shutdown(patience));  // its flush throws once more
  auto const seen = does->seen.get();
  CHECK(seen.starts == 1);
  CHECK(seen.flushes == 2);
  CHECK(seen.stops == 1);
  CHECK(seen.destroyed == 1);
  CHECK(running.stats().delivered == 2);
  CHECK(running.stats().problems.at(problem_code::exporter_threw) == 4);
}

TEST_CASE("what is to be retried is tried again, later and later, until it is delivered") {
  one_lane at;
  std::vector<clock::time_point> tries;  // the lane's thread alone, until it has flushed
  at.does->consume = [&](auto, auto const&, auto) {
    tries.push_back(clock::now());
    return tries.size() < 5 ? outcome::retry("busy") : outcome::delivered();
  };
  make_spans(6);
  CHECK(at.running.flush(patience));
  CHECK(tries.size() == 5);
  CHECK(counted(at.stats(), 6, 0));
  CHECK(at.stats().retries == 4);
  CHECK(at.stats().batches == 5);
  double const least[]{0.5, 1, 2, 2};  // half of 1, 2, 4, 4 ms
  for (std::size_t i = 0; i < 4; ++i) CHECK(std::chrono::duration<double, std::milli>(tries[i + 1] - tries[i]).count() >= least[i]);
  CHECK(at.problems.wait_for(problem_code::delivery_failed));
  CHECK(at.running.shutdown(patience));
  CHECK(at.problems.of(problem_code::delivery_failed).size() == 1);
  CHECK(at.problems.of(problem_code::recovered).empty());  // nothing was lost
}

TEST_CASE("a server's hint is obeyed") {
  one_lane at;
  std::vector<clock::time_point> tries;
  at.does->consume = [&](auto, auto const&, auto) {
    tries.push_back(clock::now());
    return tries.size() < 2 ? outcome::retry("slow down", 80ms) : outcome::delivered();
  };
  make_spans(1);
  CHECK(at.running.flush(patience));
  REQUIRE(tries.size() == 2);
  CHECK(tries[1] - tries[0] >= 80ms);
}

TEST_CASE("a batch that cannot be delivered for too long is expired") {
  one_lane at{[](fl::config& how) { how.batching.keep_for = 5ms; }};
  at.does->consume = [](auto, auto const&, auto) { return outcome::retry("away"); };
  make_spans(4);
  CHECK_FALSE(at.running.flush(patience));
  CHECK(counted(at.stats(), 0, 4));
  CHECK(lost_by(at.stats(), loss::expired) == 4);
  CHECK(at.problems.wait_for(problem_code::expired));
}

TEST_CASE("an attempt gets the export timeout as its deadline, and at the end what is left of the shutdown") {
  one_lane at{[](fl::config& how) { how.batching.export_timeout = 5s; }};
  clock::duration given{};
  at.does->consume = [&](auto, auto const&, fl::deadline until) {
    given = until - clock::now();
    return outcome::delivered();
  };
  make_spans(1);
  CHECK(at.running.flush(patience));
  CHECK(given > 1s);
  CHECK(given <= 5s);
}

TEST_CASE("a queue that is full loses the newest batch, as long as another lane has room") {
  problem_log problems;
  gate held;
  auto const slow = std::make_shared<script>(), quick = std::make_shared<script>();
  slow->consume = [held](auto, auto const&, auto) { return held.pass(), outcome::delivered(); };
  auto how = plain({spec_of(slow, "slow"), spec_of(quick, "quick")}, problems);
  how.batching.queue_records = 100;
  how.batching.batch_records = 10;
  fl::pipeline running{std::move(how)};
  fl::with_default const current{running};
  for (int i = 0; i < 30; ++i) {
    make_spans(10);
    // As many as it takes: the quick one must not fall behind.
    REQUIRE(eventually([&] { return running.stats().exporters[1].delivered == std::uint64_t(i + 1) * 10; }));
  }
  auto const told = running.stats().exporters[0];
  CHECK(told.queued == 100);
  CHECK(told.dropped == 200);
  CHECK(lost_by(told, loss::queue_full) == 200);
  CHECK(adds_up(told));
  REQUIRE(problems.wait_for(problem_code::queue_full));
  CHECK(problems.of(problem_code::queue_full).front().exporter == "slow");
  held.open();
  CHECK_FALSE(running.flush(patience));
  CHECK(running.flush(patience));
  CHECK(slow->seen.get().names.size() == 100);
  CHECK(quick->seen.get().names.size() == 300);
  REQUIRE(problems.wait_for(problem_code::recovered));
  CHECK(problems.of(problem_code::recovered).front().what == "exporter 'slow' delivers again; 200 records were lost");
}

TEST_CASE("a queue is bounded by bytes too") {
  problem_log problems;
  gate held;
  auto const slow = std::make_shared<script>(), quick = std::make_shared<script>();
  slow->consume = [held](auto, auto const&, auto) { return held.pass(), outcome::delivered(); };
  auto how = plain({spec_of(slow, "slow"), spec_of(quick, "quick")}, problems);
  how.batching.queue_bytes = 64 * 1024;
  how.batching.batch_bytes = 8 * 1024;
  fl::pipeline running{std::move(how)};
  fl::with_default const current{running};
  std::string const kilobyte(1000, 'x');
  for (std::uint64_t made = 1; made <= 400; ++made) {
    { fl::scoped_span{"large", {{"text", kilobyte}}}.set("i", made); }
    if (made % 8 == 0) REQUIRE(eventually([&] { return running.stats().exporters[1].queued <= 8; }));
  }
  auto const told = running.stats().exporters[0];
  CHECK(told.queued > 30);
  CHECK(told.queued < 80);  // 64 KiB, and what is in the open batch
  CHECK(lost_by(told, loss::queue_full) > 300);
  CHECK(adds_up(told));
  held.open();
  running.flush(patience);
  CHECK(running.stats().exporters[1].delivered == 400);
}

TEST_CASE("an exporter may set bounds of its own, a batch fits into the smallest queue") {
  problem_log problems;
  auto const does = std::make_shared<script>();
  auto spec = spec_of(does);
  spec.queue_records = 5;
  fl::pipeline running{plain({spec}, problems)};
  fl::with_default const current{running};
  make_spans(3);
  CHECK(running.flush(patience));
  make_spans(40);
  CHECK(running.flush(patience));
  CHECK(running.stats().delivered == 43);
  for (auto const size : does->seen.get().batches) CHECK(size <= 5);
}

TEST_CASE("a spec lets through only what it names, of what the exporter can take") {
  problem_log problems;
  auto const does = std::make_shared<script>();
  fl::record_types taken = 0;
  does->start = [&](fl::exporter_setup const& how) { taken = how.taken; };
  auto spec = spec_of(does);
  spec.only = fl::takes<fl::log_record>;
  fl::pipeline running{plain({spec}, problems)};
  fl::with_default const current{running};
  make_spans(3);
  fl::info("only this");
  CHECK(running.flush(patience));
  CHECK(does->seen.get().names == std::vector<std::string>{"only this"});
  CHECK(running.stats().accepted == 1);
  CHECK(taken == fl::takes<fl::log_record>);
}

TEST_CASE("one exporter's problem is told by its name, with what it says itself") {
  problem_log problems;
  auto const does = std::make_shared<script>();
  does->start = [](fl::exporter_setup const& how) { how.tell(problem_code::file_failed, "the disk is full"); };
  fl::pipeline running{plain({spec_of(does).called("files")}, problems)};
  REQUIRE(problems.wait_for(problem_code::file_failed));
  auto const told = problems.of(problem_code::file_failed).front();
  CHECK(told.what == "the disk is full");
  CHECK(told.exporter == "files");
}

TEST_CASE("an exporter that is long over its time is told once, while it hangs") {
  one_lane at{[](fl::config& how) { how.batching.export_timeout = 1ms; }};
  gate held;
  at.does->consume = [held](auto, auto const&, auto) { return held.pass(), outcome::delivered(); };
  make_spans(1);
  CHECK_FALSE(at.running.flush(1ms));
  REQUIRE(eventually([&] {
    at.running.flush(1ms);
    return !at.problems.of(problem_code::exporter_stuck).empty();
  }));
  at.running.flush(1ms);
  CHECK(at.running.stats().problems.at(problem_code::exporter_stuck) == 1);
  held.open();
  CHECK(at.running.flush(patience));
}

// ---- exporters that keep records -----------------------------------------------------------------------------------------------------

namespace {

/// Keeps what it is given until the test says otherwise.
struct keeper final : fl::exporter {
  struct orders {
    fl::outcome answer = outcome::delivered();
    bool settle_all = false;
    fl::fate as = fl::fate::delivered;
    bool throws = false;
    int consumed = 0, tended = 0, flushed = 0;
    std::int64_t last_end = 0, complete = INT64_MIN;  // ticks
    std::uint64_t held = 0;
    std::uint64_t left_at_stop = 0;
  };
  explicit keeper(std::shared_ptr<watched<orders>> by) : by_{std::move(by)} {}
  [[nodiscard]] fl::record_types kinds() const noexcept override { return fl::takes<fl::span_record>; }
  [[nodiscard]] bool keeps_records() const noexcept override { return true; }
  void start(fl::exporter_setup const& how) override { settle_ = how.settle; }
  [[nodiscard]] outcome consume(fl::detail::entry_type type, fl::detail::batch_ref const& records, fl::deadline) override {
    by_->change([&](orders& all) {
      ++all.consumed;
      if (latest_ != records->sequence) all.held += records->count(type);
      latest_ = records->sequence;
      fl::detail::each_entry(*records, type, [&](unsigned char const* at) {
        all.last_end = std::max(all.last_end, reinterpret_cast<fl::detail::entry_head const*>(at)->end);
      });
    });
    if (by_->get().throws) throw std::runtime_error{"broken"};
    return work();
  }
  void note_complete(std::int64_t until) override {
    by_->change([&](orders& all) { all.complete = until; });
  }
  [[nodiscard]] outcome tend(fl::deadline) override {
    by_->change([](orders& all) { ++all.tended; });
    return work();
  }
  bool flush(fl::deadline) override {
    by_->change([](orders& all) { ++all.flushed; });
    return work().kind() != outcome::kind::retry;
  }
  void stop(fl::deadline) override {
    by_->change([](orders& all) { all.left_at_stop = all.held; });
  }

 private:
  outcome work() {
    auto const now = by_->get();
    if (now.settle_all) {
      settle_(now.as, now.held, "as told");
      by_->change([](orders& all) { all.held = 0; });
    }
    return now.answer;
  }
  std::shared_ptr<watched<orders>> by_;
  std::function<void(fl::fate, std::uint64_t, std::string const&)> settle_;
  std::uint64_t latest_ = 0;
};

struct keeping_lane {
  explicit keeping_lane(std::chrono::milliseconds delay = never) : running{made(delay)}, current{running} {}
  fl::config made(std::chrono::milliseconds delay) {
    fl::exporter_spec spec;
    spec.name = "keeper";
    spec.make = [by = does] { return std::make_unique<keeper>(by); };
    auto out = plain({spec}, problems);
    out.batching.retry_first = 1ms;
    out.batching.retry_most = 4ms;
    out.batching.span_delay = delay;
    return out;
  }
  template <class Change>
  void order(Change change) {
    does->change(change);
  }
  [[nodiscard]] fl::exporter_stats stats() const { return running.stats().exporters.at(0); }

  problem_log problems;
  std::shared_ptr<watched<keeper::orders>> does = std::make_shared<watched<keeper::orders>>();
  fl::pipeline running;
  fl::with_default current;
};

}  // namespace

TEST_CASE("records that an exporter keeps are queued, and a flush does not wait for them") {
  keeping_lane at;
  make_spans(5);
  CHECK(at.running.flush(patience));
  CHECK(at.stats().queued == 5);
  CHECK(at.stats().delivered == 0);
  CHECK(adds_up(at.stats()));
  make_spans(2);
  at.order([](auto& all) { all.settle_all = true; });
  CHECK(at.running.flush(patience));
  CHECK(counted(at.stats(), 7, 0));
}

TEST_CASE("what becomes of kept records is counted as the exporter says, with the words for it") {
  struct one {
    fl::fate as;
    loss why;
    problem_code told;
  };
  for (auto const& each : {one{fl::fate::rejected, loss::rejected, problem_code::rejected}, one{fl::fate::failed, loss::failed, problem_code::delivery_failed},
                           one{fl::fate::expired, loss::expired, problem_code::expired}}) {
    keeping_lane at;
    at.order([&](auto& all) { all.settle_all = true, all.as = each.as; });
    make_spans(4);
    CHECK_FALSE(at.running.flush(patience));
    CHECK(counted(at.stats(), 0, 4));
    CHECK(lost_by(at.stats(), each.why) == 4);
    REQUIRE(at.problems.wait_for(each.told));
    CHECK(at.problems.of(each.told)[0].what.find("4 records: as told") != std::string::npos);
  }
  keeping_lane at;
  at.order([](auto& all) { all.settle_all = true, all.as = fl::fate::no_parent; });
  make_spans(4);
  CHECK(at.running.flush(patience));  // they were not meant for it
  CHECK(filtered_by(at.stats(), fl::filter::no_parent) == 4);
  CHECK(adds_up(at.stats()));
}

TEST_CASE("a batch with kept records that is to be tried again comes again, and its records count once") {
  keeping_lane at;
  at.order([](auto& all) { all.answer = outcome::retry("not yet"); });
  make_spans(3);
  auto flushed = std::async(std::launch::async, [&] { return at.running.flush(patience); });
  REQUIRE(at.does->wait([](auto const& all) { return all.consumed >= 3; }));
  CHECK_FALSE(at.running.flush(20ms));
  CHECK(at.stats().queued == 3);
  CHECK(adds_up(at.stats()));
  at.order([](auto& all) { all.answer = outcome::delivered(), all.settle_all = true; });
  CHECK(flushed.get());
  CHECK(counted(at.stats(), 3, 0));
}

TEST_CASE("what an exporter asked to be tended for later stays planned when a flush goes well") {
  keeping_lane at{1ms};
  at.order([](auto& all) { all.settle_all = true, all.answer = outcome::later(1ms); });
  make_spans(1);
  REQUIRE(at.does->wait([](auto const& all) { return all.tended > 1; }));
  CHECK(at.running.flush(patience));
  auto const tended = at.does->get().tended;
  CHECK(at.does->wait([&](auto const& all) { return all.tended > tended + 10; }));
}

TEST_CASE("kept records that nobody settled are lost at the end, after the exporter's last call") {
  keeping_lane at;
  make_spans(3);
  CHECK_FALSE(at.running.shutdown(patience));
  CHECK(at.does->get().left_at_stop == 3);
  CHECK(counted(at.stats(), 0, 3));
  CHECK(lost_by(at.stats(), loss::shutdown) == 3);
}

TEST_CASE("an exporter that keeps records and throws loses those of that batch") {
  keeping_lane at;
  at.order([](auto& all) { all.throws = true; });
  make_spans(3);
  CHECK_FALSE(at.running.flush(patience));
  CHECK(lost_by(at.stats(), loss::threw) == 3);
  CHECK(counted(at.stats(), 0, 3));
}

TEST_CASE("an exporter that keeps records is called when nothing more comes, and again while it asks for it") {
  keeping_lane at;
  at.order([](auto& all) { all.answer = outcome::retry("not yet"); });
  CHECK_FALSE((make_spans(1), at.running.flush(10ms)));
  at.order([](auto& all) { all.answer = outcome::delivered(); });
  CHECK(at.running.flush(patience));
  at.order([](auto& all) { all.answer = outcome::retry("not yet"); });
  CHECK_FALSE(at.running.flush(patience));  // from now on it asks for it
  auto const before = at.does->get().tended;
  REQUIRE(at.does->wait([=](auto const& all) { return all.tended >= before + 3; }));
  at.order([](auto& all) { all.answer = outcome::delivered(), all.settle_all = true; });
  REQUIRE(eventually([&] { return at.stats().delivered == 1; }));
  CHECK(counted(at.stats(), 1, 0));
}

TEST_CASE("an exporter that keeps records is called after a batch that left for its age, though nobody flushes and nothing follows") {
  keeping_lane at{5ms};
  make_spans(1);
  REQUIRE(at.does->wait([](auto const& all) { return all.consumed == 1 && all.tended == 1; }));
  CHECK(at.does->get().flushed == 0);
  make_spans(1);
  REQUIRE(at.does->wait([](auto const& all) { return all.consumed == 2 && all.tended == 2; }));
  CHECK(at.does->get().flushed == 0);
}

TEST_CASE("an exporter that keeps records knows up to when they are complete, when nothing more comes and when it is flushed") {
  keeping_lane quiet{5ms};
  make_spans(1);
  REQUIRE(quiet.does->wait([](auto const& all) { return all.tended == 1; }));
  CHECK(quiet.does->get().complete >= quiet.does->get().last_end);
  keeping_lane asked;
  make_spans(1);
  CHECK(asked.running.flush(patience));
  CHECK(asked.does->get().complete >= asked.does->get().last_end);
  CHECK(asked.does->get().last_end > quiet.does->get().last_end);
}
