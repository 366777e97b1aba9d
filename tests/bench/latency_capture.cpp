// fanlight's own rows. Blocks of spans are timed, and between two blocks, off the clock, the producer waits until its ring has room for
// the next one: so the dispatcher works beside it all the time and no span is dropped, which would be cheaper than recording it.
#include "headers.hpp"
#include "latency.hpp"
#include "sample.hpp"

#include <optional>

namespace {

using bench::fl::annotation;
using bench::fl::scoped_span;

enum class mode { sampled, unsampled };
std::optional<bench::fl::session> session;
std::optional<mode> running;
int processors = 1;
std::uint64_t lost = 0;

void count_losses() {
  if (session) lost += session->stats().dropped;
}

/// Entries of the ring that are written for the first time cost page faults: go round it once.
void warm_up() {
  for (int i = 0; i < 20'000; ++i) {
    bench::wait_for_room(256 << 10, 512 << 10, processors);
    bench::one_span(i);
  }
}

void use(mode wanted) {
  if (running == wanted) return;
  count_losses();
  session.reset();
  auto config = bench::config_for({std::make_shared<bench::dropping>()});
  if (wanted == mode::unsampled) config.sampler = bench::fl::always_off();
  session.emplace(bench::fl::init(std::move(config)));
  running = wanted;
  processors = bench::cores();
  warm_up();
}

constexpr std::uint64_t room_for_block = 544 << 10;

template <class One>
void sampled(benchmark::State& state, One one) {
  use(mode::sampled);
  bench::in_turns(
      state, bench::neighbour_span, [] { bench::wait_for_room(room_for_block, room_for_block, processors); }, one);
}

void five(benchmark::State& state) {
  sampled(state, [](std::int64_t count) { bench::one_span(count); });
}

void none(benchmark::State& state) {
  sampled(state, [](std::int64_t) { scoped_span const span{"operation"}; });
}

void child(benchmark::State& state) {
  use(mode::sampled);
  scoped_span const parent{"parent"};
  five(state);
}

void facts(benchmark::State& state) {
  use(mode::sampled);
  annotation const tenant{"tenant", "acme"}, region{"region", "eu-west-1"};
  five(state);
}

void event(benchmark::State& state) {
  sampled(state, [](std::int64_t count) {
    scoped_span span{"operation"};
    bench::fill(span, count);
    span.event("cache.miss", {{"key", "home"}, {"bytes", 512}, {"ratio", 0.25}, {"warm", false}});
  });
}

void heap_span(benchmark::State& state) {
  sampled(state, [](std::int64_t count) {
    bench::fl::span span{"operation"};
    bench::fill(span, count);
  });
}

void log_line(benchmark::State& state) {
  use(mode::sampled);
  bench::in_turns(
      state, bench::neighbour_log, [] { bench::wait_for_room(room_for_block, room_for_block, processors); },
      [](std::int64_t count) { bench::one_log(count); });
}

void unrecorded(benchmark::State& state) {
  bench::in_turns(
      state, bench::neighbour_span, [] {}, [](std::int64_t count) { bench::one_span(count); });
}

void unsampled_root(benchmark::State& state) {
  use(mode::unsampled);
  unrecorded(state);
}

void unsampled_child(benchmark::State& state) {
  use(mode::unsampled);
  scoped_span const parent{"parent"};
  unrecorded(state);
}

void off(benchmark::State& state) {
  if (running) return state.SkipWithError("a session has been running: this has to come first");
  unrecorded(state);
}

template <class One>
void beneath_a_caller(benchmark::State& state, One one) {
  use(mode::sampled);
  scoped_span const server{"server", {.kind = bench::fl::span_kind::server, .parent = bench::fl::extract(bench::find_header, bench::w3c_and_xray)}};
  bench::in_turns(state, bench::neighbour_span, [] {}, one);
}

void call_out(benchmark::State& state) {
  beneath_a_caller(state, [](std::int64_t) {
    auto size = bench::one_inject();
    benchmark::DoNotOptimize(size);
  });
}

void call_in(benchmark::State& state) {
  beneath_a_caller(state, [](std::int64_t) {
    auto const got = bench::fl::extract(bench::find_header, bench::w3c_and_xray);
    benchmark::DoNotOptimize(got.flags());
  });
}

void call_in_plainly(benchmark::State& state) {
  beneath_a_caller(state, [](std::int64_t) {
    auto const got = bench::fl::extract(bench::find_plain_header, bench::w3c_and_xray);
    benchmark::DoNotOptimize(got.flags());
  });
}

void baggage(benchmark::State& state) {
  beneath_a_caller(state, [](std::int64_t) { bench::fl::baggage const tenant{"tenant", "acme"}; });
}

}  // namespace

void bench::add_off() { benchmark::RegisterBenchmark("off", off)->UseManualTime(); }

void bench::add_capture() {
  struct row {
    char const* name;
    void (*run)(benchmark::State&);
  };
  for (auto const& [name, run] : {row{"sampled/five", five}, row{"sampled/none", none}, row{"sampled/child", child},
                                  row{"sampled/facts", facts}, row{"sampled/event", event}, row{"sampled/heap_span", heap_span},
                                  row{"log", log_line},
                                  row{"inject", call_out}, row{"extract", call_in}, row{"extract/plain", call_in_plainly}, row{"baggage", baggage},
                                  row{"unsampled/root", unsampled_root}, row{"unsampled/child", unsampled_child}})
    benchmark::RegisterBenchmark(name, run)->UseManualTime();
}

bool bench::finish() {
  count_losses();
  session.reset();
  if (lost == 0) return true;
  std::fprintf(stderr, "bench: %llu records were dropped; the figures above are not worth anything\n",
               static_cast<unsigned long long>(lost));
  return false;
}
