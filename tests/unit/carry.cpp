// carry: the context follows a callable to wherever it is called.
#include <fanlight/testing.hpp>
#include <fanlight/trace.hpp>

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"

using namespace fanlight;

TEST_CASE("a carried callable runs where it was made, on whatever thread, even after that span's end") {
  testing::capture taken;
  std::function<void()> later;
  {
    scoped_span parent{"parent"};
    later = carry([] { scoped_span work{"work"}; });
    std::thread{later}.join();
  }
  std::thread{later}.join();
  {
    scoped_span other{"other"};
    later();
    scoped_span after{"after"};
  }
  CHECK(taken.tree() == "parent\n  work\n  work\n  work\nother\n  after\n");
}

TEST_CASE("arguments and results pass through a carried callable as they are") {
  testing::capture taken;
  int number = 0;
  auto by_reference = carry([](int& to) -> int& { return ++to; });
  static_assert(std::is_same_v<decltype(by_reference(number)), int&>);
  CHECK(&by_reference(number) == &number);
  CHECK(number == 1);
  auto moves = carry([](std::unique_ptr<int> from) { return from; });
  CHECK(*moves(std::make_unique<int>(7)) == 7);
  auto counts = carry([calls = 0]() mutable { return ++calls; });
  CHECK(counts() + counts() == 3);
  auto owns = carry([held = std::make_unique<std::string>("held")] { return *held; });
  auto moved = std::move(owns);
  CHECK(moved() == "held");
}

TEST_CASE("what a carried callable throws comes out, and the context is put back") {
  testing::capture taken;
  auto work = carry([] { throw std::runtime_error{"x"}; });
  scoped_span here{"here"};
  CHECK_THROWS_AS(work(), std::runtime_error);
  CHECK(current().span_id() == here.context().span_id());
}

TEST_CASE("carried from where nothing is open, it begins traces of its own") {
  testing::capture taken;
  auto work = carry([] { scoped_span root{"root"}; });
  {
    scoped_span elsewhere{"elsewhere"};
    work();
  }
  CHECK(taken.tree() == "elsewhere\nroot\n");
}

TEST_CASE("a remote caller can be carried") {
  testing::capture taken;
  scope const served{context{trace_id{{1}}, span_id{{2}}, trace_flag::sampled, true}};
  std::thread{carry([] { scoped_span work{"work"}; })}.join();
  CHECK(taken.tree() == "work [remote parent]\n");
}

TEST_CASE("many threads carry one context at once") {
  testing::capture taken;
  constexpr int threads = 8, spans = 50;
  {
    scoped_span batch{"batch"};
    annotation const who{"tenant", "acme"};
    auto const work = [](int) {
      for (int i = 0; i < spans; ++i) {
        scoped_span part{"part"};
        std::async(std::launch::async, carry([] { scoped_span deeper{"deeper"}; })).get();
      }
    };
    std::vector<std::thread> all;
    for (int i = 0; i < threads; ++i) all.emplace_back(carry(work), i);
    for (auto& each : all) each.join();
  }
  auto const taken_spans = taken.spans();
  CHECK(taken_spans.size() == 1 + 2 * threads * spans);
  auto const root = taken_spans["batch"];
  for (auto const& each : taken_spans) {
    CHECK(each.trace_id == root.trace_id);
    CHECK(each.find("tenant").as_text() == "acme");
    if (each.name == "part") CHECK(each.parent_id == root.span_id);
  }
}
