// A lane: one exporter, its queue of batches, its thread, its patience and its counters. The dispatcher offers batches and never waits;
// the lane's thread is the only one that calls the exporter, and destroys it when all is over. Bounded in records and bytes: what does not
// fit is lost and counted, newest first, or oldest first where that was asked. A slow or dead back end holds up nobody but itself.
#pragma once

#include <fanlight/exporter.hpp>
#include <fanlight/impl/backoff.hpp>
#include <fanlight/impl/desk.ipp>
#include <fanlight/impl/flush_list.hpp>
#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/sift.hpp>
#include <fanlight/impl/waker.ipp>
#include <fanlight/impl/worker.ipp>
#include <fanlight/statistics.hpp>

#include <algorithm>
#include <bit>
#include <list>

FANLIGHT_BEGIN
namespace detail {

class lane {
 public:
  lane(std::string name, std::unique_ptr<exporter> to, record_types only, lane_settings const& how, desk& problems, waker& dispatcher)
      : name_{std::move(name)}, to_{std::move(to)}, takes_{to_->kinds() & only}, background_{to_->background()}, keeps_{to_->keeps_records()}, how_{how}, problems_{problems}, dispatcher_{dispatcher} {}
  lane(lane const&) = delete;
  lane& operator=(lane const&) = delete;

  /// False: the system has no thread for it. Whatever is offered then is lost.
  FANLIGHT_COLD bool start(std::shared_ptr<resource const> who) {
    who_ = std::move(who);
    if (thread_.start("fl:" + name_, [this] { run(); })) return true;
    std::lock_guard const held{lock_};
    ended_ = true;
    return false;
  }

  // ---- for the dispatcher's thread --------------------------------------------------------------------------------------------------

  /// `last`: nothing will come after it, and what does not fit is lost to the end, and not to the queue.
  FANLIGHT_COLD void offer(batch_ref const& batch, bool last) noexcept {
    std::uint64_t const records = wanted(*batch);
    std::uint64_t lost = 0;
    {
      std::lock_guard const held{lock_};
      offered_ = batch->sequence;
      if (how_.drop_oldest && records != 0) lost = make_room(records, batch->room);
      if (types_in(*batch) == 0 || enqueue(batch, records)) bell_.notify_all();
      else lose(records, last ? loss::shutdown : ended_ ? loss::failed : loss::queue_full), lost += last ? 0 : records;
      if (queue_.empty()) done_ = offered_;
    }
    if (lost != 0) tell_full(lost);
  }

  /// Nothing has come since the latest batch: what had ended by `complete` is in the batches that were offered.
  FANLIGHT_COLD void note_quiet(std::int64_t complete) noexcept {
    if (!keeps_) return;
    std::lock_guard const held{lock_};
    quiet_ = true;
    complete_ = complete;
    bell_.notify_all();
  }

  /// No further batch would fit. Asks to be told, by the dispatcher's bell, when there is room again.
  [[nodiscard]] FANLIGHT_COLD bool is_full() noexcept {
    std::lock_guard const held{lock_};
    bool const full = !how_.drop_oldest && !ended_ && !queue_.empty() &&
                      (queued_ + how_.batch_records > how_.queue_records || bytes_ + how_.batch_bytes > how_.queue_bytes);
    tell_of_room_ = full;
    return full;
  }

  /// Says so when the exporter should have come back long ago.
  FANLIGHT_COLD void look_after() noexcept {
    {
      std::lock_guard const held{lock_};
      if (!busy_ || told_stuck_ || steady::now() < late_from_) return;
      told_stuck_ = true;
    }
    say(problem_code::exporter_stuck, [this] {
      return joined(
          {"exporter '", name_, "' has not come back after batching.export_timeout; its records wait, and others go on without it"});
    });
  }

  /// The last the lane hears: finish by `until`, then end.
  FANLIGHT_COLD void stop(steady::time_point until) noexcept {
    std::lock_guard const held{lock_};
    stopping_ = true;
    until_ = until;
    if (to_) to_->hurry(until);
    bell_.notify_all();
  }
  [[nodiscard]] bool wait_until(steady::time_point until) { return thread_.wait_until(until); }
  /// It did not end in time: what it holds is lost, and its thread is left to itself.
  FANLIGHT_COLD void abandon() noexcept {
    std::lock_guard const held{lock_};
    abandoned_ = true;
    lose(queued_ + kept_, loss::shutdown);
    queued_ = kept_ = 0;
    queue_.clear();
    bell_.notify_all();
  }

