// Any text as baggage: a first line for a key, a second for a value, a third for properties, the rest as headers, a line each. What is passed
// on is legal, within the limits, was there, and is read again as it stands; what is set is read back, and removed.
#include <fanlight/baggage.hpp>

#include "check.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace fl = fanlight;

namespace {

fl::context received(std::vector<std::string> const& headers) {
  return fl::extract([&](std::string_view name) { return name == "baggage" ? headers : std::vector<std::string>{}; }, {fl::propagator::baggage});
}

std::string cut_line(std::string& rest) {
  auto const end = rest.find('\n');
  auto out = rest.substr(0, end);
  rest = end == std::string::npos ? "" : rest.substr(end + 1);
  return out;
}

void must_be_legal(fl::context const& what) {
  std::string const text{what.baggage()};
  MUST(text.size() <= 8192);
  unsigned members = 0;
  for (auto const& each : fl::baggage_view{what}) {
    MUST(!each.key().empty());
    MUST(fl::detail::is_utf8(each.value()));
    MUST(each.value().size() <= each.encoded_value().size());
    for (auto const& property : each.properties()) MUST(!property.key().empty() && (property.has_value() || property.value().empty()));
    ++members;
  }
  MUST(members <= 64 && (members == 0) == text.empty());
  for (char const letter : text) MUST(letter == '\t' || (letter >= 0x20 && letter < 0x7F));
  MUST(received({text}).baggage() == text);
  std::string sent;
  fl::inject(what, [&](std::string_view, std::string_view out) { sent = std::string{out}; }, {fl::propagator::baggage});
  MUST(sent == text);
}

std::string repaired(std::string_view text) {
  std::string out;
  fl::detail::utf8_repair(text, [&](std::string_view piece) { out += piece; });
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string rest{reinterpret_cast<char const*>(data), size};
  auto const key = cut_line(rest), value = cut_line(rest), properties = cut_line(rest);
  auto const came = rest;
  std::vector<std::string> headers;
  while (!rest.empty() && headers.size() < 20) headers.push_back(cut_line(rest));
  auto const got = received(headers);
  must_be_legal(got);
  for (auto const& each : fl::baggage_view{got}) MUST(came.find(each.key()) != std::string::npos);
  auto const with = fl::set_baggage(got, key, value, properties);
  must_be_legal(with);
  auto const found = fl::baggage_view{with}.find(key);
  bool const was_set = found && found->value() == repaired(value);
  MUST(was_set || with.baggage() == got.baggage());
  auto const without = fl::remove_baggage(with, key);
  must_be_legal(without);
  MUST(!fl::baggage_view{without}.contains(key));
  fl::baggage const held{key, value, properties};
  MUST(fl::baggage_view{}.empty() || fl::baggage_value(key) == repaired(value));
  return 0;
}
