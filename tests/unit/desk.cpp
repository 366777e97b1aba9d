// Where problems arrive: counted exactly, told once a minute for each code and exporter, and never by the thread that reports.
#include <fanlight/impl/desk.ipp>

#include "catch.hpp"

#include <atomic>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace fl = fanlight;
using fl::problem_code;
using fl::detail::desk;

namespace {

struct listener {
  std::vector<fl::problem> told;
  desk at{[this](fl::problem const& each) { told.push_back(each); }};
};

}  // namespace

TEST_CASE("nothing is told by reporting, telling is for the thread that tells") {
  listener to;
  CHECK(to.at.report(problem_code::queue_full, "full", "a"));
  CHECK(to.told.empty());
  to.at.tell_all();
  REQUIRE(to.told.size() == 1);
  CHECK(to.told[0].code == problem_code::queue_full);
  CHECK(to.told[0].what == "full");
  CHECK(to.told[0].exporter == "a");
  CHECK(to.told[0].times == 1);
  to.at.tell_all();
  CHECK(to.told.size() == 1);
}

TEST_CASE("the same code of the same exporter is told once, others are told too, all are counted") {
  listener to;
  for (int i = 0; i < 10; ++i) to.at.report(problem_code::queue_full, "full", "a");
  CHECK_FALSE(to.at.report(problem_code::queue_full, "full", "a"));
  CHECK(to.at.report(problem_code::queue_full, "full", "b"));
  CHECK(to.at.report(problem_code::rejected, "no", "a"));
  to.at.tell_all();
  CHECK(to.told.size() == 3);
  CHECK(to.at.counts().at(problem_code::queue_full) == 12);
  CHECK(to.at.counts().at(problem_code::rejected) == 1);
  CHECK(to.at.counts().size() == 2);
}

TEST_CASE("words for which there is no memory cost the words and not the count") {
  listener to;
  CHECK_FALSE(to.at.explain(problem_code::rejected, []() -> std::string { throw std::bad_alloc{}; }));
  CHECK(to.at.counts().at(problem_code::rejected) == 1);
  CHECK(to.at.report(problem_code::rejected, "now there is"));
}

TEST_CASE("a report of an instrument gets the words that belong to its code") {
  listener to;
  CHECK(to.at.report_now(problem_code::ended, "order id"));
  to.at.tell_all();
  REQUIRE(to.told.size() == 1);
  CHECK(to.told[0].what.find("'order id' was written to a span that had ended") == 0);
}

TEST_CASE("a handler that throws is survived") {
  desk at{[](fl::problem const&) { throw std::runtime_error{"broken"}; }};
  at.report(problem_code::rejected, "a");
  at.report(problem_code::queue_full, "b");
  at.tell_all();
  CHECK(at.counts().size() == 2);
  CHECK(at.history().size() == 2);
}

TEST_CASE("a handler may report and ask while it is told") {
  desk* self = nullptr;
  int told = 0;
  desk at{[&](fl::problem const&) {
    ++told;
    self->report(problem_code::rejected, "from the handler");
    CHECK_FALSE(self->history().empty());
  }};
  self = &at;
  at.report(problem_code::queue_full, "first");
  at.tell_all();
  CHECK(told == 2);
}

TEST_CASE("the history keeps the first and the latest, and is bounded") {
  listener to;
  for (int i = 0; i < 1000; ++i) {
    to.at.report(problem_code::rejected, "x", "exporter " + std::to_string(i));
    to.at.tell_all();
  }
  auto const history = to.at.history();
  CHECK(history.size() == 256);
  CHECK(history.front().exporter == "exporter 0");
  CHECK(history.back().exporter == "exporter 999");
  CHECK(to.told.size() == 1000);
}

TEST_CASE("many threads report at once: counts are exact, and each code is told") {
  listener to;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 5000; ++i) {
        if (t % 2 == 0) to.at.report_now(problem_code::key_empty, "x");
        else to.at.report(problem_code::rejected, "y", "a");
      }
    });
  for (auto& each : threads) each.join();
  to.at.tell_all();
  CHECK(to.at.counts().at(problem_code::key_empty) == 10'000);
  CHECK(to.at.counts().at(problem_code::rejected) == 10'000);
  CHECK(to.told.size() == 2);
}
