// Any text as a traceparent: what is taken is legal, and is passed on as version 00 with the same ids.
#include <fanlight/propagation.hpp>

#include "check.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace fl = fanlight;

namespace {

fl::context received(std::string_view traceparent) {
  return fl::extract([&](std::string_view name) { return name == "traceparent" ? traceparent : std::string_view{}; });
}

bool is_written_well(std::string const& text) {
  if (text.size() != 55 || text.substr(0, 3) != "00-" || text[35] != '-' || text[52] != '-') return false;
  for (std::size_t i = 3; i < 53; ++i)
    if (i != 35 && i != 52 && std::string_view{"0123456789abcdef"}.find(text[i]) == std::string_view::npos) return false;
  return text[53] == '0' && text[54] >= '0' && text[54] <= '3';
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string const text{reinterpret_cast<char const*>(data), size};
  auto const got = received(text);
  MUST(got.is_valid() == got.trace_id().is_valid());
  MUST(got.is_remote() == got.is_valid());
  std::string sent;
  fl::inject(got, [&](std::string_view, std::string_view out) { sent = std::string{out}; }, {fl::propagator::tracecontext});
  MUST(sent.empty() != got.is_valid());
  if (sent.empty()) return 0;
  MUST(is_written_well(sent));
  MUST(text.find(sent.substr(2, 51)) != std::string::npos);  // the ids stood there, in lower case
  auto const again = received(sent);
  MUST(again.trace_id() == got.trace_id() && again.span_id() == got.span_id() && again.flags() == got.flags());
  return 0;
}
