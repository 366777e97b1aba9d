// Records as OpenTelemetry's console exporters print them: one indented JSON object each, with the names that their readers know
// (`0x` before ids, "SpanKind.INTERNAL", ISO 8601 times). Pure functions of a record.
#pragma once

#include <fanlight/impl/send_buffer.hpp>
#include <fanlight/record.hpp>

FANLIGHT_BEGIN
namespace detail {

/// Each writes the object and a newline.
void write_console_json(send_buffer& to, span_record const& span);
void write_console_json(send_buffer& to, log_record const& log);
void write_console_json(send_buffer& to, error_record const& report);

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/console_json.ipp>
#endif
