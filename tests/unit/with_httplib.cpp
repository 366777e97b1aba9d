// cpp-httplib, traced: a server and a client on loopback, as one trace.
#include <fanlight/testing.hpp>
#include <fanlight/trace.hpp>
#include <fanlight/with/httplib.hpp>

#include <future>
#include <stdexcept>
#include <string>
#include <thread>

#include "catch.hpp"
#include "support/tls.hpp"

namespace fl = fanlight;
using fl::status_code;

namespace {

/// A traced server on a free port of loopback, whose threads record where the test does.
template <class Server>
class basic_running {
 public:
  template <class... Args>
  explicit basic_running(fl::testing::capture& taken, fl::httplib_options how = {}, Args&&... args)
      : server{std::move(how), std::forward<Args>(args)...}, taken_{taken} {
    server.set_keep_alive_timeout(1);
    server.new_task_queue = [this] {
      ready_.set_value();
      return new workers{taken_};
    };
  }
  ~basic_running() {
    server.stop();
    if (thread_.joinable()) thread_.join();
  }
  /// After the routes have been set.
  void start() {
    port = server.bind_to_any_port("127.0.0.1");
    REQUIRE(port > 0);
    thread_ = std::thread{[this] { server.listen_after_bind(); }};
    ready_.get_future().wait();
  }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port); }

  Server server;
  int port = 0;

 private:
  /// One thread for each connection.
  class workers : public httplib::TaskQueue {
   public:
    explicit workers(fl::testing::capture& taken) : taken_{taken} {}
    void enqueue(std::function<void()> work) override {
      threads_.emplace_back([this, work = std::move(work)] {
        fl::with_default const here{taken_.pipeline()};
        work();
      });
    }
    void shutdown() override {
      for (auto& each : threads_) each.join();
      threads_.clear();
    }

   private:
    fl::testing::capture& taken_;
    std::vector<std::thread> threads_;
  };

  fl::testing::capture& taken_;
  std::promise<void> ready_;
  std::thread thread_;
};

using running = basic_running<fl::traced_server>;

/// The spans of one kind, after the server has ended.
std::vector<fl::span_record> of_kind(fl::testing::records<fl::span_record> const& all, fl::span_kind kind) {
  std::vector<fl::span_record> out;
  for (auto const& each : all)
    if (each.kind == kind) out.push_back(each);
  return out;
}

}  // namespace

TEST_CASE("a call and the request it becomes are one trace, with route, status and access line") {
  fl::testing::capture taken;
  std::string base;
  {
    running at{taken, {.answer_header = "X-Trace-Id"}};
    at.server.Get(R"(/users/(\d+))", "/users/{id}", [](auto const& in, auto& out) {
      fl::scoped_span const inner{"load user"};
      out.set_content("user " + in.matches[1].str(), "text/plain");
    });
    at.start();
    base = at.url();
    fl::scoped_span const outer{"outer"};
    fl::traced_client users{base};
    auto const answer = users.Get("/users/7?full=1");
    REQUIRE(answer);
    CHECK(answer->body == "user 7");
    CHECK(answer->get_header_value("X-Trace-Id") == outer.context().trace_id().hex().view());
  }
  auto const spans = taken.spans();
  auto const client = of_kind(spans, fl::span_kind::client).at(0), server = of_kind(spans, fl::span_kind::server).at(0);
  CHECK(client.name == std::string_view{"GET"});
  CHECK(client.parent_id == spans["outer"].span_id);
  CHECK(client.find("url.full").as_text() == base + "/users/7?full=1");
  CHECK(client.find("http.response.status_code").as_int64() == 200);
  CHECK(client.find("http.response.body.size").as_int64() == 6);
  CHECK(client.find("network.protocol.version").as_text() == "1.1");
  CHECK(server.name == std::string_view{"GET /users/{id}"});
  CHECK(server.parent_id == client.span_id);
  CHECK(server.remote_parent);
  CHECK(server.trace_id == client.trace_id);
  CHECK(server.find("http.route").as_text() == "/users/{id}");
  CHECK(server.find("url.path").as_text() == "/users/7");
  CHECK(server.find("url.query").as_text() == "full=1");
  CHECK(server.find("server.address").as_text() == "127.0.0.1");
  CHECK(server.find("client.address").as_text() == "127.0.0.1");
  CHECK(server.find("network.protocol.version").as_text() == "1.1");
  CHECK(spans["load user"].parent_id == server.span_id);
  auto const log = taken.logs()[0];
  CHECK(log.logger() == std::string_view{"access"});
  CHECK(log.span_id == server.span_id);
  CHECK(std::string_view{log.body}.find(" 127.0.0.1 GET http /users/7?full=1 200") != std::string_view::npos);
}

