// Bodies of exporter.hpp: what follows from an answer to PutLogEvents, pauses, and the books.
#pragma once

#include <fanlight/impl/cloudwatch/exporter.hpp>
#include <fanlight/impl/cloudwatch/line.ipp>
#include <fanlight/impl/cloudwatch/pending.ipp>
#include <fanlight/impl/cloudwatch/service.ipp>
#include <fanlight/impl/cloudwatch/streams.ipp>
#include <fanlight/impl/joined.hpp>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_COLD FANLIGHT_INLINE std::optional<outcome> cloudwatch_exporter::judge(cloudwatch_pending& from, std::size_t count,
                                                                                cloudwatch_reply& reply, deadline until) {
  switch (reply.verdict) {
    case cloudwatch_verdict::done:
      note_taken(from, count, reply);
      if (!std::exchange(kept_up_, true)) keep_up(until);
      return std::nullopt;
    case cloudwatch_verdict::missing: return make_place(from, count, until);
    case cloudwatch_verdict::throttled:
    case cloudwatch_verdict::conflict:
    case cloudwatch_verdict::transient: return put_off(reply);
    case cloudwatch_verdict::keys: return wait_for_keys(reply);
    case cloudwatch_verdict::too_large: return split(from, count, reply.why);
    case cloudwatch_verdict::legacy:
      if (!std::exchange(legacy_, true)) return std::nullopt;  // it carries no token, and that is what is wanted now
      break;
    case cloudwatch_verdict::denied: note_denied(reply); break;
    case cloudwatch_verdict::permanent: break;
  }
  lose(from, count, reply.why);
  return std::nullopt;
}

FANLIGHT_COLD FANLIGHT_INLINE void cloudwatch_exporter::note_taken(cloudwatch_pending& from, std::size_t count,
                                                                   cloudwatch_reply const& reply) {
  auto const rejected = read_rejected(reply.answer.body, count);
  from.take_away();
  from.made = false;
  quota_.succeeded();
  current_ = nullptr;
  begin_request();
  pauses_ = 0;
  told_failure_ = told_keys_ = told_denied_ = false;
  settle(fate::delivered, count - rejected.events());
  if (rejected.events() != 0) note_rejected(rejected, count);
  if (rejected.entity.empty() || std::exchange(entity_off_, true)) return;
  tell(problem_code::back_end_warned, joined({how_.given.name, ": CloudWatch does not take the entity (", rejected.entity,
                                              "); the events are kept without it, and it is not sent any more"}));
}

FANLIGHT_COLD FANLIGHT_INLINE void cloudwatch_exporter::note_rejected(cloudwatch_rejected const& what, std::size_t count) {
  std::string why;
  auto const add = [&why](std::size_t events, char const* cause) {
    if (events != 0) why += (why.empty() ? "" : ", ") + std::to_string(events) + cause;
  };
  add(what.too_old, " too old (CloudWatch takes what is at most 14 days old)");
  add(what.expired, " expired (older than the retention of the group)");
  add(what.too_new, " too new (CloudWatch takes what is at most 2 hours ahead; is the clock right?)");
  why += ", of a request of " + std::to_string(count);
  settle(fate::too_old, what.too_old, why);
  settle(fate::past_retention, what.expired, why);
  settle(fate::too_new, what.too_new, why);
}

/// The request will never be taken.
FANLIGHT_COLD FANLIGHT_INLINE void cloudwatch_exporter::lose(cloudwatch_pending& from, std::size_t count, std::string const& why) {
  from.take_away();
  current_ = nullptr;
  quota_.gave_up();
  begin_request();
  settle(fate::failed, count, why);
}

FANLIGHT_COLD FANLIGHT_INLINE std::optional<outcome> cloudwatch_exporter::split(cloudwatch_pending& from, std::size_t count, std::string const& why) {
  if (!from.halve()) lose(from, count, why);
  begin_request();
  return std::nullopt;
}

