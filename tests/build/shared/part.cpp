// A library with hidden visibility that records, built several times under other names (PART): linked to the program, or opened by it. What
// it has of fanlight, headers or the shared library, is for the build to say.
#include <fanlight/fanlight.hpp>

#include <string>
#include <thread>

#define GLUE_(a, b) a##b
#define GLUE(a, b) GLUE_(a, b)
#define SHOWN extern "C" __attribute__((visibility("default")))

/// A span here and one on a thread of this library's own, with a fact that the caller has in scope. True: they are in that trace.
SHOWN bool GLUE(work_of_, PART)(unsigned char const* trace_id) {
  fanlight::scoped_span span{"part"};
  span.set("thread", false);
  std::thread{fanlight::carry([] { fanlight::scoped_span{"part", {{"thread", true}}}.event("here"); })}.join();
  fanlight::info("from the part");
  auto const own = span.context().trace_id();
  for (int i = 0; i < 16; ++i)
    if (own.bytes[i] != trace_id[i]) return false;
  return true;
}

SHOWN bool GLUE(adopt_by_, PART)(void* door) { return fanlight::adopt(door); }

/// Leaves the calling thread's current span to this library and comes back into the program's code.
SHOWN void GLUE(call_back_, PART)(void (*into_the_program)()) {
  fanlight::scoped_span const around{"around"};
  fanlight::annotation const fact{"fact", PART};
  into_the_program();
}

/// A session cannot be had here while the program has one.
SHOWN bool GLUE(is_second_, PART)() { return !fanlight::init({.on_problem = [](fanlight::problem const&) {}, .read_environment = false}).is_active(); }
