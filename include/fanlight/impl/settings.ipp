// Bodies of detail/settings.hpp: one function for each group of settings.
#pragma once

#include <fanlight/config.hpp>
#include <fanlight/detail/detectors.hpp>
#include <fanlight/detail/environment.hpp>
#include <fanlight/detail/settings.hpp>
#include <fanlight/impl/check.ipp>
#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/levels.ipp>

#include <algorithm>
#include <cstdlib>

FANLIGHT_BEGIN
namespace detail {

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE environment::function environment_of(config const& given) {
  if (!given.read_environment) return {};
  if (given.instead.environment) return given.instead.environment;
  return [](std::string const& name) -> std::optional<std::string> {
    char const* const out = std::getenv(name.c_str());
    return out != nullptr ? std::optional<std::string>{out} : std::nullopt;
  };
}

/// What code and environment say of the resource. OTEL_SERVICE_NAME beats OTEL_RESOURCE_ATTRIBUTES, code beats both.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE object stated_resource(config const& given, environment const& from) {
  object out;
  if (auto const pairs = from.pairs("OTEL_RESOURCE_ATTRIBUTES", equals_sign::encoded, "nothing of it is used"))
    for (auto const& [key, text] : *pairs) out.set(key, text);
  if (given.service.empty() && !given.resource.contains("service.name"))
    if (auto const name = from.text("OTEL_SERVICE_NAME")) out.set("service.name", *name);
  for (auto const item : given.resource.members()) out.set(item.key, item.value);
  if (!given.service.empty()) out.set("service.name", given.service);
  if (!given.version.empty()) out.set("service.version", given.version);
  if (!given.environment.empty()) out.set("deployment.environment.name", given.environment);
  return out;
}

// ---- sampler ---------------------------------------------------------------------------------------------------------------------

/// The sampler of that name, without its `parentbased_`; nothing and a problem when there is none.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::optional<sampler> sampler_named(std::string_view name, std::string const& given,
                                                                                 environment const& from) {
  if (name == "always_on") return always_on();
  if (name == "always_off") return always_off();
  if (name == "traceidratio") return ratio(from.share("OTEL_TRACES_SAMPLER_ARG", "1.0").value_or(1.0));
  if (name == "xray") {
    if (xray_sampler_by_name != nullptr) return xray_sampler_by_name(from);
    from.tell(
        problem_code::feature_missing,
        joined({"OTEL_TRACES_SAMPLER is \"", given,
                "\", and this program has no such sampler in it; parentbased_always_on is used instead. Include <fanlight/fanlight.hpp> or "
                "<fanlight/xray_sampling.hpp> in the file that calls init()"}));
    return std::nullopt;
  }
  if (name == "jaeger_remote") {
    from.tell(problem_code::ignored,
              joined({"OTEL_TRACES_SAMPLER is \"", given,
                      "\", which is not in this version of fanlight; "
                      "parentbased_always_on is used instead. For a share of the traces use parentbased_traceidratio"}));
    return std::nullopt;
  }
  from.tell_bad("OTEL_TRACES_SAMPLER", given, "xray, always_on, always_off, traceidratio, or one of them behind parentbased_",
                "parentbased_always_on is used instead");
  return std::nullopt;
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE sampler resolve_sampler(config const& given, environment const& from) {
  if (given.sampler && given.sampler->plan() != nullptr) {
    auto const& plan = given.sampler->plan();
    return planned_sampler(plan->complete(from), std::string{given.sampler->own_description()}, given.sampler->is_parent_based());
  }
  if (given.sampler && (given.sampler->mode() != sampling_mode::custom || given.sampler->custom())) return *given.sampler;
  auto otherwise = parent_based(always_on());
  if (given.sampler) return otherwise;  // an empty function: told by check()
  auto const name = from.word("OTEL_TRACES_SAMPLER");
  if (!name) return otherwise;
  constexpr std::string_view prefix = "parentbased_";
  bool const follows = name->compare(0, prefix.size(), prefix) == 0;
  auto out = sampler_named(std::string_view{*name}.substr(follows ? prefix.size() : 0), *name, from);
  if (!out) return otherwise;
  return follows ? parent_based(std::move(*out)) : std::move(*out);
}

// ---- propagators -----------------------------------------------------------------------------------------------------------------

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::optional<propagator> propagator_named(std::string const& name, environment const& from) {
  if (name == "tracecontext") return propagator::tracecontext;
  if (name == "baggage") return propagator::baggage;
  if (name == "xray") return propagator::xray;
  if (name == "b3") return propagator::b3;
  if (name == "b3multi") return propagator::b3multi;
  if (name == "jaeger" || name == "ottrace")
    from.tell(problem_code::ignored, joined({"OTEL_PROPAGATORS names ", name,
                                             ", which is not in this version of fanlight and is left out; "
                                             "there are tracecontext, baggage, xray, b3 and b3multi"}));
  else if (name == "none") from.tell_bad("OTEL_PROPAGATORS", name, "none alone, without other names", "`none` is left out");
  else from.tell_bad("OTEL_PROPAGATORS", name, "a list of tracecontext, baggage, xray, b3 and b3multi, or none", "this name is left out");
  return std::nullopt;
}

/// Each once, in the order given.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::vector<propagator> without_doubles(std::vector<propagator> const& given) {
  std::vector<propagator> out;
  for (auto const one : given)
    if (std::find(out.begin(), out.end(), one) == out.end()) out.push_back(one);
  return out;
}

