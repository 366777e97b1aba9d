// What keeps a client from sending too much: a bucket of items per minute, and a memory of what was sent lately. Owned by an exporter; its
// lane's thread alone, but for the books, which anybody may read.
#pragma once

#include <fanlight/exporter.hpp>
#include <fanlight/exporters/rollbar_config.hpp>
#include <fanlight/impl/places.hpp>

#include <algorithm>
#include <atomic>
#include <deque>
#include <string>
#include <utility>
#include <vector>

FANLIGHT_BEGIN
namespace detail {

/// The counts behind rollbar_watch.
class rollbar_books {
 public:
  using count = std::atomic<std::uint64_t>;
  count queued{0}, sent{0}, retried{0}, truncated{0}, hook_failures{0}, ignored{0}, sampled_out{0}, duplicates{0}, rate_limited{0}, queue_full{0}, rejected{0}, failed{0},
      expired{0}, spooled{0}, spool_dropped{0};
};

/// `n` at once, and again one for each n-th of a minute.
class minute_bucket {
 public:
  using moment = std::chrono::steady_clock::time_point;
  explicit minute_bucket(std::size_t items) : most_{static_cast<double>(items)}, left_{most_} {}

  [[nodiscard]] FANLIGHT_COLD bool has_one(moment now) {
    if (most_ == 0) return true;
    if (since_ != moment{}) left_ = std::min(most_, left_ + std::chrono::duration<double>(now - since_).count() * most_ / 60.0);
    since_ = now;
    return left_ >= 1;
  }
  void take_one() { left_ -= most_ == 0 ? 0 : 1; }

 private:
  double most_, left_;
  moment since_{};
};

/// What was held back since the last notice, by type.
class held_back {
 public:
  using moment = std::chrono::steady_clock::time_point;
  FANLIGHT_COLD void add(std::string const& type, moment now) {
    if (count_++ == 0) since_ = now;
    for (auto& each : types_)
      if (each.first == type) return void(++each.second);
    if (types_.size() < 100) types_.emplace_back(type, 1u);
  }
  [[nodiscard]] bool any() const noexcept { return count_ != 0; }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] moment notice_at() const noexcept { return since_ + std::chrono::minutes{1}; }
  /// The most frequent first.
  [[nodiscard]] FANLIGHT_COLD std::vector<std::pair<std::string, std::uint64_t>> take() {
    sort_list(types_, [](auto const& one, auto const& other) { return one.second > other.second; });
    count_ = 0;
    return std::exchange(types_, {});
  }

 private:
  std::vector<std::pair<std::string, std::uint64_t>> types_;
  std::uint64_t count_ = 0;
  moment since_{};
};

/// Uuids of late: Rollbar itself keeps only the first item of one.
class recent_uuids {
 public:
  /// False: it was here before.
  [[nodiscard]] FANLIGHT_COLD bool add(std::string const& uuid) {
    if (uuid.empty()) return true;
    if (std::find(known_.begin(), known_.end(), uuid) != known_.end()) return false;
    known_.push_back(uuid);
    if (known_.size() > 256) known_.pop_front();
    return true;
  }

 private:
  std::deque<std::string> known_;
};

/// Errors that look the same, within a window.
class look_alikes {
 public:
  using moment = std::chrono::steady_clock::time_point;
  explicit look_alikes(std::chrono::milliseconds window) : window_{window} {}
  [[nodiscard]] bool is_on() const noexcept { return window_.count() > 0; }

  /// Nothing: it was here a moment ago, and is counted. A number: so many were left out since the last one.
  [[nodiscard]] FANLIGHT_COLD std::optional<std::uint64_t> see(std::uint64_t look, moment now) {
    for (auto& each : known_) {
      if (each.look != look) continue;
      if (now - each.sent < window_) return ++each.left_out, std::nullopt;
      each.sent = now;
      return std::exchange(each.left_out, 0);
    }
    known_.push_back({look, now, 0});
    if (known_.size() > 1000) known_.pop_front();
    return 0;
  }

 private:
  struct entry {
    std::uint64_t look;
    moment sent;
    std::uint64_t left_out;
  };
  std::chrono::milliseconds window_;
  std::deque<entry> known_;
};

}  // namespace detail
FANLIGHT_END
