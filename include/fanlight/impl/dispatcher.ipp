// The dispatcher: one thread that takes finished entries out of the rings, packs them into batches, and offers each batch to every lane.
// A pipeline makes it and owns it. It sleeps while nothing happens (a producer's first record rings), naps while records trickle, and
// stops gathering while every lane is full, so that the rings, and not the memory, fill up. Flush is a ticket: a whole pass that began
// after it was asked, a sealed batch, and then each lane's word.
#pragma once

#include <fanlight/impl/gatherer.ipp>
#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/lane.ipp>
#include <fanlight/impl/objects.ipp>

#include <new>

FANLIGHT_BEGIN
namespace detail {

struct dispatcher_settings {
  gatherer_settings gather;
  bool prompt;  // an exporter wants to see things at once
  std::function<std::int64_t()> wall;   // null: the system's
  std::function<std::int64_t()> ticks;  // null: CLOCK_MONOTONIC
};

class dispatcher {
 public:
  dispatcher(core_face& core, ring_registry& rings, desk& problems, dispatcher_settings how, std::shared_ptr<resource const> who)
      : core_{core}, rings_{rings}, problems_{problems}, how_{std::move(how)}, open_{core, problems, how_.gather, std::move(who)} {}
  dispatcher(dispatcher const&) = delete;
  dispatcher& operator=(dispatcher const&) = delete;

  void add(std::unique_ptr<lane> one) { lanes_.push_back(std::move(one)); }
  [[nodiscard]] std::vector<std::unique_ptr<lane>> const& lanes() const noexcept { return lanes_; }
  [[nodiscard]] waker& bell() noexcept { return bell_; }

  /// False: the system has no thread for it. Then whatever is asked of it ends at once, and badly.
  FANLIGHT_COLD bool start() {
    agree_ = prepare_agreement();
    renew_anchor();
    started_ = thread_.start("fl:dispatcher", [this] { run(); });
    if (started_) return true;
    std::lock_guard const held{ticket_lock_};
    finished_ = true;
    return false;
  }

  void hurry() noexcept {
    __atomic_store_n(&hurry_, 1u, __ATOMIC_RELEASE);
    bell_.ring();
  }

  FANLIGHT_COLD bool flush(steady::time_point until) noexcept {
    flush_wait mine;
    mine.until = until;
    {
      std::unique_lock held{ticket_lock_};
      flushes_.join(mine);
      bell_.ring();
      ticket_bell_.wait_until(held, until, [&] { return mine.served || finished_; });
      if (!mine.served) {
        flushes_.leave(mine);
        return finished_ && ended_well_;
      }
    }
    return flush_lanes(mine, until) && mine.well;
  }

  /// Gathers what is there, stops the lanes, waits for them until `until`, tells the last problems, and ends. True: all of it in time.
  FANLIGHT_COLD bool stop(steady::time_point until) {
    {
      std::lock_guard const held{ticket_lock_};
      stop_asked_ = true;
      stop_until_ = until;
    }
    bell_.ring();
    if (!started_) end_lanes();
    bool const came = thread_.wait_until(until);
    std::lock_guard const held{ticket_lock_};
    return came && ended_well_;
  }
  /// For whoever asks for the end a second time.
  FANLIGHT_COLD bool wait_for_end(steady::time_point until) noexcept {
    std::unique_lock held{ticket_lock_};
    return ticket_bell_.wait_until(held, until, [&] { return finished_; }) && ended_well_;
  }

  /// Nobody looks at the rings any more.
  [[nodiscard]] bool has_ended() const noexcept {
    std::lock_guard const held{ticket_lock_};
    return finished_;
  }

  /// What is between the rings and the lanes, and what the process hook took out, by type.
  struct counts {
    ring_totals rings;
    gathered between;
    std::vector<exporter_stats> lanes;
  };
  [[nodiscard]] FANLIGHT_COLD counts count() const {
    counts out;
    std::lock_guard const held{open_.lock()};
    out.rings = rings_.totals();
    open_.count(out.between);
    for (auto const& each : lanes_) out.lanes.push_back(each->stats());
    return out;
  }

 private:
  static constexpr std::uint64_t out_of_reach = std::uint64_t{1} << 62;

  /// How it went with all rings.
  struct pass {
    bool any = false;   // something was taken
    bool whole = true;  // nothing was left behind
    std::uint64_t bytes = 0, rings = 0, batches = 0;  // how much, out of how many, into how many full ones
  };

