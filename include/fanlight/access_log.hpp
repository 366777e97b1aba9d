// The access log: one record for each request that was served, `[2026-Nov-21 09:58] 192.0.2.7 GET http /api/home?limit=5 200`, with the same
// as fields, named as OpenTelemetry names them, and the ids of the span that is current. Any thread, after the answer; borrows all of it
// for the length of the call, and asks the heap for nothing.
#pragma once

#include <fanlight/log.hpp>

FANLIGHT_BEGIN

/// One request, and what became of it. What is left empty, or below 0, is not written as a field.
struct access_facts {
  std::string_view remote_address = {};
  std::string_view method = {};
  std::string_view scheme = "http";
  std::string_view target = {};           // the path with its query, as it was asked for
  int status = 0;
  std::string_view route = {};            // `/users/{id}`
  std::string_view user_agent = {};
  std::int64_t response_bytes = -1;
  std::int64_t duration_ns = -1;
  wall_time at = {};                      // in the line; none: now
};

/// By the logger of that name, at `error` from status 500 on, else at `info`. Of a query, values that are signatures or keys of cloud
/// providers are left out; control characters become `?`.
void log_access(access_facts const& facts, std::string_view logger = "access", source where = source::current()) noexcept;

namespace detail {
/// The query without what opens doors. [semantic conventions: url.query]
void write_redacted_query(text_writer& to, std::string_view query) noexcept;
}  // namespace detail

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/access_log.ipp>
#endif
