// OTLP in its protobuf form: one ExportTraceServiceRequest or ExportLogsServiceRequest (the bytes of TracesData and LogsData) from the
// records of a batch, straight into a send buffer, every length in its shortest form. Pure functions of the batch, as otlp_json.hpp.
// Invalid UTF-8 in a value becomes bytes, in a name or key U+FFFD: receivers may refuse a whole request for one bad string.
#pragma once

#include <fanlight/impl/otlp_form.hpp>
#include <fanlight/impl/send_buffer.hpp>

FANLIGHT_BEGIN
namespace detail {

/// Writes the spans of a batch, grouped by the instrumentation that made them; gives how many. None: nothing is written.
std::size_t write_traces_proto(send_buffer& to, batch_data const& batch, otlp_form const& form = {});
/// The same for log records (`type` log) or error reports (`type` error).
std::size_t write_logs_proto(send_buffer& to, batch_data const& batch, entry_type type, otlp_form const& form = {});

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/otlp_proto.ipp>
#endif
