// What follows from an answer to PutTraceSegments: which documents were taken, which refused and why, whether to try again. Pure functions
// of the answer and the time; any thread. The words are on one line and hold nothing that was not in the answer's first.
#pragma once

#include <fanlight/impl/http.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

FANLIGHT_BEGIN
namespace detail {

/// A document that X-Ray does not take. Without an id nobody knows which.
struct xray_refusal {
  std::string id = {}, code = {}, message = {};
};

enum class xray_verdict {
  taken,      // but for `refused`
  again,      // later, not before `after`
  forbidden,  // the keys, or their rights, are not good enough: not for a minute
  never       // the same request would fail again
};

struct xray_ruling {
  xray_verdict verdict = xray_verdict::taken;
  std::chrono::milliseconds after{};  // 0: the server did not say
  std::vector<xray_refusal> refused = {};
  bool unreadable = false;  // it was taken, as far as the status tells
  std::string why = {};
};

/// `now`: seconds of the epoch. `by_daemon`: the daemon passed it on, so that keys and rights are the daemon's.
[[nodiscard]] xray_ruling rule_on_segments(http_answer const& answer, bool by_daemon, std::int64_t now);
/// False: it is no answer to PutTraceSegments.
[[nodiscard]] bool read_refusals(std::string_view body, std::vector<xray_refusal>& to);

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/xray/answer.ipp>
#endif
