#include "harness.hpp"

#include "json.hpp"

namespace fl = fanlight;

namespace cruddur {
namespace {

constexpr int patience = 3;  // seconds

// `http://host:port` and `/path`. What answers is the caller's affair, and how the call went stands in its span.
void make(call const& wanted) {
  auto const scheme = wanted.url.find("://");
  auto const path = scheme == std::string::npos ? scheme : wanted.url.find('/', scheme + 3);
  if (path == std::string::npos) return;
  fl::traced_client client{wanted.url.substr(0, path)};
  client.client().set_connection_timeout(patience);
  client.client().set_read_timeout(patience);
  static_cast<void>(client.Post(wanted.url.substr(path), wanted.body, "application/json"));
}

void make_all(httplib::Request const& request, httplib::Response& response) {
  auto const wanted = parse_calls(request.body);
  response.status = wanted ? 200 : 400;
  response.set_content(wanted ? "[]" : error_json("body_not_understood"), "application/json");
  if (!wanted) return;
  for (auto const& each : *wanted) make(each);
}

}  // namespace

void serve_harness(fl::traced_server& http) { http.Post("/test", make_all); }

}  // namespace cruddur
