// cpp-httplib, traced. `traced_server` is a httplib::Server whose every request has a span (child of what its headers say), a line in the
// access log and, by option, the trace's id in the answer. `traced_client` sends by a httplib::Client: a span around each call, its context
// in the headers. Both are used as httplib's own, whose rules for threads hold. Needs cpp-httplib 0.11.4 or newer.
//
//   fl::traced_server server;
//   server.Get(R"(/users/(\d+))", "/users/{id}", [](auto const& request, auto& response) { … });    // the pattern for machines, and for people
//   fl::traced_client users{"http://users.example:8080"};
//   auto const answer = users.Get("/users/7");
#pragma once

#include <fanlight/http.hpp>
#include <fanlight/report.hpp>

#include <httplib.h>

#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

FANLIGHT_BEGIN

struct httplib_options {
  http_server_options http = {};
  /// True: no span and no line for this request. Health checks, for instance.
  std::function<bool(httplib::Request const&)> skip = {};
  /// Give the id of the trace to the caller in this header, `X-Trace-Id` for instance; empty: do not.
  std::string answer_header = {};
  /// Headers of requests and answers to keep as `http.request.header.<name>` and `http.response.header.<name>`; none by themselves.
  std::vector<std::string> request_headers = {};
  std::vector<std::string> response_headers = {};
};

namespace detail {

/// The values of one header, one after the other.
template <class Iterator>
struct httplib_values {
  struct iterator {
    Iterator at;
    [[nodiscard]] std::string_view operator*() const { return at->second; }
    iterator& operator++() { return ++at, *this; }
    [[nodiscard]] bool operator!=(iterator const& other) const { return at != other.at; }
  };
  std::pair<Iterator, Iterator> range;
  [[nodiscard]] iterator begin() const { return {range.first}; }
  [[nodiscard]] iterator end() const { return {range.second}; }
};

[[nodiscard]] inline context httplib_caller(httplib::Headers const& headers) {
  return extract([&](std::string_view name) { return httplib_values<httplib::Headers::const_iterator>{headers.equal_range(std::string{name})}; });
}

[[nodiscard]] inline std::string_view httplib_header(httplib::Headers const& headers, char const* name) {
  auto const at = headers.find(name);
  return at == headers.end() ? std::string_view{} : std::string_view{at->second};
}

/// What Content-Length says; -1: nothing.
[[nodiscard]] inline std::int64_t httplib_length(httplib::Headers const& headers) {
  auto const digits = httplib_header(headers, "Content-Length");
  std::int64_t out = 0;
  for (char const digit : digits) {
    if (digit < '0' || digit > '9' || out > INT64_MAX / 10 - 1) return -1;
    out = out * 10 + (digit - '0');
  }
  return digits.empty() ? -1 : out;
}

/// The values of the named headers that are there, each to `put(name, values)`.
template <class Put>
void httplib_keep(httplib::Headers const& headers, std::vector<std::string> const& names, Put const& put) {
  for (auto const& name : names) {
    array values;
    for (auto [at, end] = headers.equal_range(name); at != end; ++at) values.push(at->second);
    if (!values.empty()) put(name, values);
  }
}

/// How many bytes of body went out: a HEAD, 204 or 304 has a length, and none.
[[nodiscard]] inline std::int64_t httplib_sent(httplib::Request const& in, httplib::Response const& out) {
  if (in.method == "HEAD" || out.status == 204 || out.status == 304) return -1;
  auto const said = httplib_length(out.headers);
  return said >= 0 ? said : out.body.empty() ? -1 : static_cast<std::int64_t>(out.body.size());
}

/// `1.1`, of `HTTP/1.1`.
[[nodiscard]] inline std::string_view httplib_version(std::string_view text) noexcept {
  return text.substr(0, 5) == "HTTP/" ? text.substr(5) : std::string_view{};
}

/// What proxies say. A proxy may add a line of its own below the caller's, which anybody can write: so all lines of a name count, in order.
struct httplib_forwarded {
  std::string by, proto, host, standard;

  explicit httplib_forwarded(httplib::Headers const& headers)
      : by{lines(headers, "X-Forwarded-For")},
        proto{lines(headers, "X-Forwarded-Proto")},
        host{lines(headers, "X-Forwarded-Host")},
        standard{lines(headers, "Forwarded")} {}

