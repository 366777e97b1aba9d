// OTLP in its JSON form: one TracesData or LogsData object from the records of a batch, straight into a send buffer. Pure functions of
// the batch; what a lane's exporter sends or writes to a file. Invalid UTF-8 in a value becomes bytes, in a name or key U+FFFD.
#pragma once

#include <fanlight/impl/otlp_form.hpp>
#include <fanlight/impl/send_buffer.hpp>

FANLIGHT_BEGIN
namespace detail {

/// Writes the spans of a batch, grouped by the instrumentation that made them; gives how many. None: nothing is written.
std::size_t write_traces_json(send_buffer& to, batch_data const& batch, otlp_form const& form = {});
/// The same for log records (`type` log) or error reports (`type` error), as far as they travel as log records in this form.
std::size_t write_logs_json(send_buffer& to, batch_data const& batch, entry_type type, otlp_form const& form = {});

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/otlp_json.ipp>
#endif
