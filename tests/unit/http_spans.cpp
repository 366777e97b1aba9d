// Spans for HTTP by OpenTelemetry's conventions: names, attributes, status, whom to believe, and the access log.
#include <fanlight/exporters/memory.hpp>
#include <fanlight/http.hpp>
#include <fanlight/pipeline.hpp>
#include <fanlight/testing.hpp>

#include <string>

#include "catch.hpp"

using namespace fanlight;
using detail::forwarded_address;
using detail::forwarded_pair;
using detail::known_method;
using detail::read_url;
using detail::split_host;
using detail::write_clean_url;

TEST_CASE("a server's span has what the conventions ask for, and a line in the access log") {
  testing::manual_clock clock{wall_time{1'795'255'080'000'000'000}};
  testing::capture taken{{.instead = clock.instead()}};
  context const caller{trace_id{{1}}, span_id{{2}}, trace_flag::sampled, true};
  {
    http_server_span span{{.method = "GET", .target = "/users/7?full=1", .version = "1.1", .host = "app.example:8080", .user_agent = "curl/8",
                           .peer_address = "192.0.2.7", .peer_port = 4711, .body_size = 0},
                          caller};
    span.set_route("/users/{id}");
    clock.advance(std::chrono::milliseconds{15});
    span.set_response(200, 12);
  }
  auto const spans = taken.spans();
  CHECK(taken.tree() ==
        "GET /users/{id} [server, remote parent] http.request.method=\"GET\" url.scheme=\"http\" url.path=\"/users/7\" url.query=\"full=1\" "
        "server.address=\"app.example\" server.port=8080 client.address=\"192.0.2.7\" user_agent.original=\"curl/8\" "
        "network.protocol.version=\"1.1\" network.peer.address=\"192.0.2.7\" network.peer.port=4711 client.port=4711 http.request.body.size=0 "
        "http.route=\"/users/{id}\" http.response.status_code=200 http.response.body.size=12\n"
        "  log INFO \"[2026-Nov-21 09:58] 192.0.2.7 GET http /users/7?full=1 200\" (access) client.address=\"192.0.2.7\" "
        "http.request.method=\"GET\" url.scheme=\"http\" url.path=\"/users/7\" url.query=\"full=1\" http.route=\"/users/{id}\" "
        "user_agent.original=\"curl/8\" http.response.status_code=200 http.response.body.size=12 duration_ms=15.0\n");
  CHECK(spans[0].trace_id == caller.trace_id());
  CHECK(spans[0].parent_id == caller.span_id());
}

TEST_CASE("from 500 on a server's span has failed, below that it did its part") {
  testing::capture taken;
  for (int const status : {404, 500, 503}) {
    http_server_span span{{.method = "GET", .target = "/"}, {}, {.access_logger = ""}};
    span.set_response(status);
  }
  auto const spans = taken.spans();
  REQUIRE(spans.size() == 3);
  CHECK(spans[0].status == status_code::unset);
  CHECK(spans[0].find("error.type").kind() == value_kind::empty);
  CHECK(spans[1].status == status_code::error);
  CHECK(spans[1].find("error.type").as_text() == "500");
  CHECK(spans[2].find("error.type").as_text() == "503");
  CHECK(taken.logs().empty());
  CHECK(spans[0].trace_id != spans[1].trace_id);  // no caller: a trace of its own
}

TEST_CASE("a method that nobody knows is _OTHER, and stands beside") {
  testing::capture taken;
  {
    http_server_span span{{.method = "BREW", .target = "/pot"}, {}};
    span.set_route("/pot");
  }
  auto const span = taken.spans()[0];
  CHECK(span.name == std::string_view{"HTTP /pot"});
  CHECK(span.find("http.request.method").as_text() == "_OTHER");
  CHECK(span.find("http.request.method_original").as_text() == "BREW");
  CHECK(known_method("get") == "_OTHER");
  CHECK(taken.logs().empty());  // nobody answered
}

