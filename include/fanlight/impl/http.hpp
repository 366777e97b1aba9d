// HTTP as the back ends see it: one request, one answer, one deadline. An exporter makes one transport for each destination and owns it;
// its lane's thread sends, one request at a time; `hurry` alone may be called from any thread. Tests put a transport of their own in the
// place of curl's.
#pragma once

#include <fanlight/impl/http_answer.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

FANLIGHT_BEGIN
namespace detail {

/// What holds for one destination. Inert: files are opened with the first request.
struct http_options {
  std::string ca_file = {};             // PEM; empty: the system's
  std::string client_certificate = {};  // PEM
  std::string client_key = {};          // PEM; empty: it is in the file of the certificate
  std::string proxy = {};               // empty: as libcurl reads http_proxy, https_proxy, all_proxy and no_proxy
  bool no_proxy = false;                // true: whatever those say, none
  bool verify = true;                   // the server's certificate and its name
  std::chrono::milliseconds connect_timeout{10'000};  // name, connection and TLS together; the request's deadline holds as well
  std::size_t response_cap = std::size_t{4} << 20;    // bytes of a body; more are a failure
  std::string user_agent = {};                        // unless the request brings one
};

/// The body is borrowed, and sent from where it is.
struct http_request {
  std::string method = "POST";
  std::string url = {};
  std::vector<http_header> headers = {};
  std::string_view body = {};
  bool fresh = false;  // over a connection of its own: the last one was of no use
};

class http_transport {
 public:
  http_transport() = default;
  http_transport(http_transport const&) = delete;
  http_transport& operator=(http_transport const&) = delete;
  virtual ~http_transport() = default;

  /// Comes back by `until`, whatever the peer does. Throws nothing but std::bad_alloc.
  [[nodiscard]] virtual http_answer send(http_request const& what, std::chrono::steady_clock::time_point until) = 0;
  /// Any thread: what runs now and whatever comes has only until then. Never gives back time that was taken.
  virtual void hurry(std::chrono::steady_clock::time_point until) noexcept = 0;
};

using transport_maker = std::function<std::unique_ptr<http_transport>(http_options const&)>;

/// Readies libcurl, once in a process. For init(), on its caller's thread, before a lane starts: it is not certain that libcurl may be
/// readied while other threads run.
void prepare_curl() noexcept;
/// The real one, made by impl/http_curl.ipp. Connections are kept and used again.
[[nodiscard]] std::unique_ptr<http_transport> curl_transport(http_options const& how);

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/http_curl.ipp>
#endif
