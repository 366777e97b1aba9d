// Coroutines: each has a context of its own, which goes with it from thread to thread and leaves none behind.
#include <fanlight/async.hpp>
#include <fanlight/testing.hpp>
#include <fanlight/trace.hpp>

#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "support/tasks.hpp"

using namespace fanlight;
using test::by_hand;
using test::job;
using test::task;

namespace {

[[nodiscard]] span_id here() { return current().span_id(); }

}  // namespace

// ---- suspending and going on -----------------------------------------------------------------------------------------------------------

TEST_CASE("a coroutine that waits leaves the caller's context as it was, and finds its own when it goes on") {
  testing::capture taken;
  by_hand queue;
  span_id before, after, in_body;
  auto const work = [&]() -> job {
    scoped_span const outer{"outer"};
    before = here();
    co_await queue.turn();
    after = here();
    scoped_span const inner{"inner"};
  };
  {
    scoped_span const caller{"caller"};
    in_body = caller.context().span_id();
    work();
    CHECK(here() == in_body);
    { scoped_span const beside{"beside"}; }
  }
  CHECK_FALSE(current().is_valid());
  {
    scoped_span const other{"other"};
    queue.run_one();
    CHECK(here() == other.context().span_id());
    { scoped_span const beneath{"beneath other"}; }
  }
  CHECK(before == after);
  CHECK(taken.tree() == "caller\n  outer\n    inner\n  beside\nother\n  beneath other\n");
  CHECK(taken.problems().empty());
}

TEST_CASE("xray R4: a coroutine takes its context to other threads, and scoped spans end there") {
  testing::capture taken;
  by_hand queue;
  auto const work = [&]() -> job {
    scoped_span const whole{"whole"};
    {
      scoped_span part{"part"};
      part.set("before", 1);
      co_await queue.turn();
      part.set("after", 2);
      current_span().set("by handle", 3);
    }
    co_await queue.turn();
    info("late");
    scoped_span const last{"last"};
  };
  {
    scoped_span const caller{"caller"};
    work();
  }
  queue.run_one_elsewhere();
  queue.run_one_elsewhere();
  CHECK(taken.tree() == "caller\n  whole\n    part before=1 after=2 by handle=3\n    log INFO \"late\"\n    last\n");
  CHECK(taken.problems().empty());
}

TEST_CASE("coroutines that take turns on one thread do not see each other") {
  testing::capture taken;
  by_hand queue;
  auto const work = [&](std::string name) -> job {
    scoped_span const whole{name};
    annotation const who{"who", name};
    for (int i = 0; i < 3; ++i) {
      scoped_span const part{name + "." + std::to_string(i)};
      co_await queue.turn();
    }
  };
  work("a");
  work("b");
  work("c");
  queue.run_all();
  CHECK_FALSE(current().is_valid());
  CHECK(taken.tree() ==
        "a @who=\"a\"\n  a.0 @who=\"a\"\n  a.1 @who=\"a\"\n  a.2 @who=\"a\"\n"
        "b @who=\"b\"\n  b.0 @who=\"b\"\n  b.1 @who=\"b\"\n  b.2 @who=\"b\"\n"
        "c @who=\"c\"\n  c.0 @who=\"c\"\n  c.1 @who=\"c\"\n  c.2 @who=\"c\"\n");
  CHECK(taken.problems().empty());
}

TEST_CASE("a coroutine begins in the context of its call, not in that of its first resumption") {
  testing::capture taken;
  by_hand queue;
  auto const part = []() -> task<int> {
    scoped_span const inside{"inside"};
    co_return 7;
  };
  int got = 0;
  auto const drive = [&](task<int> of) -> job {
    co_await queue.turn();
    got = co_await of;
  };
  {
    scoped_span const caller{"caller"};
    auto made = part();
    scoped_span const deeper{"deeper"};
    drive(std::move(made));
  }
  queue.run_all();
  CHECK(got == 7);
  CHECK(taken.tree() == "caller\n  deeper\n  inside\n");
}

TEST_CASE("called where nothing is open, a coroutine begins traces of its own wherever it goes on") {
  testing::capture taken;
  by_hand queue;
  auto const work = [&]() -> job {
    co_await queue.turn();
    scoped_span const root{"root"};
  };
  work();
  {
    scoped_span const elsewhere{"elsewhere"};
    queue.run_one();
  }
  CHECK(taken.tree() == "elsewhere\nroot\n");
}

