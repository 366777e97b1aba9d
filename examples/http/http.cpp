// Spans for HTTP with a framework that fanlight has no adapter for. What a program writes is in two functions: `traced`, around what serves
// a request, and `call`, around what sends one. The framework here is a toy, and the network a function call.
#include <fanlight/fanlight.hpp>
#include <fanlight/http.hpp>

#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace fl = fanlight;

namespace web {

using headers = std::multimap<std::string, std::string, std::less<>>;

struct request {
  std::string method, target;
  headers header;
  std::string peer = "192.0.2.7";
  int peer_port = 40'000;

  [[nodiscard]] std::string_view get(std::string_view name) const {
    auto const at = header.find(name);
    return at == header.end() ? std::string_view{} : std::string_view{at->second};
  }
  [[nodiscard]] std::vector<std::string_view> all(std::string_view name) const {
    std::vector<std::string_view> out;
    for (auto [at, end] = header.equal_range(name); at != end; ++at) out.push_back(at->second);
    return out;
  }
  [[nodiscard]] std::string joined(std::string_view name) const {
    std::string out;
    for (auto const line : all(name)) out.append(out.empty() ? "" : ", ").append(line);
    return out;
  }
};
struct response {
  int status = 200;
  std::string body;
  headers header;
};
struct route {
  std::string method, prefix, pattern;
  std::function<response(request const&)> handle;
};
using app = std::vector<route>;

route const* find(app const& in, request const& what) {
  for (auto const& each : in)
    if (each.method == what.method && what.target.rfind(each.prefix, 0) == 0) return &each;
  return nullptr;
}

}  // namespace web

// The middleware: around everything that happens for a request.
web::response traced(web::app const& app, web::request const& in) {
  auto const forwarded_for = in.joined("X-Forwarded-For");  // one line may be the caller's, and the next one the proxy's
  fl::http_server_span span{{.method = in.method,
                             .target = in.target,
                             .version = "1.1",
                             .host = in.get("Host"),
                             .user_agent = in.get("User-Agent"),
                             .forwarded_for = forwarded_for,
                             .forwarded_proto = in.get("X-Forwarded-Proto"),
                             .peer_address = in.peer,
                             .peer_port = in.peer_port},
                            fl::extract([&](std::string_view name) { return in.all(name); }),
                            {.proxies = 1}};
  web::response out{404, "nothing here", {}};
  try {
    if (auto const* const route = web::find(app, in); route != nullptr) {
      span.set_route(route->pattern);
      fl::guarded([&] { out = route->handle(in); });
    }
  } catch (std::exception const& error) {
    span.fail(error);
    out = {500, "sorry", {}};
  }
  out.header.emplace("X-Trace-Id", span.context().trace_id().hex().view());
  span.set_response({.status = out.status, .body_size = static_cast<std::int64_t>(out.body.size())});
  return out;
}

// The client: around everything that one attempt takes.
web::response call(web::app const& server, std::string const& path, int attempt) {
  auto const url = "http://stock.example" + path;
  fl::http_client_span span{{.method = "GET", .url = url, .resend = attempt, .url_template = "/stock/{item}"}};
  web::request out{"GET", path, {{"Host", "stock.example"}}};
  fl::inject([&](std::string_view name, std::string_view text) { out.header.emplace(name, text); });
  auto answer = traced(server, out);  // stands for the network
  span.set_response({.status = answer.status, .body_size = static_cast<std::int64_t>(answer.body.size()), .version = "1.1"});
  return answer;
}

int main() {
  auto session = fl::init({.service = "http"});
  int asked = 0;
  web::app const stock{{"GET", "/stock/", "/stock/{item}", [&](web::request const&) {
                          return asked++ == 0 ? web::response{503, "", {}} : web::response{200, "12", {}};
                        }}};
  web::app const shop{
      {"GET", "/items/", "/items/{item}",
       [&](web::request const&) {
         auto answer = call(stock, "/stock/7?sig=secret", 0);
         for (int attempt = 1; answer.status == 503 && attempt < 3; ++attempt) answer = call(stock, "/stock/7?sig=secret", attempt);
         return web::response{200, answer.body, {}};
       }},
      {"GET", "/broken", "/broken", [](web::request const&) -> web::response { throw std::runtime_error{"out of order"}; }}};
  web::headers const sent{{"Host", "shop.example"},
                          {"X-Forwarded-For", "203.0.113.9"},
                          {"X-Forwarded-Proto", "https"},
                          {"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}};
  traced(shop, {"GET", "/items/7?page=2", sent});
  traced(shop, {"GET", "/broken", {{"Host", "shop.example"}}});
  traced(shop, {"GET", "/nowhere", {{"Host", "shop.example"}}});
}
