// Bodies of exporters/otlp.hpp: batches become requests, answers become outcomes.
#pragma once

#include <fanlight/exporters/otlp.hpp>
#include <fanlight/impl/body_compressor.hpp>
#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/otlp_json.hpp>
#include <fanlight/impl/otlp_proto.hpp>
#include <fanlight/impl/otlp_ruling.hpp>
#include <fanlight/impl/otlp_settings.ipp>

#include <algorithm>
#include <ctime>

FANLIGHT_BEGIN
namespace detail {

/// One signal of an exporter: where it goes, and what was said of it already.
struct otlp_route {
  otlp_target const& to;
  http_transport* transport = nullptr;  // the exporter's
  char const* records = "";             // what they are called
  bool told_key = false, told_redirect = false;
};

class otlp_exporter final : public exporter {
 public:
  explicit otlp_exporter(std::shared_ptr<otlp_settings const> how);

  [[nodiscard]] FANLIGHT_COLD record_types kinds() const noexcept override {
    return (traces_.to.url.empty() ? 0u : takes<span_record>) | (logs_.to.url.empty() ? 0u : takes<log_record> | takes<error_record>);
  }
  void start(exporter_setup const& setup) override;
  [[nodiscard]] outcome consume(entry_type type, batch_ref const& records, deadline until) override;
  FANLIGHT_COLD void hurry(deadline until) noexcept override {
    for (auto const& each : transports_)
      if (each) each->hurry(until);
  }

 private:
  /// How far a batch has come: what was delivered before an attempt failed is not sent again.
  struct progress {
    batch_ref batch = {};  // kept while it is to be tried again, so that no other can be taken for it
    entry_type type = entry_type::pad;
    std::size_t done = 0;        // of the records that are written
    std::uint64_t refused = 0;   // by the back end, of those that it had taken
    std::uint64_t lost = 0;      // in requests that it would not take at all, or too large for one
    std::string why = {};
  };

  [[nodiscard]] http_transport* open(http_options const& how);
  void resume(batch_ref const& records, entry_type type);
  /// Writes the next part of the batch into body_; gives how many records it is. 0: the next one alone is too large.
  [[nodiscard]] std::size_t write_part(otlp_route const& by, std::size_t total);
  [[nodiscard]] std::size_t write(otlp_route const& by, otlp_form const& form);
  [[nodiscard]] otlp_ruling send(otlp_route const& by, deadline until);
  /// Adds what the functions in the configuration give. False: one of them threw, and `why` says so.
  [[nodiscard]] bool add_headers(otlp_route const& by, std::string_view body, header_list& to, deadline until, std::string& why) const;
  void note(otlp_route& by, otlp_ruling& ruling, std::size_t records);
  void tell_once(otlp_route& by, otlp_ruling const& ruling);
  [[nodiscard]] outcome finish();
  void hide_keys(std::string& text) const;
  [[nodiscard]] std::string keys_of(otlp_route const& by) const;

  std::shared_ptr<otlp_settings const> const settings_;
  otlp_config const& how_;
  otlp_route traces_, logs_;
  std::unique_ptr<http_transport> transports_[2];  // fixed once made: hurry() looks at them from any thread
  std::unique_ptr<body_compressor> compressor_;
  std::function<void(problem_code, std::string)> tell_;
  progress now_;
  send_buffer body_, packed_;
  header_list latest_;  // headers of the latest request
};

/// Whether one transport can serve both.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE bool same_manner(http_options const& one, http_options const& other) noexcept {
  return one.ca_file == other.ca_file && one.client_certificate == other.client_certificate && one.client_key == other.client_key &&
         one.connect_timeout == other.connect_timeout;
}

FANLIGHT_COLD FANLIGHT_INLINE otlp_exporter::otlp_exporter(std::shared_ptr<otlp_settings const> how)
    : settings_{std::move(how)}, how_{settings_->given}, traces_{settings_->traces}, logs_{settings_->logs} {
  traces_.records = "spans", logs_.records = "log records";
  if (!traces_.to.url.empty())
    traces_.transport = (transports_[0] = how_.transport ? how_.transport(traces_.to.http) : curl_transport(traces_.to.http)).get();
  if (logs_.to.url.empty()) return;
  logs_.transport = traces_.transport;
  if (logs_.transport == nullptr || !same_manner(traces_.to.http, logs_.to.http))
    logs_.transport = (transports_[1] = how_.transport ? how_.transport(logs_.to.http) : curl_transport(logs_.to.http)).get();
}

