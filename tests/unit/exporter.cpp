// What makes an exporter: a user's type by value or shared, what it may return, and what a spec says of it.
#include "catch.hpp"
#include "support/pipeline_kit.hpp"

#include <fanlight/exporters/memory.hpp>

#include <stdexcept>

using namespace support;

namespace {

/// Everything that a user's type may take, and nothing that it must.
struct counts {
  int spans = 0, logs = 0, errors = 0;
};
struct takes_all {
  watched<counts>* to;
  void consume(fl::batch<fl::span_record> all) {
    to->change([&](counts& now) { now.spans += static_cast<int>(all.size()); });
  }
  void consume(fl::batch<fl::log_record> all) {
    to->change([&](counts& now) { now.logs += static_cast<int>(all.size()); });
  }
  void consume(fl::batch<fl::error_record> all) {
    to->change([&](counts& now) { now.errors += static_cast<int>(all.size()); });
  }
};
struct takes_logs {
  fl::outcome consume(fl::batch<fl::log_record>) { return fl::outcome::delivered(); }
};
struct lives {
  std::shared_ptr<int> token;
  void consume(fl::batch<fl::span_record>) {}
};

static_assert(fl::detail::user_exporter<takes_all> && fl::detail::user_exporter<takes_logs> && fl::detail::user_exporter<fl::memory>);
static_assert(!fl::detail::user_exporter<int> && !fl::detail::user_exporter<std::string>);
static_assert(!std::is_constructible_v<fl::exporter_spec, int>);

}  // namespace

TEST_CASE("outcomes say what they were made with") {
  CHECK(fl::outcome::delivered().kind() == fl::outcome::kind::delivered);
  auto const rejected = fl::outcome::rejected(3, "old");
  CHECK(rejected.kind() == fl::outcome::kind::rejected);
  CHECK(rejected.count() == 3);
  CHECK(rejected.why() == "old");
  auto const retry = fl::outcome::retry("busy", 20ms);
  CHECK(retry.kind() == fl::outcome::kind::retry);
  CHECK(retry.after() == 20ms);
  CHECK(fl::outcome::retry("busy").after() == 0ms);
  CHECK(fl::outcome::dropped("gone").kind() == fl::outcome::kind::dropped);
}

TEST_CASE("a user's type takes what it has a consume for") {
  watched<counts> seen;
  problem_log problems;
  fl::exporter_spec const by_value = takes_all{&seen};
  CHECK(by_value.make()->kinds() == (fl::takes<fl::span_record> | fl::takes<fl::log_record> | fl::takes<fl::error_record>));
  CHECK_FALSE(by_value.wants_open);
  CHECK(fl::exporter_spec{takes_logs{}}.make()->kinds() == fl::takes<fl::log_record>);
  fl::pipeline running{plain({by_value}, problems)};
  fl::with_default const current{running};
  make_spans(2);
  fl::info("one");
  fl::error_report{"one"};
  CHECK(running.flush(patience));
  auto const now = seen.get();
  CHECK(now.spans == 2);
  CHECK(now.logs == 1);
  CHECK(now.errors == 1);
}

TEST_CASE("an object given by value is copied into its lane, and goes with it") {
  auto const token = std::make_shared<int>(1);
  problem_log problems;
  {
    fl::pipeline running{plain({lives{token}}, problems)};
    long const alive = token.use_count();
    CHECK(alive > 1);
    CHECK(running.shutdown(patience));
    CHECK(token.use_count() == alive - 1);  // what the settings hold stays, as the settings do
  }
}

TEST_CASE("an object given by shared_ptr is the user's own") {
  problem_log problems;
  auto const sink = std::make_shared<fl::memory>();
  fl::pipeline running{plain({sink}, problems)};
  fl::with_default const current{running};
  make_spans(3);
  CHECK(running.flush(patience));
  REQUIRE(sink->spans().size() == 1);
  CHECK(sink->spans()[0].size() == 3);
  CHECK(running.shutdown(patience));
  auto const kept = sink->spans();  // a batch that is kept outlives its pipeline
  CHECK(std::string{(*kept[0].begin()).name.c_str()} == "span");
}

TEST_CASE("called() names an exporter and leaves the original as it was") {
  fl::exporter_spec const one = takes_logs{};
  auto const two = one.called("two");
  CHECK(one.name == "custom");
  CHECK(two.name == "two");
  problem_log problems;
  fl::pipeline const running{plain({one, two}, problems)};
  CHECK(running.stats().exporters.at(0).name == "custom");
  CHECK(running.stats().exporters.at(1).name == "two");
}

TEST_CASE("stop tells an exporter of the last moment it has") {
  problem_log problems;
  auto const does = std::make_shared<script>();
  clock::duration given{};
  does->stop = [&](fl::deadline until) { given = until - clock::now(); };
  fl::pipeline running{plain({spec_of(does)}, problems)};
  CHECK(running.shutdown(10s));
  CHECK(given > 1s);
  CHECK(given <= 10s);
}
