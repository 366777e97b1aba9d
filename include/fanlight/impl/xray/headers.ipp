// Bodies of xray_headers.hpp.
#pragma once

#include <fanlight/impl/propagation.ipp>
#include <fanlight/xray_headers.hpp>

#include <cstdlib>

FANLIGHT_BEGIN
namespace detail {

/// Room for a header's text: `inject` lets nothing escape, and so nothing may throw in there.
struct header_room {
  char text[xray_header::most_size + 1];
  std::size_t size = 0;
};

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string header_text(context const* of) {
  header_room room;
  auto const set = [&room](std::string_view, std::string_view text) noexcept {
    room.size = text.size() < sizeof room.text ? text.size() : 0;
    std::memcpy(room.text, text.data(), room.size);
  };
  if (of != nullptr) inject(*of, set, {propagator::xray});
  else inject(set, {propagator::xray});
  return {room.text, room.size};
}

}  // namespace detail

FANLIGHT_COLD FANLIGHT_INLINE std::string xray_header() { return detail::header_text(nullptr); }
FANLIGHT_COLD FANLIGHT_INLINE std::string xray_header(context const& of) { return detail::header_text(&of); }

FANLIGHT_COLD FANLIGHT_INLINE context read_xray_header(std::string_view text) noexcept {
  return extract([text](std::string_view) { return text; }, {propagator::xray});
}

FANLIGHT_COLD FANLIGHT_INLINE std::string xray_response_header(context const& caller, context const& served) {
  if (!served.trace_id().is_valid()) return {};
  std::string out = "Root=";
  out += xray_trace_id(served.trace_id()).view();
  if (caller.sampling() == sampling_state::asked) out += served.is_sampled() ? ";Sampled=1" : ";Sampled=0";
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE context lambda_context() noexcept {
  char const* const text = std::getenv("_X_AMZN_TRACE_ID");
  if (text == nullptr) return {};
  auto const out = read_xray_header(text);
  if ((out.is_valid() && !out.is_deferred()) || !out.trace_id().is_valid()) return out;
  // Incomplete: it is passed on, and nothing is recorded beneath it.
  detail::context_node::keep(out.node());
  return context::adopt({out.trace_id(), out.span_id(), 0, true}, const_cast<detail::context_node*>(out.node()));
}

FANLIGHT_END
