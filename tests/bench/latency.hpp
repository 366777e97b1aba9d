// The parts of the latency program, each of which adds its benchmarks in the order in which they are to run, and how they measure. A block
// of floor spans and a block of ours take turns, so that a busy moment of the machine meets both; what counts is the median of the blocks
// and of the ratios of neighbours, given as counters `ns`, `floor` and `ratio`. Google Benchmark's own time is that of our blocks alone.
#pragma once

#include "floor.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <vector>

namespace bench {

void add_floors();
/// What has to run before anything is initialised.
void add_off();
void add_capture();
/// opentelemetry-cpp beside us, where it is installed.
void add_peer();
/// Ends what the benchmarks left running, and says whether they recorded all they claim.
[[nodiscard]] bool finish();

/// So many that each block of recorded spans wakes the dispatcher once or more, and pays for it.
inline constexpr int block = 1000;

/// Nanoseconds a call in one block, by the thread's own clock: that a busy machine lets the dispatcher, or a stranger, have this processor in
/// between is not what is measured. Instruments never block, so on a quiet machine both clocks say the same.
template <class One>
[[gnu::always_inline]] inline double time_block(One&& one) {
  timespec begun, ended;
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begun);
  for (int i = 0; i < block; ++i) one(static_cast<std::int64_t>(i));
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ended);
  return (static_cast<double>(ended.tv_sec - begun.tv_sec) * 1e9 + static_cast<double>(ended.tv_nsec - begun.tv_nsec)) / block;
}

[[nodiscard]] inline double median(std::vector<double>& of) {
  auto const middle = of.begin() + static_cast<std::ptrdiff_t>(of.size() / 2);
  std::nth_element(of.begin(), middle, of.end());
  return *middle;
}

/// The ring of the floors that take turns with others: small, so that it leaves the cache to what is measured.
[[nodiscard]] inline floor_ring& neighbour() {
  static floor_ring ring{std::size_t{1} << 16};
  return ring;
}
inline void neighbour_span(std::int64_t count) noexcept {
  floor_span(neighbour(), count, [] { return realtime(); });
}
inline void neighbour_log(std::int64_t count) noexcept { floor_log(neighbour(), count); }

/// `before` runs off the clock ahead of each pair of blocks.
template <class Floor, class Before, class One>
void in_turns(benchmark::State& state, Floor floor, Before before, One one) {
  std::vector<double> floors, ours, ratios;
  while (state.KeepRunningBatch(block)) {
    before();
    double const theirs = time_block(floor), mine = time_block(one);
    state.SetIterationTime(mine * block * 1e-9);
    floors.push_back(theirs);
    ours.push_back(mine);
    ratios.push_back(mine / theirs);
  }
  state.counters["ns"] = median(ours);
  state.counters["floor"] = median(floors);
  state.counters["ratio"] = median(ratios);
}

}  // namespace bench