  // ---- for anybody ------------------------------------------------------------------------------------------------------------------

  /// To flush is to ask, and then to await: so all lanes work on it side by side. `mine` stays where it is in between.
  FANLIGHT_COLD void ask(flush_wait& mine) noexcept {
    std::lock_guard const held{lock_};
    flushes_.join(mine);
    bell_.notify_all();
  }
  /// True: all batches up to `mine.sequence` are done with and the exporter has flushed, in time, and nothing was lost since the last flush.
  FANLIGHT_COLD bool await(flush_wait& mine) noexcept {
    std::unique_lock held{lock_};
    bell_.wait_until(held, mine.until, [&] { return mine.served || ended_ || abandoned_; });
    if (!mine.served) flushes_.leave(mine);
    return mine.served && mine.well;
  }

  /// Everything but what has not reached the lane yet.
  [[nodiscard]] FANLIGHT_COLD exporter_stats stats() const {
    std::lock_guard const held{lock_};
    exporter_stats out = counters_;
    out.name = name_;
    out.queued = queued_ + kept_;
    return out;
  }
  [[nodiscard]] FANLIGHT_COLD std::uint64_t lost_by(loss why) const noexcept {
    std::lock_guard const held{lock_};
    return counters_.dropped_by[static_cast<std::size_t>(why)];
  }
  /// Of what it is only shown, nothing counts.
  [[nodiscard]] bool counts_type(std::size_t type) const noexcept { return ((takes_ & ~background_) >> type & 1) != 0; }
  [[nodiscard]] std::string const& name() const noexcept { return name_; }

 private:
  struct item {
    batch_ref batch;
    record_types left;      // types the exporter has not taken yet
    std::uint64_t records;  // of those
    unsigned attempts = 0;
    bool is_sifted = false;
  };
  using lock = std::unique_lock<std::mutex>;

  [[nodiscard]] FANLIGHT_COLD std::uint64_t wanted(batch_data const& batch) const noexcept {
    std::uint64_t out = 0;
    for (std::size_t type = 1; type < entry_types; ++type)
      if (counts_type(type)) out += batch.counts[type];
    return out;
  }
  [[nodiscard]] FANLIGHT_COLD std::uint64_t counted(batch_data const& batch, entry_type type) const noexcept {
    return counts_type(static_cast<std::size_t>(type)) ? batch.count(type) : 0;
  }
  [[nodiscard]] FANLIGHT_COLD record_types types_in(batch_data const& batch) const noexcept {
    record_types out = 0;
    for (std::size_t type = 1; type < entry_types; ++type)
      if ((takes_ >> type & 1) != 0 && batch.counts[type] != 0) out |= 1u << type;
    // Nothing for it, but word of spans that will not come: their notes may be here.
    if (out == 0 && keeps_ && !batch.gone.empty()) out = takes_ & 1u << static_cast<unsigned>(entry_type::span);
    return out;
  }

  /// An empty queue takes any batch: otherwise one that is larger than the bounds would never leave.
  [[nodiscard]] FANLIGHT_COLD bool enqueue(batch_ref const& batch, std::uint64_t records) noexcept {
    if (ended_ || abandoned_) return false;
    if (!queue_.empty() && (queued_ + records > how_.queue_records || bytes_ + batch->room > how_.queue_bytes)) return false;
    try {
      queue_.push_back({batch, types_in(*batch), records});
    } catch (std::bad_alloc const&) {
      return false;
    }
    queued_ += records;
    bytes_ += batch->room;
    return true;
  }

  FANLIGHT_COLD void lose(std::uint64_t records, loss why) noexcept {
    counters_.dropped += records;
    counters_.dropped_by[static_cast<std::size_t>(why)] += records;
    lost_ += records;
    if (why == loss::rejected || why >= loss::too_old) return;  // a refusal is an answer, and no outage
    lost_since_ += records;
    outage_ = true;
  }

