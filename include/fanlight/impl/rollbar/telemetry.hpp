// What led up to an error: the newest log records, finished spans and errors of the process, as packed entries, so that to remember one is to
// copy its bytes; rendered only for the items that they go with. Owned by an exporter; its lane's thread alone.
#pragma once

#include <fanlight/exporter.hpp>
#include <fanlight/exporters/rollbar_config.hpp>
#include <fanlight/impl/rollbar/node.hpp>

#include <deque>
#include <string>
#include <vector>

FANLIGHT_BEGIN
namespace detail {

class rollbar_ring {
 public:
  explicit rollbar_ring(rollbar_telemetry how) : how_{how} {}

  /// The records of one type of a batch. All of a batch that holds errors are kept until the next batch comes: an error wants what was
  /// before it, and not what the same batch brought afterwards.
  void take(entry_type type, batch_ref const& records);
  /// What was there at that moment, oldest first: the array `telemetry`.
  [[nodiscard]] rollbar_node before(std::int64_t time, std::string_view uuid) const;

 private:
  struct entry {
    std::int64_t time;
    entry_type type;
    clock_anchor anchor;
    std::string bytes;
  };
  void add(std::int64_t time, entry_type type, unsigned char const* at, batch_data const& from);
  void forget();
  [[nodiscard]] static bool is_error(entry const& one, std::string_view uuid);

  rollbar_telemetry const how_;
  std::deque<entry> kept_;  // by time
  batch_data const* latest_ = nullptr;
  std::uint64_t latest_number_ = 0;
};

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/rollbar/telemetry.ipp>
#endif
