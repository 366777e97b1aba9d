// Setting up. `config` is an inert value that says what is wanted; `check()` tells what is wrong with it; a `pipeline` is one running
// instance (capture, dispatcher, a lane for each exporter), made by init() or, in tests, by hand; a `session` is the process's pipeline
// while it lives. Whoever holds the object owns the pipeline; every member may be called from any thread.
#pragma once

#include <fanlight/exporter.hpp>
#include <fanlight/propagation.hpp>
#include <fanlight/resource.hpp>
#include <fanlight/sampler.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

FANLIGHT_BEGIN

class record_editor;

/// How much a record may hold; unset: from the environment, else OpenTelemetry's defaults. [OTEL_*_LIMIT]
struct limits {
  std::optional<std::uint32_t> attributes = {};        // of a span: 128
  std::optional<std::uint32_t> events = {};            // 128
  std::optional<std::uint32_t> links = {};             // 128
  std::optional<std::uint32_t> event_attributes = {};  // 128
  std::optional<std::uint32_t> link_attributes = {};   // 128
  std::optional<std::uint32_t> log_attributes = {};    // 128
  std::optional<std::uint32_t> value_length = {};      // characters of a text in a span, its events and links: no limit
  std::optional<std::uint32_t> log_value_length = {};  // and in a log record: no limit
};

