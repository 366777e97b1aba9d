// A service as the W3C's trace-context suite wants one: it is sent a JSON list of {url, arguments}, and posts each one's arguments to its url,
// within that request's trace. A traced_server that calls by a traced_client; prints its port, and runs until its standard input ends.
#include <fanlight/fanlight.hpp>
#include <fanlight/impl/json_tree.hpp>
#include <fanlight/with/httplib.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

namespace fl = fanlight;
using fl::detail::json_at;
using fl::detail::json_kind;

namespace {

/// The value as JSON again: what is to be called is an argument of what is called.
void write(json_at const& from, std::string& to) {
  auto const text = [&to](std::string_view what) {
    to += '"';
    for (char const letter : what) to += letter == '"' || letter == '\\' ? std::string{'\\', letter} : std::string{letter};
    to += '"';
  };
  bool const object = from.is(json_kind::object), list = from.is(json_kind::array);
  if (!object && !list) return from.is(json_kind::text) ? text(from.text()) : void(to += from.text());
  to += object ? '{' : '[';
  bool first = true;
  for (auto each = from.first(); each; each = each.next(), first = false) {
    if (!first) to += ',';
    if (object) text(each.key()), to += ':';
    write(each, to);
  }
  to += object ? '}' : ']';
}

/// `http://host:port/path` in two.
void call(std::string const& url, std::string const& body) {
  auto const path = url.find('/', url.find("://") + 3);
  if (path == std::string::npos) return;
  fl::traced_client client{url.substr(0, path)};
  client.client().set_read_timeout(3);
  (void)client.Post(url.substr(path), body, "application/json");
}

void serve(httplib::Request const& request, httplib::Response& response) {
  fl::detail::json_tree tree;
  std::string wrong;
  if (!tree.read(request.body, wrong)) {
    response.status = 400;
    return;
  }
  for (auto each = json_at{tree}.first(); each; each = each.next()) {
    std::string arguments;
    write(each.find("arguments"), arguments);
    call(std::string{each.find("url").text()}, arguments);
  }
  response.set_content("[]", "application/json");
}

struct nowhere {
  void consume(fl::batch<fl::span_record>) {}
};

}  // namespace

int main() {
  auto session = fl::init({.service = "w3c-server", .exporters = {nowhere{}}});
  fl::traced_server server;
  server.Post("/test", serve);
  int const port = server.bind_to_any_port("127.0.0.1");
  if (port < 0) return std::fputs("w3c_server: no port\n", stderr), 1;
  std::thread listening{[&] { server.listen_after_bind(); }};
  std::printf("%d\n", port);
  std::fflush(stdout);
  while (std::getchar() != EOF) continue;
  server.stop();
  listening.join();
}
