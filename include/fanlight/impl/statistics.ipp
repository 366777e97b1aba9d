// Bodies of statistics.hpp.
#pragma once

#include <fanlight/statistics.hpp>

FANLIGHT_BEGIN

FANLIGHT_COLD FANLIGHT_INLINE std::string_view to_text(loss why) noexcept {
  switch (why) {
    case loss::capture_full: return "capture_full";
    case loss::queue_full: return "queue_full";
    case loss::rejected: return "rejected";
    case loss::failed: return "failed";
    case loss::threw: return "threw";
    case loss::expired: return "expired";
    case loss::shutdown: return "shutdown";
    case loss::late: return "late";
    case loss::limited: return "limited";
    case loss::too_old: return "too_old";
    case loss::too_new: return "too_new";
    case loss::past_retention: return "past_retention";
    case loss::empty: return "empty";
    case loss::count_: break;
  }
  return "unknown";
}

FANLIGHT_COLD FANLIGHT_INLINE std::string_view to_text(filter why) noexcept {
  switch (why) {
    case filter::process: return "process";
    case filter::not_sampled: return "not_sampled";
    case filter::no_parent: return "no_parent";
    case filter::ignored: return "ignored";
    case filter::level: return "level";
    case filter::count_: break;
  }
  return "unknown";
}

FANLIGHT_END
