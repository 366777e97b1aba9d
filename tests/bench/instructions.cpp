// A given number of spans and nothing else, to be run under callgrind twice: what two counts differ by belongs to the spans alone. The ring
// takes them all, so the producer never waits; at the end everything is flushed.
//
//   instructions floor|off|unsampled|sampled|log COUNT
#include "floor.hpp"
#include "sample.hpp"

#include <string_view>

namespace {

void produce(std::string_view what, int count) {
  if (what == "floor") {
    bench::floor_ring ring;
    for (int i = 0; i < count; ++i) bench::floor_span(ring, i, [] { return bench::realtime(); });
  } else if (what == "log") {
    for (int i = 0; i < count; ++i) bench::one_log(i);
  } else {
    for (int i = 0; i < count; ++i) bench::one_span(i);
  }
}

}  // namespace

int main(int count, char** words) {
  if (count != 3) return 2;
  std::string_view const what = words[1];
  int const spans = std::atoi(words[2]);
  if (what == "floor" || what == "off") {
    produce(what, spans);
    return 0;
  }
  auto const sink = std::make_shared<bench::dropping>();
  auto config = bench::config_for({sink});
  if (what == "unsampled") config.sampler = bench::fl::always_off();
  config.batching.capture_bytes = std::size_t{64} << 20;
  auto session = bench::fl::init(std::move(config));
  produce(what, spans);
  bool const flushed = session.flush(std::chrono::minutes{2});
  auto const wanted = what == "unsampled" ? 0u : static_cast<unsigned>(spans);
  auto const came = sink->spans.load() + sink->logs.load();
  if (flushed && came == wanted) return 0;
  std::fprintf(stderr, "bench: %llu of %u records came\n", static_cast<unsigned long long>(came), wanted);
  return 1;
}
