// The public cases B, T and N of the CloudWatch page: what goes into one request, how long messages are cut, what streams are called.
#include "support/cloudwatch_kit.hpp"

#include <numeric>

using namespace support;
using Catch::Matchers::ContainsSubstring;

namespace {

/// This many lines of that many bytes, all at one time.
batch_builder lines(std::size_t count, std::size_t bytes) {
  batch_builder out;
  auto const one = loose_log(std::string(bytes, 'x')).at(0);
  for (std::size_t i = 0; i < count; ++i) out.add(one);
  return out;
}
entry at_ms(std::string_view text, std::int64_t when) { return loose_log(text).at(when * ms); }

/// The one message that comes of a text.
std::string message_of(std::string const& text, std::size_t limit) {
  auto how = plain_lines();
  how.max_message_bytes = limit;
  cloudwatch_desk on{how};
  CHECK(on.put({loose_log(text)}));
  REQUIRE(on.puts().size() == 1);
  REQUIRE(on.puts()[0].messages.size() == 1);
  return on.puts()[0].messages[0];
}
std::string repeated(std::string const& text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("cloudwatch B1: 10,000 messages are one request, one more is another") {
  cloudwatch_desk full, over;
  auto exact = lines(10'000, 10), more = lines(10'001, 10);
  CHECK(full.put(exact));
  CHECK(over.put(more));
  CHECK(full.sizes() == sizes{10'000});
  CHECK(over.sizes() == sizes{10'000, 1});
}

TEST_CASE("cloudwatch B2: 1,023 messages of 1,000 bytes") {
  cloudwatch_desk on;
  auto all = lines(1'023, 1'000);
  CHECK(on.put(all));
  CHECK(on.sizes() == sizes{1'022, 1});
  CHECK(on.puts()[0].bytes == 1'048'572);
}

TEST_CASE("cloudwatch B3: 4 messages of 262,118 bytes are exactly a request") {
  cloudwatch_desk exact, over;
  auto four = lines(4, 262'118), five = lines(4, 262'118);
  five.add(loose_log("x").at(0));
  CHECK(exact.put(four));
  CHECK(over.put(five));
  CHECK(exact.sizes() == sizes{4});
  CHECK(exact.puts()[0].bytes == 1'048'576);
  CHECK(over.sizes() == sizes{4, 1});
}

TEST_CASE("cloudwatch B4: 24 hours from the first to the last are one request, a millisecond more is two") {
  cloudwatch_desk exact, over;
  CHECK(exact.put({at_ms("a", 0), at_ms("b", 86'400'000)}));
  CHECK(over.put({at_ms("a", 0), at_ms("b", 86'400'001)}));
  CHECK(exact.sizes() == sizes{2});
  CHECK(over.sizes() == sizes{1, 1});
}

TEST_CASE("cloudwatch B5: in the order of their times, and of their coming where those are equal") {
  cloudwatch_desk on;
  CHECK(on.put({at_ms("5a", 5), at_ms("3", 3), at_ms("5b", 5), at_ms("4", 4)}));
  REQUIRE(on.puts().size() == 1);
  CHECK(on.puts()[0].messages == std::vector<std::string>{"3", "4", "5a", "5b"});
}

TEST_CASE("cloudwatch B6: 38,837 messages of one byte") {
  cloudwatch_desk on;
  auto all = lines(38'837, 1);
  CHECK(on.put(all));
  CHECK(on.sizes() == sizes{10'000, 10'000, 10'000, 8'837});
}

TEST_CASE("cloudwatch B7: an empty message is none") {
  cloudwatch_desk on;
  CHECK(on.put({loose_log("a"), loose_log(""), loose_log("b")}));
  CHECK(on.sizes() == sizes{2});
  CHECK(on.count(fl::fate::delivered) == 2);
  CHECK(on.count(fl::fate::empty) == 1);
  CHECK_THAT(on.words(), ContainsSubstring("its message is empty"));
}

TEST_CASE("cloudwatch T1: as long as may be, and a byte more") {
  CHECK(message_of("0123456789ABCDEFGHIJ", 20) == "0123456789ABCDEFGHIJ");
  CHECK(message_of("0123456789ABCDEFGHIJK", 20) == "012345678[truncated]");
}

TEST_CASE("cloudwatch T2: no half letter is left") {
  auto const out = message_of(repeated("\xF0\x9F\x98\x80", 10), 30);
  CHECK(out == repeated("\xF0\x9F\x98\x80", 4) + "[truncated]");
  CHECK(out.size() == 27);
}

TEST_CASE("cloudwatch T3: a megabyte of letters of three bytes") {
  auto const out = message_of(repeated("\xE2\x82\xAC", 333'334), 1'000'000);
  CHECK(out.size() == 999'998);
  CHECK(fl::detail::is_utf8(out));
}

TEST_CASE("cloudwatch T4: what is not UTF-8") {
  cloudwatch_desk on;
  CHECK(on.put({loose_log("a\xFF" "b")}));
  REQUIRE(on.puts().size() == 1);
  CHECK(on.puts()[0].messages == std::vector<std::string>{"a\xEF\xBF\xBD" "b"});
  CHECK(on.puts()[0].bytes == 5 + 26);
}

TEST_CASE("cloudwatch N1: the default name of a stream") {
  fl::detail::cloudwatch_pattern by;
  CHECK(fl::detail::read_pattern("{machine_name}/{program_name}/{logger_name}/{process_id}", fl::detail::cloudwatch_stream_names, by) == "");
  fl::detail::cloudwatch_origin from;
  from.machine = "h1", from.program = "srv", from.logger = "app", from.process = 42;
  CHECK(fl::detail::stream_name(by, from) == "h1/srv/app/42");
}

TEST_CASE("cloudwatch N2: the record's day, in UTC wherever we are") {
  ::setenv("TZ", "XXX-5", 1);
  ::tzset();
  auto how = plain_lines();
  how.log_stream = "a:b*{strftime:%Y-%m-%d}";
  cloudwatch_desk on{how};
  constexpr std::int64_t then = 1'772'409'599;  // 2026-03-01T23:59:59Z
  CHECK(on.put({loose_log("x").at(then * 1'000'000'000 - epoch)}));
  REQUIRE(on.puts().size() == 1);
  CHECK(on.puts()[0].stream == "a-b-2026-03-01");
}

TEST_CASE("cloudwatch 1.2: what is sent is what was said, whatever comes between") {
  // Random lines into a random moment of the last day and a half: every request keeps every limit, and nothing is lost or doubled.
  std::uint64_t random = 88'172'645'463'325'252u;
  auto const draw = [&random](std::uint64_t below) {
    random ^= random << 13, random ^= random >> 7, random ^= random << 17;
    return random % below;
  };
  for (int round = 0; round < 5; ++round) {
    cloudwatch_desk on;
    std::map<std::string, int> said, arrived;
    for (int i = 0; i < 40; ++i) {
      batch_builder some;
      for (auto left = draw(400); left != 0; --left) {
        auto const text = std::to_string(round) + "-" + std::to_string(said.size()) + std::string(draw(3'000), 'x');
        ++said[text];
        some.add(at_ms(text, static_cast<std::int64_t>(draw(130'000'000))));
      }
      CHECK(on.take(some.take()).kind() == fl::outcome::kind::delivered);
    }
    CHECK(on.flush());
    for (auto const& one : on.puts()) {
      REQUIRE(!one.times.empty());
      CHECK(one.times.size() <= 10'000);
      CHECK(one.bytes <= 1'048'576);
      CHECK(std::is_sorted(one.times.begin(), one.times.end()));
      CHECK(one.times.back() - one.times.front() <= 86'400'000);
      for (auto const& text : one.messages) ++arrived[text];
    }
    CHECK(said == arrived);
    CHECK(on.count(fl::fate::delivered) == said.size());
  }
}