 private:
  template <class Headers>
  [[nodiscard]] static std::string lines(Headers const& headers, char const* name) {
#ifdef __GLIBCXX__  // in its hash maps, which httplib had for a while, the newest of a name comes first
    constexpr bool newest_first = requires { headers.hash_function(); };
#else
    constexpr bool newest_first = false;
#endif
    std::string out;
    for (auto [at, end] = headers.equal_range(name); at != end; ++at) {
      if (newest_first) out = out.empty() ? at->second : at->second + ", " + out;
      else out += (out.empty() ? "" : ", ") + at->second;
    }
    return out;
  }
};

/// Borrows of both.
[[nodiscard]] inline http_server_request httplib_facts(httplib::Request const& of, httplib_forwarded const& by, std::string_view scheme) {
  http_server_request out;
  out.method = of.method, out.target = of.target, out.scheme = scheme;
  out.version = httplib_version(of.version);
  out.host = httplib_header(of.headers, "Host");
  out.user_agent = httplib_header(of.headers, "User-Agent");
  out.forwarded_for = by.by, out.forwarded_proto = by.proto, out.forwarded_host = by.host, out.forwarded = by.standard;
  out.body_size = httplib_length(of.headers);
  out.peer_address = of.remote_addr, out.peer_port = of.remote_port;
  out.local_address = of.local_addr, out.local_port = of.local_port;
  return out;
}

/// The request that this thread serves, and what its handler threw. httplib serves one at a time on a thread, and logs each that it routed:
/// at its end, or, from 0.34 on, before its answer is written.
struct httplib_served {
  std::optional<httplib_forwarded> forwarded;  // which the span borrows
  std::optional<http_server_span> span;
  std::exception_ptr thrown;
  bool streams = false;  // the answer is written by a provider, and ends when that is let go of

  void forget() noexcept { span.reset(), forwarded.reset(), thrown = nullptr, streams = false; }
};
[[nodiscard]] inline httplib_served& httplib_here() {
  thread_local httplib_served here;
  return here;
}

/// Runs a handler: it is known now which pattern matched, and an exception goes on to httplib, seen. Whether it is a failure is known when
/// the program's exception handler has made an answer of it.
template <class Handler, class... Args>
void httplib_handle(Handler const& handler, std::string const& route, Args&&... args) {
  auto& here = httplib_here();
  if (!here.span) return handler(static_cast<Args&&>(args)...);
  here.span->set_route(route);
  try {
    guarded([&] { handler(static_cast<Args&&>(args)...); });
  } catch (...) {
    here.thrown = std::current_exception();
    throw;
  }
}

/// httplib knows WebSockets, from 0.33 on: such a connection is no request that ends.
template <class Server>
concept httplib_has_sockets = requires { typename Server::WebSocketHandler; };

[[nodiscard]] inline bool httplib_wants_socket(httplib::Request const& in) {
  return same_word(httplib_header(in.headers, "Upgrade"), "websocket");
}

}  // namespace detail

/// `Server`: httplib::Server, or httplib::SSLServer.
template <class Server>
class basic_traced_server : public Server {
 public:
  using request = httplib::Request;
  using response = httplib::Response;
  using handler = typename Server::Handler;
  using reading_handler = typename Server::HandlerWithContentReader;
  using early_handler = typename Server::HandlerWithResponse;

  basic_traced_server() : basic_traced_server{httplib_options{}} {}
  /// `args`: what the server's own constructor takes.
  template <class... Args>
  explicit basic_traced_server(httplib_options how, Args&&... args)
      : Server{static_cast<Args&&>(args)...}, how_{std::move(how)}, scheme_{std::is_same_v<Server, httplib::Server> ? "http" : "https"} {
    Server::set_pre_routing_handler([this](request const& in, response& out) { return begin(in, out); });
    Server::set_post_routing_handler([this](request const& in, response& out) { answer(in, out); });
    Server::set_logger([this](request const& in, response const& out) { end(in, out); });
  }

  /// `route`: the pattern for people; without it the pattern stands for itself.
  basic_traced_server& Get(std::string const& pattern, std::string route, handler to) { return Server::Get(pattern, traced(std::move(route), std::move(to))), *this; }
  basic_traced_server& Get(std::string const& pattern, handler to) { return Get(pattern, pattern, std::move(to)); }
  basic_traced_server& Post(std::string const& pattern, std::string route, handler to) { return Server::Post(pattern, traced(std::move(route), std::move(to))), *this; }
  basic_traced_server& Post(std::string const& pattern, handler to) { return Post(pattern, pattern, std::move(to)); }
  basic_traced_server& Put(std::string const& pattern, std::string route, handler to) { return Server::Put(pattern, traced(std::move(route), std::move(to))), *this; }
  basic_traced_server& Put(std::string const& pattern, handler to) { return Put(pattern, pattern, std::move(to)); }
  basic_traced_server& Patch(std::string const& pattern, std::string route, handler to) { return Server::Patch(pattern, traced(std::move(route), std::move(to))), *this; }
  basic_traced_server& Patch(std::string const& pattern, handler to) { return Patch(pattern, pattern, std::move(to)); }
  basic_traced_server& Delete(std::string const& pattern, std::string route, handler to) { return Server::Delete(pattern, traced(std::move(route), std::move(to))), *this; }
  basic_traced_server& Delete(std::string const& pattern, handler to) { return Delete(pattern, pattern, std::move(to)); }
  basic_traced_server& Options(std::string const& pattern, std::string route, handler to) { return Server::Options(pattern, traced(std::move(route), std::move(to))), *this; }
  basic_traced_server& Options(std::string const& pattern, handler to) { return Options(pattern, pattern, std::move(to)); }

