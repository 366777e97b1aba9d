// A text in the making: it grows by blocks that the thread keeps, and ends where there is no more room.
#include <fanlight/text_writer.hpp>
#include <fanlight/trace.hpp>

#include <cstring>
#include <string>

#include "catch.hpp"

using namespace fanlight;

TEST_CASE("letters, texts and fillings, one behind the other") {
  text_writer to;
  CHECK(to.view().empty());
  to.push('a').append("bc").fill('.', 3).append("").append({});
  CHECK(to.view() == "abc...");
  CHECK(to.size() == 6);
  to.cut(2);
  to.cut(5);
  CHECK(to.view() == "ab");
}

TEST_CASE("it grows past its own room, several times, and keeps what it had") {
  text_writer to;
  std::string expected;
  for (int i = 0; i < 3000; ++i) {
    auto const part = std::to_string(i) + ' ';
    to.append(part), expected += part;
  }
  for (int i = 0; i < 3000; ++i) to.push('x'), expected += 'x';
  CHECK(to.view() == expected);
  CHECK_FALSE(to.is_cut());
}

TEST_CASE("room may be written to directly") {
  text_writer to;
  to.append("123");
  char* const at = to.reserve(1000);
  REQUIRE(at != nullptr);
  std::memcpy(at, "456", 3);
  to.use(3);
  CHECK(to.view() == "123456");
}

TEST_CASE("beyond a mebibyte it ends where it was") {
  text_writer to;
  std::string const half(600'000, 'h');
  to.append(half).append(half).push('x').append("y");
  CHECK(to.size() == 600'000);
  CHECK(to.is_cut());
  CHECK(to.reserve(1u << 20) == nullptr);
}