  FANLIGHT_COLD void tell_full(std::uint64_t records) noexcept {
    say(problem_code::queue_full, [&] {
      return joined({"the queue of exporter '", name_, "' is full, ", std::to_string(records), (how_.drop_oldest ? " old" : " new"),
                     " records are lost: its back end is slow or away. Raise batching.queue_records, or sample"});
    });
  }
  /// False: not now, the same was said a moment ago.
  FANLIGHT_COLD bool say(problem_code code, words_to_make what) noexcept {
    bool const news = problems_.explain(code, what, name_);
    if (news) dispatcher_.ring();
    return news;
  }
  FANLIGHT_COLD bool say_unlocked(lock& held, problem_code code, words_to_make what) noexcept {
    held.unlock();
    bool const news = say(code, what);
    return held.lock(), news;
  }

  // ---- the lane's thread ------------------------------------------------------------------------------------------------------------

  FANLIGHT_COLD void run() noexcept {
    guard("start", [&] { to_->start(setup()); });
    lock held{lock_};
    while (!abandoned_) {
      wait_for_work(held);
      if (abandoned_) break;
      if (flushes_.due(done_) != 0)
        flush_exporter(held);
      else if (!queue_.empty())
        serve(held);
      else if (stopping_)
        break;
      else
        tend(held);
    }
    end(held);
  }

  [[nodiscard]] FANLIGHT_COLD exporter_setup setup() {
    exporter_setup out;
    out.who = who_;
    out.tell = [this](problem_code code, std::string what) { say(code, [&] { return std::move(what); }); };
    out.taken = takes_;
    out.settle = [this](fate how, std::uint64_t records, std::string const& why) { settle_kept(how, records, why); };
    out.keep_for = how_.keep_for;
    out.note = [this](problem_code code, std::uint64_t times) { problems_.note(code, times); };
    out.count = [this](request_note const& of) { count(of); };
    out.tend_soon = [this] { tend_at_ = steady::now(); };
    return out;
  }

  FANLIGHT_COLD void wait_for_work(lock& held) noexcept {
    auto const is_there = [this] { return !queue_.empty() || stopping_ || abandoned_ || quiet_ || flushes_.due(done_) != 0; };
    if (tend_at_ == steady::time_point::max()) bell_.wait(held, is_there);
    else bell_.wait_until(held, tend_at_, is_there);
  }

  /// Lets an exporter that keeps records look after them.
  FANLIGHT_COLD void tend(lock& held) noexcept {
    quiet_ = false;
    auto const until = begin_attempt();
    auto const complete = complete_;
    held.unlock();
    auto how_it_went = outcome::delivered();
    guard("tend", [&] {
      to_->note_complete(complete);
      how_it_went = to_->tend(until);
    });
    held.lock();
    busy_ = false;
    plan_tending(how_it_went.kind() == outcome::kind::retry, how_it_went.after());
  }
  FANLIGHT_COLD void plan_tending(bool again, std::chrono::milliseconds asked) noexcept {
    tend_attempts_ = again ? tend_attempts_ + 1 : 0;
    if (again) tend_at_ = after(pause_after(tend_attempts_, how_.retry_first, how_.retry_most, asked));
    else tend_at_ = asked.count() > 0 ? after(asked) : steady::time_point::max();
  }

  /// An exporter that was given up is left alone: what it uses may be gone.
  FANLIGHT_COLD void end(lock& held) noexcept {
    if (abandoned_) return;
    auto const until = until_;
    held.unlock();
    guard("stop", [&] { to_->stop(until); });
    held.lock();
    lose(std::exchange(kept_, 0), loss::shutdown);
    auto gone = std::move(to_);  // hurry() is called under the lock
    held.unlock(), gone.reset(), held.lock();
    ended_ = true;
    bell_.notify_all();
  }

  void flush_exporter(lock& held) noexcept;

  /// Works on the oldest batch until it is done with or must wait.
  FANLIGHT_COLD void serve(lock& held) noexcept {
    auto& first = queue_.front();
    if (how_.least_level != 0 && !first.is_sifted) return sift(held);
    bool const is_kept = keeps_ && first.attempts != 0;
    if (!is_kept && steady::now() - first.batch->sealed_at > how_.keep_for) return expire(held);
    auto const type = static_cast<entry_type>(std::countr_zero(first.left));
    batch_ref const batch = first.batch;
    if (keeps_ && first.attempts == 0) hand_over(first, counted(*batch, type));
    ++first.attempts;
    ++counters_.batches;
    auto const until = begin_attempt();
    held.unlock();
    outcome const how_it_went = consume(type, batch, until);
    held.lock();
    busy_ = false;
    if (!abandoned_) settle(held, type, how_it_went);
  }

