// A traced server's routes and a traced client, which nobody answers.
#include <fanlight/fanlight.hpp>
#include <fanlight/with/httplib.hpp>

#include "seen.hpp"

namespace fl = fanlight;

int main() {
  auto const sink = std::make_shared<seen>();
  auto session = fl::init({.service = "adapter", .exporters = {sink}});
  fl::traced_server server{fl::httplib_options{.http = {.proxies = 1},
                                               .skip = [](httplib::Request const& in) { return in.path == "/health"; },
                                               .answer_header = "X-Trace-Id",
                                               .request_headers = {"X-Tenant"}}};
  server.Get(R"(/users/(\d+))", "/users/{id}", [](auto const& in, auto& out) {
    fl::scoped_span const load{"load user"};  // beneath the request's span
    out.set_content("user " + in.matches[1].str(), "text/plain");
  });
  server.Get("/health", [](auto const&, auto& out) { out.set_content("ok", "text/plain"); });
  int const port = server.bind_to_any_port("127.0.0.1");
  server.stop();

  fl::traced_client users{"http://127.0.0.1:1"};
  users.client().set_connection_timeout(5);
  auto const answer = users.Get("/users/7");
  bool const refused = !answer;
  fl::info(refused && port > 0 ? "refused" : "answered");
  return verdict(session, *sink, "refused");
}
