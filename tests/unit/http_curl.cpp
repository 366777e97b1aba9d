// The transport on libcurl: what goes out, what comes back, connections, deadlines, proxies. Failures and TLS have files of their own.
#include "support/http_kit.hpp"

#include "catch.hpp"

#include <sys/wait.h>
#include <unistd.h>

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using fanlight::detail::http_failure;
using test::behaviour;
using test::direct;
using test::patience;
using test::post;
using test::send;
namespace detail = fanlight::detail;
using steady = std::chrono::steady_clock;

TEST_CASE("a request arrives as it was given, and its answer comes back") {
  test::fault_server server;
  server.next(behaviour::answer(200, {{"Content-Type", "application/x-protobuf"}, {"X-Thing", "a, b; c=\"d\""}}, std::string{"\0\1\2", 3}));
  auto how = direct();
  how.user_agent = "fanlight/0 test";
  auto what = post(server.url("/v1/traces?x=1"), std::string_view{"\0body\xFF", 6});
  what.headers.push_back({"X-Special", "q=\"1\", a:b;c % \\ \xC3\xA4 ,"});
  what.headers.push_back({"X-Empty", ""});
  what.headers.push_back({"X-Semicolon", ";"});
  auto const answer = send(what, how);
  CHECK(answer.failed == http_failure::none);
  CHECK(answer.what.empty());
  CHECK(answer.status == 200);
  CHECK(answer.body == std::string{"\0\1\2", 3});
  REQUIRE(answer.header("x-thing") != nullptr);
  CHECK(*answer.header("x-thing") == "a, b; c=\"d\"");

  auto const seen = server.requests();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].method == "POST");
  CHECK(seen[0].target == "/v1/traces?x=1");
  CHECK(seen[0].body == std::string{"\0body\xFF", 6});
  CHECK(*seen[0].header("content-type") == "application/x-protobuf");
  CHECK(*seen[0].header("content-length") == "6");
  CHECK(*seen[0].header("user-agent") == "fanlight/0 test");
  CHECK(*seen[0].header("x-special") == "q=\"1\", a:b;c % \\ \xC3\xA4 ,");
  REQUIRE(seen[0].header("x-empty") != nullptr);
  CHECK(seen[0].header("x-empty")->empty());
  CHECK(*seen[0].header("x-semicolon") == ";");
  CHECK(seen[0].header("expect") == nullptr);
  CHECK(seen[0].header("accept-encoding") == nullptr);
}

TEST_CASE("other methods, with a body and without") {
  test::fault_server server;
  auto const transport = detail::curl_transport(direct());
  for (std::string const method : {"POST", "GET", "PUT", "DELETE", "HEAD", "POST"}) {
    detail::http_request what;
    what.method = method;
    what.url = server.url("/" + method);
    if (method == "PUT") what.body = "put";
    auto const answer = transport->send(what, steady::now() + patience);
    CHECK(answer.failed == http_failure::none);
    auto const seen = server.take_requests();
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].method == method);
    CHECK(seen[0].target == "/" + method);
    CHECK(seen[0].body == what.body);
    CHECK(seen[0].header("content-type") == nullptr);  // nobody gave one
    CHECK((seen[0].header("content-length") != nullptr) == (method == "POST" || method == "PUT"));
  }
  CHECK(server.connections() == 1);
}

TEST_CASE("an empty body is sent as one") {
  test::fault_server server;
  CHECK(send(post(server.url(), {})).status == 200);
  auto const seen = server.requests();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].body.empty());
  CHECK(*seen[0].header("content-length") == "0");
}

TEST_CASE("a body of ten megabytes arrives whole") {
  test::fault_server server;
  std::string body(10'000'000, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 2654435761u >> 13);
  CHECK(send(post(server.url(), body)).status == 200);
  auto const seen = server.requests();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].body.size() == body.size());
  CHECK(seen[0].body == body);
  CHECK(seen[0].header("expect") == nullptr);
}

TEST_CASE("a hundred requests take one connection") {
  test::fault_server server;
  auto const transport = detail::curl_transport(direct());
  std::string const text(5000, 'b');
  server.always(behaviour::answer(200, {}, "accepted"));
  for (int i = 0; i < 100; ++i) {
    auto const answer =
        transport->send(post(server.url("/" + std::to_string(i % 3)), std::string_view{text}.substr(0, 50u * static_cast<unsigned>(i))),
                        steady::now() + patience);
    REQUIRE(answer.status == 200);
    REQUIRE(answer.body == "accepted");
  }
  CHECK(server.connections() == 1);
  auto const seen = server.requests();
  REQUIRE(seen.size() == 100);
  CHECK(seen[99].body.size() == 4950);
  CHECK(seen[99].target == "/0");
}