TEST_CASE("X-Forwarded-For is believed as far as there are proxies of one's own") {
  CHECK(forwarded_address("1.1.1.1, 2.2.2.2", 0).empty());
  CHECK(forwarded_address("1.1.1.1, 2.2.2.2", 1) == "2.2.2.2");
  CHECK(forwarded_address("1.1.1.1, 2.2.2.2", 2) == "1.1.1.1");
  CHECK(forwarded_address("1.1.1.1, 2.2.2.2", 3).empty());
  CHECK(forwarded_address("9.9.9.9,\t[2001:db8::1]:4711 ", 1) == "2001:db8::1");
  CHECK(forwarded_address("2001:db8::1", 1) == "2001:db8::1");
  CHECK(forwarded_address("1.2.3.4:80", 1) == "1.2.3.4");
  CHECK(forwarded_address("unknown", 1).empty());
  CHECK(forwarded_address("<script>", 1).empty());
  CHECK(forwarded_address("", 1).empty());
  testing::capture taken;
  http_server_request const request{.method = "GET", .target = "/", .host = "app", .forwarded_for = "6.6.6.6, 203.0.113.9", .forwarded_proto = "https",
                                    .peer_address = "10.0.0.1", .peer_port = 5};
  {
    http_server_span direct{request, {}};
    direct.set_response(200);
  }
  {
    http_server_span behind{request, {}, {.proxies = 1}};
    behind.set_response(200);
  }
  auto const spans = taken.spans();
  CHECK(spans[0].find("client.address").as_text() == "10.0.0.1");
  CHECK(spans[0].find("url.scheme").as_text() == "http");
  CHECK(spans[0].find("server.port").as_int64() == 80);
  CHECK(spans[1].find("client.address").as_text() == "203.0.113.9");
  CHECK(spans[1].find("client.port").kind() == value_kind::empty);
  CHECK(spans[1].find("network.peer.address").as_text() == "10.0.0.1");
  CHECK(spans[1].find("url.scheme").as_text() == "https");
  CHECK(spans[1].find("aws.xray.x_forwarded_for").as_bool());
  CHECK(taken.logs()[1].find("client.address").as_text() == "203.0.113.9");
}

TEST_CASE("the access line of a request that no span records is written all the same") {
  testing::capture taken{{.sampler = always_off()}};
  {
    http_server_span span{{.method = "GET", .target = "/users/7", .peer_address = "::1"}, {}};
    span.set_route("/users/{id}");
    span.set_response(500);
  }
  CHECK(taken.spans().empty());
  auto const log = taken.logs()[0];
  CHECK(log.level == level::error);
  CHECK(log.find("http.route").as_text() == "/users/{id}");
  CHECK(log.span_id.is_valid());
}

TEST_CASE("hosts and URLs fall into their parts") {
  CHECK(split_host("a.example:8080").host == "a.example");
  CHECK(split_host("a.example:8080").port == 8080);
  CHECK(split_host("a.example").port == -1);
  CHECK(split_host("[::1]:80").host == "::1");
  CHECK(split_host("[::1]:80").port == 80);
  CHECK(split_host("[::1]").host == "::1");
  CHECK(split_host("::1").host == "::1");
  CHECK(split_host("a:b").port == -1);
  CHECK(split_host("a:99999").port == -1);
  CHECK(split_host("").host.empty());
  auto const all = read_url("https://me:secret@api.example:444/v1/x?y=1#part");
  CHECK(all.scheme == "https");
  CHECK(all.server.host == "api.example");
  CHECK(all.server.port == 444);
  CHECK(all.path == "/v1/x");
  CHECK(all.query == "y=1");
  CHECK(read_url("http://h").server.port == 80);
  CHECK(read_url("https://h?q").server.port == 443);
  CHECK(read_url("https://h?q").query == "q");
  CHECK(read_url("ftp://h/").server.port == -1);
  CHECK(read_url("h/path").server.host == "h");
  CHECK(read_url("h/path?to=http://x/").server.host == "h");
}

