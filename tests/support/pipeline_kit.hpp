// For tests of running pipelines: values that threads wait for, exporters that do what the test says, and a log of problems. What is
// shared between a test and fanlight's threads is guarded here; assertions stay on the test's thread.
#pragma once

#include <fanlight/log.hpp>
#include <fanlight/pipeline.hpp>
#include <fanlight/report.hpp>
#include <fanlight/span.hpp>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <sched.h>
#include <string>
#include <utility>
#include <vector>

namespace support {

namespace fl = fanlight;
using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

/// How long a test waits for what is sure to come.
inline constexpr auto patience = 60s;
/// A delay that no test sees the end of.
inline constexpr auto never = std::chrono::hours{1};

/// Waits for what has no bell of its own.
template <class Condition>
[[nodiscard]] bool eventually(Condition condition) {
  for (auto const until = clock::now() + patience; clock::now() < until; ::sched_yield())
    if (condition()) return true;
  return false;
}

/// A value that threads change and wait for.
template <class T>
class watched {
 public:
  template <class Change>
  void change(Change what) {
    std::lock_guard const held{lock_};
    what(value_);
    bell_.notify_all();
  }
  void set(T to) {
    change([&](T& value) { value = std::move(to); });
  }
  [[nodiscard]] T get() const {
    std::lock_guard const held{lock_};
    return value_;
  }
  template <class Condition>
  [[nodiscard]] bool wait(Condition condition, clock::duration limit = patience) const {
    std::unique_lock held{lock_};
    return bell_.wait_for(held, limit, [&] { return condition(value_); });
  }

 private:
  mutable std::mutex lock_;
  mutable std::condition_variable bell_;
  T value_{};
};

/// Closed until opened: for exporters that hang. A handle: what hangs for good may keep a copy.
class gate {
 public:
  void pass() const {
    state_->arrived.change([](int& count) { ++count; });
    (void)state_->open.wait([](bool open) { return open; }, never);
  }
  void open() const { state_->open.set(true); }
  [[nodiscard]] bool wait_for_arrivals(int count) const {
    return state_->arrived.wait([=](int now) { return now >= count; });
  }

 private:
  struct state {
    watched<bool> open;
    watched<int> arrived;
  };
  std::shared_ptr<state> state_ = std::make_shared<state>();
};

/// What a scripted exporter is to do, and what it was asked for. Shared by the test and the lane.
struct script {
  std::function<fl::outcome(fl::detail::entry_type, fl::detail::batch_ref const&, fl::deadline)> consume = {};
  std::function<bool(fl::deadline)> flush = {};
  std::function<void(fl::deadline)> stop = {};
  std::function<void(fl::exporter_setup const&)> start = {};
  fl::record_types kinds = fl::takes<fl::span_record> | fl::takes<fl::log_record> | fl::takes<fl::error_record>;
  fl::record_types background = 0;

  struct journal {
    std::vector<std::size_t> batches;  // records of each call
    std::vector<std::string> names;    // of the spans and logs that it took
    int flushes = 0, stops = 0, starts = 0, destroyed = 0;
  };
  watched<journal> seen = {};
};

class scripted final : public fl::exporter {
 public:
  explicit scripted(std::shared_ptr<script> by) : by_{std::move(by)} {}
  ~scripted() override {
    by_->seen.change([](auto& seen) { ++seen.destroyed; });
  }
  [[nodiscard]] fl::record_types kinds() const noexcept override { return by_->kinds; }
  [[nodiscard]] fl::record_types background() const noexcept override { return by_->background; }
  void start(fl::exporter_setup const& how) override {
    by_->seen.change([](auto& seen) { ++seen.starts; });
    if (by_->start) by_->start(how);
  }
  [[nodiscard]] fl::outcome consume(fl::detail::entry_type type, fl::detail::batch_ref const& records, fl::deadline until) override {
    auto const out = by_->consume ? by_->consume(type, records, until) : fl::outcome::delivered();
    by_->seen.change([&](auto& seen) { note(seen, type, records); });
    return out;
  }
  bool flush(fl::deadline until) override {
    by_->seen.change([](auto& seen) { ++seen.flushes; });
    return !by_->flush || by_->flush(until);
  }
  void stop(fl::deadline until) override {
    by_->seen.change([](auto& seen) { ++seen.stops; });
    if (by_->stop) by_->stop(until);
  }