/// `xray`: an X-Ray exporter is on.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::vector<propagator> resolve_propagators(config const& given, environment const& from,
                                                                                        bool xray) {
  if (given.propagators) return without_doubles(*given.propagators);
  std::vector<propagator> out;
  auto const names = from.words("OTEL_PROPAGATORS");
  if (names && std::all_of(names->begin(), names->end(), [](std::string const& name) { return name == "none"; })) return out;
  if (names)
    for (auto const& name : *names)
      if (auto const one = propagator_named(name, from)) out.push_back(*one);
  if (!out.empty()) return without_doubles(out);
  out = {propagator::tracecontext, propagator::baggage};
  if (xray) out.push_back(propagator::xray);
  return out;
}

/// Keys are taken as they stand: their case counts.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::vector<std::string> resolve_baggage(config const& given, environment const& from) {
  if (given.baggage_on_spans) return *given.baggage_on_spans;
  std::vector<std::string> out;
  if (auto const text = from.text("FANLIGHT_BAGGAGE_ON_SPANS"))
    for (auto const key : split_list(*text)) out.emplace_back(key);
  return out;
}

/// A token of HTTP, as every method is. [RFC 9110 5.6.2]
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE bool may_be_method(std::string_view name) noexcept {
  for (char const letter : name) {
    bool const plain = (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9');
    if (!plain && std::string_view{"!#$%&'*+-.^_`|~"}.find(letter) == std::string_view::npos) return false;
  }
  return !name.empty();
}

/// Methods are taken as they stand: their case counts.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string resolve_methods(config const& given, environment const& from) {
  std::string out;
  auto const add = [&out](std::string_view name) { out.append(out.empty() ? "" : ",").append(name); };
  if (given.known_http_methods) {
    for (auto const& name : *given.known_http_methods) add(name);
    return out;
  }
  constexpr auto variable = "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS";
  auto const text = from.text(variable);
  if (!text) return out;
  for (auto const name : split_list(*text)) {
    if (may_be_method(name)) add(name);
    else from.tell_bad(variable, name, "a list of methods separated by commas", "this name is left out");
  }
  return out;
}

// ---- limits ----------------------------------------------------------------------------------------------------------------------

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string limit_text(std::uint32_t limit) {
  return limit == no_limit ? std::string{"no limit"} : std::to_string(limit);
}

/// Code, else its own variable, else `otherwise`: the general variable, or the default.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::uint32_t resolve_limit(std::optional<std::uint32_t> const& given, environment const& from,
                                                                        char const* name, std::uint32_t otherwise) {
  return given ? *given : from.integer(name, limit_text(otherwise)).value_or(otherwise);
}

