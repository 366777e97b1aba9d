// Bodies of exporter.hpp, and the factory of exporters/rollbar.hpp.
#pragma once

#include <fanlight/impl/backoff.hpp>
#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/otlp_ruling.hpp>
#include <fanlight/impl/rollbar/exporter.hpp>
#include <fanlight/impl/rollbar/maker.ipp>
#include <fanlight/impl/rollbar/truncate.hpp>

#include <ctime>

FANLIGHT_BEGIN
namespace detail {

/// Of all bodies that wait. Their trees take a few times that.
inline constexpr std::size_t most_waiting_bytes = std::size_t{16} << 20;

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::unique_ptr<http_transport> rollbar_transport(rollbar_config const& how) {
  if (!how.transmit) return nullptr;
  http_options options;
  options.ca_file = how.ca_file;
  options.proxy = how.proxy;
  options.verify = how.verify;
  options.connect_timeout = how.timeout;
  options.response_cap = std::size_t{256} << 10;
  options.user_agent = "fanlight/" FANLIGHT_VERSION_STRING;
  return how.instead.transport ? how.instead.transport(options) : curl_transport(options);
}

FANLIGHT_COLD FANLIGHT_INLINE rollbar_exporter::rollbar_exporter(rollbar_settings how)
    : how_{std::move(how)}, transport_{rollbar_transport(how_.given)}, ring_{how_.given.telemetry} {}

FANLIGHT_COLD FANLIGHT_INLINE void rollbar_exporter::start(exporter_setup const& setup) {
  setup_ = setup;
  maker_.emplace(how_.given, setup_);
  if (transport_ && !how_.given.spool.folder.empty()) open_spool();
}

FANLIGHT_COLD FANLIGHT_INLINE void rollbar_exporter::hurry(deadline until) noexcept {
  if (transport_) transport_->hurry(until);
  std::lock_guard const held{lock_};
  hurried_ = std::min(hurried_, until);
  bell_.notify_all();
}

FANLIGHT_COLD FANLIGHT_INLINE outcome rollbar_exporter::consume(entry_type type, batch_ref const& records, deadline until) {
  ring_.take(type, records);
  if (type != entry_type::error || !maker_) return outcome::delivered();
  for (auto const& each : batch<error_record>{records}) take(each);
  static_cast<void>(send_all(until));
  return outcome::delivered();
}

FANLIGHT_COLD FANLIGHT_INLINE void rollbar_exporter::take(error_record const& from) {
  using verdict = rollbar_maker::verdict;
  auto made = maker_->make(from, ring_, now());
  auto& counts = books();
  auto const note = [&](rollbar_books::count& which, fate how, rollbar_result result) {
    which.fetch_add(1, std::memory_order_relaxed);
    settle(how, 1);
    maker_->tell_result(made.uuid, result);
  };
  switch (made.how) {
    case verdict::go: return enqueue(std::move(made.data), std::move(made.uuid), 1);
    case verdict::ignored: return note(counts.ignored, fate::ignored, rollbar_result::ignored);
    case verdict::sampled_out: return note(counts.sampled_out, fate::ignored, rollbar_result::ignored);
    case verdict::duplicate: return note(counts.duplicates, fate::ignored, rollbar_result::ignored);
    case verdict::rate_limited: return note(counts.rate_limited, fate::limited, rollbar_result::limited);
  }
}

/// The newest gives way where there is no room.
FANLIGHT_COLD FANLIGHT_INLINE void rollbar_exporter::enqueue(rollbar_node data, std::string uuid, std::uint64_t records) {
  waiting one;
  if (fit_rollbar_item(data, how_.given.max_bytes, one.body)) books().truncated.fetch_add(1, std::memory_order_relaxed);
  maker_->show(one.body);
  if (!transport_) {
    settle(fate::delivered, records);
    return maker_->tell_result(uuid, rollbar_result::built);
  }
  bool const no_room = queue_.size() >= how_.given.queue || (!queue_.empty() && bytes_ + one.body.size() > most_waiting_bytes);
  one.data = std::move(data);
  one.uuid = std::move(uuid);
  if (no_room && records != 0) {
    bool const kept = set_aside(one);
    if (!kept) books().queue_full.fetch_add(1, std::memory_order_relaxed);
    settle(fate::full, records, kept ? "its queue is full: Rollbar is slow or away. They are in the spool, and are sent later" : "its queue is full: Rollbar is slow or away. Raise rollbar_config::queue");
    return maker_->tell_result(one.uuid, kept ? rollbar_result::spooled : rollbar_result::failed);
  }
  one.since = now();
  one.records = records;
  bytes_ += one.body.size();
  queue_.push_back(std::move(one));
  books().queued.store(queue_.size(), std::memory_order_relaxed);
}

FANLIGHT_COLD FANLIGHT_INLINE void rollbar_exporter::add_notice(bool at_once) {
  if (maker_->owes_notice() && (at_once || now() >= maker_->notice_at())) enqueue(maker_->notice(), {}, 0);
}

FANLIGHT_COLD FANLIGHT_INLINE outcome rollbar_exporter::tend(deadline until) {
  if (!maker_) return outcome::delivered();
  add_notice(false);
  auto out = send_all(until);
  if (out.kind() == outcome::kind::delivered && maker_->owes_notice())
    return outcome::retry({}, std::chrono::ceil<std::chrono::milliseconds>(std::max(maker_->notice_at() - now(), std::chrono::steady_clock::duration{1})));
  auto const spool_at = std::max(spool_rests_until_, blocked_until_);
  if (out.kind() == outcome::kind::delivered && spool_ && now() < spool_at) return outcome::later(std::chrono::ceil<std::chrono::milliseconds>(spool_at - now()));
  return out;
}

/// Waits out what is in the way, as long as there is time.
FANLIGHT_COLD FANLIGHT_INLINE bool rollbar_exporter::flush(deadline until) {
  if (!maker_) return true;
  add_notice(true);
  for (;;) {
    auto const how_it_went = send_all(until);
    if (how_it_went.kind() == outcome::kind::delivered) return true;
    std::unique_lock held{lock_};
    auto const limit = std::min(until, hurried_);
    auto const again = std::chrono::steady_clock::now() + std::max(how_it_went.after(), std::chrono::milliseconds{1});
    if (again > limit) return held.unlock(), secure(), false;
    bell_.wait_until(held, again, [&] { return hurried_ < again; });
  }
}

FANLIGHT_COLD FANLIGHT_INLINE void rollbar_exporter::stop(deadline until) {
  if (!maker_) return;
  add_notice(true);
  static_cast<void>(send_all(until));
  for (auto& each : queue_)
    if (set_aside(each) && each.records != 0) maker_->tell_result(each.uuid, rollbar_result::spooled);
}

FANLIGHT_COLD FANLIGHT_INLINE void rollbar_exporter::secure() {
  for (auto& each : queue_) static_cast<void>(set_aside(each));
}

// ---- sending ----------------------------------------------------------------------------------------------------------------------------

FANLIGHT_COLD FANLIGHT_INLINE http_answer rollbar_exporter::request(waiting const& one, deadline until) {
  http_request out;
  out.url = how_.url;
  out.body = one.body;
  out.fresh = one.attempts != 0;
  out.headers = {{"Content-Type", "application/json"}, {"X-Rollbar-Access-Token", how_.given.access_token}};
  return transport_->send(out, std::min(until, std::chrono::steady_clock::now() + how_.given.timeout));
}

FANLIGHT_COLD FANLIGHT_INLINE outcome rollbar_exporter::send_all(deadline until) {
  for (;;) {
    lose_old();
    auto const at = now();
    bool const blocked = at < blocked_until_;
    if (queue_.empty() && (blocked || !take_from_spool())) break;
    if (blocked) return outcome::retry(blocked_why_, std::chrono::ceil<std::chrono::milliseconds>(blocked_until_ - at));
    if (std::chrono::steady_clock::now() >= until) return outcome::retry("there was no time left", std::chrono::milliseconds{1});
    auto const answer = request(queue_.front(), until);
    auto ruling = rule_on_item(answer, static_cast<std::int64_t>(std::time(nullptr)));
    if (answer.failed == http_failure::none) ruling.why = joined({url_for_people(how_.url), ": ", maker_->scrubber().clean(ruling.why)});
    follow(ruling);
  }
  return outcome::delivered();
}

FANLIGHT_COLD FANLIGHT_INLINE void rollbar_exporter::follow(rollbar_ruling& ruling) {
  if (ruling.wait.count() != 0) block(ruling.wait, ruling.why);
  switch (ruling.verdict) {
    case rollbar_verdict::taken: return follow_taken(queue_.front());
    case rollbar_verdict::refused:
    case rollbar_verdict::forbidden: return lose_front(fate::rejected, ruling.why);
    case rollbar_verdict::too_large: return follow_too_large(ruling);
    case rollbar_verdict::limited: return tell_once(ruling.why);
    case rollbar_verdict::again:
      if (queue_.front().attempts >= how_.given.max_retries) return lose_front(fate::failed, ruling.why);
      return wait_and_repeat(ruling);
    case rollbar_verdict::away: return wait_and_repeat(ruling);
    case rollbar_verdict::hopeless:
      block(std::chrono::seconds{60}, ruling.why);
      return lose_front(fate::failed, ruling.why);
  }
}

FANLIGHT_COLD FANLIGHT_INLINE void rollbar_exporter::follow_taken(waiting const& one) {
  told_ = false;
  if (one.records != 0 || one.on_disk) books().sent.fetch_add(1, std::memory_order_relaxed);
  remove_file(one);
  settle(fate::delivered, one.records);
  maker_->tell_result(one.uuid, rollbar_result::sent);
  pop();
}

/// Once more at half the size, then a short item in its place; if Rollbar has neither, it is lost.
FANLIGHT_COLD FANLIGHT_INLINE void rollbar_exporter::follow_too_large(rollbar_ruling const& ruling) {
  auto& one = queue_.front();
  if (one.cuts == 2 || one.data.members.empty()) return lose_front(fate::rejected, ruling.why);
  bytes_ -= one.body.size();
  if (one.cuts++ == 0) {
    if (fit_rollbar_item(one.data, std::max<std::size_t>(std::min(how_.given.max_bytes, one.body.size()) / 2, 4'096), one.body))
      books().truncated.fetch_add(1, std::memory_order_relaxed);
  } else {
    one.data = maker_->failsafe(one.data);
    static_cast<void>(fit_rollbar_item(one.data, how_.given.max_bytes, one.body));
  }
  bytes_ += one.body.size();
  books().retried.fetch_add(1, std::memory_order_relaxed);
}

FANLIGHT_COLD FANLIGHT_INLINE void rollbar_exporter::wait_and_repeat(rollbar_ruling const& ruling) {
  books().retried.fetch_add(1, std::memory_order_relaxed);
  tell_once(ruling.why);
  block(pause_after(++queue_.front().attempts, how_.given.retry_first, how_.given.retry_most, ruling.wait), ruling.why);
}

FANLIGHT_COLD FANLIGHT_INLINE void rollbar_exporter::block(std::chrono::nanoseconds wait, std::string const& why) {
  blocked_until_ = std::max(blocked_until_, now() + wait);
  blocked_why_ = why;
}

FANLIGHT_COLD FANLIGHT_INLINE void rollbar_exporter::tell_once(std::string const& why) {
  if (setup_.tell && !std::exchange(told_, true)) setup_.tell(problem_code::send_failed, why + "; items are kept, and sent later");
}

FANLIGHT_COLD FANLIGHT_INLINE void rollbar_exporter::lose_front(fate how, std::string const& why) {
  auto& one = queue_.front();
  bool const refused = how == fate::rejected;
  bool const was_there = one.on_disk.has_value(), kept = !refused && set_aside(one);
  if (was_there && kept) spool_rests_until_ = now() + how_.given.retry_most;
  if (refused) remove_file(one);
  auto& which = refused ? books().rejected : how == fate::expired ? books().expired : books().failed;
  if (!kept && (one.records != 0 || one.on_disk)) which.fetch_add(1, std::memory_order_relaxed);
  settle(how, one.records, kept ? why + "; it is in the spool, and is sent later" : why);
  if (!kept || one.records != 0) maker_->tell_result(one.uuid, refused ? rollbar_result::rejected : kept ? rollbar_result::spooled : rollbar_result::failed);
  pop();
}

// ---- the spool --------------------------------------------------------------------------------------------------------------------------

FANLIGHT_COLD FANLIGHT_INLINE void rollbar_exporter::open_spool() {
  auto const& how = how_.given.spool;
  spool_.emplace(how.folder, how_.given.name, rollbar_spool::bounds{how.items, how.bytes, how.age});
  if (auto const wrong = spool_->open(); !wrong.empty()) {
    spool_.reset();
    if (setup_.tell)
      setup_.tell(problem_code::file_failed, joined({"the spool's folder '", how.folder, "' cannot be used (", wrong,
                                                     "), so what cannot be sent is lost when the program ends"}));
  } else if (setup_.tend_soon) {
    setup_.tend_soon();
  }
}

/// When it comes, Rollbar shows when that was: the item says besides when it happened.
FANLIGHT_COLD FANLIGHT_INLINE bool rollbar_exporter::set_aside(waiting& one) {
  if (!spool_) return false;
  if (one.on_disk) return true;
  if (one.uuid.empty()) return false;  // a notice of our own
  auto const* const time = one.data.find("timestamp");
  auto const happened = (time == nullptr ? wall_now() / 1'000'000'000 : time->whole) * 1000;
  one.data.within("custom").offer("occurred_at_ms", rollbar_node::number(happened));
  std::string body;
  static_cast<void>(fit_rollbar_item(one.data, how_.given.max_bytes, body));
  rollbar_spool::item place;
  auto const wrong = spool_->keep(one.uuid, happened, body, place);
  books().spool_dropped.fetch_add(spool_->thrown_away(), std::memory_order_relaxed);
  if (!wrong.empty()) {
    if (setup_.tell)
      setup_.tell(problem_code::file_failed, joined({"an item could not be written to '", how_.given.spool.folder, "': ", wrong}));
    return false;
  }
  one.on_disk = std::move(place);
  books().spooled.fetch_add(1, std::memory_order_relaxed);
  return true;
}

/// What cannot be removed would be sent again and again.
FANLIGHT_COLD FANLIGHT_INLINE void rollbar_exporter::remove_file(waiting const& one) {
  if (!one.on_disk || !spool_ || spool_->remove(*one.on_disk)) return;
  spool_.reset();
  if (setup_.tell)
    setup_.tell(problem_code::file_failed, joined({"'", one.on_disk->path, "' cannot be removed; the spool is left alone from now on"}));
}

FANLIGHT_COLD FANLIGHT_INLINE bool rollbar_exporter::take_from_spool() {
  if (!spool_ || now() < spool_rests_until_) return false;
  auto found = spool_->oldest(wall_now() / 1'000'000);
  books().spool_dropped.fetch_add(spool_->thrown_away(), std::memory_order_relaxed);
  if (!found) {
    if (!spool_->is_held()) spool_rests_until_ = now() + how_.given.retry_most;  // whoever sends them may end before it has
    return false;
  }
  waiting one;
  one.body = found->body, one.uuid = found->uuid;
  one.since = now();
  one.records = 0;
  one.on_disk = std::move(found);
  bytes_ += one.body.size();
  queue_.push_back(std::move(one));
  books().queued.store(queue_.size(), std::memory_order_relaxed);
  return true;
}

FANLIGHT_COLD FANLIGHT_INLINE void rollbar_exporter::lose_old() {
  auto const at = now();
  while (!queue_.empty() && at - queue_.front().since > setup_.keep_for) lose_front(fate::expired, blocked_why_);
}

FANLIGHT_COLD FANLIGHT_INLINE void rollbar_exporter::pop() {
  bytes_ -= queue_.front().body.size();
  queue_.pop_front();
  books().queued.store(queue_.size(), std::memory_order_relaxed);
}

FANLIGHT_COLD FANLIGHT_INLINE void complete_rollbar(rollbar_config const& given, exporter_spec& to, environment const& from, bool final) {
  auto how = settle_rollbar(given, from, final, to.problems);
  to.off = how.off;
  auto const kept = std::make_shared<rollbar_settings const>(std::move(how));
  to.make = [kept]() -> std::unique_ptr<exporter> { return std::make_unique<rollbar_exporter>(*kept); };
}

}  // namespace detail

FANLIGHT_COLD FANLIGHT_INLINE exporter_spec rollbar(rollbar_config given) {
  exporter_spec out;
  out.name = given.name;
  if (!given.instead.transport && given.enabled && given.transmit) out.prepare = [] { detail::prepare_curl(); };
  std::vector<problem> said;
  auto const kept = std::make_shared<rollbar_config const>(std::move(given));
  detail::check_rollbar(*kept, out.problems);
  detail::complete_rollbar(*kept, out, detail::environment{{}, said}, false);
  if (out.problems.empty())
    out.complete = [kept](exporter_spec& self, detail::environment const& from) { detail::complete_rollbar(*kept, self, from, true); };
  return out;
}

FANLIGHT_END
