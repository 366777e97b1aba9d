// A lane: one exporter, its queue of batches, its thread, its patience and its counters. The dispatcher offers batches and never waits;
// the lane's thread is the only one that calls the exporter. Bounded in records and bytes: what does not fit is lost and counted, newest
// first. A slow or dead back end holds up nobody but itself.
#pragma once

#include <fanlight/exporter.hpp>
#include <fanlight/trace.hpp>
#include <fanlight/impl/desk.ipp>
#include <fanlight/impl/waker.ipp>
#include <fanlight/impl/worker.ipp>
#include <fanlight/pipeline.hpp>

#include <algorithm>
#include <deque>

FANLIGHT_BEGIN
namespace detail {

using steady = std::chrono::steady_clock;

struct lane_settings {
  std::size_t queue_records;
  std::size_t queue_bytes;
  std::chrono::milliseconds export_timeout, retry_first, retry_most, keep_for;
};

class lane {
 public:
  lane(std::string name, std::unique_ptr<exporter> to, record_types only, lane_settings const& how, desk& problems, waker& dispatcher)
      : name_{std::move(name)}, to_{std::move(to)}, takes_{to_->kinds() & only}, how_{how}, problems_{problems}, dispatcher_{dispatcher} {}
  lane(lane const&) = delete;
  lane& operator=(lane const&) = delete;

  bool start(std::shared_ptr<resource const> who) {
    who_ = std::move(who);
    return thread_.start("fl:" + name_, [this] { run(); });
  }

  // ---- for the dispatcher's thread --------------------------------------------------------------------------------------------------

  void offer(batch_ref const& batch) {
    std::uint64_t const records = wanted(*batch);
    std::unique_lock held{lock_};
    offered_ = batch->sequence;
    if (records == 0) {
      if (queue_.empty()) done_ = offered_;
      return;
    }
    if (stopping_ || queued_ + records > how_.queue_records || bytes_ + batch->room > how_.queue_bytes) {
      lose(records, stopping_ ? loss::shutdown : loss::queue_full);
      if (queue_.empty()) done_ = offered_;
      held.unlock();
      if (!stopping_) tell_full(records);
      return;
    }
    queue_.push_back({batch, types_in(*batch), records});
    queued_ += records;
    bytes_ += batch->room;
    bell_.notify_all();
  }

  /// No further batch would fit. Asks to be told, by the dispatcher's bell, when the queue is half empty.
  [[nodiscard]] bool is_full() noexcept {
    std::lock_guard const held{lock_};
    bool const full = queued_ + how_.queue_records / 64 >= how_.queue_records || bytes_ + how_.queue_bytes / 64 >= how_.queue_bytes;
    if (full) tell_when_half_ = true;
    return full;
  }

  /// The last the lane hears: finish by `until`, then end.
  void stop(steady::time_point until) {
    std::lock_guard const held{lock_};
    stopping_ = true;
    until_ = until;
    bell_.notify_all();
  }
  [[nodiscard]] bool wait_until(steady::time_point until) { return thread_.wait_until(until); }

  // ---- for anybody ------------------------------------------------------------------------------------------------------------------

  /// True: all batches up to `sequence` are done with and the exporter has flushed, before `until`, and nothing was lost since the last flush.
  bool flush(std::uint64_t sequence, steady::time_point until) {
    std::unique_lock held{lock_};
    auto const ticket = ++flush_asked_;
    flush_sequence_ = std::max(flush_sequence_, sequence);
    flush_until_ = until;
    bell_.notify_all();
    bell_.wait_until(held, until, [&] { return flush_served_ >= ticket || ended_; });
    return flush_served_ >= ticket && flush_well_;
  }

  /// Everything but what has not reached the lane yet.
  [[nodiscard]] exporter_stats stats() const {
    std::lock_guard const held{lock_};
    exporter_stats out = counters_;
    out.name = name_;
    out.queued = queued_;
    return out;
  }
  [[nodiscard]] record_types takes_types() const noexcept { return takes_; }
  [[nodiscard]] bool takes_type(std::size_t type) const noexcept { return (takes_ >> type & 1) != 0; }
  [[nodiscard]] std::string const& name() const noexcept { return name_; }
  [[nodiscard]] std::uint64_t losses() const noexcept {
    std::lock_guard const held{lock_};
    return lost_;
  }

 private:
  struct item {
    batch_ref batch;
    record_types left;      // types the exporter has not taken yet
    std::uint64_t records;  // of those
    unsigned attempts = 0;
  };

