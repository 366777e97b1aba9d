// How large a program becomes by recording and sending: one that includes the OTLP exporter alone, and one with all that the environment
// may name. The program without fanlight is the floor. Stripped before they are weighed.
#if defined(FANLIGHT_BENCH_EMPTY)

#include <cstdio>

int main(int count, char**) { std::printf("%d\n", count); }

#else

#ifdef FANLIGHT_BENCH_EVERYTHING
#include <fanlight/fanlight.hpp>
#else
#include <fanlight/exporters/otlp.hpp>
#include <fanlight/pipeline.hpp>
#include <fanlight/trace.hpp>
#endif

namespace fl = fanlight;

int main(int count, char**) {
#ifdef FANLIGHT_BENCH_EVERYTHING
  auto session = fl::init();
#else
  auto session = fl::init({.service = "program", .exporters = {fl::otlp({.endpoint = "http://127.0.0.1:4318"})}});
#endif
  fl::scoped_span span{"operation"};
  span.set("item.count", count);
  fl::info("working", {{"item.count", count}});
}

#endif
