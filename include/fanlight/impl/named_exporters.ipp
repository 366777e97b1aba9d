// Which exporters the environment names: FANLIGHT_EXPORTERS alone, or else OpenTelemetry's variables signal by signal, together with
// whatever names one destination (a file, an endpoint, a vendor's key). A signal of which nothing is said goes to the console. Included by
// fanlight.hpp, and by no other header: a program that includes single back ends does not carry the rest.
#pragma once

#include <fanlight/detail/environment.hpp>
#include <fanlight/detail/settings.hpp>
#include <fanlight/exporters/cloudwatch.hpp>
#include <fanlight/exporters/console.hpp>
#include <fanlight/exporters/otlp.hpp>
#include <fanlight/exporters/otlp_file.hpp>
#include <fanlight/exporters/rollbar.hpp>
#include <fanlight/exporters/xray.hpp>
#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/otlp_settings.hpp>
#include <fanlight/impl/presets.hpp>

#include <algorithm>

FANLIGHT_BEGIN
namespace detail {

inline constexpr record_types trace_types = takes<span_record> | takes<start_record>;
inline constexpr record_types log_types = takes<log_record> | takes<error_record>;
inline constexpr record_types error_types = takes<error_record>;

class named_exporters {
 public:
  explicit named_exporters(environment const& from) : from_{from}, file_{from.text("FANLIGHT_OTLP_FILE")} {}

  /// False: the variable is not set.
  bool read_list() { return read_names("FANLIGHT_EXPORTERS", trace_types | log_types); }
  FANLIGHT_COLD void read_signals() {
    read_names("OTEL_TRACES_EXPORTER", trace_types);
    read_names("OTEL_LOGS_EXPORTER", log_types);
    auto const open = unspoken_;
    if (file_) choose(kind::otlp_file, trace_types | log_types), unspoken_ = 0;
    read_endpoints(open);
    read_keys();
    if (from_.is_set("AWS_XRAY_DAEMON_ADDRESS")) choose(kind::xray, trace_types), unspoken_ &= ~trace_types;
    if ((open & log_types) == log_types && from_.is_set("FANLIGHT_LOG_GROUP")) choose(kind::cloudwatch, log_types), unspoken_ &= ~log_types;
    // Errors alone: spans and log records still go to the console when nothing else is named.
    if (from_.is_set("ROLLBAR_ACCESS_TOKEN")) choose(kind::rollbar, error_types), unspoken_ &= ~error_types;
  }
  [[nodiscard]] std::vector<exporter_spec> take();

 private:
  enum class kind { console, console_json, otlp_file, otlp_stdout, otlp, xray, cloudwatch, rollbar, back_end };
  struct choice {
    kind what;
    record_types only;
    preset const* which = nullptr;  // of a back end
    std::string endpoint = {};      // of a back end, when it is not its own
  };

  bool read_names(char const* variable, record_types types);
  bool choose_name(char const* variable, std::string const& name, record_types types);
  void choose(kind what, record_types types, preset const* which = nullptr);
  void read_endpoints(record_types open);
  void read_keys();
  bool is_named_by_endpoint(preset const& which);
  [[nodiscard]] exporter_spec make(choice const& of) const;

