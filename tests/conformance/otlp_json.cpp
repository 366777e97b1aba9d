// The public cases of OTLP's JSON form.
#include <fanlight/impl/otlp_json.hpp>

#include "catch.hpp"
#include "support/batch_builder.hpp"

#include <cmath>
#include <string>

using namespace support;
namespace fl = fanlight;
using Catch::Matchers::ContainsSubstring;

namespace {
std::string traces(fl::detail::batch_ref const& batch) {
  fl::detail::send_buffer out;
  fl::detail::write_traces_json(out, *batch);
  return std::string{out.view()};
}
std::string span_with(fl::value const& what) { return traces(batch_of({span("s", span_p).set("k", what)})); }
std::string kv(std::string const& value) { return R"({"key":"k","value":)" + value + "}"; }
}  // namespace

TEST_CASE("otlp OJ1 64-bit integers are decimal strings") {
  CHECK_THAT(span_with(3), ContainsSubstring(kv(R"({"intValue":"3"})")));
  CHECK_THAT(span_with(INT64_MIN), ContainsSubstring(kv(R"({"intValue":"-9223372036854775808"})")));
}
TEST_CASE("otlp OJ1 NaN and infinities are strings") {
  CHECK_THAT(span_with(std::nan("")), ContainsSubstring(kv(R"({"doubleValue":"NaN"})")));
  CHECK_THAT(span_with(HUGE_VAL), ContainsSubstring(kv(R"({"doubleValue":"Infinity"})")));
  CHECK_THAT(span_with(-HUGE_VAL), ContainsSubstring(kv(R"({"doubleValue":"-Infinity"})")));
  CHECK_THAT(span_with(0.5), ContainsSubstring(kv(R"({"doubleValue":0.5})")));
}
TEST_CASE("otlp OJ1 bytes are base64") { CHECK_THAT(span_with(fl::bytes{"\0\xff", 2}), ContainsSubstring(kv(R"({"bytesValue":"AP8="})"))); }
TEST_CASE("otlp OJ1 kinds are numbers") {
  CHECK_THAT(traces(batch_of({span("s", span_p).kind(fl::span_kind::server)})), ContainsSubstring(R"("kind":2,)"));
}
TEST_CASE("otlp OJ1 times are decimal strings of nanoseconds") {
  CHECK_THAT(traces(batch_of({span("s", span_p).from(0, 1000 * ms)})),
             ContainsSubstring(R"("startTimeUnixNano":"1544712660000000000","endTimeUnixNano":"1544712661000000000")"));
}
