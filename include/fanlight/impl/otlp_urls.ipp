// What OTLP needs to know of addresses and keys, declared in otlp_settings.hpp. Pure functions.
#pragma once

#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/otlp_ruling.ipp>
#include <fanlight/impl/otlp_settings.hpp>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_COLD FANLIGHT_INLINE std::string host_of(std::string_view url) {
  auto const scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  if (!same_but_case(url.substr(0, scheme), "http") && !same_but_case(url.substr(0, scheme), "https")) return {};
  for (char const letter : url)
    if (static_cast<unsigned char>(letter) <= 0x20 || letter == 0x7F) return {};
  url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  if (auto const at = url.rfind('@'); at != std::string_view::npos) url.remove_prefix(at + 1);
  if (!url.empty() && url.front() == '[') return lower_case(url.substr(1, url.find(']') == std::string_view::npos ? 0 : url.find(']') - 1));
  return lower_case(url.substr(0, url.find(':')));
}

FANLIGHT_COLD FANLIGHT_INLINE bool is_within(std::string_view host, std::string_view domain) noexcept {
  if (host.size() < domain.size() || host.substr(host.size() - domain.size()) != domain) return false;
  return host.size() == domain.size() || host[host.size() - domain.size() - 1] == '.';
}

FANLIGHT_COLD FANLIGHT_INLINE bool is_this_machine(std::string_view host) noexcept {
  if (host == "::1" || is_within(host, "localhost")) return true;
  return host.substr(0, 4) == "127." && host.find_first_not_of("0123456789.") == std::string_view::npos;
}

FANLIGHT_COLD FANLIGHT_INLINE std::string with_path(std::string_view base, std::string_view path) {
  auto const tail = base.find_first_of("?#");
  auto address = base.substr(0, tail);
  std::string const rest{tail == std::string_view::npos ? std::string_view{} : base.substr(tail)};
  if (path.empty()) {  // as it is; no path is `/`
    auto const scheme = address.find("://");
    bool const bare = scheme != std::string_view::npos && address.find('/', scheme + 3) == std::string_view::npos;
    return std::string{address} + (bare ? "/" : "") + rest;
  }
  while (!address.empty() && address.back() == '/') address.remove_suffix(1);
  return std::string{address} + std::string{path} + rest;
}

FANLIGHT_COLD FANLIGHT_INLINE bool is_classic_honeycomb_key(std::string_view key) noexcept {
  auto const digit = [](char letter) { return letter >= '0' && letter <= '9'; };
  if (key.size() == 32) {
    for (char const letter : key)
      if (!digit(letter) && !(letter >= 'a' && letter <= 'f')) return false;
    return true;
  }
  if (key.size() != 64 || key.substr(0, 2) != "hc" || key[2] < 'a' || key[2] > 'z' || key.substr(3, 3) != "ic_") return false;
  for (char const letter : key.substr(6))
    if (!digit(letter) && !(letter >= 'a' && letter <= 'z')) return false;
  return true;
}

FANLIGHT_COLD FANLIGHT_INLINE std::string misplaced_key(otlp_target const& to, std::string_view exporter) {
  otlp_header const *key = nullptr, *dataset = nullptr;
  for (auto const& one : to.headers) {
    if (same_but_case(one.name, "x-honeycomb-team")) key = &one;
    if (same_but_case(one.name, "x-honeycomb-dataset")) dataset = &one;
  }
  bool const theirs = is_within(host_of(to.url), "honeycomb.io");
  auto const where = url_for_people(to.url);
  if (key != nullptr && !theirs && exporter != "honeycomb")
    return joined(
        {"a Honeycomb key (header x-honeycomb-team, from ", key->source, ") goes to ", where,
         ", which is not Honeycomb: set the endpoint to https://api.honeycomb.io or https://api.eu1.honeycomb.io. If it is a proxy of yours, use "
         "fanlight::honeycomb with `endpoint`"});
  if (key == nullptr && theirs)
    return joined({"no key goes to ", where,
                   ", which will refuse all: set HONEYCOMB_API_KEY, or OTEL_EXPORTER_OTLP_HEADERS to x-honeycomb-team=<key>"});
  if (key != nullptr && theirs && dataset == nullptr && is_classic_honeycomb_key(key->value))
    return joined({"the Honeycomb key (from ", key->source,
                   ") is of the Classic kind, which needs a dataset: set HONEYCOMB_DATASET, or the header x-honeycomb-dataset"});
  return {};
}

}  // namespace detail
FANLIGHT_END
