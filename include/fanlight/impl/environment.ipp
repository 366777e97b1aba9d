// Bodies of detail/environment.hpp.
#pragma once

#include <fanlight/detail/environment.hpp>
#include <fanlight/impl/joined.hpp>

#include <charconv>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_COLD FANLIGHT_INLINE std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view blanks = " \t\r\n";
  auto const first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

FANLIGHT_COLD FANLIGHT_INLINE std::vector<std::string_view> split_list(std::string_view text) {
  std::vector<std::string_view> out;
  for (;;) {
    auto const comma = text.find(',');
    if (auto const part = trimmed(text.substr(0, comma)); !part.empty()) out.push_back(part);
    if (comma == std::string_view::npos) return out;
    text.remove_prefix(comma + 1);
  }
}

FANLIGHT_COLD FANLIGHT_INLINE std::string lower_case(std::string_view text) {
  std::string out{text};
  for (char& letter : out)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  return out;
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE int hex_digit(char letter) noexcept {
  if (letter >= '0' && letter <= '9') return letter - '0';
  if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
  if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
  return -1;
}

FANLIGHT_COLD FANLIGHT_INLINE std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    int const high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    int const low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE std::optional<std::uint32_t> read_integer(std::string_view text) noexcept {
  std::uint64_t number = 0;
  for (char const letter : text) {
    if (letter < '0' || letter > '9') return std::nullopt;
    number = number * 10 + static_cast<std::uint64_t>(letter - '0');
    if (number > 0x7FFFFFFF) return std::nullopt;
  }
  if (text.empty()) return std::nullopt;
  return static_cast<std::uint32_t>(number);
}

/// One `k=v`; an empty text, or what is wrong with it.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string read_pair(std::string_view part, equals_sign rule, text_pairs& to) {
  auto const equals = part.find('=');
  if (equals == std::string_view::npos) return "has no '='";
  auto const value = trimmed(part.substr(equals + 1));
  if (rule == equals_sign::encoded && value.find('=') != std::string_view::npos) return "has a second '=', which must be written %3D";
  auto key = percent_decoded(trimmed(part.substr(0, equals)));
  auto decoded = percent_decoded(value);
  if (!key || !decoded) return "has a % without two hexadecimal digits behind it";
  if (key->empty()) return "has no key";
  to.emplace_back(std::move(*key), std::move(*decoded));
  return {};
}

FANLIGHT_COLD FANLIGHT_INLINE std::optional<text_pairs> read_pairs(std::string_view text, equals_sign rule, std::string& wrong) {
  text_pairs out;
  int number = 0;
  for (auto const part : split_list(text)) {
    ++number;
    wrong = read_pair(part, rule, out);
    if (wrong.empty()) continue;
    wrong.insert(0, joined({"its pair number ", std::to_string(number), " "}));
    return std::nullopt;
  }
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE bool holds_secret(std::string_view variable) noexcept {
  for (std::string_view const part : {"HEADERS", "API_KEY", "LICENSE_KEY", "INGESTION_KEY", "ACCESS_KEY", "DSN", "TOKEN", "SECRET", "PASSWORD"})
    if (variable.find(part) != std::string_view::npos) return true;
  return false;
}

FANLIGHT_COLD FANLIGHT_INLINE std::string shown(std::string_view variable, std::string_view value) {
  if (holds_secret(variable)) return "set to something that is not shown here";
  constexpr std::size_t most = 60;
  bool const cut = value.size() > most;
  std::string out = "\"";
  for (char const letter : value.substr(0, most)) out += static_cast<unsigned char>(letter) < 0x20 || letter == 0x7F ? '?' : letter;
  return out + (cut ? "...\"" : "\"");
}

FANLIGHT_COLD FANLIGHT_INLINE std::optional<std::string> environment::text(char const* name) const {
  if (!read_) return std::nullopt;
  auto out = read_(name);
  if (out && out->empty()) out.reset();
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE std::optional<std::string> environment::word(char const* name) const {
  auto const given = text(name);
  if (!given || trimmed(*given).empty()) return std::nullopt;
  return lower_case(trimmed(*given));
}

FANLIGHT_COLD FANLIGHT_INLINE std::optional<std::vector<std::string>> environment::words(char const* name) const {
  auto const given = text(name);
  if (!given) return std::nullopt;
  std::vector<std::string> out;
  for (auto const part : split_list(*given)) out.push_back(lower_case(part));
  if (out.empty()) return std::nullopt;
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE std::optional<bool> environment::boolean(char const* name) const {
  auto const given = word(name);
  if (!given) return std::nullopt;
  if (*given != "true" && *given != "false") tell_bad(name, *given, "true or false", "false is used instead");
  return *given == "true";
}

FANLIGHT_COLD FANLIGHT_INLINE std::optional<std::uint32_t> environment::integer(char const* name, std::string_view otherwise,
                                                                                std::uint32_t least) const {
  auto const given = text(name);
  if (!given) return std::nullopt;
  auto const out = read_integer(trimmed(*given));
  if (out && *out >= least) return out;
  tell_bad(name, *given, joined({"a whole number from ", std::to_string(least), " to 2147483647"}),
           joined({otherwise, " is used instead"}));
  return std::nullopt;
}

FANLIGHT_COLD FANLIGHT_INLINE std::optional<std::chrono::milliseconds> environment::milliseconds(char const* name,
                                                                                                 std::string_view otherwise) const {
  auto const given = text(name);
  if (!given) return std::nullopt;
  if (auto const out = read_integer(trimmed(*given))) return std::chrono::milliseconds{*out};
  tell_bad(name, *given, "a whole number of milliseconds from 0 to 2147483647, without a unit", joined({otherwise, " is used instead"}));
  return std::nullopt;
}

FANLIGHT_COLD FANLIGHT_INLINE std::optional<double> environment::share(char const* name, std::string_view otherwise) const {
  auto const given = text(name);
  if (!given) return std::nullopt;
  auto const digits = trimmed(*given);
  double out = -1;
  auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);  // whatever the locale
  if (error == std::errc{} && end == digits.data() + digits.size() && out >= 0 && out <= 1) return out;
  tell_bad(name, *given, "a number from 0 to 1", joined({otherwise, " is used instead"}));
  return std::nullopt;
}

FANLIGHT_COLD FANLIGHT_INLINE std::optional<text_pairs> environment::pairs(char const* name, equals_sign rule,
                                                                           std::string_view otherwise) const {
  auto const given = text(name);
  if (!given) return std::nullopt;
  std::string wrong;
  auto out = read_pairs(*given, rule, wrong);
  if (!out) tell_bad(name, *given, "key=value pairs separated by commas, but " + wrong, otherwise);
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE void environment::tell_bad(std::string_view name, std::string_view value, std::string_view expected,
                                                         std::string_view otherwise) const {
  tell(problem_code::environment_bad, joined({name, " is ", shown(name, value), "; it must be ", expected, "; ", otherwise}));
}

FANLIGHT_COLD FANLIGHT_INLINE void environment::tell(problem_code code, std::string what) const {
  problem said;
  said.code = code;
  said.what = std::move(what);
  said_->push_back(std::move(said));
}

}  // namespace detail
FANLIGHT_END
