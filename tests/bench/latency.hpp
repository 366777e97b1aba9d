// The parts of the latency program: each adds its benchmarks, in the order in which they are to run.
#pragma once

#include <benchmark/benchmark.h>

namespace bench {

void add_floors();
/// What has to run before anything is initialised.
void add_off();
void add_capture();
/// opentelemetry-cpp beside us, where it is installed.
void add_peer();
/// Ends what the benchmarks left running, and says whether they recorded all they claim.
[[nodiscard]] bool finish();

}  // namespace bench
