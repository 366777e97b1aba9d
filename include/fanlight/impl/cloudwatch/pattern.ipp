// Bodies of pattern.hpp.
#pragma once

#include <fanlight/detail/utf8.hpp>
#include <fanlight/impl/cloudwatch/pattern.hpp>
#include <fanlight/impl/joined.hpp>

#include <ctime>

FANLIGHT_BEGIN
namespace detail {

/// One piece between braces. Gives what is wrong with it.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string read_piece(std::string_view inside, std::string_view known, cloudwatch_pattern& to) {
  auto const colon = inside.find(':');
  auto const name = inside.substr(0, colon);
  bool const is_known = !name.empty() && name.find(' ') == std::string_view::npos &&
                        known.find(std::string{" "}.append(name).append(" ")) != std::string_view::npos;
  if (!is_known) return joined({"there is no {", name, "}; write one of", known, "in braces, and {{ for a brace"});
  bool const is_time = name == "strftime";
  if (is_time && (colon == std::string_view::npos || colon + 1 == inside.size()))
    return "{strftime} needs a format, such as {strftime:%Y-%m-%d}";
  if (!is_time && colon != std::string_view::npos) return joined({"{", name, "} takes nothing behind its name"});
  to.push_back({std::string{name}, is_time ? std::string{inside.substr(colon + 1)} : std::string{}});
  return {};
}

FANLIGHT_COLD FANLIGHT_INLINE std::string read_pattern(std::string_view text, std::string_view known, cloudwatch_pattern& to) {
  to.clear();
  std::string plain;
  while (!text.empty()) {
    char const letter = text.front();
    bool const doubled = text.size() > 1 && text[1] == letter;
    if ((letter != '{' && letter != '}') || doubled) {
      plain += letter;
      text.remove_prefix(letter == '{' || letter == '}' ? 2 : 1);
      continue;
    }
    if (letter == '}') return "a } stands alone; write }} for a brace";
    auto const end = text.find('}');
    if (end == std::string_view::npos) return "a { is not closed; write {{ for a brace";
    if (!plain.empty()) to.push_back({{}, std::move(plain)}), plain.clear();
    if (auto wrong = read_piece(text.substr(1, end - 1), known, to); !wrong.empty()) return wrong;
    text.remove_prefix(end + 1);
  }
  if (!plain.empty()) to.push_back({{}, std::move(plain)});
  return {};
}

FANLIGHT_COLD FANLIGHT_INLINE bool pattern_has(cloudwatch_pattern const& which, std::string_view name) noexcept {
  for (auto const& each : which)
    if (each.name == name) return true;
  return false;
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string utc_text(std::string const& format, std::int64_t seconds) {
  auto const at = static_cast<std::time_t>(seconds);
  std::tm parts{};
  if (::gmtime_r(&at, &parts) == nullptr) return {};
  char out[1024];
  return {out, std::strftime(out, sizeof out, format.c_str(), &parts)};
}

/// What may stand in the name of a stream.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string clean_stream_name(std::string_view text) {
  std::string out;
  utf8_repair(text, [&out](std::string_view piece) {
    for (char const letter : piece) {
      auto const code = static_cast<unsigned char>(letter);
      out += letter == ':' || letter == '*' ? '-' : code < 0x20 || code == 0x7F ? '_' : letter;
    }
  });
  out.resize(utf8_cut(out, 512));
  if (out.empty()) out = "_";
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE std::string stream_name(cloudwatch_pattern const& by, cloudwatch_origin const& from) {
  std::string out;
  for (auto const& piece : by) {
    if (piece.name.empty()) out += piece.text;
    else if (piece.name == "machine_name") out += from.machine;
    else if (piece.name == "program_name") out += from.program;
    else if (piece.name == "logger_name") out += from.logger;
    else if (piece.name == "process_id") out += std::to_string(from.process);
    else if (piece.name == "thread_name") out += from.thread;
    else out += utc_text(piece.text, from.seconds);
  }
  return clean_stream_name(out);
}

FANLIGHT_COLD FANLIGHT_INLINE std::string wrong_with_group(std::string_view name) {
  std::string const cure = "; a name has 1 to 512 letters, digits and . - _ / #, and does not begin with aws/";
  if (name.empty()) return "it is empty" + cure;
  if (name.size() > 512) return joined({"it has ", std::to_string(name.size()), " letters", cure});
  if (name.substr(0, 4) == "aws/") return "it begins with aws/" + cure;
  for (char const letter : name) {
    bool const plain = (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z');
    if (!plain && std::string_view{".-_/#"}.find(letter) == std::string_view::npos) return "it has a letter that may not stand there" + cure;
  }
  return {};
}

}  // namespace detail
FANLIGHT_END
