// Bodies of otlp_ruling.hpp.
#pragma once

#include <fanlight/impl/http_date.ipp>
#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/json_facts.hpp>
#include <fanlight/impl/otlp_answer.hpp>
#include <fanlight/impl/otlp_ruling.hpp>

#include <charconv>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_COLD FANLIGHT_INLINE std::string one_line(std::string_view text, std::size_t most) {
  std::string out;
  for (char const letter : text.substr(0, most)) {
    bool const control = static_cast<unsigned char>(letter) < 0x20 || letter == 0x7F;
    if (control && (out.empty() || out.back() == ' ')) continue;
    out += control ? ' ' : letter;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  if (text.size() > most) out += "...";
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE std::string url_for_people(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  auto const scheme = url.find("://");
  std::size_t const begin = scheme == std::string_view::npos ? 0 : scheme + 3;
  auto const authority = url.substr(begin, url.find('/', begin) - begin);
  auto const at = authority.rfind('@');
  if (at == std::string_view::npos) return one_line(url, 300);
  return one_line(std::string{url.substr(0, begin)} + std::string{url.substr(begin + at + 1)}, 300);
}

/// What the body says, as far as it can be trusted to be what its header calls it.
struct otlp_body {
  std::int64_t rejected = 0;
  std::string message;
};

enum class body_kind { protobuf, json, text, other };
[[nodiscard]] FANLIGHT_COLD inline body_kind kind_of_body(http_answer const& answer, body_kind otherwise) noexcept {
  auto const* const type = answer.header("content-type");
  if (type == nullptr) return otherwise;
  auto const is = [&](std::string_view name) {
    return same_but_case(std::string_view{*type}.substr(0, name.size()), name) &&
           (type->size() == name.size() || (*type)[name.size()] == ';' || (*type)[name.size()] == ' ');
  };
  if (is("application/x-protobuf") || is("application/protobuf")) return body_kind::protobuf;
  if (is("application/json")) return body_kind::json;
  return is("text/plain") ? body_kind::text : body_kind::other;
}

FANLIGHT_COLD FANLIGHT_INLINE void read_success_json(std::string_view body, otlp_body& out) {
  each_json_fact(body, [&](std::string_view parent, std::string_view key, std::string_view text) {
    if (parent != "partialSuccess") return;
    if (key == "errorMessage") out.message = text;
    if (key != "rejectedSpans" && key != "rejectedLogRecords") return;
    std::int64_t count = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error == std::errc{} && end == text.data() + text.size()) out.rejected = count;
  });
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE otlp_body read_success(http_answer const& answer, bool json) {
  otlp_body out;
  auto const kind = kind_of_body(answer, json ? body_kind::json : body_kind::protobuf);
  if (kind == body_kind::json) read_success_json(answer.body, out);
  if (kind == body_kind::protobuf)
    if (auto const found = read_partial_success(answer.body); found.readable) out.rejected = found.rejected, out.message = found.message;
  if (out.rejected < 0) out.rejected = 0;
  return out;
}

/// google.rpc.Status in either encoding, or what vendors write in its place: `{"error":"…"}`, `{"message":"…"}`, a line of text.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string read_refusal(http_answer const& answer) {
  std::string out;
  switch (kind_of_body(answer, body_kind::other)) {
    case body_kind::protobuf:
      if (auto const found = read_rpc_status(answer.body); found.readable) out = found.message;
      break;
    case body_kind::json:
      each_json_fact(answer.body, [&](std::string_view parent, std::string_view key, std::string_view text) {
        if ((parent.empty() || parent == "error") && (key == "message" || key == "error") && out.empty()) out = text;
      });
      break;
    case body_kind::text: out = answer.body; break;
    case body_kind::other: break;
  }
  return one_line(out);
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE char const* status_name(long status) noexcept {
  switch (status) {
    case 400: return " Bad Request";
    case 401: return " Unauthorized";
    case 403: return " Forbidden";
    case 404: return " Not Found";
    case 405: return " Method Not Allowed";
    case 413: return " Payload Too Large";
    case 415: return " Unsupported Media Type";
    case 429: return " Too Many Requests";
    case 500: return " Internal Server Error";
    case 502: return " Bad Gateway";
    case 503: return " Service Unavailable";
    case 504: return " Gateway Timeout";
    default: return "";
  }
}
/// What to do about it; the words go behind those of the answer.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE char const* status_cure(long status) noexcept {
  switch (status) {
    case 404:
      return ". Nothing takes this signal at that path: an endpoint for both signals is given without /v1/traces, one for a single signal with it";
    case 405: return ". Something else than an OTLP receiver answers there";
    case 413: return ". Lower max_request_bytes or max_request_records of the exporter";
    case 415: return ". It does not take this encoding: try the other protocol (http/protobuf, http/json)";
    default: return "";
  }
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE otlp_ruling rule_on_failure(http_answer const& answer) {
  otlp_ruling out;
  out.verdict = may_try_again(answer.failed) ? otlp_verdict::again : otlp_verdict::never;
  out.why = answer.what;
  return out;
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE otlp_ruling rule_on_success(http_answer const& answer, bool json) {
  auto const said = read_success(answer, json);
  otlp_ruling out;
  out.rejected = static_cast<std::uint64_t>(said.rejected);
  out.why = one_line(said.message);
  if (out.rejected == 0 && !out.why.empty()) out.cause = otlp_cause::warning;
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE otlp_ruling rule_on(http_answer const& answer, bool json, std::int64_t now) {
  if (answer.failed != http_failure::none) return rule_on_failure(answer);
  if (answer.status >= 200 && answer.status < 300) return rule_on_success(answer, json);
  otlp_ruling out;
  out.verdict = answer.status == 429 || (answer.status >= 502 && answer.status <= 504) ? otlp_verdict::again : otlp_verdict::never;
  out.why = joined({"it answered ", std::to_string(answer.status), status_name(answer.status)});
  if (answer.status >= 300 && answer.status < 400) {
    auto const* const location = answer.header("location");
    out.cause = otlp_cause::redirected;
    out.why += location == nullptr ? std::string{", a redirect without a Location"} : ", a redirect to " + url_for_people(*location);
    return out;
  }
  if (auto const words = read_refusal(answer); !words.empty()) out.why += joined({" (", words, ")"});
  out.why += status_cure(answer.status);
  if (answer.status == 401 || answer.status == 403) out.cause = otlp_cause::key_refused;
  if (out.verdict == otlp_verdict::again)
    if (auto const* const asked = answer.header("retry-after")) out.after = retry_after(*asked, now).value_or(std::chrono::milliseconds{0});
  return out;
}

}  // namespace detail
FANLIGHT_END
