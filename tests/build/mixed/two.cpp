// The other half of a program that mixes the two builds.
#include <fanlight/trace.hpp>

void other_half(fanlight::scoped_span& span) { span.set("half", 2); }
