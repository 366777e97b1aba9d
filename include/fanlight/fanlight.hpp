// Everything: what the file with main() includes. Files that only make spans, logs and reports include trace.hpp.
#pragma once

#include <fanlight/exporters/console.hpp>
#include <fanlight/exporters/memory.hpp>
#include <fanlight/exporters/otlp_file.hpp>
#include <fanlight/pipeline.hpp>
#include <fanlight/process.hpp>
#include <fanlight/trace.hpp>