 private:
  static void note(script::journal& seen, fl::detail::entry_type type, fl::detail::batch_ref const& records) {
    seen.batches.push_back(records->count(type));
    if (type == fl::detail::entry_type::span)
      for (auto const& span : fl::batch<fl::span_record>{records}) seen.names.emplace_back(span.name.c_str());
    if (type == fl::detail::entry_type::log)
      for (auto const& log : fl::batch<fl::log_record>{records}) seen.names.emplace_back(log.body.c_str());
  }
  std::shared_ptr<script> by_;
};

[[nodiscard]] inline fl::exporter_spec spec_of(std::shared_ptr<script> by, std::string name = "scripted") {
  fl::exporter_spec out;
  out.name = std::move(name);
  out.make = [by = std::move(by)] { return std::make_unique<scripted>(by); };
  return out;
}

/// Problems as they are told.
class problem_log {
 public:
  [[nodiscard]] std::function<void(fl::problem const&)> handler() {
    return [this](fl::problem const& told) { told_.change([&](auto& all) { all.push_back(told); }); };
  }
  [[nodiscard]] bool wait_for(fl::problem_code code, std::size_t count = 1) const {
    return told_.wait([code, count](auto const& all) { return of(all, code).size() >= count; });
  }
  [[nodiscard]] std::vector<fl::problem> of(fl::problem_code code) const { return of(told_.get(), code); }
  [[nodiscard]] std::vector<fl::problem> all() const { return told_.get(); }

 private:
  [[nodiscard]] static std::vector<fl::problem> of(std::vector<fl::problem> const& all, fl::problem_code code) {
    std::vector<fl::problem> out;
    for (auto const& each : all)
      if (each.code == code) out.push_back(each);
    return out;
  }
  watched<std::vector<fl::problem>> told_;
};

/// A configuration that looks at nothing around it, and sends only when a batch is full or a flush asks.
[[nodiscard]] inline fl::config plain(std::vector<fl::exporter_spec> exporters, problem_log& problems) {
  fl::config out;
  out.service = "test";
  out.exporters = std::move(exporters);
  out.on_problem = problems.handler();
  out.read_environment = false;
  out.detect_resource = false;
  out.batching.span_delay = never;
  out.batching.log_delay = never;
  return out;
}

/// A pipeline with one exporter alone, the default of the thread that makes it.
struct lone_pipeline {
  explicit lone_pipeline(fl::exporter_spec to, std::function<void(fl::config&)> const& change = {})
      : line{make(std::move(to), change)}, here{line} {}
  [[nodiscard]] fl::exporter_stats stats() const { return line.stats().exporters.at(0); }
  [[nodiscard]] std::uint64_t counted(fl::problem_code code) const {
    auto const all = line.stats().problems;
    auto const found = all.find(code);
    return found == all.end() ? 0 : found->second;
  }

  problem_log problems;
  fl::pipeline line;
  fl::with_default here;

 private:
  [[nodiscard]] fl::config make(fl::exporter_spec to, std::function<void(fl::config&)> const& change) {
    auto out = plain({std::move(to)}, problems);
    out.batching.export_timeout = 5 * patience;  // no request is broken off, and sent twice, because the machine is busy
    if (change) change(out);
    return out;
  }
};

inline void make_spans(int count, std::string_view name = "span") {
  for (int i = 0; i < count; ++i) fl::scoped_span const made{name};
}

[[nodiscard]] inline std::uint64_t lost_by(fl::exporter_stats const& told, fl::loss why) {
  return told.dropped_by[static_cast<std::size_t>(why)];
}
[[nodiscard]] inline std::uint64_t filtered_by(fl::exporter_stats const& told, fl::filter why) {
  return told.filtered_by[static_cast<std::size_t>(why)];
}
[[nodiscard]] inline bool adds_up(fl::exporter_stats const& told) {
  std::uint64_t dropped = 0, filtered = 0;
  for (auto const each : told.dropped_by) dropped += each;
  for (auto const each : told.filtered_by) filtered += each;
  return dropped == told.dropped && filtered == told.filtered &&
         told.accepted == told.delivered + told.dropped + told.filtered + told.queued;
}

/// What an exporter has counted once nothing waits any more: a shutdown that ran out of time comes back before the last of it is counted.
[[nodiscard]] inline fl::exporter_stats settled(fl::pipeline const& line, std::size_t which = 0) {
  CHECK(eventually([&] { return line.stats().queued == 0; }));
  return line.stats().exporters.at(which);
}

[[nodiscard]] inline std::chrono::milliseconds since(clock::time_point when) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - when);
}

}  // namespace support
