// Lines by fmt.
#include <fanlight/fanlight.hpp>
#include <fanlight/with/fmt.hpp>

#include "seen.hpp"

int main() {
  auto const sink = std::make_shared<seen>();
  auto session = fanlight::init({.service = "adapter", .exporters = {sink}});
  {
    fanlight::scoped_span const span{"work"};
    fanlight::info(fanlight::fmt_line("{:>4}|{}", 42, "fmt"));
  }
  return verdict(session, *sink, "  42|fmt");
}
