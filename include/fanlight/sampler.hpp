// Which traces are recorded: one decision at the local root, for all back ends. A `sampler` is a value; the pipeline keeps a copy and asks
// it on the thread that begins the span. A user's own is any callable that takes a `sampling_question` and gives a `sampling_decision`.
#pragma once

#include <fanlight/context.hpp>
#include <fanlight/detail/core.hpp>
#include <fanlight/kinds.hpp>

#include <functional>
#include <string>

FANLIGHT_BEGIN
struct link;

/// What is known when a trace begins here. Borrows; valid during the call.
struct sampling_question {
  fanlight::trace_id trace_id;
  context const* parent = nullptr;  // null: none; else it came from another process
  std::string_view name;
  span_kind kind = span_kind::internal;
  attribute const* attributes = nullptr;  // those given at construction
  std::size_t attribute_count = 0;
  link const* links = nullptr;  // and these; fanlight/span.hpp says what one is
  std::size_t link_count = 0;

  [[nodiscard]] value find(std::string_view key) const noexcept {
    for (std::size_t i = 0; i < attribute_count; ++i)
      if (attributes[i].key == key) return attributes[i].value;
    return {};
  }
};

/// record: the pipeline's `process` hook sees it, exporters do not.
enum class sampling_decision { drop, record, sample };

class sampler;
namespace detail {
/// The sampler with its threshold rounded to what can be written into tracestate, so that the decision and the text agree.
[[nodiscard]] sampler with_written_threshold(sampler of);
/// (1 - share) * 2^56: what the low 56 bits of a trace id must reach.
[[nodiscard]] std::uint64_t exact_threshold(double share) noexcept;
/// The same to four hexadecimal digits, and one more for each leading 0 or f.
[[nodiscard]] std::uint64_t written_threshold(double share) noexcept;
/// As it stands behind `th:`. A share of 0 has no such text: it is never written.
[[nodiscard]] short_text<14> threshold_text(double share) noexcept;
}  // namespace detail

class sampler {
 public:
  using function = std::function<sampling_decision(sampling_question const&)>;

  sampler() = default;
  /// A sampler of one's own. An exception it throws counts as `drop`, and is told.
  template <class F>
    requires(std::is_invocable_r_v<sampling_decision, F&, sampling_question const&> && !std::is_same_v<F, sampler>)
  sampler(F decide, std::string description = "CustomSampler")
      : mode_{detail::sampling_mode::custom}, custom_{std::move(decide)}, description_{std::move(description)} {}

  /// As OpenTelemetry spells it: `ParentBased{root:TraceIdRatioBased{0.25}}`.
  [[nodiscard]] std::string description() const { return parent_based_ ? "ParentBased{root:" + description_ + "}" : description_; }

  [[nodiscard]] detail::sampling_mode mode() const noexcept { return mode_; }
  [[nodiscard]] bool is_parent_based() const noexcept { return parent_based_; }
  [[nodiscard]] std::uint64_t threshold() const noexcept { return threshold_; }
  [[nodiscard]] double probability() const noexcept { return probability_; }
  [[nodiscard]] function const& custom() const noexcept { return custom_; }

 private:
  friend sampler always_on();
  friend sampler always_off();
  friend sampler ratio(double);
  friend sampler parent_based(sampler);
  friend sampler detail::with_written_threshold(sampler);
  detail::sampling_mode mode_ = detail::sampling_mode::always_on;
  bool parent_based_ = false;
  std::uint64_t threshold_ = 0;
  double probability_ = 1;
  function custom_;
  std::string description_ = "AlwaysOnSampler";
};

[[nodiscard]] inline sampler always_on() { return {}; }

[[nodiscard]] inline sampler always_off() {
  sampler out;
  out.mode_ = detail::sampling_mode::always_off;
  out.description_ = "AlwaysOffSampler";
  out.probability_ = 0;
  return out;
}

/// Keeps about this share of the traces, and always the same ones: the low 56 bits of the trace id reach (1 - share) * 2^56. A share
/// outside of 0..1 is brought inside. [OpenTelemetry: probability sampling]
[[nodiscard]] sampler ratio(double share);

/// Follows a remote parent's decision; asks `root` only where a trace begins.
[[nodiscard]] inline sampler parent_based(sampler root) {
  root.parent_based_ = true;
  return root;
}

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/sampler.ipp>
#endif
