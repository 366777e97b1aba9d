// What the host and its plugins agree on: one function with C linkage. Beside the work the host hands over its door to tracing.
#pragma once

// Gives the width of a thumbnail, or 0 when the plugin cannot trace with the host's fanlight.
extern "C" using thumbnail_function = int(void* tracing_door, int width);
constexpr auto thumbnail_name = "thumbnail";
