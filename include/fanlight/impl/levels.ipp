// Which log records pass: least levels by logger and by exporter, from code and from the environment. Runs while a pipeline is set up.
#pragma once

#include <fanlight/config.hpp>
#include <fanlight/detail/environment.hpp>
#include <fanlight/detail/settings.hpp>  // whose bodies include this, and not this their bodies
#include <fanlight/impl/places.hpp>

#include <algorithm>

FANLIGHT_BEGIN
namespace detail {

/// In any case; `off` keeps everything out.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::optional<level> read_level(std::string_view word) {
  struct row {
    char const* name;
    level what;
  };
  constexpr row rows[]{{"trace", level::trace}, {"debug", level::debug}, {"info", level::info},         {"warn", level::warn},      {"warning", level::warn},
                       {"error", level::error}, {"fatal", level::critical}, {"critical", level::critical}, {"off", level_off}, {"none", level_off}};
  auto const lower = lower_case(word);
  for (auto const& one : rows)
    if (lower == one.name) return one.what;
  return std::nullopt;
}

struct named_level {
  std::string_view name;  // empty: a level alone
  level what;
};

/// The parts of `level,name=level,…` that can be understood. The others are told, and left out.
template <class Use>
void each_named_level(environment const& from, char const* variable, std::string_view text, char const* expected, Use&& use) {
  for (auto const part : split_list(text)) {
    auto const equals = part.rfind('=');
    auto const name = equals == std::string_view::npos ? std::string_view{} : trimmed(part.substr(0, equals));
    auto const what = read_level(trimmed(part.substr(equals == std::string_view::npos ? 0 : equals + 1)));
    bool const is_named = equals != std::string_view::npos;
    if (what && is_named == !name.empty() && use(named_level{name, *what})) continue;
    from.tell_bad(variable, part, expected, "this part of it is left out");
  }
}

/// The longest names first: the first that fits is the one that counts. Of one name the last.
FANLIGHT_COLD FANLIGHT_INLINE void add_level(std::vector<logger_level>& to, std::string_view name, level least) {
  for (auto& one : to)
    if (one.name == name) return static_cast<void>(one.least = least);
  to.push_back({std::string{name}, least});
}

FANLIGHT_COLD FANLIGHT_INLINE void resolve_levels(config const& given, environment const& from, settings& to) {
  std::optional<level> all = given.minimum_level;
  if (given.levels)
    for (auto const& one : *given.levels) add_level(to.logger_levels, one.name, one.least);
  std::optional<std::string> text;
  if (!all || !given.levels) text = from.text("FANLIGHT_LOG_LEVEL");
  if (text)
    each_named_level(from, "FANLIGHT_LOG_LEVEL", *text, "a level (trace, debug, info, warn, error, critical, off), or logger=level, or a list of these",
                     [&](named_level const& one) {
                       if (one.name.empty()) all = given.minimum_level ? given.minimum_level : one.what;
                       else if (!given.levels) add_level(to.logger_levels, one.name, one.what);
                       return true;
                     });
  to.minimum_level = all.value_or(level::trace);
  sort_list(to.logger_levels, [](logger_level const& a, logger_level const& b) { return a.name.size() > b.name.size(); });
}

/// What the code left open of the exporters that are on.
FANLIGHT_COLD FANLIGHT_INLINE void resolve_exporter_levels(environment const& from, settings& to) {
  bool open = false;
  for (auto const& one : to.exporters) open = open || !one.minimum_level;
  auto const text = open ? from.text("FANLIGHT_EXPORTER_LEVELS") : std::nullopt;
  if (!text) return;
  each_named_level(from, "FANLIGHT_EXPORTER_LEVELS", *text, "exporter=level, or a list of these, of exporters that are on", [&](named_level const& one) {
    bool known = false;
    for (auto& exporter : to.exporters) {
      if (exporter.name != one.name) continue;
      known = true;
      if (!exporter.minimum_level) exporter.minimum_level = one.what;
    }
    return known;
  });
}

/// What no exporter takes need not be made. X-Ray takes no logs.
FANLIGHT_COLD FANLIGHT_INLINE level least_of_exporters(settings const& of) {
  std::optional<level> out;
  for (auto const& one : of.exporters)
    if (!one.is_xray && (one.only & takes<log_record>) != 0) out = std::min(out.value_or(level_off), one.minimum_level.value_or(level::trace));
  return out.value_or(level::trace);
}

}  // namespace detail
FANLIGHT_END
