// Bodies of subsegment.hpp.
#pragma once

#include <fanlight/impl/log.ipp>
#include <fanlight/subsegment.hpp>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_INLINE bool is_orphan(span_options const& options, std::string_view name, bool& must_throw) noexcept {
  auto& t = here();
  auto const* const outer = current_frame(t);
  bool const above = options.parent.is_current() ? outer != nullptr && (outer->flags & frame_flag::in_trace) != 0
                                                 : options.parent.of().is_valid();
  if (above) return false;
  core_face* const core = core_here(t);
  if (core == nullptr) return true;
  must_throw = core->context_missing == 1;
  if (core->context_missing == 0) tell(core, 100, name);
  return true;
}

FANLIGHT_INLINE bool is_nested(span_options const& options, std::string_view name) noexcept {
  auto& t = here();
  auto const* const outer = current_frame(t);
  bool const nested = options.parent.is_current()
                          ? outer != nullptr && (outer->flags & (frame_flag::in_trace | frame_flag::remote)) == frame_flag::in_trace
                          : options.parent.of().is_valid() && !options.parent.of().is_remote();
  if (nested) tell(core_here(t), 101, name);
  return nested;
}

}  // namespace detail
FANLIGHT_END
