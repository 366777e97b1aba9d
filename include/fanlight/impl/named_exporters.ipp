// Which exporters the environment names: FANLIGHT_EXPORTERS alone, or else OpenTelemetry's variables signal by signal, together with
// whatever names one destination (a file, an endpoint, a vendor's key). A signal of which nothing is said goes to the console.
#pragma once

#include <fanlight/detail/environment.hpp>
#include <fanlight/detail/settings.hpp>
#include <fanlight/exporters/console.hpp>
#include <fanlight/exporters/otlp_file.hpp>

#include <algorithm>

FANLIGHT_BEGIN
namespace detail {

inline constexpr record_types trace_types = takes<span_record> | takes<start_record>;
inline constexpr record_types log_types = takes<log_record> | takes<error_record>;

class named_exporters {
 public:
  explicit named_exporters(environment const& from) : from_{from}, file_{from.text("FANLIGHT_OTLP_FILE")} {}

  /// False: the variable is not set.
  bool read_list() { return read_names("FANLIGHT_EXPORTERS", trace_types | log_types); }
  void read_signals() {
    read_names("OTEL_TRACES_EXPORTER", trace_types);
    read_names("OTEL_LOGS_EXPORTER", log_types);
    if (file_) choose(kind::otlp_file, trace_types | log_types), unspoken_ = 0;
    read_destinations();
  }
  [[nodiscard]] std::vector<exporter_spec> take();

 private:
  enum class kind { console, console_json, otlp_file, otlp_stdout };
  struct choice {
    kind what;
    record_types only;
  };
  struct absent {
    std::string subject, factory;
  };

  bool read_names(char const* variable, record_types types);
  bool choose_name(char const* variable, std::string const& name, record_types types);
  void choose(kind what, record_types types);
  void read_destinations();
  void tell_missing() const;
  [[nodiscard]] exporter_spec make(choice const& of) const;

  environment const& from_;
  std::optional<std::string> file_;
  std::vector<choice> chosen_;
  std::vector<absent> missing_;
  record_types unspoken_ = trace_types | log_types;  // of these nothing was said
  record_types stand_in_ = 0;                        // of these nothing that is here was named
};

FANLIGHT_INLINE void named_exporters::choose(kind what, record_types types) {
  if (what == kind::otlp_file && (!file_ || *file_ == "-")) what = kind::otlp_stdout;
  for (auto& one : chosen_)
    if (one.what == what) {
      one.only |= types;
      return;
    }
  chosen_.push_back({what, types});
}

/// One name of a list; false when nothing came of it.
FANLIGHT_INLINE bool named_exporters::choose_name(char const* variable, std::string const& name, record_types types) {
  if (name == "console") return choose(kind::console, types), true;
  if (name == "console_json") return choose(kind::console_json, types), true;
  if (name == "otlp_file") return choose(kind::otlp_file, types), true;
  if (name == "otlp/stdout") return choose(kind::otlp_stdout, types), true;
  for (std::string_view const later : {"otlp", "honeycomb", "datadog", "new_relic", "grafana_cloud", "xray", "cloudwatch", "rollbar"})
    if (name == later) {
      missing_.push_back({std::string{variable} + " names " + name, "fl::" + name});
      return false;
    }
  if (name == "zipkin" || name == "prometheus")
    from_.tell(problem_code::ignored, std::string{variable} + " names " + name +
                                          ", which fanlight does not speak; it is left out. A collector "
                                          "that takes OTLP can pass records on to it");
  else if (name == "none") from_.tell_bad(variable, name, "none alone, without other names", "`none` is left out");
  else from_.tell_bad(variable, name, "a list of console, console_json, otlp_file and otlp/stdout, or none", "this name is left out");
  return false;
}

/// False: not set.
FANLIGHT_INLINE bool named_exporters::read_names(char const* variable, record_types types) {
  auto const names = from_.words(variable);
  if (!names) return false;
  unspoken_ &= ~types;
  if (std::all_of(names->begin(), names->end(), [](std::string const& name) { return name == "none"; })) return true;
  bool any = false;
  for (auto const& name : *names) any |= choose_name(variable, name, types);
  if (!any) stand_in_ |= types;
  return true;
}

/// What names a back end by its address or its key.
FANLIGHT_INLINE void named_exporters::read_destinations() {
  bool const wants_otlp = std::any_of(missing_.begin(), missing_.end(), [](absent const& one) { return one.factory == "fl::otlp"; });
  struct row {
    char const* variable;
    char const* factory;
  };
  constexpr row endpoints[]{{"OTEL_EXPORTER_OTLP_ENDPOINT", "fl::otlp"},
                            {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "fl::otlp"},
                            {"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "fl::otlp"}};
  constexpr row back_ends[]{{"HONEYCOMB_API_KEY", "fl::honeycomb"},     {"DD_API_KEY", "fl::datadog"},
                            {"NEW_RELIC_LICENSE_KEY", "fl::new_relic"}, {"AWS_XRAY_DAEMON_ADDRESS", "fl::xray"},
                            {"FANLIGHT_LOG_GROUP", "fl::cloudwatch"},   {"ROLLBAR_ACCESS_TOKEN", "fl::rollbar"}};
  // An address matters where OTLP is not asked for already, and not ruled out by other names.
  if (!wants_otlp && unspoken_ != 0)
    for (auto const& one : endpoints)
      if (from_.is_set(one.variable)) {
        missing_.push_back({std::string{one.variable} + " is set", one.factory});
        break;
      }
  for (auto const& one : back_ends)
    if (from_.is_set(one.variable)) missing_.push_back({std::string{one.variable} + " is set", one.factory});
}

FANLIGHT_INLINE void named_exporters::tell_missing() const {
  bool const console = std::any_of(chosen_.begin(), chosen_.end(), [](choice const& one) { return one.what == kind::console; });
  for (auto const& one : missing_)
    from_.tell(problem_code::feature_missing,
               one.subject + ", but " + one.factory + " is not in this version of fanlight; " +
                   (console ? "the console is used meanwhile" : "it is left out, what else is named is used") +
                   ". To choose, set FANLIGHT_EXPORTERS to a list of console, console_json and otlp_file, or to none, or give "
                   "config::exporters in code");
}

FANLIGHT_INLINE exporter_spec named_exporters::make(choice const& of) const {
  exporter_spec out;
  if (of.what == kind::console || of.what == kind::console_json) {
    console_config how;
    how.layout = of.what == kind::console ? console_layout::waterfall : console_layout::json;
    out = console(how);
    if (of.what == kind::console_json) out.name = "console_json";  // the two may stand side by side
  } else {
    otlp_file_config how;
    how.path = of.what == kind::otlp_stdout ? "-" : file_.value_or("-");
    out = otlp_file(how);
    if (of.what == kind::otlp_stdout) out.name = "otlp_stdout";
  }
  if (of.only != (trace_types | log_types)) out.only = of.only;
  return out;
}

FANLIGHT_INLINE std::vector<exporter_spec> named_exporters::take() {
  if (record_types const types = stand_in_ | unspoken_; types != 0) choose(kind::console, types);
  tell_missing();
  std::vector<exporter_spec> out;
  out.reserve(chosen_.size());
  for (auto const& one : chosen_) out.push_back(make(one));
  return out;
}

FANLIGHT_INLINE std::vector<exporter_spec> exporters_from(environment const& from) {
  named_exporters named{from};
  if (!named.read_list()) named.read_signals();
  return named.take();
}

}  // namespace detail
FANLIGHT_END
