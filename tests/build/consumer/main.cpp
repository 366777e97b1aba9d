// A program that uses fanlight as a stranger would: one span, through an exporter of its own, counted.
#include <fanlight/fanlight.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>

namespace fl = fanlight;
using namespace std::chrono_literals;

struct counting {
  std::atomic<int> seen{0};
  void consume(fl::batch<fl::span_record> spans) {
    for (auto const& span : spans)
      if (std::string_view{span.name.c_str()} == "consumer span") ++seen;
  }
};

int main() {
  auto const sink = std::make_shared<counting>();
  auto session = fl::init({.service = "consumer", .exporters = {sink}});
  {
    fl::scoped_span span{"consumer span"};
    span.set("answer", 42);
    span.event("asked", {{"by", "a stranger"}});
  }
  bool const all_delivered = session.flush(10s);
  std::printf("consumer: %d span, flushed %d\n", sink->seen.load(), all_delivered);
  return all_delivered && sink->seen == 1 ? 0 : 1;
}