TEST_CASE("what a handler throws is the span's, and the answer is httplib's 500") {
  fl::testing::capture taken;
  {
    running at{taken};
    at.server.Post("/break", [](auto const&, auto&) { throw std::runtime_error{"broken"}; });
    at.server.Put("/odd", [](auto const&, auto&) { throw 1; });
    at.start();
    fl::traced_client users{at.url()};
    CHECK(users.Post("/break", "12345", "text/plain")->status == 500);
    CHECK(users.Put("/odd", "", "text/plain")->status == 500);
  }
  auto const servers = of_kind(taken.spans(), fl::span_kind::server);
  REQUIRE(servers.size() == 2);
  CHECK(servers[0].name == std::string_view{"POST /break"});
  CHECK(servers[0].status == status_code::error);
  CHECK(servers[0].status_message() == std::string_view{"broken"});
  CHECK(servers[0].events().size() == 1);
  CHECK(servers[0].find("http.response.status_code").as_int64() == 500);
  CHECK(servers[0].find("http.request.body.size").as_int64() == 5);
  CHECK(servers[1].status == status_code::error);
  CHECK(taken.logs().size() == 2);
  CHECK(taken.logs()[0].level == fl::level::error);
}

TEST_CASE("a request that no route matches has a span too, without a route") {
  fl::testing::capture taken;
  {
    running at{taken};
    at.start();
    fl::traced_client users{at.url()};
    CHECK(users.Get("/nowhere")->status == 404);
  }
  auto const server = of_kind(taken.spans(), fl::span_kind::server).at(0);
  CHECK(server.name == std::string_view{"GET"});
  CHECK(server.status == status_code::unset);
  CHECK(server.find("http.response.status_code").as_int64() == 404);
  auto const client = of_kind(taken.spans(), fl::span_kind::client).at(0);
  CHECK(client.status == status_code::error);
  CHECK(client.find("error.type").as_text() == "404");
}

TEST_CASE("the program's own hooks are called within the span, what is skipped leaves nothing") {
  fl::testing::capture taken;
  std::string before, after, logged;
  {
    running at{taken, {.skip = [](auto const& in) { return in.path == "/health"; }}};
    at.server.Get("/a", [](auto const&, auto& out) { out.set_content("a", "text/plain"); });
    at.server.Get("/health", [](auto const&, auto& out) { out.set_content("ok", "text/plain"); });
    auto const here = [] { return std::string{fl::current().span_id().hex().view()}; };
    at.server.set_pre_routing_handler([&](auto const& in, auto& out) {
      if (in.path == "/a") before = here();  // each request has a thread of its own
      if (in.path != "/refused") return httplib::Server::HandlerResponse::Unhandled;
      out.status = 403;
      return httplib::Server::HandlerResponse::Handled;
    });
    at.server.set_post_routing_handler([&](auto const& in, auto&) {
      if (in.path == "/a") after = here();
    });
    at.server.set_logger([&](auto const& in, auto const&) {
      if (in.path == "/a") logged = here();
    });
    at.start();
    httplib::Client plain{at.url()};
    CHECK(plain.Get("/health")->body == "ok");
    CHECK(plain.Get("/refused")->status == 403);
    CHECK(plain.Get("/a")->body == "a");
  }
  auto const spans = taken.spans();
  REQUIRE(spans.size() == 2);
  CHECK(spans[0].find("http.response.status_code").as_int64() == 403);
  auto const last = std::string{spans["GET /a"].span_id.hex().view()};
  CHECK(before == last);
  CHECK(after == last);
  CHECK(logged == last);
  CHECK(taken.logs().size() == 2);
}

