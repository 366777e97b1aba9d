// libcurl, traced: spans around one's own easy and multi handles, their context in the headers, phases as events.
#include <fanlight/testing.hpp>
#include <fanlight/trace.hpp>
#include <fanlight/with/curl.hpp>

#include <cstdlib>
#include <memory>
#include <string>

#include "catch.hpp"
#include "support/fault_server.hpp"

namespace fl = fanlight;
using fl::status_code;
using test::behaviour;

namespace {

struct easy_handle {
  explicit easy_handle(std::string const& url) {
    ::setenv("no_proxy", "*", 1);
    curl_easy_setopt(at, CURLOPT_URL, url.c_str());
    curl_easy_setopt(at, CURLOPT_WRITEFUNCTION, +[](char*, size_t size, size_t count, void*) { return size * count; });
    curl_easy_setopt(at, CURLOPT_TIMEOUT, 30L);
  }
  easy_handle(easy_handle const&) = delete;
  easy_handle& operator=(easy_handle const&) = delete;
  ~easy_handle() { curl_easy_cleanup(at); }
  CURL* at = curl_easy_init();
};

[[nodiscard]] std::string event_names(fl::span_record const& span) {
  std::string out;
  for (auto const& each : span.events()) out.append(out.empty() ? "" : " ").append(each.name);
  return out;
}

}  // namespace

TEST_CASE("a transfer has a span, and its context is in the headers beside the program's own") {
  test::fault_server server;
  server.next(behaviour::answer(200, {}, "hello"), 2);
  fl::testing::capture taken;
  easy_handle easy{server.url("/a?sig=secret&x=1")};
  auto* const own = curl_slist_append(nullptr, "X-Own: 1");
  curl_easy_setopt(easy.at, CURLOPT_HTTPHEADER, own);
  {
    fl::scoped_span const outer{"outer"};
    CHECK(fl::curl_perform(easy.at, {.headers = own}) == CURLE_OK);
  }
  CHECK(curl_easy_perform(easy.at) == CURLE_OK);  // the handle is as it was
  curl_slist_free_all(own);

  auto const requests = server.requests();
  REQUIRE(requests.size() == 2);
  auto const spans = taken.spans();
  auto const& span = spans["GET"];
  REQUIRE(requests[0].header("traceparent") != nullptr);
  CHECK(requests[0].header("traceparent")->substr(36, 16) == span.span_id.hex().view());
  CHECK(*requests[0].header("X-Own") == "1");
  CHECK(requests[1].header("traceparent") == nullptr);
  CHECK(*requests[1].header("X-Own") == "1");

  CHECK(span.kind == fl::span_kind::client);
  CHECK(span.parent_id == spans["outer"].span_id);
  CHECK(span.status == status_code::unset);
  CHECK(span.find("url.full").as_text() == server.url("/a?sig=REDACTED&x=1"));
  CHECK(span.find("http.request.method").as_text() == "GET");
  CHECK(span.find("server.address").as_text() == "127.0.0.1");
  CHECK(span.find("server.port").as_int64() == server.port());
  CHECK(span.find("network.peer.address").as_text() == "127.0.0.1");
  CHECK(span.find("network.protocol.version").as_text() == "1.1");
  CHECK(span.find("http.response.status_code").as_int64() == 200);
  CHECK(span.find("http.response.body.size").as_int64() == 5);
}

TEST_CASE("what curl measured becomes events between start and end") {
  test::fault_server server;
  fl::testing::capture taken;
  easy_handle easy{server.url()};
  CHECK(fl::curl_perform(easy.at) == CURLE_OK);
  auto const spans = taken.spans();
  CHECK(event_names(spans[0]).find("connect.done request.sent response.first_byte") != std::string::npos);  // a number needs no looking up
  auto before = spans[0].start;
  for (auto const& each : spans[0].events()) {
    CHECK(each.time >= before);
    CHECK(each.time <= spans[0].end);
    before = each.time;
  }
}

