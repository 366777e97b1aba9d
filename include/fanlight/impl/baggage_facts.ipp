// Baggage on spans, by option: what a pipeline's face does with it. Included by core.ipp, behind facts.ipp.
#pragma once

#include <fanlight/span.hpp>

#include <fanlight/impl/baggage_text.ipp>
#include <fanlight/impl/facts.ipp>

#include <string>
#include <vector>

FANLIGHT_BEGIN
namespace detail {

/// Whether a list, as config::baggage_on_spans has it, names a key.
[[nodiscard]] inline bool names_baggage(std::vector<std::string> const& list, std::string_view key) noexcept {
  for (auto const& one : list)
    if (one == key || one == "*") return true;
  return false;
}

[[nodiscard]] inline bool has_fact(context_node const& node, std::string_view key) noexcept {
  for (auto const *at = node.facts(), *end = at + node.facts_size; at != end; at += item_view{at}.size())
    if (same_space(item_view{at}.head().role, item_role::attribute) && item_view{at}.key() == key) return true;
  return false;
}

/// The baggage of a context that comes in becomes facts of this thread, but for what that context's own facts say already: they are copies
/// of the same baggage, or somebody's annotations inside of it.
FANLIGHT_COLD inline void add_baggage_facts(thread_block& t, context_node const& node, std::vector<std::string> const& list) noexcept {
  auto rest = node.baggage();
  for (baggage_parts each; next_baggage_member(rest, each);)
    if (names_baggage(list, each.key) && !has_fact(node, each.key)) {
      decoded_baggage const text{each.value};
      add_fact(t, item_role::attribute, each.key, text.text());
    }
}

}  // namespace detail
FANLIGHT_END
