// The files in which AWS's tools keep profiles, read as those read them: sections, keys in any case, comments on lines of their own, and
// indented lines that continue a value or nest below a key without one. Pure; what cannot be read is left out, and its line counted.
#pragma once

#include <fanlight/detail/config.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

FANLIGHT_BEGIN
namespace detail {

struct ini_entry {
  std::string key, value;                                     // the key in lower case
  std::vector<std::pair<std::string, std::string>> nested = {};  // below a key without a value

  /// Empty: there is none.
  [[nodiscard]] std::string_view below(std::string_view name) const noexcept;
};

struct ini_section {
  std::string kind, name;  // `[profile x]` is profile and x; `[x]` has no kind
  std::vector<ini_entry> entries = {};

  /// The last of that key; null: there is none.
  [[nodiscard]] ini_entry const* find(std::string_view key) const noexcept;
};

struct ini_file {
  std::vector<ini_section> sections = {};  // each once
  unsigned bad_line = 0;                   // the first that could not be read, from 1; 0: all could

  [[nodiscard]] ini_section const* find(std::string_view kind, std::string_view name) const noexcept;
};

[[nodiscard]] ini_file read_ini(std::string_view text);

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/aws/ini.ipp>
#endif