FANLIGHT_COLD FANLIGHT_INLINE void otlp_exporter::start(exporter_setup const& setup) {
  tell_ = setup.tell;
  bool const compress = (!traces_.to.url.empty() && traces_.to.gzip) || (!logs_.to.url.empty() && logs_.to.gzip);
  if (compress) compressor_ = make_compressor();
  if (!tell_) return;
  if (compress && !compressor_ && how_.compression == otlp_compression::gzip)
    tell_(problem_code::feature_missing,
          how_.name + ": this build of fanlight has no zlib, so requests are not compressed; build with FANLIGHT_WITH_ZLIB=ON");
  auto const first = traces_.to.url.empty() ? std::string{} : misplaced_key(traces_.to, how_.name);
  if (!first.empty()) return tell_(problem_code::config_bad, first);
  if (logs_.to.url.empty()) return;
  if (auto const second = misplaced_key(logs_.to, how_.name); !second.empty()) tell_(problem_code::config_bad, second);
}

FANLIGHT_COLD FANLIGHT_INLINE void otlp_exporter::resume(batch_ref const& records, entry_type type) {
  if (now_.batch && now_.batch.get() == records.get() && now_.type == type) return;
  now_ = progress{};
  now_.type = type;
  now_.batch = records;
}

FANLIGHT_COLD FANLIGHT_INLINE outcome otlp_exporter::consume(entry_type type, batch_ref const& records, deadline until) {
  auto& by = type == entry_type::span ? traces_ : logs_;
  if (by.transport == nullptr) return outcome::dropped(joined({how_.name, " has no address for ", by.records}));
  resume(records, type);
  if (by.to.timeout < no_time_limit) until = std::min(until, std::chrono::steady_clock::now() + by.to.timeout);
  otlp_form form;
  form.error_as = how_.error_as;
  auto const total = otlp_count(*records, type, form);
  while (now_.done < total) {
    auto const part = write_part(by, total);
    if (part == 0) {
      ++now_.done, ++now_.lost;
      now_.why = joined({"one of the ", by.records, " is larger than max_request_bytes (", std::to_string(how_.max_request_bytes), ")"});
      continue;
    }
    auto ruling = send(by, until);
    note(by, ruling, part);
    if (ruling.verdict == otlp_verdict::again) return outcome::retry(std::move(ruling.why), ruling.after);
    now_.done += part;
  }
  return finish();
}

FANLIGHT_COLD FANLIGHT_INLINE std::size_t otlp_exporter::write(otlp_route const& by, otlp_form const& form) {
  body_.clear();
  bool const json = by.to.protocol == otlp_protocol::http_json;
  if (now_.type == entry_type::span)
    return json ? write_traces_json(body_, *now_.batch, form) : write_traces_proto(body_, *now_.batch, form);
  return json ? write_logs_json(body_, *now_.batch, now_.type, form) : write_logs_proto(body_, *now_.batch, now_.type, form);
}

FANLIGHT_COLD FANLIGHT_INLINE std::size_t otlp_exporter::write_part(otlp_route const& by, std::size_t total) {
  otlp_form form;
  form.error_as = how_.error_as;
  form.source_facts = how_.source_facts;
  form.sampled_as = how_.sampled_as;
  form.first = now_.done;
  form.count = total - now_.done;
  if (how_.max_request_records != 0) form.count = std::min(form.count, how_.max_request_records);
  for (;;) {
    auto const written = write(by, form);
    if (body_.size() <= how_.max_request_bytes) return written;
    if (form.count == 1) return 0;
    form.count = (form.count + 1) / 2;
  }
}

