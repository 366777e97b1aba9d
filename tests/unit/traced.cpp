// traced: a span around every call of a callable.
#include <fanlight/testing.hpp>
#include <fanlight/trace.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.hpp"

using namespace fanlight;

namespace {
auto const load_user = traced("load user", [](int id) { return "user " + std::to_string(id); });
int twice(int number) { return 2 * number; }
}  // namespace

TEST_CASE("each call of a traced callable is a span, also when it is const and of static life") {
  testing::capture taken;
  {
    scoped_span request{"request"};
    CHECK(load_user(7) == "user 7");
    CHECK(load_user(8) == "user 8");
  }
  CHECK(taken.tree() == "request\n  load user\n  load user\n");
  auto const spans = taken.spans();
  CHECK(std::string_view{spans["load user"].where.file()}.find("traced.cpp") != std::string_view::npos);
}

TEST_CASE("what is begun inside a traced call stands beneath it") {
  testing::capture taken;
  auto const outer = traced("outer", [] {
    current_span().set("k", 1);
    scoped_span inner{"inner"};
  });
  outer();
  CHECK(taken.tree() == "outer k=1\n  inner\n");
}

TEST_CASE("results and arguments pass through a traced call as they are") {
  testing::capture taken;
  int number = 0;
  auto const by_reference = traced("ref", [](int& to) -> int& { return ++to; });
  static_assert(std::is_same_v<decltype(by_reference(number)), int&>);
  CHECK(&by_reference(number) == &number);
  auto const moves = traced("move", [](std::unique_ptr<int> from) { return from; });
  CHECK(*moves(std::make_unique<int>(7)) == 7);
  CHECK(traced("function", twice)(21) == 42);
  CHECK(traced("pointer", &twice)(4) == 8);
}

TEST_CASE("a traced call that throws has failed") {
  testing::capture taken;
  auto const bad = traced("bad", [](bool now) {
    if (now) throw std::runtime_error{"x"};
  });
  CHECK_THROWS_AS(bad(true), std::runtime_error);
  CHECK_NOTHROW(bad(false));
  CHECK(taken.tree() ==
        "bad ERROR \"x\" fanlight.error.id=#1 error.type=\"std::runtime_error\"\n"
        "  event exception exception.type=\"std::runtime_error\" exception.message=\"x\" fanlight.error.id=#1\n"
        "bad\n");
}

TEST_CASE("a traced callable costs nothing but the call without a pipeline") {
  CHECK(load_user(1) == "user 1");
  CHECK_FALSE(current().is_valid());
}
