// Any text as one or more tracestate headers (a line each): what is passed on is a legal list made of members that were there, within
// the limits, and is read again as it stands; a threshold can be put into it.
#include <fanlight/detail/tracestate.hpp>

#include "check.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

using namespace fanlight::detail;

namespace {

unsigned count_members(std::string_view list) {
  unsigned out = list.empty() ? 0 : 1;
  for (char const letter : list) out += letter == ',' ? 1 : 0;
  return out;
}

void check_list(std::string const& list) {
  MUST(list.size() <= tracestate_kept);
  MUST(count_members(list) <= tracestate_members);
  tracestate_list again;
  again.join(list);
  MUST(!again.is_bad());
  MUST(again.text() == list);
}

/// An empty member before each line changes nothing but the way it goes: the long one.
std::string joined(std::string_view lines, std::string const& before = {}) {
  tracestate_list list;
  while (!lines.empty()) {
    auto const end = lines.find('\n');
    list.join(before + std::string{lines.substr(0, end)});
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
  }
  std::string out{list.text()};
  MUST(!list.is_bad() || out.empty());
  return out;
}

void check_origin(std::string_view list, std::string_view from) {
  while (!list.empty()) {
    auto const end = list.find(',');
    MUST(from.find(list.substr(0, end)) != std::string_view::npos);
    list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string const text{reinterpret_cast<char const*>(data), size};
  auto const list = joined(text);
  check_list(list);
  check_origin(list, text);
  MUST(joined(text, ",") == list);
  std::uint64_t const threshold = 0xe6660000000000;
  tracestate_list changed;
  tracestate_put_threshold(changed, list, &threshold);
  std::string const with{changed.text()};
  MUST(!changed.is_bad());
  check_list(with);
  std::uint64_t read = 0;
  MUST(with.substr(0, 10) == "ot=th:e666" || with.substr(0, 3) != "ot=");  // a large `ot` may have had to go
  MUST(tracestate_find(with, "ot").empty() || (tracestate_threshold(with, read) && read == threshold));
  return 0;
}
