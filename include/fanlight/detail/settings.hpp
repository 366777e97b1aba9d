// What a pipeline runs by: every question answered, from code, else the environment, else the default, variable by variable. resolve()
// makes it on the thread that calls init(); the pipeline keeps it, unchanged but for `who` in a child after fork.
#pragma once

#include <fanlight/exporter.hpp>
#include <fanlight/propagation.hpp>
#include <fanlight/resource.hpp>
#include <fanlight/sampler.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

FANLIGHT_BEGIN
struct config;

namespace detail {

class environment;

inline constexpr std::uint32_t no_limit = UINT32_MAX;

struct settings {
  bool disabled = false;
  std::shared_ptr<resource const> who;
  object stated;                 // of `who`, what code and environment say: assemble_resource() makes the rest anew after fork
  bool detect_resource = true;
  fanlight::sampler sampler;
  bool write_threshold = false;  // then the sampler's threshold is one that can be written
  std::vector<exporter_spec> exporters;  // those without problems
  std::vector<propagator> propagators;
  std::vector<std::string> baggage_on_spans;
  std::string known_http_methods;  // `GET,POST`; empty: those of the standards
  std::uint8_t context_missing = 0;  // of an X-Ray exporter that is on
  level minimum_level = level::trace;          // of log records whose logger is not named here
  std::vector<logger_level> logger_levels;     // the longest names first
  // counts and characters; no_limit: none
  std::uint32_t attributes = 128, events = 128, links = 128, event_attributes = 128, link_attributes = 128, log_attributes = 128;
  std::uint32_t value_length = no_limit, log_value_length = no_limit;
  std::size_t queue_records = 65'536, queue_bytes = 32u << 20;
  std::size_t batch_records = 512, batch_bytes = 256u << 10;  // never more than the queue's
  std::size_t capture_bytes = 1u << 20;                       // a power of two
  std::chrono::milliseconds span_delay{5'000}, log_delay{1'000};
  std::chrono::milliseconds export_timeout{30'000};           // no_time_limit: none
  std::chrono::milliseconds retry_first{1'000}, retry_most{30'000}, keep_for{600'000};
};

/// Says what check() says of `given`, and what was wrong with the environment. Each variable is read once at most, and none that the
/// code has answered already.
[[nodiscard]] settings resolve(config const& given, std::vector<problem>& said);

/// The least level that any exporter wants of log records: what is below need not be made.
[[nodiscard]] level least_of_exporters(settings const& of);

/// The exporters that the environment names; the console when it names none that is here. Told to `said` by way of `from`.
[[nodiscard]] std::vector<exporter_spec> exporters_from(environment const& from);

/// That function, in a program that has it: with fanlight.hpp somewhere, or the compiled library. Null in one that includes single back ends
/// alone; it carries those that its code names, and no others.
using exporters_function = std::vector<exporter_spec> (*)(environment const& from);
FANLIGHT_VISIBLE inline constinit exporters_function exporters_by_name = nullptr;

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/settings.ipp>
#endif
