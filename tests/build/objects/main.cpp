// The program around two shared objects and a second file of its own: one pipeline takes the spans of all four, as children of
// the one that is current here. With PLUGINS the objects are not linked but opened while the program runs.
#include <fanlight/fanlight.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>

namespace fl = fanlight;
using namespace std::chrono_literals;

void second_file();

#ifdef PLUGINS
#include <dlfcn.h>

bool call(char const* library, char const* name, unsigned char const* trace_id) {
  void* const opened = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (opened == nullptr) return std::fprintf(stderr, "%s\n", dlerror()), false;
  auto const part = reinterpret_cast<bool (*)(unsigned char const*)>(dlsym(opened, name));
  return part != nullptr && part(trace_id);
}
bool part_1(unsigned char const* trace_id) { return call("./libpart_1.so", "part_1", trace_id); }
bool part_2(unsigned char const* trace_id) { return call("./libpart_2.so", "part_2", trace_id); }
#else
extern "C" bool part_1(unsigned char const* trace_id);
extern "C" bool part_2(unsigned char const* trace_id);
#endif

struct counting {
  std::atomic<int> seen{0};
  void consume(fl::batch<fl::span_record> spans) {
    for ([[maybe_unused]] auto const& span : spans) ++seen;
  }
};

int main() {
  auto const sink = std::make_shared<counting>();
  auto session = fl::init({.service = "objects", .exporters = {sink}});
  bool same_trace = false;
  {
    fl::scoped_span span{"program"};
    auto const id = span.context().trace_id();
    same_trace = part_1(id.bytes) && part_2(id.bytes);
    second_file();
  }
  bool const flushed = session.flush(10s);
  std::printf("objects: %d spans, same trace %d, flushed %d\n", sink->seen.load(), same_trace, flushed);
  return flushed && same_trace && sink->seen == 4 ? 0 : 1;
}
