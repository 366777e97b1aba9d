// Records on a terminal or a pipe: as a waterfall for people (one block for each trace, when the part of it that this process has seen
// is over), or as the JSON objects that OpenTelemetry's console exporter prints. Either layout may still change: it is made for eyes.
// The factory makes an inert value; what it prints is printed by the exporter's own thread. "Delivered" means taken over for printing.
#pragma once

#include <fanlight/exporter.hpp>

#include <functional>
#include <optional>
#include <string_view>

FANLIGHT_BEGIN

enum class console_layout { waterfall, json };
enum class console_stream { err, out };

struct console_config {
  console_layout layout = console_layout::waterfall;
  console_stream stream = console_stream::err;
  std::optional<bool> colour = {};     // unset: on a terminal, unless NO_COLOR is set or TERM is dumb
  std::optional<unsigned> width = {};  // columns; unset: the terminal's, else COLUMNS, else 100
  std::function<void(std::string_view)> write = {};  // takes the text in place of the stream, on the exporter's thread
};

[[nodiscard]] exporter_spec console(console_config given = {});

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/console.ipp>
#endif
