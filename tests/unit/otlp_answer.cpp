// impl/otlp_answer.hpp: what a server says in protobuf.
#include <fanlight/impl/otlp_answer.hpp>

#include "catch.hpp"

using namespace fanlight::detail;
using namespace std::string_view_literals;

TEST_CASE("otlp_answer: partial success") {
  auto const some = read_partial_success("\x0A\x0B\x08\x02\x12\x07too old"sv);
  CHECK((some.readable && some.rejected == 2 && some.message == "too old"));
  auto const warning = read_partial_success(
      "\x0A\x12\x12\x10"
      "deprecated field"sv);
  CHECK((warning.readable && warning.rejected == 0 && warning.message == "deprecated field"));
}

TEST_CASE("otlp_answer: full success is nothing at all, or an empty message") {
  for (auto const answer : {""sv, "\x0A\x00"sv}) {
    auto const all = read_partial_success(answer);
    CHECK((all.readable && all.rejected == 0 && all.message.empty()));
  }
}

TEST_CASE("otlp_answer: fields that nobody knows are skipped, and the last one of a kind counts") {
  auto const made = read_partial_success("\x12\x01x\x18\x05\x0A\x04\x18\x07\x08\x03\x0A\x06\x08\x04\x12\x02no\x3D\1\2\3\4"sv);
  CHECK((made.readable && made.rejected == 4 && made.message == "no"));
}

TEST_CASE("otlp_answer: a page of HTML is no answer") {
  CHECK_FALSE(read_partial_success("<html><body>502</body></html>"sv).readable);
  CHECK_FALSE(read_partial_success("{}"sv).readable);
  CHECK_FALSE(read_rpc_status("<html>"sv).readable);
}

TEST_CASE("otlp_answer: what was read before a fault stays") {
  auto const made = read_partial_success("\x0A\x04\x08\x02\x12\x07"sv);
  CHECK((!made.readable && made.rejected == 2 && made.message.empty()));
}

TEST_CASE("otlp_answer: a status with its reason") {
  auto const made = read_rpc_status(
      "\x08\x03\x12\x08"
      "bad body\x1A\x02\x0A\x00"sv);
  CHECK((made.readable && made.code == 3 && made.message == "bad body"));
  auto const negative = read_rpc_status("\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"sv);
  CHECK((negative.readable && negative.code == -1));
}
