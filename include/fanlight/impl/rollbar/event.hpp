// What an item is made of: the facts of one report, in a form that owns them. Filled from the record in one place, so that what is behind it
// (building, hooks, limits, sending) knows nothing of records. Made, kept and let go of on the lane's thread.
#pragma once

#include <fanlight/exporter.hpp>
#include <fanlight/exporters/rollbar_config.hpp>
#include <fanlight/impl/rollbar/node.hpp>

#include <string>
#include <vector>

FANLIGHT_BEGIN
namespace detail {

struct rollbar_frame {
  std::string filename, method;  // no method: the frame could not be resolved
  std::uint32_t line = 0;
  std::string module, build_id, address, module_offset;
  bool inlined = false;
};

struct rollbar_error {
  std::string type, message;
  std::vector<rollbar_frame> frames;  // innermost last
};

struct rollbar_source {
  std::string uuid;
  fanlight::level level = fanlight::level::error;
  std::int64_t time = 0;              // nanoseconds of the epoch
  std::vector<rollbar_error> errors;  // what was reported, then its causes; one without a type: a message
  std::vector<std::string> bases;     // of the first one's type, as far as known
  std::string uncaught;               // how it was left; empty: it was caught
  std::string fingerprint, person_id, person_name, person_email;
  std::string trace_id, span_id;      // hex; empty: none
  std::vector<std::string> span_path;
  rollbar_node own = rollbar_node::object();     // what the report itself says
  rollbar_node scope = rollbar_node::object();   // what holds where it was made
  rollbar_node extra = rollbar_node::object();   // metadata: namespaces and their members
  rollbar_node span = rollbar_node::object();    // attributes of the active span

  [[nodiscard]] bool is_message() const noexcept { return errors.empty() || errors.front().type.empty(); }
};

[[nodiscard]] rollbar_source read_error(error_record const& from);
/// True when an error of these types is one of type `name`: by name, by what is known of its bases, by the standard's hierarchy.
[[nodiscard]] bool is_type(rollbar_source const& what, std::string_view name);
[[nodiscard]] rollbar_level level_of(fanlight::level at) noexcept;
[[nodiscard]] std::string_view name_of(rollbar_level at) noexcept;

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/rollbar/event.ipp>
#endif
