// The access log: the line, the fields, and what may not stand in either.
#include <fanlight/access_log.hpp>
#include <fanlight/testing.hpp>

#include <string>

#include "catch.hpp"

using namespace fanlight;

namespace {

constexpr wall_time morning{1'795'255'080'000'000'000};  // 2026-11-21T09:58:00Z

}  // namespace

TEST_CASE("cloudwatch W20: one record with time, remote address, method, scheme, path with query, status") {
  testing::capture taken;
  log_access({.remote_address = "192.0.2.7", .method = "GET", .target = "/api/activities/home?limit=5&q=a%20b", .status = 200, .at = morning});
  CHECK(taken.tree() ==
        "log INFO \"[2026-Nov-21 09:58] 192.0.2.7 GET http /api/activities/home?limit=5&q=a%20b 200\" (access) client.address=\"192.0.2.7\" "
        "http.request.method=\"GET\" url.scheme=\"http\" url.path=\"/api/activities/home\" url.query=\"limit=5&q=a%20b\" "
        "http.response.status_code=200\n");
  CHECK(std::string_view{taken.logs()[0].where.file()}.find("access_log.cpp") != std::string_view::npos);
}

TEST_CASE("it belongs to the span that is current, and takes its time from the pipeline") {
  testing::manual_clock clock{morning};
  testing::capture taken{{.instead = clock.instead()}};
  clock.advance(std::chrono::seconds{61});
  {
    scoped_span const span{"GET /"};
    log_access({.remote_address = "::1", .method = "POST", .scheme = "https", .target = "/", .status = 201, .route = "/", .user_agent = "curl/8",
                .response_bytes = 12, .duration_ns = 1'500'000},
               "web");
  }
  auto const logs = taken.logs();
  CHECK(logs[0].body == std::string_view{"[2026-Nov-21 09:59] ::1 POST https / 201"});
  CHECK(logs[0].span_id == taken.spans()[0].span_id);
  CHECK(logs[0].logger() == std::string_view{"web"});
  CHECK(logs[0].find("http.route").as_text() == "/");
  CHECK(logs[0].find("user_agent.original").as_text() == "curl/8");
  CHECK(logs[0].find("http.response.body.size").as_int64() == 12);
  CHECK(logs[0].find("duration_ms").as_double() == 1.5);
  CHECK(logs[0].find("url.query").kind() == value_kind::empty);
}

TEST_CASE("from 500 on it is an error, levels hold for it by its logger's name") {
  testing::capture taken{{.levels = {{"access", level::error}}}};
  log_access({.method = "GET", .target = "/", .status = 499, .at = morning});
  log_access({.method = "GET", .target = "/", .status = 500, .at = morning});
  log_access({.method = "GET", .target = "/", .status = 200, .at = morning}, "other");
  auto const logs = taken.logs();
  REQUIRE(logs.size() == 2);
  CHECK(logs[0].level == level::error);
  CHECK(logs[0].body == std::string_view{"[2026-Nov-21 09:58] - GET http / 500"});
  CHECK(logs[1].level == level::info);
}

TEST_CASE("nothing in a request can end the line, keys and signatures of cloud providers are left out") {
  testing::capture taken;
  log_access({.remote_address = "1.2.3.4\n", .method = "GET", .target = "/a\r\nb?x=1&X-Amz-Signature=abc&sig=def&y=\x7F&Signature", .status = 42, .at = morning});
  auto const logs = taken.logs();
  CHECK(logs[0].body == std::string_view{"[2026-Nov-21 09:58] 1.2.3.4? GET http /a??b?x=1&X-Amz-Signature=REDACTED&sig=REDACTED&y=?&Signature 042"});
  CHECK(logs[0].find("url.path").as_text() == "/a??b");
  CHECK(logs[0].find("url.query").as_text() == "x=1&X-Amz-Signature=REDACTED&sig=REDACTED&y=?&Signature");
}

TEST_CASE("without a pipeline, and with a very long target, nothing happens to the caller") {
  log_access({.method = "GET", .target = "/", .status = 200});
  testing::capture taken;
  std::string const target = "/" + std::string(5000, 'p') + "?" + std::string(5000, 'q');
  log_access({.method = "GET", .target = target, .status = -1, .at = morning});
  CHECK(taken.logs()[0].body == "[2026-Nov-21 09:58] - GET http " + target + " ?");
}
