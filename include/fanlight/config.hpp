// What is wanted of a pipeline: an inert value, made by the program, read once by init(). check() tells what is wrong with it, without doing
// anything. Its functions are called as their comments say.
#pragma once

#include <fanlight/exporter.hpp>
#include <fanlight/propagation.hpp>
#include <fanlight/resource.hpp>
#include <fanlight/sampler.hpp>

#include <chrono>
#include <functional>
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
  /// Tells back ends and later stages in tracestate (`ot=th:…`) what share is kept; the share is then rounded to what can be written.
  /// Where a ratio below 1 is.
  std::optional<bool> write_sampling_threshold = {};
  list_choice<exporter_spec> exporters = {};
  list_choice<propagator> propagators = {};  // [OTEL_PROPAGATORS]; tracecontext, baggage
  /// Keys of baggage that spans, logs and error reports are to have as attributes, wherever it came from; `*`: all of it. [FANLIGHT_BAGGAGE_ON_SPANS]
  list_choice<std::string> baggage_on_spans = {};
  /// HTTP methods that spans may be called after, in place of the standards'; of any other they say `_OTHER`. What a server's or a client's
  /// own options say counts before it. [OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS]
  list_choice<std::string> known_http_methods = {};
  fanlight::limits limits = {};
  fanlight::batching batching = {};
  std::optional<level> minimum_level = {};    // of log records: trace [FANLIGHT_LOG_LEVEL]
  list_choice<logger_level> levels = {};      // of loggers that differ: {{"access", level::warn}, {"db", level::debug}} [the same]
  /// Run once for each record, on fanlight's thread, before any exporter sees it: to drop, redact or enrich.
  std::function<void(record_editor&)> process = {};
  /// Told of every problem, on fanlight's thread. None: a line on stderr.
  std::function<void(problem const&)> on_problem = {};
  std::chrono::milliseconds shutdown_within = std::chrono::seconds{2};
  /// A span that an exception leaves reports it, once for each error, as an error_scope does. The exception has to be seen by a guarded().
  bool report_on_unwind = false;
  /// A log record of that level and above that is written where an exception is being handled reports it, unless that was done: whoever
  /// writes it, spdlog's sink included. The record has the report's uuid as its `error_id`. Unset: log records report nothing.
  std::optional<level> report_logged = {};
  /// An exception that nobody catches is reported, and std::terminate() goes on after that: a handler of std::set_terminate, in front of
  /// the one that is there. Only of the process's pipeline.
  bool report_uncaught = false;
  std::chrono::milliseconds uncaught_within = std::chrono::seconds{2};  // it waits no longer for the report to leave
  /// A folder. A crash (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT) is written there by a signal handler, in front of the one that is there,
  /// and reported by the next process that has the same folder here. Empty: signals are left alone. Only of the process's pipeline.
  std::string crash_spool = {};
  bool detect_resource = true;         // host, process, container, instance
  bool read_environment = true;        // false: only what stands here counts
  std::optional<bool> disabled = {};   // nothing is recorded, contexts still pass through [OTEL_SDK_DISABLED]
  substitutes instead = {};
};

/// What is wrong with a configuration, without doing anything.
[[nodiscard]] std::vector<problem> check(config const& given);

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/check.ipp>
#endif