  /// The same for handlers that read the body piece by piece.
  basic_traced_server& PostReading(std::string const& pattern, std::string route, reading_handler to) {
    return Server::Post(pattern, traced_reading(std::move(route), std::move(to))), *this;
  }
  basic_traced_server& PutReading(std::string const& pattern, std::string route, reading_handler to) {
    return Server::Put(pattern, traced_reading(std::move(route), std::move(to))), *this;
  }

  // What a program sets here is called too, within the span.
  basic_traced_server& set_pre_routing_handler(early_handler to) { return early_ = std::move(to), *this; }
  basic_traced_server& set_post_routing_handler(handler to) { return late_ = std::move(to), *this; }
  basic_traced_server& set_logger(httplib::Logger to) { return logger_ = std::move(to), *this; }

 private:
  [[nodiscard]] static handler traced(std::string route, handler to) {
    return [route = std::move(route), to = std::move(to)](request const& in, response& out) { detail::httplib_handle(to, route, in, out); };
  }
  [[nodiscard]] static reading_handler traced_reading(std::string route, reading_handler to) {
    return [route = std::move(route), to = std::move(to)](request const& in, response& out, httplib::ContentReader const& body) {
      detail::httplib_handle(to, route, in, out, body);
    };
  }

  typename Server::HandlerResponse begin(request const& in, response& out) {
    auto& here = detail::httplib_here();
    here.forget();
    if (!is_skipped(in)) {
      auto const& by = here.forwarded.emplace(in.headers);
      auto& span = here.span.emplace(detail::httplib_facts(in, by, scheme_), detail::httplib_caller(in.headers), how_.http);
      detail::httplib_keep(in.headers, how_.request_headers, [&](std::string const& name, array const& values) { span.set_request_header(name, values); });
    }
    return early_ ? early_(in, out) : Server::HandlerResponse::Unhandled;
  }
  [[nodiscard]] bool is_skipped(request const& in) const {
    if constexpr (detail::httplib_has_sockets<Server>)
      if (detail::httplib_wants_socket(in)) return true;
    return how_.skip && how_.skip(in);
  }
  void answer(request const& in, response& out) {
    auto& here = detail::httplib_here();
    if (here.span && !how_.answer_header.empty()) out.set_header(how_.answer_header, std::string{here.span->context().trace_id().hex().view()});
    if (late_) late_(in, out);
    if (here.span && out.content_provider_ && in.method != "HEAD") await_stream(here, in, out);
  }
  /// The answer lets go of its provider on this thread, after the last byte or the attempt, while the request is still there.
  void await_stream(detail::httplib_served& here, request const& in, response& out) {
    here.streams = true;
    out.content_provider_resource_releaser_ = [this, &in, &out, first = std::move(out.content_provider_resource_releaser_)](bool well) {
      if (first) first(well);
      auto& mine = detail::httplib_here();
      if (!mine.streams) return;
      if (!well) mine.span->set_failure("write_failed", "the answer was cut short");
      try {
        tell(*mine.span, mine.thrown, in, out);
      } catch (...) {  // no memory for more words
      }
      mine.forget();
    };
  }
  /// After the last byte or the attempt, or shortly before.
  void end(request const& in, response const& out) {
    auto& here = detail::httplib_here();
    if (here.span && !here.streams) tell(*here.span, here.thrown, in, out);
    if (logger_) logger_(in, out);
    if (!here.streams) here.forget();
  }
  void tell(http_server_span& span, std::exception_ptr const& thrown, request const& in, response const& out) const {
    if (!in.body.empty() && detail::httplib_length(in.headers) < 0) span.set("http.request.body.size", in.body.size());
    if (thrown != nullptr && out.status >= 500) span.fail(thrown);
    detail::httplib_keep(out.headers, how_.response_headers, [&](std::string const& name, array const& values) { span.set_response_header(name, values); });
    span.set_response(out.status, detail::httplib_sent(in, out));
  }

