// How large a program becomes by recording and sending; the program without it is the floor. Stripped before it is weighed.
#ifdef FANLIGHT_BENCH_EMPTY

#include <cstdio>

int main(int count, char**) { std::printf("%d\n", count); }

#else

#include <fanlight/fanlight.hpp>

namespace fl = fanlight;

int main(int count, char**) {
#if __has_include(<fanlight/exporters/otlp.hpp>)
  auto session = fl::init({.service = "program", .exporters = {{fl::otlp({.endpoint = "http://127.0.0.1:4318"})}}});
#else
  auto session = fl::init({.service = "program", .exporters = {{fl::otlp_file({.path = "program.jsonl"})}}});
#endif
  fl::scoped_span span{"operation"};
  span.set("item.count", count);
  fl::info("working", {{"item.count", count}});
}

#endif
