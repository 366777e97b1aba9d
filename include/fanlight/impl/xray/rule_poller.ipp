// Bodies of rule_poller.hpp.
#pragma once

#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/xray/rule_poller.hpp>
#include <fanlight/impl/xray/rule_reader.ipp>

#include <algorithm>

FANLIGHT_BEGIN
namespace detail {

inline constexpr std::size_t most_statistics = 25, most_pages = 10;
inline constexpr auto rules_hold = std::chrono::seconds{3600};

FANLIGHT_COLD FANLIGHT_INLINE rule_poller::rule_poller(rule_book& book, std::unique_ptr<rule_caller> by, poller_how how)
    : book_{book}, by_{std::move(by)}, how_{std::move(how)} {
  for (int i = 0; i < 24; ++i) client_id_ += "0123456789abcdef"[static_cast<unsigned>(how_.random() * 16) & 15];
  rules_at_ = how_.steady();
  targets_at_ = in(how_.targets_every, std::chrono::milliseconds{100});
}

FANLIGHT_COLD FANLIGHT_INLINE rule_poller::moment rule_poller::in(std::chrono::milliseconds time, std::chrono::milliseconds jitter) const {
  return how_.steady() + time + std::chrono::milliseconds{static_cast<std::int64_t>(how_.random() * static_cast<double>(jitter.count()))};
}

FANLIGHT_COLD FANLIGHT_INLINE void rule_poller::end() noexcept {
  ending_.store(true, std::memory_order_relaxed);
  by_->hurry(std::chrono::steady_clock::now());
}

FANLIGHT_COLD FANLIGHT_INLINE rule_poller::moment rule_poller::step() {
  book_.tidy();
  if (how_.steady() >= std::max(targets_at_, not_before_) && !is_ending()) report();
  if (how_.steady() >= std::max(rules_at_, not_before_) && !is_ending()) fetch_rules();
  forget_old_rules();
  return std::max(std::min(rules_at_, targets_at_), not_before_);
}

// ---- rules ----------------------------------------------------------------------------------------------------------------------------

FANLIGHT_COLD FANLIGHT_INLINE void rule_poller::fetch_rules() {
  std::vector<rule_facts> rules;
  auto const at = how_.now();
  if (!fetch_pages(rules)) return set_back();
  book_.use_central(std::move(rules));
  fetched_ = how_.steady(), fetched_at_ = at;
  failures_ = 0;
  told_failure_ = told_refusal_ = told_old_ = false;
  rules_at_ = in(how_.rules_every, std::chrono::seconds{5});
}

/// After a failure it comes again sooner than it would, and later each time.
FANLIGHT_COLD FANLIGHT_INLINE void rule_poller::set_back() {
  auto const pause = std::chrono::milliseconds{10'000} * (1 << std::min(failures_++, 5u));
  rules_at_ = in(std::min<std::chrono::milliseconds>(pause, how_.rules_every), std::chrono::seconds{5});
}

FANLIGHT_COLD FANLIGHT_INLINE bool rule_poller::fetch_pages(std::vector<rule_facts>& to) {
  std::string token;
  for (std::size_t page = 0; page < most_pages; ++page) {
    send_buffer body;
    json_writer json{body};
    json.open_object();
    if (!token.empty()) json.name("NextToken"), json.text(token);
    json.close_object();
    http_answer answer;
    if (!ask("/GetSamplingRules", body.view(), answer)) return false;
    auto read = read_rules_page(answer.body);
    if (!read.wrong.empty() && !std::exchange(told_rule_, true))
      how_.tell(problem_code::rules_bad, joined({"X-Ray's sampling rules from ", by_->name(), ": ", read.wrong,
                                                 (read.readable ? "; that rule is left out" : "; the rules in force stay")}));
    if (!read.readable) return false;
    to.insert(to.end(), std::make_move_iterator(read.rules.begin()), std::make_move_iterator(read.rules.end()));
    token = std::move(read.next_token);
    if (token.empty()) break;
  }
  return true;
}

FANLIGHT_COLD FANLIGHT_INLINE void rule_poller::forget_old_rules() {
  if (!fetched_ || !book_.in_force().central || how_.steady() - *fetched_ <= rules_hold) return;
  book_.use_local();
  if (!std::exchange(told_old_, true))
    how_.tell(problem_code::rules_missing, joined({"X-Ray's sampling rules could not be fetched from ", by_->name(),
                                                   " for an hour: the local rules decide from now on"}));
}

// ---- quotas ---------------------------------------------------------------------------------------------------------------------------

/// Of the rules that were asked since the last report and whose time has come, what they counted, which is 0 from now on.
FANLIGHT_COLD FANLIGHT_INLINE std::vector<rule_poller::count> rule_poller::take_due() {
  std::vector<count> out;
  auto const now = how_.steady();
  for (auto const& each : book_.in_force().rules) {
    if (!book_.in_force().central) break;
    auto& state = *each.state;
    if (now < state.report_at || state.requests.load(std::memory_order_relaxed) == 0) continue;
    auto const take = [](std::atomic<std::uint64_t>& from) { return from.exchange(0, std::memory_order_relaxed); };
    out.push_back({&state, take(state.requests), take(state.sampled), take(state.borrowed)});
  }
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE void rule_poller::give_back(count const& one) noexcept {
  one.rule->requests.fetch_add(one.requests, std::memory_order_relaxed);
  one.rule->sampled.fetch_add(one.sampled, std::memory_order_relaxed);
  one.rule->borrowed.fetch_add(one.borrowed, std::memory_order_relaxed);
}

FANLIGHT_COLD FANLIGHT_INLINE void rule_poller::report() {
  targets_at_ = in(how_.targets_every, std::chrono::milliseconds{100});
  auto const due = take_due();
  for (std::size_t at = 0; at < due.size(); at += most_statistics)
    report_these(due.data() + at, due.data() + std::min(at + most_statistics, due.size()));
  // A rule may have a pace of its own.
  for (auto const& each : book_.in_force().rules)
    if (auto const at = each.state->report_at; at > how_.steady()) targets_at_ = std::min(targets_at_, at);
}

FANLIGHT_COLD FANLIGHT_INLINE void rule_poller::report_these(count const* first, count const* last) {
  http_answer answer;
  bool const arrived = !is_ending() && how_.steady() >= not_before_ && ask("/SamplingTargets", body_of(first, last), answer);
  auto const read = arrived ? read_targets(answer.body) : targets_answer{};
  for (auto const* each = first; each != last; ++each) {
    bool const again = std::find(read.try_again.begin(), read.try_again.end(), each->rule->name) != read.try_again.end();
    if (!arrived || again) give_back(*each);
  }
  if (arrived && !read.readable && !std::exchange(told_rule_, true))
    how_.tell(problem_code::rules_bad,
              joined({"X-Ray's quotas from ", by_->name(), " could not be read: there is no SamplingTargetDocuments in the answer"}));
  if (read.readable) use(read);
}

FANLIGHT_COLD FANLIGHT_INLINE std::string rule_poller::body_of(count const* first, count const* last) const {
  send_buffer body;
  json_writer json{body};
  json.open_object();
  json.name("SamplingStatisticsDocuments");
  json.open_array();
  for (auto const* each = first; each != last; ++each) {
    json.open_object();
    json.name("RuleName"), json.text(each->rule->name);
    json.name("ClientID"), json.text(client_id_);
    json.name("Timestamp"), json.integer(how_.now());
    json.name("RequestCount"), json.natural(each->requests);
    json.name("SampledCount"), json.natural(each->sampled);
    json.name("BorrowCount"), json.natural(each->borrowed);
    json.close_object();
  }
  json.close_array();
  json.close_object();
  return std::string{body.view()};
}

FANLIGHT_COLD FANLIGHT_INLINE void rule_poller::use(targets_answer const& answer) {
  for (auto const& each : answer.targets) {
    auto* const state = book_.find_central(each.rule);
    if (state == nullptr) continue;
    if (each.rate >= 0) state->rate.store(each.rate, std::memory_order_relaxed);
    if (each.quota >= 0 && each.quota_until > 0)
      state->quota.store(static_cast<std::uint64_t>(each.quota_until) << 32 | static_cast<std::uint32_t>(each.quota), std::memory_order_relaxed);
    if (each.interval >= 0) state->report_at = how_.steady() + std::chrono::seconds{std::clamp<std::int64_t>(each.interval, 1, 3600)};
  }
  // A rule that was changed in the second of the last fetch may be missing in it.
  if (answer.fetch_rules || (fetched_ && answer.modified > static_cast<double>(fetched_at_))) rules_at_ = how_.steady();
}

// ---- requests -------------------------------------------------------------------------------------------------------------------------

FANLIGHT_COLD FANLIGHT_INLINE bool rule_poller::ask(std::string_view path, std::string_view body, http_answer& answer) {
  if (is_ending()) return false;
  answer = by_->call(path, body, std::chrono::steady_clock::now() + how_.timeout);
  if (answer.failed == http_failure::none && answer.status >= 200 && answer.status < 300) return true;
  if (!is_ending()) complain(answer);
  return false;
}

FANLIGHT_COLD FANLIGHT_INLINE void rule_poller::complain(http_answer const& answer) {
  bool const refused = answer.failed == http_failure::none && (answer.status == 401 || answer.status == 403);
  if (refused) not_before_ = how_.steady() + std::chrono::seconds{60};
  if (std::exchange(refused ? told_refusal_ : told_failure_, true)) return;
  auto const why = answer.failed != http_failure::none ? answer.what : "it answered with status " + std::to_string(answer.status);
  how_.tell(problem_code::rules_missing,
            joined({"X-Ray's sampling rules and quotas could not be fetched from ", by_->name(), ": ", why,
                    (refused ? "; may these keys call xray:GetSamplingRules and xray:GetSamplingTargets, and is the clock right?" : ""),
                    (book_.in_force().central ? "; the rules of the last answer stay for an hour" : "; the local rules decide")}));
}

}  // namespace detail
FANLIGHT_END