  httplib_options const how_;
  std::string_view const scheme_;
  early_handler early_;
  handler late_;
  httplib::Logger logger_;
};

using traced_server = basic_traced_server<httplib::Server>;

// ---- client ------------------------------------------------------------------------------------------------------------------------

namespace detail {

/// A failure as a word that does not depend on the version of httplib.
[[nodiscard]] inline std::string_view httplib_failure(httplib::Error error) noexcept {
  switch (error) {
    case httplib::Error::Connection: return "connection_failed";
    case httplib::Error::BindIPAddress: return "bind_failed";
    case httplib::Error::Read: return "read_failed";
    case httplib::Error::Write: return "write_failed";
    case httplib::Error::ExceedRedirectCount: return "too_many_redirects";
    case httplib::Error::Canceled: return "cancelled";
    case httplib::Error::SSLConnection:
    case httplib::Error::SSLLoadingCerts: return "tls_failed";
    case httplib::Error::SSLServerVerification: return "certificate_refused";
    case httplib::Error::ConnectionTimeout: return "timeout";
    default: return "_OTHER";
  }
}

}  // namespace detail

/// Sends `request` by `client`, which was made for `base` (`http://host:port`): a span around the call, its context in the headers.
/// `resend`: how often it was sent before. `Client`: httplib::Client, or what has its send().
template <class Client>
[[nodiscard]] httplib::Result traced_send(Client& client, std::string_view base, httplib::Request request, int resend = 0,
                                          source where = source::current()) {
  while (!base.empty() && base.back() == '/') base.remove_suffix(1);
  std::string url{base.find("://") == std::string_view::npos ? "http://" : ""};  // as httplib has it
  url.append(base).append(request.path);
  std::int64_t const size = request.body.empty() ? -1 : static_cast<std::int64_t>(request.body.size());
  http_client_span span{{.method = request.method, .url = url, .resend = resend, .body_size = size}, where};
  inject(request.headers);
  auto answer = client.send(request);
  if (answer)
    span.set_response({.status = answer->status, .body_size = detail::httplib_sent(request, *answer), .version = detail::httplib_version(answer->version)});
  else
    span.set_failure(detail::httplib_failure(answer.error()), httplib::to_string(answer.error()));
  return answer;
}

/// A httplib::Client with the calls that most programs make; client() gives the rest, and set-up.
class traced_client {
 public:
  explicit traced_client(std::string base) : base_{std::move(base)}, client_{base_} {}

  [[nodiscard]] httplib::Client& client() noexcept { return client_; }
  [[nodiscard]] httplib::Result send(httplib::Request request, int resend = 0, source where = source::current()) {
    return traced_send(client_, base_, std::move(request), resend, where);
  }
  [[nodiscard]] httplib::Result Get(std::string path, httplib::Headers headers = {}, source where = source::current()) {
    return call("GET", std::move(path), std::move(headers), {}, {}, where);
  }
  [[nodiscard]] httplib::Result Head(std::string path, httplib::Headers headers = {}, source where = source::current()) {
    return call("HEAD", std::move(path), std::move(headers), {}, {}, where);
  }
  [[nodiscard]] httplib::Result Delete(std::string path, httplib::Headers headers = {}, source where = source::current()) {
    return call("DELETE", std::move(path), std::move(headers), {}, {}, where);
  }
  [[nodiscard]] httplib::Result Post(std::string path, std::string body, std::string type, httplib::Headers headers = {}, source where = source::current()) {
    return call("POST", std::move(path), std::move(headers), std::move(body), std::move(type), where);
  }
  [[nodiscard]] httplib::Result Put(std::string path, std::string body, std::string type, httplib::Headers headers = {}, source where = source::current()) {
    return call("PUT", std::move(path), std::move(headers), std::move(body), std::move(type), where);
  }
  [[nodiscard]] httplib::Result Patch(std::string path, std::string body, std::string type, httplib::Headers headers = {}, source where = source::current()) {
    return call("PATCH", std::move(path), std::move(headers), std::move(body), std::move(type), where);
  }

 private:
  [[nodiscard]] httplib::Result call(char const* method, std::string path, httplib::Headers headers, std::string body, std::string type, source where) {
    httplib::Request request;
    request.method = method;
    request.path = std::move(path);
    request.headers = std::move(headers);
    request.body = std::move(body);
    if (!type.empty()) request.set_header("Content-Type", type);
    return send(std::move(request), 0, where);
  }

  std::string const base_;
  httplib::Client client_;
};

FANLIGHT_END
