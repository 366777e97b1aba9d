// One walk over an entry's items, for encoders: which roles there are, and a second one, for records that have any, for the single facts.
// Both are views over a batch. Pure functions; any thread.
#pragma once

#include <fanlight/record.hpp>

FANLIGHT_BEGIN
namespace detail {

/// The single facts of a record that have any.
struct entry_facts {
  std::string_view status_message{}, tracestate{}, scope_name{}, scope_version{}, logger{};
  std::string_view error_id{}, error_type{}, fingerprint{}, person_id{}, person_name{}, person_email{};

  void note(item_view item) noexcept {
    auto const key = item.key();
    if (key.size() != 1) return;
    std::string_view const text{reinterpret_cast<char const*>(item.value()), item.head().value_size};
    switch (static_cast<fact_key>(key[0])) {
      case fact_key::status_message: status_message = text; break;
      case fact_key::tracestate: tracestate = text; break;
      case fact_key::scope_name: scope_name = text; break;
      case fact_key::scope_version: scope_version = text; break;
      case fact_key::logger: logger = text; break;
      case fact_key::error_id: error_id = text; break;
      case fact_key::error_type: error_type = text; break;
      case fact_key::fingerprint: fingerprint = text; break;
      case fact_key::person_id: person_id = text; break;
      case fact_key::person_name: person_name = text; break;
      case fact_key::person_email: person_email = text; break;
      default: break;
    }
  }
};

inline constexpr entry_facts empty_facts{};

/// Where the items lie, and which roles there are among them: all that most records need.
struct entry_survey {
  unsigned char const* items;
  unsigned char const* end;
  std::uint32_t roles = 0;

  FANLIGHT_HOT explicit entry_survey(unsigned char const* at) noexcept {
    auto const& head = *reinterpret_cast<entry_head const*>(at);
    items = at + entry_space(head.name_size);
    end = at + head.size;
    for (auto const* item = items; item != end;) {
      auto const& each = head_at(item);
      roles |= 1u << static_cast<unsigned>(each.role);
      item += sizeof each + padded(value_room(each) + each.key_size + 1);
    }
  }
  [[nodiscard]] bool has(item_role role) const noexcept { return (roles >> static_cast<unsigned>(role) & 1) != 0; }
  [[nodiscard]] bool has_attributes() const noexcept {
    return has(item_role::attribute) || has(item_role::annotation) || has(item_role::metadata);
  }
  [[nodiscard]] FANLIGHT_COLD entry_facts facts() const noexcept {
    entry_facts out;
    for (auto const* at = items; at != end; at += item_view{at}.size())
      if (item_view{at}.head().role == item_role::fact) out.note({at});
    return out;
  }

  /// A fact that is no text; empty when it is not there.
  [[nodiscard]] FANLIGHT_COLD value packed(fact_key key) const noexcept {
    for (auto const* at = items; at != end; at += item_view{at}.size())
      if (item_view{at}.head().role == item_role::fact && item_view{at}.key().size() == 1 && item_view{at}.key()[0] == static_cast<char>(key))
        return read_value({at});
    return {};
  }

  /// The head where it lies. Taking a copy and its fields out of that costs twice the instructions.
  [[nodiscard]] FANLIGHT_HOT static item_head const& head_at(unsigned char const* item) noexcept {
    return *reinterpret_cast<item_head const*>(item);
  }
  /// Where an item's key lies behind its value: value_space(), with what is known of scalars left out.
  [[nodiscard]] FANLIGHT_HOT static std::size_t value_room(item_head const& head) noexcept {
    return head.kind == value_kind::text ? std::size_t{head.value_size} + 1 : padded(head.value_size);
  }
};

/// Calls `use(at)` for the entries of one type.
template <class Use>
void each_entry(batch_data const& batch, entry_type type, Use&& use) {
  auto const* const end = batch.data + batch.size;
  for (unsigned char const* at = batch.data; at != end;) {
    auto const& head = *reinterpret_cast<entry_head const*>(at);
    if (head.type == type) use(at);
    at += head.size;
  }
}

}  // namespace detail
FANLIGHT_END