FANLIGHT_COLD FANLIGHT_INLINE void cloudwatch_exporter::note_denied(cloudwatch_reply const& reply) {
  if (!std::exchange(told_denied_, true))
    tell(problem_code::key_refused, reply.why + "; the keys have no right to it: logs:PutLogEvents and logs:CreateLogStream are needed, and "
                                                "logs:CreateLogGroup where the group is not there");
}

// ---- pauses -----------------------------------------------------------------------------------------------------------------------------

FANLIGHT_COLD FANLIGHT_INLINE bool cloudwatch_exporter::wait(std::chrono::milliseconds time, deadline until) {
  if (wait_) return wait_(time);
  auto const end = std::chrono::steady_clock::now() + time;
  std::unique_lock held{lock_};
  bool const hurried = bell_.wait_until(held, std::min(end, until), [&] { return hurried_ < end; });
  return !hurried && end <= until;
}

/// Between attempts it is waited here. A long pause is left to the lane, unless somebody waits for all of it.
FANLIGHT_COLD FANLIGHT_INLINE std::optional<outcome> cloudwatch_exporter::hold_off(deadline until) {
  auto const at = now();
  if (not_before_ <= at) return std::nullopt;
  auto const left = std::chrono::ceil<std::chrono::milliseconds>(not_before_ - at);
  bool const has_time = std::chrono::steady_clock::now() + left < until;
  if ((long_pause_ && !patient_) || !has_time || !wait(left, until)) return outcome::retry(why_, left);
  not_before_ = (moment::min)();
  return std::nullopt;
}

FANLIGHT_COLD FANLIGHT_INLINE std::optional<outcome> cloudwatch_exporter::put_off(cloudwatch_reply& reply) {
  auto const why = reply.verdict == cloudwatch_verdict::throttled ? aws_class::throttled : aws_class::transient;
  auto const& around = service_.around();
  auto const pause = aws_pause(why, attempt_, around.random(), reply.answer, around.now());
  ++attempt_;
  if (attempt_ >= how_.given.attempts || !quota_.take(why)) {
    quota_.gave_up();
    attempt_ = 0;
    return pause_for(pause, std::move(reply.why));
  }
  why_ = std::move(reply.why);
  long_pause_ = false;
  not_before_ = now() + pause;
  return std::nullopt;
}

/// Nothing is sent for 1 second, then for 2, and so on to 30; or for longer when that was asked.
FANLIGHT_COLD FANLIGHT_INLINE std::optional<outcome> cloudwatch_exporter::pause_for(std::chrono::milliseconds asked, std::string why) {
  auto const own = std::min(std::chrono::milliseconds{1000} * (1u << std::min(pauses_, 5u)), std::chrono::milliseconds{30'000});
  ++pauses_;
  auto const pause = std::max(own, asked);
  not_before_ = now() + pause;
  long_pause_ = true;
  why_ = why;
  if (!std::exchange(told_failure_, true)) tell(problem_code::send_failed, why + "; what is to be sent is kept, and tried again");
  give_up_old(why);
  if (patient_) return std::nullopt;
  return outcome::retry(std::move(why), pause);
}

FANLIGHT_COLD FANLIGHT_INLINE std::optional<outcome> cloudwatch_exporter::wait_for_keys(cloudwatch_reply& reply) {
  auto news = service_.news();
  if (news.empty() && !told_keys_) news = reply.why;
  if (!news.empty()) {
    told_keys_ = told_failure_ = true;
    tell(problem_code::key_refused, joined({how_.given.name, ": ", news, "; what is to be sent is kept, and tried again"}));
  }
  return pause_for({}, std::move(reply.why));
}

/// What has been tried for too long.
FANLIGHT_COLD FANLIGHT_INLINE void cloudwatch_exporter::give_up_old(std::string const& why) {
  auto const limit = now() - setup_.keep_for;
  for (auto const& one : streams_.open()) {
    auto const count = one->since() < limit ? one->drop_older_than(limit) : 0;
    if (count == 0) continue;
    if (current_ == one.get()) current_ = nullptr, begin_request();
    settle(fate::expired, count, why);
  }
}

}  // namespace detail
FANLIGHT_END