  [[nodiscard]] std::uint64_t wanted(batch_data const& batch) const noexcept {
    std::uint64_t out = 0;
    for (std::size_t type = 1; type < entry_types; ++type)
      if (takes_type(type)) out += batch.counts[type];
    return out;
  }
  [[nodiscard]] record_types types_in(batch_data const& batch) const noexcept {
    record_types out = 0;
    for (std::size_t type = 1; type < entry_types; ++type)
      if (takes_type(type) && batch.counts[type] != 0) out |= 1u << type;
    return out;
  }

  void lose(std::uint64_t records, loss why) noexcept {
    counters_.dropped += records;
    counters_.dropped_by[static_cast<std::size_t>(why)] += records;
    lost_ += records;
    lost_since_ += records;
  }

  void tell_full(std::uint64_t records) noexcept {
    say(problem_code::queue_full, "the queue of exporter '" + name_ + "' is full, " + std::to_string(records) +
                                      " new records are lost: its back end is slow or away. Raise batching.queue_records, or sample");
  }
  void say(problem_code code, std::string const& what) noexcept {
    if (problems_.report(code, what, name_)) dispatcher_.ring();
  }

  // ---- the lane's thread ------------------------------------------------------------------------------------------------------------

  void run() noexcept {
    guard("start", [&] { to_->start({who_, [this](problem_code code, std::string what) { say(code, what); }}); });
    std::unique_lock held{lock_};
    for (;;) {
      bell_.wait(held, [this] { return !queue_.empty() || stopping_ || must_flush(); });
      if (!queue_.empty())
        serve(held);
      else if (must_flush())
        flush_exporter(held);
      else
        break;
    }
    auto const until = until_;
    held.unlock();
    guard("stop", [&] { to_->stop(until); });
    held.lock();
    ended_ = true;
    bell_.notify_all();
  }

  [[nodiscard]] bool must_flush() const noexcept { return flush_asked_ > flush_served_ && done_ >= flush_sequence_; }

  void flush_exporter(std::unique_lock<std::mutex>& held) {
    auto const asked = flush_asked_;
    auto const until = flush_until_;
    held.unlock();
    bool well = false;
    guard("flush", [&] { well = to_->flush(until); });
    held.lock();
    flush_well_ = well && lost_ == lost_at_flush_;
    lost_at_flush_ = lost_;
    flush_served_ = asked;
    bell_.notify_all();
  }

  /// Works on the oldest batch until it is done with or must wait.
  void serve(std::unique_lock<std::mutex>& held) {
    auto& first = queue_.front();
    if (steady::now() - first.batch->sealed_at > how_.keep_for) return finish(loss::expired, first.records);
    auto const until = attempt_until();
    auto const type = static_cast<entry_type>(std::countr_zero(first.left));
    batch_ref const batch = first.batch;
    ++first.attempts;
    ++counters_.batches;
    held.unlock();
    outcome const how_it_went = consume(type, batch, until);
    held.lock();
    settle(held, type, how_it_went);
  }

  [[nodiscard]] steady::time_point attempt_until() const noexcept {
    auto const full = how_.export_timeout.count() == 0 ? steady::time_point::max() : steady::now() + how_.export_timeout;
    return stopping_ ? std::min(full, until_) : full;
  }

  [[nodiscard]] outcome consume(entry_type type, batch_ref const& batch, steady::time_point until) noexcept {
    try {
      return to_->consume(type, batch, until);
    } catch (std::exception const& error) {
      threw_ = true;
      return outcome::dropped(std::string{"it threw: "} + error.what());
    } catch (...) {
      threw_ = true;
      return outcome::dropped("it threw something that is no std::exception");
    }
  }

  void settle(std::unique_lock<std::mutex>& held, entry_type type, outcome const& how_it_went) {
    auto& first = queue_.front();
    std::uint64_t const records = first.batch->count(type);
    switch (how_it_went.kind()) {
      case outcome::kind::delivered:
        counters_.delivered += records;
        tell_recovery(held);
        break;
      case outcome::kind::rejected: {
        std::uint64_t const refused = std::min(how_it_went.count(), records);
        counters_.delivered += records - refused;
        lose(refused, loss::rejected);
        tell(held, problem_code::rejected, "the back end of '" + name_ + "' refused " + std::to_string(refused) + " records: " + how_it_went.why());
        break;
      }
      case outcome::kind::retry:
        return wait_to_retry(held, how_it_went);
      case outcome::kind::dropped:
        lose(records, threw_ ? loss::threw : loss::failed);
        tell(held, threw_ ? problem_code::exporter_threw : problem_code::delivery_failed,
             "exporter '" + name_ + "' lost " + std::to_string(records) + " records: " + how_it_went.why());
        threw_ = false;
        break;
    }
    account(type, records);
  }

