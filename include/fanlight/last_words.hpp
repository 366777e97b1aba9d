// For programs that include single back ends and set `report_uncaught` or `crash_spool` in their configuration: brings what those need. Programs
// with fanlight.hpp, or with the compiled library, have it already. Nothing to call. See docs/errors.md.
#pragma once

#include <fanlight/config.hpp>

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/last_words.ipp>
#endif