FANLIGHT_COLD FANLIGHT_INLINE void resolve_limits(limits const& given, environment const& from, settings& to) {
  bool const all_counts = given.attributes && given.log_attributes, all_lengths = given.value_length && given.log_value_length;
  std::uint32_t const count = all_counts ? 128 : from.integer("OTEL_ATTRIBUTE_COUNT_LIMIT", "128").value_or(128);
  std::uint32_t const length = all_lengths ? no_limit : from.integer("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "no limit").value_or(no_limit);
  to.attributes = resolve_limit(given.attributes, from, "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", count);
  to.log_attributes = resolve_limit(given.log_attributes, from, "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", count);
  to.value_length = resolve_limit(given.value_length, from, "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", length);
  to.log_value_length = resolve_limit(given.log_value_length, from, "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", length);
  to.events = resolve_limit(given.events, from, "OTEL_SPAN_EVENT_COUNT_LIMIT", 128);
  to.links = resolve_limit(given.links, from, "OTEL_SPAN_LINK_COUNT_LIMIT", 128);
  to.event_attributes = resolve_limit(given.event_attributes, from, "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", 128);
  to.link_attributes = resolve_limit(given.link_attributes, from, "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", 128);
}

// ---- batching --------------------------------------------------------------------------------------------------------------------

/// A setting that OpenTelemetry has twice, for spans and for logs, and a lane, which holds both, once.
template <class T>
[[nodiscard]] FANLIGHT_COLD std::optional<T> one_of_two(environment const& from, char const* name_of_spans, std::optional<T> spans,
                                                        char const* name_of_logs, std::optional<T> logs, bool prefer_larger) {
  if (!spans || !logs) return spans ? spans : logs;
  if (*spans == *logs) return spans;
  bool const take_spans = (*spans > *logs) == prefer_larger;
  from.tell(problem_code::ignored, joined({name_of_spans, " and ", name_of_logs,
                                           " differ; an exporter's queue holds spans and logs "
                                           "together, so the ",
                                           (prefer_larger ? "larger" : "smaller"), " one is used for both: that of ",
                                           (take_spans ? name_of_spans : name_of_logs)}));
  return take_spans ? spans : logs;
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::optional<std::size_t> count_of_two(environment const& from, char const* name_of_spans,
                                                                                    char const* name_of_logs, std::size_t otherwise,
                                                                                    bool prefer_larger) {
  auto const text = std::to_string(otherwise);
  auto const out = one_of_two(from, name_of_spans, from.integer(name_of_spans, text, 1), name_of_logs, from.integer(name_of_logs, text, 1),
                              prefer_larger);
  return out ? std::optional<std::size_t>{*out} : std::nullopt;
}

/// What code gives, unless it makes no sense, of which check() speaks.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::optional<std::size_t> sane(std::optional<std::size_t> given) noexcept {
  if (given && *given == 0) given.reset();
  return given;
}
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::optional<std::chrono::milliseconds> sane(
    std::optional<std::chrono::milliseconds> given) noexcept {
  if (given && given->count() < 0) given.reset();
  return given;
}

FANLIGHT_COLD FANLIGHT_INLINE void resolve_queue(batching const& given, environment const& from, settings& to) {
  to.queue_bytes = sane(given.queue_bytes).value_or(to.queue_bytes);
  auto named = sane(given.queue_records);
  if (!named) named = count_of_two(from, "OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_BLRP_MAX_QUEUE_SIZE", to.queue_records, true);
  to.queue_records = named.value_or(to.queue_records);
}

/// After the queue, which bounds it.
FANLIGHT_COLD FANLIGHT_INLINE void resolve_batch(batching const& given, environment const& from, settings& to) {
  char const* const of_spans = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE";
  char const* const of_logs = "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE";
  to.batch_bytes = std::min(sane(given.batch_bytes).value_or(to.batch_bytes), to.queue_bytes);
  auto const in_code = sane(given.batch_records);
  auto const named = in_code ? in_code : count_of_two(from, of_spans, of_logs, to.batch_records, false);
  to.batch_records = std::min(named.value_or(to.batch_records), to.queue_records);
  // The default bows to the queue without a word, and check() speaks of two that stand in code.
  if (!named || *named <= to.queue_records || (in_code && sane(given.queue_records))) return;
  auto const queue = std::to_string(to.queue_records);
  std::string const names = in_code ? std::string{"batching.batch_records"} : std::string{of_spans} + " or " + of_logs;
  from.tell(problem_code::environment_bad, joined({names, " is ", std::to_string(*named),
                                                   ", more than the queue holds (OTEL_BSP_MAX_QUEUE_SIZE, OTEL_BLRP_MAX_QUEUE_SIZE, "
                                                   "batching.queue_records); the queue's ",
                                                   queue, " is used instead"}));
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::size_t ring_size(std::size_t wanted) noexcept {
  std::size_t out = least_capture;
  while (out < wanted && out < most_capture) out *= 2;
  return out;
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::optional<std::chrono::milliseconds> endless_if_0(
    std::optional<std::chrono::milliseconds> limit) {
  if (limit && limit->count() == 0) limit = no_time_limit;
  return limit;
}

FANLIGHT_COLD FANLIGHT_INLINE void resolve_times(batching const& given, environment const& from, settings& to) {
  auto spans = sane(given.span_delay), logs = sane(given.log_delay), timeout = endless_if_0(sane(given.export_timeout));
  if (!spans) spans = from.milliseconds("OTEL_BSP_SCHEDULE_DELAY", "5000");
  if (!logs) logs = from.milliseconds("OTEL_BLRP_SCHEDULE_DELAY", "1000");
  if (!timeout) {
    char const* const of_spans = "OTEL_BSP_EXPORT_TIMEOUT";
    char const* const of_logs = "OTEL_BLRP_EXPORT_TIMEOUT";
    auto const first = endless_if_0(from.milliseconds(of_spans, "30000")), second = endless_if_0(from.milliseconds(of_logs, "30000"));
    timeout = one_of_two(from, of_spans, first, of_logs, second, true);
  }
  to.span_delay = std::min(spans.value_or(to.span_delay), no_time_limit);
  to.log_delay = std::min(logs.value_or(to.log_delay), no_time_limit);
  to.export_timeout = std::min(timeout.value_or(to.export_timeout), no_time_limit);
  to.retry_first = std::min(sane(given.retry_first).value_or(to.retry_first), no_time_limit);
  to.retry_most = std::min(sane(given.retry_most).value_or(to.retry_most), no_time_limit);
  to.keep_for = std::min(sane(given.keep_for).value_or(to.keep_for), no_time_limit);
}

// ---- all of it -------------------------------------------------------------------------------------------------------------------

/// Variables that are understood and do nothing here.
FANLIGHT_COLD FANLIGHT_INLINE void tell_unsupported(environment const& from) {
  if (from.is_set("OTEL_CONFIG_FILE"))
    from.tell(problem_code::ignored,
              "OTEL_CONFIG_FILE is set, but a configuration file is not read by this version of fanlight; the other "
              "variables and the code are used instead");
  if (auto const kind = from.word("OTEL_METRICS_EXPORTER"); kind && *kind != "none")
    from.tell(problem_code::ignored, "OTEL_METRICS_EXPORTER is set, but fanlight makes no metrics; set it to none, or remove it");
  constexpr std::string_view levels[]{"none", "off", "fatal", "error", "warn", "warning", "info", "debug", "verbose", "trace", "all"};
  if (auto const level = from.word("OTEL_LOG_LEVEL"); level && std::find(std::begin(levels), std::end(levels), *level) == std::end(levels))
    from.tell_bad("OTEL_LOG_LEVEL", *level, "one of none, error, warn, info and debug", "info is used instead");
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::vector<exporter_spec> resolve_exporters(config const& given, environment const& from,
                                                                                         std::vector<problem>& said) {
  std::vector<exporter_spec> out;
  checker to{said};
  if (given.exporters) {
    out = *given.exporters;  // what is wrong with them was told by check()
  } else {
    if (exporters_by_name != nullptr) out = exporters_by_name(from);
    else
      from.tell(problem_code::feature_missing,
                "no exporters were given, and this program has none that the environment could name: give config::exporters, or include "
                "<fanlight/fanlight.hpp> in the file that calls init()");
    for (auto const& one : out) check_exporter(one, said, to);
  }
  for (auto& one : out) {
    if (!one.complete || !one.problems.empty()) continue;
    one.complete(one, from);
    if (!one.off) check_exporter(one, said, to);
  }
  out.erase(std::remove_if(out.begin(), out.end(), [](exporter_spec const& one) { return one.off || !one.make || !one.problems.empty(); }), out.end());
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE settings resolve(config const& given, std::vector<problem>& said) {
  settings out;
  for (auto& one : check(given)) said.push_back(std::move(one));
  environment const from{environment_of(given), said};
  out.disabled = given.disabled ? *given.disabled : from.boolean("OTEL_SDK_DISABLED").value_or(false);
  tell_unsupported(from);
  out.stated = stated_resource(given, from);
  out.detect_resource = given.detect_resource;
  out.who = std::make_shared<resource const>(assemble_resource(out.stated, out.detect_resource));
  out.sampler = resolve_sampler(given, from);
  bool const thins = out.sampler.mode() == sampling_mode::ratio && out.sampler.threshold() != 0;
  out.write_threshold = given.write_sampling_threshold.value_or(thins);
  if (out.write_threshold) out.sampler = with_written_threshold(std::move(out.sampler));
  resolve_limits(given.limits, from, out);
  resolve_queue(given.batching, from, out);
  resolve_batch(given.batching, from, out);
  if (given.batching.capture_bytes) out.capture_bytes = ring_size(*given.batching.capture_bytes);
  resolve_times(given.batching, from, out);
  resolve_levels(given, from, out);
  if (!out.disabled) out.exporters = resolve_exporters(given, from, said);
  resolve_exporter_levels(from, out);
  bool xray = false;
  for (auto const& one : out.exporters) {
    if (one.is_xray) out.context_missing = one.context_missing;
    xray = xray || one.is_xray;
  }
  out.propagators = resolve_propagators(given, from, xray);
  out.baggage_on_spans = resolve_baggage(given, from);
  out.known_http_methods = resolve_methods(given, from);
  return out;
}

}  // namespace detail
FANLIGHT_END