  /// `records` of the first batch are done with.
  void account(entry_type type, std::uint64_t records) {
    auto& first = queue_.front();
    first.left &= ~(1u << static_cast<unsigned>(type));
    first.records -= records;
    first.attempts = 0;
    queued_ -= records;
    if (first.left == 0) pop();
  }
  void finish(loss why, std::uint64_t records) {
    lose(records, why);
    queued_ -= records;
    pop();
  }
  void pop() {
    bytes_ -= queue_.front().batch->room;
    done_ = queue_.front().batch->sequence;
    queue_.pop_front();
    if (queue_.empty()) done_ = offered_;
    if (tell_when_half_ && queued_ * 2 <= how_.queue_records && bytes_ * 2 <= how_.queue_bytes) {
      tell_when_half_ = false;
      dispatcher_.ring();
    }
    bell_.notify_all();
  }

  void wait_to_retry(std::unique_lock<std::mutex>& held, outcome const& how_it_went) {
    auto& first = queue_.front();
    ++counters_.retries;
    auto const pause = pause_after(first.attempts, how_it_went.after());
    if (first.attempts == 1)
      tell(held, problem_code::delivery_failed, "exporter '" + name_ + "' could not deliver, and will try again: " + how_it_went.why());
    auto const again = steady::now() + pause;
    if (stopping_ && again >= until_) return give_all_up();
    bell_.wait_until(held, again, [&] { return stopping_ && again >= until_; });
    if (stopping_ && again >= until_) give_all_up();
  }
  void give_all_up() {
    while (!queue_.empty()) finish(loss::shutdown, queue_.front().records);
  }

  /// Doubling, with jitter of half of it either way; never sooner than the server asked.
  [[nodiscard]] std::chrono::nanoseconds pause_after(unsigned attempts, std::chrono::milliseconds asked) noexcept {
    auto pause = std::chrono::duration_cast<std::chrono::nanoseconds>(how_.retry_first);
    for (unsigned i = 1; i < attempts && pause < how_.retry_most; ++i) pause *= 2;
    pause = std::min<std::chrono::nanoseconds>(pause, how_.retry_most);
    auto& t = here();
    if (t.thread_id == 0) get_to_know(t);
    double const jitter = 0.5 + static_cast<double>(next_random(t) >> 11) * 0x1p-53;
    auto const spread = std::chrono::nanoseconds{static_cast<std::int64_t>(static_cast<double>(pause.count()) * jitter)};
    return asked.count() > 0 ? std::max<std::chrono::nanoseconds>(asked, spread) : spread;
  }

  void tell_recovery(std::unique_lock<std::mutex>& held) {
    if (lost_since_ == 0) return;
    auto const lost = std::exchange(lost_since_, 0);
    tell(held, problem_code::recovered, "exporter '" + name_ + "' delivers again; " + std::to_string(lost) + " records were lost");
  }
  void tell(std::unique_lock<std::mutex>& held, problem_code code, std::string const& what) {
    held.unlock();
    say(code, what);
    held.lock();
  }
  template <class Call>
  void guard(char const* what, Call call) noexcept {
    try {
      call();
    } catch (std::exception const& error) {
      say(problem_code::exporter_threw, "exporter '" + name_ + "' threw in " + what + ": " + error.what());
    } catch (...) {
      say(problem_code::exporter_threw, "exporter '" + name_ + "' threw in " + what);
    }
  }

  std::string const name_;
  std::unique_ptr<exporter> const to_;
  record_types const takes_;
  lane_settings const how_;
  desk& problems_;
  waker& dispatcher_;
  std::shared_ptr<resource const> who_;
  worker thread_;

  mutable std::mutex lock_;
  std::condition_variable bell_;
  std::deque<item> queue_;
  std::uint64_t queued_ = 0;
  std::size_t bytes_ = 0;
  std::uint64_t offered_ = 0, done_ = 0;
  std::uint64_t flush_asked_ = 0, flush_served_ = 0, flush_sequence_ = 0, lost_ = 0, lost_at_flush_ = 0, lost_since_ = 0;
  bool flush_well_ = true, stopping_ = false, ended_ = false, tell_when_half_ = false, threw_ = false;
  steady::time_point until_{}, flush_until_{};
  exporter_stats counters_;
};

}  // namespace detail
FANLIGHT_END