  // ---- the thread ---------------------------------------------------------------------------------------------------------------------

  FANLIGHT_COLD void run() noexcept {
    for (bool stopping = false; !stopping;) {
      std::uint64_t const ticket = tickets_asked(stopping);
      bool const urgent = __atomic_exchange_n(&hurry_, 0u, __ATOMIC_ACQUIRE) != 0;
      std::int64_t const began = how_.ticks ? how_.ticks() : read_clock(CLOCK_MONOTONIC);
      pass const went = gather_all(stopping);
      if (went.whole) complete_until_ = began;
      if (went.any) renew_anchor();
      bool const blocked = !stopping && all_lanes_full();
      if (!blocked && (urgent || how_.prompt || ticket != 0 || stopping || open_.is_full() || open_.is_due())) seal(stopping);
      if (!went.any && went.whole && open_.is_empty()) note_quiet();  // after the seal: it parks now, and nothing else would tell
      if (ticket != 0 && ((went.whole && open_.is_empty()) || stopping)) serve(ticket);
      for (auto& each : lanes_) each->look_after();
      if (went.any || ticket != 0) look_for_strangers(ticket != 0);
      problems_.tell_all();
      if (!stopping) sleep(went, blocked);
    }
    end_lanes();
  }

  /// Nothing has come since the latest batch.
  FANLIGHT_COLD void note_quiet() noexcept {
    if (!std::exchange(stirred_, false)) return;
    for (auto& each : lanes_) each->note_quiet(complete_until_);
  }

  /// The ticket of the latest flush that waits; 0: none does.
  [[nodiscard]] std::uint64_t tickets_asked(bool& stopping) noexcept {
    std::lock_guard const held{ticket_lock_};
    stopping = stop_asked_;
    return flushes_.due(0);
  }

  FANLIGHT_COLD void serve(std::uint64_t ticket) noexcept {
    auto const lost = dropped_in_rings();
    bool const well = std::exchange(lost_at_flush_, lost) == lost;
    std::lock_guard const held{ticket_lock_};
    flushes_.serve(ticket, sequence_, complete_until_, well);
    ticket_bell_.notify_all();
  }

  [[nodiscard]] FANLIGHT_COLD bool flush_lanes(flush_wait const& asked, steady::time_point until) noexcept {
    std::size_t const count = lanes_.size();
    std::unique_ptr<flush_wait[]> const waits{new (std::nothrow) flush_wait[count]};
    if (waits == nullptr) return false;
    for (std::size_t i = 0; i < count; ++i) {
      waits[i].sequence = asked.sequence;
      waits[i].complete = asked.complete;
      waits[i].until = until;
      lanes_[i]->ask(waits[i]);
    }
    bool well = true;
    for (std::size_t i = 0; i < count; ++i) well = lanes_[i]->await(waits[i]) && well;
    return well;
  }

  FANLIGHT_COLD void end_lanes() noexcept {
    // Half of what is left is for the lanes: what is to be told then must be told before the caller's patience ends.
    auto const until = stop_until_ - std::min<steady::duration>(std::chrono::milliseconds{125}, (stop_until_ - steady::now()) / 2);
    for (auto& each : lanes_) each->stop(until);
    bool well = true;
    for (auto& each : lanes_) {
      if (!each->wait_until(until)) abandon(*each);
      auto const lost = each->lost_by(loss::shutdown);
      if (lost == 0) continue;
      well = false;
      auto const words = [&] {
        return joined({"shutdown ran out of time: ", std::to_string(lost), " records of '", each->name(), "' are lost. Raise shutdown_within"});
      };
      problems_.explain(problem_code::flush_late, words, each->name());
    }
    open_.end();
    {
      std::lock_guard const held{ticket_lock_};
      finished_ = true;
      ended_well_ = well && !abandoned_;
      ticket_bell_.notify_all();
    }
    problems_.tell_all();
  }

  FANLIGHT_COLD void abandon(lane& one) noexcept {
    abandoned_ = true;
    one.abandon();
    auto const words = [&] { return joined({"exporter '", one.name(), "' did not come back before the deadline of shutdown; what it held is lost"}); };
    problems_.explain(problem_code::exporter_stuck, words, one.name());
  }

