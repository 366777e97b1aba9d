// What an OTLP exporter runs by: of each signal the whole address, its headers and how it is sent, with every question answered from code,
// else the environment, else the default. Made on the thread that calls init(), or without an environment where an exporter_spec is used
// by itself; a value that the exporter keeps.
#pragma once

#include <fanlight/detail/environment.hpp>
#include <fanlight/exporters/otlp_config.hpp>
#include <fanlight/impl/http.hpp>

FANLIGHT_BEGIN
namespace detail {

struct otlp_header {
  std::string name, value;
  std::string source;  // what feeds it: a variable, or a member in code
};

/// Where one signal goes.
struct otlp_target {
  std::string url = {};  // empty: nowhere
  std::vector<otlp_header> headers = {};
  otlp_protocol protocol = otlp_protocol::http_protobuf;
  bool gzip = false;
  std::chrono::milliseconds timeout{10'000};
  http_options http = {};
};

struct otlp_settings {
  otlp_config given;  // with the pieces that were left open filled
  otlp_target traces, logs;
};

/// Fills in where the signals go. `wrong`: what forbids to make the exporter. What is wrong with the environment alone is told through `from`, once.
void settle_otlp(otlp_settings& out, record_types only, environment const& from, std::vector<problem>& wrong);

/// The host of an address, in lower case, without port and brackets; empty: it is no http or https address.
[[nodiscard]] std::string host_of(std::string_view url);
[[nodiscard]] bool is_this_machine(std::string_view host) noexcept;
/// `host` is `domain` or lies in it.
[[nodiscard]] bool is_within(std::string_view host, std::string_view domain) noexcept;
/// A base address with the path of a signal behind its own.
[[nodiscard]] std::string with_path(std::string_view base, std::string_view path);
/// A key of Honeycomb's older environments, which need a dataset beside it.
[[nodiscard]] bool is_classic_honeycomb_key(std::string_view key) noexcept;
/// What is amiss between keys and addresses, in words; empty: nothing that can be seen from here.
[[nodiscard]] std::string misplaced_key(otlp_target const& to, std::string_view exporter);

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/otlp_settings.ipp>
#endif
