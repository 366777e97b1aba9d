// Lines by fmt and by std::format: made only when the record is kept, with whatever these can write.
#include <fanlight/testing.hpp>
#include <fanlight/trace.hpp>
#include <fanlight/with/fmt.hpp>
#include <fanlight/with/format.hpp>

#include <fmt/chrono.h>

#include <chrono>
#include <stdexcept>
#include <string>

#include "catch.hpp"

namespace {

struct point {
  int x, y;
};
int written = 0;

}  // namespace

template <>
struct fmt::formatter<point> : fmt::formatter<int> {
  template <class Context>
  auto format(point const& what, Context& to) const {
    ++written;
    if (what.x < 0) throw std::runtime_error{"negative"};
    return fmt::format_to(to.out(), "({}, {})", what.x, what.y);
  }
};

using namespace fanlight;

TEST_CASE("fmt writes the text of a record, types of one's own and long ones too") {
  testing::capture taken{{.minimum_level = level::info}};
  logger const db{"db"};
  info(fmt_line("{:>5}|{:<5}|{}", 42, "ab", point{1, 2}), {{"rows", 3}});
  db.warn(fmt_line("{}", std::chrono::milliseconds{15}));
  debug(fmt_line("{}", point{3, 4}));
  std::string const part(3000, 'p');
  info(fmt_line("{}-{}", part, std::string{"temporary"}));
  CHECK(written == 1);
  auto const logs = taken.logs();
  REQUIRE(logs.size() == 3);
  CHECK(logs[0].body == std::string_view{"   42|ab   |(1, 2)"});
  CHECK(logs[0].find("rows").as_int64() == 3);
  CHECK(logs[1].body == std::string_view{"15ms"});
  CHECK(logs[2].body == part + "-temporary");
}

TEST_CASE("what a formatter throws is told, and the text ends where it was") {
  testing::capture taken;
  info(fmt_line("before {}", point{-1, 0}));
  CHECK(taken.tree() == "log INFO \"before \"\n");
  CHECK(taken.pipeline().stats().problems.at(problem_code::log_callback_threw) == 1);
}

TEST_CASE("std_line() is there with or without <format>") {
  testing::capture taken;
  info(std_line("{:>5}|{:<5}|{:.1f}|{}", 42, "ab", 2.25, std::string{"s"}));
  debug(std_line("no arguments"), {{"k", 1}});
  CHECK(taken.tree() == "log INFO \"   42|ab   |2.2|s\"\nlog DEBUG \"no arguments\" k=1\n");
}