  // ---- sleep --------------------------------------------------------------------------------------------------------------------------

  /// While records come, a nap; else until somebody rings.
  FANLIGHT_COLD void sleep(pass went, bool blocked) noexcept {
    asleep_since_ = {};
    if (blocked) {
      set_marks(out_of_reach);
      bell_.wait_for(std::chrono::seconds{1});  // and then tells what the rings have lost meanwhile
    } else if (!went.any && !went.whole) {
      bell_.wait_for(std::chrono::milliseconds{100});  // there was no memory
    } else if (went.any || !open_.is_empty()) {
      nap(went);
    } else {
      park();
    }
  }

  FANLIGHT_COLD void park() noexcept {
    set_marks(0);
    // Every thread's last record must be seen here, or its thread must have seen the mark. Without the barrier, time does it.
    if (agree_ ? !make_all_threads_agree() : bell_.wait_for(std::chrono::milliseconds{20})) return;
    if (rings_are_empty()) bell_.wait();
  }

  /// Until the batch may be full or a record has waited long enough. While much comes, for more than one batch, and not long.
  FANLIGHT_COLD void nap(pass went) noexcept {
    bool const much = went.batches > 1;
    std::uint64_t const share = std::max(open_.until_full(), much ? went.bytes - went.bytes / 4 : 0) / std::max<std::uint64_t>(went.rings, 1);
    std::uint64_t const ahead = std::clamp<std::uint64_t>(share, 1, rings_.room() / 4) - 1;
    set_marks(ahead);
    for (auto* const each : list_)  // who passed the mark before it was set does not ring
      if (__atomic_load_n(&each->head, __ATOMIC_ACQUIRE) - each->tail > ahead) return;
    auto const now = steady::now();
    asleep_since_ = now;
    std::chrono::nanoseconds limit = how_.prompt ? std::chrono::milliseconds{10} : std::min(how_.gather.span_delay, how_.gather.log_delay);
    if (much) limit = std::min<std::chrono::nanoseconds>(limit, std::chrono::milliseconds{50});
    if (open_.has_due()) limit = std::min<std::chrono::nanoseconds>(limit, open_.due() - now);
    if (limit.count() > 0) bell_.wait_for(limit);
  }

  /// A producer that gets `ahead` bytes beyond what has been taken rings.
  FANLIGHT_COLD void set_marks(std::uint64_t ahead) noexcept {
    refresh_list();
    for (auto* const each : list_) __atomic_store_n(&each->mark, each->tail + ahead, __ATOMIC_RELAXED);
  }
  [[nodiscard]] bool rings_are_empty() noexcept {
    refresh_list();
    for (auto* const each : list_)
      if (__atomic_load_n(&each->head, __ATOMIC_ACQUIRE) != each->tail) return false;
    return true;
  }
  FANLIGHT_COLD void refresh_list() noexcept {
    try {
      rings_.list(list_, known_);
    } catch (std::bad_alloc const&) {
    }
  }
  [[nodiscard]] FANLIGHT_COLD bool all_lanes_full() noexcept {
    for (auto& each : lanes_)
      if (!each->is_full()) return false;
    return !lanes_.empty();
  }

  // ---- gather -------------------------------------------------------------------------------------------------------------------------

  pass gather_all(bool stopping) noexcept {
    refresh_list();
    pass out;
    // What lay there while we slept came at the earliest when that began.
    auto const since = asleep_since_ == steady::time_point{} ? steady::now() : asleep_since_;
    for (auto* const each : list_) {
      auto const state = state_of(*each);  // before the last look at its head
      gather(*each, stopping, since, out);
      if (state == ring_state::left && each->tail == __atomic_load_n(&each->head, __ATOMIC_ACQUIRE)) rings_.recycle(*each);
    }
    tell_losses(out.any);
    return out;
  }

  /// Takes what is in one ring, in runs that neither wrap nor overfill a batch.
  void gather(ring& from, bool stopping, steady::time_point since, pass& out) noexcept {
    std::uint64_t const head = __atomic_load_n(&from.head, __ATOMIC_ACQUIRE), before = from.tail;
    while (from.tail != head) {
      if (open_.is_full()) {
        if (!stopping && all_lanes_full()) break;
        seal(stopping);
        ++out.batches;
      }
      if (!open_.take(from, head, anchor_, since)) break;
    }
    if (from.tail != before) {
      out.any = true;
      out.bytes += from.tail - before;
      ++out.rings;
    }
    out.whole = out.whole && from.tail == head;
  }

