// Bodies of event.hpp.
#pragma once

#include <fanlight/impl/rollbar/event.hpp>
#include <fanlight/stack.hpp>

#include <algorithm>

FANLIGHT_BEGIN
namespace detail {

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string hex_number(std::uint64_t number) {
  std::string out;
  for (; number != 0 || out.empty(); number >>= 4) out.insert(out.begin(), "0123456789abcdef"[number & 15]);
  return "0x" + out;
}

/// The stack as it was captured, outermost first.
FANLIGHT_COLD FANLIGHT_INLINE void read_frames(std::vector<rollbar_frame>& to, error_record const& from) {
  auto const trace = stack_of(from);
  to.reserve(trace.frames.size());
  for (auto at = trace.frames.rbegin(); at != trace.frames.rend(); ++at) {
    rollbar_frame one;
    one.filename = !at->file.empty() ? at->file : !at->module.empty() ? at->module : "unknown";
    one.method = at->function;
    one.line = at->line;
    one.module = at->module;
    one.build_id = at->build_id;
    if (at->address != 0) one.address = hex_number(at->address);
    if (at->module_offset != 0) one.module_offset = hex_number(at->module_offset);
    one.inlined = at->inlined;
    to.push_back(std::move(one));
  }
  // The report's own place is known without any debug information.
  if (trace.origin != stack_origin::reported || to.empty() || to.back().line != 0 || !from.where) return;
  to.back().filename = from.where.file();
  to.back().line = from.where.line();
  if (to.back().method.empty()) to.back().method = from.where.function();
}

/// Where it was reported stands in for a stack that is not there.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::vector<rollbar_frame> frames_of(error_record const& from) {
  std::vector<rollbar_frame> out;
  read_frames(out, from);
  if (!out.empty() || !from.where) return out;
  rollbar_frame here;
  here.filename = from.where.file();
  here.method = from.where.function();
  here.line = from.where.line();
  out.push_back(std::move(here));
  return out;
}

/// Causes, the way of the spans, and how it was left.
FANLIGHT_COLD FANLIGHT_INLINE void read_surroundings(rollbar_source& to, error_record const& from) {
  for (auto const cause : from.causes()) {
    rollbar_error one;
    one.type = cause.type.empty() ? "unknown" : std::string{cause.type};
    one.message = cause.message;
    to.errors.push_back(std::move(one));
  }
  for (auto const name : from.bases()) to.bases.emplace_back(name);
  for (auto const name : from.span_path()) to.span_path.emplace_back(name);
  to.uncaught = from.uncaught();
  for (auto const each : from.span_attributes().members()) to.span.put(each.key, rollbar_node::from(each.value));
}

FANLIGHT_COLD FANLIGHT_INLINE rollbar_source read_error(error_record const& from) {
  rollbar_source out;
  out.uuid = from.uuid();
  out.level = from.level;
  out.time = from.time.nanoseconds;
  rollbar_error first;
  first.type = from.exception_type();
  first.message = from.message;
  if (!first.type.empty()) first.frames = frames_of(from);
  out.errors.push_back(std::move(first));
  read_surroundings(out, from);
  out.fingerprint = from.fingerprint();
  out.person_id = from.person_id(), out.person_name = from.person_name(), out.person_email = from.person_email();
  if (from.trace_id.is_valid()) out.trace_id = from.trace_id.hex().view();
  if (from.span_id.is_valid()) out.span_id = from.span_id.hex().view();
  for (auto const& each : from.attributes()) {  // each key is there once
    auto& part = each.indexed ? out.scope : out.own;
    part.push(rollbar_node::from(each.value));
    part.members.back().key = rollbar_node::text(each.key).words;
  }
  for (auto const& each : from.metadata()) out.extra.within(each.space).put(each.key, rollbar_node::from(each.value));
  return out;
}

/// The standard's own classes, each with its base.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string_view standard_base(std::string_view type) noexcept {
  struct row {
    std::string_view type, base;
  };
  static constexpr row rows[]{
      {"std::logic_error", "std::exception"},        {"std::runtime_error", "std::exception"},
      {"std::bad_alloc", "std::exception"},          {"std::bad_cast", "std::exception"},
      {"std::bad_exception", "std::exception"},      {"std::bad_function_call", "std::exception"},
      {"std::bad_optional_access", "std::exception"}, {"std::bad_typeid", "std::exception"},
      {"std::bad_variant_access", "std::exception"}, {"std::bad_weak_ptr", "std::exception"},
      {"std::bad_any_cast", "std::bad_cast"},        {"std::bad_array_new_length", "std::bad_alloc"},
      {"std::domain_error", "std::logic_error"},     {"std::future_error", "std::logic_error"},
      {"std::invalid_argument", "std::logic_error"}, {"std::length_error", "std::logic_error"},
      {"std::out_of_range", "std::logic_error"},     {"std::overflow_error", "std::runtime_error"},
      {"std::range_error", "std::runtime_error"},    {"std::regex_error", "std::runtime_error"},
      {"std::system_error", "std::runtime_error"},   {"std::underflow_error", "std::runtime_error"},
      {"std::filesystem::filesystem_error", "std::system_error"},
      {"std::ios_base::failure", "std::system_error"}, {"std::nonexistent_local_time", "std::runtime_error"},
  };
  for (auto const& each : rows)
    if (each.type == type) return each.base;
  return {};
}

FANLIGHT_COLD FANLIGHT_INLINE bool is_type(rollbar_source const& what, std::string_view name) {
  if (what.is_message() || name.empty()) return false;
  auto const derives = [name](std::string_view type) {
    for (; !type.empty(); type = standard_base(type))
      if (type == name) return true;
    return false;
  };
  return derives(what.errors.front().type) || std::any_of(what.bases.begin(), what.bases.end(), derives);
}

FANLIGHT_COLD FANLIGHT_INLINE rollbar_level level_of(fanlight::level at) noexcept {
  auto const number = static_cast<unsigned>(at);
  return number < 9 ? rollbar_level::debug : number < 13 ? rollbar_level::info : number < 17 ? rollbar_level::warning : number < 21 ? rollbar_level::error : rollbar_level::critical;
}

FANLIGHT_COLD FANLIGHT_INLINE std::string_view name_of(rollbar_level at) noexcept {
  constexpr std::string_view names[]{"error", "critical", "error", "warning", "info", "debug", "error"};
  return names[static_cast<unsigned>(at) % 7];
}

}  // namespace detail
FANLIGHT_END
