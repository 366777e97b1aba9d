// Lines by std::format, or by fanlight where there is none.
#include <fanlight/fanlight.hpp>
#include <fanlight/with/format.hpp>

#include "seen.hpp"

int main() {
  auto const sink = std::make_shared<seen>();
  auto session = fanlight::init({.service = "adapter", .exporters = {sink}});
  {
    fanlight::scoped_span const span{"work"};
    fanlight::info(fanlight::std_line("{:>4}|{}", 42, "std"));
  }
  return verdict(session, *sink, "  42|std");
}
