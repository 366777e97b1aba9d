// Those who wait for a flush: each on its own stack, linked in the order they came. The dispatcher has a list for its passes and each
// lane one for its exporter; whoever waits puts itself in and, when its patience ends first, takes itself out. Guarded by the owner's lock.
#pragma once

#include <fanlight/detail/config.hpp>

#include <chrono>
#include <cstdint>

FANLIGHT_BEGIN
namespace detail {

using steady = std::chrono::steady_clock;

/// Now and `limit` more; never beyond what a time point can hold.
[[nodiscard]] FANLIGHT_COLD inline steady::time_point after(std::chrono::nanoseconds limit) noexcept {
  auto const now = steady::now();
  return limit >= steady::time_point::max() - now ? steady::time_point::max() : now + limit;
}

struct flush_wait {
  std::uint64_t ticket = 0;
  std::uint64_t sequence = 0;  // of the last batch that concerns this flush
  std::int64_t complete = INT64_MIN;  // ticks: what had ended by then is in that batch, or in earlier ones
  steady::time_point until{};
  bool served = false, well = false;
  flush_wait* next = nullptr;
};

class flush_list {
 public:
  [[nodiscard]] bool is_empty() const noexcept { return first_ == nullptr; }

  FANLIGHT_COLD void join(flush_wait& one) noexcept {
    one.ticket = ++last_;
    flush_wait** end = &first_;
    while (*end != nullptr) end = &(*end)->next;
    *end = &one;
  }
  FANLIGHT_COLD void leave(flush_wait& one) noexcept {
    for (auto** link = &first_; *link != nullptr; link = &(*link)->next)
      if (*link == &one) {
        *link = one.next;
        return;
      }
  }

  /// The ticket of the latest that waits for no batch beyond `done`; 0: nobody does.
  [[nodiscard]] FANLIGHT_COLD std::uint64_t due(std::uint64_t done) const noexcept {
    std::uint64_t out = 0;
    for (auto const* each = first_; each != nullptr && each->sequence <= done; each = each->next) out = each->ticket;
    return out;
  }
  /// The longest patience among those up to `ticket`.
  [[nodiscard]] FANLIGHT_COLD steady::time_point patience(std::uint64_t ticket) const noexcept {
    steady::time_point out{};
    for (auto const* each = first_; each != nullptr && each->ticket <= ticket; each = each->next)
      if (each->until > out) out = each->until;
    return out;
  }
  /// What had ended by then is known to those up to `ticket`.
  [[nodiscard]] FANLIGHT_COLD std::int64_t complete(std::uint64_t ticket) const noexcept {
    std::int64_t out = INT64_MIN;
    for (auto const* each = first_; each != nullptr && each->ticket <= ticket; each = each->next)
      if (each->complete > out) out = each->complete;
    return out;
  }
  /// Lets all up to `ticket` go.
  FANLIGHT_COLD void serve(std::uint64_t ticket, std::uint64_t sequence, std::int64_t complete, bool well) noexcept {
    while (first_ != nullptr && first_->ticket <= ticket) {
      auto* const one = first_;
      first_ = one->next;
      one->sequence = sequence;
      one->complete = complete;
      one->well = well;
      one->served = true;
    }
  }

 private:
  flush_wait* first_ = nullptr;
  std::uint64_t last_ = 0;
};

}  // namespace detail
FANLIGHT_END
