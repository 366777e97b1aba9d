// Bodies of ini.hpp.
#pragma once

#include <fanlight/detail/environment.hpp>
#include <fanlight/impl/aws/ini.hpp>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_COLD FANLIGHT_INLINE std::string_view ini_entry::below(std::string_view name) const noexcept {
  for (auto const& [key_of, value_of] : nested)
    if (key_of == name) return value_of;
  return {};
}

FANLIGHT_COLD FANLIGHT_INLINE ini_entry const* ini_section::find(std::string_view key) const noexcept {
  for (auto at = entries.size(); at-- != 0;)
    if (entries[at].key == key) return &entries[at];
  return nullptr;
}

FANLIGHT_COLD FANLIGHT_INLINE ini_section const* ini_file::find(std::string_view kind, std::string_view name) const noexcept {
  for (auto const& one : sections)
    if (one.kind == kind && one.name == name) return &one;
  return nullptr;
}

/// Takes a file line by line.
class ini_reader {
 public:
  FANLIGHT_COLD void take(std::string_view line) {
    ++line_;
    auto const text = trimmed(line);
    if (text.empty() || text.front() == '#' || text.front() == ';') return;
    auto const indent = line.find_first_not_of(" \t");
    bool const goes_on = entry_open_ && indent > indent_;
    if (text.front() == '[' && !goes_on) return open(text);
    if (section_ == none) return broken();
    auto& entries = out_.sections[section_].entries;
    if (goes_on) return below(entries.back(), text);
    entry_open_ = false;
    auto pair = split(text);
    if (pair.first.empty()) return broken();
    entries.push_back({std::move(pair.first), std::move(pair.second)});
    entry_open_ = true;
    indent_ = indent;
  }
  [[nodiscard]] ini_file end() { return std::move(out_); }

 private:
  static constexpr std::size_t none = ~std::size_t{0};

  FANLIGHT_COLD void broken() noexcept {
    if (out_.bad_line == 0) out_.bad_line = line_;
  }
  /// An empty key: there is none.
  [[nodiscard]] FANLIGHT_COLD static std::pair<std::string, std::string> split(std::string_view text) {
    auto const equals = text.find('=');
    if (equals == std::string_view::npos) return {};
    return {lower_case(trimmed(text.substr(0, equals))), std::string{trimmed(text.substr(equals + 1))}};
  }
  FANLIGHT_COLD void open(std::string_view text) {
    entry_open_ = false;
    section_ = none;
    auto const close = text.find(']');
    auto const inside = trimmed(text.substr(1, close == std::string_view::npos ? 0 : close - 1));
    if (inside.empty()) return broken();
    auto const blank = inside.find_first_of(" \t");
    auto const kind = blank == std::string_view::npos ? std::string_view{} : inside.substr(0, blank);
    auto name = blank == std::string_view::npos ? inside : trimmed(inside.substr(blank));
    bool const quoted = name.size() >= 2 && (name.front() == '"' || name.front() == '\'') && name.back() == name.front();
    if (quoted) name = name.substr(1, name.size() - 2);
    for (std::size_t i = 0; i < out_.sections.size(); ++i)
      if (out_.sections[i].kind == kind && out_.sections[i].name == name) return static_cast<void>(section_ = i);
    section_ = out_.sections.size();
    out_.sections.push_back({std::string{kind}, std::string{name}});
  }
  FANLIGHT_COLD void below(ini_entry& entry, std::string_view text) {
    if (!entry.value.empty()) return static_cast<void>(entry.value.append("\n").append(text));
    auto pair = split(text);
    if (pair.first.empty()) return broken();
    entry.nested.push_back(std::move(pair));
  }

  ini_file out_;
  std::size_t section_ = none;  // lines before the first section, and after one that could not be read, belong to none
  bool entry_open_ = false;
  std::size_t indent_ = 0;  // of the latest entry: what stands further in belongs to it
  unsigned line_ = 0;
};

FANLIGHT_COLD FANLIGHT_INLINE ini_file read_ini(std::string_view text) {
  constexpr std::size_t largest = std::size_t{1} << 20;
  text = text.substr(0, largest);
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  ini_reader reader;
  while (!text.empty()) {
    auto const end = text.find('\n');
    reader.take(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return reader.end();
}

}  // namespace detail
FANLIGHT_END