TEST_CASE("a header that came twice is no header") {
  fl::testing::capture taken;
  {
    running at{taken};
    at.server.Get("/a", [](auto const&, auto& out) { out.set_content("a", "text/plain"); });
    at.start();
    httplib::Client plain{at.url()};
    std::string const one = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    CHECK(plain.Get("/a", httplib::Headers{{"traceparent", one}})->status == 200);
    CHECK(plain.Get("/a", httplib::Headers{{"traceparent", one}, {"traceparent", one}})->status == 200);
  }
  auto const spans = taken.spans();
  REQUIRE(spans.size() == 2);
  CHECK(spans[0].trace_id.hex() == "0af7651916cd43dd8448eb211c80319c");
  CHECK(spans[1].trace_id.hex() != "0af7651916cd43dd8448eb211c80319c");
}

TEST_CASE("a call that nobody answers has failed, and says how") {
  fl::testing::capture taken;
  int port = 0;
  {
    running at{taken};
    at.start();
    port = at.port;
  }
  fl::traced_client users{"http://127.0.0.1:" + std::to_string(port)};
  CHECK_FALSE(users.Get("/"));
  auto const span = taken.spans()[0];
  CHECK(span.status == status_code::error);
  CHECK(span.find("error.type").as_text() == "connection_failed");
  CHECK(span.find("server.port").as_int64() == port);
}

TEST_CASE("a body that is read piece by piece, and the other words") {
  fl::testing::capture taken;
  {
    running at{taken};
    at.server.PostReading("/up", "/up", [](auto const&, auto& out, auto const& body) {
      std::string all;
      body([&](char const* data, size_t size) { return all.append(data, size), true; });
      out.set_content(std::to_string(all.size()), "text/plain");
    });
    at.server.Delete("/x", [](auto const&, auto& out) { out.status = 204; }).Patch("/x", [](auto const&, auto& out) { out.status = 204; });
    at.start();
    fl::traced_client users{at.url()};
    CHECK(users.Post("/up", std::string(5000, 'b'), "text/plain")->body == "5000");
    CHECK(users.Delete("/x")->status == 204);
    CHECK(users.Patch("/x", "p", "text/plain")->status == 204);
    CHECK(users.Head("/none")->status == 404);
  }
  auto const servers = of_kind(taken.spans(), fl::span_kind::server);
  REQUIRE(servers.size() == 4);
  CHECK(servers[0].name == std::string_view{"POST /up"});
  CHECK(servers[1].name == std::string_view{"DELETE /x"});
  CHECK(servers[2].name == std::string_view{"PATCH /x"});
  CHECK(servers[3].name == std::string_view{"HEAD"});
}

TEST_CASE("an exception that the program makes an answer of below 500 is no failure") {
  fl::testing::capture taken;
  {
    running at{taken};
    at.server.set_exception_handler([](auto const&, auto& out, std::exception_ptr const&) { out.status = 404; });
    at.server.Get("/missing", "/missing", [](auto const&, auto&) { throw std::out_of_range{"no such user"}; });
    at.start();
    httplib::Client plain{at.url()};
    CHECK(plain.Get("/missing")->status == 404);
  }
  auto const server = taken.spans()[0];
  CHECK(server.name == std::string_view{"GET /missing"});
  CHECK(server.status == status_code::unset);
  CHECK(server.find("http.response.status_code").as_int64() == 404);
  CHECK(server.find("error.type").kind() == fl::value_kind::empty);
}

TEST_CASE("the program's exception handler reports within the span, and the caller learns nothing of the error") {
  fl::testing::capture taken;
  {
    running at{taken};
    at.server.set_exception_handler([](auto const& in, auto& out, std::exception_ptr const& error) {
      fl::error_report{error}.person({.id = in.get_param_value("user")});
      out.status = 500;
      out.set_content("sorry", "text/plain");
    });
    at.server.Get("/break", [](auto const&, auto&) {
      fl::scoped_span const inner{"inner"};
      throw std::runtime_error{"broken"};
    });
    at.start();
    httplib::Client plain{at.url()};
    auto const answer = plain.Get("/break?user=worf");
    REQUIRE(answer);
    CHECK(answer->status == 500);
    CHECK(answer->body == "sorry");
    CHECK_FALSE(answer->has_header("EXCEPTION_WHAT"));
  }
  auto const spans = taken.spans();
  auto const errors = taken.errors();
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].message == std::string_view{"broken"});
  CHECK(errors[0].span_id == spans["GET /break"].span_id);
  CHECK(errors[0].trace_id == spans["GET /break"].trace_id);
  CHECK(errors[0].person_id() == std::string_view{"worf"});
  CHECK(spans["GET /break"].status == status_code::error);
  CHECK(spans["GET /break"].status_message() == std::string_view{"broken"});
  CHECK(spans["GET /break"].find("error.type").as_text() == "std::runtime_error");
  CHECK(spans["GET /break"].find("http.response.body.size").as_int64() == 5);
  CHECK(spans["inner"].events().size() + spans["GET /break"].events().size() == 1);  // the exception is told once
}