TEST_CASE("a URL whose password was not escaped tells neither it nor a server") {
  for (auto const* const url : {"http://user:pa/ss@h/", "http://user:pa?ss@h/", "http://user:pa#ss@h/", "https://[::1]:x/"}) {
    text_writer out;
    write_clean_url(out, url);
    CHECK(out.view().substr(out.view().find("//") + 2) == "REDACTED");
    CHECK(read_url(url).server.host.empty());
  }
  text_writer out;
  write_clean_url(out, "http://h:81/@scope/a:b");
  CHECK(out.view() == "http://h:81/@scope/a:b");
}

TEST_CASE("a client's span: its URL opens no doors, and from 400 on the call has failed") {
  testing::capture taken;
  {
    http_client_span span{{.method = "POST", .url = "https://me:secret@api.example/v1?sig=abc&page=2#top", .resend = 2, .body_size = 5}};
    span.set_response(404, 9);
  }
  {
    http_client_span span{{.url = "http://api.example:81/"}};
    span.set_response(302);
  }
  {
    http_client_span span{{.url = "http://api.example/"}};
    span.set_failure("timeout", "no answer within 5 s");
  }
  CHECK(taken.tree() ==
        "POST [client] ERROR http.request.method=\"POST\" url.full=\"https://REDACTED:REDACTED@api.example/v1?sig=REDACTED&page=2\" server.address=\"api.example\" "
        "server.port=443 http.request.body.size=5 http.request.resend_count=2 http.response.status_code=404 http.response.body.size=9 "
        "error.type=\"404\"\n"
        "GET [client] http.request.method=\"GET\" url.full=\"http://api.example:81/\" server.address=\"api.example\" server.port=81 "
        "http.response.status_code=302\n"
        "GET [client] ERROR \"no answer within 5 s\" http.request.method=\"GET\" url.full=\"http://api.example/\" server.address=\"api.example\" "
        "server.port=80 error.type=\"timeout\"\n");
}

TEST_CASE("what is called within a client's span carries its context") {
  testing::capture taken;
  std::string header;
  {
    http_client_span const span{{.url = "http://api.example/"}};
    inject([&](std::string_view name, std::string_view text) {
      if (name == "traceparent") header = text;
    });
  }
  CHECK(header.substr(36, 16) == taken.spans()[0].span_id.hex().view());
}

TEST_CASE("a sampler sees a server's request") {
  std::string seen;
  testing::capture taken{{.sampler = sampler{[&](sampling_question const& asked) {
                            seen = asked.name;
                            for (std::size_t i = 0; i < asked.attribute_count; ++i) seen.append(" ").append(asked.attributes[i].key);
                            return sampling_decision::drop;
                          }}}};
  { http_server_span const span{{.method = "PUT", .target = "/x", .host = "h", .peer_address = "::1"}, {}}; }
  CHECK(seen == "PUT http.request.method url.scheme url.path server.address server.port client.address");
}

TEST_CASE("without a pipeline nothing is recorded, and the trace is passed on") {
  context const caller{trace_id{{1}}, span_id{{2}}, trace_flag::sampled, true};
  http_server_span span{{.method = "GET", .target = "/"}, caller};
  span.set_route("/");
  span.set_response(200);
  CHECK(current().trace_id() == caller.trace_id());
}

TEST_CASE("a list of methods stands in for the standards', at servers and clients") {
  CHECK(known_method("PROPFIND", "GET, PROPFIND") == "PROPFIND");
  CHECK(known_method("GET", "GET, PROPFIND") == "GET");
  CHECK(known_method("POST", "GET, PROPFIND") == "_OTHER");
  CHECK(known_method("", ",") == "_OTHER");
  testing::capture taken;
  {
    http_server_span span{{.method = "PROPFIND", .target = "/dav"}, {}, {.access_logger = "", .known_methods = "GET,PROPFIND"}};
    span.set_route("/dav");
  }
  { http_client_span span{{.method = "POST", .url = "http://h/", .known_methods = "GET"}}; }
  CHECK(taken.spans()[0].name == std::string_view{"PROPFIND /dav"});
  CHECK(taken.spans()[0].find("http.request.method").as_text() == "PROPFIND");
  CHECK(taken.spans()[0].find("http.request.method_original").kind() == value_kind::empty);
  CHECK(taken.spans()[1].name == std::string_view{"HTTP"});
  CHECK(taken.spans()[1].find("http.request.method_original").as_text() == "POST");
}

