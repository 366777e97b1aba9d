// Bodies of environment_carrier.hpp. [OpenTelemetry, environment variable carriers]
#pragma once

#include <fanlight/environment_carrier.hpp>
#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/propagation.ipp>

#include <cstdlib>

#include <unistd.h>

FANLIGHT_BEGIN
namespace detail {

/// The variable of a header: capitals, digits and underscores. `to` has room for what headers are called.
inline void write_variable(char (&to)[64], std::string_view header) noexcept {
  std::size_t size = 0;
  for (char const letter : header) {
    bool const is_lower = letter >= 'a' && letter <= 'z', is_other = (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9');
    if (size + 1 < sizeof to) to[size++] = is_lower ? static_cast<char>(letter - 'a' + 'A') : is_other ? letter : '_';
  }
  to[size] = 0;
}

/// Of the parent, and not of the child: what may stand there already.
[[nodiscard]] inline bool is_carrier(std::string_view text) noexcept {
  for (std::string_view const name : {"TRACEPARENT=", "TRACESTATE=", "BAGGAGE=", "X_AMZN_TRACE_ID=", "B3=", "X_B3_TRACEID=", "X_B3_SPANID=",
                                      "X_B3_PARENTSPANID=", "X_B3_SAMPLED=", "X_B3_FLAGS="})
    if (text.substr(0, name.size()) == name) return true;
  return false;
}

}  // namespace detail

FANLIGHT_COLD FANLIGHT_INLINE context environment_context() noexcept {
  return extract([](std::string_view header) -> char const* {
    char name[64];
    detail::write_variable(name, header);
    return std::getenv(name);
  });
}

FANLIGHT_COLD FANLIGHT_INLINE child_environment::child_environment(context const& of) {
  for (char** each = ::environ; each != nullptr && *each != nullptr; ++each)
    if (!detail::is_carrier(*each)) texts_.emplace_back(*each);
  inject(of, [this](std::string_view header, std::string_view text) {
    char name[64];
    detail::write_variable(name, header);
    texts_.push_back(detail::joined({name, "=", text}));
  });
  for (auto& each : texts_) pointers_.push_back(each.data());
  pointers_.push_back(nullptr);
}

FANLIGHT_END
