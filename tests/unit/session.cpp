// The process's session: one at a time, published and taken back, inert when there is one already or tracing is off.
#include "catch.hpp"
#include "support/pipeline_kit.hpp"

#include <fanlight/propagation.hpp>

#include <optional>
#include <thread>

using namespace support;
using fl::problem_code;

TEST_CASE("a session takes what the process records, and gives it up when it ends") {
  problem_log problems;
  auto const does = std::make_shared<script>();
  {
    auto session = fl::init(plain({spec_of(does)}, problems));
    CHECK(session.is_active());
    make_spans(2);
    std::thread{[] { make_spans(3); }}.join();
    CHECK(session.flush(patience));
    CHECK(session.stats().delivered == 5);
  }
  make_spans(1);
  CHECK(does->seen.get().names.size() == 5);
  CHECK(does->seen.get().destroyed == 1);
}

TEST_CASE("a second init while a session lives changes nothing, says so, and is inert") {
  problem_log problems, others;
  auto const first = std::make_shared<script>(), second = std::make_shared<script>();
  auto session = fl::init(plain({spec_of(first)}, problems));
  {
    auto inert = fl::init(plain({spec_of(second)}, others));
    CHECK_FALSE(inert.is_active());
    REQUIRE(inert.problems().size() == 1);
    CHECK(inert.problems()[0].code == problem_code::already_initialised);
    CHECK(inert.flush(patience));
    CHECK(inert.shutdown());
    CHECK(inert.stats().accepted == 0);
  }
  CHECK(problems.wait_for(problem_code::already_initialised));
  CHECK(others.all().empty());
  make_spans(1);
  CHECK(session.flush(patience));
  CHECK(first->seen.get().names.size() == 1);
  CHECK(second->seen.get().starts == 0);
}

TEST_CASE("sessions follow one another") {
  problem_log problems;
  for (std::size_t round = 0; round < 20; ++round) {
    auto const does = std::make_shared<script>();
    auto session = fl::init(plain({spec_of(does)}, problems));
    REQUIRE(session.is_active());
    make_spans(static_cast<int>(round));
    CHECK(session.shutdown(patience));
    CHECK(does->seen.get().names.size() == round);
  }
  CHECK(problems.all().empty());
}

TEST_CASE("of several that start at once, one wins") {
  for (int round = 0; round < 20; ++round) {
    problem_log problems;
    watched<int> active;
    watched<bool> end;
    std::vector<std::thread> threads;
    std::atomic<int> done{0};
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        auto const session = fl::init(plain({spec_of(std::make_shared<script>())}, problems));
        if (session.is_active()) active.change([](int& count) { ++count; });
        ++done;
        (void)end.wait([](bool now) { return now; });
      });
    CHECK(eventually([&] { return done == 4; }));
    end.set(true);
    for (auto& each : threads) each.join();
    CHECK(active.get() == 1);
  }
}

TEST_CASE("OTEL_SDK_DISABLED makes a session inert, contexts still pass through") {
  problem_log problems;
  auto const does = std::make_shared<script>();
  auto how = plain({spec_of(does)}, problems);
  how.read_environment = true;
  how.instead.environment = [](std::string const& name) -> std::optional<std::string> {
    return name == "OTEL_SDK_DISABLED" ? std::optional<std::string>{"true"} : std::nullopt;
  };
  auto session = fl::init(std::move(how));
  CHECK_FALSE(session.is_active());
  CHECK(does->seen.get().starts == 0);

  std::string const given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  auto const caller = fl::extract([&](std::string_view key) { return key == "traceparent" ? std::string_view{given} : std::string_view{}; });
  fl::scope const inside{caller};
  fl::scoped_span span{"nothing"};
  CHECK_FALSE(span.is_recording());
  std::string out;
  fl::inject([&](std::string_view key, std::string_view text) {
    if (key == "traceparent") out = text;
  });
  CHECK(out == given);
  CHECK(session.flush(patience));
}

TEST_CASE("a session that was moved from does nothing when it ends") {
  problem_log problems;
  auto const does = std::make_shared<script>();
  auto first = std::make_optional(fl::init(plain({spec_of(does)}, problems)));
  auto second = std::move(*first);
  first.reset();
  make_spans(1);
  CHECK(second.flush(patience));
  CHECK(does->seen.get().names.size() == 1);
}

TEST_CASE("init does not throw when copying the configuration's parts does") {
  fl::exporter_spec broken;
  broken.name = "broken";
  broken.make = []() -> std::unique_ptr<fl::exporter> { throw 42; };
  problem_log problems;
  auto session = fl::init(plain({broken}, problems));
  CHECK(session.is_active());
  CHECK(session.stats().exporters.empty());
  CHECK(session.problems().size() == 1);
}

TEST_CASE("shutdown_within bounds the end of a session") {
  problem_log problems;
  gate const held;
  auto const does = std::make_shared<script>();
  does->consume = [held](auto, auto const&, auto) { return held.pass(), fl::outcome::delivered(); };
  auto how = plain({spec_of(does)}, problems);
  how.shutdown_within = 100ms;
  clock::time_point began;
  {
    auto const session = fl::init(std::move(how));
    make_spans(1);
    began = clock::now();
  }
  CHECK(since(began) < 5s);
  CHECK(since(began) >= 80ms);
  held.open();
}
