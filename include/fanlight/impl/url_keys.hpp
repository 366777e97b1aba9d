// Which values of a query open doors: keys and signatures that cloud providers put there. Plain functions of texts.
#pragma once

#include <fanlight/detail/config.hpp>

#include <cstddef>
#include <string_view>

FANLIGHT_BEGIN
namespace detail {

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
