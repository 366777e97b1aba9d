// Bodies of pending.hpp.
#pragma once

#include <fanlight/impl/cloudwatch/pending.hpp>
#include <fanlight/impl/places.hpp>

#include <algorithm>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_INLINE std::size_t first_request(cloudwatch_event const* events, std::size_t count, cloudwatch_limits const& within) noexcept {
  std::size_t bytes = 0, out = 0;
  for (; out < count && out < within.count; ++out) {
    bytes += events[out].size + cloudwatch_event_overhead;
    bool const fits = bytes <= within.bytes && events[out].time - events[0].time <= within.span;
    if (!fits && out != 0) break;
  }
  return out;
}

FANLIGHT_INLINE void cloudwatch_pending::add(std::int64_t time, std::string_view message, cloudwatch_moment now) {
  if (events_.empty()) since_ = now;
  auto const begin = texts_.size();
  texts_.append(message);
  events_.push_back({time, now, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(message.size())});
  bytes_ += message.size() + cloudwatch_event_overhead;
  last_used = now;
}

FANLIGHT_INLINE std::size_t cloudwatch_pending::next(cloudwatch_limits const& within) {
  if (planned_ != 0 || events_.empty()) return planned_;
  auto const earlier = [](cloudwatch_event const& one, cloudwatch_event const& other) { return one.time < other.time; };
  if (!std::is_sorted(events_.begin(), events_.end(), earlier)) sort_list(events_, earlier);
  auto most = within;
  most.count = std::min(most.count, ceiling_);
  return planned_ = first_request(events_.data(), events_.size(), most);
}

FANLIGHT_COLD FANLIGHT_INLINE bool cloudwatch_pending::halve() noexcept {
  if (planned_ <= 1) return false;
  ceiling_ = planned_ = (planned_ + 1) / 2;
  return true;
}

FANLIGHT_INLINE void cloudwatch_pending::erase_front(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) bytes_ -= events_[i].size + cloudwatch_event_overhead;
  events_.erase(events_.begin(), events_.begin() + static_cast<std::ptrdiff_t>(count));
  planned_ = 0;
  if (events_.empty()) {
    texts_.clear();
    texts_.shrink_above(std::size_t{4} << 20);
    ceiling_ = SIZE_MAX;
  } else {
    compact();
  }
  find_since();
}

FANLIGHT_COLD FANLIGHT_INLINE std::size_t cloudwatch_pending::drop_older_than(cloudwatch_moment when) {
  auto const is_old = [when](cloudwatch_event const& one) { return one.arrived < when; };
  auto const kept = std::stable_partition(events_.begin(), events_.end(), is_old);
  auto const count = static_cast<std::size_t>(kept - events_.begin());
  if (count != 0) erase_front(count);
  return count;
}

FANLIGHT_INLINE void cloudwatch_pending::find_since() noexcept {
  if (events_.empty()) return;
  since_ = events_.front().arrived;
  for (auto const& one : events_) since_ = std::min(since_, one.arrived);
}

/// The texts of what is gone make room, once they are most of all.
FANLIGHT_INLINE void cloudwatch_pending::compact() {
  if (texts_.size() < 2 * bytes_) return;
  std::string kept;
  for (auto& one : events_) {
    auto const begin = kept.size();
    kept.append(texts_.view().substr(one.begin, one.size));
    one.begin = static_cast<std::uint32_t>(begin);
  }
  texts_.clear();
  texts_.append(kept);
}

}  // namespace detail
FANLIGHT_END
