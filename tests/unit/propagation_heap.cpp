// Heap requests of inject(), extract() and baggage, counted: none, once the thread has let go of a block that fits.
#include <fanlight/baggage.hpp>
#include <fanlight/propagation.hpp>

#include "catch.hpp"
#include "support/heap_count.hpp"

#include <string>
#include <thread>
#include <utility>
#include <vector>

#ifndef OTHER_ALLOCATOR
namespace fl = fanlight;

namespace {

std::string_view header(std::string_view name) {
  if (name == "traceparent") return "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  if (name == "X-Amzn-Trace-Id")
    return "Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a87bd80c:1|68fd508a:5";
  if (name == "tracestate") return "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7";
  return name == "baggage" ? "k=v" : "";
}

template <class Work>
unsigned requests_of(Work work) {
  unsigned const before = requests;
  work();
  return requests - before;
}

constexpr auto all = {fl::propagator::tracecontext, fl::propagator::baggage, fl::propagator::xray};

}  // namespace

TEST_CASE("the counter counts") {
  void* volatile block = nullptr;
  CHECK(requests_of([&] { block = std::malloc(8); }) == 1);
  std::free(block);
}

TEST_CASE("inject requests nothing from the heap") {
  auto const what = fl::extract(header, all);
  REQUIRE(what.node() != nullptr);
  std::size_t seen = 0;
  CHECK(requests_of([&] {
          fl::inject(
              what, [&](std::string_view, std::string_view text) { seen += text.size(); }, all);
        }) == 0);
  CHECK(seen == 55 + 39 + 3 + 74 + 30);
}

TEST_CASE("extract requests one block for all that is passed on, which serves the next one too, and none for ids") {
  fl::context got;
  unsigned first = 0, later = 0;
  std::thread{[&] {  // which has no block yet
    first = requests_of([&] { got = fl::extract(header, all); });
    { auto const gone = std::move(got); }
    later = requests_of([&] {
      for (int i = 0; i < 100; ++i) {
        got = {};  // first, so that its block is free
        got = fl::extract(header, all);
      }
    });
  }}.join();
  CHECK(first == 1);
  CHECK(later == 0);
  CHECK(got.tracestate().size() == 39);
  CHECK(requests_of([&] {
          got = fl::extract([](std::string_view name) { return name == "traceparent" ? header(name) : std::string_view{}; }, all);
        }) == 0);
  CHECK(got.is_valid());
}

TEST_CASE("baggage requests nothing once it has been said") {
  std::size_t seen = 0;
  auto const one = [&] {
    fl::scope const inside{fl::extract(header, all)};
    fl::baggage const tenant{"tenant", "acme"}, plan{"plan", "a pro's"};
    fl::no_baggage const less{"tenant"};
    auto const plan_value = fl::baggage_value("plan");
    seen += plan_value ? plan_value->size() : 0;
    fl::inject([&](std::string_view, std::string_view text) { seen += text.size(); });
  };
  one();
  CHECK(requests_of([&] {
          for (int i = 0; i < 100; ++i) one();
        }) == 0);
  CHECK(seen == 101 * (7 + 55 + 39 + 18));
}

TEST_CASE("a thread keeps a handful of blocks, and gives them back when it ends") {
  std::vector<fl::context> many(100);
  unsigned first = 0, second = 0;
  auto const fill = [&] {
    for (auto& each : many) each = fl::extract(header, all);
  };
  std::thread{[&] {
    first = requests_of(fill);
    for (auto& each : many) each = {};
    second = requests_of(fill);
    for (int i = 0; i < 10; ++i) (void)fl::set_baggage(many.front(), "k", std::string(static_cast<std::size_t>(i) * 800, 'v'));  // of all sizes
  }}.join();
  CHECK(first == 100);
  CHECK(second == 92);
}
#else
TEST_CASE("heap requests are counted where the allocator is glibc's") { SKIP("the allocator is a sanitizer's, or another C library's"); }
#endif