TEST_CASE("a remote caller's context goes along") {
  testing::capture taken;
  by_hand queue;
  auto const work = [&]() -> job {
    co_await queue.turn();
    scoped_span const served{"served"};
  };
  {
    scope const request{context{trace_id{{1}}, span_id{{2}}, trace_flag::sampled, true}};
    work();
  }
  queue.run_one_elsewhere();
  CHECK(taken.tree() == "served [remote parent]\n");
}

// ---- facts ---------------------------------------------------------------------------------------------------------------------------------

TEST_CASE("facts of the caller and of the coroutine go along, those of a thread that resumes it stay there") {
  testing::capture taken;
  by_hand queue;
  auto const work = [&]() -> job {
    annotation const own{"own", 1};
    metadata const plan{"plan", "pro", "billing"};
    {
      annotation const shadow{"tenant", "inner"};
      co_await queue.turn();
      scoped_span const part{"first"};
    }
    co_await queue.turn();
    scoped_span const part{"second"};
  };
  {
    annotation const tenant{"tenant", "acme"};
    work();
    scoped_span const beside{"beside"};
  }
  for (int i = 0; i < 2; ++i) {
    annotation const foreign{"foreign", i};
    queue.run_one();
    scoped_span const after{"after"};
  }
  CHECK(taken.tree(testing::siblings::by_text) ==
        "after @foreign=0\n"
        "after @foreign=1\n"
        "beside @tenant=\"acme\"\n"
        "first @own=1 @tenant=\"inner\" billing/plan=\"pro\"\n"
        "second @tenant=\"acme\" @own=1 billing/plan=\"pro\"\n");
  CHECK(taken.problems().empty());
}

TEST_CASE("what a coroutine carries elsewhere is its own context") {
  testing::capture taken;
  by_hand queue;
  std::function<void()> later;
  auto const work = [&]() -> job {
    scoped_span const whole{"whole"};
    annotation const who{"who", "me"};
    co_await queue.turn();
    later = carry([] { scoped_span const carried{"carried"}; });
  };
  work();
  queue.run_one_elsewhere();
  std::thread{later}.join();
  CHECK(taken.tree() == "whole @who=\"me\"\n  carried @who=\"me\"\n");
}

// ---- awaiting other coroutines ---------------------------------------------------------------------------------------------------------

TEST_CASE("by symmetric transfer each coroutine has its own context, and the thread gets its own back") {
  testing::capture taken;
  by_hand queue;
  auto const leaf = [&](int number) -> task<int> {
    scoped_span const inside{"leaf"};
    co_await queue.turn();
    co_return number * 2;
  };
  auto const middle = [&]() -> task<std::string> {
    scoped_span const inside{"middle"};
    int const sum = co_await leaf(1) + co_await leaf(2);
    scoped_span const after{"after leaves"};
    co_return std::to_string(sum);
  };
  std::string got;
  auto const top = [&]() -> job {
    scoped_span const inside{"top"};
    got = co_await middle();
    scoped_span const after{"after middle"};
  };
  top();
  CHECK_FALSE(current().is_valid());
  queue.run_one_elsewhere();
  queue.run_one();
  CHECK_FALSE(current().is_valid());
  CHECK(got == "6");
  CHECK(taken.tree() == "top\n  middle\n    leaf\n    leaf\n    after leaves\n  after middle\n");
  CHECK(taken.problems().empty());
}

TEST_CASE("many transfers leave nothing open") {
  testing::capture taken;
  auto const one = [](int number) -> task<int> { co_return number & 1; };
  int sum = 0;
  auto const all = [&]() -> job {
    scoped_span const inside{"all"};
    for (int i = 0; i < 300; ++i) sum += co_await one(i);
    CHECK(here() == inside.context().span_id());
  };
  all();
  CHECK(sum == 150);
  CHECK_FALSE(current().is_valid());
  CHECK(taken.tree() == "all\n");
}

TEST_CASE("an exception that comes out of an awaited coroutine marks the spans that it leaves, and is told where it is caught") {
  testing::capture taken;
  by_hand queue;
  auto const broken = [&]() -> task<int> {
    scoped_span const inside{"inside"};
    co_await queue.turn();
    throw std::out_of_range{"no such row"};
  };
  auto const work = [&]() -> job {
    scoped_span whole{"whole"};
    try {
      scoped_span const query{"query"};
      co_await broken();
    } catch (std::exception const& error) { whole.fail(error); }
    scoped_span const after{"after"};
  };
  work();
  queue.run_one_elsewhere();
  auto const spans = taken.spans();
  CHECK(spans["inside"].status == status_code::error);
  CHECK(spans["query"].status == status_code::error);
  CHECK(spans["whole"].status_message() == std::string_view{"no such row"});
  CHECK(spans["whole"].find("error.type").as_text() == "std::out_of_range");
  CHECK(spans["after"].status == status_code::unset);
  CHECK(spans["after"].parent_id == spans["whole"].span_id);
}

