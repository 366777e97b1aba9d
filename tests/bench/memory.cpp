// Memory of a queued span, with an exporter that does not come back: what the process grows by when spans pile up in the lane's queue. And
// the sizes that are fixed when compiling. One line of JSON.
#include "sample.hpp"

#include <condition_variable>
#include <mutex>

#include <malloc.h>
#include <unistd.h>

namespace {

struct gate {
  std::mutex lock;
  std::condition_variable changed;
  bool open = false;
  void consume(bench::fl::batch<bench::fl::span_record>) {
    std::unique_lock held{lock};
    changed.wait(held, [&] { return open; });
  }
};

/// Bytes of this process in memory.
[[nodiscard]] double resident() {
  long pages = 0;
  if (std::FILE* const file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%*d %ld", &pages) != 1) pages = 0;
    std::fclose(file);
  }
  return static_cast<double>(pages) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

void record(int count, int processors) {
  for (int i = 0; i < count; ++i) {
    bench::wait_for_room(64 << 10, 512 << 10, processors);
    bench::one_span(i);
  }
}

/// All that was recorded has left the rings for the lane's queue.
void settle(bench::fl::session& session, std::uint64_t made, int processors) {
  session.flush(std::chrono::milliseconds{1});  // cannot be true: the exporter holds its first batch
  while (session.stats().accepted < made) bench::step_aside(processors);
}

}  // namespace

int main() {
  auto const held = std::make_shared<gate>();
  auto session = bench::fl::init(bench::config_for({held}));
  int const processors = bench::cores(), first = 10'000, second = 20'000;
  record(first, processors);
  settle(session, first, processors);
  std::uint64_t const head_before = bench::own_ring()->head;
  double const before = resident();
  record(second, processors);
  settle(session, first + second, processors);
  double const after = resident();
  auto const told = session.stats();
  double const entry = static_cast<double>(bench::own_ring()->head - head_before) / second;
  std::printf("{\"queued_span\": %.1f, \"ring_bytes_a_span\": %.1f, \"scoped_span_size\": %zu, \"entry_head\": %zu, \"lost\": %llu}\n",
              (after - before) / second, entry, sizeof(bench::fl::scoped_span), sizeof(bench::fl::detail::entry_head),
              static_cast<unsigned long long>(told.dropped));
  {
    std::lock_guard const lock{held->lock};
    held->open = true;
    held->changed.notify_all();
  }
  return told.dropped == 0 ? 0 : 1;
}
