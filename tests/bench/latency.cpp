// How long each instrument keeps its caller, beside the floor in the same process. Order matters: what runs without a session comes
// first, and sessions follow one another.
#include "latency.hpp"

int main(int count, char** words) {
  bench::add_floors();
  bench::add_off();
  bench::add_capture();
  bench::add_peer();
  benchmark::Initialize(&count, words);
  if (benchmark::ReportUnrecognizedArguments(count, words)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return bench::finish() ? 0 : 1;
}
