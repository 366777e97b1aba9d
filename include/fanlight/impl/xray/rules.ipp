// Bodies of rules.hpp.
#pragma once

#include <fanlight/impl/places.hpp>
#include <fanlight/impl/xray/rules.hpp>

#include <algorithm>
#include <charconv>

FANLIGHT_BEGIN
namespace detail {

// ---- patterns -------------------------------------------------------------------------------------------------------------------------

[[nodiscard]] constexpr char pattern_letter(char letter) noexcept {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter | 0x20) : letter;
}

FANLIGHT_INLINE bool matches_pattern(std::string_view pattern, std::string_view text) noexcept {
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  auto const goes_on = [text](std::size_t at) { return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80; };
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++, resume = t;
      if (p == pattern.size()) return true;
    } else if (p < pattern.size() && pattern[p] == '?') {
      ++p, ++t;
      while (goes_on(t)) ++t;  // one letter, whatever bytes it has
    } else if (p < pattern.size() && pattern_letter(pattern[p]) == pattern_letter(text[t])) {
      ++p, ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1, t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

// ---- requests -------------------------------------------------------------------------------------------------------------------------

FANLIGHT_INLINE void read_url(std::string_view url, rule_request& to) noexcept {
  auto const scheme = url.find("://");
  if (scheme == std::string_view::npos) return;
  url.remove_prefix(scheme + 3);
  auto const end = std::min(url.find_first_of("/?#"), url.size());
  auto authority = url.substr(0, end);
  if (auto const user = authority.rfind('@'); user != std::string_view::npos) authority.remove_prefix(user + 1);
  if (to.host.empty()) to.host = authority;
  if (to.path.empty()) to.path = end < url.size() && url[end] == '/' ? url.substr(end) : std::string_view{"/"};
}

FANLIGHT_INLINE rule_request read_request(attribute const* attributes, std::size_t count) noexcept {
  rule_request out;
  std::string_view url, server;
  for (std::size_t i = 0; i < count; ++i) {
    auto const key = attributes[i].key;
    if (key.size() < 8 || attributes[i].value.kind() != value_kind::text) continue;
    auto const text = attributes[i].value.as_text();
    if (key == "http.request.method" || key == "http.method") out.method = text;
    else if (key == "url.path" || key == "http.target") out.path = text;
    else if (key == "http.host") out.host = text;
    else if (key == "server.address" || key == "net.host.name") server = text;
    else if (key == "url.full" || key == "http.url") url = text;
  }
  if (out.host.empty()) out.host = server;
  if (!url.empty() && (out.host.empty() || out.path.empty())) read_url(url, out);
  out.path = out.path.substr(0, out.path.find_first_of("?#"));
  out.attributes = attributes;
  out.attribute_count = count;
  return out;
}

/// A value as a pattern may look at it: texts, whole numbers, true and false.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE bool value_matches(std::string_view pattern, value const& what) noexcept {
  if (what.kind() == value_kind::text) return matches_pattern(pattern, what.as_text());
  if (what.kind() == value_kind::boolean) return matches_pattern(pattern, what.as_bool() ? "true" : "false");
  if (!what.is_integer()) return false;
  char text[24];
  auto const end = what.kind() == value_kind::uint64 ? std::to_chars(text, text + sizeof text, what.as_uint64()).ptr
                                                     : std::to_chars(text, text + sizeof text, what.as_int64()).ptr;
  return matches_pattern(pattern, {text, static_cast<std::size_t>(end - text)});
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE bool attributes_match(rule_facts const& rule, rule_request const& what) noexcept {
  for (auto const& [key, pattern] : rule.attributes) {
    bool found = false;
    for (std::size_t i = 0; i < what.attribute_count && !found; ++i)
      found = what.attributes[i].key == key && value_matches(pattern, what.attributes[i].value);
    if (!found) return false;
  }
  return true;
}

FANLIGHT_COLD FANLIGHT_INLINE active_rule::active_rule(rule_facts from, rule_state* of) : facts{std::move(from)}, state{of} {
  constexpr condition all[]{{&rule_request::method, &xray_rule::method},
                            {&rule_request::path, &xray_rule::path},
                            {&rule_request::host, &xray_rule::host},
                            {&rule_request::service, &xray_rule::service},
                            {&rule_request::service_type, &xray_rule::service_type}};
  for (auto const& each : all)
    if (facts.as.*each.pattern != "*") conditions_.push_back(each);
}

FANLIGHT_INLINE bool active_rule::matches(rule_request const& what) const noexcept {
  for (auto const& each : conditions_) {
    auto const text = what.*each.part;
    if (!text.empty() && !matches_pattern(facts.as.*each.pattern, text)) return false;
  }
  return facts.attributes.empty() || attributes_match(facts, what);
}

// ---- states ---------------------------------------------------------------------------------------------------------------------------

inline constexpr std::uint64_t borrowed_bit = std::uint64_t{1} << 31;

/// The word for now: threads whose clocks differ by a second do not empty it for each other.
FANLIGHT_INLINE std::uint64_t rule_state::in_second(std::uint64_t word, std::uint32_t now) noexcept {
  auto const behind = static_cast<std::int32_t>(static_cast<std::uint32_t>(word >> 32) - now);
  return behind == 0 || behind == 1 ? word : std::uint64_t{now} << 32;
}

FANLIGHT_INLINE bool rule_state::take(std::uint32_t now, std::uint32_t most) noexcept {
  auto word = second.load(std::memory_order_relaxed);
  for (;;) {
    auto const current = in_second(word, now);
    if ((current & (borrowed_bit - 1)) >= std::min<std::uint64_t>(most, borrowed_bit - 1)) return false;
    if (second.compare_exchange_weak(word, current + 1, std::memory_order_relaxed)) return true;
  }
}

FANLIGHT_INLINE bool rule_state::borrow(std::uint32_t now) noexcept {
  auto word = second.load(std::memory_order_relaxed);
  for (;;) {
    auto const current = in_second(word, now);
    if ((current & borrowed_bit) != 0) return false;
    if (second.compare_exchange_weak(word, current | borrowed_bit, std::memory_order_relaxed)) return true;
  }
}

// ---- decisions ------------------------------------------------------------------------------------------------------------------------

[[nodiscard]] FANLIGHT_INLINE rule_verdict decide_centrally(active_rule const& by, std::uint32_t now, rule_book::chance draw, void* of) noexcept {
  auto& state = *by.state;
  state.requests.fetch_add(1, std::memory_order_relaxed);
  auto const quota = state.quota.load(std::memory_order_relaxed);
  bool const valid = quota != 0 && static_cast<std::uint32_t>(quota >> 32) >= now;
  if (valid && state.take(now, static_cast<std::uint32_t>(quota))) {
    state.sampled.fetch_add(1, std::memory_order_relaxed);
    return {&state, true, sampling_means::reservoir};
  }
  if (!valid && by.facts.as.fixed_target != 0 && state.borrow(now)) {
    state.borrowed.fetch_add(1, std::memory_order_relaxed);
    return {&state, true, sampling_means::borrowed};
  }
  bool const yes = draw(of) < state.rate.load(std::memory_order_relaxed);
  if (yes) state.sampled.fetch_add(1, std::memory_order_relaxed);
  return {&state, yes, sampling_means::rate};
}

FANLIGHT_INLINE rule_verdict rule_book::choose(rule_set const& from, rule_request const& what, std::uint32_t now, chance draw, void* of) noexcept {
  for (auto const& each : from.rules) {
    if (!each.matches(what)) continue;
    if (from.central) return decide_centrally(each, now, draw, of);
    if (each.facts.as.fixed_target != 0 && each.state->take(now, each.facts.as.fixed_target)) return {each.state, true, sampling_means::reservoir};
    return {each.state, draw(of) < each.facts.as.rate, sampling_means::rate};
  }
  return {};
}

FANLIGHT_INLINE rule_verdict rule_book::decide(rule_request const& what, std::uint32_t now, chance draw, void* of) noexcept {
  // First the count, then the set: who finds no readers after it has changed the set may free the old one.
  readers_.fetch_add(1, std::memory_order_seq_cst);
  auto out = choose(*now_.load(std::memory_order_seq_cst), what, now, draw, of);
  readers_.fetch_sub(1, std::memory_order_release);
  return out.rule != nullptr ? out : choose(local_, what, now, draw, of);
}

// ---- the book -------------------------------------------------------------------------------------------------------------------------

FANLIGHT_COLD FANLIGHT_INLINE rule_book::rule_book(std::vector<rule_facts> local, xray_default otherwise, bool given) {
  rule_facts last;
  last.as.name = given ? "default" : "built-in";
  last.as.fixed_target = otherwise.fixed_target;
  last.as.rate = otherwise.rate;
  local.push_back(std::move(last));
  for (auto& each : local) {
    states_.push_back(std::make_unique<rule_state>(each.as.name, given ? rule_origin::local : rule_origin::built_in));
    local_.rules.emplace_back(std::move(each), states_.back().get());
  }
}

FANLIGHT_COLD FANLIGHT_INLINE rule_state* rule_book::find_central(std::string_view name) noexcept {
  for (auto const& each : central_)
    if (each->name == name) return each.get();
  return nullptr;
}

FANLIGHT_COLD FANLIGHT_INLINE rule_state* rule_book::state_of(std::string const& name) {
  constexpr std::size_t most = 10'000;  // names; an account has some dozens
  if (auto* const known = find_central(name)) return known;
  if (central_.size() >= most) return nullptr;
  central_.push_back(std::make_unique<rule_state>(name, rule_origin::central));
  return central_.back().get();
}

FANLIGHT_COLD FANLIGHT_INLINE void rule_book::use_central(std::vector<rule_facts> rules) {
  sort_list(rules, [](rule_facts const& a, rule_facts const& b) {
    bool const a_last = a.as.name == "Default", b_last = b.as.name == "Default";
    if (a_last != b_last) return b_last;
    return a.priority != b.priority ? a.priority < b.priority : a.as.name < b.as.name;
  });
  auto set = std::make_unique<rule_set>();
  set->central = true;
  set->rules.reserve(rules.size());
  for (auto& each : rules) {
    auto* const state = state_of(each.as.name);
    if (state == nullptr) continue;
    if (state->stated_rate < each.as.rate || state->stated_rate > each.as.rate) state->rate.store(state->stated_rate = each.as.rate);
    set->rules.emplace_back(std::move(each), state);
  }
  install(std::move(set));
}

FANLIGHT_COLD FANLIGHT_INLINE void rule_book::use_local() { install(nullptr); }

/// Null: the local ones.
FANLIGHT_COLD FANLIGHT_INLINE void rule_book::install(std::unique_ptr<rule_set> set) {
  retired_.reserve(retired_.size() + 1);
  now_.store(set != nullptr ? set.get() : &local_, std::memory_order_seq_cst);
  if (central_set_ != nullptr) retired_.push_back(std::move(central_set_));
  central_set_ = std::move(set);
  tidy();
}

FANLIGHT_COLD FANLIGHT_INLINE void rule_book::tidy() noexcept {
  if (readers_.load(std::memory_order_seq_cst) == 0) retired_.clear();
}

}  // namespace detail
FANLIGHT_END
