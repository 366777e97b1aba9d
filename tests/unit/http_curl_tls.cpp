// The transport on libcurl over TLS: whom it trusts, how it shows who it is, and what it says when either goes wrong.
#include "support/fault_server.hpp"

#include <fanlight/impl/http.hpp>

#include "catch.hpp"

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using test::behaviour;
namespace detail = fanlight::detail;
using detail::http_failure;
using steady = std::chrono::steady_clock;

#define NEEDS_TLS() \
  if (!test::has_tls()) SKIP("built without OpenSSL")

namespace {

[[nodiscard]] detail::http_options trusting(std::string const& ca_file) {
  ::setenv("no_proxy", "*", 1);
  detail::http_options out;
  out.ca_file = ca_file;
  return out;
}

[[nodiscard]] detail::http_answer send(std::string const& url, detail::http_options const& how, steady::duration time = 60s) {
  detail::http_request what;
  what.url = url;
  what.headers = {{"Authorization", "Bearer hunter2"}};
  what.body = "spans";
  return detail::curl_transport(how)->send(what, steady::now() + time);
}

[[nodiscard]] std::shared_ptr<test::tls_identity> identity(test::authority& by, std::string const& name,
                                                           std::string const& client_ca = {}) {
  return std::make_shared<test::tls_identity>(by.issue(name), client_ca);
}

}  // namespace