TEST_CASE("the program's error handler answers for what no route matched, within the span") {
  fl::testing::capture taken;
  {
    running at{taken};
    at.server.set_error_handler([](auto const&, auto& out) { out.set_content("no such page", "text/plain"); });
    at.start();
    httplib::Client plain{at.url()};
    auto const answer = plain.Get("/nowhere/7");
    REQUIRE(answer);
    CHECK(answer->status == 404);
    CHECK(answer->body == "no such page");
  }
  auto const server = taken.spans()[0];
  CHECK(server.name == std::string_view{"GET"});
  CHECK(server.find("http.route").kind() == fl::value_kind::empty);
  CHECK(server.find("http.response.status_code").as_int64() == 404);
  CHECK(server.find("http.response.body.size").as_int64() == 12);
}

TEST_CASE("headers that are named, what a proxy says, and sizes as they are transferred") {
  fl::testing::capture taken;
  {
    running at{taken, {.http = {.proxies = 1}, .request_headers = {"X-Tenant", "X-None"}, .response_headers = {"Content-Type"}}};
    at.server.Get("/a", [](auto const&, auto& out) { out.set_content("four", "text/plain"); });
    at.start();
    httplib::Client plain{at.url()};
    httplib::Headers const sent{{"X-Tenant", "acme"}, {"X-Tenant", "more"}, {"X-Forwarded-For", "6.6.6.6, 203.0.113.9"},
                                {"X-Forwarded-Proto", "https"}, {"X-Forwarded-Host", "shop.example"}};
    CHECK(plain.Get("/a", sent)->body == "four");
    CHECK(plain.Head("/a")->status == 200);
  }
  auto const spans = taken.spans();
  REQUIRE(spans.size() == 2);
  auto const& get = spans["GET /a"];
  CHECK(get.find("client.address").as_text() == "203.0.113.9");
  CHECK(get.find("url.scheme").as_text() == "https");
  CHECK(get.find("server.address").as_text() == "shop.example");
  CHECK(get.find("http.response.body.size").as_int64() == 4);
  CHECK(get.find("http.request.header.x-none").kind() == fl::value_kind::empty);
  auto const tree = taken.tree();
  CHECK(tree.find("http.request.header.x-tenant=[\"acme\", \"more\"]") != std::string::npos);
  CHECK(tree.find("http.response.header.content-type=[\"text/plain\"]") != std::string::npos);
  CHECK(spans["HEAD /a"].find("http.response.body.size").kind() == fl::value_kind::empty);
}

TEST_CASE("a proxy may say what it saw in a line of its own, below the one that the caller made up") {
  fl::testing::capture taken;
  {
    running at{taken, {.http = {.proxies = 1}}};
    at.server.Get("/a", [](auto const&, auto&) {});
    at.start();
    httplib::Client plain{at.url()};
    httplib::Headers sent{{"X-Forwarded-For", "1.2.3.4"}};
    sent.emplace("X-Forwarded-For", "203.0.113.9");
    CHECK(plain.Get("/a", sent)->status == 200);
  }
  CHECK(taken.spans()[0].find("client.address").as_text() == "203.0.113.9");
}