  void seal(bool last) noexcept {
    std::lock_guard const held{open_.lock()};
    batch_ref const batch = open_.seal(sequence_ + 1, anchor_, complete_until_);
    if (!batch) return;
    ++sequence_;
    stirred_ = true;
    for (auto& each : lanes_) each->offer(batch, last);
  }

  // ---- clock, losses, strangers -------------------------------------------------------------------------------------------------------

  /// Wall times stand on an anchor that moves only when the clocks have drifted apart by more than their reading may be off.
  void renew_anchor() noexcept {
    std::int64_t const before = how_.ticks ? how_.ticks() : read_clock(CLOCK_MONOTONIC);
    std::int64_t const wall = how_.wall ? how_.wall() : read_clock(CLOCK_REALTIME);
    std::int64_t const after_it = how_.ticks ? before : read_clock(CLOCK_MONOTONIC);
    std::int64_t const offset = wall - (before + (after_it - before) / 2), drift = offset - anchor_.wall_offset;
    if (drift > -50'000 && drift < 50'000) return;
    if (!how_.ticks && after_it - before > 20'000 && drift > -5'000'000 && drift < 5'000'000) return;  // we were interrupted; next time
    anchor_.wall_offset = offset;
    __atomic_store_n(&core_.wall_offset, offset, __ATOMIC_RELAXED);
  }

  [[nodiscard]] FANLIGHT_COLD std::uint64_t dropped_in_rings() const noexcept {
    auto const totals = rings_.totals();
    std::uint64_t out = 0;
    for (auto const each : totals.dropped) out += each;
    return out;
  }

  /// Says when rings begin to lose, and when records flow again.
  FANLIGHT_COLD void tell_losses(bool any) noexcept {
    auto const lost = dropped_in_rings();
    if (lost != seen_lost_) {
      auto const more = lost - std::exchange(seen_lost_, lost);
      losing_ = true;
      problems_.explain(problem_code::capture_full, [&] {
        return std::to_string(more) + " records were lost: a thread's ring was full. Raise batching.capture_bytes, or sample";
      });
    } else if (any && std::exchange(losing_, false)) {
      auto const all = lost - told_lost_;
      bool const told = problems_.explain(problem_code::recovered, [&] {
        return joined({"records are captured again; ", std::to_string(all), " were lost because a thread's ring was full"});
      });
      if (told) told_lost_ = lost;
    }
  }

  FANLIGHT_COLD void look_for_strangers(bool now) noexcept {
    for (auto const& path : strangers_.strangers(now)) {
      try {
        untold_ += joined({(untold_.empty() ? "'" : ", '"), path, "'"});
      } catch (std::bad_alloc const&) {
      }
    }
    if (untold_.empty()) return;
    bool const told = problems_.explain(problem_code::second_copy, [&] {
      return untold_ + " came by dlopen with a fanlight of its own, and what it records goes nowhere: link the program with -rdynamic, or both "
                       "with the shared fanlight::compiled, or hand fanlight::door() to it for fanlight::adopt()";
    });
    if (told) untold_.clear();
  }

  core_face& core_;
  ring_registry& rings_;
  desk& problems_;
  dispatcher_settings const how_;
  std::vector<std::unique_ptr<lane>> lanes_;
  waker bell_;
  worker thread_;
  std::uint32_t hurry_ = 0;
  bool agree_ = false, started_ = false;

  gatherer open_;
  // the dispatcher's thread alone
  std::vector<ring*> list_;
  std::size_t known_ = 0;
  std::uint64_t sequence_ = 0, seen_lost_ = 0, told_lost_ = 0, lost_at_flush_ = 0;
  std::int64_t complete_until_ = INT64_MIN;
  bool losing_ = false, abandoned_ = false, stirred_ = false;
  steady::time_point asleep_since_{};
  clock_anchor anchor_;
  object_watch strangers_;
  std::string untold_;  // their paths

  mutable std::mutex ticket_lock_;
  std::condition_variable ticket_bell_;
  flush_list flushes_;
  bool stop_asked_ = false, finished_ = false, ended_well_ = false;
  steady::time_point stop_until_{};
};

}  // namespace detail
FANLIGHT_END
