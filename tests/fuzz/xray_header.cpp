// Any text as X-Amzn-Trace-Id (a line each, for several headers): what is passed on is short and printable, says the same, and is read
// again as it stands.
#include <fanlight/propagation.hpp>

#include "check.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace fl = fanlight;

namespace {

fl::context received(std::vector<std::string> const& values) {
  return fl::extract([&](std::string_view name) { return name == "X-Amzn-Trace-Id" ? values : std::vector<std::string>{}; },
                     {fl::propagator::xray});
}

std::vector<std::string> lines_of(std::string text) {
  std::vector<std::string> out;
  for (std::size_t end = 0; (end = text.find('\n')) != std::string::npos; text.erase(0, end + 1)) out.push_back(text.substr(0, end));
  out.push_back(text);
  return out;
}

std::string_view pairs_of(fl::context const& what) { return what.node() != nullptr ? what.node()->pairs() : std::string_view{}; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const got = received(lines_of({reinterpret_cast<char const*>(data), size}));
  MUST(got.trace_id().is_valid() || !got.span_id().is_valid());
  MUST(pairs_of(got).size() <= 256);
  MUST(!got.is_deferred() || !got.is_sampled());
  std::string sent;
  fl::inject(got, [&](std::string_view, std::string_view out) { sent = std::string{out}; }, {fl::propagator::xray});
  MUST(sent.empty() != got.is_valid());
  if (sent.empty()) return 0;
  for (char const letter : sent) MUST(letter >= 0x20 && letter < 0x7F);
  auto const again = received({sent});
  MUST(again.trace_id() == got.trace_id() && again.span_id() == got.span_id());
  MUST(again.flags() == got.flags() && again.sampling() == got.sampling());
  MUST(pairs_of(again) == pairs_of(got));
  return 0;
}
