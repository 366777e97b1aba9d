// impl/pb.hpp: the protobuf wire format, written and read.
#include <fanlight/impl/pb.hpp>

#include "catch.hpp"
#include "support/protobuf.hpp"

#include <string>

using namespace fanlight::detail;
using support::hex;
using namespace std::string_view_literals;

namespace {

template <class Write>
std::string written(Write write) {
  char room[512];
  return {room, static_cast<std::size_t>(write(room) - room)};
}
std::string varint(std::uint64_t number) {
  return written([&](char* to) { return pb_varint(to, number); });
}

/// The numbers of the fields that a reader meets, and a `!` where it gives up.
std::string met(std::string_view bytes) {
  pb_reader reader{bytes};
  std::string out;
  while (reader.next())
    for (unsigned field = 1; field < 32; ++field)
      for (auto const wire : {pb_wire::varint, pb_wire::fixed64, pb_wire::bytes, pb_wire::fixed32})
        if (reader.is(field, wire)) out += std::to_string(field) + " ";
  CHECK_FALSE(reader.next());
  return out + (reader.broken() ? "!" : "");
}

}  // namespace

TEST_CASE("pb: varints take as few bytes as they can, and their size is known before") {
  CHECK(hex(varint(0)) == "00");
  CHECK(hex(varint(127)) == "7f");
  CHECK(hex(varint(128)) == "8001");
  CHECK(hex(varint(300)) == "ac02");
  CHECK(hex(varint(UINT64_MAX)) == "ffffffffffffffffff01");
  for (unsigned bit = 0; bit < 64; ++bit)
    for (std::uint64_t const number : {(std::uint64_t{1} << bit) - 1, std::uint64_t{1} << bit, (std::uint64_t{1} << bit) + 1})
      CHECK(varint(number).size() == pb_varint_size(number));
  CHECK(pb_varint_size(0) == 1);
}

TEST_CASE("pb: fields of every wire type, and of numbers beyond 15") {
  CHECK(hex(written([](char* to) { return pb_number<10>(to, 300); })) == "50ac02");
  CHECK(hex(written([](char* to) { return pb_number_if_any<10>(to, 0); })).empty());
  CHECK(hex(written([](char* to) { return pb_fixed64<7>(to, 0x0102030405060708u); })) == "390807060504030201");
  CHECK(hex(written([](char* to) { return pb_fixed32<16>(to, 0x103); })) == "850103010000");
  CHECK(hex(written([](char* to) { return pb_text<3>(to, "ab"); })) == "1a026162");
  CHECK(hex(written([](char* to) { return pb_text_if_any<3>(to, ""); })).empty());
  unsigned char const id[2]{1, 2};
  CHECK(hex(written([&](char* to) { return pb_id<1>(to, id); })) == "0a020102");
}

TEST_CASE("pb: texts of every length are copied whole, and what is not ASCII is seen at every place") {
  std::string const letters = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (std::size_t size = 0; size <= letters.size(); ++size) {
    std::string to(size + 1, '#');
    CHECK((pb_copy_text(to.data(), letters.data(), size) & pb_not_ascii) == 0);
    CHECK(to == letters.substr(0, size) + '#');
    for (std::size_t at = 0; at < size; ++at) {
      std::string from = letters.substr(0, size);
      from[at] = '\xE9';
      INFO(size << " " << at);
      CHECK((pb_copy_text(to.data(), from.data(), size) & pb_not_ascii) != 0);
      CHECK(to == from + '#');
    }
  }
}

TEST_CASE("pb: a text that is not UTF-8 is repaired, and its length is that of the repaired one") {
  CHECK(written([](char* to) { return pb_text<1>(to, "日本"); }) == "\x0A\x06日本");
  CHECK(written([](char* to) { return pb_text<1>(to, "a\xFFz"); }) ==
        "\x0A\x05"
        "a\xEF\xBF\xBDz");
  std::string const broken(100, '\xFF');
  auto const made = written([&](char* to) { return pb_text<1>(to, broken); });
  CHECK(made.size() == 3 + 300);
  CHECK(made.substr(0, 3) == "\x0A\xAC\x02");
}

TEST_CASE("pb: a message's length is the shortest, whatever was guessed") {
  for (std::size_t const size : {0u, 1u, 127u, 128u, 129u, 300u})
    for (std::size_t const guess : {0u, 100u, 128u, 5000u, 20000u}) {
      auto const made = written([&](char* to) {
        auto const message = pb_message::open<2>(to, guess);
        for (std::size_t i = 0; i < size; ++i) message.body[i] = static_cast<char>('a' + i % 26);
        return message.close(message.body + size);
      });
      INFO(size << " guessed as " << guess);
      REQUIRE(made.size() == 1 + pb_varint_size(size) + size);
      CHECK(support::message{made}.bytes(2).size() == size);
      if (size != 0) { CHECK(made.back() == static_cast<char>('a' + (size - 1) % 26)); }
    }
}

TEST_CASE("pb: the reader gives what stands there and skips the rest") {
  auto const bytes = "\x08\xAC\x02\x11\1\2\3\4\5\6\7\x08\x1A\x03xyz\x25\1\2\3\4"sv;
  pb_reader reader{bytes};
  REQUIRE(reader.next());
  CHECK((reader.is(1, pb_wire::varint) && reader.number() == 300));
  CHECK_FALSE(reader.is(1, pb_wire::bytes));
  REQUIRE(reader.next());
  CHECK((reader.is(2, pb_wire::fixed64) && reader.bytes() == "\1\2\3\4\5\6\7\x08"));
  REQUIRE(reader.next());
  CHECK((reader.is(3, pb_wire::bytes) && reader.bytes() == "xyz"));
  REQUIRE(reader.next());
  CHECK((reader.is(4, pb_wire::fixed32) && reader.bytes().size() == 4));
  CHECK_FALSE(reader.next());
  CHECK_FALSE(reader.broken());
}

TEST_CASE("pb: broken messages end the reading, and nothing beyond them is looked at") {
  CHECK(met("") == "");
  CHECK(met("\x08\x01\x10\x02") == "1 2 ");
  CHECK(met("\x08"sv) == "!");                                         // a varint that is not there
  CHECK(met("\x08\x80\x80"sv) == "!");                                 // one that does not end
  CHECK(met("\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"sv) == "1 ");  // the largest
  CHECK(met("\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02"sv) == "!");  // more than 64 bits
  CHECK(met("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"sv) == "!");
  CHECK(met("\x08\x01\x12\x05hell"sv) == "1 !");                       // longer than what is there
  CHECK(met("\x12\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"sv) == "!");  // by far
  CHECK(met("\x11\1\2\3"sv) == "!");
  CHECK(met("\x15\1\2\3"sv) == "!");
  CHECK(met("\x00\x01"sv) == "!");                                     // field 0
  CHECK(met("\x0B\x0C"sv) == "!");                                     // a group
  CHECK(met("\x0F"sv) == "!");                                         // no wire type
  CHECK(met("\x88\x80\x80\x80\x80\x01\x01"sv) == "!");                 // a field number beyond 2^29
}
