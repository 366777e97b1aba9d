// The picture of a trace for people: a tree of spans with bars in proportion, and beneath each its attributes, events and log lines. Pure
// functions of records; the console's thread calls them.
#pragma once

#include <fanlight/record.hpp>

#include <string>
#include <vector>

FANLIGHT_BEGIN
namespace detail {

struct waterfall_style {
  unsigned width = 100;  // columns
  bool colour = false;
};

/// What belongs into one picture. The log records and reports are those of the spans in it.
struct trace_block {
  std::vector<span_record> spans;
  std::vector<log_record> logs;
  std::vector<error_record> reports;
  std::string_view note{};  // in the head line: why this is not the whole
};

/// The block and an empty line behind it.
[[nodiscard]] std::string draw_waterfall(trace_block const& what, waterfall_style const& style);
/// One line each, for what stands outside of any picture.
[[nodiscard]] std::string draw_line(log_record const& log, waterfall_style const& style);
[[nodiscard]] std::string draw_line(error_record const& report, waterfall_style const& style);

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/waterfall.ipp>
#endif
