// An exporter of one's own is one member function. fanlight calls it from one thread, with one batch after another; it
// delivers by returning and drops by throwing. A record is valid during the call.
#include <fanlight/fanlight.hpp>

#include <chrono>
#include <cstdio>

namespace fl = fanlight;
using namespace std::chrono_literals;

struct slow_spans {
  std::chrono::milliseconds limit;
  void consume(fl::batch<fl::span_record> spans) {
    for (auto const& span : spans)
      if (span.duration() > limit) std::printf("slow: %s\n", span.name.c_str());
  }
};

int main() {
  auto session = fl::init({.service = "custom_exporter", .exporters = {slow_spans{50ms}}});

  // Explicit times, so that this program is quick: a span may be told when it began and when it ended.
  auto const now = std::chrono::system_clock::now();
  fl::span{"read cache", {.start = now - 2ms}}.end(now);
  fl::span{"read disk", {.start = now - 80ms}}.end(now);

  if (!session.flush(2s)) return 1;
  auto const told = session.stats();
  std::printf("delivered %llu, dropped %llu\n", static_cast<unsigned long long>(told.delivered),
              static_cast<unsigned long long>(told.dropped));
}
