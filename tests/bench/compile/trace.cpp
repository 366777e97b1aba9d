// A file that only instruments.
#include <fanlight/trace.hpp>

void work(int count) {
  fanlight::scoped_span span{"operation"};
  span.set("item.count", count);
  fanlight::info("worked", {{"item.count", count}});
}
