// All of a pipeline that runs, for one process: desk, rings, dispatcher and lanes, put together. The core makes it; a child after fork
// makes another and leaves this one alone. Counted by whoever asks, from any thread.
#pragma once

#include <fanlight/detail/settings.hpp>
#include <fanlight/impl/dispatcher.ipp>
#include <fanlight/impl/joined.hpp>

FANLIGHT_BEGIN
namespace detail {

class works {
 public:
  works(core_face& face, settings const& how, config const& given)
      : problems{given.on_problem}, rings{how.capture_bytes}, dispatch{face, rings, problems, dispatcher_how(how, given), how.who} {}

  /// A sampler with a life of its own is made for each process.
  FANLIGHT_COLD void choose(core_face const& face, settings const& how) {
    if (how.sampler.plan() == nullptr) return;
    chooser = how.sampler.plan()->make({&face, how.who, [this](problem_code code, std::string const& what) {
                                          if (problems.report(code, what)) dispatch.bell().ring();
                                        }});
  }

  /// Makes the exporters and starts the threads. What cannot be started is told.
  FANLIGHT_COLD void start(settings const& how) {
    for (auto const& spec : how.exporters)
      if (spec.prepare != nullptr) spec.prepare();
    for (auto const& spec : how.exporters) add_lane(spec, how);
    for (auto const& each : dispatch.lanes())
      if (!each->start(how.who))
        problems.report(problem_code::thread_failed,
                        joined({"the thread of exporter '", each->name(), "' could not be started: nothing reaches it"}), each->name());
    if (!dispatch.start()) problems.report(problem_code::thread_failed, "the dispatcher's thread could not be started: nothing will be delivered");
  }

  [[nodiscard]] FANLIGHT_COLD statistics count() const {
    auto counted = dispatch.count();
    statistics out;
    for (std::size_t i = 0; i < counted.lanes.size(); ++i) {
      auto& one = counted.lanes[i];
      for (std::size_t type = 1; type < entry_types; ++type)
        if (dispatch.lanes()[i]->counts_type(type)) add_outside(one, counted, type);
      one.accepted = one.delivered + one.dropped + one.filtered + one.queued;
      out.accepted += one.accepted, out.delivered += one.delivered, out.dropped += one.dropped;
      out.filtered += one.filtered, out.queued += one.queued;
    }
    out.exporters = std::move(counted.lanes);
    out.problems = problems.counts();
    return out;
  }

  FANLIGHT_COLD void count_late(entry_type type, std::uint64_t records) noexcept {
    late_[static_cast<std::size_t>(type)].fetch_add(records, std::memory_order_relaxed);
  }
  /// From now on what lies in a ring, or finds no room there, came too late.
  FANLIGHT_COLD void note_end() noexcept {
    auto const totals = rings.totals();
    for (std::size_t type = 0; type < entry_types; ++type) dropped_in_time_[type] = totals.dropped[type];
    ended_.store(true, std::memory_order_release);
  }

  desk problems;
  ring_registry rings;
  dispatcher dispatch;
  std::unique_ptr<sampling_chooser> chooser;  // null: the sampler is a function
  works* inherited = nullptr;  // of the process before a fork, and so on

 private:
  [[nodiscard]] FANLIGHT_COLD static std::size_t queue_records(exporter_spec const& spec, settings const& how) noexcept {
    return spec.queue_records != 0 ? spec.queue_records : how.queue_records;
  }
  [[nodiscard]] FANLIGHT_COLD static std::size_t queue_bytes(exporter_spec const& spec, settings const& how) noexcept {
    return spec.queue_bytes != 0 ? spec.queue_bytes : how.queue_bytes;
  }
  /// A batch must fit into every queue.
  [[nodiscard]] FANLIGHT_COLD static std::size_t batch_records(settings const& how) noexcept {
    auto out = how.batch_records;
    for (auto const& spec : how.exporters) out = std::min(out, queue_records(spec, how));
    return out;
  }
  [[nodiscard]] FANLIGHT_COLD static std::size_t batch_bytes(settings const& how) noexcept {
    auto out = how.batch_bytes;
    for (auto const& spec : how.exporters) out = std::min(out, queue_bytes(spec, how));
    return out;
  }

  [[nodiscard]] FANLIGHT_COLD static dispatcher_settings dispatcher_how(settings const& how, config const& given) {
    bool prompt = false;
    for (auto const& spec : how.exporters) prompt = prompt || spec.prompt;
    return {{batch_records(how), batch_bytes(how), how.span_delay, how.log_delay, given.process}, prompt, given.instead.wall, given.instead.ticks};
  }

  FANLIGHT_COLD void add_lane(exporter_spec const& spec, settings const& how) {
    lane_settings const lane_how{queue_records(spec, how), queue_bytes(spec, how), batch_records(how), batch_bytes(how),
                                 how.export_timeout,       how.retry_first,        how.retry_most,     how.keep_for,
                                 spec.drop_oldest,
                                 static_cast<std::uint8_t>(spec.minimum_level.value_or(level{}))};
    try {
      auto made = spec.make ? spec.make() : nullptr;
      if (made == nullptr) return leave_out(spec.name, "there is nothing to make it from");
      dispatch.add(std::make_unique<lane>(spec.name, std::move(made), spec.only, lane_how, problems, dispatch.bell()));
    } catch (std::exception const& error) {
      leave_out(spec.name, error.what());
    } catch (...) {
      leave_out(spec.name, "its constructor threw something that is no std::exception");
    }
  }
  FANLIGHT_COLD void leave_out(std::string const& name, char const* why) {
    problems.report(problem_code::config_bad, joined({"exporter '", name, "' could not be made and is left out: ", why}), name);
  }

  /// What happened to records of one type before they came to a lane counts for each lane that takes them.
  FANLIGHT_COLD void add_outside(exporter_stats& one, dispatcher::counts const& counted, std::size_t type) const noexcept {
    auto const lose = [&one](std::uint64_t records, loss why) {
      one.dropped += records;
      one.dropped_by[static_cast<std::size_t>(why)] += records;
    };
    bool const ended = ended_.load(std::memory_order_acquire);
    auto const dropped = counted.rings.dropped[type], in_time = ended ? dropped_in_time_[type] : dropped;
    lose(in_time, loss::capture_full);
    lose(dropped - in_time + (ended ? counted.rings.waiting[type] : 0) + late_[type].load(std::memory_order_relaxed), loss::late);
    one.queued += counted.between.open[type] + (ended ? 0 : counted.rings.waiting[type]);
    for (std::size_t why = 0; why < static_cast<std::size_t>(filter::count_); ++why) {
      one.filtered += counted.between.filtered[type][why];
      one.filtered_by[why] += counted.between.filtered[type][why];
    }
  }

  std::atomic<std::uint64_t> late_[entry_types]{};
  std::uint64_t dropped_in_time_[entry_types]{};  // written before `ended_`
  std::atomic<bool> ended_{false};
};

}  // namespace detail
FANLIGHT_END
