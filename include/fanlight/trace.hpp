// What call sites include: spans, logs, error reports, propagation. Light, needs no other library, and does nothing until the program's
// main file (which includes fanlight.hpp) sets a pipeline up. See docs/design.md for the way of a span.
#pragma once

#include <fanlight/context.hpp>
#include <fanlight/log.hpp>
#include <fanlight/propagation.hpp>
#include <fanlight/report.hpp>
#include <fanlight/span.hpp>
#include <fanlight/subsegment.hpp>
