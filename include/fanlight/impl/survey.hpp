// One walk over an entry's items, for encoders: which lists it has, and its single facts, so that nothing is looked for twice. A survey is
// a view over its batch. Pure functions; any thread.
#pragma once

#include <fanlight/record.hpp>

FANLIGHT_BEGIN
namespace detail {

struct entry_survey {
  unsigned char const* items;
  unsigned char const* end;
  bool attributes = false, events = false, links = false;
  std::string_view status_message{}, tracestate{}, scope_name{}, scope_version{}, logger{};
  std::string_view error_id{}, error_type{}, fingerprint{}, person_id{}, person_name{}, person_email{};

  explicit entry_survey(unsigned char const* at) noexcept {
    auto const& head = *reinterpret_cast<entry_head const*>(at);
    items = at + entry_space(head.name_size);
    end = at + head.size;
    for (auto const* item = items; item != end; item += item_view{item}.size()) note(item_view{item});
  }

 private:
  void note(item_view item) noexcept {
    switch (item.head().role) {
      case item_role::attribute:
      case item_role::annotation:
      case item_role::metadata: attributes = true; break;
      case item_role::event: events = true; break;
      case item_role::link: links = true; break;
      case item_role::fact: fact(item); break;
      case item_role::dead: break;
    }
  }
  void fact(item_view item) noexcept {
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
