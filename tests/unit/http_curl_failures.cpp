// The transport on libcurl against servers that are not there or misbehave: which failure it is, and what is said of it.
#include "support/http_kit.hpp"

#include "catch.hpp"

using Catch::Matchers::ContainsSubstring;
using fanlight::detail::http_failure;
using test::behaviour;
using test::direct;
using test::post;
using test::send;
namespace detail = fanlight::detail;

TEST_CASE("nobody listens") {
  test::fault_server gone;
  gone.stop();
  auto const answer = send(post(gone.url("/v1/traces")));
  CHECK(answer.failed == http_failure::refused);
  CHECK(answer.status == 0);
  CHECK_THAT(answer.what, ContainsSubstring("127.0.0.1") && ContainsSubstring("is the server running"));
}

TEST_CASE("the name has no address") {
  auto const answer = send(post("http://collector.invalid:4318/v1/traces"));
  CHECK(answer.failed == http_failure::not_resolved);
  CHECK_THAT(answer.what, ContainsSubstring("http://collector.invalid:4318"));
}

TEST_CASE("connections that break") {
  test::fault_server server;
  SECTION("closed without an answer") { server.always(behaviour::close()); }
  SECTION("reset") { server.always(behaviour::reset()); }
  SECTION("reset at once") { server.always(behaviour::reset_early()); }
  SECTION("closed at once") { server.always(behaviour::hang_up()); }
  SECTION("cut in the body") { server.always(behaviour::cut(200, {}, std::string(1000, 'b'), 10)); }
  SECTION("cut in the headers") { server.always(behaviour::raw("HTTP/1.1 200 OK\r\nContent-Le")); }
  SECTION("cut in a chunk") { server.always(behaviour::raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nsome")); }
  auto const answer = send(post(server.url()));
  CHECK(answer.failed == http_failure::broken);
  CHECK(answer.body.empty());
  CHECK_THAT(answer.what, ContainsSubstring(server.url("")) && ContainsSubstring("broke"));
}

TEST_CASE("an error whose body is cut short is still an answer") {
  test::fault_server server;
  server.always(behaviour::cut(503, {{"Retry-After", "9"}}, std::string(1000, 'b'), 10));
  auto const answer = send(post(server.url()));
  CHECK(answer.failed == http_failure::none);
  CHECK(answer.status == 503);
  CHECK(*answer.header("retry-after") == "9");
  CHECK(answer.body == std::string(10, 'b'));
  CHECK(answer.cut_short);
  server.always(behaviour::answer(503));
  CHECK_FALSE(send(post(server.url())).cut_short);
}

TEST_CASE("what answers speaks no HTTP") {
  test::fault_server server;
  SECTION("bytes of HTTP/2, as of a gRPC port") { server.always(behaviour::raw(std::string{"\0\0\6\4\0\0\0\0\0\0\5\0\0@\0", 15})); }
  SECTION("text") { server.always(behaviour::raw("220 mail.example.com ESMTP ready\r\n")); }
  auto const answer = send(post(server.url()));
  CHECK(answer.failed == http_failure::other);
  CHECK_THAT(answer.what, ContainsSubstring(server.url("")) && ContainsSubstring("speaks no HTTP"));
}

TEST_CASE("an answer over the cap is left unread") {
  test::fault_server server;
  auto how = direct();
  how.response_cap = 100'000;
  SECTION("that has no end") { server.always(behaviour::endless()); }
  SECTION("of four gigabytes, as it says") { server.always(behaviour::endless(200, {{"Content-Length", "4294967296"}})); }
  SECTION("that is an error") { server.always(behaviour::endless(500)); }
  SECTION("of headers alone") { server.always(behaviour::endless_headers()); }
  SECTION("of one long header") { server.always(behaviour::raw("HTTP/1.1 200 OK\r\nX-Long: " + std::string(1'000'000, 'x') + "\r\n\r\n")); }
  auto const answer = send(post(server.url()), how);
  CHECK(answer.failed == http_failure::too_large);
  CHECK(answer.body.empty());
  CHECK_THAT(answer.what, ContainsSubstring(server.url("")) && ContainsSubstring("larger"));
  CHECK(server.wait_for_ends(1));
  CHECK(server.bytes_taken() < 50'000'000);  // what buffers between the two hold
}

TEST_CASE("an answer of just the cap is read") {
  test::fault_server server;
  auto how = direct();
  how.response_cap = 100'000;
  server.next(behaviour::answer(200, {}, std::string(100'000, 'b')));
  server.next(behaviour::answer(200, {}, std::string(100'001, 'b')));
  CHECK(send(post(server.url()), how).body.size() == 100'000);
  CHECK(send(post(server.url()), how).failed == http_failure::too_large);
}

TEST_CASE("URLs that are none of HTTP") {
  for (std::string const url : {"", "localhost:4318", "/v1/traces", "ftp://127.0.0.1/", "file:///etc/passwd", "http://", "http://a b/",
                                "http://[::1/", "http://127.0.0.1:99999/", "gopher://user:hunter2@host/?key=hunter2",
                                "http://user:hunt er2@127.0.0.1/", "http://127.0.0.1/\r\nX-Injected: 1"}) {
    auto const answer = send(post(url));
    INFO(url);
    CHECK(answer.failed == http_failure::bad_url);
    CHECK_THAT(answer.what, ContainsSubstring("http://host:port/path"));
    CHECK_THAT(answer.what, !ContainsSubstring("hunter2") && !ContainsSubstring("hunt"));
  }
}

TEST_CASE("headers that would break a request up are not sent") {
  test::fault_server server;
  for (auto const& header : {detail::http_header{"X-Key", "secret\r\nX-Injected: 1"}, detail::http_header{"X-Key", "secret\n"},
                             detail::http_header{"X-Key", std::string{"sec\0ret", 7}}, detail::http_header{"X Key", "secret"},
                             detail::http_header{"", "secret"}, detail::http_header{"X-Key:", "secret"}}) {
    auto what = post(server.url());
    what.headers.push_back(header);
    auto const answer = send(what);
    CHECK(answer.failed == http_failure::other);
    CHECK_THAT(answer.what, ContainsSubstring("nothing was sent") && !ContainsSubstring("sec"));
  }
  auto what = post(server.url());
  what.method = "POST / HTTP/1.1\r\n";
  CHECK(send(what).failed == http_failure::other);
  CHECK(server.connections() == 0);
}

TEST_CASE("no failure tells a secret") {
  test::fault_server server;
  auto what = post("http://name:hunter2@127.0.0.1:" + std::to_string(server.port()) + "/v1?key=sesame42");
  what.headers.push_back({"Authorization", "Bearer hunter2"});
  std::vector<behaviour> const all{behaviour::close(),
                                   behaviour::reset(),
                                   behaviour::raw("hunter2 sesame42\r\n"),
                                   behaviour::raw("HTTP/1.1 200 OK\r\nBearer hunter2\r\n\r\n"),
                                   behaviour::endless(),
                                   behaviour::cut(200, {}, "hunter2 sesame42", 7)};
  auto how = direct();
  how.response_cap = 1000;
  for (auto const& one : all) {
    server.next(one);
    auto const answer = send(what, how);
    INFO(answer.what);
    CHECK((answer.failed != http_failure::none) == !answer.what.empty());
    CHECK(answer.what.find("hunter2") == std::string::npos);
    CHECK(answer.what.find("sesame42") == std::string::npos);
    CHECK(answer.what.find("name:") == std::string::npos);
  }
  server.stop();
  auto const refused = send(what).what;
  CHECK_THAT(refused, ContainsSubstring("127.0.0.1") && !ContainsSubstring("hunter2") && !ContainsSubstring("sesame42"));
}
