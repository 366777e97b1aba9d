// Bodies of value.hpp: the growing buffer of packed items, and nested values.
#pragma once

#include <fanlight/value.hpp>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_COLD FANLIGHT_INLINE unsigned char* place_item(unsigned char* to, item_role role, std::string_view key, value const& what) noexcept {
  return write_item(to, role, key, what);
}

FANLIGHT_INLINE item_buffer::item_buffer(item_buffer const& other) noexcept { assign(other.data_, other.size_); }

FANLIGHT_INLINE item_buffer::item_buffer(item_buffer&& other) noexcept
    : data_{other.data_}, size_{other.size_}, room_{other.room_} {
  other.data_ = nullptr;
  other.size_ = other.room_ = 0;
}

FANLIGHT_INLINE item_buffer& item_buffer::operator=(item_buffer other) noexcept {
  auto const data = data_;
  data_ = other.data_;
  size_ = other.size_;
  room_ = other.room_;
  other.data_ = data;
  return *this;
}

FANLIGHT_INLINE bool item_buffer::reserve(std::size_t size) noexcept {
  if (size <= room_) return true;
  if (size > 0x7FFFFFF0) return false;
  std::size_t const room = size * 2 < 256 ? 256 : (size * 2 < 0x7FFFFFF0 ? size * 2 : 0x7FFFFFF0);
  auto* const grown = static_cast<unsigned char*>(std::realloc(data_, room));
  if (grown == nullptr) return false;
  data_ = grown;
  room_ = static_cast<std::uint32_t>(room);
  return true;
}

FANLIGHT_COLD FANLIGHT_INLINE bool item_buffer::add(item_role role, std::string_view key, value const& what) noexcept {
  if (key.size() > 0xFFFF) key = key.substr(0, 0xFFFF);
  value const kept = nesting_of(what) < deepest_nesting ? what : value{};
  auto const space = item_space(kept.kind(), kept.size(), key.size());
  // The value may borrow from this very buffer (an array pushed into itself, a member's text), which may move.
  auto const* const from = is_scalar(kept.kind()) ? nullptr : static_cast<unsigned char const*>(kept.data());
  bool const own = data_ != nullptr && from >= data_ && from < data_ + room_;
  std::size_t const offset = own ? static_cast<std::size_t>(from - data_) : 0;
  if (!reserve(size_ + space)) return false;
  place_item(data_ + size_, role, key, own ? value{kept.kind(), data_ + offset, kept.size()} : kept);
  size_ += static_cast<std::uint32_t>(space);
  return true;
}

FANLIGHT_INLINE void item_buffer::assign(void const* items, std::size_t size) noexcept {
  size_ = 0;
  if (size == 0 || !reserve(size)) return;
  std::memcpy(data_, items, size);
  size_ = static_cast<std::uint32_t>(size);
}

FANLIGHT_COLD FANLIGHT_INLINE int nesting_of(value const& what, int level) noexcept {
  if (!what.is_nested()) return 0;
  int deepest = 0;
  if (level <= deepest_nesting)
    for (auto const member : what.members()) {
      int const below = nesting_of(member.value, level + 1);
      if (below > deepest) deepest = below;
    }
  return deepest + 1;
}

}  // namespace detail

FANLIGHT_INLINE value object::get(std::string_view key) const noexcept {
  for (auto const member : members())
    if (member.key == key) return member.value;
  return {};
}

FANLIGHT_INLINE bool object::contains(std::string_view key) const noexcept {
  for (auto const member : members())
    if (member.key == key) return true;
  return false;
}

FANLIGHT_COLD FANLIGHT_INLINE object& object::set(std::string_view key, value const& what) noexcept {
  if (key.empty()) return *this;
  if (contains(key)) {
    detail::item_buffer rest;
    for (auto const member : members())
      if (member.key != key) rest.add(detail::item_role::attribute, member.key, member.value);
    rest.add(detail::item_role::attribute, key, what);
    items_ = static_cast<detail::item_buffer&&>(rest);
  } else {
    items_.add(detail::item_role::attribute, key, what);
  }
  return *this;
}

FANLIGHT_END
