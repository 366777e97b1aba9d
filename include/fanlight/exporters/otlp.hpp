// OTLP over HTTP: spans, log records and error reports to a collector, or to any back end that speaks it, as protobuf or JSON. The factory
// makes an inert value; nothing is opened before init(), which also answers from the environment what is left open here. The exporter is
// made by its lane's owner and belongs to it; all requests leave from the lane's thread, and so do the calls of the functions given here.
// "Delivered" means acknowledged by the back end.
#pragma once

#include <fanlight/exporters/otlp_config.hpp>

FANLIGHT_BEGIN

[[nodiscard]] exporter_spec otlp(otlp_config given = {});

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/otlp.ipp>
#endif
