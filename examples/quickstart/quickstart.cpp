// The smallest program: two spans, one log line, drawn on the console when the session ends.
#include <fanlight/fanlight.hpp>

int main() {
  auto session = fanlight::init({.service = "quickstart"});
  fanlight::scoped_span breakfast{"make breakfast"};
  breakfast.set("guests", 2);
  {
    fanlight::scoped_span eggs{"fry eggs"};  // a child, because `breakfast` is current
    eggs.event("flipped", {{"broken", false}});
  }
  fanlight::info("breakfast is ready");
}
