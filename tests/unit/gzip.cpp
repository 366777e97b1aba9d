// impl/gzip.hpp: request bodies in gzip. Inflated by zlib's own file interface where there is zlib; without it nothing is compressed.
#include <fanlight/impl/gzip.hpp>

#include "catch.hpp"

#include <string>

using fanlight::detail::gzip_writer;
using fanlight::detail::send_buffer;

#ifdef FANLIGHT_WITH_ZLIB

namespace {

std::string inflated(std::string_view packed, std::size_t size) {
  z_stream stream{};
  REQUIRE(::inflateInit2(&stream, 16 + MAX_WBITS) == Z_OK);  // gzip and nothing else
  std::string out(size + 1, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  int const ended = ::inflate(&stream, Z_FINISH);
  out.erase(out.size() - stream.avail_out);
  CHECK(stream.avail_in == 0);
  ::inflateEnd(&stream);
  REQUIRE(ended == Z_STREAM_END);
  return out;
}

}  // namespace

TEST_CASE("gzip: what comes out is what went in, batch after batch with the same writer") {
  STATIC_REQUIRE(gzip_writer::available());
  gzip_writer writer;
  send_buffer to;
  std::string noise;
  for (std::uint32_t i = 0, state = 1; i < 200'000; ++i) noise += static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  std::string const long_text(1'000'000, 'x');
  std::string const again{"the same again"};
  for (std::string const& text : {std::string{}, std::string{"a"}, long_text, noise, again, again}) {
    to.clear();
    REQUIRE(writer.compress(text, to));
    CHECK(to.view().substr(0, 3) == std::string_view{"\x1F\x8B\x08"});
    CHECK(inflated(to.view(), text.size()) == text);
  }
  to.clear();
  REQUIRE(writer.compress(long_text, to));
  CHECK(to.size() < long_text.size() / 50);
}

TEST_CASE("gzip: it appends, and the same text gives the same bytes") {
  gzip_writer writer;
  send_buffer to;
  to.literal("before");
  REQUIRE(writer.compress("some text", to));
  std::string const first{to.view().substr(6)};
  CHECK(to.view().substr(0, 6) == "before");
  to.clear();
  REQUIRE(writer.compress("some text", to));
  CHECK(to.view() == first);
}

TEST_CASE("gzip: what is too large for one call is left alone") {
  gzip_writer writer;
  send_buffer to;
  to.literal("before");
  CHECK_FALSE(writer.compress({"", std::size_t{3} << 30}, to));  // never looked at
  CHECK(to.view() == "before");
}

#endif

TEST_CASE("gzip: without zlib the writer says so and writes nothing") {
  using without = fanlight::detail::basic_gzip_writer<false>;
  STATIC_REQUIRE_FALSE(without::available());
  send_buffer to;
  CHECK_FALSE(without{}.compress("text", to));
  CHECK(to.empty());
}