// ---- awaiters of every kind -----------------------------------------------------------------------------------------------------------

TEST_CASE("an awaiter that is ready, that does not suspend after all, or that throws, leaves the coroutine where it is") {
  testing::capture taken;
  struct unwilling {
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    [[nodiscard]] bool await_suspend(std::coroutine_handle<>) const noexcept { return false; }
    [[nodiscard]] int await_resume() const noexcept { return 5; }
  };
  struct refusing {
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<>) const { throw std::runtime_error{"refused"}; }
    void await_resume() const noexcept {}
  };
  bool done = false;
  auto const work = [&]() -> job {
    scoped_span const whole{"whole"};
    auto const own = whole.context().span_id();
    annotation const fact{"fact", 1};
    co_await std::suspend_never{};
    CHECK(here() == own);
    CHECK(co_await unwilling{} == 5);
    CHECK(here() == own);
    try {
      co_await refusing{};
    } catch (std::runtime_error const&) { done = true; }
    CHECK(here() == own);
    scoped_span const last{"last"};
  };
  {
    scoped_span const caller{"caller"};
    work();
    CHECK(here() == caller.context().span_id());
  }
  CHECK(done);
  CHECK(taken.tree() == "caller\n  whole @fact=1\n    last @fact=1\n");
  CHECK(taken.problems().empty());
}

TEST_CASE("what an awaiter begins on the way belongs to the coroutine, what it resumes at once runs in its own context") {
  testing::capture taken;
  struct inline_turn {
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> of) const {
      { scoped_span const send{"send"}; }
      of.resume();
    }
    void await_resume() const noexcept {}
  };
  auto const work = [&]() -> job {
    scoped_span const whole{"whole"};
    annotation const fact{"fact", 1};
    co_await inline_turn{};
    scoped_span const inner{"inner"};
    co_await inline_turn{};
  };
  {
    scoped_span const caller{"caller"};
    work();
    CHECK(here() == caller.context().span_id());
  }
  CHECK(taken.tree() == "caller\n  whole @fact=1\n    send @fact=1\n    inner @fact=1\n      send @fact=1\n");
  CHECK(taken.problems().empty());
}

TEST_CASE("awaitables that cannot move, results that only move, and references pass through") {
  testing::capture taken;
  struct fixed {
    explicit fixed(int what) : number{what} {}
    fixed(fixed const&) = delete;
    fixed& operator=(fixed const&) = delete;
    [[nodiscard]] bool await_ready() const noexcept { return true; }
    void await_suspend(std::coroutine_handle<>) const noexcept {}
    [[nodiscard]] int& await_resume() noexcept { return number; }
    int number;
  };
  bool done = false;
  auto const work = [&]() -> job {
    fixed kept{3};
    int& same = co_await kept;
    CHECK(&same == &kept.number);
    CHECK(co_await fixed{4} == 4);
    auto const owned = co_await [](int what) -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(what); }(5);
    CHECK(*owned == 5);
    done = true;
  };
  work();
  CHECK(done);
}

namespace {

/// A generator: its values are awaited by way of yield_value().
struct numbers {
  struct promise_type : context_promise<promise_type> {
    int value = 0;
    numbers get_return_object() noexcept { return numbers{std::coroutine_handle<promise_type>::from_promise(*this)}; }
    auto initial_suspend() noexcept { return keep(std::suspend_always{}); }
    auto final_suspend() noexcept { return keep(std::suspend_always{}); }
    auto yield_value(int what) noexcept {
      value = what;
      return keep(std::suspend_always{});
    }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }
  };
  explicit numbers(std::coroutine_handle<promise_type> from) noexcept : of{from} {}
  numbers(numbers&& other) noexcept : of{std::exchange(other.of, nullptr)} {}
  numbers(numbers const&) = delete;
  numbers& operator=(numbers const&) = delete;
  ~numbers() {
    if (of != nullptr) of.destroy();
  }
  std::coroutine_handle<promise_type> of;
};

}  // namespace