  /// From now on the exporter answers for them.
  FANLIGHT_COLD void hand_over(item& first, std::uint64_t records) noexcept {
    first.records -= records;
    queued_ -= records;
    kept_ += records;
  }

  [[nodiscard]] FANLIGHT_COLD steady::time_point begin_attempt() noexcept {
    auto const full = after(how_.export_timeout);
    busy_ = true;
    told_stuck_ = false;
    late_from_ = full + std::chrono::seconds{1};
    return stopping_ ? std::min(full, until_) : full;
  }

  [[nodiscard]] FANLIGHT_COLD outcome consume(entry_type type, batch_ref const& batch, steady::time_point until) noexcept {
    threw_ = false;
    std::string why;
    try {
      return to_->consume(type, batch, until);
    } catch (std::exception const& error) {
      try {
        why = std::string{"it threw: "} + error.what();
      } catch (...) {  // no memory for more words
      }
    } catch (...) {
      try {
        why = "it threw something that is no std::exception";
      } catch (...) {
      }
    }
    threw_ = true;
    return outcome::dropped(std::move(why));
  }

  // What follows from what the exporter said: impl/lane.ipp.
  void sift(lock& held) noexcept;
  void settle(lock& held, entry_type type, outcome const& how_it_went) noexcept;
  void settle_rejected(lock& held, entry_type type, std::uint64_t records, outcome const& how_it_went) noexcept;
  void take_back(lock& held, entry_type type, std::uint64_t records, outcome const& how_it_went) noexcept;
  void settle_kept(fate how, std::uint64_t records, std::string const& why) noexcept;
  void count(request_note const& of) noexcept;
  void note_success() noexcept;
  void note_error(std::string_view why) noexcept;
  void lose_quietly(std::uint64_t records, loss as) noexcept;
  void lose_kept(lock& held, std::uint64_t records, loss as, problem_code code, std::string const& why) noexcept;
  void account(entry_type type, std::uint64_t records) noexcept;
  void give_up_first(loss why) noexcept;
  std::uint64_t make_room(std::uint64_t records, std::size_t bytes) noexcept;
  void pop() noexcept;
  void expire(lock& held, std::string const& why = {}) noexcept;
  void wait_to_retry(lock& held, outcome const& how_it_went) noexcept;
  void tell_recovery(lock& held) noexcept;

  FANLIGHT_COLD void guard(char const* what, borrowed<void()> call) noexcept {
    try {
      call();
    } catch (std::exception const& error) {
      say(problem_code::exporter_threw, [&] { return joined({"exporter '", name_, "' threw in ", what, ": ", error.what()}); });
    } catch (...) {
      say(problem_code::exporter_threw, [&] { return joined({"exporter '", name_, "' threw in ", what}); });
    }
  }

  std::string const name_;
  std::unique_ptr<exporter> to_;
  record_types const takes_, background_;
  bool const keeps_;
  lane_settings const how_;
  desk& problems_;
  waker& dispatcher_;
  std::shared_ptr<resource const> who_;
  worker thread_;

  mutable std::mutex lock_;
  std::condition_variable bell_;
  std::list<item> queue_;
  flush_list flushes_;
  std::uint64_t queued_ = 0, kept_ = 0;
  std::size_t bytes_ = 0;
  std::uint64_t offered_ = 0, done_ = 0;  // sequence numbers of batches
  std::uint64_t lost_ = 0, lost_at_flush_ = 0, lost_since_ = 0;
  bool stopping_ = false, ended_ = false, abandoned_ = false, tell_of_room_ = false, threw_ = false, busy_ = false, told_stuck_ = false,
       outage_ = false, quiet_ = false, counts_itself_ = false;
  unsigned tend_attempts_ = 0;
  std::int64_t complete_ = INT64_MIN;
  steady::time_point tend_at_ = steady::time_point::max();
  steady::time_point until_{}, late_from_{};
  exporter_stats counters_;
};

}  // namespace detail
FANLIGHT_END

