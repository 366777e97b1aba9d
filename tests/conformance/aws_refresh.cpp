// How long credentials are used, when they are renewed, and what is remembered of failures.
#include "support/aws_kit.hpp"

#include "catch.hpp"

using namespace fanlight::detail;
using Catch::Matchers::ContainsSubstring;
using std::chrono::milliseconds;
using support::answer;
using support::keys_json;

namespace {

/// A container's agent, and a keeper that asks it.
struct kept {
  support::aws_world world;
  std::unique_ptr<aws_surroundings> around;
  std::unique_ptr<aws_keeper> keeper;

  explicit kept(std::map<std::string, std::string> variables = {{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/c"}}) {
    world.variables = std::move(variables);
    around = std::make_unique<aws_surroundings>(world.config());
    keeper = std::make_unique<aws_keeper>(*around);
  }
  /// The key's id, or `(none)`.
  [[nodiscard]] std::string get() {
    auto const out = keeper->get(support::clock::now() + support::patience);
    return out == nullptr ? "(none)" : out->keys.id;
  }
  [[nodiscard]] std::size_t asked() const { return world.sent().size(); }
  void answers(std::string const& body) { world.net->answers_with({answer(200, body)}); }
  void fails() { world.net->answers_with({answer(500)}); }
  void pass(std::int64_t seconds) { world.now += seconds, world.steady += std::chrono::seconds{seconds}; }
};

constexpr char const* in_six_hours = "2023-11-15T04:13:20Z";
constexpr std::int64_t six_hours = 6 * 3600;

}  // namespace

TEST_CASE("cloudwatch 5.6: renewed from 15 minutes before the end, and not before") {
  kept one;
  one.answers(keys_json("ONE", in_six_hours));
  CHECK(one.get() == "AKIAONE");
  one.pass(six_hours - 901);
  CHECK(one.get() == "AKIAONE");
  CHECK(one.asked() == 1);
  one.pass(1);
  one.answers(keys_json("TWO", "2023-11-15T10:13:20Z"));
  CHECK(one.get() == "AKIATWO");
  CHECK(one.asked() == 2);
}

TEST_CASE("cloudwatch 5.6: of a short life, from its half") {
  kept one;
  one.answers(keys_json("ONE", "2023-11-14T22:23:20Z"));  // ten minutes
  CHECK(one.get() == "AKIAONE");
  one.pass(299);
  CHECK(one.get() == "AKIAONE");
  CHECK(one.asked() == 1);
  one.pass(1);
  one.answers(keys_json("TWO", in_six_hours));
  CHECK(one.get() == "AKIATWO");
}

TEST_CASE("cloudwatch 5.6: while renewal fails the old set is used, until 10 s before its end") {
  kept one;
  one.answers(keys_json("ONE", in_six_hours));
  CHECK(one.get() == "AKIAONE");
  one.pass(six_hours - 900);
  one.fails();
  CHECK(one.get() == "AKIAONE");
  CHECK(one.asked() == 2);
  CHECK_THAT(one.keeper->news(), ContainsSubstring("status 500"));
  CHECK(one.keeper->news().empty());
  CHECK(one.get() == "AKIAONE");  // the failure is remembered
  CHECK(one.asked() == 2);
  one.pass(889);
  one.fails();
  CHECK(one.get() == "AKIAONE");  // 11 s are left
  one.pass(1);
  CHECK(one.get() == "(none)");
  one.pass(60);
  one.answers(keys_json("TWO", "2023-11-15T10:13:20Z"));
  CHECK(one.get() == "AKIATWO");
  CHECK(one.keeper->why().empty());
}

TEST_CASE("cloudwatch 5.7: a failure is remembered for 1 s, doubling to 60 s, with full jitter") {
  kept one;
  auto const pause = [&](milliseconds expected) {
    one.fails();
    auto const before = one.asked();
    CHECK(one.get() == "(none)");
    CHECK(one.asked() == before + 1);
    one.world.steady += expected - milliseconds{1};
    CHECK(one.get() == "(none)");
    CHECK(one.asked() == before + 1);
    one.world.steady += milliseconds{1};
  };
  for (int const seconds : {1, 2, 4, 8, 16, 32, 60, 60}) pause(std::chrono::seconds{seconds});
  one.world.random = 0.25;
  pause(std::chrono::seconds{15});
  one.answers(keys_json("ONE", in_six_hours));
  CHECK(one.get() == "AKIAONE");
}

TEST_CASE("cloudwatch 5.7: one warning for each change of cause") {
  kept one;
  one.fails();
  CHECK(one.get() == "(none)");
  CHECK_THAT(one.keeper->news(), ContainsSubstring("status 500"));
  one.pass(60);
  one.fails();
  CHECK(one.get() == "(none)");
  CHECK(one.keeper->news().empty());
  one.pass(60);
  one.world.net->answers_with({answer(403)});
  CHECK(one.get() == "(none)");
  CHECK_THAT(one.keeper->news(), ContainsSubstring("status 403"));
}

TEST_CASE("cloudwatch 5.4: keys of EC2 are used past their end while its service is ill, which is asked every 5 to 10 minutes") {
  kept one{{}};
  auto const good = [&](std::string const& keys) { one.world.net->answers_with({answer(200, "t"), answer(200, "r"), answer(200, keys)}); };
  good(keys_json("ONE", in_six_hours));
  CHECK(one.get() == "AKIAONE");
  one.pass(six_hours + 60);
  one.world.random = 0.5;
  one.fails();
  CHECK(one.get() == "AKIAONE");
  CHECK(one.asked() == 4);
  one.pass(449);
  CHECK(one.get() == "AKIAONE");
  CHECK(one.asked() == 4);
  one.pass(1);
  good(keys_json("OLD", in_six_hours));  // it gives keys that have expired
  CHECK(one.get() == "AKIAOLD");
  CHECK(one.asked() == 7);
  one.pass(449);
  CHECK(one.get() == "AKIAOLD");
  CHECK(one.asked() == 7);
  one.pass(1);
  good(keys_json("NEW", "2023-11-15T12:00:00Z"));
  CHECK(one.get() == "AKIANEW");
}

TEST_CASE("cloudwatch 5.6: of others, keys that have expired are none") {
  kept one;
  one.answers(keys_json("ONE", "2023-11-14T22:13:20Z"));
  CHECK(one.get() == "(none)");
  CHECK_THAT(one.keeper->why(), ContainsSubstring("expired"));
}

TEST_CASE("cloudwatch 1.4: keys that AWS refuses are looked for again, the same ones are held back, and tried again later") {
  kept one{{{"AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"}, {"AWS_SECRET_ACCESS_KEY", "hush"}}};
  auto const until = support::clock::now() + support::patience;
  auto const first = one.keeper->get(until);
  REQUIRE(first != nullptr);
  one.keeper->refused(first);
  CHECK(one.get() == "(none)");
  CHECK_THAT(one.keeper->why(), ContainsSubstring("AKIA****MPLE") && !ContainsSubstring("IOSFODNN7"));
  one.pass(1);
  auto const second = one.keeper->get(until);
  REQUIRE(second != nullptr);
  one.keeper->refused(first);  // an answer that came late
  CHECK(one.keeper->get(until) == second);
  one.keeper->refused(second);
  CHECK(one.get() == "(none)");
  one.pass(1);
  CHECK(one.get() == "(none)");  // twice as long by now
  one.pass(1);
  CHECK(one.get() == "AKIAIOSFODNN7EXAMPLE");
}

TEST_CASE("cloudwatch 1.4: keys that were changed after they were refused are used at once") {
  kept one{{{"AWS_ACCESS_KEY_ID", "AKIAOLD"}, {"AWS_SECRET_ACCESS_KEY", "hush"}}};
  auto const first = one.keeper->get(support::clock::now() + support::patience);
  one.world.variables["AWS_ACCESS_KEY_ID"] = "AKIANEW";
  one.keeper->refused(first);
  CHECK(one.get() == "AKIANEW");
}
