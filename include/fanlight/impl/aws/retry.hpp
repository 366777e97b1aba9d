// What follows from an answer of an AWS service: classes of errors, how long to wait, and a clock that is set by the service's when ours is
// wrong. Values and pure functions; a quota and a clock belong to one destination, on the thread that sends.
#pragma once

#include <fanlight/impl/http_answer.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

FANLIGHT_BEGIN
namespace detail {

/// An error as the service names it.
struct aws_error {
  std::string code = {}, message = {};  // what is read of a message is cut, and fit for one line
};
/// From JSON, from the header x-amzn-errortype, or from XML; empty: the answer names none.
[[nodiscard]] aws_error read_error(http_answer const& answer);

enum class aws_class {
  done,
  throttled,  // later, and slower
  transient,  // later
  credentials,  // once more with other keys
  clock,  // once more with another time, if ours is wrong; else permanent
  too_large,  // in halves
  missing,  // ResourceNotFoundException: to be made first
  permanent
};
[[nodiscard]] aws_class class_of(http_answer const& answer, std::string_view code) noexcept;

/// The pause before a retry: `random` * min(base * 2^attempt, 20 s), and what the service asks for on top, within its bounds. `attempt` from 0.
[[nodiscard]] std::chrono::milliseconds aws_pause(aws_class why, unsigned attempt, double random, http_answer const& answer,
                                                  std::int64_t now) noexcept;

/// Keeps a service that is ill from being asked more often than one that is well: each retry costs, each success gives back.
class aws_quota {
 public:
  /// False: there is not enough left, and nothing is taken.
  [[nodiscard]] FANLIGHT_COLD bool take(aws_class why) noexcept {
    unsigned const cost = why == aws_class::throttled ? 5 : 14;
    if (left_ < cost) return false;
    left_ -= cost, latest_ = cost;
    return true;
  }
  FANLIGHT_COLD void succeeded() noexcept {
    left_ = std::min(most, left_ + (latest_ != 0 ? latest_ : 1));
    latest_ = 0;
  }
  /// The request is given up; what its retries cost stays spent.
  void gave_up() noexcept { latest_ = 0; }
  [[nodiscard]] unsigned left() const noexcept { return left_; }

 private:
  static constexpr unsigned most = 500;
  unsigned left_ = most, latest_ = 0;
};

/// The seconds by which an endpoint's clock is ahead of ours. Never used for the times of records.
class aws_clock {
 public:
  [[nodiscard]] std::int64_t offset() const noexcept { return offset_; }
  /// After an answer of class `clock`: true when its Date is more than four minutes from the time that was signed with; then that is
  /// mended, and the request is worth one more attempt.
  [[nodiscard]] bool mend(http_answer const& answer, std::int64_t now) noexcept;

 private:
  std::int64_t offset_ = 0;
};

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/aws/retry.ipp>
#endif
