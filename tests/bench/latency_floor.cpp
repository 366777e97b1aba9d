// The floors of the latency rows: the same work done by the least code that could serve.
#include "latency.hpp"

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace {

bench::floor_ring ring;

void run_span(benchmark::State& state) {
  std::int64_t count = 0;
  for (auto _ : state) bench::floor_span(ring, ++count, [] { return bench::realtime(); });
}

void run_span_tsc(benchmark::State& state) {
#if defined(__x86_64__)
  std::int64_t count = 0;
  for (auto _ : state) bench::floor_span(ring, ++count, [] { return static_cast<std::int64_t>(__rdtsc()); });
#else
  state.SkipWithError("no time stamp counter on this machine");
#endif
}

void run_log(benchmark::State& state) {
  std::int64_t count = 0;
  for (auto _ : state) bench::floor_log(ring, ++count);
}

struct place {
  place* outer;
  std::uint64_t trace_id[2], span_id;
};
constinit thread_local place* current = nullptr;

/// Ids that are to be passed on, and the link of the chain of open scopes; nothing is kept.
void run_unsampled(benchmark::State& state) {
  for (auto _ : state) {
    place here{current, {bench::generator.next(), bench::generator.next()}, bench::generator.next()};
    current = &here;
    for (int i = 0; i < 5; ++i)
      if (bench::hidden(here.trace_id[0] == 0)) benchmark::DoNotOptimize(here);
    benchmark::DoNotOptimize(current);
    current = here.outer;
  }
}

constinit int* published = nullptr;

/// One look whether there is anybody to record for.
void run_off(benchmark::State& state) {
  for (auto _ : state) {
    int* const to = __atomic_load_n(&published, __ATOMIC_ACQUIRE);
    if (to != nullptr) benchmark::DoNotOptimize(*to);
  }
}

}  // namespace

void bench::add_floors() {
  benchmark::RegisterBenchmark("floor/span", run_span);
  benchmark::RegisterBenchmark("floor/span_tsc", run_span_tsc);
  benchmark::RegisterBenchmark("floor/log", run_log);
  benchmark::RegisterBenchmark("floor/unsampled", run_unsampled);
  benchmark::RegisterBenchmark("floor/off", run_off);
}
