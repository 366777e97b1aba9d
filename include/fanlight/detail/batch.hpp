// A batch: many finished entries in one piece of memory, immutable once sealed, counted by reference. The dispatcher makes it from its
// pool and fills it; lanes and whoever keeps a batch<T> hold it; the last one to let go gives it back. Any thread may read it.
#pragma once

#include <fanlight/detail/entry.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

FANLIGHT_BEGIN
struct resource;

namespace detail {

/// From ticks of the duration clock to nanoseconds of the epoch.
struct clock_anchor {
  std::int64_t wall_offset = 0;  // nanoseconds of the epoch at tick 0

  [[nodiscard]] std::int64_t wall(std::int64_t ticks) const noexcept { return ticks + wall_offset; }
  [[nodiscard]] std::int64_t start_of(entry_head const& head) const noexcept {
    return (head.flags & entry_flag::wall_start) != 0 ? head.start : wall(head.start);
  }
  /// Never before the start.
  [[nodiscard]] std::int64_t end_of(entry_head const& head) const noexcept {
    std::int64_t const start = start_of(head), end = (head.flags & entry_flag::wall_end) != 0 ? head.end : wall(head.end);
    return end < start ? start : end;
  }
};

/// A span that has ended and goes nowhere: the hook dropped it, or its sampler did at its end. A start note may have told of it.
struct gone_span {
  unsigned char trace_id[16];
  unsigned char span_id[8];
};

struct batch_data {
  std::atomic<std::uint32_t> references{1};
  std::uint64_t sequence = 0;
  std::chrono::steady_clock::time_point sealed_at{};
  clock_anchor anchor;
  std::int64_t complete_until = INT64_MAX;  // ticks: what ended before is here, or in earlier batches
  std::uint32_t counts[entry_types]{};
  std::shared_ptr<fanlight::resource const> resource;
  std::vector<gone_span> gone;  // for who keeps start notes; no records, and counted nowhere
  unsigned char* data = nullptr;  // aligned to 8
  std::size_t size = 0;
  std::size_t room = 0;
  void (*give_back)(batch_data*) noexcept = nullptr;  // what the last owner calls
  void* pool = nullptr;

  [[nodiscard]] std::uint32_t count(entry_type type) const noexcept { return counts[static_cast<std::size_t>(type)]; }
};

/// One reference to a batch.
class batch_ref {
 public:
  batch_ref() noexcept = default;
  /// Takes over the reference that the caller holds.
  explicit batch_ref(batch_data* data) noexcept : data_{data} {}
  batch_ref(batch_ref const& other) noexcept : data_{other.data_} {
    if (data_ != nullptr) data_->references.fetch_add(1, std::memory_order_relaxed);
  }
  batch_ref(batch_ref&& other) noexcept : data_{std::exchange(other.data_, nullptr)} {}
  batch_ref& operator=(batch_ref other) noexcept {
    std::swap(data_, other.data_);
    return *this;
  }
  ~batch_ref() noexcept {
    if (data_ != nullptr && data_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) data_->give_back(data_);
  }
  [[nodiscard]] batch_data const* operator->() const noexcept { return data_; }
  [[nodiscard]] batch_data const& operator*() const noexcept { return *data_; }
  [[nodiscard]] batch_data* get() const noexcept { return data_; }
  [[nodiscard]] explicit operator bool() const noexcept { return data_ != nullptr; }

 private:
  batch_data* data_ = nullptr;
};

}  // namespace detail
FANLIGHT_END
