// Everything: what the file with main() includes. Files that only make spans, logs and reports include trace.hpp; a program that names its
// exporters in code and wants no others in it includes pipeline.hpp and the headers of those.
#pragma once

#include <fanlight/access_log.hpp>
#include <fanlight/aws.hpp>
#include <fanlight/baggage.hpp>
#include <fanlight/emf.hpp>
#include <fanlight/environment_carrier.hpp>
#include <fanlight/exporters/cloudwatch.hpp>
#include <fanlight/exporters/console.hpp>
#include <fanlight/exporters/memory.hpp>
#include <fanlight/exporters/otlp.hpp>
#include <fanlight/exporters/otlp_file.hpp>
#include <fanlight/exporters/presets.hpp>
#include <fanlight/exporters/rollbar.hpp>
#include <fanlight/exporters/xray.hpp>
#include <fanlight/format.hpp>
#include <fanlight/http.hpp>
#include <fanlight/last_words.hpp>
#include <fanlight/pipeline.hpp>
#include <fanlight/process.hpp>
#include <fanlight/trace.hpp>
#include <fanlight/xray_headers.hpp>
#include <fanlight/xray_sampling.hpp>

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/named_exporters.ipp>
#endif
