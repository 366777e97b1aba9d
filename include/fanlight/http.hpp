// Spans for HTTP, whatever library serves or calls: describe the request, say how it went, and the span has the names and attributes of
// OpenTelemetry's conventions, the status they ask for, and, at a server, a line in the access log. Both kinds are scoped_spans: of this
// thread and this scope. They borrow the texts of the description; a server's span until its end. Adapters: with/httplib.hpp, with/curl.hpp.
//
//   fl::http_server_span span{{.method = "GET", .target = "/users/7?full=1", .host = "app.example:8080"}, fl::extract(headers)};
//   span.set_route("/users/{id}");
//   span.set_response(200);
#pragma once

#include <fanlight/access_log.hpp>
#include <fanlight/propagation.hpp>
#include <fanlight/span.hpp>

FANLIGHT_BEGIN

/// A request as it came. What is left empty, or below 0, is not known.
struct http_server_request {
  std::string_view method = {};
  std::string_view target = {};           // `/path?query`, or a whole URL, as it was asked for
  std::string_view scheme = "http";
  std::string_view version = {};          // `1.1`
  std::string_view host = {};             // the header Host, or :authority
  std::string_view user_agent = {};
  std::string_view forwarded_for = {};  // X-Forwarded-For, all lines of it joined by commas in their order; counts where there are proxies
  std::string_view forwarded_proto = {};  // X-Forwarded-Proto, the same
  std::string_view forwarded_host = {};   // X-Forwarded-Host, the same
  std::string_view forwarded = {};        // Forwarded; counts where there are proxies that write it
  std::string_view peer_address = {};     // the other end of the connection
  int peer_port = -1;
  std::string_view local_address = {};    // stands in for a missing host
  int local_port = -1;
  std::int64_t body_size = -1;
};

struct http_server_options {
  unsigned proxies = 0;                      // of one's own, in front: that many entries of X-Forwarded-For, from its end, are to be believed
  bool standard_forwarded = false;           // they write Forwarded (RFC 7239), and what comes as X-Forwarded-… is somebody else's
  std::string_view access_logger = "access"; // empty: no access log
  std::string_view known_methods = {};  // `GET,POST,PROPFIND`: any other is `_OTHER`; empty: what config::known_http_methods says
};

/// A call to be made.
struct http_client_request {
  std::string_view method = "GET";
  std::string_view url = {};  // user, password and values that are keys are left out
  int resend = 0;             // how often it was sent before
  std::int64_t body_size = -1;
  std::string_view url_template = {};  // `/users/{id}`, where it is known: into the name
  std::string_view known_methods = {}; // as a server's
};

/// An answer as it came, or went.
struct http_response {
  int status = 0;
  std::int64_t body_size = -1;         // as it was transferred
  std::string_view version = {};       // `1.1`, as it was agreed upon
  std::string_view peer_address = {};  // a client's other end
  int peer_port = -1;
};

