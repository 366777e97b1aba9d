// A lane's bounds and patience, and how long it waits before it tries a batch again. Runs on the lane's thread, whose own random numbers it takes.
#pragma once

#include <fanlight/impl/span.ipp>

#include <algorithm>
#include <chrono>

FANLIGHT_BEGIN
namespace detail {

struct lane_settings {
  std::size_t queue_records, queue_bytes;
  std::size_t batch_records, batch_bytes;  // what the dispatcher makes at most
  std::chrono::milliseconds export_timeout, retry_first, retry_most, keep_for;
  bool drop_oldest = false;  // when the queue is full; else the newest
  std::uint8_t least_level = 0;  // of the log records it is for
};

/// After `attempts` in vain: doubling, with jitter of half of it either way; never sooner than the server asked.
[[nodiscard]] inline std::chrono::nanoseconds pause_after(unsigned attempts, std::chrono::milliseconds first, std::chrono::milliseconds most,
                                                          std::chrono::milliseconds asked) noexcept {
  std::chrono::nanoseconds pause = first;
  for (unsigned i = 1; i < attempts && pause < most; ++i) pause *= 2;
  pause = std::min<std::chrono::nanoseconds>(pause, most);
  auto& t = here();
  if (t.thread_id == 0) get_to_know(t);
  double const jitter = 0.5 + static_cast<double>(next_random(t) >> 11) * 0x1p-53;
  std::chrono::nanoseconds const spread{static_cast<std::int64_t>(static_cast<double>(pause.count()) * jitter)};
  return std::max<std::chrono::nanoseconds>(std::min<std::chrono::milliseconds>(asked, std::chrono::hours{24}), spread);
}

}  // namespace detail
FANLIGHT_END
