// Heap requests of log calls, counted in steady state: none, whatever way the text and the fields are made.
#include <fanlight/fanlight.hpp>

#include "catch.hpp"
#include "support/heap_count.hpp"

#include <memory>
#include <string>

#ifndef OTHER_ALLOCATOR
namespace fl = fanlight;

namespace {

struct taking {
  void consume(fl::batch<fl::log_record>) {}
};

struct running {
  fl::pipeline pipeline{{.exporters = std::vector<fl::exporter_spec>{taking{}}, .levels = {{"db", fl::level::debug}}, .detect_resource = false, .read_environment = false}};
  fl::with_default here{pipeline};
};

/// Of the second call: the first one makes the thread's ring and the blocks that it keeps.
template <class Work>
unsigned requests_of(Work work) {
  work();
  unsigned const before = requests;
  work();
  return requests - before;
}

std::string const long_text(2000, 't');

}  // namespace

TEST_CASE("the counter counts") {
  void* volatile block = nullptr;
  CHECK(requests_of([&] {
          std::free(block);
          block = std::malloc(8);
        }) == 1);
  std::free(block);
}

TEST_CASE("a log call asks the heap for nothing") {
  running const at;
  fl::logger const db{"db.pool"};
  CHECK(requests_of([] { fl::info("HomeActivities", {{"rows", 3}, {"cached", false}, {"ms", 1.5}}); }) == 0);
  CHECK(requests_of([&] { db.debug("by name", {{"rows", 3}}); }) == 0);
  CHECK(requests_of([&] { db.trace([&] { return std::string(long_text); }); }) == 0);  // not kept, and not made
}

TEST_CASE("nor does a text that is made late, a line, or fields that are") {
  running const at;
  CHECK(requests_of([] { fl::info([] { return std::string_view{"late"}; }); }) == 0);
  CHECK(requests_of([] { fl::info("fields", [](auto& to) { to.set("a", 1).set("b", "text"); }); }) == 0);
  CHECK(requests_of([] { fl::info(fl::line("{} rows in {:.1f} ms by {}", 3, 1.5, "db")); }) == 0);
  CHECK(requests_of([] { fl::info(fl::line("{}", long_text)); }) == 0);  // in a block that the thread keeps
}

TEST_CASE("nor does the access log, nor a line of metrics") {
  running const at;
  CHECK(requests_of([] { fl::log_access({.remote_address = "192.0.2.7", .method = "GET", .target = "/api/home?limit=5", .status = 200}); }) == 0);
  CHECK(requests_of([] {
          fl::emf{"cruddur"}.dimensions({{"Service", "timeline"}}).metric("Latency", 12.5, fl::unit::milliseconds).metric("Rows", 3).set("user", "andrew");
        }) == 0);
}

TEST_CASE("nor a server's span, or a client's") {
  running const at;
  CHECK(requests_of([] {
          fl::http_server_span span{{.method = "GET", .target = "/users/7?full=1", .host = "app.example", .peer_address = "192.0.2.7"}, {}};
          span.set_route("/users/{id}");
          span.set_response(200);
        }) == 0);
  CHECK(requests_of([] {
          fl::http_client_span span{{.url = "https://api.example/v1?page=2"}};
          span.set_response(200);
        }) == 0);
}
#else
TEST_CASE("heap requests are counted where the allocator is glibc's") { SKIP("the allocator is a sanitizer's, or another C library's"); }
#endif