TEST_CASE("answers from 400 on, and failures of curl's, fail the span") {
  test::fault_server server;
  server.next(behaviour::answer(503));
  server.next(behaviour::close());
  fl::testing::capture taken;
  easy_handle easy{server.url()};
  CHECK(fl::curl_perform(easy.at, {.resend = 1}) == CURLE_OK);
  easy_handle again{server.url()};
  CHECK(fl::curl_perform(again.at, {.resend = 2}) == CURLE_GOT_NOTHING);
  server.stop();
  easy_handle late{server.url()};
  CHECK(fl::curl_perform(late.at) == CURLE_COULDNT_CONNECT);
  auto const spans = taken.spans();
  REQUIRE(spans.size() == 3);
  CHECK(spans[0].status == status_code::error);
  CHECK(spans[0].find("error.type").as_text() == "503");
  CHECK(spans[0].find("http.request.resend_count").as_int64() == 1);
  CHECK(spans[1].find("error.type").as_text() == "empty_answer");
  CHECK(spans[1].find("http.request.resend_count").as_int64() == 2);
  CHECK(spans[1].find("http.response.status_code").kind() == fl::value_kind::empty);
  CHECK(spans[2].find("error.type").as_text() == "connection_failed");
  CHECK(spans[2].status_message() == std::string_view{curl_easy_strerror(CURLE_COULDNT_CONNECT)});
}

TEST_CASE("a status that curl takes for a failure is a status all the same") {
  test::fault_server server;
  server.always(behaviour::answer(404));
  fl::testing::capture taken;
  easy_handle easy{server.url()};
  curl_easy_setopt(easy.at, CURLOPT_FAILONERROR, 1L);
  CHECK(fl::curl_perform(easy.at) == CURLE_HTTP_RETURNED_ERROR);
  CHECK(taken.spans()[0].find("error.type").as_text() == "404");
  CHECK(taken.spans()[0].status == status_code::error);
}

