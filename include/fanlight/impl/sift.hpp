// A batch without the log records that an exporter does not want to see: a copy of what is left, in memory of its own, with everything
// else as it was. Made by a lane, on its thread, for its exporter alone; the batch itself is everybody's, and stays as it is.
#pragma once

#include <fanlight/detail/batch.hpp>

#include <new>

FANLIGHT_BEGIN
namespace detail {

/// Calls `use(entry, size)` for each entry that is no log record below `least`; gives how many are. Documents are for machines, and no
/// level keeps them out.
template <class Use>
std::uint32_t each_at_least(batch_data const& from, std::uint8_t least, Use&& use) noexcept {
  std::uint32_t below = 0;
  for (auto const *at = from.data, *end = from.data + from.size; at != end;) {
    auto const& head = *reinterpret_cast<entry_head const*>(at);
    if (head.type == entry_type::log && head.kind < least && (head.flags & entry_flag::document) == 0) ++below;
    else use(at, head.size);
    at += head.size;
  }
  return below;
}

/// How many log records of a batch are below `least`.
[[nodiscard]] inline std::uint32_t logs_below(batch_data const& from, std::uint8_t least) noexcept {
  return from.count(entry_type::log) == 0 ? 0 : each_at_least(from, least, [](unsigned char const*, std::size_t) {});
}

/// Null: there is no memory.
[[nodiscard]] inline batch_data* sifted(batch_data const& from, std::uint8_t least) noexcept {
  auto* const out = new (std::nothrow) batch_data;
  if (out == nullptr) return nullptr;
  out->data = static_cast<unsigned char*>(::operator new(from.size, std::align_val_t{64}, std::nothrow));
  if (out->data == nullptr) return delete out, nullptr;
  out->give_back = [](batch_data* data) noexcept {
    ::operator delete(data->data, std::align_val_t{64});
    delete data;
  };
  out->room = from.size;
  out->sequence = from.sequence, out->sealed_at = from.sealed_at, out->anchor = from.anchor;
  out->complete_until = from.complete_until, out->resource = from.resource;
  try {
    out->gone = from.gone;
  } catch (std::bad_alloc const&) {
    return out->give_back(out), nullptr;
  }
  for (std::size_t type = 0; type < entry_types; ++type) out->counts[type] = from.counts[type];
  out->counts[static_cast<std::size_t>(entry_type::log)] -= each_at_least(from, least, [out](unsigned char const* at, std::size_t size) {
    std::memcpy(out->data + out->size, at, size);
    out->size += size;
  });
  return out;
}

}  // namespace detail
FANLIGHT_END
