// For tests of one's own instrumentation: `capture` takes what the code under test makes, and shows it as a tree without ids and times, or
// as records. Made and destroyed by the thread that runs the code under test, whose spans, logs and reports it takes, wherever their
// context is carried; it owns a pipeline of its own, reads no environment, and tests that have one each may run side by side. The
// records may be read by any thread. `manual_clock` stands in for time and chance
// where a test wants to say what they are.
#pragma once

#include <fanlight/exporters/memory.hpp>
#include <fanlight/pipeline.hpp>
#include <fanlight/span.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

FANLIGHT_BEGIN
namespace testing {

/// A clock that stands still until it is told to go on, and ids that count from 1. A handle: copies are the same clock.
class manual_clock {
 public:
  explicit manual_clock(wall_time starts = wall_time{1'763'700'000'000'000'000}) : state_{std::make_shared<state>()} {
    state_->starts = starts;
  }

  void advance(std::chrono::nanoseconds by) noexcept { state_->ticks += by.count(); }
  [[nodiscard]] wall_time now() const noexcept { return wall_time{state_->starts.nanoseconds + state_->ticks}; }
  /// For config::instead: time and ids of a pipeline come from here.
  [[nodiscard]] substitutes instead() const {
    return {.ticks = [state = state_] { return std::int64_t{state->ticks}; },
            .wall = [state = state_] { return state->starts.nanoseconds + state->ticks; },
            .random = [state = state_] { return ++state->drawn; }};
  }

 private:
  struct state {
    wall_time starts;
    std::atomic<std::int64_t> ticks{0};
    std::atomic<std::uint64_t> drawn{0};
  };
  std::shared_ptr<state> state_;
};

/// Records in the order in which they began; those of one moment in the order in which they arrived. Keeps what the records point to.
template <class Record>
class records {
 public:
  explicit records(std::vector<batch<Record>> from) : kept_{std::move(from)} {
    for (auto const& each : kept_) list_.insert(list_.end(), each.begin(), each.end());
    std::stable_sort(list_.begin(), list_.end(), [](Record const& a, Record const& b) { return time_of(a) < time_of(b); });
  }

  [[nodiscard]] auto begin() const noexcept { return list_.begin(); }
  [[nodiscard]] auto end() const noexcept { return list_.end(); }
  [[nodiscard]] std::size_t size() const noexcept { return list_.size(); }
  [[nodiscard]] bool empty() const noexcept { return list_.empty(); }
  [[nodiscard]] Record const& operator[](std::size_t i) const { return list_.at(i); }
  /// The first of this name (of this text, for a log record or an error). Throws std::out_of_range, with the names there are.
  [[nodiscard]] Record const& operator[](std::string_view name) const {
    std::string there;
    for (auto const& each : list_) {
      if (name_of(each) == name) return each;
      there.append(there.empty() ? "" : ", ").append(name_of(each));
    }
    throw std::out_of_range{"no record '" + std::string{name} + "' among: " + there};
  }

 private:
  [[nodiscard]] static wall_time time_of(Record const& record) noexcept {
    if constexpr (std::is_same_v<Record, span_record>) return record.start;
    else return record.time;
  }
  [[nodiscard]] static std::string_view name_of(Record const& record) noexcept {
    if constexpr (std::is_same_v<Record, span_record>) return record.name;
    else if constexpr (std::is_same_v<Record, log_record>) return record.body;
    else return record.message;
  }
  std::vector<batch<Record>> kept_;
  std::vector<Record> list_;
};

/// Which of two children of a span comes first in the tree: the one that began first, or, where threads race, the one whose line does.
enum class siblings { by_start, by_text };

class capture {
 public:
  /// `how`: sampler, limits, process hook, clock. Exporters in it are ignored; the environment is not read and nothing is detected.
  /// `within`: how long each of the functions below may wait for records that are on their way.
  [[nodiscard]] explicit capture(config how = {}, std::chrono::nanoseconds within = std::chrono::seconds{5});
  capture(capture const&) = delete;
  capture& operator=(capture const&) = delete;
  ~capture() = default;

  /// What was made so far and has ended, one line each, beneath the span it belongs to: spans, then within each its links and events,
  /// then logs, reports and children in the order in which they began. Spans look like
  ///     POST /orders [server] ERROR "card declined" tier="gold" @id=12345 billing/plan="pro"
  /// where `@` stands before annotations and `namespace/` before metadata. The uuids of errors become #1, #2 in the order of the tree.
  [[nodiscard]] std::string tree(siblings order = siblings::by_start);
  [[nodiscard]] records<span_record> spans() { return arrived(), records<span_record>{taken_->spans()}; }
  [[nodiscard]] records<log_record> logs() { return arrived(), records<log_record>{taken_->logs()}; }
  [[nodiscard]] records<error_record> errors() { return arrived(), records<error_record>{taken_->errors()}; }
  /// Forgets what has ended so far.
  void clear() { arrived(), taken_->clear(); }

  /// What fanlight had to complain of, each kind once.
  [[nodiscard]] std::vector<problem> problems() { return arrived(), pipeline_.problems(); }
  /// For other threads that are to record here and get no context: `with_default here{capture.pipeline()}`.
  [[nodiscard]] fanlight::pipeline& pipeline() noexcept { return pipeline_; }

 private:
  /// False: something is still on its way.
  bool arrived() { return pipeline_.flush(within_); }

  std::chrono::nanoseconds const within_;
  std::shared_ptr<memory> const taken_;
  fanlight::pipeline pipeline_;
  with_default const here_;
  std::optional<scope> apart_;  // from a span that was open already
};

}  // namespace testing
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/testing.ipp>
#endif
