// What a second recording thread costs the first: processor time of a producer for one span when it records alone and when two do, into
// one pipeline whose exporter drops. Blocks are timed by the thread's own clock and waits lie between them, so that only recording counts.
#include "sample.hpp"

#include <algorithm>
#include <barrier>

namespace {

constexpr int block = 500;
constexpr std::uint64_t room_for_block = 256 << 10;

/// Nanoseconds of this thread's processor time a span.
[[nodiscard]] double record(int blocks, int processors) {
  double spent = 0;
  for (int i = 0; i < blocks; ++i) {
    bench::wait_for_room(room_for_block, room_for_block, processors);
    double const begun = bench::seconds(CLOCK_THREAD_CPUTIME_ID);
    for (int j = 0; j < block; ++j) bench::one_span(j);
    spent += bench::seconds(CLOCK_THREAD_CPUTIME_ID) - begun;
  }
  return spent * 1e9 / (static_cast<double>(blocks) * block);
}

[[nodiscard]] double median(std::vector<double> of) {
  std::sort(of.begin(), of.end());
  return of[of.size() / 2];
}

}  // namespace

int main() {
  constexpr int blocks = 100, rounds = 41;
  auto session = bench::fl::init(bench::config_for({std::make_shared<bench::dropping>()}));
  int const processors = bench::cores();
  std::vector<double> alone, together;
  double other = 0;
  std::barrier meet{2};
  std::thread second{[&] {
    bench::nap_exactly();
    (void)record(20, processors);
    for (int i = 0; i < rounds; ++i) {
      meet.arrive_and_wait();  // the first one has recorded alone
      other = record(blocks, processors);
      meet.arrive_and_wait();
    }
  }};
  bench::nap_exactly();
  (void)record(20, processors);
  for (int i = 0; i < rounds; ++i) {
    alone.push_back(record(blocks, processors));
    meet.arrive_and_wait();
    double const mine = record(blocks, processors);
    meet.arrive_and_wait();
    together.push_back((mine + other) / 2);
  }
  second.join();
  bool const flushed = session.flush(std::chrono::seconds{10});
  auto const lost = session.stats().dropped;
  std::printf("{\"alone_ns\": %.2f, \"together_ns\": %.2f, \"lost\": %llu}\n", median(alone), median(together),
              static_cast<unsigned long long>(lost));
  return flushed && lost == 0 ? 0 : 1;
}
