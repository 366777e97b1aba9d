// Bodies of otlp_answer.hpp.
#pragma once

#include <fanlight/impl/otlp_answer.hpp>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_COLD FANLIGHT_INLINE otlp_partial_success read_partial_success(std::string_view answer) noexcept {
  otlp_partial_success out;
  pb_reader outer{answer};
  while (outer.next()) {
    if (!outer.is(1, pb_wire::bytes)) continue;
    pb_reader inner{outer.bytes()};  // a message that comes twice is merged: the later field wins
    while (inner.next()) {
      if (inner.is(1, pb_wire::varint)) out.rejected = static_cast<std::int64_t>(inner.number());
      if (inner.is(2, pb_wire::bytes)) out.message = inner.bytes();
    }
    if (inner.broken()) out.readable = false;
  }
  if (outer.broken()) out.readable = false;
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE rpc_status read_rpc_status(std::string_view answer) noexcept {
  rpc_status out;
  pb_reader fields{answer};
  while (fields.next()) {
    if (fields.is(1, pb_wire::varint)) out.code = static_cast<std::int32_t>(static_cast<std::uint32_t>(fields.number()));
    if (fields.is(2, pb_wire::bytes)) out.message = fields.bytes();
  }
  out.readable = !fields.broken();
  return out;
}

}  // namespace detail
FANLIGHT_END
