// The public cases of OTLP's protobuf form, byte for byte.
#include <fanlight/impl/otlp_proto.hpp>

#include "catch.hpp"
#include "support/batch_builder.hpp"
#include "support/protobuf.hpp"

#include <string>

using namespace support;
namespace fl = fanlight;
using fl::detail::entry_type;
using fl::detail::fact_key;

namespace {

/// The fields of the only span, or only log record, of a request.
message only_span(entry const& one) { return proto_traces(batch_of({one})).sub(1).sub(2).sub(2); }
message only_log(entry const& one) { return proto_logs(batch_of({one})).sub(1).sub(2).sub(2); }

/// The bytes of an attribute's KeyValue.
std::string kv(std::string_view key, fl::value const& what) { return hex(only_span(span("s", span_p).set(key, what)).bytes(9)); }

std::string const ob8 =
    "0a100af7651916cd43dd8448eb211c80319c1208b7ad6b71692033312a0f686f6d652d61637469766974696573300139004859e3faeb6f15410012f41efbeb6f15"
    "850103010000";
entry home() { return span("home-activities", span_p).from(0, 1000 * ms); }

}  // namespace

TEST_CASE("otlp OB1 a text") {
  CHECK(kv("app.user_handle", "andrewbrown") == "0a0f6170702e757365725f68616e646c65120d0a0b616e6472657762726f776e");
}
TEST_CASE("otlp OB2 a small integer") { CHECK(kv("app.result_length", 3) == "0a116170702e726573756c745f6c656e67746812021803"); }
TEST_CASE("otlp OB3 a negative integer takes ten bytes") { CHECK(kv("n", -1) == "0a016e120b18ffffffffffffffffff01"); }
TEST_CASE("otlp OB4 false, zero and the empty text are data") {
  CHECK(kv("b", false) == "0a016212021000");
  CHECK(kv("z", 0) == "0a017a12021800");
  CHECK(kv("s", "") == "0a017312020a00");
}
TEST_CASE("otlp OB5 a double and bytes") {
  CHECK(kv("d", 0.5) == "0a0164120921000000000000e03f");
  CHECK(kv("raw", fl::bytes{"\0\xff", 2}) == "0a0372617712043a0200ff");
}
TEST_CASE("otlp OB6 an array and a map") {
  CHECK(kv("a", fl::array{"x", "y"}) == "0a0161120c2a0a0a030a01780a030a0179");
  CHECK(kv("m", fl::object{{"k", 1}}) == "0a016d120b32090a070a016b12021801");
}
TEST_CASE("otlp OB7 a status, and none") {
  CHECK(hex(only_span(home().status(fl::status_code::error, "boom")).bytes(15)) == "1204626f6f6d1802");
  CHECK(only_span(home()).count(15) == 0);
}
TEST_CASE("otlp OB8 a root span") { CHECK(hex(only_span(home()).raw) == ob8); }
TEST_CASE("otlp OB9 the event of an exception") {
  auto const made =
      only_span(home().event("exception", 500 * ms, {{"exception.type", "std::runtime_error"}, {"exception.message", "boom"}}));
  CHECK(hex(made.bytes(11)) ==
        "0900ad2601fbeb6f151209657863657074696f6e1a260a0e657863657074696f6e2e7479706512140a127374643a3a72756e74696d655f6572726f721a1b0a1165"
        "7863657074696f6e2e6d65737361676512060a04626f6f6d");
}
TEST_CASE("otlp OB10 a log record") {
  CHECK(hex(only_log(log("HomeActivities", span_p).at(300 * ms).flags(1)).raw) ==
        "0900eb3af5faeb6f1510091a04494e464f2a100a0e486f6d654163746976697469657345010000004a100af7651916cd43dd8448eb211c80319c5208b7ad6b7169"
        "2033315900eb3af5faeb6f15");
}
TEST_CASE("otlp OB11 a whole request") {
  auto const request = proto_traces(batch_of({home().scope("fanlight")}));
  // The public case leaves out the 6 bytes of flags, which fanlight always sends: the three lengths around the span are larger by that.
  std::string const flags = "850103010000";
  REQUIRE(ob8.ends_with(flags));
  CHECK(hex(request.raw) ==
        "0a7a0a210a1f0a0c736572766963652e6e616d65120f0a0d6261636b656e642d666c61736b12550a0a0a0866616e6c69676874"
        "1247" +
            ob8);
  CHECK(hex(request.sub(1).sub(2).bytes(1)) == "0a0866616e6c69676874");
}
