// What follows from an answer to an OTLP request: delivered, tried again, or given up, and the words for it. Pure functions of the answer and
// the time; any thread. The words hold nothing that was not in the answer, on one line: the exporter takes its keys out of them.
#pragma once

#include <fanlight/impl/http.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

FANLIGHT_BEGIN
namespace detail {

enum class otlp_verdict {
  done,  // taken, but for `rejected` records
  again,  // later, not before `after`
  never,  // the same request would fail again
};
/// What else there is to say of it, each in words of its own.
enum class otlp_cause { none, warning, key_refused, redirected };

struct otlp_ruling {
  otlp_verdict verdict = otlp_verdict::done;
  std::chrono::milliseconds after{};  // 0: the server did not say
  std::uint64_t rejected = 0;
  otlp_cause cause = otlp_cause::none;
  std::string why = {};
};

/// `now`: seconds of the epoch. `json`: the encoding of the request, in which an answer without a type is read.
[[nodiscard]] otlp_ruling rule_on(http_answer const& answer, bool json, std::int64_t now);

/// How long a Retry-After asks to wait: seconds, or one of HTTP's three forms of a date. Nothing: past, or not to be understood.
[[nodiscard]] std::optional<std::chrono::milliseconds> retry_after(std::string_view text, std::int64_t now) noexcept;
/// Seconds of the epoch.
[[nodiscard]] std::optional<std::int64_t> read_http_date(std::string_view text) noexcept;

/// One line of at most `most` letters.
[[nodiscard]] std::string one_line(std::string_view text, std::size_t most = 200);
/// An address without user, password, query and fragment.
[[nodiscard]] std::string url_for_people(std::string_view url);

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/otlp_ruling.ipp>
#endif
