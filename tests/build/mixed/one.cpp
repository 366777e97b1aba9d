// Half of a program that mixes the two builds: it must not link. Alone with two.cpp in the same build it must.
#include <fanlight/trace.hpp>

void other_half(fanlight::scoped_span& span);

int main() {
  fanlight::scoped_span span{"mixed"};
  other_half(span);
}
