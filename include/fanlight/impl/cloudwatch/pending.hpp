// Events of one log stream that wait to be sent: in the order that CloudWatch wants, and in pieces that it takes. Made and owned by the
// exporter; its lane's thread alone.
#pragma once

#include <fanlight/impl/send_buffer.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

FANLIGHT_BEGIN
namespace detail {

using cloudwatch_moment = std::chrono::steady_clock::time_point;

struct cloudwatch_event {
  std::int64_t time = 0;  // milliseconds of the epoch
  cloudwatch_moment arrived{};
  std::uint32_t begin = 0, size = 0;  // of its message
};

/// Of one request. [PutLogEvents, API reference]
struct cloudwatch_limits {
  std::size_t bytes = 1'048'576, count = 10'000;
  std::int64_t span = 86'400'000;  // milliseconds from the first event to the last
};
inline constexpr std::size_t cloudwatch_event_overhead = 26;  // bytes that CloudWatch counts for each event

/// How many events at the front of a list that is in order make one request; 0: there are none.
[[nodiscard]] std::size_t first_request(cloudwatch_event const* events, std::size_t count, cloudwatch_limits const& within) noexcept;

class cloudwatch_pending {
 public:
  explicit cloudwatch_pending(std::string name) : name_{std::move(name)} {}

  [[nodiscard]] std::string const& name() const noexcept { return name_; }
  [[nodiscard]] bool empty() const noexcept { return events_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return events_.size(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }  // as CloudWatch counts
  [[nodiscard]] bool has_room(std::size_t message, cloudwatch_limits const& within) const noexcept {
    return events_.empty() || (events_.size() < within.count && bytes_ + message + cloudwatch_event_overhead <= within.bytes);
  }
  /// When the first of those that wait came.
  [[nodiscard]] cloudwatch_moment since() const noexcept { return since_; }
  void add(std::int64_t time, std::string_view message, cloudwatch_moment now);

  /// The events of the next request: the same ones until they are taken away, whatever comes meanwhile. Never 0 unless it is empty.
  [[nodiscard]] std::size_t next(cloudwatch_limits const& within);
  [[nodiscard]] cloudwatch_event const& operator[](std::size_t index) const noexcept { return events_[index]; }
  [[nodiscard]] std::string_view message(std::size_t index) const noexcept {
    return texts_.view().substr(events_[index].begin, events_[index].size);
  }
  /// The request was too large: half of it, and no more than that until all is gone. False: it is a single event.
  [[nodiscard]] bool halve() noexcept;
  /// The events of the request are done with.
  void take_away() { erase_front(planned_); }
  /// Those that came before; gives how many they were.
  std::size_t drop_older_than(cloudwatch_moment when);

  // What is known of the stream in CloudWatch; the exporter's.
  bool made = false;  // it was created, and nothing has been put into it since
  cloudwatch_moment last_used{};

 private:
  void erase_front(std::size_t count);
  void find_since() noexcept;
  void compact();

  std::string name_;
  std::vector<cloudwatch_event> events_;
  send_buffer texts_;
  std::size_t bytes_ = 0, planned_ = 0;
  std::size_t ceiling_ = SIZE_MAX;  // events of a request that were not too large
  cloudwatch_moment since_{};
};

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/cloudwatch/pending.ipp>
#endif
