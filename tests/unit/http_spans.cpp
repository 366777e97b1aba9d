// Spans for HTTP by OpenTelemetry's conventions: names, attributes, status, whom to believe, and the access log.
#include <fanlight/http.hpp>
#include <fanlight/testing.hpp>

#include <string>

#include "catch.hpp"

using namespace fanlight;
using detail::forwarded_address;
using detail::known_method;
using detail::read_url;
using detail::split_host;

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
        "POST [client] ERROR http.request.method=\"POST\" url.full=\"https://api.example/v1?sig=REDACTED&page=2\" server.address=\"api.example\" "
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
