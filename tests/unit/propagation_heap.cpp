// Heap requests of inject() and extract(), counted: none on the way out, one on the way in for what a traceparent cannot hold.
#include <fanlight/propagation.hpp>

#include "catch.hpp"
#include "support/heap_count.hpp"

#include <string>

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

TEST_CASE("extract requests one block for all that is passed on, and none for ids") {
  fl::context got;
  CHECK(requests_of([&] { got = fl::extract(header, all); }) == 1);
  CHECK(got.tracestate().size() == 39);
  CHECK(requests_of([&] {
          got = fl::extract([](std::string_view name) { return name == "traceparent" ? header(name) : std::string_view{}; }, all);
        }) == 0);
  CHECK(got.is_valid());
}
#else
TEST_CASE("heap requests are counted where the allocator is glibc's") { SKIP("the allocator is a sanitizer's, or another C library's"); }
#endif
