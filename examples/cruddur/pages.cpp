#include "pages.hpp"

#include <filesystem>
#include <system_error>

namespace cruddur {
namespace {

constexpr auto spans_of_pages = "/v1/traces";

// A file that the server will find there. Nothing above the folder is looked at.
bool is_file(std::string const& folder, std::string path) {
  if (folder.empty() || path.find("..") != std::string::npos) return false;
  if (path.ends_with('/')) path += "index.html";
  std::error_code unknown;
  return std::filesystem::is_regular_file(folder + path, unknown);
}

// Pages of that one origin may ask, and send what carries a trace. A list of allowed origins would be looked up in the same way.
void allow(httplib::Request const& request, httplib::Response& response, std::string const& origin) {
  response.set_header("Vary", "Origin");
  if (request.get_header_value("Origin") != origin) return;
  response.set_header("Access-Control-Allow-Origin", origin);
  response.set_header("Access-Control-Expose-Headers", "Retry-After");
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

bool is_for_pages(httplib::Request const& request, page_options const& chosen) {
  if (request.method == "OPTIONS") return true;
  if (request.method == "POST") return request.path == spans_of_pages;
  return (request.method == "GET" || request.method == "HEAD") && is_file(chosen.folder, request.path);
}

void serve_pages(fanlight::traced_server& http, page_options const& chosen, span_proxy& proxy) {
  if (!chosen.folder.empty()) http.set_mount_point("/", chosen.folder);
  if (!chosen.origin.empty()) {
    http.set_post_routing_handler([origin = chosen.origin](auto const& request, auto& response) { allow(request, response, origin); });
    http.Options(".*", [](auto const&, auto& response) { permit(response); });
  }
  http.Post(spans_of_pages, [&proxy](auto const& request, auto& response) { take_spans(request, response, proxy); });
}

}  // namespace cruddur
