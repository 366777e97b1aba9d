// What a run of the whole path is measured by, for our own program and for the peer's, and the line of JSON that tells it.
#pragma once

#include "sample.hpp"

#include <cstdint>
#include <cstdio>

#include <sys/resource.h>

namespace bench {

struct figures {
  std::uint64_t delivered = 0, lost = 0;
  double wall = 0, cpu = 0;
};

[[nodiscard]] inline double cpu_of_process() noexcept {
  rusage use{};
  ::getrusage(RUSAGE_SELF, &use);
  auto const of = [](timeval t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; };
  return of(use.ru_utime) + of(use.ru_stime);
}

/// From its making until told: wall and processor time.
class stopwatch {
 public:
  void tell(figures& to) const noexcept {
    to.wall = seconds(CLOCK_MONOTONIC) - wall_;
    to.cpu = cpu_of_process() - cpu_;
  }

 private:
  double wall_ = seconds(CLOCK_MONOTONIC), cpu_ = cpu_of_process();
};

inline void print(std::uint64_t spans, figures const& what) noexcept {
  std::printf("{\"spans\": %llu, \"delivered\": %llu, \"lost\": %llu, \"wall\": %.6f, \"cpu\": %.6f}\n",
              static_cast<unsigned long long>(spans), static_cast<unsigned long long>(what.delivered),
              static_cast<unsigned long long>(what.lost), what.wall, what.cpu);
}

}  // namespace bench