  environment const& from_;
  std::optional<std::string> file_;
  std::vector<choice> chosen_;
  record_types unspoken_ = trace_types | log_types;  // of these nothing was said
  record_types stand_in_ = 0;                        // of these nothing was named that could take them
};

FANLIGHT_COLD FANLIGHT_INLINE void named_exporters::choose(kind what, record_types types, preset const* which) {
  if (what == kind::otlp_file && (!file_ || *file_ == "-")) what = kind::otlp_stdout;
  for (auto& one : chosen_)
    if (one.what == what && one.which == which) {
      one.only |= types;
      return;
    }
  chosen_.push_back({what, types, which});
}

/// One name of a list; false when nothing came of it.
FANLIGHT_COLD FANLIGHT_INLINE bool named_exporters::choose_name(char const* variable, std::string const& name, record_types types) {
  if (name == "console") return choose(kind::console, types), true;
  if (name == "console_json") return choose(kind::console_json, types), true;
  if (name == "otlp_file") return choose(kind::otlp_file, types), true;
  if (name == "otlp/stdout") return choose(kind::otlp_stdout, types), true;
  if (name == "otlp") return choose(kind::otlp, types), true;
  if (name == "rollbar") {
    if ((types & error_types) != 0) return choose(kind::rollbar, error_types), true;
    from_.tell_bad(variable, name, "a list of exporters that take spans, which are no items of Rollbar", "this name is left out");
    return false;
  }
  if (name == "xray") {
    if ((types & trace_types) != 0) return choose(kind::xray, trace_types), true;
    from_.tell_bad(variable, name, "a list of exporters that take logs, which X-Ray does not", "this name is left out");
    return false;
  }
  if (name == "cloudwatch") {
    if ((types & log_types) != 0) return choose(kind::cloudwatch, log_types), true;
    from_.tell_bad(variable, name, "a list of exporters that take spans, which CloudWatch gets only where the code says so", "this name is left out");
    return false;
  }
  if (auto const* const which = find_preset(name)) return choose(kind::back_end, types, which), true;
  if (name == "zipkin" || name == "prometheus")
    from_.tell(problem_code::ignored, joined({variable, " names ", name,
                                              ", which fanlight does not speak; it is left out. A collector "
                                              "that takes OTLP can pass records on to it"}));
  else if (name == "none") from_.tell_bad(variable, name, "none alone, without other names", "`none` is left out");
  else
    from_.tell_bad(variable, name,
                   "a list of console, console_json, otlp, otlp_file, otlp/stdout, xray, cloudwatch, rollbar and names of back ends such as honeycomb, or none",
                   "this name is left out");
  return false;
}

/// False: not set.
FANLIGHT_COLD FANLIGHT_INLINE bool named_exporters::read_names(char const* variable, record_types types) {
  auto const names = from_.words(variable);
  if (!names) return false;
  unspoken_ &= ~types;
  if (std::all_of(names->begin(), names->end(), [](std::string const& name) { return name == "none"; })) return true;
  bool any = false;
  for (auto const& name : *names) any |= choose_name(variable, name, types);
  if (!any) stand_in_ |= types;
  return true;
}

/// An address names OTLP for the signals of which nothing was said.
FANLIGHT_COLD FANLIGHT_INLINE void named_exporters::read_endpoints(record_types open) {
  struct row {
    char const* variable;
    record_types types;
  };
  constexpr row rows[]{{"OTEL_EXPORTER_OTLP_ENDPOINT", trace_types | log_types},
                       {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", trace_types},
                       {"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", log_types}};
  for (auto const& one : rows) {
    auto const types = one.types & open;
    if (types == 0 || !from_.is_set(one.variable)) continue;
    choose(kind::otlp, types);
    unspoken_ &= ~types;
  }
}

/// True: OTLP goes to this back end already, by its general address. Then there is one exporter: OTLP with the headers that are given, or
/// the back end's own with that address.
FANLIGHT_COLD FANLIGHT_INLINE bool named_exporters::is_named_by_endpoint(preset const& which) {
  auto const endpoint = from_.text("OTEL_EXPORTER_OTLP_ENDPOINT");
  if (!endpoint || which.domain == nullptr || !is_within(host_of(trimmed(*endpoint)), which.domain)) return false;
  for (auto& one : chosen_) {
    if (one.what != kind::otlp) continue;
    bool const has_headers = from_.is_set("OTEL_EXPORTER_OTLP_HEADERS") || from_.is_set("OTEL_EXPORTER_OTLP_TRACES_HEADERS") ||
                             from_.is_set("OTEL_EXPORTER_OTLP_LOGS_HEADERS");
    if (!has_headers) one.what = kind::back_end, one.which = &which, one.endpoint = trimmed(*endpoint);
    return true;
  }
  return false;
}

FANLIGHT_COLD FANLIGHT_INLINE void named_exporters::read_keys() {
  for (auto const& one : presets) {
    if (one.key == nullptr || !from_.is_set(one.key) || is_named_by_endpoint(one)) continue;
    choose(kind::back_end, trace_types | log_types, &one);
    unspoken_ = 0;
  }
}

FANLIGHT_COLD FANLIGHT_INLINE exporter_spec named_exporters::make(choice const& of) const {
  exporter_spec out;
  if (of.what == kind::console || of.what == kind::console_json) {
    console_config how;
    how.layout = of.what == kind::console ? console_layout::waterfall : console_layout::json;
    out = console(how);
    if (of.what == kind::console_json) out.name = "console_json";  // the two may stand side by side
  } else if (of.what == kind::otlp) {
    out = otlp();
  } else if (of.what == kind::rollbar) {
    return rollbar();  // and what leads up to errors
  } else if (of.what == kind::xray) {
    return xray();  // takes what it takes
  } else if (of.what == kind::cloudwatch) {
    cloudwatch_config how;
    how.errors = true;  // whoever names exporters for logs means errors too
    return cloudwatch(std::move(how));
  } else if (of.what == kind::back_end) {
    out = preset_by_name(of.which->name, of.endpoint);
  } else {
    otlp_file_config how;
    how.path = of.what == kind::otlp_stdout ? "-" : file_.value_or("-");
    out = otlp_file(how);
    if (of.what == kind::otlp_stdout) out.name = "otlp_stdout";
  }
  if (of.only != (trace_types | log_types)) out.only &= of.only;
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE std::vector<exporter_spec> named_exporters::take() {
  if (record_types const types = stand_in_ | unspoken_; types != 0) choose(kind::console, types);
  std::vector<exporter_spec> out;
  out.reserve(chosen_.size());
  for (auto const& one : chosen_) out.push_back(make(one));
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE std::vector<exporter_spec> exporters_from(environment const& from) {
  named_exporters named{from};
  if (!named.read_list()) named.read_signals();
  return named.take();
}

/// Before main(), and before any object of a file that includes this.
__attribute__((used)) inline bool const exporters_have_names = (exporters_by_name = &exporters_from, true);

}  // namespace detail
FANLIGHT_END
