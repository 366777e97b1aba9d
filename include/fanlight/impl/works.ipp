// All of a pipeline that runs, for one process: desk, rings, dispatcher and lanes, put together. The core makes it; a child after fork
// makes another and leaves this one alone. Counted by whoever asks, from any thread.
#pragma once

#include <fanlight/detail/settings.hpp>
#include <fanlight/impl/dispatcher.ipp>

FANLIGHT_BEGIN
namespace detail {

class works {
 public:
  works(core_face& face, settings const& how, config const& given)
      : problems{given.on_problem}, rings{how.capture_bytes}, dispatch{face, rings, problems, dispatcher_how(how, given), how.who} {}

  /// Makes the exporters and starts the threads. What cannot be started is told.
  void start(settings const& how) {
    for (auto const& spec : how.exporters) add_lane(spec, how);
    for (auto const& each : dispatch.lanes())
      if (!each->start(how.who)) complain("the thread of exporter '" + each->name() + "' could not be started: nothing reaches it", each->name());
    if (!dispatch.start()) complain("the dispatcher's thread could not be started: nothing will be delivered", {});
  }

  [[nodiscard]] statistics count() const {
    auto counted = dispatch.count();
    statistics out;
    for (std::size_t i = 0; i < counted.lanes.size(); ++i) {
      auto& one = counted.lanes[i];
      for (std::size_t type = 1; type < entry_types; ++type)
        if (dispatch.lanes()[i]->takes_type(type)) add_outside(one, counted, type);
      one.accepted = one.delivered + one.dropped + one.filtered + one.queued;
      out.accepted += one.accepted, out.delivered += one.delivered, out.dropped += one.dropped;
      out.filtered += one.filtered, out.queued += one.queued;
      out.exporters.push_back(std::move(one));
    }
    out.problems = problems.counts();
    return out;
  }

  void count_late(entry_type type, std::uint64_t records) noexcept {
    late_[static_cast<std::size_t>(type)].fetch_add(records, std::memory_order_relaxed);
  }
  /// From now on what lies in a ring will never be gathered.
  void note_end() noexcept { ended_.store(true, std::memory_order_release); }

  desk problems;
  ring_registry rings;
  dispatcher dispatch;

 private:
  [[nodiscard]] static dispatcher_settings dispatcher_how(settings const& how, config const& given) {
    bool prompt = false;
    for (auto const& spec : how.exporters) prompt = prompt || spec.prompt;
    return {how.batch_records, how.batch_bytes, how.span_delay, how.log_delay, prompt, given.process, given.instead.wall, given.instead.ticks};
  }

  void add_lane(exporter_spec const& spec, settings const& how) {
    lane_settings const lane_how{spec.queue_records != 0 ? spec.queue_records : how.queue_records,
                                 spec.queue_bytes != 0 ? spec.queue_bytes : how.queue_bytes,
                                 how.export_timeout,
                                 how.retry_first,
                                 how.retry_most,
                                 how.keep_for};
    try {
      auto made = spec.make ? spec.make() : nullptr;
      if (made == nullptr) return complain("exporter '" + spec.name + "' has nothing to make it from and was left out", spec.name);
      dispatch.add(std::make_unique<lane>(spec.name, std::move(made), spec.only, lane_how, problems, dispatch.bell()));
    } catch (std::exception const& error) {
      complain("exporter '" + spec.name + "' could not be made and was left out: " + error.what(), spec.name);
    } catch (...) {
      complain("exporter '" + spec.name + "' could not be made and was left out", spec.name);
    }
  }
  void complain(std::string const& what, std::string const& exporter) { problems.report(problem_code::thread_failed, what, exporter); }

  /// What happened to records of one type before they came to a lane counts for each lane that takes them.
  void add_outside(exporter_stats& one, dispatcher::counts const& counted, std::size_t type) const noexcept {
    auto const lose = [&one](std::uint64_t records, loss why) {
      one.dropped += records;
      one.dropped_by[static_cast<std::size_t>(why)] += records;
    };
    lose(counted.rings.dropped[type], loss::capture_full);
    lose(late_[type].load(std::memory_order_relaxed), loss::late);
    if (ended_.load(std::memory_order_acquire))
      lose(counted.rings.waiting[type], loss::late);
    else
      one.queued += counted.rings.waiting[type];
    one.queued += counted.open[type];
    for (std::size_t why = 0; why < static_cast<std::size_t>(filter::count_); ++why) {
      one.filtered += counted.filtered[type][why];
      one.filtered_by[why] += counted.filtered[type][why];
    }
  }

  std::atomic<std::uint64_t> late_[entry_types]{};
  std::atomic<bool> ended_{false};
};

}  // namespace detail
FANLIGHT_END