namespace {
/// Of one server's span and one client's: the name, the method, and what it was.
std::string methods_seen(config how, std::string_view method, http_server_options const& server = {}, std::string_view client = {}) {
  auto const kept = std::make_shared<memory>();
  how.exporters = {kept};
  how.detect_resource = false;
  pipeline running{std::move(how)};
  with_default const here{running};
  { http_server_span span{{.method = method, .target = "/"}, {}, server}; }
  { http_client_span span{{.method = method, .url = "http://h/", .known_methods = client}}; }
  CHECK(running.flush(std::chrono::seconds{5}));
  std::string out;
  for (auto const& spans : kept->spans())
    for (auto const& span : spans) {
      auto const original = span.find("http.request.method_original");
      out.append(span.name).append(" ").append(span.find("http.request.method").as_text());
      out.append(original.kind() == value_kind::text ? " of " : "").append(original.as_text()).append(";");
    }
  return out;
}
}  // namespace

TEST_CASE("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS stands in for the standards', and gives way to code") {
  auto const brewing = [] {
    config out;
    out.instead.environment = [](std::string const& name) -> std::optional<std::string> {
      if (name == "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS") return "GET, BREW";
      return std::nullopt;
    };
    return out;
  };
  CHECK(methods_seen({}, "BREW") == "HTTP _OTHER of BREW;HTTP _OTHER of BREW;");
  CHECK(methods_seen(brewing(), "BREW") == "BREW BREW;BREW BREW;");
  CHECK(methods_seen(brewing(), "brew") == "HTTP _OTHER of brew;HTTP _OTHER of brew;");
  CHECK(methods_seen(brewing(), "POST") == "HTTP _OTHER of POST;HTTP _OTHER of POST;");  // it replaces, and does not add
  auto coded = brewing();
  coded.known_http_methods = {"POST"};
  CHECK(methods_seen(coded, "POST") == "POST POST;POST POST;");
  CHECK(methods_seen(coded, "BREW") == "HTTP _OTHER of BREW;HTTP _OTHER of BREW;");
  CHECK(methods_seen(coded, "BREW", {.known_methods = "BREW"}) == "BREW BREW;HTTP _OTHER of BREW;");
  CHECK(methods_seen(coded, "BREW", {}, "BREW") == "HTTP _OTHER of BREW;BREW BREW;");
}

TEST_CASE("a target that is a whole URL says which server was meant, whatever the header Host says") {
  testing::capture taken;
  { http_server_span span{{.method = "GET", .target = "http://shop.example:8080/a/b?q=http://x", .host = "other"}, {}}; }
  { http_server_span span{{.method = "GET", .target = "/go?to=http://x/y", .host = "app"}, {}}; }
  { http_server_span span{{.method = "OPTIONS", .target = "*", .host = "app"}, {}}; }
  auto const spans = taken.spans();
  CHECK(spans[0].find("url.path").as_text() == "/a/b");
  CHECK(spans[0].find("url.query").as_text() == "q=http://x");
  CHECK(spans[0].find("server.address").as_text() == "shop.example");
  CHECK(spans[0].find("server.port").as_int64() == 8080);
  CHECK(spans[1].find("url.path").as_text() == "/go");
  CHECK(spans[1].find("server.address").as_text() == "app");
  CHECK(spans[2].find("url.path").as_text() == "*");
}

