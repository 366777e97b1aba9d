// The small enumerations that instruments write and records show. Values.
#pragma once

#include <fanlight/detail/config.hpp>

#include <cstdint>
#include <string_view>

FANLIGHT_BEGIN

/// OpenTelemetry's numbers.
enum class span_kind : std::uint8_t { internal = 1, server, client, producer, consumer };
/// Unset < error < ok: ok is final.
enum class status_code : std::uint8_t { unset, ok, error };
/// Severity of log records and error reports. The numbers are OpenTelemetry's.
enum class level : std::uint8_t { trace = 1, debug = 5, info = 9, warn = 13, error = 17, critical = 21 };
/// As a least level: nothing passes. No record has it.
inline constexpr level level_off{25};

/// A decision about a trace that is taken in the program's text, and not by the sampler.
enum class forced_sampling : std::uint8_t { none, sampled, not_sampled };

[[nodiscard]] constexpr std::string_view to_text(span_kind kind) noexcept {
  constexpr std::string_view names[]{"UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"};
  return names[static_cast<unsigned>(kind) < 6 ? static_cast<unsigned>(kind) : 0];
}
[[nodiscard]] constexpr std::string_view to_text(status_code code) noexcept {
  return code == status_code::error ? "ERROR" : code == status_code::ok ? "OK" : "UNSET";
}
[[nodiscard]] constexpr std::string_view to_text(level at) noexcept {
  constexpr std::string_view names[]{"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"};
  unsigned const number = static_cast<unsigned>(at);
  return number == 0 || number > 24 ? "UNSPECIFIED" : names[(number - 1) / 4];
}

FANLIGHT_END