FANLIGHT_COLD FANLIGHT_INLINE bool otlp_exporter::add_headers(otlp_route const& by, std::string_view body, header_list& to,
                                                              deadline until, std::string& why) const {
  char const* who = "headers_from";
  try {
    if (how_.headers_from)
      for (auto& each : how_.headers_from()) to.push_back(std::move(each));
    who = "sign";
    if (!how_.sign) return true;
    otlp_request request{"POST", by.to.url, body, to, until};
    how_.sign(request);
    return true;
  } catch (std::bad_alloc const&) { throw; } catch (std::exception const& error) {
    why = std::string{"its function "} + who + " threw: " + one_line(error.what(), 1000);
  } catch (...) { why = std::string{"its function "} + who + " threw something that is no std::exception"; }
  return false;
}

FANLIGHT_COLD FANLIGHT_INLINE otlp_ruling otlp_exporter::send(otlp_route const& by, deadline until) {
  bool const json = by.to.protocol == otlp_protocol::http_json;
  auto body = body_.view();
  latest_.clear();
  latest_.emplace_back("Content-Type", json ? "application/json" : "application/x-protobuf");
  packed_.clear();
  if (by.to.gzip && compressor_ && compressor_->compress(body, packed_)) {
    latest_.emplace_back("Content-Encoding", "gzip");
    body = packed_.view();
  }
  for (auto const& each : by.to.headers) latest_.emplace_back(each.name, each.value);
  otlp_ruling failed;
  failed.verdict = otlp_verdict::again;
  if (!add_headers(by, body, latest_, until, failed.why)) return hide_keys(failed.why), failed;
  http_request request;
  request.url = by.to.url;
  request.body = body;
  for (auto const& [name, value] : latest_) request.headers.push_back({name, value});
  auto const answer = by.transport->send(request, until);
  body_.shrink_above(std::size_t{4} << 20);
  packed_.shrink_above(std::size_t{4} << 20);
  auto out = rule_on(answer, json, static_cast<std::int64_t>(std::time(nullptr)));
  if (answer.failed == http_failure::none) hide_keys(out.why);  // the transport's own words hold none
  return out;
}

/// Counts what follows from an answer, and puts its address before the words.
FANLIGHT_COLD FANLIGHT_INLINE void otlp_exporter::note(otlp_route& by, otlp_ruling& ruling, std::size_t records) {
  if (ruling.cause == otlp_cause::key_refused) ruling.why += "; " + keys_of(by);
  if (ruling.cause == otlp_cause::redirected)
    ruling.why += ", which is not followed, since a key would go along; set the endpoint to where it should go";
  bool const names_it = ruling.why.substr(0, 4) == "http";  // the transport's words begin with the address
  if (!ruling.why.empty() && !names_it) ruling.why.insert(0, url_for_people(by.to.url) + ": ");
  if (ruling.cause != otlp_cause::none) tell_once(by, ruling);
  if (ruling.verdict == otlp_verdict::never) now_.lost += records;
  else if (ruling.verdict == otlp_verdict::done) now_.refused += std::min<std::uint64_t>(ruling.rejected, records);
  if (ruling.verdict != otlp_verdict::again && ruling.cause != otlp_cause::warning && !ruling.why.empty()) now_.why = ruling.why;
}

FANLIGHT_COLD FANLIGHT_INLINE void otlp_exporter::tell_once(otlp_route& by, otlp_ruling const& ruling) {
  if (!tell_) return;
  if (ruling.cause == otlp_cause::warning) return tell_(problem_code::back_end_warned, ruling.why);
  bool const key = ruling.cause == otlp_cause::key_refused;
  if (std::exchange(key ? by.told_key : by.told_redirect, true)) return;
  tell_(key ? problem_code::key_refused : problem_code::redirected, ruling.why);
}

FANLIGHT_COLD FANLIGHT_INLINE outcome otlp_exporter::finish() {
  auto const was = std::exchange(now_, progress{});
  if (was.lost + was.refused == 0) return outcome::delivered();
  if (was.lost == was.batch->count(was.type)) return outcome::dropped(was.why);
  return outcome::rejected(was.lost + was.refused, was.why);
}