TEST_CASE("a server of a known authority and the right name is trusted") {
  NEEDS_TLS();
  test::authority ours;
  test::fault_server server{identity(ours, "IP:127.0.0.1")};
  server.always(behaviour::answer(200, {}, "accepted"));
  auto const transport = detail::curl_transport(trusting(ours.file()));
  detail::http_request what;
  what.url = server.url("/v1/traces");
  std::string const body(300'000, 'b');
  what.body = body;
  for (int i = 0; i < 20; ++i) {
    auto const answer = transport->send(what, steady::now() + 60s);
    INFO(answer.what);
    REQUIRE(answer.status == 200);
    REQUIRE(answer.body == "accepted");
  }
  CHECK(server.connections() == 1);
  CHECK(server.requests().back().body == body);
}

TEST_CASE("a server of the wrong name is turned away before it hears a word") {
  NEEDS_TLS();
  test::authority ours;
  test::fault_server server{identity(ours, "DNS:somebody.example")};
  auto const answer = send(server.url(), trusting(ours.file()));
  CHECK(answer.failed == http_failure::certificate);
  CHECK_THAT(answer.what, ContainsSubstring(server.url("")) && ContainsSubstring("certificate") && !ContainsSubstring("hunter2"));
  CHECK(server.wait_for_ends(1));
  CHECK(server.requests().empty());
}

TEST_CASE("a server of an unknown authority is turned away") {
  NEEDS_TLS();
  test::authority ours, theirs;  // of the same name: only the keys differ
  test::fault_server server{identity(theirs, "IP:127.0.0.1")};
  CHECK(send(server.url(), trusting(ours.file())).failed == http_failure::certificate);
  CHECK(send(server.url(), trusting({})).failed == http_failure::certificate);
  CHECK(server.wait_for_ends(2));
  CHECK(server.requests().empty());
}

TEST_CASE("verification can be switched off in code") {
  NEEDS_TLS();
  test::authority theirs;
  test::fault_server server{identity(theirs, "DNS:somebody.example")};
  auto how = trusting({});
  how.verify = false;
  CHECK(send(server.url(), how).status == 200);
}

TEST_CASE("a client certificate is shown to who asks for it") {
  NEEDS_TLS();
  test::authority ours, theirs;
  test::fault_server server{identity(ours, "IP:127.0.0.1", ours.file())};
  auto how = trusting(ours.file());
  auto const nobody = send(server.url(), how);
  CHECK(nobody.failed == http_failure::certificate);
  CHECK_THAT(nobody.what, ContainsSubstring("client certificate"));

  auto const wrong = theirs.issue("DNS:client");
  how.client_certificate = wrong.file, how.client_key = wrong.key;
  CHECK(send(server.url(), how).failed == http_failure::certificate);
  CHECK(server.requests().empty());

  auto const right = ours.issue("DNS:client");
  how.client_certificate = right.file, how.client_key = right.key;
  auto const answer = send(server.url(), how);
  INFO(answer.what);
  CHECK(answer.status == 200);
}

TEST_CASE("files that are not there are told of") {
  NEEDS_TLS();
  test::authority ours;
  test::fault_server server{identity(ours, "IP:127.0.0.1")};
  auto const no_authority = send(server.url(), trusting("/nonexistent/ca.pem"));
  CHECK(no_authority.failed == http_failure::certificate);
  CHECK_THAT(no_authority.what, ContainsSubstring("/nonexistent/ca.pem"));
  auto how = trusting(ours.file());
  how.client_certificate = "/nonexistent/client.pem";
  auto const no_client = send(server.url(), how);
  CHECK(no_client.failed == http_failure::certificate);
  CHECK_THAT(no_client.what, ContainsSubstring("certificate"));
  CHECK(server.requests().empty());
}

TEST_CASE("a handshake that is interrupted may be tried again") {
  NEEDS_TLS();
  test::authority ours;
  test::fault_server server{identity(ours, "IP:127.0.0.1")};
  SECTION("by closing") { server.next(behaviour::hang_up()); }
  SECTION("by a reset") { server.next(behaviour::reset_early()); }
  auto const transport = detail::curl_transport(trusting(ours.file()));
  detail::http_request what;
  what.url = server.url();
  auto const answer = transport->send(what, steady::now() + 60s);
  INFO(answer.what);
  CHECK(answer.failed == http_failure::broken);
  CHECK(transport->send(what, steady::now() + 60s).status == 200);
}

TEST_CASE("a handshake that hangs ends at the deadline") {
  NEEDS_TLS();
  test::authority ours;
  test::fault_server server{identity(ours, "IP:127.0.0.1")};
  server.always(behaviour::hang_early());
  CHECK(send(server.url(), trusting(ours.file()), 50ms).failed == http_failure::timed_out);
  auto how = trusting(ours.file());
  how.connect_timeout = 50ms;
  auto const answer = send(server.url(), how);
  CHECK(answer.failed == http_failure::timed_out);
  CHECK_THAT(answer.what, ContainsSubstring(server.url("")));
}

TEST_CASE("a TLS connection that breaks in the answer") {
  NEEDS_TLS();
  test::authority ours;
  test::fault_server server{identity(ours, "IP:127.0.0.1")};
  SECTION("cut") { server.always(behaviour::cut(200, {}, std::string(1000, 'b'), 10)); }
  SECTION("closed") { server.always(behaviour::close()); }
  SECTION("reset") { server.always(behaviour::reset()); }
  CHECK(send(server.url(), trusting(ours.file())).failed == http_failure::broken);
}

TEST_CASE("a TLS answer without end is left unread") {
  NEEDS_TLS();
  test::authority ours;
  test::fault_server server{identity(ours, "IP:127.0.0.1")};
  server.always(behaviour::endless());
  CHECK(send(server.url(), trusting(ours.file())).failed == http_failure::too_large);
  CHECK(server.wait_for_ends(1));
  CHECK(server.bytes_taken() < 50'000'000);
}

TEST_CASE("https where http is spoken is told") {
  test::fault_server plain;
  plain.always(behaviour::hang_up("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));
  std::string const place = "https://127.0.0.1:" + std::to_string(plain.port());
  auto const answer = send(place + "/v1/traces", trusting({}));
  CHECK(answer.failed == http_failure::other);
  CHECK_THAT(answer.what, ContainsSubstring(place) && ContainsSubstring("speaks no TLS"));
}

TEST_CASE("http where https is spoken is a connection that breaks") {
  NEEDS_TLS();
  test::authority ours;
  test::fault_server server{identity(ours, "IP:127.0.0.1")};
  CHECK(send("http://127.0.0.1:" + std::to_string(server.port()), trusting({})).failed == http_failure::broken);
}
