// How a back end is told what share of the traces reaches it, so that it can count the rest. A value of an exporter's configuration.
#pragma once

#include <fanlight/detail/config.hpp>

#include <cstdint>

FANLIGHT_BEGIN

/// The share is in the trace's tracestate (`ot=th:…`) where the sampler that thinned it wrote it there; fanlight's ratio() does.
enum class sampling_form : std::uint8_t {
  tracestate,   // nowhere else: as OpenTelemetry has it
  sample_rate,  // the attribute SampleRate too, one of how many: Honeycomb
  priority,     // the attribute sampling.priority too, 1 for what was kept: Datadog
};

FANLIGHT_END
