// How errors travel where spans and log records are sent apart, as in OTLP. A value of an exporter's configuration.
#pragma once

#include <fanlight/detail/config.hpp>

#include <cstdint>

FANLIGHT_BEGIN

/// An exception can be an event on its span, a log record, or both.
enum class error_form : std::uint8_t {
  automatic,  // an exception that left a recorded span is that span's event; every other report is a log record
  event,      // events alone; reports that no span tells of are not sent
  log,        // every report is a log record, and fanlight's `exception` event is left out of spans (their status and error id stay)
  both,       // every report is a log record, and events stay where they are
};

FANLIGHT_END
