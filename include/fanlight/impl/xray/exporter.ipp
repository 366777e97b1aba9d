// Bodies of exporter.hpp, and the factory of exporters/xray.hpp.
#pragma once

#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/otlp_ruling.hpp>
#include <fanlight/impl/xray/exporter.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_COLD FANLIGHT_INLINE xray_exporter::xray_exporter(xray_settings how)
    : how_{std::move(how)}, route_{make_xray_route(how_)}, seeker_{how_.given, how_.platform} {}

/// A file that Lambda's own layer looks for.
FANLIGHT_COLD inline void touch_lambda_file() noexcept {
  ::mkdir("/tmp/.aws-xray", 0755);
  int const file = ::open("/tmp/.aws-xray/initialized", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (file >= 0) ::close(file);
}

FANLIGHT_COLD FANLIGHT_INLINE void xray_exporter::start(exporter_setup const& setup) {
  setup_ = setup;
  if (how_.form.roots_are_subsegments) touch_lambda_file();
}

FANLIGHT_INLINE void xray_exporter::hurry(deadline until) noexcept {
  route_->hurry(until);
  seeker_.hurry(until);
}

FANLIGHT_INLINE xray_assembler& xray_exporter::assembler(deadline until) {
  if (!assembler_) {
    how_.form.platform = seeker_.find(setup_.who.get(), until);
    xray_limits limits;
    limits.budget = how_.given.document_bytes;
    limits.least_budget = std::min(limits.least_budget, limits.budget);
    assembler_.emplace(how_.form, limits);
  }
  return *assembler_;
}

FANLIGHT_INLINE void xray_exporter::take(batch_ref const& records, deadline until) {
  auto& to = assembler(until);
  auto const when = now();
  latest_ = records;
  note_complete(records->complete_until);
  to.take(records, when, complete_until_);
}

FANLIGHT_INLINE outcome xray_exporter::consume(entry_type type, batch_ref const& records, deadline until) {
  bool const same = latest_ && latest_.get() == records.get();
  record_types const bit = 1u << static_cast<unsigned>(type);
  if (!same || ((latest_types_ & bit) != 0 && !again_)) {
    latest_types_ = 0;
    take(records, until);
  }
  if (type == entry_type::start && (!again_ || !same || (latest_types_ & bit) == 0)) settle(fate::delivered, records->count(type));
  latest_types_ |= bit;
  again_ = false;
  auto out = send_all(until);
  again_ = out.kind() == outcome::kind::retry;
  return out;
}

FANLIGHT_INLINE outcome xray_exporter::tend(deadline until) {
  if (assembler_) assembler_->settle(now(), complete_until_);
  return assembler_ ? send_all(until) : outcome::delivered();
}

FANLIGHT_INLINE void xray_exporter::stop(deadline until) {
  latest_ = {};
  if (!assembler_) return;
  assembler_->end();
  static_cast<void>(send_all(until));
}

// ---- sending ----------------------------------------------------------------------------------------------------------------------------

FANLIGHT_INLINE outcome xray_exporter::send_all(deadline until) {
  auto& box = assembler_->outbox();
  if (box.size() > (ages_.empty() ? next_ : ages_.back().end)) ages_.push_back({box.size(), now()});
  outcome out = outcome::delivered();
  while (next_ < box.size()) {
    auto stopped = send_some(until);
    if (!stopped) continue;
    if (stopped->kind() == outcome::kind::retry && give_up_old(stopped->why())) continue;
    out = std::move(*stopped);
    break;
  }
  if (next_ >= box.size()) {
    box.clear();
    ages_.clear();
    next_ = 0;
  }
  settle_accounts();
  return out;
}

/// A step of the route. A value: for now that was all.
FANLIGHT_INLINE std::optional<outcome> xray_exporter::send_some(deadline until) {
  auto const at = now();
  if (at < blocked_until_) return outcome::retry(blocked_why_, std::chrono::ceil<std::chrono::milliseconds>(blocked_until_ - at));
  auto& box = assembler_->outbox();
  auto step = route_->send(box, next_, until);
  switch (step.kind) {
    case xray_step_kind::taken: note_taken(step); return std::nullopt;
    case xray_step_kind::never: lose(step.count, fate::failed, step.why); return std::nullopt;
    case xray_step_kind::too_large:
      static_cast<void>(assembler_->split(next_++));  // its pieces are at the end now
      ages_.push_back({box.size(), ages_.empty() ? at : ages_.front().since});
      return std::nullopt;
    case xray_step_kind::again:
    case xray_step_kind::forbidden: break;
  }
  return give_way(step);
}

FANLIGHT_INLINE outcome xray_exporter::give_way(xray_step& step) {
  bool const forbidden = step.kind == xray_step_kind::forbidden;
  if (forbidden) {
    step.after = std::max<std::chrono::milliseconds>(step.after, std::chrono::seconds{60});
    blocked_until_ = now() + step.after;
    blocked_why_ = step.why;
  }
  if (!std::exchange(forbidden ? told_forbidden_ : told_failure_, true))
    tell(forbidden ? problem_code::key_refused : problem_code::send_failed,
         step.why + (forbidden ? "; tried again after a minute" : "; what is to be sent is kept, and tried again"));
  return outcome::retry(std::move(step.why), step.after);
}

FANLIGHT_INLINE void xray_exporter::tell_refusal(xray_refusal const& one, std::size_t count) {
  auto const& box = assembler_->outbox();
  std::string what = "X-Ray did not take ";
  if (!one.id.empty()) {
    what += "document " + one.id;
  } else {
    what += "one of these documents, and does not say which:";
    for (std::size_t i = 0; i < count && i < 10; ++i) what += (i == 0 ? " " : ", ") + std::string{box[next_ + i].id.hex().view()};
    if (count > 10) what += joined({" and ", std::to_string(count - 10), " more"});
  }
  if (!one.code.empty()) what += ": " + one.code;
  if (!one.message.empty()) what += joined({" (", one.message, ")"});
  tell(problem_code::unprocessed, std::move(what));
}

/// A refusal without an id stands for one record, of a document that nobody can name.
FANLIGHT_INLINE void xray_exporter::note_taken(xray_step const& step) {
  auto const& box = assembler_->outbox();
  std::uint64_t all = 0, refused = 0;
  for (std::size_t i = 0; i < step.count; ++i) all += box[next_ + i].records;
  std::string words;
  for (auto const& one : step.refused) {
    tell_refusal(one, step.count);
    if (words.empty()) words = one.code;
    if (one.id.empty()) ++refused;
    for (std::size_t i = 0; i < step.count; ++i)
      if (box[next_ + i].id.hex().view() == one.id) refused += box[next_ + i].records;
  }
  refused = std::min(refused, all);
  delivered_ += all - refused;
  settle(fate::rejected, refused, words);
  next_ += step.count;
  if (step.unreadable && !std::exchange(told_unreadable_, true))
    tell(problem_code::back_end_warned, "what X-Ray answered cannot be read; since its status says so, all is taken to be accepted");
  told_failure_ = told_forbidden_ = false;
}

FANLIGHT_INLINE void xray_exporter::lose(std::size_t count, fate how, std::string const& why) {
  auto const& box = assembler_->outbox();
  std::uint64_t records = 0;
  for (auto const end = std::min(next_ + count, box.size()); next_ < end; ++next_) records += box[next_].records;
  settle(how, records, why);
}

/// What has been tried for too long. True: there was such.
FANLIGHT_INLINE bool xray_exporter::give_up_old(std::string const& why) {
  auto const limit = now() - setup_.keep_for;
  std::size_t end = 0;
  for (auto const& each : ages_)
    if (each.since < limit) end = std::max(end, each.end);
  if (end <= next_) return false;
  lose(end - next_, fate::expired, why);
  return true;
}

FANLIGHT_INLINE void xray_exporter::settle_accounts() {
  settle(fate::delivered, std::exchange(delivered_, 0));
  auto const orphans = assembler_->no_parent(), unsendable = assembler_->unsendable();
  settle(fate::no_parent, orphans - std::exchange(no_parent_, orphans));
  settle(fate::failed, unsendable - std::exchange(unsendable_, unsendable), "they could not be made small enough for X-Ray");
  for (auto const& each : assembler_->notices().all()) {
    tell(each.code, each.what);
    if (each.times > 1 && setup_.note) setup_.note(each.code, each.times - 1);
  }
  assembler_->notices().clear();
}

FANLIGHT_COLD FANLIGHT_INLINE void complete_xray(xray_config const& given, exporter_spec& to, environment const& from) {
  auto how = settle_xray(given, from, to.problems);
  to.off = how.off;
  to.is_xray = !how.off;
  to.context_missing = how.context_missing;
  to.make = [how = std::move(how)]() -> std::unique_ptr<exporter> { return std::make_unique<xray_exporter>(how); };
}

/// What the code alone has got wrong.
FANLIGHT_COLD FANLIGHT_INLINE void check_xray(xray_config const& given, exporter_spec& to) {
  auto const tell = [&](std::string const& what) {
    to.problems.push_back({problem_code::config_bad, joined({given.name, ": ", what}), given.name});
  };
  if (given.document_bytes < 1024 || given.document_bytes > 64'000)
    tell(
        joined({"document_bytes is ", std::to_string(given.document_bytes), "; it must be from 1024 to 64000, which is what X-Ray takes"}));
  if (given.timeout.count() <= 0) tell(joined({"timeout is ", std::to_string(given.timeout.count()), " ms; it must be 1 or more"}));
  bool const by_daemon = given.transport != xray_transport::api;
  if (!by_daemon && !given.daemon_address.empty())
    tell("daemon_address is given, but transport is api, which goes past the daemon; leave one of them out");
  if (by_daemon && !given.endpoint.empty())
    tell("endpoint is given, but transport is not api; set transport = xray_transport::api, or daemon_address in its place");
}

}  // namespace detail

FANLIGHT_COLD FANLIGHT_INLINE exporter_spec xray(xray_config given) {
  exporter_spec out;
  out.name = given.name;
  out.wants_open = given.report_open;
  out.only = takes<span_record> | takes<start_record>;
  if (!given.instead.transport) out.prepare = [] { detail::prepare_curl(); };
  std::vector<problem> said;
  detail::complete_xray(given, out, detail::environment{{}, said});
  detail::check_xray(given, out);
  if (out.problems.empty())
    out.complete = [given = std::move(given)](exporter_spec& self, detail::environment const& from) { detail::complete_xray(given, self, from); };
  return out;
}

FANLIGHT_END
