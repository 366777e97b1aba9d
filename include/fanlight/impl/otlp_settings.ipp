// Bodies of otlp_settings.hpp: OpenTelemetry's variables, signal by signal.
#pragma once

#include <fanlight/impl/environment.ipp>
#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/otlp_parts.ipp>
#include <fanlight/impl/otlp_settings.hpp>
#include <fanlight/impl/otlp_urls.ipp>

FANLIGHT_BEGIN
namespace detail {

/// The variables of one signal over the general ones. Each is read once for both signals, and what is wrong with it is told once.
class otlp_variables {
 public:
  explicit otlp_variables(environment const& from) : from_{from}, memory_{[this](std::string const& name) { return read(name); }, heard_} {}
  otlp_variables(otlp_variables const&) = delete;
  otlp_variables& operator=(otlp_variables const&) = delete;
  FANLIGHT_COLD ~otlp_variables() {
    for (std::size_t i = 0; i < heard_.size(); ++i) {
      bool again = false;
      for (std::size_t j = 0; j < i; ++j) again = again || heard_[j].what == heard_[i].what;
      if (!again) from_.tell(heard_[i].code, heard_[i].what);
    }
  }

  /// `read_one(environment, name)` for the signal's variable; where that gives nothing, for the general one.
  template <class Read>
  FANLIGHT_COLD auto ask(char const* signal, char const* suffix, Read read_one)
      -> decltype(read_one(std::declval<environment const&>(), "")) {
    name_ = std::string{"OTEL_EXPORTER_OTLP_"} + signal + "_" + suffix;
    if (auto out = read_one(memory_, name_.c_str())) return out;
    name_ = std::string{"OTEL_EXPORTER_OTLP_"} + suffix;
    return read_one(memory_, name_.c_str());
  }
  /// Which of the two gave the latest answer.
  [[nodiscard]] std::string const& answered() const noexcept { return name_; }

 private:
  [[nodiscard]] FANLIGHT_COLD std::optional<std::string> read(std::string const& name) {
    for (auto const& [known, text] : read_)
      if (known == name) return text;
    read_.emplace_back(name, from_.text(name.c_str()));
    return read_.back().second;
  }
  environment const& from_;
  std::vector<problem> heard_;
  environment memory_;
  std::vector<std::pair<std::string, std::optional<std::string>>> read_;
  std::string name_;
};

/// One of the two signals while it is being settled.
struct otlp_signal {
  char const* variable;  // TRACES
  char const* path;      // /v1/traces
  std::string const& whole;  // the member for its whole address
};

/// The word if it is one of `known`; what is not is told.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::optional<std::string> known_word(environment const& from, char const* name,
                                                                                  std::initializer_list<std::string_view> known,
                                                                                  char const* expected, char const* otherwise) {
  auto out = from.word(name);
  if (!out) return out;
  for (auto const one : known)
    if (*out == one) return out;
  from.tell_bad(name, *out, expected, otherwise);
  return std::nullopt;
}

/// The address as the environment has it; nothing, and told, where it is none.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::optional<std::string> address_from(environment const& from, char const* name) {
  auto const text = from.text(name);
  if (!text) return std::nullopt;
  std::string out{trimmed(*text)};
  if (!host_of(out).empty()) return out;
  from.tell_bad(name, url_for_people(out), "an address such as http://collector:4318", "it is not used");
  return std::nullopt;
}

FANLIGHT_COLD FANLIGHT_INLINE void settle_headers(otlp_config const& given, otlp_signal const& signal, bool address_from_environment,
                                                  otlp_variables& from, otlp_target& to) {
  for (auto const& [name, text] : given.headers) {
    auto value = expanded(given, text);
    if (!value) continue;
    std::string source = given.name == "otlp" ? "otlp_config::headers" : given.name + "'s headers in code";
    for (auto const& part : given.parts)
      if (text.find('{') != text.npos && text.find(part.name, text.find('{')) != text.npos && part.name.find('.') == part.name.npos)
        source = part.variable.empty() ? joined({given.name, "_config::", part.name}) : part.variable;
    to.headers.push_back({name, std::move(*value), std::move(source)});
  }
  if (!given.headers.empty() || !given.parts.empty()) return;
  auto const found = from.ask(signal.variable, "HEADERS", [&](environment const& variables, char const* name) -> std::optional<text_pairs> {
    if (!variables.is_set(name)) return std::nullopt;
    if (address_from_environment) return variables.pairs(name, equals_sign::may_stand_in_values, "nothing of it is used");
    variables.tell(problem_code::ignored,
                   joined({name, " is set, but the address (", url_for_people(to.url),
                           ") does not come from the environment: headers from there, which may be keys, are not sent to it. "
                           "Set OTEL_EXPORTER_OTLP_ENDPOINT, or give otlp_config::headers"}));
    return std::nullopt;
  });
  if (!found) return;
  for (auto const& [name, value] : *found) to.headers.push_back({name, value, from.answered()});
}

