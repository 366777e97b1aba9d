// Bodies of the class lane: the books. What an exporter said of a batch, or of records that it had kept, becomes counts, words, another
// attempt or the end. Runs on the lane's thread; declared in lane.hpp.
#pragma once

#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/lane.hpp>

FANLIGHT_BEGIN
namespace detail {

/// Takes what is below the exporter's least level out of the oldest batch, once, before its first attempt.
FANLIGHT_COLD FANLIGHT_INLINE void lane::sift(lock& held) noexcept {
  constexpr std::uint32_t log_bit = 1u << static_cast<unsigned>(entry_type::log);
  auto& first = queue_.front();  // stays where it is: nobody else takes what is sifted from the front, but abandon(), which takes all
  batch_ref const all = first.batch;
  first.is_sifted = true;
  if ((first.left & log_bit) == 0) return;
  held.unlock();
  auto const below = logs_below(*all, how_.least_level);
  bool const some = below != 0 && below < all->count(entry_type::log);
  batch_ref rest{some ? sifted(*all, how_.least_level) : nullptr};
  held.lock();
  if (abandoned_ || below == 0) return;
  if (some && !rest) return give_up_first(loss::failed);
  auto const left_out = counts_type(static_cast<std::size_t>(entry_type::log)) ? below : 0u;
  counters_.filtered += left_out;
  counters_.filtered_by[static_cast<std::size_t>(filter::level)] += left_out;
  first.records -= left_out;
  queued_ -= left_out;
  if (some) {
    bytes_ = bytes_ - all->room + rest->room;
    first.batch = std::move(rest);
  } else {
    first.left &= ~log_bit;
  }
  if (first.left == 0) pop();
}

FANLIGHT_COLD FANLIGHT_INLINE void lane::flush_exporter(lock& held) noexcept {
  auto const ticket = flushes_.due(done_);
  auto const until = flushes_.patience(ticket);
  auto const complete = flushes_.complete(ticket);
  held.unlock();
  bool well = false;
  guard("flush", [&] {
    if (keeps_) to_->note_complete(complete);
    well = to_->flush(until);
  });
  held.lock();
  if (keeps_) quiet_ = false;
  if (keeps_ && !well) plan_tending(true, {});  // otherwise it stays as planned: what tend() is for may be none of a flush's business
  flushes_.serve(ticket, done_, complete, well && lost_ == lost_at_flush_);
  lost_at_flush_ = lost_;
  bell_.notify_all();
}

FANLIGHT_COLD FANLIGHT_INLINE void lane::settle(lock& held, entry_type type, outcome const& how_it_went) noexcept {
  std::uint64_t const records = counted(*queue_.front().batch, type);
  if (how_it_went.kind() != outcome::kind::delivered) note_error(how_it_went.why());
  if (keeps_ && how_it_went.kind() != outcome::kind::retry) return take_back(held, type, records, how_it_went);
  switch (how_it_went.kind()) {
    case outcome::kind::delivered:
      counters_.delivered += records;
      note_success();
      account(type, records);
      return tell_recovery(held);
    case outcome::kind::rejected: return settle_rejected(held, type, records, how_it_went);
    case outcome::kind::retry: return wait_to_retry(held, how_it_went);
    case outcome::kind::dropped:
      lose(records, threw_ ? loss::threw : loss::failed);
      account(type, records);
      say_unlocked(held, threw_ ? problem_code::exporter_threw : problem_code::delivery_failed, [&] {
        return joined({"exporter '", name_, "' lost ", std::to_string(records), " records: ", how_it_went.why()});
      });
  }
}

FANLIGHT_COLD FANLIGHT_INLINE void lane::settle_rejected(lock& held, entry_type type, std::uint64_t records,
                                                         outcome const& how_it_went) noexcept {
  std::uint64_t const refused = std::min(how_it_went.count(), records);
  counters_.delivered += records - refused;
  if (refused != records) note_success();
  lose(refused, loss::rejected);
  account(type, records);
  say_unlocked(held, problem_code::rejected, [&] {
    return joined({"the back end of '", name_, "' refused ", std::to_string(refused), " of ", std::to_string(records),
                   " records: ", how_it_went.why()});
  });
}

/// The exporter has seen all of it; only what it says by settle() is known of the records, unless it threw.
FANLIGHT_COLD FANLIGHT_INLINE void lane::take_back(lock& held, entry_type type, std::uint64_t records,
                                                   outcome const& how_it_went) noexcept {
  auto& first = queue_.front();
  first.left &= ~(1u << static_cast<unsigned>(type));
  first.attempts = 0;
  if (first.left == 0) pop();
  if (!threw_) return;
  auto const gone = std::min(records, kept_);
  kept_ -= gone;
  lose(gone, loss::threw);
  say_unlocked(held, problem_code::exporter_threw, [&] {
    return joined({"exporter '", name_, "' lost ", std::to_string(gone), " records: ", how_it_went.why()});
  });
}

/// From within a call of the exporter: the lock is free.
FANLIGHT_COLD FANLIGHT_INLINE void lane::settle_kept(fate how, std::uint64_t records, std::string const& why) noexcept {
  lock held{lock_};
  records = std::min(records, kept_);
  if (records == 0) return;
  kept_ -= records;
  switch (how) {
    case fate::delivered:
      counters_.delivered += records;
      note_success();
      return tell_recovery(held);
    case fate::no_parent:
      counters_.filtered += records;
      counters_.filtered_by[static_cast<std::size_t>(filter::no_parent)] += records;
      return;
    case fate::ignored:
      counters_.filtered += records;
      counters_.filtered_by[static_cast<std::size_t>(filter::ignored)] += records;
      return;
    case fate::limited: return lose_quietly(records, loss::limited);
    case fate::full:
      lose_quietly(records, loss::queue_full);
      say_unlocked(held, problem_code::queue_full, [&] {
        return joined({"exporter '", name_, "' lost ", std::to_string(records), " new records: ", why});
      });
      return;
    case fate::rejected: return lose_kept(held, records, loss::rejected, problem_code::rejected, why);
    case fate::too_old: return lose_kept(held, records, loss::too_old, problem_code::rejected, why);
    case fate::too_new: return lose_kept(held, records, loss::too_new, problem_code::rejected, why);
    case fate::past_retention: return lose_kept(held, records, loss::past_retention, problem_code::rejected, why);
    case fate::empty: return lose_kept(held, records, loss::empty, problem_code::rejected, why);
    case fate::failed: return lose_kept(held, records, loss::failed, problem_code::delivery_failed, why);
    case fate::expired: return lose_kept(held, records, loss::expired, problem_code::expired, why);
  }
}

/// From within a call of the exporter: the lock is free.
FANLIGHT_COLD FANLIGHT_INLINE void lane::count(request_note const& of) noexcept {
  lock held{lock_};
  counts_itself_ = true;
  counters_.bytes += of.bytes;
  counters_.retries += of.repeats;
  if (!of.wrong.empty()) note_error(of.wrong);
}
FANLIGHT_COLD FANLIGHT_INLINE void lane::note_success() noexcept { counters_.last_success = std::chrono::system_clock::now(); }
FANLIGHT_COLD FANLIGHT_INLINE void lane::note_error(std::string_view why) noexcept {
  counters_.last_error_at = std::chrono::system_clock::now();
  try {
    counters_.last_error.assign(why);
  } catch (std::bad_alloc const&) {  // then only when it was
    counters_.last_error.clear();
  }
}

/// That there are too many is no outage.
FANLIGHT_COLD FANLIGHT_INLINE void lane::lose_quietly(std::uint64_t records, loss as) noexcept {
  counters_.dropped += records;
  counters_.dropped_by[static_cast<std::size_t>(as)] += records;
  lost_ += records;
}

FANLIGHT_COLD FANLIGHT_INLINE void lane::lose_kept(lock& held, std::uint64_t records, loss as, problem_code code,
                                                   std::string const& why) noexcept {
  lose(records, as);
  note_error(why);
  say_unlocked(held, code, [&] {
    std::string const verb = code == problem_code::rejected ? "' lost, by its back end's refusal, " : as == loss::expired ? "' could not deliver within batching.keep_for, and gives up, " : "' lost ";
    return joined({"exporter '", name_, verb, std::to_string(records), " records: ", why});
  });
}

/// `records` of the first batch are done with; they have been counted, and leave the queue in the same breath.
FANLIGHT_COLD FANLIGHT_INLINE void lane::account(entry_type type, std::uint64_t records) noexcept {
  auto& first = queue_.front();
  first.left &= ~(1u << static_cast<unsigned>(type));
  first.records -= records;
  first.attempts = 0;
  queued_ -= records;
  if (first.left == 0) pop();
}

FANLIGHT_COLD FANLIGHT_INLINE void lane::give_up_first(loss why) noexcept {
  std::uint64_t const records = queue_.front().records;
  lose(records, why);
  queued_ -= records;
  pop();
}

/// The oldest batches go that nobody is at work on, until one of this size fits. Gives how many records are lost.
FANLIGHT_COLD FANLIGHT_INLINE std::uint64_t lane::make_room(std::uint64_t records, std::size_t bytes) noexcept {
  std::uint64_t out = 0;
  while (!ended_ && !abandoned_ && (queued_ + records > how_.queue_records || bytes_ + bytes > how_.queue_bytes)) {
    auto oldest = queue_.begin();
    bool const is_held = oldest != queue_.end() && (busy_ || oldest->attempts != 0 || oldest->is_sifted);
    if (is_held) ++oldest;
    if (oldest == queue_.end()) break;
    lose(oldest->records, loss::queue_full);
    queued_ -= oldest->records, out += oldest->records;
    if (!is_held) pop();
    else bytes_ -= oldest->batch->room, queue_.erase(oldest);
  }
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE void lane::pop() noexcept {
  bytes_ -= queue_.front().batch->room;
  done_ = queue_.front().batch->sequence;
  queue_.pop_front();
  if (queue_.empty()) done_ = offered_;
  if (tell_of_room_ && (queue_.empty() || (queued_ * 2 <= how_.queue_records && bytes_ * 2 <= how_.queue_bytes))) {
    tell_of_room_ = false;
    dispatcher_.ring();
  }
}

/// Too old, or the server asks for more time than it has left.
FANLIGHT_COLD FANLIGHT_INLINE void lane::expire(lock& held, std::string const& why) noexcept {
  std::uint64_t const records = queue_.front().records;
  give_up_first(loss::expired);
  if (!why.empty()) note_error(why);
  say_unlocked(held, problem_code::expired, [&] {
    return joined({std::to_string(records), " records of exporter '", name_,
                   "' could not be delivered within batching.keep_for and are given up", (why.empty() ? "" : ": " + why)});
  });
}

FANLIGHT_COLD FANLIGHT_INLINE void lane::wait_to_retry(lock& held, outcome const& how_it_went) noexcept {
  if (!counts_itself_) ++counters_.retries;
  bool const asked = how_it_went.after().count() > 0 && !keeps_;
  if (asked && after(how_it_went.after()) > queue_.front().batch->sealed_at + how_.keep_for) return expire(held, how_it_went.why());
  auto const again = after(pause_after(queue_.front().attempts, how_.retry_first, how_.retry_most, how_it_went.after()));
  if (queue_.front().attempts == 1 && !keeps_)  // those tell it themselves
    say_unlocked(held, problem_code::delivery_failed, [&] {
      return joined({"exporter '", name_, "' could not deliver, and will try again: ", how_it_went.why()});
    });
  auto const too_late = [&] { return abandoned_ || (stopping_ && again >= until_); };
  if (bell_.wait_until(held, again, too_late) && !abandoned_)
    while (!queue_.empty()) give_up_first(loss::shutdown);
}

/// What cannot be said, because the last time is not long ago, is said with the next.
FANLIGHT_COLD FANLIGHT_INLINE void lane::tell_recovery(lock& held) noexcept {
  if (!std::exchange(outage_, false)) return;
  auto const lost = lost_since_;
  bool const told = say_unlocked(held, problem_code::recovered, [&] {
    return joined({"exporter '", name_, "' delivers again; ", std::to_string(lost), " records were lost"});
  });
  if (told) lost_since_ -= lost;
}

}  // namespace detail
FANLIGHT_END
