// The pieces that presets leave open: read from their variables, and put where `{name}` stands for them. Some have a form of their own:
// `{base64:a:b}` is the texts of a and b with a colon between, in base64; `{+a}` is nothing, but must be there; a part named `dsn` also
// gives `dsn.key`, `dsn.host` and `dsn.project`. Runs while an exporter is set up.
#pragma once

#include <fanlight/detail/environment.hpp>
#include <fanlight/exporters/otlp_config.hpp>
#include <fanlight/impl/joined.hpp>

#include <algorithm>

FANLIGHT_BEGIN
namespace detail {

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string base64_text(std::string_view from) {
  constexpr char const* letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < from.size(); i += 3) {
    auto const byte = [&](std::size_t at) { return at < from.size() ? unsigned{static_cast<unsigned char>(from[at])} : 0u; };
    unsigned const three = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    out += letters[three >> 18];
    out += letters[three >> 12 & 63];
    out += i + 1 < from.size() ? letters[three >> 6 & 63] : '=';
    out += i + 2 < from.size() ? letters[three & 63] : '=';
  }
  return out;
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string const* part_text(otlp_config const& of, std::string_view name) noexcept {
  for (auto const& one : of.parts)
    if (one.name == name) return &one.value;
  return nullptr;
}

/// What stands for the words between braces. An empty text: a piece is missing. Nothing: they name no part.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::optional<std::string> part_expanded(otlp_config const& of, std::string_view words) {
  constexpr std::string_view encode = "base64:";
  if (words.substr(0, encode.size()) != encode) {
    if (auto const* const text = part_text(of, words)) return *text;
    return words.substr(0, 4) == "dsn." ? std::optional<std::string>{std::string{}} : std::nullopt;
  }
  words.remove_prefix(encode.size());
  auto const colon = std::min(words.find(':'), words.size());
  auto const* const first = part_text(of, words.substr(0, colon));
  auto const* const second = part_text(of, words.substr(std::min(colon + 1, words.size())));
  if (first == nullptr || second == nullptr) return std::nullopt;
  return first->empty() || second->empty() ? std::string{} : base64_text(joined({*first, ":", *second}));
}

/// The text with its pieces in place. Nothing: one of them is empty.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::optional<std::string> expanded(otlp_config const& of, std::string_view text) {
  if (of.parts.empty()) return std::string{text};
  std::string out;
  for (;;) {
    auto const open = text.find('{');
    auto const close = open == std::string_view::npos ? open : text.find('}', open);
    if (close == std::string_view::npos) return out += text, out;
    out += text.substr(0, open);
    auto words = text.substr(open + 1, close - open - 1);
    bool const must_be = words.substr(0, 1) == "+";
    if (must_be) words.remove_prefix(1);
    auto const piece = part_expanded(of, words);
    if (piece && piece->empty()) return std::nullopt;
    if (!piece) out += text.substr(open, close - open + 1);
    else if (!must_be) out += *piece;
    text.remove_prefix(close + 1);
  }
}

/// The first of the alternatives, with `|` between them, that has all its pieces.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string first_expanded(otlp_config const& of, std::string_view text) {
  for (;;) {
    auto const end = std::min(text.find('|'), text.size());
    if (auto out = expanded(of, text.substr(0, end))) return *out;
    if (end == text.size()) return {};
    text.remove_prefix(end + 1);
  }
}

/// `https://key@host/project`, as Sentry gives it.
FANLIGHT_COLD FANLIGHT_INLINE void split_dsn(std::string const& dsn, otlp_config& to, std::vector<problem>& wrong) {
  auto const scheme = dsn.find("://"), at = dsn.find('@'), slash = dsn.rfind('/');
  if (scheme == std::string::npos || at == std::string::npos || slash == std::string::npos || slash < at || slash + 1 == dsn.size() ||
      at < scheme + 4) {
    wrong.push_back({problem_code::config_bad, to.name + ": the DSN is not like https://KEY@HOST/PROJECT", to.name});
    return;
  }
  auto const add = [&](char const* name, std::string_view text) {
    otlp_part part;
    part.name = name, part.value = text;
    to.parts.push_back(std::move(part));
  };
  auto const key = dsn.substr(scheme + 3, at - scheme - 3);
  add("dsn.key", std::string_view{key}.substr(0, key.find(':')));
  add("dsn.host", std::string_view{dsn}.substr(at + 1, slash - at - 1));
  add("dsn.project", std::string_view{dsn}.substr(slash + 1));
}

FANLIGHT_COLD FANLIGHT_INLINE void choose_part(otlp_part& part, std::string const& exporter, std::vector<problem>& wrong) {
  if (part.choices.empty() || part.value.empty()) return;
  std::string names;
  for (auto const& [name, text] : part.choices) {
    if (name == part.value || text == part.value) return static_cast<void>(part.value = text);
    names += (names.empty() ? "" : ", ") + name;
  }
  wrong.push_back({problem_code::config_bad,
                   joined({exporter, ": ", part.name, " is ", shown({}, part.value), "; it must be one of ", names}), exporter});
  part.value.clear(), part.otherwise.clear(), part.required = false;  // it has been told
}

FANLIGHT_COLD FANLIGHT_INLINE void fill_part(otlp_part& part, environment const& from) {
  if (!part.value.empty()) part.variable.clear();
  else if (!part.variable.empty())
    if (auto const text = from.text(part.variable.c_str())) part.value = trimmed(*text);
}

FANLIGHT_COLD FANLIGHT_INLINE void tell_missing_part(otlp_config const& of, otlp_part const& part, std::vector<problem>& wrong) {
  auto const member = joined({of.name, "_config::", part.name});
  wrong.push_back(
      {problem_code::config_bad,
       joined({of.name, " has no ", part.name, ": ", (part.variable.empty() ? "give " : joined({"set ", part.variable, ", or give "})),
               member, (part.otherwise.empty() ? "" : joined({" (or what it is made of: ", part.otherwise, ")"}))}),
       of.name});
}

/// Fills what the code left open; afterwards `variable` is empty where the code had given it. Unless it is final, a missing piece is no
/// fault yet.
FANLIGHT_COLD FANLIGHT_INLINE void fill_parts(otlp_config& of, environment const& from, bool final, std::vector<problem>& wrong) {
  for (auto& part : of.parts) {
    fill_part(part, from);
    if (part.value.empty() && part.otherwise.find('{') == std::string::npos) part.value = part.otherwise;
    choose_part(part, of.name, wrong);
  }
  for (auto& part : of.parts) {
    if (part.value.empty() && !part.otherwise.empty()) part.value = first_expanded(of, part.otherwise);
    if (part.value.empty() && part.required && final) tell_missing_part(of, part, wrong);
  }
  bool wanted = of.endpoint.find("{dsn.") != std::string::npos;
  for (auto const& header : of.headers) wanted = wanted || header.second.find("{dsn.") != std::string::npos;
  auto const* const dsn = part_text(of, "dsn");
  if (wanted && dsn != nullptr && !dsn->empty()) split_dsn(std::string{*dsn}, of, wrong);
}

}  // namespace detail
FANLIGHT_END
