// Every body, for the one file of the compiled build: cmake/fanlight.cpp includes this and nothing else.
#pragma once

#ifndef FANLIGHT_COMPILED
#error "fanlight/impl/src.hpp belongs to the compiled build: link fanlight::compiled, or include fanlight/fanlight.hpp"
#endif

#include <fanlight/impl/span.ipp>  // first: it puts start, draft, limit and thread in order
#include <fanlight/impl/abi.ipp>
#include <fanlight/impl/check.ipp>
#include <fanlight/impl/console.ipp>
#include <fanlight/impl/console_json.ipp>
#include <fanlight/impl/context.ipp>
#include <fanlight/impl/core.ipp>
#include <fanlight/impl/desk.ipp>
#include <fanlight/impl/detectors.ipp>
#include <fanlight/impl/dispatcher.ipp>
#include <fanlight/impl/environment.ipp>
#include <fanlight/impl/gatherer.ipp>
#include <fanlight/impl/headers.ipp>
#include <fanlight/impl/http_curl.ipp>
#include <fanlight/impl/http_date.ipp>
#include <fanlight/impl/lane.ipp>
#include <fanlight/impl/line_file.ipp>
#include <fanlight/impl/log.ipp>
#include <fanlight/impl/named_exporters.ipp>
#include <fanlight/impl/objects.ipp>
#include <fanlight/impl/otlp.ipp>
#include <fanlight/impl/otlp_answer.ipp>
#include <fanlight/impl/otlp_file.ipp>
#include <fanlight/impl/otlp_form.ipp>
#include <fanlight/impl/otlp_json.ipp>
#include <fanlight/impl/otlp_parts.ipp>
#include <fanlight/impl/otlp_proto.ipp>
#include <fanlight/impl/otlp_ruling.ipp>
#include <fanlight/impl/otlp_settings.ipp>
#include <fanlight/impl/otlp_urls.ipp>
#include <fanlight/impl/pipeline.ipp>
#include <fanlight/impl/pool.ipp>
#include <fanlight/impl/presets.ipp>
#include <fanlight/impl/problem.ipp>
#include <fanlight/impl/process.ipp>
#include <fanlight/impl/process_facts.ipp>
#include <fanlight/impl/propagation.ipp>
#include <fanlight/impl/record.ipp>
#include <fanlight/impl/report.ipp>
#include <fanlight/impl/rings.ipp>
#include <fanlight/impl/sampler.ipp>
#include <fanlight/impl/settings.ipp>
#include <fanlight/impl/statistics.ipp>
#include <fanlight/impl/subsegment.ipp>
#include <fanlight/impl/testing.ipp>
#include <fanlight/impl/time.ipp>
#include <fanlight/impl/trace_shelf.ipp>
#include <fanlight/impl/tracestate.ipp>
#include <fanlight/impl/value.ipp>
#include <fanlight/impl/waker.ipp>
#include <fanlight/impl/waterfall.ipp>
#include <fanlight/impl/worker.ipp>
#include <fanlight/impl/works.ipp>
