// How a trace follows the work from thread to thread. Four ways, each a function below; all spans belong to one trace.
//
//   carry         the context that is current now goes with a callable, wherever that runs
//   traced        a span around every call of a function
//   span + scope  a span that begins here and ends there: one owner at a time, made current where it is worked on
//   context       a small value to copy anywhere, given as an explicit parent
#include <fanlight/fanlight.hpp>

#include "thread_pool.hpp"

#include <future>
#include <string>
#include <thread>
#include <utility>

namespace fl = fanlight;

auto const resize = fl::traced("resize picture", [](int width) { return width / 2; });

// One thread for one job: wrap the callable and hand it over.
void carry_to_a_thread() {
  std::thread mail{fl::carry([] { fl::scoped_span work{"send mail"}; })};
  mail.join();
}

// A pool knows nothing of tracing. What is carried into it keeps its parent, whichever worker takes it, and whatever that
// worker did before.
void carry_into_a_pool() {
  fl::scoped_span album{"album"};
  thread_pool pool{2};
  for (int picture = 1; picture <= 4; ++picture)
    pool.submit(fl::carry([picture] {
      fl::scoped_span work{"picture"};
      work.set("number", picture);
      work.set("width", resize(640 * picture));
    }));
}  // the pool ends its jobs before the album ends

// A span that outlives its function. It is never current by itself: `scope` makes it so, in this thread, until the brace.
void move_to_a_thread() {
  fl::span upload{"upload"};
  upload.set("bytes", 1'048'576);
  std::thread sender{[upload = std::move(upload)]() mutable {
    fl::scope inside{upload};
    fl::scoped_span part{"part 1"};
  }};  // the callable owned the span, and ends it when it goes
  sender.join();
}

// A context is a value. As a parent it makes a child; as a link it says "because of that" across two traces.
void copy_a_context(fl::context const& cause) {
  auto report = std::async(std::launch::async, [cause] {
    fl::scoped_span child{"report", {.parent = cause}};
    return std::string{"done"};
  });
  report.get();
  fl::scoped_span later{"reconcile", {.parent = fl::context{}, .links = {{cause}}}};  // a trace of its own
}

int main() {
  auto session = fl::init({.service = "threads"});
  fl::scoped_span batch{"batch"};
  carry_to_a_thread();
  carry_into_a_pool();
  move_to_a_thread();
  copy_a_context(batch.context());
}
