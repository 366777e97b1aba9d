// What became of records, in numbers: for each exporter, and summed up. Values; made by session::stats() at one moment.
#pragma once

#include <fanlight/problem.hpp>
#include <fanlight/time.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

FANLIGHT_BEGIN

/// Why a record did not arrive.
/// limited: over a limit that the exporter's configuration sets. too_old to empty: CloudWatch's own reasons not to keep a line; past_retention is
/// older than the group keeps any.
enum class loss : std::uint8_t { capture_full, queue_full, rejected, failed, threw, expired, shutdown, late, limited, too_old, too_new, past_retention, empty, count_ };
/// Why a record was not meant to.
/// no_parent: an X-Ray subsegment with no segment above it. ignored: by the exporter's own rules. level: below the least of the exporter.
enum class filter : std::uint8_t { process, not_sampled, no_parent, ignored, level, count_ };
[[nodiscard]] std::string_view to_text(loss why) noexcept;
[[nodiscard]] std::string_view to_text(filter why) noexcept;

/// Of one exporter: accepted == delivered + dropped + filtered + queued, in records.
struct exporter_stats {
  std::string name;
  std::uint64_t accepted = 0, delivered = 0, dropped = 0, filtered = 0, queued = 0;
  std::uint64_t batches = 0, retries = 0;
  std::uint64_t bytes = 0;  // of the requests that went out, again and again too; 0 of an exporter that does not say
  std::string last_error;   // why something was put off or lost at the back end, most lately; it stays when all is well again
  wall_time last_error_at{}, last_success{};  // the latter: when the back end last took something; none: never
  std::uint64_t dropped_by[static_cast<std::size_t>(loss::count_)]{};
  std::uint64_t filtered_by[static_cast<std::size_t>(filter::count_)]{};
};

/// Sums over the exporters, and each of them.
struct statistics {
  std::uint64_t accepted = 0, delivered = 0, dropped = 0, filtered = 0, queued = 0;
  std::vector<exporter_stats> exporters;
  std::map<problem_code, std::uint64_t> problems;  // exact, also where the handler was spared
};

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/statistics.ipp>
#endif
