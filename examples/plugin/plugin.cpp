// A plugin with a copy of fanlight of its own, hidden in it: nothing of it is shared with the host until it adopts the host's
// door. From then on it records into the host's pipeline, in the host's context; its own is never started. It includes the whole
// facade for adopt() alone.
#include "plugin.hpp"

#include <fanlight/fanlight.hpp>

namespace fl = fanlight;

extern "C" __attribute__((visibility("default"))) int thumbnail(void* tracing_door, int width) {
  if (!fl::adopt(tracing_door)) return 0;  // another fanlight, with another layout; told by the return value, nothing else changes
  fl::scoped_span work{"thumbnail"};       // child of the host's span, though neither knows the other
  work.set("width", width);
  fl::info("made in the plugin");
  return width / 8;
}
