// check(): what is wrong with a configuration, in words. Pure: no environment, no machine.
#pragma once

#include <fanlight/config.hpp>
#include <fanlight/impl/joined.hpp>

FANLIGHT_BEGIN
namespace detail {

inline constexpr std::size_t least_capture = 4096, most_capture = std::size_t{1} << 30;

class checker {
 public:
  explicit checker(std::vector<problem>& said) : said_{said} {}

  FANLIGHT_COLD void tell(std::string what, std::string exporter = {}) {
    problem out;
    out.code = problem_code::config_bad;
    out.what = std::move(what);
    out.exporter = std::move(exporter);
    said_.push_back(std::move(out));
  }
  FANLIGHT_COLD void not_zero(std::optional<std::size_t> const& given, std::string_view name) {
    if (given && *given == 0) tell(joined({name, " is 0; it must be 1 or more; what holds without it is used instead"}));
  }
  FANLIGHT_COLD void not_negative(std::optional<std::chrono::milliseconds> const& given, std::string_view name) {
    if (given && given->count() < 0)
      tell(joined({name, " is ", std::to_string(given->count()), " ms; it must be 0 or more; what holds without it is used instead"}));
  }
  FANLIGHT_COLD void not_above(std::optional<std::size_t> const& part, std::optional<std::size_t> const& whole, std::string_view name,
                               std::string_view of) {
    if (!part || !whole || *whole == 0 || *part <= *whole) return;
    tell(joined({name, " is ", std::to_string(*part), ", more than ", of, ", ", std::to_string(*whole), ", which is used instead"}));
  }

 private:
  std::vector<problem>& said_;
};

FANLIGHT_COLD FANLIGHT_INLINE void check_batching(batching const& given, checker& to) {
  to.not_zero(given.queue_records, "batching.queue_records");
  to.not_zero(given.queue_bytes, "batching.queue_bytes");
  to.not_zero(given.batch_records, "batching.batch_records");
  to.not_zero(given.batch_bytes, "batching.batch_bytes");
  to.not_negative(given.span_delay, "batching.span_delay");
  to.not_negative(given.log_delay, "batching.log_delay");
  to.not_negative(given.export_timeout, "batching.export_timeout");
  to.not_negative(given.retry_first, "batching.retry_first");
  to.not_negative(given.retry_most, "batching.retry_most");
  to.not_negative(given.keep_for, "batching.keep_for");
  to.not_above(given.batch_records, given.queue_records, "batching.batch_records", "batching.queue_records");
  to.not_above(given.batch_bytes, given.queue_bytes, "batching.batch_bytes", "batching.queue_bytes");
  if (given.capture_bytes && (*given.capture_bytes < least_capture || *given.capture_bytes > most_capture))
    to.tell(joined({"batching.capture_bytes is ", std::to_string(*given.capture_bytes), "; it must be from ", std::to_string(least_capture),
                    " to ", std::to_string(most_capture), "; the nearest of them is used instead"}));
}

FANLIGHT_COLD FANLIGHT_INLINE void check_exporter(exporter_spec const& given, std::vector<problem>& said, checker& to) {
  for (auto told : given.problems) {
    if (told.exporter.empty()) told.exporter = given.name;
    said.push_back(std::move(told));
  }
  if (!given.make && given.problems.empty())
    to.tell(
        "an exporter cannot be made: its exporter_spec has no `make`; it is left out. Use a factory such as console(), or an object "
        "with a member consume(batch<span_record>)",
        given.name);
}

/// One attribute of the resource with a member of its own, given in both ways.
FANLIGHT_COLD FANLIGHT_INLINE void check_twice(config const& given, std::string_view key, std::string const& member, std::string const& text,
                                 checker& to) {
  auto const other = given.resource.get(key).as_text();
  if (!text.empty() && given.resource.contains(key) && other != text)
    to.tell(joined({"resource has ", key, " = \"", other, "\", and ", member, " is \"", text, "\", which is used; leave one of them out"}));
}

}  // namespace detail

FANLIGHT_COLD FANLIGHT_INLINE std::vector<problem> check(config const& given) {
  std::vector<problem> said;
  detail::checker to{said};
  detail::check_twice(given, "service.name", "service", given.service, to);
  detail::check_twice(given, "service.version", "version", given.version, to);
  detail::check_twice(given, "deployment.environment.name", "environment", given.environment, to);
  if (given.sampler && given.sampler->mode() == detail::sampling_mode::custom && !given.sampler->custom() && given.sampler->plan() == nullptr)
    to.tell("sampler holds an empty function; parent_based(always_on()) is used instead");
  if (given.exporters)
    for (auto const& exporter : *given.exporters) detail::check_exporter(exporter, said, to);
  detail::check_batching(given.batching, to);
  if (given.shutdown_within.count() < 0)
    to.tell(detail::joined(
        {"shutdown_within is ", std::to_string(given.shutdown_within.count()), " ms; it must be 0 or more; 0 is used instead"}));
  if (given.uncaught_within.count() < 0)
    to.tell(detail::joined(
        {"uncaught_within is ", std::to_string(given.uncaught_within.count()), " ms; it must be 0 or more; nothing is waited for"}));
  return said;
}

FANLIGHT_END