TEST_CASE("errors and redirects are answers, and keep the connection") {
  test::fault_server server;
  auto const transport = detail::curl_transport(direct());
  server.next(behaviour::answer(503, {{"Retry-After", "3"}}, "<html>busy</html>"), 5);
  server.next(behaviour::answer(429, {{"Retry-After", "Fri, 31 Dec 1999 23:59:59 GMT"}}));
  server.next(behaviour::answer(401, {}, "no"));
  for (int i = 0; i < 5; ++i) {
    auto const busy = transport->send(post(server.url()), steady::now() + patience);
    CHECK(busy.failed == http_failure::none);
    CHECK(busy.status == 503);
    CHECK(*busy.header("retry-after") == "3");
    CHECK(busy.body == "<html>busy</html>");
  }
  CHECK(*transport->send(post(server.url()), steady::now() + patience).header("Retry-After") == "Fri, 31 Dec 1999 23:59:59 GMT");
  CHECK(transport->send(post(server.url()), steady::now() + patience).status == 401);
  CHECK(server.connections() == 1);
}

TEST_CASE("a redirect is not followed, and tells where it goes") {
  test::fault_server elsewhere, server;
  for (int const status : {301, 302, 303, 307, 308}) {
    server.next(behaviour::answer(status, {{"Location", elsewhere.url("/other")}}));
    auto const answer = send(post(server.url()));
    CHECK(answer.failed == http_failure::none);
    CHECK(answer.status == status);
    REQUIRE(answer.header("location") != nullptr);
    CHECK(*answer.header("location") == elsewhere.url("/other"));
  }
  CHECK(elsewhere.connections() == 0);
  CHECK(server.requests().size() == 5);
}

TEST_CASE("a server that closes the kept connection is met on a fresh one") {
  test::fault_server server;
  auto const transport = detail::curl_transport(direct());
  server.next(behaviour::answer_and_close(200), 3);
  for (unsigned i = 1; i <= 4; ++i) {
    auto const answer = transport->send(post(server.url()), steady::now() + patience);
    CHECK(answer.failed == http_failure::none);
    CHECK(answer.status == 200);
    if (i <= 3) REQUIRE(server.wait_for_ends(i));
  }
  CHECK(server.connections() == 4);
  CHECK(server.requests().size() == 4);
}

TEST_CASE("a kept connection that dies under a request is replaced without a word") {
  test::fault_server server;
  auto const transport = detail::curl_transport(direct());
  server.next(behaviour::answer(200));
  server.next(behaviour::close());
  CHECK(transport->send(post(server.url()), steady::now() + patience).status == 200);
  auto const answer = transport->send(post(server.url()), steady::now() + patience);
  CHECK(answer.failed == http_failure::none);
  CHECK(answer.status == 200);
  CHECK(server.connections() == 2);
}

TEST_CASE("100 Continue and other early answers are passed over") {
  test::fault_server server;
  server.next(
      behaviour::raw("HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\nHTTP/1.1 200 OK\r\nX-Late: 1\r\nContent-Length: 2\r\n\r\nok", true));
  auto const answer = send(post(server.url()));
  CHECK(answer.status == 200);
  CHECK(answer.body == "ok");
  CHECK(answer.header("x-early") == nullptr);
  CHECK(answer.header("x-late") != nullptr);
}

TEST_CASE("no answer in time") {
  test::fault_server server;
  server.always(behaviour::never());
  auto const begin = steady::now();
  auto const answer = send(post(server.url()), direct(), 50ms);
  CHECK(answer.failed == http_failure::timed_out);
  CHECK(steady::now() - begin >= 50ms);
  CHECK(steady::now() - begin < 20s);
  CHECK_THAT(answer.what, ContainsSubstring(server.url("")) && ContainsSubstring("in time"));
  CHECK(server.wait_for_ends(1));  // it is not kept
}

