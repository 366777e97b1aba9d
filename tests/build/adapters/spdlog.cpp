// A service that logs by spdlog, and one line that sends it all to fanlight's exporters too.
#include <fanlight/fanlight.hpp>
#include <fanlight/with/spdlog.hpp>

#include "seen.hpp"

int main() {
  auto const sink = std::make_shared<seen>();
  auto session = fanlight::init({.service = "adapter", .exporters = {sink}});
  fanlight::add_to_spdlog();
  {
    fanlight::scoped_span const span{"work"};
    spdlog::info("hello {}", 42);
  }
  return verdict(session, *sink, "hello 42");
}
