// Where the X-Ray daemon listens, read from AWS_XRAY_DAEMON_ADDRESS or from code: `host:port` for both protocols, or
// `tcp:host:port udp:host:port` in either order; IPv6 stands in brackets. Pure values and functions; any thread.
#pragma once

#include <fanlight/detail/config.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

FANLIGHT_BEGIN
namespace detail {

struct host_port {
  std::string host = "127.0.0.1";  // without brackets
  std::uint16_t port = 2000;

  /// `[::1]:2000`
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool operator==(host_port const&) const = default;
};

struct xray_daemon {
  host_port udp = {}, tcp = {};
  [[nodiscard]] bool operator==(xray_daemon const&) const = default;
};

/// Nothing, and `wrong` says what is and which form is wanted: it is none of the forms.
[[nodiscard]] std::optional<xray_daemon> read_daemon_address(std::string_view text, std::string& wrong);

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/xray/daemon_address.ipp>
#endif
