// CloudWatch Logs: log records, and by option error reports and finished spans, as lines of JSON or text in a log group, by PutLogEvents. The
// factory makes an inert value; nothing is opened before init(), which also answers from the environment what is left open here. Group and
// stream are made when they are missing, and not before. The exporter is made by its lane's owner and belongs to it; it sends on its lane's
// thread. "Delivered" means that CloudWatch has acknowledged the event.
#pragma once

#include <fanlight/exporter.hpp>
#include <fanlight/exporters/cloudwatch_config.hpp>

FANLIGHT_BEGIN

[[nodiscard]] exporter_spec cloudwatch(cloudwatch_config given = {});

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/cloudwatch/exporter.ipp>
#endif