/// Servers repeat what they were given; keys do not go into words for all that.
FANLIGHT_COLD FANLIGHT_INLINE void otlp_exporter::hide_keys(std::string& text) const {
  auto const hide = [&text](std::string_view key) {
    if (key.size() < 6) return;
    for (auto at = text.find(key); at != std::string::npos; at = text.find(key, at)) text.replace(at, key.size(), "***");
  };
  for (auto const& [name, value] : latest_) {
    if (same_but_case(name, "content-type") || same_but_case(name, "content-encoding") || same_but_case(name, "host")) continue;
    hide(value);
    if (value.compare(0, 5, "AWS4-") == 0) {  // its other words are those in which AWS complains of it
      hide(std::string_view{value}.substr(value.rfind('=') + 1));
      continue;
    }
    for (std::string_view rest = value; !rest.empty();) {  // `Bearer KEY`, `sentry sentry_key=KEY`, `https://KEY@host`
      auto const end = std::min(rest.find_first_of(" =,;/@:?&"), rest.size());
      hide(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
}

/// Which headers may hold the key that was refused, and what feeds them.
FANLIGHT_COLD FANLIGHT_INLINE std::string otlp_exporter::keys_of(otlp_route const& by) const {
  std::string names;
  for (auto const& each : by.to.headers)
    names += joined({(names.empty() ? "" : ", "), one_line(each.name, 60), " (from ", each.source, ")"});
  if (how_.headers_from) names += std::string{names.empty() ? "" : ", "} + "those of headers_from";
  if (how_.sign) names += std::string{names.empty() ? "" : ", "} + "the signature of `sign`";
  if (names.empty())
    return "no header with a key was sent: set OTEL_EXPORTER_OTLP_HEADERS together with the endpoint, or give otlp_config::headers";
  return "it does not take the key that was sent; look at what feeds the header " + names;
}

/// What the code alone has got wrong.
FANLIGHT_COLD FANLIGHT_INLINE void check_otlp(otlp_config const& given, exporter_spec& to) {
  auto const tell = [&](std::string const& what) {
    to.problems.push_back({problem_code::config_bad, joined({given.name, ": ", what}), given.name});
  };
  if (given.timeout && given.timeout->count() < 0)
    tell(joined({"timeout is ", std::to_string(given.timeout->count()), " ms; it must be 0 (no limit) or more"}));
  if (given.max_request_bytes == 0) tell("max_request_bytes is 0; it must be 1 or more");
  if (!given.client_key.empty() && given.client_certificate.empty()) tell("client_key is given without a client_certificate");
  if (!given.sign_service.empty() && !given.sign)
    tell(joined(
        {"its requests must be signed (SigV4, service ", given.sign_service,
         "); give `sign`, a function that adds the headers of the signature. Or send to a collector that signs, with fanlight::otlp"}));
  if (!given.traces && !given.logs) tell("neither traces nor logs are to be sent");
}

/// The exporter that a configuration asks for, with this environment.
FANLIGHT_COLD FANLIGHT_INLINE void complete_otlp(otlp_config const& given, exporter_spec& to, environment const& from, bool final) {
  std::shared_ptr<otlp_settings> const kept{new otlp_settings{given, {}, {}}};  // functions that hold it are copied often
  fill_parts(kept->given, from, final, to.problems);
  settle_otlp(*kept, to.only, from, to.problems);
  to.make = [kept]() -> std::unique_ptr<exporter> { return std::make_unique<otlp_exporter>(kept); };
}

}  // namespace detail

FANLIGHT_COLD FANLIGHT_INLINE exporter_spec otlp(otlp_config given) {
  exporter_spec out;
  out.name = given.name;
  if (!given.traces) out.only &= ~takes<span_record>;
  if (!given.logs) out.only &= ~(takes<log_record> | takes<error_record>);
  if (!given.transport) out.prepare = [] { detail::prepare_curl(); };
  std::vector<problem> said;
  auto const kept = std::make_shared<otlp_config const>(std::move(given));
  detail::complete_otlp(*kept, out, detail::environment{{}, said}, false);
  detail::check_otlp(*kept, out);
  if (out.problems.empty())
    out.complete = [kept](exporter_spec& self, detail::environment const& from) { detail::complete_otlp(*kept, self, from, true); };
  return out;
}

FANLIGHT_END
