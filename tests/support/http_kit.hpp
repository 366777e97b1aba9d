// A request and its answer in one call, for tests of the transport on libcurl.
#pragma once

#include "fault_server.hpp"

#include <fanlight/impl/http.hpp>

#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>

namespace test {

inline constexpr auto patience = std::chrono::seconds{60};  // of a test: much longer than anything takes

/// No proxy, whatever this machine's environment says.
[[nodiscard]] inline fanlight::detail::http_options direct() {
  ::setenv("no_proxy", "*", 1);
  return {};
}

[[nodiscard]] inline fanlight::detail::http_request post(std::string url, std::string_view body = "spans") {
  fanlight::detail::http_request out;
  out.url = std::move(url);
  out.headers = {{"Content-Type", "application/x-protobuf"}};
  out.body = body;
  return out;
}

/// On a transport that is made for it.
[[nodiscard]] inline fanlight::detail::http_answer send(fanlight::detail::http_request const& what,
                                                        fanlight::detail::http_options const& how = direct(),
                                                        std::chrono::steady_clock::duration time = patience) {
  return fanlight::detail::curl_transport(how)->send(what, std::chrono::steady_clock::now() + time);
}

}  // namespace test
