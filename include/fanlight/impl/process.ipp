// Bodies of process.hpp: an editor is a draft that was loaded from a finished entry.
#pragma once

#include <fanlight/impl/draft_care.ipp>
#include <fanlight/impl/span.ipp>
#include <fanlight/process.hpp>

FANLIGHT_BEGIN

FANLIGHT_INLINE record_editor::record_editor(detail::core_face& core, piece entry, std::shared_ptr<resource const> const& who,
                                             detail::clock_anchor anchor) noexcept
    : core_{core}, original_{entry} {
  view_.anchor = anchor;
  view_.resource = who;
  load();
}

FANLIGHT_INLINE void record_editor::load() noexcept {
  draft_ = {};
  draft_.data = room_;
  draft_.at = room_;
  draft_.end = room_ + sizeof room_;
  draft_.core = &core_;
  draft_.value_limit = UINT32_MAX;
  draft_.attributes_left = 0xFFFF;
  draft_.filter = {{~0ull, ~0ull, ~0ull, ~0ull}};  // every key may be there: each set() looks
  if (!detail::make_room(draft_, original_.size)) {
    draft_.data = const_cast<unsigned char*>(original_.at);  // no memory: it may be looked at, and goes on as it was
    draft_.at = draft_.end = draft_.data + original_.size;
    return;
  }
  std::memcpy(draft_.data, original_.at, original_.size);
  draft_.at = draft_.data + original_.size;
}

FANLIGHT_INLINE void record_editor::let_go() noexcept {
  if (draft_.on_heap != 0) detail::keep_block(detail::here(), draft_.data, static_cast<std::size_t>(draft_.end - draft_.data));
}

FANLIGHT_INLINE void record_editor::restore() noexcept {
  let_go();
  dropped_ = false;
  load();
}

FANLIGHT_INLINE record_editor::piece record_editor::bytes() noexcept {
  auto const size = static_cast<std::size_t>(draft_.at - draft_.data);
  if (draft_.data != original_.at) draft_.head().size = static_cast<std::uint32_t>(size);
  return {draft_.data, size};
}

FANLIGHT_INLINE detail::batch_data const& record_editor::view() const noexcept {
  if (draft_.data != original_.at) reinterpret_cast<detail::entry_head*>(draft_.data)->size = static_cast<std::uint32_t>(draft_.at - draft_.data);
  return view_;
}

FANLIGHT_INLINE std::string_view record_editor::name() const noexcept {
  return {reinterpret_cast<char const*>(draft_.data + sizeof(detail::entry_head)), head().name_size};
}

FANLIGHT_INLINE value record_editor::find(std::string_view key) const noexcept {
  auto* const found = detail::find_item(const_cast<detail::draft&>(draft_), detail::item_role::attribute, key);
  return found == nullptr ? value{} : detail::read_value({found});
}

// Copies first: key and value may be views into this very record, whose bytes are about to move.
FANLIGHT_INLINE record_editor& record_editor::set(std::string_view key, value const& what) noexcept {
  detail::item_buffer copy;
  if (draft_.data == original_.at || !copy.add(detail::item_role::attribute, key, what)) return *this;
  detail::item_view const item{copy.data()};
  detail::put_carefully(draft_, detail::item_role::attribute, item.key(), detail::read_value(item));
  return *this;
}

FANLIGHT_INLINE record_editor& record_editor::rename(std::string_view name) noexcept {
  detail::item_buffer copy;
  if (draft_.data == original_.at || !copy.add(detail::item_role::attribute, {}, value{name})) return *this;
  detail::put_name(draft_, detail::read_value({copy.data()}).as_text());
  return *this;
}

FANLIGHT_INLINE record_editor& record_editor::remove(std::string_view key) noexcept {
  if (draft_.data == original_.at) return *this;
  if (auto* const found = detail::find_item(draft_, detail::item_role::attribute, key); found != nullptr)
    found[1] = static_cast<unsigned char>(detail::item_role::dead);
  return *this;
}

FANLIGHT_END
