// Bodies of retry.hpp.
#pragma once

#include <fanlight/impl/aws/aws_xml.ipp>
#include <fanlight/impl/aws/retry.hpp>
#include <fanlight/impl/json_facts.hpp>
#include <fanlight/impl/otlp_ruling.ipp>

FANLIGHT_BEGIN
namespace detail {

/// `com.amazonaws.logs#Name:http://…` as `Name`.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string bare_code(std::string_view code) {
  code = code.substr(0, code.find(':'));
  if (auto const mark = code.rfind('#'); mark != std::string_view::npos) code.remove_prefix(mark + 1);
  return one_line(trimmed(code), 80);
}

FANLIGHT_COLD FANLIGHT_INLINE aws_error read_error(http_answer const& answer) {
  std::string type, code, message;
  if (answer.body.find('{') != std::string::npos)
    each_json_fact(answer.body, [&](std::string_view parent, std::string_view key, std::string_view text) {
      if (!parent.empty()) return;
      if (key == "__type") type = text;
      if (key == "code") code = text;
      if (key == "message" || key == "Message") message = text;
    });
  auto const* const header = answer.header("x-amzn-errortype");
  if (type.empty()) type = code;
  if (type.empty() && header != nullptr) type = *header;
  if (type.empty()) type = xml_text(answer.body, "Error", "Code"), message = xml_text(answer.body, "Error", "Message");
  return {bare_code(type), one_line(message)};
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE bool is_any_of(std::string_view code, std::initializer_list<std::string_view> these) noexcept {
  return std::find(these.begin(), these.end(), code) != these.end();
}

FANLIGHT_COLD FANLIGHT_INLINE aws_class class_of(http_answer const& answer, std::string_view code) noexcept {
  if (answer.failed != http_failure::none) return may_try_again(answer.failed) ? aws_class::transient : aws_class::permanent;
  auto const status = answer.status;
  if (status >= 200 && status < 300) return aws_class::done;
  if (is_any_of(code, {"ThrottlingException", "Throttling", "ThrottledException", "RequestThrottled", "RequestThrottledException",
                       "TooManyRequestsException", "RequestLimitExceeded", "BandwidthLimitExceeded", "SlowDown"}) ||
      status == 429)
    return aws_class::throttled;
  if (is_any_of(code,
                {"ExpiredTokenException", "ExpiredToken", "UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId"}))
    return aws_class::credentials;
  if (is_any_of(code, {"InvalidSignatureException", "SignatureDoesNotMatch", "RequestTimeTooSkewed", "AuthFailure"}))
    return aws_class::clock;
  if (code == "ResourceNotFoundException") return aws_class::missing;
  if (is_any_of(code, {"ServiceUnavailableException", "InternalFailure", "RequestTimeout", "RequestTimeoutException"}))
    return aws_class::transient;
  if (status == 401) return aws_class::credentials;
  if (status == 413) return aws_class::too_large;
  if (answer.cut_short && code.empty()) return aws_class::transient;  // what broke off may have been about anything
  return status == 500 || status == 502 || status == 503 || status == 504 ? aws_class::transient : aws_class::permanent;
}

/// What the service asks for, in milliseconds; nothing: it does not, or nobody can tell.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::optional<std::chrono::milliseconds> asked_pause(http_answer const& answer,
                                                                                                 std::int64_t now) noexcept {
  if (auto const* const own = answer.header("x-amz-retry-after"))
    if (auto const out = read_integer(trimmed(*own))) return std::chrono::milliseconds{*out};
  auto const* const usual = answer.header("retry-after");
  return usual == nullptr ? std::nullopt : retry_after(*usual, now);
}

FANLIGHT_COLD FANLIGHT_INLINE std::chrono::milliseconds aws_pause(aws_class why, unsigned attempt, double random, http_answer const& answer,
                                                                  std::int64_t now) noexcept {
  constexpr std::chrono::milliseconds longest{20'000};
  auto own = why == aws_class::throttled ? std::chrono::milliseconds{1000} : std::chrono::milliseconds{50};
  for (unsigned i = 0; i < attempt && own < longest; ++i) own *= 2;
  own = std::chrono::milliseconds{static_cast<std::int64_t>(static_cast<double>(std::min(own, longest).count()) * random)};
  auto const asked = asked_pause(answer, now);
  if (!asked) return own;
  bool const exact = answer.header("x-amz-retry-after") != nullptr;
  auto const most = exact ? own + std::chrono::seconds{5} : std::max<std::chrono::milliseconds>(own, std::chrono::seconds{60});
  return std::clamp(*asked, own, most);
}

FANLIGHT_COLD FANLIGHT_INLINE bool aws_clock::mend(http_answer const& answer, std::int64_t now) noexcept {
  auto const* const text = answer.header("date");
  auto const theirs = text == nullptr ? std::nullopt : read_http_date(*text);
  if (!theirs) return false;
  auto const ahead = *theirs - now, off = ahead - offset_;
  if (off >= -240 && off <= 240) return false;
  offset_ = ahead;
  return true;
}

}  // namespace detail
FANLIGHT_END
