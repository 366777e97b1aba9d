// Bodies of daemon_address.hpp.
#pragma once

#include <fanlight/detail/environment.hpp>
#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/xray/daemon_address.hpp>

#include <algorithm>
#include <vector>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_COLD FANLIGHT_INLINE std::string host_port::text() const {
  bool const bare = host.find(':') == std::string::npos;
  return joined({(bare ? host : joined({"[", host, "]"})), ":", std::to_string(port)});
}

/// The same without a scheme, a user, a path: what was probably meant. Its port is 2000 where none stands.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string likely_address(std::string_view text) {
  if (auto const scheme = text.find("://"); scheme != std::string_view::npos) text.remove_prefix(scheme + 3);
  text = text.substr(0, text.find_first_of("/?# \t"));
  if (auto const user = text.rfind('@'); user != std::string_view::npos) text.remove_prefix(user + 1);
  for (std::string_view const prefix : {"udp:", "tcp:"})
    if (text.substr(0, 4) == prefix && text.find(':', 4) != std::string_view::npos) text.remove_prefix(4);
  auto const bracket = text.rfind(']');
  bool const has_port = text.find(':', bracket == std::string_view::npos ? 0 : bracket) != std::string_view::npos;
  return (text.empty() ? "127.0.0.1" : std::string{text}) + (has_port ? "" : ":2000");
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE bool is_host(std::string_view text, bool in_brackets) noexcept {
  if (text.empty() || text.size() > 253) return false;
  for (char const letter : text) {
    bool const plain = (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                       letter == '.' || letter == '-' || letter == '_';
    if (!plain && !(in_brackets && (letter == ':' || letter == '%'))) return false;
  }
  return !in_brackets || text.find(':') != std::string_view::npos;
}

/// `host:port` or `[IPv6]:port`.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::optional<host_port> read_host_port(std::string_view text, std::string& wrong) {
  bool const brackets = !text.empty() && text.front() == '[';
  auto const end = brackets ? text.find(']') : text.find(':');
  if (end == std::string_view::npos) return wrong = brackets ? "a bracket is not closed" : "there is no port in it", std::nullopt;
  auto const host = text.substr(brackets ? 1 : 0, brackets ? end - 1 : end);
  auto rest = text.substr(brackets ? end + 1 : end);
  if (rest.empty() || rest.front() != ':') return wrong = "there is no port in it", std::nullopt;
  rest.remove_prefix(1);
  if (rest.find(':') != std::string_view::npos) return wrong = "an IPv6 address stands in brackets: [::1]:2000", std::nullopt;
  if (!is_host(host, brackets)) return wrong = "there is no host name or address in it", std::nullopt;
  auto const port = read_integer(rest);
  if (!port || *port == 0 || *port > 65'535) return wrong = "its port is no number from 1 to 65535", std::nullopt;
  return host_port{std::string{host}, static_cast<std::uint16_t>(*port)};
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::vector<std::string_view> blank_words(std::string_view text) {
  std::vector<std::string_view> out;
  constexpr std::string_view blanks = " \t\r\n";
  for (auto at = text.find_first_not_of(blanks); at != std::string_view::npos; at = text.find_first_not_of(blanks, at)) {
    auto const end = std::min(text.find_first_of(blanks, at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end;
  }
  return out;
}

/// A word's protocol, if it names one: a host may be called `udp` too.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string_view protocol_of(std::string_view word) noexcept {
  auto const first = word.substr(0, 4);
  bool const named = (first == "udp:" || first == "tcp:") && word.find(':', 4) != std::string_view::npos;
  return named ? first.substr(0, 3) : std::string_view{};
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::optional<xray_daemon> read_both(std::vector<std::string_view> const& words, std::string& wrong) {
  xray_daemon out;
  bool has_udp = false, has_tcp = false;
  for (auto const word : words) {
    auto const protocol = protocol_of(word);
    bool& has = protocol == "udp" ? has_udp : has_tcp;
    if (protocol.empty() || has) return wrong = protocol.empty() ? "a part of it names neither udp: nor tcp:" : "a protocol stands there twice", std::nullopt;
    auto const found = read_host_port(word.substr(4), wrong);
    if (!found) return std::nullopt;
    has = true;
    (protocol == "udp" ? out.udp : out.tcp) = *found;
  }
  if (has_udp && has_tcp) return out;
  std::string const only = has_udp ? out.udp.text() : out.tcp.text();
  wrong = std::string{"it names "} + (has_udp ? "udp" : "tcp") + " alone; write tcp:" + only + " udp:" + only;
  return std::nullopt;
}

FANLIGHT_COLD FANLIGHT_INLINE std::optional<xray_daemon> read_daemon_address(std::string_view text, std::string& wrong) {
  auto const words = blank_words(text);
  std::optional<xray_daemon> out;
  if (words.empty()) wrong = "it is empty";
  else if (text.find("://") != std::string_view::npos) wrong = "it is no URL";
  else if (words.size() == 1 && protocol_of(words[0]).empty()) {
    if (auto const both = read_host_port(words[0], wrong)) out = xray_daemon{*both, *both};
  } else {
    return read_both(words, wrong);
  }
  if (!out)
    wrong +=
        joined({"; it must be host:port for both protocols, such as ", likely_address(trimmed(text)), ", or tcp:host:port udp:host:port"});
  return out;
}

}  // namespace detail
FANLIGHT_END
