// What follows from an answer of Rollbar's: done, never, later, elsewhere or smaller, and the words for it. Pure functions; any thread. The words
// may repeat what the server said: the exporter takes its token out of them.
#pragma once

#include <fanlight/impl/http.hpp>

#include <chrono>
#include <cstdint>
#include <string>

FANLIGHT_BEGIN
namespace detail {

enum class rollbar_verdict {
  taken,
  refused,    // this item; others may do
  forbidden,  // this and every other, for now
  too_large,
  limited,    // later: the project's limit is reached
  again,      // later: the server is in trouble
  away,       // later: there was no answer
  hopeless,   // no answer, and none to be had before somebody mends something
};

struct rollbar_ruling {
  rollbar_verdict verdict = rollbar_verdict::taken;
  std::chrono::milliseconds wait{0};  // before anything else is sent
  std::string why = {};
};

/// `now`: seconds of the epoch.
[[nodiscard]] rollbar_ruling rule_on_item(http_answer const& answer, std::int64_t now);

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/rollbar/answer.ipp>
#endif
