// What an entry's items are to X-Ray: a part of a block, an annotation, metadata. Part of document.hpp's writer.
#pragma once

#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/xray/entry_writer.ipp>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_INLINE std::string_view xray_writer::entry_writer::keep(std::string_view text) {
  owner_.cleaned_.push_back(std::make_unique<std::string>(text));
  return *owner_.cleaned_.back();
}

/// Whether a list, as `aws.xray.annotations` is one, holds a text.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE bool is_listed(value const& list, std::string_view wanted) noexcept {
  if (list.kind() == value_kind::text) return list.as_text() == wanted;
  for (auto const each : list.members())
    if (each.value.as_text() == wanted) return true;
  return false;
}

FANLIGHT_INLINE void xray_writer::entry_writer::sort() {
  owner_.metadata_.clear(), owner_.annotations_.clear(), owner_.cleaned_.clear();
  for (auto const* at = found_.items; at != found_.end; at += item_view{at}.size()) {
    item_view const item{at};
    switch (entry_survey::head_at(at).role) {
      case item_role::attribute: sort_attribute(item); break;
      case item_role::annotation: sort_attribute(item), add_annotation(item); break;
      case item_role::metadata: sort_metadata(item); break;
      case item_role::event:
        has_exceptions_ = has_exceptions_ || item.key() == "exception";
        if (item.key() == "message") {
          auto const* const inner = item.value() + sizeof(event_head);
          attribute_list const with{inner, item.value() + item.head().value_size, anchor_};
          std::int64_t size = -1;
          bool received = false;
          for (auto const& each : with) {
            if (each.key == "message.type") received = each.value.as_text() == "RECEIVED";
            if (each.key == "message.uncompressed_size") size = number_of(each.value);
          }
          if (received) received_ = size;
        }
        break;
      default: break;
    }
  }
  listed_ = has(xray_key::annotations) || !form_.indexed_attributes.empty();
}

FANLIGHT_INLINE void xray_writer::entry_writer::sort_attribute(item_view item) {
  auto const key = item.key();
  if (auto const known = xray_known_keys.find(key); known != xray_key::count_) {
    auto const number = static_cast<std::size_t>(known);
    slots_[number] = static_cast<std::uint32_t>(item.at - found_.items) + 1;
    there_[number / 64] |= std::uint64_t{1} << (number % 64);
  } else if (item.head().role == item_role::attribute) {
    constexpr std::string_view documents = "aws.xray.metadata.";
    bool const is_document = key.size() > documents.size() && key.substr(0, documents.size()) == documents && item.head().kind == value_kind::text;
    if (is_document) owner_.metadata_.push_back({key.substr(documents.size()), {}, item.at, true});
    else owner_.metadata_.push_back({default_space, key, item.at});
  }
}

FANLIGHT_INLINE void xray_writer::entry_writer::sort_metadata(item_view item) {
  auto const both = item.key();
  auto const cut = both.find('\0');
  owner_.metadata_.push_back({cut == 0 ? default_space : both.substr(0, cut), both.substr(cut + 1), item.at});
}

FANLIGHT_INLINE void xray_writer::entry_writer::add_annotation(item_view item) {
  auto const key = item.key();
  auto const kind = item.head().kind;
  bool const nested = !is_scalar(kind) && kind != value_kind::text;
  bool const no_number = kind == value_kind::float64 && !__builtin_isfinite(read_value(item).as_double());
  if (nested || no_number) {
    owner_.notices_.add(problem_code::value_dropped, [&] {
      return joined({"annotation '", key, "': ",
                     (nested ? "texts, numbers and truth can be indexed, and nothing else; it is metadata now"
                             : "it is not a number X-Ray could keep, and is left out")});
    });
    if (nested && kind != value_kind::empty && xray_known_keys.find(key) == xray_key::count_) owner_.metadata_.push_back({default_space, key, item.at});
    return;
  }
  if (is_xray_key(key)) return owner_.annotations_.push_back({{}, key, item.at});
  owner_.scratch_.clear();
  write_xray_key(owner_.scratch_, key);
  changed_keys_ = true;
  auto const made = keep(owner_.scratch_.view());
  owner_.notices_.add(problem_code::key_changed, [&] {
    return joined({"annotation key '", made,
                   "' was given with characters that X-Ray does not index, or too long: write letters, digits, _ and . only"});
  });
  owner_.annotations_.push_back({{}, made, item.at});
}

/// Known attributes that no block has taken are metadata like any other. Texts of queries are not, unless they are wanted at all.
FANLIGHT_INLINE void xray_writer::entry_writer::sort_rest() {
  for (std::size_t word = 0; word < 2; ++word)
    for (std::uint64_t left = there_[word] & ~used_[word]; left != 0; left &= left - 1) {
      item_view const item{found_.items + (slots_[word * 64 + static_cast<std::size_t>(__builtin_ctzll(left))] - 1)};
      if (item.head().role == item_role::attribute) owner_.metadata_.push_back({default_space, item.key(), item.at});
    }
  if (listed_ || form_.index_all) index_attributes();
}

/// Attributes that are to be indexed leave metadata for annotations. What a block has taken is indexed too when it is named.
FANLIGHT_COLD FANLIGHT_INLINE void xray_writer::entry_writer::index_attributes() {
  auto const list = look(xray_key::annotations);
  auto const is_named = [&](std::string_view key) {
    if (list.kind() != value_kind::empty && is_listed(list, key)) return true;
    for (auto const& each : form_.indexed_attributes)
      if (each == key) return true;
    return false;
  };
  for (auto& each : owner_.metadata_) {
    item_view const item{each.item};
    if (item.head().role != item_role::attribute || each.is_document || (!form_.index_all && !is_named(each.key))) continue;
    bool const fits = is_scalar(item.head().kind) || item.head().kind == value_kind::text;
    each.dead = fits;
    if (fits) add_annotation(item);
  }
  for (std::size_t number = 0; number < xray_keys; ++number) {
    if (slots_[number] == 0 || !is_used(static_cast<xray_key>(number))) continue;
    item_view const item{found_.items + (slots_[number] - 1)};
    if (item.head().role == item_role::attribute && is_named(item.key())) add_annotation(item);
  }
}

/// Of members that share a name the last one stays.
FANLIGHT_COLD FANLIGHT_INLINE void xray_writer::entry_writer::drop_doubles(std::vector<xray_member>& members) {
  for (std::size_t later = 1; later < members.size(); ++later)
    for (std::size_t earlier = 0; earlier < later; ++earlier)
      if (!members[later].dead && members[earlier].key == members[later].key && members[earlier].space == members[later].space) members[earlier].dead = true;
}

/// A metadata entry in `default` stands before an attribute of its name.
FANLIGHT_COLD FANLIGHT_INLINE void xray_writer::entry_writer::shadow_attributes(std::vector<xray_member>& members) {
  auto const is_attribute = [](xray_member const& one) { return item_view{one.item}.head().role != item_role::metadata; };
  for (auto& attribute : members)
    for (auto const& entry : members)
      if (is_attribute(attribute) && !is_attribute(entry) && entry.key == attribute.key && entry.space == attribute.space && !attribute.is_document)
        attribute.dead = true;
}

}  // namespace detail
FANLIGHT_END
