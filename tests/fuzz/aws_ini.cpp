// Any bytes as a file of profiles: sections are there once, keys are in lower case and not empty, and what was read, written out and read
// again, is the same.
#include <fanlight/impl/aws/ini.hpp>

#include "check.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace {

using namespace fanlight::detail;

std::string written(ini_file const& in) {
  std::string out;
  for (auto const& section : in.sections) {
    out += "[" + (section.kind.empty() ? "" : section.kind + " ") + section.name + "]\n";
    for (auto const& entry : section.entries) {
      out += entry.key + "=";
      for (char const letter : entry.value) out += letter == '\n' ? std::string{"\n "} : std::string{letter};
      out += '\n';
      for (auto const& [key, value] : entry.nested) out += " " + key + "=" + value + "\n";
    }
  }
  return out;
}

bool same(ini_file const& one, ini_file const& other) {
  if (one.sections.size() != other.sections.size()) return false;
  for (std::size_t i = 0; i < one.sections.size(); ++i) {
    auto const &a = one.sections[i], &b = other.sections[i];
    if (a.kind != b.kind || a.name != b.name || a.entries.size() != b.entries.size()) return false;
    for (std::size_t j = 0; j < a.entries.size(); ++j)
      if (a.entries[j].key != b.entries[j].key || a.entries[j].value != b.entries[j].value || a.entries[j].nested != b.entries[j].nested)
        return false;
  }
  return true;
}

/// Names that would not come back: quotes are taken off, and blanks around them.
bool comes_back(ini_file const& in) {
  for (auto const& section : in.sections) {
    auto const& name = section.name;
    if (name.empty() || name.find_first_of("\"' \t\r\n") != std::string::npos) return false;
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const text{reinterpret_cast<char const*>(data), size};
  auto const first = read_ini(text);
  for (auto const& section : first.sections) {
    MUST(first.find(section.kind, section.name) == &section);
    for (auto const& entry : section.entries) {
      MUST(!entry.key.empty());
      for (char const letter : entry.key) MUST(letter < 'A' || letter > 'Z');
      MUST(section.find(entry.key) != nullptr);
      MUST(entry.nested.empty() || entry.value.empty());
    }
  }
  if (!comes_back(first)) return 0;
  auto const second = read_ini(written(first));
  MUST(second.bad_line == 0);
  MUST(same(first, second));
  return 0;
}
