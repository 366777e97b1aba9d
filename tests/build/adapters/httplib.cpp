// A traced server's routes and a traced client, which nobody answers.
#include <fanlight/fanlight.hpp>
#include <fanlight/with/httplib.hpp>

#include "seen.hpp"

int main() {
  auto const sink = std::make_shared<seen>();
  auto session = fanlight::init({.service = "adapter", .exporters = {sink}});
  fanlight::traced_server server;
  server.Get("/", [](auto const&, auto& out) { out.set_content("hello", "text/plain"); });
  int const port = server.bind_to_any_port("127.0.0.1");
  server.stop();
  fanlight::traced_client client{"http://127.0.0.1:1"};
  bool const refused = !client.Get("/");
  fanlight::info(refused && port > 0 ? "refused" : "answered");
  return verdict(session, *sink, "refused");
}
