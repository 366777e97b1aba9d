// A fork while an OTLP exporter holds an open connection: the child sends what it makes over a connection of its own, and the parent's goes
// on as if nothing had been.
#include "process.hpp"

#include "support/fault_server.hpp"

using namespace process;

namespace {

[[nodiscard]] std::size_t count(std::vector<test::seen_request> const& requests, unsigned connection, std::string const& name) {
  std::string const wanted = "\"name\":\"" + name + "\"";
  std::size_t out = 0;
  for (auto const& each : requests) {
    if (each.connection != connection) continue;
    for (auto at = each.body.find(wanted); at != std::string::npos; at = each.body.find(wanted, at + 1)) ++out;
  }
  return out;
}

void connections_are_not_shared() {
  test::fault_server server;
  auto session = fl::init({.exporters = {fl::otlp({.endpoint = server.url(""), .protocol = fl::otlp_protocol::http_json})},
                           .batching = {.span_delay = never, .log_delay = never},
                           .detect_resource = false,
                           .read_environment = false});
  make_spans(3, "parent");
  EXPECT(session.flush(patience));
  record_on_both_sides(session);
  auto const all = server.requests();
  EXPECT(server.connections() == 2);
  EXPECT(count(all, 1, "parent") == 3);
  EXPECT(count(all, 1, "after") == 1);
  EXPECT(count(all, 2, "child") == 2);
  EXPECT(all.size() == 3);
}

}  // namespace

int main() {
  if (!fork_is_not_tried.empty()) return std::puts(fork_is_not_tried.data()), 77;
  connections_are_not_shared();
  return failures();
}
