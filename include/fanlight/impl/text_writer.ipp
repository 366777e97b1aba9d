// Bodies of text_writer.hpp: growth, by blocks that the thread keeps.
#pragma once

#include <fanlight/impl/span.ipp>
#include <fanlight/text_writer.hpp>

FANLIGHT_BEGIN

FANLIGHT_COLD FANLIGHT_INLINE bool text_writer::grow(std::size_t more) noexcept {
  constexpr std::size_t largest = std::size_t{1} << 20;
  if (cut_ || more > largest - size_) return end_here();
  std::size_t room = 4096;
  while (room < size_ + more) room *= 2;
  auto* const block = static_cast<char*>(detail::take_block(detail::here(), room));
  if (block == nullptr) return end_here();
  std::memcpy(block, data_, size_);
  if (data_ != room_) let_go();
  data_ = block;
  most_ = block_ = room;
  return true;
}

FANLIGHT_COLD FANLIGHT_INLINE void text_writer::let_go() noexcept { detail::keep_block(detail::here(), data_, block_); }

FANLIGHT_END
