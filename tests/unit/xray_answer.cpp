// What follows from an answer to PutTraceSegments.
#include <fanlight/impl/xray/answer.hpp>

#include "catch.hpp"
#include "support/transport_double.hpp"

using namespace support;
using Catch::Matchers::ContainsSubstring;
using fl::detail::rule_on_segments;
using fl::detail::xray_verdict;

TEST_CASE("refusals are read with id, code and message") {
  auto const out = rule_on_segments(
      answer(200, R"({"Other":[{"Id":"x"}],"UnprocessedTraceSegments":[{"Id":"70de5b6f19ff9a0a","ErrorCode":"InvalidTraceId","Message":"a\nb","More":{"Id":"y"}},{"ErrorCode":"MissingId","Id":null}]})"),
      false, 0);
  CHECK(out.verdict == xray_verdict::taken);
  CHECK_FALSE(out.unreadable);
  REQUIRE(out.refused.size() == 2);
  CHECK(out.refused[0].id == "70de5b6f19ff9a0a");
  CHECK(out.refused[0].code == "InvalidTraceId");
  CHECK(out.refused[0].message == "a b");
  CHECK(out.refused[1].id.empty());
  CHECK(out.refused[1].code == "MissingId");
}

TEST_CASE("an answer of success that is none counts as taken") {
  for (auto const* body : {"", "<html>", "[]", "7", "{\"UnprocessedTraceSegments\":[{", "{\"UnprocessedTraceSegments\":[[[[[[[[[[[[[[[[[[[[[[[[["}) {
    INFO(body);
    auto const out = rule_on_segments(answer(200, body), false, 0);
    CHECK(out.verdict == xray_verdict::taken);
    CHECK(out.unreadable);
  }
  CHECK_FALSE(rule_on_segments(answer(200, "{}"), false, 0).unreadable);
  auto cut = failure(fl::detail::http_failure::too_large);
  cut.status = 200;
  CHECK(rule_on_segments(cut, false, 0).verdict == xray_verdict::taken);
}

TEST_CASE("which statuses are tried again") {
  for (long status = 300; status < 600; ++status) {
    INFO(status);
    auto const out = rule_on_segments(answer(status, {}, {{"Retry-After", "2"}}), false, 0);
    bool const again = status == 408 || status == 429 || status >= 500, forbidden = status == 401 || status == 403;
    CHECK(out.verdict == (again ? xray_verdict::again : forbidden ? xray_verdict::forbidden : xray_verdict::never));
    CHECK(out.after == (again ? 2s : 0s));
  }
  CHECK(rule_on_segments(answer(400, R"({"__type":"ThrottlingException"})"), false, 0).verdict == xray_verdict::again);
  CHECK(rule_on_segments(failure(fl::detail::http_failure::certificate), false, 0).verdict == xray_verdict::never);
}

TEST_CASE("a refusal says why and what to do, on one line, without what the service repeats of the request") {
  auto const words = [](long status, std::string body, bool by_daemon) { return rule_on_segments(answer(status, std::move(body)), by_daemon, 0).why; };
  CHECK_THAT(words(403, R"({"__type":"com.amazon#AccessDeniedException","Message":"no\nx-amz-security-token:secret"})", false),
             ContainsSubstring("it answered 403 (AccessDeniedException: no). Give the role xray:PutTraceSegments"));
  CHECK_THAT(words(403, R"({"message":"Signature expired: 20200101"})", false), ContainsSubstring("Set the clock of this machine"));
  CHECK_THAT(words(403, R"({"message":"The security token included in the request is invalid"})", true), ContainsSubstring("the daemon's keys"));
  CHECK_THAT(words(403, "<?xml version=\"1.0\"?>\n<ErrorResponse><Errors><Error><Code>AccessDenied</Code><Message>not authorized\nx-amz-security-token:secret</Message></Error></Errors></ErrorResponse>", false),
             ContainsSubstring("it answered 403 (AccessDenied: not authorized). Give the role xray:PutTraceSegments"));
  CHECK_THAT(words(502, "", true), ContainsSubstring("has it credentials, a region"));
  CHECK(words(400, std::string(5000, '['), false) == "it answered 400");
}
