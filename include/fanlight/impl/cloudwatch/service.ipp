// Bodies of service.hpp. [CloudWatch Logs service model, API version 2014-03-28]
#pragma once

#include <fanlight/detail/process_facts.hpp>
#include <fanlight/impl/aws/session.ipp>
#include <fanlight/impl/cloudwatch/service.hpp>
#include <fanlight/impl/cloudwatch/settings.ipp>
#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/json_facts.hpp>

#include <charconv>

FANLIGHT_BEGIN
namespace detail {

/// An index into `count` events; nothing: there is none.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::optional<std::size_t> read_index(std::string_view text, std::size_t count) noexcept {
  std::int64_t out = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out < 0 ? 0 : std::min<std::size_t>(static_cast<std::size_t>(out), count);
}

FANLIGHT_COLD FANLIGHT_INLINE cloudwatch_rejected read_rejected(std::string_view body, std::size_t count) {
  std::size_t old_end = 0, expired_end = 0, new_start = count;
  cloudwatch_rejected out;
  each_json_fact(body, [&](std::string_view parent, std::string_view key, std::string_view text) {
    if (parent == "rejectedEntityInfo" && key == "errorType") out.entity = one_line(text, 80);
    if (parent != "rejectedLogEventsInfo") return;
    auto const index = read_index(text, count);
    if (!index) return;
    if (key == "tooOldLogEventEndIndex") old_end = *index;
    if (key == "expiredLogEventEndIndex") expired_end = *index;
    if (key == "tooNewLogEventStartIndex") new_start = *index;
  });
  out.too_old = old_end;
  out.expired = expired_end > old_end ? expired_end - old_end : 0;
  out.too_new = count - std::max(new_start, std::max(old_end, expired_end));
  return out;
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE bool speaks_of_size(std::string_view message) {
  return lower_case(message).find("too large") != std::string::npos;
}

FANLIGHT_COLD FANLIGHT_INLINE cloudwatch_verdict verdict_of(aws_class what, aws_error const& error) {
  switch (what) {
    case aws_class::done: return cloudwatch_verdict::done;
    case aws_class::throttled: return cloudwatch_verdict::throttled;
    case aws_class::transient: return cloudwatch_verdict::transient;
    case aws_class::missing: return cloudwatch_verdict::missing;
    case aws_class::credentials: return cloudwatch_verdict::keys;
    case aws_class::too_large: return cloudwatch_verdict::too_large;
    case aws_class::clock:
    case aws_class::permanent: break;
  }
  auto const& code = error.code;
  if (code == "ResourceAlreadyExistsException" || code == "DataAlreadyAcceptedException") return cloudwatch_verdict::done;
  if (code == "OperationAbortedException") return cloudwatch_verdict::conflict;
  if (code == "InvalidSequenceTokenException") return cloudwatch_verdict::legacy;
  if (code == "AccessDeniedException" || code == "AccessDenied") return cloudwatch_verdict::denied;
  if (code == "RequestEntityTooLargeException" || speaks_of_size(error.message)) return cloudwatch_verdict::too_large;
  return cloudwatch_verdict::permanent;
}

FANLIGHT_COLD FANLIGHT_INLINE cloudwatch_service::cloudwatch_service(cloudwatch_settings const& how)
    : session_{aws_surroundings{how.given.aws}}, timeout_{how.given.timeout} {
  http_options options;
  options.connect_timeout = how.given.connect_timeout;
  options.response_cap = std::size_t{1} << 20;
  options.user_agent = "fanlight/" FANLIGHT_VERSION_STRING;
  options.ca_file = session_.around().variable("AWS_CA_BUNDLE");
  auto const& make = how.given.aws.instead.transport;
  transport_ = make ? make(options) : curl_transport(options);
}

/// Files are read for it, so that it is not done in init(). Gives what is missing, in words.
FANLIGHT_COLD FANLIGHT_INLINE std::string cloudwatch_service::find() {
  if (!url_.empty()) return {};
  auto endpoint = session_.endpoint(aws_logs);
  if (endpoint.text.empty()) return endpoint.why;
  url_ = std::move(endpoint.text) + "/";
  own_host_ = !region_in_host(split_url(url_).host, "logs").empty();
  return {};
}

FANLIGHT_COLD FANLIGHT_INLINE cloudwatch_reply cloudwatch_service::call(std::string_view action, std::string_view body, bool gzip,
                                                                        attempt const& which, cloudwatch_moment until) {
  cloudwatch_reply out;
  out.verdict = cloudwatch_verdict::keys;
  if (out.why = find(); !out.why.empty()) return out;
  aws_headers headers{{"Content-Type", "application/x-amz-json-1.1"}, {"X-Amz-Target", std::string{"Logs_20140328."}.append(action)}};
  if (gzip) headers.emplace_back("Content-Encoding", "gzip");
  if (!which.id.empty()) {
    headers.emplace_back("amz-sdk-invocation-id", which.id);
    headers.emplace_back("amz-sdk-request", joined({"attempt=", std::to_string(which.number), "; max=", std::to_string(which.most)}));
  }
  until = std::min(until, std::chrono::steady_clock::now() + timeout_);
  bool at_once = false;
  out = exchange(headers, body, until, at_once);
  if (at_once) out = exchange(std::move(headers), body, until, at_once), ++out.sent;
  if (out.verdict != cloudwatch_verdict::done) out.why.insert(0, std::string{action}.append(", "));
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE cloudwatch_reply cloudwatch_service::exchange(aws_headers headers, std::string_view body,
                                                                            cloudwatch_moment until, bool& at_once) {
  cloudwatch_reply out;
  at_once = false;
  out.verdict = cloudwatch_verdict::keys;
  if (out.why = session_.sign(aws_logs.name, "POST", url_, body, headers, until); !out.why.empty()) return out;
  http_request request;
  request.url = url_;
  request.body = body;
  secrets_.clear();
  for (auto& [name, value] : headers) {
    if (same_but_case(name, "x-amz-security-token")) secrets_.push_back(value);
    if (same_but_case(name, "authorization")) secrets_.push_back(value.substr(value.rfind('=') + 1));
    request.headers.push_back({std::move(name), std::move(value)});
  }
  out.answer = transport_->send(request, until);
  out.sent = 1;
  auto const verdict = session_.answered(out.answer);
  at_once = verdict.at_once;
  out.verdict = verdict_of(verdict.what, verdict.error);
  out.code = verdict.error.code;
  explain(out, verdict.error);
  return out;
}

/// Puts what came into words, and finds out whether CloudWatch said it at all.
FANLIGHT_COLD FANLIGHT_INLINE void cloudwatch_service::explain(cloudwatch_reply& to, aws_error const& error) const {
  auto const& answer = to.answer;
  auto const* const id = answer.header("x-amzn-requestid");
  if (to.verdict == cloudwatch_verdict::done && answer.failed == http_failure::none) {
    if (id != nullptr || !own_host_ || answer.status >= 300) return;
    to.verdict = cloudwatch_verdict::transient;
    to.why = url_for_people(url_) + ": an answer without x-amzn-requestid, so something else than CloudWatch answered (a captive portal, a proxy)";
    return;
  }
  if (answer.failed != http_failure::none) {
    to.why = answer.what;
    return;
  }
  to.why = joined({url_for_people(url_), ": it answered ", std::to_string(answer.status)});
  if (!error.code.empty()) to.why += " " + error.code;
  if (!error.message.empty()) to.why += joined({" (", error.message, ")"});
  if (id != nullptr) to.why += ", request " + one_line(*id, 80);
  for (auto const& secret : secrets_)  // the message was cut: it may hold a part of one, at its end
    if (auto const at = to.why.find(std::string_view{secret}.substr(0, 8)); secret.size() >= 8 && at != std::string::npos)
      to.why.resize(at), to.why += "***";
}

}  // namespace detail
FANLIGHT_END
