// Everything fanlight may have to complain of: one code for each condition, with numbers that never change meaning, and one value that
// says what happened, to what, and what to do. Problems are made anywhere in fanlight and handed to one handler, on fanlight's own
// thread; at most one call a minute for each code and exporter, the counts are exact.
#pragma once

#include <fanlight/detail/config.hpp>

#include <cstdint>
#include <string>
#include <string_view>

FANLIGHT_BEGIN

enum class problem_code : int {
  // configuration, 1..
  config_bad = 1,            // a value that makes no sense; the default is used or the exporter left out
  environment_bad = 2,       // a variable that could not be understood; treated as unset
  already_initialised = 3,   // init() while a session lives
  second_copy = 4,           // a shared object with a fanlight of its own that cannot join
  feature_missing = 5,       // asked for, and not in this build
  thread_failed = 6,         // no thread could be started
  ignored = 7,               // understood, and not supported
  // instruments, 100..
  no_parent = 100,           // a subsegment with nothing above it
  segment_nested = 101,      // a segment inside another became a subsegment
  ended = 102,               // written to after its end
  out_of_order = 103,        // a scoped object ended while an inner one lives
  attributes_dropped = 104,  // over a limit
  key_empty = 105,           // an attribute without a key
  header_bad = 106,          // a propagation header that could not be read
  context_callback_threw = 107,
  late = 108,                // a record after the pipeline's end
  log_callback_threw = 109,  // what was to write a log record's text or fields threw; the record is kept as far as it came
  metric_bad = 110,          // a metric, a dimension or its namespace breaks a rule of CloudWatch's; it is left out
  baggage_bad = 111,         // a member of baggage that may not be, or for which there is no room; it is not set
  // delivery, 200..
  queue_full = 200,          // records were lost: the queue of an exporter is full
  capture_full = 201,        // records were lost: a thread's ring is full
  delivery_failed = 202,     // an exporter gave a batch up
  rejected = 203,            // the back end refused part of a batch
  exporter_threw = 204,
  exporter_stuck = 205,      // it did not return in time
  recovered = 206,           // records flow again; says how many were lost
  flush_late = 207,          // shutdown ran out of time
  file_failed = 208,         // a file could not be opened or written
  process_threw = 209,       // the process hook threw; the record was passed on unchanged
  sampler_threw = 210,
  expired = 211,             // older than the lane may keep
  key_refused = 212,         // the back end does not take the key that was sent, or misses one
  redirected = 213,          // the back end is elsewhere; it is not followed
  back_end_warned = 214,     // all was taken, and the back end has something to say
  // documents, 300..
  key_changed = 300,         // an annotation key or metadata namespace that the back end does not take was made fit
  key_dropped = 301,         // an annotation without a key
  value_cut = 302,           // a text was longer than the back end keeps
  value_dropped = 303,       // a value that the back end cannot keep
  name_changed = 304,        // a name had characters that the back end refuses
  annotations_over_50 = 305, // X-Ray indexes 50 of a trace
  late_child = 306,          // a part of a trace left on its own, after its segment or because that did not end
  left_open = 307,           // spans that had not ended at the end
  doc_split = 308,           // a document was too large and left in pieces
  doc_trimmed = 309,         // a span was too large and lost a part
  doc_dropped = 310,         // a span was too large whatever it lost
  unprocessed = 311,         // the back end took a document and could not use it
  send_failed = 312,         // a document could not be sent
  rules_bad = 313,           // sampling rules that could not be understood; those in force stay
  rules_converted = 314,     // sampling rules of another shape were understood all the same
  rules_missing = 315,       // X-Ray's sampling rules could not be fetched; those in force stay, or the local ones
};

/// The code's name, as it stands above.
[[nodiscard]] std::string_view to_text(problem_code code) noexcept;

struct problem {
  problem_code code{};
  std::string what;      // one line: what happened, to what, and what to do
  std::string exporter;  // whose it is; empty: the pipeline's
  std::uint64_t times = 1;  // how often since the last call for this code
};

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/problem.ipp>
#endif