TEST_CASE("an answer that trickles in does not outlive the deadline") {
  test::fault_server server;
  server.always(behaviour::raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome", true));
  auto const answer = send(post(server.url()), direct(), 50ms);
  CHECK(answer.failed == http_failure::timed_out);
  CHECK(answer.body.empty());
}

TEST_CASE("a deadline that has passed sends nothing") {
  test::fault_server server;
  auto const transport = detail::curl_transport(direct());
  for (auto const until : {steady::now(), steady::now() - 1h, steady::time_point::min()})
    CHECK(transport->send(post(server.url()), until).failed == http_failure::timed_out);
  CHECK(server.connections() == 0);
  server.next(behaviour::answer(503));
  CHECK(transport->send(post(server.url()), steady::time_point::max()).status == 503);
  auto const late = transport->send(post(server.url()), steady::now());
  CHECK(late.failed == http_failure::timed_out);
  CHECK(late.status == 0);  // and not that of the request before
  CHECK(server.requests().size() == 1);
}

TEST_CASE("a request that hangs is ended from another thread at once") {
  test::fault_server server;
  server.always(behaviour::never());
  auto const transport = detail::curl_transport(direct());
  bool arrived = false;
  std::thread other{[&] {
    arrived = server.wait_for_requests(1);
    transport->hurry(steady::now());
  }};
  auto const begin = steady::now();
  auto const answer = transport->send(post(server.url()), begin + 1h);
  auto const took = steady::now() - begin;
  other.join();
  CHECK(arrived);
  CHECK(answer.failed == http_failure::hurried);
  CHECK_THAT(answer.what, ContainsSubstring(server.url("")));
  CHECK(took < 40s);
  CHECK(server.wait_for_ends(1));

  CHECK(transport->send(post(server.url()), steady::now() + 1h).failed == http_failure::hurried);  // whatever comes, too
  CHECK(server.connections() == 1);
}

TEST_CASE("hurrying sets an end, and the earliest one holds") {
  test::fault_server server;
  auto const transport = detail::curl_transport(direct());
  transport->hurry(steady::now() + 1h);
  CHECK(transport->send(post(server.url()), steady::now() + 2h).status == 200);
  server.always(behaviour::never());
  transport->hurry(steady::now() + 50ms);
  transport->hurry(steady::now() + 1h);
  CHECK(transport->send(post(server.url()), steady::now() + 2h).failed == http_failure::hurried);
  transport->hurry(steady::time_point::min());
  CHECK(transport->send(post(server.url()), steady::now() + 2h).failed == http_failure::hurried);
}

TEST_CASE("a proxy gets the whole URL, and failures tell nothing of its password") {
  test::fault_server proxy;
  auto how = direct();  // no_proxy is for the proxies of the environment
  how.proxy = "http://name:hunter2@127.0.0.1:" + std::to_string(proxy.port());
  CHECK(send(post("http://collector.invalid:4318/v1/traces"), how).status == 200);
  auto const seen = proxy.take_requests();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].target == "http://collector.invalid:4318/v1/traces");
  CHECK(*seen[0].header("host") == "collector.invalid:4318");
  CHECK(*seen[0].header("proxy-authorization") == "Basic bmFtZTpodW50ZXIy");

  auto secret = post("https://collector.invalid/v1/traces");
  secret.headers.push_back({"X-Key", "sesame42"});
  proxy.next(behaviour::answer(407, {{"X-Of-Proxy", "1"}}));
  auto const forbidden = send(secret, how);
  CHECK(forbidden.failed == http_failure::other);
  CHECK_THAT(forbidden.what, ContainsSubstring("https://collector.invalid") && ContainsSubstring("proxy") && !ContainsSubstring("hunter2"));
  proxy.next(behaviour::answer(502));
  CHECK(send(secret, how).failed == http_failure::broken);
  auto const tunnels = proxy.requests();
  REQUIRE(tunnels.size() == 2);
  CHECK(tunnels[0].method == "CONNECT");
  CHECK(tunnels[0].target == "collector.invalid:443");
  CHECK(tunnels[0].header("x-key") == nullptr);

  for (std::string const bad :
       {"http://name:hunter2@proxy.invalid:1", "nonsense://name:hunter2@127.0.0.1:1", "http://name:hunter2@127.0.0.1:x"}) {
    how.proxy = bad;
    auto const answer = send(post("http://collector.invalid:4318/"), how);
    INFO(answer.what);
    CHECK(answer.failed != http_failure::none);
    CHECK(answer.what.find("hunter2") == std::string::npos);
  }
}

TEST_CASE("the environment's proxy is used where none was given, but for the hosts it leaves out") {
  test::fault_server proxy, server;
  detail::http_options const how;
  ::setenv("http_proxy", proxy.url("").c_str(), 1);
  ::setenv("no_proxy", "10.1.2.3,127.0.0.1", 1);
  CHECK(send(post("http://collector.invalid/"), how).status == 200);
  CHECK(proxy.requests().size() == 1);
  CHECK(send(post(server.url()), how).status == 200);
  CHECK(proxy.requests().size() == 1);
  CHECK(server.requests().size() == 1);
  ::unsetenv("http_proxy");
}

TEST_CASE("the child of a fork begins anew with a transport that its parent used") {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  SKIP("the sanitizers' allocators do not survive a fork while the server's thread may ask for memory");
#endif
  test::fault_server server;
  auto const transport = detail::curl_transport(direct());
  REQUIRE(transport->send(post(server.url()), steady::now() + patience).status == 200);
  auto const child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) ::_exit(transport->send(post(server.url()), steady::now() + patience).status == 200 ? 0 : 1);
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(transport->send(post(server.url()), steady::now() + patience).status == 200);
  auto const seen = server.requests();
  REQUIRE(seen.size() == 3);
  CHECK(seen[0].connection == 1);
  CHECK(seen[1].connection == 2);
  CHECK(seen[2].connection == 1);
}