namespace detail {

/// A method of the standards, or of the list where there is one; anything else is `_OTHER`, for names and values have to be few.
[[nodiscard]] std::string_view known_method(std::string_view method, std::string_view list = {}) noexcept;
/// Where the scheme ends; npos: there is none. `a.example/?to=http://b.example` has none.
[[nodiscard]] std::size_t end_of_scheme(std::string_view url) noexcept;
/// `own`, or the list of the pipeline here; empty: the standards'.
[[nodiscard]] std::string_view http_methods_here(std::string_view own) noexcept;

struct host_and_port {
  std::string_view host{};
  int port = -1;
};
/// `a.example:8080`, `[::1]:80`, `a.example`.
[[nodiscard]] host_and_port split_host(std::string_view authority) noexcept;

struct url_parts {
  std::string_view scheme{}, path{}, query{};
  host_and_port server{};
};
[[nodiscard]] url_parts read_url(std::string_view url) noexcept;

/// Without what opens doors: user and password, keys and signatures in the query; and without what is never sent, the fragment.
void write_clean_url(text_writer& to, std::string_view url) noexcept;

/// The same word, whatever the case of its letters.
[[nodiscard]] bool same_word(std::string_view a, std::string_view b) noexcept;
/// A span's name: `GET /users/{id}`, `GET`, or `HTTP` for a method that is not known.
void write_http_name(text_writer& to, std::string_view method, std::string_view methods, std::string_view route) noexcept;

/// Of `a, b, c` the entry that the first of `proxies` proxies wrote; empty: there are not so many.
[[nodiscard]] std::string_view forwarded_entry(std::string_view list, unsigned proxies) noexcept;
/// The same, when it is an address, without its port.
[[nodiscard]] std::string_view forwarded_address(std::string_view list, unsigned proxies) noexcept;
/// Of `for=192.0.2.7;proto=https;host=a.example` what stands for `name`, without quotes.
[[nodiscard]] std::string_view forwarded_pair(std::string_view entry, std::string_view name) noexcept;

/// `http.request.header.<name>` or `http.response.header.<name>`, in small letters, as the conventions want it.
void put_http_header(draft& d, std::string_view which, std::string_view name, array const& values) noexcept;

}  // namespace detail

class http_server_span : public scoped_span {
 public:
  /// `caller`: what extract() found.
  [[nodiscard]] explicit http_server_span(http_server_request const& request, fanlight::context const& caller, http_server_options const& how = {},
                                          source where = source::current()) noexcept;
  http_server_span(http_server_span const&) = delete;
  http_server_span& operator=(http_server_span const&) = delete;
  /// Writes the line of the access log, if set_response() was called.
  ~http_server_span() noexcept;

  /// The pattern that the request matched, for people: `/users/{id}`. Borrows.
  void set_route(std::string_view route) noexcept;
  /// From 500 on the span has failed. `body_size` below 0: not known.
  void set_response(int status, std::int64_t body_size = -1) noexcept;
  void set_response(http_response const& answer) noexcept { set_response(answer.status, answer.body_size); }
  /// The answer did not get through, or there is none: `kind` is a word for the sort of failure.
  void set_failure(std::string_view kind, std::string_view message = {}) noexcept;
  /// Headers hold secrets: name those that are to be kept.
  void set_request_header(std::string_view name, array const& values) noexcept { detail::put_http_header(draft_here(), "request", name, values); }
  void set_response_header(std::string_view name, array const& values) noexcept { detail::put_http_header(draft_here(), "response", name, values); }

 private:
  access_facts access_;
  std::string_view methods_;
  std::string_view logger_;
  source where_;
  std::int64_t begun_;
};

class http_client_span : public scoped_span {
 public:
  [[nodiscard]] explicit http_client_span(http_client_request const& request, source where = source::current()) noexcept;
  /// From 400 on the call has failed.
  void set_response(http_response const& answer) noexcept;
  void set_response(int status, std::int64_t body_size = -1) noexcept { set_response(http_response{status, body_size, {}, {}, -1}); }
  /// There was no answer: `kind` is a word for the sort of failure (`timeout`, `connection_refused`), `message` what is known of it.
  void set_failure(std::string_view kind, std::string_view message = {}) noexcept;
  void set_request_header(std::string_view name, array const& values) noexcept { detail::put_http_header(draft_here(), "request", name, values); }
  void set_response_header(std::string_view name, array const& values) noexcept { detail::put_http_header(draft_here(), "response", name, values); }
};

namespace detail {
/// What is said of a call before it is made, and of its end: for spans of either kind.
void begin_http_client(draft& d, http_client_request const& request, std::string_view methods) noexcept;
void end_http(draft& d, int status, std::int64_t body_size, int fails_from) noexcept;
void fail_http(draft& d, std::string_view kind, std::string_view message) noexcept;
}  // namespace detail

/// Now, as the pipeline's clocks have it; none without a pipeline.
[[nodiscard]] wall_time wall_now_here() noexcept;

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/http_spans.ipp>
#endif
