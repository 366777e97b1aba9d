#include "pages.hpp"

namespace cruddur {
namespace {

// Pages of that one origin may ask, and send what carries a trace. A list of allowed origins would be looked up in the same way.
void allow(httplib::Request const& request, httplib::Response& response, std::string const& origin) {
  response.set_header("Vary", "Origin");
  if (request.get_header_value("Origin") != origin) return;
  response.set_header("Access-Control-Allow-Origin", origin);
  response.set_header("Timing-Allow-Origin", origin);  // DNS, connect and the like become events of the page's spans
}

void permit(httplib::Response& response) {
  response.set_header("Access-Control-Allow-Methods", "GET, POST");
  response.set_header("Access-Control-Allow-Headers", "content-type, traceparent, tracestate, baggage");
  response.set_header("Access-Control-Max-Age", "600");
  response.status = 204;
}

void take_spans(httplib::Request const& request, httplib::Response& response, span_proxy& proxy) {
  response.status = proxy.forward({.type = request.get_header_value("Content-Type"), .body = request.body});
  if (response.status == 503) response.set_header("Retry-After", "5");
  response.set_content("{}", "application/json");
}

}  // namespace

void serve_pages(httplib::Server& http, page_options const& chosen, span_proxy& proxy) {
  if (!chosen.folder.empty()) http.set_mount_point("/", chosen.folder);
  if (!chosen.origin.empty()) {
    http.set_post_routing_handler([origin = chosen.origin](auto const& request, auto& response) { allow(request, response, origin); });
    http.Options(".*", [](auto const&, auto& response) { permit(response); });
  }
  http.Post("/v1/traces", [&proxy](auto const& request, auto& response) { take_spans(request, response, proxy); });
}

}  // namespace cruddur