FANLIGHT_COLD FANLIGHT_INLINE void settle_manner(otlp_config const& given, otlp_signal const& signal, otlp_variables& from,
                                                 otlp_target& to) {
  if (given.protocol) to.protocol = *given.protocol;
  else if (auto const word =
               from.ask(signal.variable, "PROTOCOL", [](environment const& variables, char const* name) -> std::optional<std::string> {
                 if (auto const asked = variables.word(name); asked && *asked == "grpc") {
                   variables.tell(problem_code::ignored, std::string{name} +
                                                             " is \"grpc\", which fanlight does not speak; http/protobuf is used instead. "
                                                             "Mind the port: OTLP over HTTP is mostly 4318, gRPC 4317");
                   return "http/protobuf";
                 }
                 return known_word(variables, name, {"http/protobuf", "http/json"}, "http/protobuf or http/json",
                                   "http/protobuf is used instead");
               }))
    to.protocol = *word == "http/json" ? otlp_protocol::http_json : otlp_protocol::http_protobuf;

  to.gzip = !is_this_machine(host_of(to.url));
  if (given.compression) to.gzip = *given.compression == otlp_compression::gzip;
  else if (auto const word = from.ask(signal.variable, "COMPRESSION", [](environment const& variables, char const* name) {
             return known_word(variables, name, {"gzip", "none"}, "gzip or none", "gzip is used, but for this machine");
           }))
    to.gzip = *word == "gzip";

  auto timeout = given.timeout;
  if (!timeout)
    timeout = from.ask(signal.variable, "TIMEOUT",
                       [](environment const& variables, char const* name) { return variables.milliseconds(name, "10000"); });
  if (timeout) to.timeout = timeout->count() == 0 ? no_time_limit : std::min(*timeout, no_time_limit);
}

FANLIGHT_COLD FANLIGHT_INLINE void settle_tls(otlp_config const& given, otlp_signal const& signal, otlp_variables& from, otlp_target& to) {
  auto const ask = [&](std::string const& in_code, char const* suffix) {
    if (!in_code.empty() || !given.parts.empty()) return in_code;
    return from.ask(signal.variable, suffix, [](environment const& variables, char const* name) { return variables.text(name); })
        .value_or(std::string{});
  };
  to.http.ca_file = ask(given.ca_file, "CERTIFICATE");
  to.http.client_certificate = ask(given.client_certificate, "CLIENT_CERTIFICATE");
  to.http.client_key = ask(given.client_key, "CLIENT_KEY");
  to.http.verify = !given.insecure;
  to.http.proxy = given.proxy;
  to.http.response_cap = given.response_cap;
  to.http.connect_timeout = std::min(to.http.connect_timeout, to.timeout);
  to.http.user_agent = "fanlight/" FANLIGHT_VERSION_STRING " OTel-OTLP-Exporter-Cpp/" FANLIGHT_VERSION_STRING;
}

/// The address of a signal; true: the environment gave it.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE bool settle_address(otlp_config const& given, otlp_signal const& signal, otlp_variables& from,
                                                                otlp_target& to, std::vector<problem>& wrong) {
  auto const& in_code = signal.whole.empty() ? given.endpoint : signal.whole;
  if (!in_code.empty()) {
    auto const text = expanded(given, in_code);
    if (!text) return false;  // a piece is missing, of which fill_parts() speaks
    to.url = signal.whole.empty() ? with_path(*text, signal.path) : with_path(*text, {});
    if (host_of(to.url).empty())
      wrong.push_back(
          {problem_code::config_bad,
           joined({given.name, " endpoint \"", url_for_people(*text), "\" is no address; it must be like http://collector:4318"}),
           given.name});
    return false;
  }
  auto const own = std::string{"OTEL_EXPORTER_OTLP_"} + signal.variable + "_ENDPOINT";
  auto const found = from.ask(signal.variable, "ENDPOINT", address_from);
  to.url = !found                   ? with_path("http://localhost:4318", signal.path)
           : from.answered() == own ? with_path(*found, {})
                                    : with_path(*found, signal.path);
  return found.has_value();
}

FANLIGHT_COLD FANLIGHT_INLINE void check_headers(otlp_target const& to, std::string const& exporter, std::vector<problem>& wrong) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  for (auto const& one : to.headers) {
    bool good = !one.name.empty();
    for (char const letter : one.name)
      good = good && ((letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                      marks.find(letter) != marks.npos);
    if (!good)
      wrong.push_back({problem_code::config_bad,
                       joined({exporter, ": \"", one_line(one.name, 60), "\" (", one.source, ") is no name of a header"}), exporter});
    if (one.value.find_first_of(std::string_view{"\r\n\0", 3}) != std::string::npos)
      wrong.push_back({problem_code::config_bad,
                       joined({exporter, ": the value of header ", one_line(one.name, 60), " (", one.source, ") holds a line break"}),
                       exporter});
  }
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE otlp_target settle_target(otlp_config const& given, otlp_signal const& signal,
                                                                      otlp_variables& from, std::vector<problem>& wrong) {
  otlp_target out;
  bool const from_environment = settle_address(given, signal, from, out, wrong);
  if (out.url.empty()) return out;
  settle_headers(given, signal, from_environment, from, out);
  settle_manner(given, signal, from, out);
  settle_tls(given, signal, from, out);
  check_headers(out, given.name, wrong);
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE void settle_otlp(otlp_settings& out, record_types only, environment const& from,
                                               std::vector<problem>& wrong) {
  auto const& how = out.given;
  otlp_variables variables{from};
  if (how.traces && (only & takes<span_record>) != 0)
    out.traces = settle_target(how, {"TRACES", "/v1/traces", how.traces_endpoint}, variables, wrong);
  if (how.logs && (only & (takes<log_record> | takes<error_record>)) != 0)
    out.logs = settle_target(how, {"LOGS", "/v1/logs", how.logs_endpoint}, variables, wrong);
  for (std::size_t i = 1; i < wrong.size(); ++i)  // what is wrong with both signals is said once
    for (std::size_t j = 0; j < i; ++j)
      if (wrong[j].what == wrong[i].what) {
        wrong.erase(wrong.begin() + static_cast<std::ptrdiff_t>(i--));
        break;
      }
}

}  // namespace detail
FANLIGHT_END
