// A call in and a call out, as the programs here measure them: W3C trace context and X-Ray's header, read from what a request came with and
// written to what the next one leaves with. Plain functions; the headers lie in static memory.
#pragma once

#include <fanlight/fanlight.hpp>

#include <cstddef>
#include <cstring>
#include <string_view>

namespace bench {
namespace fl = fanlight;

inline constexpr std::initializer_list<fl::propagator> w3c_and_xray{fl::propagator::tracecontext, fl::propagator::xray};

/// What a request comes with. A carrier's own search is no part of what is measured, so there is nothing else.
struct header {
  std::string_view name, text;
};
inline constexpr header request[]{
    {"X-Amzn-Trace-Id", "Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=53995c3f42cd8ad8;Sampled=1"},
    {"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
    {"tracestate", "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7"},
};

[[nodiscard]] inline std::string_view find_header(std::string_view name) noexcept {
  for (auto const& each : request)
    if (each.name == name) return each.text;
  return {};
}
[[nodiscard]] inline std::string_view find_plain_header(std::string_view name) noexcept { return name == "tracestate" ? std::string_view{} : find_header(name); }

/// The buffer of a request that is about to leave.
inline char outgoing[1024];

/// Gives how many bytes were written.
[[gnu::always_inline]] inline std::size_t one_inject() noexcept {
  std::size_t size = 0;
  fl::inject(
      [&size](std::string_view name, std::string_view text) {
        std::memcpy(outgoing + size, name.data(), name.size());
        std::memcpy(outgoing + size + name.size(), text.data(), text.size());
        size += name.size() + text.size();
      },
      w3c_and_xray);
  return size;
}

}  // namespace bench
