// Bodies of sampler.hpp.
#pragma once

#include <fanlight/detail/tracestate.hpp>
#include <fanlight/impl/joined.hpp>
#include <fanlight/sampler.hpp>

#include <charconv>
#include <cmath>

FANLIGHT_BEGIN
namespace detail {

inline constexpr std::uint64_t all_traces = std::uint64_t{1} << 56;

/// Brought inside of 0..1; what is no number keeps nothing.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE double clamped_share(double share) noexcept { return !(share > 0) ? 0 : share > 1 ? 1 : share; }

FANLIGHT_COLD FANLIGHT_INLINE std::uint64_t exact_threshold(double share) noexcept {
  // The share is scaled, not its complement: it keeps all its digits when it is small.
  return all_traces - static_cast<std::uint64_t>(std::llround(std::ldexp(clamped_share(share), 56)));
}

FANLIGHT_COLD FANLIGHT_INLINE std::uint64_t written_threshold(double share) noexcept {
  share = clamped_share(share);
  std::uint64_t const exact = exact_threshold(share);
  if (exact == 0 || exact == all_traces) return exact;
  int kept = 0, left_out = 0;  // binary exponents: -4 and below mean leading zeros or f's
  static_cast<void>(std::frexp(share, &kept));
  static_cast<void>(std::frexp(1 - share, &left_out));
  int const more = (kept < left_out ? kept : left_out) / -4;
  int const digits = 4 + (more > 0 ? more : 0);
  if (digits >= 14) return exact;
  int const cut = 4 * (14 - digits);
  return (exact + (std::uint64_t{1} << (cut - 1))) >> cut << cut;
}

FANLIGHT_COLD FANLIGHT_INLINE short_text<14> threshold_text(double share) noexcept {
  return tracestate_threshold_text(written_threshold(share));
}

FANLIGHT_COLD FANLIGHT_INLINE sampler with_written_threshold(sampler of) {
  if (of.mode_ == sampling_mode::ratio) of.threshold_ = written_threshold(of.probability_);
  return of;
}

FANLIGHT_COLD FANLIGHT_INLINE sampler planned_sampler(std::shared_ptr<sampler_plan const> plan, std::string description, bool parent_based) {
  sampler out;
  out.mode_ = sampling_mode::custom;
  out.parent_based_ = parent_based;
  out.plan_ = std::move(plan);
  out.description_ = std::move(description);
  return out;
}

}  // namespace detail

FANLIGHT_COLD FANLIGHT_INLINE std::string sampling_reason::text() const {
  std::string out = sampled ? "sampled" : "not sampled";
  switch (source) {
    case sampling_source::unknown: return out + "; these rules do not know why: the caller decided, another sampler did, or it is too long ago";
    case sampling_source::forced: return out + " by the program (span_options::force)";
    case sampling_source::built_in: out += " by the built-in rule"; break;
    case sampling_source::local: out += detail::joined({" by the local rule '", rule, "'"}); break;
    case sampling_source::central: out += detail::joined({" by the rule '", rule, "' of X-Ray"}); break;
  }
  return out + (by == sampling_means::rate ? ": rate" : by == sampling_means::reservoir ? ": reservoir" : ": borrowed");
}

FANLIGHT_COLD FANLIGHT_INLINE sampling_reason why_sampled(context const& of) {
  sampling_reason out;
  out.sampled = of.is_sampled();
  auto const& t = detail::here();
  detail::core_face* core = of.node() != nullptr ? of.node()->core : nullptr;
  if (core == nullptr && t.current != nullptr) core = detail::current_frame(t)->core;
  if (core == nullptr) core = detail::default_core(t);
  if (core == nullptr || core->layout != detail::layout_version || !of.trace_id().is_valid()) return out;
  static_cast<void>(core->operations->why(*core, of.trace_id(), out));
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE sampler ratio(double share) {
  sampler out;
  out.mode_ = detail::sampling_mode::ratio;
  out.probability_ = detail::clamped_share(share);
  out.threshold_ = detail::exact_threshold(share);
  char text[32];  // not printf: its decimal point follows the locale
  auto const end = std::to_chars(text, text + sizeof text, out.probability_, std::chars_format::general, 6).ptr;
  out.description_ = detail::joined({"TraceIdRatioBased{", std::string(text, end), "}"});
  return out;
}

FANLIGHT_END
