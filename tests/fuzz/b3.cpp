// Any texts as B3's headers: a first line for the one header, then the four of the other form. What is passed on says the same, and is read
// again as it stands, in either form.
#include <fanlight/propagation.hpp>

#include "check.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace fl = fanlight;

namespace {

using headers = std::map<std::string, std::string>;

fl::context received(headers const& all) {
  return fl::extract(
      [&](std::string_view name) {
        auto const at = all.find(std::string{name});
        return at == all.end() ? std::string_view{} : std::string_view{at->second};
      },
      {fl::propagator::b3});
}

headers passed_on(fl::context const& what, fl::propagator format) {
  headers out;
  fl::inject(what, [&](std::string_view name, std::string_view text) { out[std::string{name}] = std::string{text}; }, {format});
  return out;
}

bool is_debug(fl::context const& what) { return what.node() != nullptr && what.node()->debug != 0; }

void must_say_the_same(fl::context const& got, fl::context const& again) {
  MUST(again.trace_id() == got.trace_id() && again.span_id() == got.span_id());
  MUST(again.flags() == got.flags() && again.sampling() == got.sampling());
  MUST(is_debug(again) == is_debug(got));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string text{reinterpret_cast<char const*>(data), size};
  headers all;
  for (auto const* const name : {"b3", "X-B3-TraceId", "X-B3-SpanId", "X-B3-Sampled", "X-B3-Flags"}) {
    auto const end = text.find('\n');
    if (auto const line = text.substr(0, end); !line.empty()) all[name] = line;
    text = end == std::string::npos ? "" : text.substr(end + 1);
  }
  auto const got = received(all);
  MUST(got.trace_id().is_valid() == got.span_id().is_valid());
  MUST(!got.is_deferred() || !got.is_sampled());
  MUST(!is_debug(got) || got.is_sampled());
  auto const one = passed_on(got, fl::propagator::b3), several = passed_on(got, fl::propagator::b3multi);
  MUST(one.empty() != got.is_valid() && several.empty() != got.is_valid());
  if (one.empty()) return 0;
  must_say_the_same(got, received(one));
  must_say_the_same(got, received(several));
  return 0;
}
