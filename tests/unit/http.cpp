// What every transport has in common: the answer, the kinds of failure, and how headers and bodies are taken in.
#include "catch.hpp"

#include <fanlight/impl/http.hpp>
#include <fanlight/impl/http_arrival.hpp>

namespace detail = fanlight::detail;
using detail::http_failure;

namespace {

struct arriving {
  detail::http_answer answer;
  detail::http_arrival arrival;

  explicit arriving(std::size_t cap = 100) {
    arrival.to = &answer;
    arrival.body_cap = cap;
  }
  bool header(std::string line) { return detail::http_arrival::on_header(line.data(), 1, line.size(), &arrival) == line.size(); }
  bool body(std::string piece) { return detail::http_arrival::on_body(piece.data(), 1, piece.size(), &arrival) == piece.size(); }
};

}  // namespace

TEST_CASE("a failure that mends itself may be tried again, one that needs a person may not") {
  for (auto const why :
       {http_failure::refused, http_failure::not_resolved, http_failure::timed_out, http_failure::broken, http_failure::hurried})
    CHECK(detail::may_try_again(why));
  for (auto const why :
       {http_failure::none, http_failure::certificate, http_failure::bad_url, http_failure::too_large, http_failure::other})
    CHECK_FALSE(detail::may_try_again(why));
}

TEST_CASE("an answer finds its headers whatever their case") {
  detail::http_answer answer;
  answer.headers = {{"Retry-After", "7"}, {"x-empty", ""}, {"RETRY-AFTER", "8"}};
  REQUIRE(answer.header("retry-after") != nullptr);
  CHECK(*answer.header("retry-after") == "7");
  REQUIRE(answer.header("X-Empty") != nullptr);
  CHECK(answer.header("X-Empty")->empty());
  CHECK(answer.header("retry-afte") == nullptr);
  CHECK(answer.header("") == nullptr);
  CHECK(detail::same_but_case("[@`{", "[@`{"));
  CHECK_FALSE(detail::same_but_case("@", "`"));  // they differ in the bit that tells letters' case
}

TEST_CASE("header lines are taken apart") {
  arriving one;
  CHECK(one.header("HTTP/1.1 200 OK\r\n"));
  CHECK(one.header("Content-Type:application/json\r\n"));
  CHECK(one.header("X-Spaced: \t a b:c \t\r\n"));
  CHECK(one.header("X-Empty:\r\n"));
  CHECK(one.header("no colon\r\n"));
  CHECK(one.header(": no name\r\n"));
  CHECK_FALSE(one.arrival.headers_done);
  CHECK(one.header("\r\n"));
  CHECK(one.arrival.headers_done);
  REQUIRE(one.answer.headers.size() == 3);
  CHECK(*one.answer.header("content-type") == "application/json");
  CHECK(*one.answer.header("x-spaced") == "a b:c");
  CHECK(one.answer.header("x-empty")->empty());
}

TEST_CASE("headers of 100 Continue are not those of the answer") {
  arriving one;
  CHECK(one.header("HTTP/1.1 100 Continue\r\n"));
  CHECK(one.header("X-Early: yes\r\n"));
  CHECK(one.header("\r\n"));
  CHECK(one.header("HTTP/1.1 200 OK\r\n"));
  CHECK_FALSE(one.arrival.headers_done);
  CHECK(one.header("X-Late: yes\r\n"));
  CHECK(one.header("\r\n"));
  CHECK(one.answer.header("x-early") == nullptr);
  CHECK(one.answer.header("x-late") != nullptr);
}

TEST_CASE("a body is taken up to the cap and not a byte further") {
  arriving one{10};
  CHECK(one.body("12345"));
  CHECK(one.body("67890"));
  CHECK_FALSE(one.arrival.too_large);
  CHECK_FALSE(one.body("!"));
  CHECK(one.arrival.too_large);
  CHECK(one.answer.body == "1234567890");
}

TEST_CASE("headers have a cap too, which 100 Continue does not renew") {
  arriving one;
  std::string const line = "X-More: " + std::string(1000, 'm') + "\r\n";
  std::size_t lines = 0;
  for (; lines < 1000 && one.header(lines % 10 == 0 ? "HTTP/1.1 100 Continue\r\n" : line); ++lines) {}
  CHECK(one.arrival.too_large);
  CHECK(lines > 100);
  CHECK(lines < 1000);
  CHECK(one.arrival.header_bytes <= detail::http_arrival::header_cap + line.size());
}
