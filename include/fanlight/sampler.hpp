// Which traces are recorded: one decision at the local root, for all back ends. A `sampler` is a value; the pipeline keeps a copy and asks
// it on the thread that begins the span. A user's own is any callable that takes a `sampling_question` and gives a `sampling_decision`.
#pragma once

#include <fanlight/context.hpp>
#include <fanlight/detail/core.hpp>
#include <fanlight/kinds.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
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

/// Who decided about a trace.
enum class sampling_source : std::uint8_t {
  unknown,   // not this pipeline's rules: the caller, another sampler, or it is too long ago
  forced,    // the program, by span_options::force
  built_in,  // what holds without rules: 1 a second and 5 %
  local,     // a rule of the program's own
  central    // a rule of X-Ray's
};
/// What a rule went by.
enum class sampling_means : std::uint8_t { rate, reservoir, borrowed };

/// Why a trace was sampled, or not.
struct sampling_reason {
  bool sampled = false;
  sampling_source source = sampling_source::unknown;
  sampling_means by = sampling_means::rate;
  std::string rule = {};  // its name; empty: there is none
  /// `sampled by the rule 'checkout' of X-Ray: borrowed`
  [[nodiscard]] std::string text() const;
};

/// What the pipeline's rules decided about a trace, for as long as they remember it: thousands of traces. For people and their logs; it asks
/// the heap for memory.
[[nodiscard]] sampling_reason why_sampled(context const& of = current());

class sampler;
enum class problem_code : int;
struct resource;
namespace detail {
class environment;

/// What a sampler with a life of its own gets to know of its pipeline.
struct sampler_host {
  core_face const* core = nullptr;  // time and chance; null: the machine's
  std::shared_ptr<resource const> who = {};
  std::function<void(problem_code code, std::string const& what)> tell = {};  // for fanlight's own threads
};

/// The running part of such a sampler: a pipeline has one in each process, never frees it, and asks it on the threads that begin traces.
class sampling_chooser {
 public:
  sampling_chooser() = default;
  sampling_chooser(sampling_chooser const&) = delete;
  sampling_chooser& operator=(sampling_chooser const&) = delete;
  virtual ~sampling_chooser() = default;

  [[nodiscard]] virtual sampling_decision decide(start_facts const& of) noexcept = 0;
  [[nodiscard]] virtual bool recall(fanlight::trace_id trace, sampling_reason& to) const = 0;
  /// From now on it starts nothing, and what runs ends.
  virtual void begin_end() noexcept = 0;
  /// True: nothing of it runs any more.
  [[nodiscard]] virtual bool wait_for_end(std::chrono::steady_clock::time_point until) = 0;
};

/// What such a sampler is to be: inert, shared by the copies of a sampler.
class sampler_plan {
 public:
  sampler_plan() = default;
  sampler_plan(sampler_plan const&) = delete;
  sampler_plan& operator=(sampler_plan const&) = delete;
  virtual ~sampler_plan() = default;

  /// By init(): reads files, and answers from the environment what the code left open.
  [[nodiscard]] virtual std::shared_ptr<sampler_plan const> complete(environment const& from) const = 0;
  [[nodiscard]] virtual std::unique_ptr<sampling_chooser> make(sampler_host const& host) const = 0;
};
/// OTEL_TRACES_SAMPLER=xray, in a program that has it: with xray_sampling.hpp somewhere, or the compiled library. Null in others, which are
/// spared its size.
using named_sampler = sampler (*)(environment const& from);
FANLIGHT_VISIBLE inline constinit named_sampler xray_sampler_by_name = nullptr;
[[nodiscard]] sampler planned_sampler(std::shared_ptr<sampler_plan const> plan, std::string description, bool parent_based);
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

  /// Without `ParentBased`.
  [[nodiscard]] std::string const& own_description() const noexcept { return description_; }

  [[nodiscard]] detail::sampling_mode mode() const noexcept { return mode_; }
  [[nodiscard]] bool is_parent_based() const noexcept { return parent_based_; }
  [[nodiscard]] std::uint64_t threshold() const noexcept { return threshold_; }
  [[nodiscard]] double probability() const noexcept { return probability_; }
  [[nodiscard]] function const& custom() const noexcept { return custom_; }
  [[nodiscard]] std::shared_ptr<detail::sampler_plan const> const& plan() const noexcept { return plan_; }

 private:
  friend sampler always_on();
  friend sampler always_off();
  friend sampler ratio(double);
  friend sampler parent_based(sampler);
  friend sampler detail::with_written_threshold(sampler);
  friend sampler detail::planned_sampler(std::shared_ptr<detail::sampler_plan const>, std::string, bool);
  detail::sampling_mode mode_ = detail::sampling_mode::always_on;
  bool parent_based_ = false;
  std::uint64_t threshold_ = 0;
  double probability_ = 1;
  function custom_;
  std::shared_ptr<detail::sampler_plan const> plan_;
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