TEST_CASE("what is sent on elsewhere keeps its method, and a handle that is used again its URL") {
  test::fault_server server, other;
  server.always(behaviour::answer(307, {{"Location", other.url("/b")}}));
  other.always(behaviour::answer(200));
  fl::testing::capture taken;
  easy_handle easy{server.url("/a")};
  curl_easy_setopt(easy.at, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(easy.at, CURLOPT_POSTFIELDS, "12345");
  CHECK(fl::curl_perform(easy.at) == CURLE_OK);
  server.always(behaviour::answer(503));
  CHECK(fl::curl_perform(easy.at, {.resend = 1}) == CURLE_OK);
  auto const spans = taken.spans();
  REQUIRE(spans.size() == 2);
  CHECK(spans[0].name == std::string_view{"POST"});
  CHECK(spans[0].find("http.request.method").as_text() == "POST");
  CHECK(spans[0].find("url.full").as_text() == server.url("/a"));
  CHECK(spans[0].find("curl.redirects").as_int64() == 1);
  CHECK(spans[1].find("url.full").as_text() == server.url("/a"));
  CHECK(spans[1].find("server.port").as_int64() == server.port());
}

TEST_CASE("a URL of curl's own kind is known when it has been used, one in a query is not the server") {
  test::fault_server server;
  server.always(behaviour::answer(200));
  fl::testing::capture taken;
  auto* const url = curl_url();
  REQUIRE(curl_url_set(url, CURLUPART_URL, server.url("/a").c_str(), 0) == CURLUE_OK);
  easy_handle by_parts{""}, bare{server.url("/go?to=http://x/").substr(7)};
  curl_easy_setopt(by_parts.at, CURLOPT_URL, nullptr);
  curl_easy_setopt(by_parts.at, CURLOPT_CURLU, url);
  CHECK(fl::curl_perform(by_parts.at) == CURLE_OK);
  CHECK(fl::curl_perform(bare.at) == CURLE_OK);
  curl_url_cleanup(url);
  auto const spans = taken.spans();
  CHECK(spans[0].find("url.full").as_text() == server.url("/a"));
  CHECK(spans[0].find("server.address").as_text() == "127.0.0.1");
  CHECK(spans[1].find("url.full").as_text() == server.url("/go?to=http://x/"));
  CHECK(spans[1].find("server.address").as_text() == "127.0.0.1");
}

TEST_CASE("what curl's callbacks do belongs to the transfer") {
  test::fault_server server;
  server.always(behaviour::answer(200, {}, "hello"));
  fl::testing::capture taken;
  easy_handle easy{server.url()};
  curl_easy_setopt(easy.at, CURLOPT_WRITEFUNCTION, +[](char*, size_t size, size_t count, void*) {
    fl::info("piece");
    return size * count;
  });
  CHECK(fl::curl_perform(easy.at) == CURLE_OK);
  CHECK(taken.logs()["piece"].span_id == taken.spans()[0].span_id);
}

TEST_CASE("with a multi handle each transfer has its span, one that is given up says so") {
  test::fault_server server;
  server.always(behaviour::answer(200, {}, "hello"));
  fl::testing::capture taken;
  easy_handle one{server.url("/one")}, two{server.url("/two")}, never{server.url("/never")};
  curl_easy_setopt(two.at, CURLOPT_POSTFIELDS, "12345");
  auto* const multi = curl_multi_init();
  {
    fl::scoped_span const outer{"outer"};
    fl::curl_transfer first{one.at}, second{two.at, {.method = "POST"}}, third{never.at};
    curl_multi_add_handle(multi, one.at), curl_multi_add_handle(multi, two.at);
    int left = 2;
    while (left > 0) {
      int running = 0;
      REQUIRE(curl_multi_perform(multi, &running) == CURLM_OK);
      for (int more = 0; auto* const message = curl_multi_info_read(multi, &more);) {
        (message->easy_handle == one.at ? first : second).finish(message->data.result);
        curl_multi_remove_handle(multi, message->easy_handle);
        --left;
      }
      if (left > 0) REQUIRE(curl_multi_poll(multi, nullptr, 0, 1000, nullptr) == CURLM_OK);
    }
  }
  curl_multi_cleanup(multi);
  auto const spans = taken.spans();
  REQUIRE(spans.size() == 4);
  CHECK(spans["POST"].find("http.request.body.size").as_int64() == 5);
  CHECK(spans["POST"].parent_id == spans["outer"].span_id);
  int given_up = 0;
  for (auto const& each : spans)
    if (each.find("error.type").as_text() == "cancelled") ++given_up;
  CHECK(given_up == 1);
}

TEST_CASE("without a pipeline a transfer is a transfer, and a caller's trace is passed on") {
  test::fault_server server;
  easy_handle easy{server.url()};
  CHECK(fl::curl_perform(easy.at) == CURLE_OK);
  {
    fl::scope const served{fl::context{fl::trace_id{{1}}, fl::span_id{{2}}, fl::trace_flag::sampled, true}};
    CHECK(fl::curl_perform(easy.at) == CURLE_OK);
  }
  auto const requests = server.requests();
  CHECK(requests[0].header("traceparent") == nullptr);
  REQUIRE(requests[1].header("traceparent") != nullptr);
  CHECK(requests[1].header("traceparent")->substr(0, 5) == "00-01");
}

TEST_CASE("the method is curl's, known at the end at the latest, words of one's own and templates go into the name") {
  test::fault_server server;
  server.always(behaviour::answer(200));
  fl::testing::capture taken;
  easy_handle post{server.url("/users/7")}, brew{server.url("/pot")}, head{server.url("/")};
  curl_easy_setopt(post.at, CURLOPT_POSTFIELDS, "12345");
  curl_easy_setopt(brew.at, CURLOPT_CUSTOMREQUEST, "BREW");
  curl_easy_setopt(head.at, CURLOPT_NOBODY, 1L);
  CHECK(fl::curl_perform(post.at, {.url_template = "/users/{id}"}) == CURLE_OK);
  CHECK(fl::curl_perform(brew.at) == CURLE_OK);
  CHECK(fl::curl_perform(head.at) == CURLE_OK);
  auto const spans = taken.spans();
  REQUIRE(spans.size() == 3);
  CHECK(spans[0].name == std::string_view{"POST /users/{id}"});
  CHECK(spans[0].find("http.request.method").as_text() == "POST");
  CHECK(spans[0].find("url.template").as_text() == "/users/{id}");
  CHECK(spans[1].name == std::string_view{"HTTP"});
  CHECK(spans[1].find("http.request.method").as_text() == "_OTHER");
  CHECK(spans[1].find("http.request.method_original").as_text() == "BREW");
  CHECK(spans[2].name == std::string_view{"HEAD"});
}

TEST_CASE("a program's own header of a trace's name gives way, its others stay, those that come twice too") {
  test::fault_server server;
  server.always(behaviour::answer(200));
  fl::testing::capture taken;
  easy_handle easy{server.url()};
  curl_slist* own = curl_slist_append(nullptr, "Traceparent: 00-11111111111111111111111111111111-2222222222222222-01");
  for (char const* each : {"X-Own: 1", "Accept:", "X-Empty;", "tracestate: of=another"}) own = curl_slist_append(own, each);
  curl_easy_setopt(easy.at, CURLOPT_HTTPHEADER, own);
  CHECK(fl::curl_perform(easy.at, {.headers = own}) == CURLE_OK);
  CHECK(curl_easy_perform(easy.at) == CURLE_OK);
  curl_slist_free_all(own);
  auto const requests = server.requests();
  CHECK(requests[0].header("traceparent")->substr(3, 32) == taken.spans()[0].trace_id.hex().view());
  CHECK(*requests[0].header("X-Own") == "1");
  CHECK(requests[0].header("X-Empty") != nullptr);
  CHECK(requests[0].header("Accept") == nullptr);
  CHECK(requests[0].header("tracestate") == nullptr);  // of another trace
  CHECK(requests[1].header("traceparent")->substr(3, 32) == "11111111111111111111111111111111");
}

TEST_CASE("on a connection that is used again nothing was looked up or connected, a URL without a scheme is HTTP's") {
  test::fault_server server;
  server.always(behaviour::answer(200, {}, "hello"));
  fl::testing::capture taken;
  easy_handle easy{server.url("/a").substr(7)};
  CHECK(fl::curl_perform(easy.at) == CURLE_OK);
  CHECK(fl::curl_perform(easy.at) == CURLE_OK);
  auto const spans = taken.spans();
  REQUIRE(spans.size() == 2);
  CHECK(spans[0].find("url.full").as_text() == server.url("/a"));
  CHECK(event_names(spans[0]).find("connect.done") != std::string::npos);
  REQUIRE(server.connections() == 1);
  CHECK(event_names(spans[1]) == "request.sent response.first_byte");
}

TEST_CASE("a sampler sees where a transfer goes") {
  std::string seen;
  test::fault_server server;
  fl::testing::capture taken{{.sampler = fl::sampler{[&](fl::sampling_question const& asked) {
                                for (std::size_t i = 0; i < asked.attribute_count; ++i) seen.append(asked.attributes[i].key).append(" ");
                                return fl::sampling_decision::drop;
                              }}}};
  easy_handle easy{server.url()};
  CHECK(fl::curl_perform(easy.at) == CURLE_OK);
  CHECK(seen == "http.request.method url.full server.address server.port ");
  CHECK(server.requests()[0].header("traceparent") != nullptr);
}

TEST_CASE("over TLS there is an event for it, and a certificate that nobody vouches for is named") {
  if (!test::has_tls()) SKIP("the tests were built without OpenSSL");
  test::authority vouching;
  test::fault_server server{std::make_shared<test::tls_identity>(vouching.issue("IP:127.0.0.1"))};
  server.always(behaviour::answer(200));
  fl::testing::capture taken;
  easy_handle trusting{server.url()}, wary{server.url()};
  curl_easy_setopt(trusting.at, CURLOPT_CAINFO, vouching.file().c_str());
  CHECK(fl::curl_perform(trusting.at) == CURLE_OK);
  CHECK(fl::curl_perform(wary.at) == CURLE_PEER_FAILED_VERIFICATION);
  auto const spans = taken.spans();
  REQUIRE(spans.size() == 2);
  CHECK(event_names(spans[0]).find("connect.done tls.done request.sent response.first_byte") != std::string::npos);
  CHECK(spans[0].find("url.full").as_text() == server.url());
  CHECK(spans[1].find("error.type").as_text() == "certificate_refused");
}
