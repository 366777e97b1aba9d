// The little of XML that STS answers with, declared in credentials.hpp: finds one element's text. Bounded by its input, and without
// recursion; documents may be anything.
#pragma once

#include <fanlight/impl/aws/credentials.hpp>

FANLIGHT_BEGIN
namespace detail {

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string without_entities(std::string_view text) {
  constexpr std::pair<std::string_view, char> known[]{{"&amp;", '&'},   {"&lt;", '<'},  {"&gt;", '>'},  {"&quot;", '"'},
                                                      {"&apos;", '\''}, {"&#43;", '+'}, {"&#x2B;", '+'}};
  std::string out;
  while (!text.empty()) {
    std::size_t taken = 1;
    char letter = text.front();
    for (auto const& [name, stands_for] : known)
      if (text.substr(0, name.size()) == name) taken = name.size(), letter = stands_for;
    out += letter;
    text.remove_prefix(taken);
  }
  return out;
}

/// The name of a tag's element, without its prefix and attributes.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string_view element_name(std::string_view tag) noexcept {
  tag = tag.substr(0, tag.find_first_of(" \t\r\n/"));
  auto const colon = tag.find(':');
  return colon == std::string_view::npos ? tag : tag.substr(colon + 1);
}

FANLIGHT_COLD FANLIGHT_INLINE std::string xml_text(std::string_view document, std::string_view parent, std::string_view name) {
  std::vector<std::string_view> open;
  constexpr std::size_t deepest = 32;
  for (std::size_t at = document.find('<'); at != std::string_view::npos; at = document.find('<', at)) {
    auto const rest = document.substr(at);
    std::string_view const end = rest.substr(0, 4) == "<!--"        ? "-->"
                                 : rest.substr(0, 9) == "<![CDATA[" ? "]]>"
                                 : rest.substr(0, 2) == "<?"        ? "?>"
                                                                    : ">";
    auto const close = rest.find(end);
    if (close == std::string_view::npos) return {};
    at += close + end.size();
    if (end.size() != 1 || rest.substr(0, 2) == "<!") continue;
    auto const tag = rest.substr(1, close - 1);
    if (tag.substr(0, 1) == "/") {
      if (open.empty() || open.back() != element_name(tag.substr(1))) return {};
      open.pop_back();
      continue;
    }
    auto const element = element_name(tag);
    if (!tag.empty() && tag.back() == '/') continue;
    if (element == name && !open.empty() && open.back() == parent) {
      auto const text = document.substr(at, document.find('<', at) == std::string_view::npos ? 0 : document.find('<', at) - at);
      return without_entities(trimmed(text));
    }
    if (open.size() == deepest) return {};
    open.push_back(element);
  }
  return {};
}

}  // namespace detail
FANLIGHT_END