TEST_CASE("a generator has a context of its own between its values") {
  testing::capture taken;
  auto const count = []() -> numbers {
    scoped_span const whole{"generator"};
    for (int i = 1; i <= 3; ++i) {
      scoped_span const one{"value"};
      co_yield i;
    }
  };
  {
    numbers all = count();
    scoped_span const consumer{"consumer"};
    int sum = 0;
    for (all.of.resume(); !all.of.done(); all.of.resume()) {
      scoped_span const use{"use"};
      sum += all.of.promise().value;
    }
    CHECK(sum == 6);
  }
  CHECK(taken.tree() == "consumer\n  use\n  use\n  use\ngenerator\n  value\n  value\n  value\n");
  CHECK(taken.problems().empty());
}

// ---- the end, early or never ----------------------------------------------------------------------------------------------------------

TEST_CASE("a coroutine that is destroyed while it waits ends its spans where that is done, and nothing else") {
  testing::capture taken;
  by_hand queue;
  auto const work = [&]() -> job {
    scoped_span const whole{"whole"};
    annotation const fact{"fact", 1};
    scoped_span const part{"part"};
    co_await queue.turn();
    info("never");
  };
  work();
  {
    annotation const other{"other", 2};
    scoped_span const cleaner{"cleaner"};
    queue.abandon();
    CHECK(here() == cleaner.context().span_id());
    scoped_span const after{"after"};
  }
  CHECK_FALSE(current().is_valid());
  CHECK(taken.tree(testing::siblings::by_text) == "cleaner @other=2\n  after @other=2\nwhole @fact=1\n  part @fact=1\n");
  CHECK(taken.problems().empty());
}

TEST_CASE("a chain of coroutines that is destroyed from its outermost on ends in order, one that never ran leaves nothing") {
  testing::capture taken;
  by_hand queue;
  auto const leaf = [&]() -> task<int> {
    scoped_span const inside{"leaf"};
    co_await queue.turn();
    co_return 1;
  };
  auto const middle = [&]() -> task<int> {
    scoped_span const inside{"middle"};
    co_return co_await leaf();
  };
  auto const top = [&]() -> numbers {
    scoped_span const inside{"top"};
    co_await middle();
  };
  {
    auto const running = top();
    running.of.resume();
    CHECK_FALSE(current().is_valid());
    auto const never = middle();
  }
  CHECK_FALSE(current().is_valid());
  CHECK(taken.tree() == "top\n  middle\n    leaf\n");
  CHECK(taken.problems().empty());
}

TEST_CASE("a coroutine destroyed while an exception is in flight has not failed") {
  testing::capture taken;
  by_hand queue;
  auto const work = [&]() -> numbers {
    scoped_span const inside{"inside"};
    co_await queue.turn();
  };
  try {
    auto const running = work();
    running.of.resume();
    throw std::runtime_error{"elsewhere"};
  } catch (std::runtime_error const&) {}
  CHECK(taken.spans()["inside"].status == status_code::unset);
}

TEST_CASE("without a pipeline coroutines run, and pass the trace on") {
  by_hand queue;
  std::string header;
  auto const work = [&]() -> job {
    scoped_span const inside{"inside"};
    co_await queue.turn();
    inject([&](std::string_view name, std::string_view text) {
      if (name == "traceparent") header = text;
    });
  };
  {
    scope const request{context{trace_id{{1}}, span_id{{2}}, trace_flag::sampled, true}};
    work();
  }
  queue.run_one_elsewhere();
  CHECK(header == "00-01000000000000000000000000000000-0200000000000000-01");
}

// ---- coroutines of somebody else's ------------------------------------------------------------------------------------------------------

TEST_CASE("coroutine_scope keeps the context of a coroutine whose promise knows nothing of it") {
  testing::capture taken;
  by_hand queue;
  auto const work = [&]() -> test::plain {
    coroutine_scope scope_here;
    scoped_span const whole{"whole"};
    annotation const fact{"fact", 1};
    co_await scope_here.keep(queue.turn());
    auto turn = queue.turn();
    {
      scoped_span const part{"part"};
      co_await scope_here.keep(turn);
    }
    {
      coroutine_pause const apart{scope_here};
      co_await queue.turn();
    }
    scoped_span const last{"last"};
  };
  {
    scoped_span const caller{"caller"};
    work();
    CHECK(here() == caller.context().span_id());
  }
  for (int i = 0; i < 3; ++i) queue.run_one_elsewhere();
  CHECK(taken.tree() == "caller\n  whole @fact=1\n    part @fact=1\n    last @fact=1\n");
  CHECK(taken.problems().empty());
}

