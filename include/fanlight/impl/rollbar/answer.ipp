// Bodies of answer.hpp. [Rollbar: create item, rate limits]
#pragma once

#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/json_facts.hpp>
#include <fanlight/impl/otlp_ruling.hpp>
#include <fanlight/impl/rollbar/answer.hpp>

#include <algorithm>

FANLIGHT_BEGIN
namespace detail {

/// Digits at the front of a header; -1: it is not there, or holds none.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::int64_t number_in(http_answer const& answer, std::string_view name) {
  auto const* const text = answer.header(name);
  if (text == nullptr) return -1;
  std::int64_t out = -1;
  for (char const digit : *text) {
    if (digit < '0' || digit > '9' || out > 1'000'000) break;
    out = std::max<std::int64_t>(out, 0) * 10 + (digit - '0');
  }
  return out;
}

/// How long nothing is to be sent: 1 to 300 s, and a minute when nobody says.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::chrono::milliseconds rate_limit_wait(http_answer const& answer, std::int64_t now) {
  if (auto const* const asked = answer.header("retry-after"))
    if (auto const wait = retry_after(*asked, now)) return std::clamp<std::chrono::milliseconds>(*wait, std::chrono::seconds{1}, std::chrono::seconds{300});
  auto seconds = number_in(answer, "x-rate-limit-remaining-seconds");
  if (seconds < 0)
    if (auto const reset = number_in(answer, "x-rate-limit-reset"); reset > 1'000'000) seconds = reset - now;
  return std::chrono::seconds{seconds < 0 ? 60 : std::clamp<std::int64_t>(seconds, 1, 300)};
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string words_of(http_answer const& answer, bool& refused) {
  std::string message;
  each_json_fact(answer.body, [&](std::string_view parent, std::string_view key, std::string_view text) {
    if (!parent.empty()) return;
    if (key == "message") message = one_line(text);
    if (key == "err" && text != "0") refused = true;
  });
  return message;
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string cure_of(long status) {
  if (status == 401 || status == 403)
    return ". Give a project token with scope post_server_item (ROLLBAR_ACCESS_TOKEN, or access_token in code); nothing is sent for a minute";
  if (status == 404) return ". Look at the address (ROLLBAR_ENDPOINT, or endpoint in code), and at the token; nothing is sent for a minute";
  if (status == 429) return ". The project's rate limit is reached; what waits is sent when its window ends. Raise the limit, or set items_per_minute";
  return {};
}

FANLIGHT_COLD FANLIGHT_INLINE rollbar_ruling rule_on_item(http_answer const& answer, std::int64_t now) {
  rollbar_ruling out;
  auto const status = answer.status;
  if (answer.failed != http_failure::none) {
    bool const sent = answer.failed == http_failure::too_large && status >= 200 && status < 300;  // an answer all the same
    out.verdict = sent ? rollbar_verdict::taken : may_try_again(answer.failed) ? rollbar_verdict::away : rollbar_verdict::hopeless;
    out.why = answer.what;
    return out;
  }
  bool refused = false;
  auto const words = words_of(answer, refused);
  out.why = joined({"Rollbar answered ", std::to_string(status), (words.empty() ? "" : joined({" (", words, ")"})), cure_of(status)});
  if (status == 429 || number_in(answer, "x-rate-limit-remaining") == 0) out.wait = rate_limit_wait(answer, now);
  if (status >= 200 && status < 300) out.verdict = refused ? rollbar_verdict::refused : rollbar_verdict::taken;
  else if (status == 401 || status == 403 || status == 404) out.verdict = rollbar_verdict::forbidden, out.wait = std::max<std::chrono::milliseconds>(out.wait, std::chrono::seconds{60});
  else if (status == 413) out.verdict = rollbar_verdict::too_large;
  else if (status == 429) out.verdict = rollbar_verdict::limited;
  else if (status == 408 || status >= 500) out.verdict = rollbar_verdict::again;
  else out.verdict = rollbar_verdict::refused;
  if (out.verdict == rollbar_verdict::again)
    if (auto const* const asked = answer.header("retry-after")) out.wait = std::max(out.wait, retry_after(*asked, now).value_or(std::chrono::milliseconds{0}));
  return out;
}

}  // namespace detail
FANLIGHT_END
