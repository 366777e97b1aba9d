// Tracing for a cpp-httplib server, by hand: `traced(route, handler)` puts a server span around a handler, named and
// described as OpenTelemetry's conventions for HTTP ask, child of what the request's headers say. After the answer it
// writes one line to the access log, with the ids of that span.
//
// Called from the server's worker threads, several at a time; the wrapped handler is called in the same way.
#pragma once

#include <fanlight/access_log.hpp>
#include <fanlight/trace.hpp>

#include <httplib.h>

#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cruddur {

// The caller's context, from traceparent and its kin; none when they are absent or wrong, and then a new trace begins. A header
// may come several times, and all of its values are handed over: two of traceparent are as good as none.
inline fanlight::context caller_of(httplib::Request const& request) {
  return fanlight::extract([&](std::string_view name) {
    std::vector<std::string_view> values;
    auto const [first, last] = request.headers.equal_range(std::string{name});
    for (auto at = first; at != last; ++at) values.push_back(at->second);
    return values;
  });
}

// "Host: cruddur.example:4567" without the port; the address that was reached when there is no such header.
inline std::string host_of(httplib::Request const& request) {
  auto host = request.get_header_value("Host");
  auto const colon = host.rfind(':');
  if (colon != std::string::npos && host.find(']', colon) == std::string::npos) host.resize(colon);
  return host.empty() ? request.local_addr : host;
}

// What is known only sometimes, or only by looking.
inline void describe(fanlight::scoped_span& span, httplib::Request const& request) {
  if (auto const agent = request.get_header_value("User-Agent"); !agent.empty()) span.set("user_agent.original", agent);
  if (auto const mark = request.target.find('?'); mark != std::string::npos)
    span.set("url.query", std::string_view{request.target}.substr(mark + 1));
  if (request.version.starts_with("HTTP/"))
    span.set("network.protocol.version", std::string_view{request.version}.substr(5));
}

// "[2026-Nov-21 09:58] 192.0.2.7 GET http /api/activities/home 200"
inline void log_access(httplib::Request const& request, std::string const& route, int status) {
  fanlight::log_access({.remote_address = request.remote_addr,
                        .method = request.method,
                        .target = request.target,
                        .status = status,
                        .route = route});
}

struct reply {
  int status = 0;    // 0: the handler came back without an answer
  std::string body;  // JSON
};

// A handler that forgot to answer is a mistake in the program, and is told as one.
struct no_answer : std::logic_error {
  using std::logic_error::logic_error;
};

// To Rollbar, if it is on, with whom it happened to. Which request it was, the span tells.
inline void report(std::exception const& error, httplib::Request const& request) {
  fanlight::error_report told{error};
  if (auto const user = request.get_param_value("user_handle"); !user.empty()) told.person({.id = user});
}

// `route` is the pattern for people ("/api/activities/@:handle"), empty for what no route matches; `handle` takes the request
// and returns a reply. What it throws becomes a failed span and a 500.
template <class Handler>
httplib::Server::Handler traced(std::string route, Handler handle) {
  return [route = std::move(route), handle = std::move(handle)](httplib::Request const& request, httplib::Response& response) {
    // A route is one of a handful, a path is anything: only the first may enter the name.
    fanlight::scoped_span span{route.empty() ? request.method : request.method + " " + route,
                               {.kind = fanlight::span_kind::server, .parent = caller_of(request)},
                               {{"http.request.method", request.method},
                                {"url.scheme", "http"},
                                {"url.path", request.path},
                                {"server.address", host_of(request)},
                                {"server.port", request.local_port},
                                {"client.address", request.remote_addr}}};
    if (!route.empty()) span.set("http.route", route);
    describe(span, request);
    reply answer{500, R"({"error":"internal_error"})"};
    try {
      fanlight::guarded([&] {
        auto given = handle(request);
        if (given.status == 0) throw no_answer{"the handler of " + request.method + " " + route + " gave no answer"};
        answer = std::move(given);
      });
      if (answer.status >= 500)  // below that the server did its part, and the status stays unset
        span.fail().set("error.type", std::to_string(answer.status));
    } catch (std::exception const& error) {
      span.fail(error);
      report(error, request);
    } catch (...) {
      span.fail("unknown exception").set("error.type", "_OTHER");
    }
    span.set("http.response.status_code", answer.status);
    response.status = answer.status;
    response.set_content(answer.body, "application/json");
    log_access(request, route, answer.status);
  };
}

}  // namespace cruddur