/// When records leave. [OTEL_BSP_*, OTEL_BLRP_*]
struct batching {
  std::optional<std::size_t> queue_records = {};              // a lane's: 65,536
  std::optional<std::size_t> queue_bytes = {};                // 32 MiB
  std::optional<std::size_t> batch_records = {};              // 512
  std::optional<std::size_t> batch_bytes = {};                // 256 KiB
  std::optional<std::chrono::milliseconds> span_delay = {};   // 5 s
  std::optional<std::chrono::milliseconds> log_delay = {};    // 1 s
  std::optional<std::chrono::milliseconds> export_timeout = {};  // of one attempt: 30 s
  std::optional<std::size_t> capture_bytes = {};              // a thread's ring, rounded up to a power of two: 1 MiB
  std::chrono::milliseconds retry_first{1000};                // before the second attempt at a batch; then twice that, and so on
  std::chrono::milliseconds retry_most{30'000};
  std::chrono::milliseconds keep_for{600'000};                // a batch that cannot be delivered for so long is given up
};

/// What can be put in place of the machine: for tests. Each is called from any thread and must not throw.
struct substitutes {
  std::function<std::int64_t()> ticks = {};            // nanoseconds that never go back
  std::function<std::int64_t()> wall = {};             // nanoseconds of the epoch
  std::function<std::uint64_t()> random = {};          // span ids are one draw; trace ids the time and one and a half
  std::function<std::optional<std::string>(std::string const& name)> environment = {};
};

/// A list that may not have been given. `{a, b}` gives one; a vector does, empty or not; nothing, or `{}`, leaves the choice to the environment.
template <class T>
class list_choice {
 public:
  list_choice() = default;
  list_choice(std::initializer_list<T> these) : list_{these} {}
  list_choice(std::vector<T> these) : list_{std::move(these)} {}
  [[nodiscard]] bool has_value() const noexcept { return list_.has_value(); }
  [[nodiscard]] explicit operator bool() const noexcept { return list_.has_value(); }
  [[nodiscard]] std::vector<T> const& operator*() const noexcept { return *list_; }
  [[nodiscard]] std::vector<T> const* operator->() const noexcept { return &*list_; }

 private:
  std::optional<std::vector<T>> list_;
};

struct config {
  std::string service = {};        // service.name [OTEL_SERVICE_NAME]
  std::string version = {};        // service.version
  std::string environment = {};    // deployment.environment.name
  object resource = {};            // further attributes of the resource [OTEL_RESOURCE_ATTRIBUTES]
  std::optional<fanlight::sampler> sampler = {};  // [OTEL_TRACES_SAMPLER]; parent_based(always_on())
  /// Tells later stages in tracestate (`ot=th:…`) what share is kept; the share is then rounded to what can be written. False.
  std::optional<bool> write_sampling_threshold = {};
  list_choice<exporter_spec> exporters = {};
  list_choice<propagator> propagators = {};  // [OTEL_PROPAGATORS]; tracecontext, baggage
  fanlight::limits limits = {};
  fanlight::batching batching = {};
  level minimum_level = level::trace;  // of log records
  /// Run once for each record, on fanlight's thread, before any exporter sees it: to drop, redact or enrich.
  std::function<void(record_editor&)> process = {};
  /// Told of every problem, on fanlight's thread. None: a line on stderr.
  std::function<void(problem const&)> on_problem = {};
  std::chrono::milliseconds shutdown_within = std::chrono::seconds{2};
  bool detect_resource = true;         // host, process, container, instance
  bool read_environment = true;        // false: only what stands here counts
  std::optional<bool> disabled = {};   // nothing is recorded, contexts still pass through [OTEL_SDK_DISABLED]
  substitutes instead = {};
};

/// What is wrong with a configuration, without doing anything.
[[nodiscard]] std::vector<problem> check(config const& given);

/// Why a record did not arrive.
enum class loss : std::uint8_t { capture_full, queue_full, rejected, failed, threw, expired, shutdown, late, count_ };
/// Why a record was not meant to.
/// no_parent: an X-Ray subsegment with no segment above it.
enum class filter : std::uint8_t { process, not_sampled, no_parent, count_ };
[[nodiscard]] std::string_view to_text(loss why) noexcept;
[[nodiscard]] std::string_view to_text(filter why) noexcept;

/// Of one exporter: accepted == delivered + dropped + filtered + queued, in records.
struct exporter_stats {
  std::string name;
  std::uint64_t accepted = 0, delivered = 0, dropped = 0, filtered = 0, queued = 0;
  std::uint64_t batches = 0, retries = 0;
  std::uint64_t dropped_by[static_cast<std::size_t>(loss::count_)]{};
  std::uint64_t filtered_by[static_cast<std::size_t>(filter::count_)]{};
};

/// Sums over the exporters, and each of them.
struct statistics {
  std::uint64_t accepted = 0, delivered = 0, dropped = 0, filtered = 0, queued = 0;
  std::vector<exporter_stats> exporters;
  std::map<problem_code, std::uint64_t> problems;  // exact, also where the handler was spared
};

namespace detail {
class core;
}

class session;
[[nodiscard]] session init(config given);

/// A running instance. Destroying it shuts it down.
class pipeline {
 public:
  explicit pipeline(config given);
  pipeline(pipeline&& other) noexcept;
  pipeline& operator=(pipeline&&) = delete;
  ~pipeline();

  /// True when every record finished before the call has been delivered or filtered everywhere. Returns within `limit`.
  bool flush(std::chrono::nanoseconds limit);
  /// Flush, then the end: what comes later is counted as late. Returns within `limit`, whatever exporters do. Once; then it does nothing.
  bool shutdown(std::chrono::nanoseconds limit);
  [[nodiscard]] statistics stats() const;
  /// What was said while it was set up, and the latest of what was said since.
  [[nodiscard]] std::vector<problem> problems() const;
  [[nodiscard]] fanlight::resource const& resource() const noexcept;
  [[nodiscard]] detail::core_face* face() const noexcept;

 private:
  friend class session;
  friend session init(config given);
  detail::core* core_ = nullptr;
};

/// Makes `use` the pipeline of the calling thread as long as it lives: for tests that run side by side.
class with_default {
 public:
  [[nodiscard]] explicit with_default(pipeline const& use) noexcept;
  with_default(with_default const&) = delete;
  with_default& operator=(with_default const&) = delete;
  ~with_default();

 private:
  void* before_;
};

/// The process's pipeline while this lives. Inert when a session was there already, or OTEL_SDK_DISABLED is set.
class session {
 public:
  session(session&&) noexcept = default;
  session& operator=(session&&) = delete;
  ~session();

  /// See pipeline. An inert session has nothing to flush: true.
  bool flush(std::chrono::nanoseconds limit);
  bool shutdown();
  bool shutdown(std::chrono::nanoseconds limit);
  [[nodiscard]] statistics stats() const;
  [[nodiscard]] std::vector<problem> problems() const;
  [[nodiscard]] bool is_active() const noexcept { return own_.has_value(); }

 private:
  friend session init(config given);
  session(std::optional<pipeline> own, std::vector<problem> said) : own_{std::move(own)}, said_{std::move(said)} {}
  std::optional<pipeline> own_;
  std::vector<problem> said_;
};

/// Reads the environment, starts the process's pipeline and publishes it. Never throws. A second call while a session lives changes
/// nothing, says so, and gives an inert session.
[[nodiscard]] session init(config given = {});

/// For plugins that were brought in by dlopen with a copy of fanlight of their own: the host gives `door()` to the plugin, the plugin
/// calls `adopt()` with it before it makes its first span, and from then on records into the host's pipeline as if linked to it.
[[nodiscard]] void* door() noexcept;
/// False, and nothing changes: that copy of fanlight has another layout.
bool adopt(void* hosts_door) noexcept;

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/pipeline.ipp>
#endif