TEST_CASE("a plain coroutine that is destroyed while it waits, kept or paused, ends its spans in order") {
  testing::capture taken;
  by_hand queue;
  auto const kept = [&]() -> test::plain {
    coroutine_scope scope_here;
    scoped_span const whole{"kept"};
    co_await scope_here.keep(queue.turn());
  };
  auto const paused = [&]() -> test::plain {
    coroutine_scope scope_here;
    scoped_span const whole{"paused"};
    coroutine_pause const apart{scope_here};
    co_await queue.turn();
  };
  kept();
  paused();
  queue.abandon();
  CHECK(taken.tree() == "kept\npaused\n");
  CHECK(taken.problems().empty());
}

TEST_CASE("a scoped span that ends on another thread without any of this is told, with the cure") {
  testing::capture taken;
  std::unique_ptr<scoped_span> stray;
  std::thread{[&] {
    with_default const inside{taken.pipeline()};
    stray = std::make_unique<scoped_span>("stray");
  }}.join();
  {
    scoped_span const own{"own"};
    stray.reset();
    CHECK(here() == own.context().span_id());
  }
  CHECK(taken.tree(testing::siblings::by_text) == "own\nstray\n");
  REQUIRE(taken.problems().size() == 1);
  CHECK(taken.problems()[0].code == problem_code::out_of_order);
  CHECK(taken.problems()[0].what.find("fanlight/async.hpp") != std::string::npos);
}

// ---- real threads -----------------------------------------------------------------------------------------------------------------------

TEST_CASE("many coroutines hop through a pool, and every span has its parent") {
  testing::capture taken;
  constexpr int jobs = 40, hops = 25;
  auto const leaf = [](test::pool& threads, int number) -> task<int> {
    scoped_span const inside{"leaf"};
    co_await threads.turn();
    co_return number;
  };
  auto const work = [&leaf](test::pool& threads, int number) -> job {
    scoped_span whole{"job"};
    annotation const who{"job", number};
    for (int i = 0; i < hops; ++i) {
      scoped_span step{"step"};
      co_await threads.turn();
      step.set("got", co_await leaf(threads, i));
    }
    whole.set("done", true);
  };
  context root;
  {
    scoped_span const batch{"batch"};
    root = batch.context();
    test::pool threads{4};
    for (int i = 0; i < jobs; ++i) work(threads, i);
  }
  auto const spans = taken.spans();
  REQUIRE(spans.size() == 1 + jobs * (1 + 2 * hops));
  std::map<span_id, span_record> by_id;
  for (auto const& each : spans) by_id.emplace(each.span_id, each);
  for (auto const& each : spans) {
    CHECK(each.trace_id == root.trace_id());
    if (each.name == "job") CHECK(each.parent_id == root.span_id());
    if (each.name != "step" && each.name != "leaf") continue;
    auto const& parent = by_id.at(each.parent_id);
    CHECK(parent.name == std::string_view{each.name == "step" ? "job" : "step"});
    CHECK(parent.find("job").as_int64() == each.find("job").as_int64());
  }
  CHECK(taken.problems().empty());
}

TEST_CASE("executors and pools: carry takes the context into a queue that knows nothing of it") {
  testing::capture taken;
  constexpr int jobs = 200;
  {
    test::pool threads{3};
    for (int i = 0; i < jobs; ++i) {
      scoped_span request{"request"};
      annotation const number{"number", i};
      threads.post(carry([i, &threads] {
        scoped_span work{"work"};
        work.set("same", i);
        threads.post(carry([i] { scoped_span{"deeper"}.set("same", i); }));
      }));
    }
  }
  auto const spans = taken.spans();
  REQUIRE(spans.size() == 3 * jobs);
  std::map<span_id, span_record> by_id;
  for (auto const& each : spans) by_id.emplace(each.span_id, each);
  for (auto const& each : spans) {
    if (each.name == "request") continue;
    auto const& parent = by_id.at(each.parent_id);
    CHECK(parent.name == std::string_view{each.name == "work" ? "request" : "work"});
    CHECK(each.find("number").as_int64() == each.find("same").as_int64());
    CHECK(parent.find("number").as_int64() == each.find("same").as_int64());
  }
}