TEST_CASE("of a target that is a whole URL the access log has the path and the query") {
  testing::capture taken;
  for (auto const* const target : {"http://me:secret@h/a?b=1", "http://me:secret@h?b=1", "http://me:secret@h/a"}) {
    http_server_span span{{.method = "GET", .target = target}, {}};
    span.set_response(200);
  }
  auto const logs = taken.logs();
  REQUIRE(logs.size() == 3);
  CHECK(logs[0].find("url.path").as_text() == "/a");
  CHECK(logs[0].find("url.query").as_text() == "b=1");
  CHECK(logs[1].find("url.query").as_text() == "b=1");
  CHECK(logs[2].find("url.path").as_text() == "/a");
  CHECK(taken.tree().find("secret") == std::string::npos);
}

TEST_CASE("proxies of one's own say by X-Forwarded or by Forwarded what was asked for, and the other form is not believed") {
  CHECK(forwarded_pair("For=\"[2001:db8::1]:4711\" ; Proto=https;host=a.example:444", "for") == "[2001:db8::1]:4711");
  CHECK(forwarded_pair("for=192.0.2.7;proto=https;HOST=a.example:444", "host") == "a.example:444");
  CHECK(forwarded_pair("for=192.0.2.7", "proto").empty());
  CHECK(forwarded_pair("nonsense;;=", "for").empty());
  testing::capture taken;
  http_server_request const request{.method = "GET", .target = "/", .host = "inner:8080", .forwarded_for = "203.0.113.9, 10.0.0.2",
                                    .forwarded_proto = "https", .forwarded_host = "shop.example",
                                    .forwarded = "for=6.6.6.6;host=evil.example, for=\"[2001:db8::1]:4711\";proto=https;host=real.example",
                                    .peer_address = "10.0.0.1"};
  { http_server_span span{request, {}, {.proxies = 2}}; }
  { http_server_span span{request, {}, {.proxies = 1, .standard_forwarded = true}}; }
  { http_server_span span{request, {}}; }
  auto const spans = taken.spans();
  auto const seen = [&](std::size_t i) {
    return std::string{spans[i].find("client.address").as_text()} + " " + std::string{spans[i].find("url.scheme").as_text()} + " " +
           std::string{spans[i].find("server.address").as_text()} + " " + std::to_string(spans[i].find("server.port").as_int64());
  };
  CHECK(seen(0) == "203.0.113.9 https shop.example 443");
  CHECK(seen(1) == "2001:db8::1 https real.example 443");
  CHECK(seen(2) == "10.0.0.1 http inner 8080");
}

TEST_CASE("headers that are named are kept in small letters, as lists, an answer says how it came") {
  testing::capture taken;
  {
    http_server_span span{{.method = "GET", .target = "/"}, {}, {.access_logger = ""}};
    span.set_request_header("X-Tenant", {"acme", "other"});
    span.set_response_header("Cache-Control", {"no-store"});
    span.set_response({.status = 200, .body_size = 3});
    span.set_failure("write_failed", "the peer has gone");
  }
  {
    http_client_span span{{.url = "http://h.example/users/7", .url_template = "/users/{id}"}};
    span.set_response({.status = 201, .body_size = 9, .version = "2", .peer_address = "192.0.2.1", .peer_port = 80});
    span.set_response_header("ETag", {"abc"});
  }
  CHECK(taken.tree() ==
        "GET [server] ERROR \"the peer has gone\" http.request.method=\"GET\" url.scheme=\"http\" url.path=\"/\" "
        "http.request.header.x-tenant=[\"acme\", \"other\"] http.response.header.cache-control=[\"no-store\"] "
        "http.response.status_code=200 http.response.body.size=3 error.type=\"write_failed\"\n"
        "GET /users/{id} [client] http.request.method=\"GET\" url.full=\"http://h.example/users/7\" server.address=\"h.example\" server.port=80 "
        "url.template=\"/users/{id}\" network.protocol.version=\"2\" network.peer.address=\"192.0.2.1\" network.peer.port=80 "
        "http.response.status_code=201 http.response.body.size=9 http.response.header.etag=[\"abc\"]\n");
}