TEST_CASE("an answer that is streamed is part of its span, to the last byte") {
  fl::testing::capture taken;
  bool let_go = false;
  {
    running at{taken};
    at.server.Get("/stream", [&](auto const&, auto& out) {
      out.set_content_provider(
          10, "text/plain",
          [](size_t, size_t, httplib::DataSink& sink) {
            fl::scoped_span const part{"part"};
            return sink.write("ten bytes.", 10);
          },
          [&](bool well) { let_go = let_go || well; });
    });
    at.start();
    httplib::Client plain{at.url()};
    CHECK(plain.Get("/stream")->body == "ten bytes.");
    CHECK(plain.Head("/stream")->status == 200);
  }
  CHECK(let_go);
  auto const spans = taken.spans();
  REQUIRE(spans.size() == 3);
  auto const& served = spans["GET /stream"];
  CHECK(served.status == status_code::unset);
  CHECK(spans["part"].parent_id == served.span_id);
  CHECK(served.end >= spans["part"].end);
  CHECK(served.find("http.response.status_code").as_int64() == 200);
  CHECK(spans["HEAD /stream"].status == status_code::unset);
  CHECK(taken.logs().size() == 2);  // in the access log
}

TEST_CASE("an answer that is cut short has failed, whatever its status said") {
  fl::testing::capture taken;
  {
    running at{taken};
    at.server.Get("/stream", [](auto const&, auto& out) {
      out.set_content_provider(100, "text/plain", [](size_t offset, size_t, httplib::DataSink& sink) {
        if (offset != 0) return false;
        return sink.write("ten bytes.", 10);
      });
    });
    at.start();
    httplib::Client plain{at.url()};
    CHECK_FALSE(plain.Get("/stream"));
  }
  auto const server = taken.spans()[0];
  CHECK(server.status == status_code::error);
  CHECK(server.find("error.type").as_text() == "write_failed");
  CHECK(server.find("http.response.status_code").as_int64() == 200);
}

TEST_CASE("a request that is sent again is marked") {
  fl::testing::capture taken;
  {
    running at{taken};
    int asked = 0;
    at.server.Get("/shaky", [&](auto const&, auto& out) { out.status = asked++ == 0 ? 503 : 204; });
    at.start();
    httplib::Client plain{at.url()};
    httplib::Request request;
    request.method = "GET", request.path = "/shaky";
    int status = 503;
    for (int sent = 0; status == 503; ++sent) {
      auto const answer = fl::traced_send(plain, at.url(), request, sent);
      REQUIRE(answer);
      status = answer->status;
    }
  }
  auto const calls = of_kind(taken.spans(), fl::span_kind::client);
  REQUIRE(calls.size() == 2);
  CHECK(calls[0].find("http.request.resend_count").kind() == fl::value_kind::empty);
  CHECK(calls[0].status == status_code::error);
  CHECK(calls[1].find("http.request.resend_count").as_int64() == 1);
  CHECK(calls[1].status == status_code::unset);
}

#ifdef CPPHTTPLIB_OPENSSL_SUPPORT
TEST_CASE("over TLS the scheme is https, and a certificate that nobody vouches for is named") {
  if (!test::has_tls()) SKIP("the tests were built without OpenSSL");
  test::authority vouching;
  auto const own = vouching.issue("IP:127.0.0.1");
  fl::testing::capture taken;
  {
    basic_running<fl::basic_traced_server<httplib::SSLServer>> at{taken, {}, own.file.c_str(), own.key.c_str()};
    at.server.Get("/a", [](auto const&, auto& out) { out.set_content("a", "text/plain"); });
    at.server.set_read_timeout(60);  // a busy machine shakes hands slowly
    at.start();
    auto const url = "https://127.0.0.1:" + std::to_string(at.port);
    fl::traced_client trusting{url}, wary{url};
    trusting.client().set_ca_cert_path(vouching.file().c_str());
    for (auto* each : {&trusting, &wary}) each->client().set_read_timeout(60);
    auto const answer = trusting.Get("/a");
    REQUIRE(answer);
    CHECK(answer->body == "a");
    CHECK_FALSE(wary.Get("/a"));
  }
  auto const server = of_kind(taken.spans(), fl::span_kind::server), client = of_kind(taken.spans(), fl::span_kind::client);
  REQUIRE(server.size() == 1);
  CHECK(server[0].find("url.scheme").as_text() == "https");
  CHECK(server[0].parent_id == client.at(0).span_id);
  CHECK(client.at(1).find("error.type").as_text() == "certificate_refused");
}
#endif
