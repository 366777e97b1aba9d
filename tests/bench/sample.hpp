// What the programs here share: the span that is used everywhere, an exporter that drops, and the waiting that keeps a benchmark from
// measuring its own losses. The waiting looks into fanlight's ring, which no user has to: a program that records waits for nothing.
#pragma once

#include <fanlight/fanlight.hpp>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include <sched.h>
#include <sys/prctl.h>
#include <time.h>

namespace bench {
namespace fl = fanlight;

/// Takes everything and keeps nothing. Shared by the lane and whoever wants to know how much came.
struct dropping {
  std::atomic<std::uint64_t> spans{0}, logs{0};
  void consume(fl::batch<fl::span_record> batch) { spans.fetch_add(batch.size(), std::memory_order_relaxed); }
  void consume(fl::batch<fl::log_record> batch) { logs.fetch_add(batch.size(), std::memory_order_relaxed); }
};

/// Default queues, nothing from the environment, nothing looked up about the host.
[[nodiscard]] inline fl::config config_for(std::vector<fl::exporter_spec> exporters) {
  fl::config out;
  out.service = "bench";
  out.exporters = std::move(exporters);
  out.detect_resource = false;
  out.read_environment = false;
  return out;
}

template <class Span>
[[gnu::always_inline]] inline void fill(Span& span, std::int64_t count) noexcept {
  span.set("http.request.method", "GET");
  span.set("url.path", "/v1/items/search");
  span.set("http.response.status_code", 200);
  span.set("item.count", count);
  span.set("duration.ms", 12.75);
}

/// The span used everywhere.
[[gnu::always_inline]] inline void one_span(std::int64_t count) noexcept {
  fl::scoped_span span{"operation"};
  fill(span, count);
}

[[gnu::always_inline]] inline void one_log(std::int64_t count) noexcept {
  fl::info("request served", {{"url.path", "/v1/items/search"}, {"http.response.status_code", 200}, {"item.count", count}});
}

/// How many processors this process may run on.
[[nodiscard]] inline int cores() noexcept {
  cpu_set_t set;
  CPU_ZERO(&set);
  return ::sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

/// Keeps this process, and what it starts from now on, to the first `count` of its processors. Exits where there are fewer.
inline void keep_to(int count) {
  cpu_set_t all, some;
  CPU_ZERO(&all);
  CPU_ZERO(&some);
  ::sched_getaffinity(0, sizeof all, &all);
  int left = count;
  for (int cpu = 0; cpu < CPU_SETSIZE && left > 0; ++cpu)
    if (CPU_ISSET(cpu, &all)) CPU_SET(cpu, &some), --left;
  if (left > 0 || ::sched_setaffinity(0, sizeof some, &some) != 0) {
    std::fprintf(stderr, "bench: %d processors are not to be had here\n", count);
    std::exit(3);
  }
}

/// One step of a wait: on one processor whoever is waited for runs now, on several the waiting costs no time of a processor.
inline void step_aside(int processors) noexcept {
  if (processors == 1) {
    ::sched_yield();
    return;
  }
  timespec const nap{0, 20'000};
  ::nanosleep(&nap, nullptr);
}

[[nodiscard]] inline fl::detail::ring* own_ring() noexcept { return static_cast<fl::detail::ring*>(fl::detail::here().channel); }

/// Bytes free in the calling thread's ring.
[[nodiscard]] inline std::uint64_t free_room() noexcept {
  auto const* const ring = own_ring();
  if (ring == nullptr) return ~std::uint64_t{0};
  return ring->mask + 1 - (ring->head - __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE));
}

/// Returns once `least` bytes are free; when they are not yet, only when `enough` are, so that few waits are needed. A producer rings when it
/// passes a mark and not while it waits: if nothing moves for long, it rings once more.
inline void wait_for_room(std::uint64_t least, std::uint64_t enough, int processors) noexcept {
  if (free_room() >= least) return;
  for (int steps = 1; free_room() < enough; ++steps) {
    step_aside(processors);
    if (auto* const ring = own_ring(); steps % 1000 == 0) ring->core->operations->wake(*ring->core, *ring);
  }
}

/// Waits as a producer that must lose nothing: a quarter of the ring is kept for what comes until the next call.
class patient_producer {
 public:
  void before_span(int processors) noexcept {
    if ((++made_ & 63) != 0) return;
    auto const* const ring = own_ring();
    if (ring != nullptr) wait_for_room((ring->mask + 1) / 4, (ring->mask + 1) / 2, processors);
  }

 private:
  std::uint64_t made_ = 0;
};

[[nodiscard]] inline double seconds(clockid_t which) noexcept {
  timespec now;
  ::clock_gettime(which, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Shorter naps than the kernel's default slack of 50 microseconds allows.
inline void nap_exactly() noexcept { ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL); }

}  // namespace bench
