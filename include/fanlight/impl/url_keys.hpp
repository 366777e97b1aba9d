// What in a URL opens doors: a password in front of its host, keys and signatures that cloud providers put into its query. Plain functions of
// texts.
#pragma once

#include <fanlight/detail/config.hpp>

#include <cstddef>
#include <string_view>

FANLIGHT_BEGIN
namespace detail {

/// -1: it is none.
[[nodiscard]] FANLIGHT_INLINE int read_port(std::string_view digits) noexcept {
  int out = 0;
  for (char const digit : digits) {
    if (digit < '0' || digit > '9' || out > 65'535) return -1;
    out = out * 10 + (digit - '0');
  }
  return digits.empty() || out > 65'535 ? -1 : out;
}

[[nodiscard]] FANLIGHT_INLINE std::size_t end_of_scheme(std::string_view url) noexcept {
  auto const mark = url.find("://");
  return mark < url.find_first_of("/?#") ? mark : std::string_view::npos;
}

/// Behind the host stands no port: a password, perhaps, with a `/`, `?` or `#` in it that cut it off from its `@`.
[[nodiscard]] FANLIGHT_INLINE bool hides_password(std::string_view authority) noexcept {
  auto const bracket = authority.rfind(']'), colon = authority.rfind(':');
  if (authority.find('@') != std::string_view::npos || colon == std::string_view::npos) return false;
  if (bracket != std::string_view::npos && bracket > colon) return false;
  return colon + 1 < authority.size() && read_port(authority.substr(colon + 1)) < 0;
}

/// [semantic conventions: url.query]
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE bool opens_doors(std::string_view name) noexcept {
  constexpr std::string_view names[]{"AWSAccessKeyId",   "Signature",           "sig", "X-Goog-Signature", "X-Amz-Signature",
                                     "X-Amz-Credential", "X-Amz-Security-Token"};
  for (auto const one : names)
    if (name == one) return true;
  return false;
}

/// Gives `put` the pieces of a query in order, without the values that open doors, and between two of them `&`. False: there were none such.
template <class Put>
bool redact_query(std::string_view query, Put put) noexcept {
  for (bool out = false;;) {
    auto const part = query.substr(0, query.find('&'));
    auto const equals = part.find('=');
    bool const opens = equals != std::string_view::npos && opens_doors(part.substr(0, equals));
    put(opens ? part.substr(0, equals) : part);
    if (opens) put("=REDACTED"), out = true;
    if (part.size() == query.size()) return out;
    put("&");
    query.remove_prefix(part.size() + 1);
  }
}

}  // namespace detail
FANLIGHT_END
