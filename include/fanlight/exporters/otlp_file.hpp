// OTLP as JSON Lines in files, or on standard output: one TracesData or LogsData object a line, as the OpenTelemetry Collector's file
// exporter writes them and its receivers read them. Spans go to `path`, log records and error reports to the same name with `.logs`
// before the extension. The factory makes an inert value; the files are opened by the exporter's own thread. "Delivered" means handed to
// the kernel.
#pragma once

#include <fanlight/exporter.hpp>

#include <cstdint>
#include <string>

FANLIGHT_BEGIN

struct otlp_file_config {
  std::string path = {};                               // empty or "-": standard output, spans and logs alike
  std::uint64_t max_bytes = std::uint64_t{64} << 20;   // a file that would grow beyond it becomes `path.1`; 0: never
  unsigned max_files = 4;                              // how many of `path.1`, `path.2`, … are kept
};

[[nodiscard]] exporter_spec otlp_file(otlp_file_config given = {});

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/otlp_file.ipp>
#endif
