// Which log records pass: by logger and by exporter, from code and from the environment, and what is counted.
#include <fanlight/fanlight.hpp>

#include "catch.hpp"
#include "support/pipeline_kit.hpp"

using namespace support;
using fl::level;
using fl::problem_code;

namespace {

using variables = std::map<std::string, std::string>;

/// A pipeline with one scripted exporter, `scripted`, and an environment.
struct one_lane {
  explicit one_lane(variables from, std::function<void(fl::config&)> const& change = {}) : running{made(std::move(from), change)}, current{running} {}
  fl::config made(variables from, std::function<void(fl::config&)> const& change) {
    auto out = plain({spec_of(does)}, problems);
    out.read_environment = true;
    out.instead.environment = [from = std::move(from)](std::string const& name) -> std::optional<std::string> {
      auto const at = from.find(name);
      return at == from.end() ? std::nullopt : std::optional<std::string>{at->second};
    };
    if (change) change(out);
    return out;
  }
  /// The texts that came, one letter each.
  [[nodiscard]] std::string came() {
    CHECK(running.flush(patience));
    std::string out;
    for (auto const& each : does->seen.get().names) out += each;
    return out;
  }

  problem_log problems;
  std::shared_ptr<script> does = std::make_shared<script>();
  fl::pipeline running;
  fl::with_default current;
};

void log_all(fl::logger const& by) {
  by.trace("t"), by.debug("d"), by.info("i"), by.warn("w"), by.error("e"), by.critical("c");
}

}  // namespace

TEST_CASE("FANLIGHT_LOG_LEVEL is the least level of all records") {
  auto const [text, expected] = GENERATE(table<char const*, char const*>(
      {{"trace", "tdiwec"}, {"debug", "diwec"}, {" Info ", "iwec"}, {"WARNING", "wec"}, {"error", "ec"}, {"fatal", "c"}, {"off", ""}}));
  one_lane at{{{"FANLIGHT_LOG_LEVEL", text}}};
  log_all(fl::logger{"any"});
  CHECK(at.came() == expected);
  CHECK(at.problems.all().empty());
}

TEST_CASE("FANLIGHT_LOG_LEVEL names loggers too, the longest name that fits counts, and a dot ends a name") {
  one_lane at{{{"FANLIGHT_LOG_LEVEL", "error, db=warn, db.pool=debug, quiet=off"}}};
  log_all(fl::logger{"db"});            // wec
  log_all(fl::logger{"db.session"});    // wec
  log_all(fl::logger{"db.pool"});       // diwec
  log_all(fl::logger{"db.pool.a"});     // diwec
  log_all(fl::logger{"dbx"});           // ec
  log_all(fl::logger{"quiet.too"});     // nothing
  fl::warn("x"), fl::error("y");        // y
  CHECK(at.came() == "wecwecdiwecdiwececy");
}

TEST_CASE("code wins over the environment, question by question") {
  one_lane at{{{"FANLIGHT_LOG_LEVEL", "error,db=trace"}}, [](fl::config& to) { to.minimum_level = level::warn; }};
  log_all(fl::logger{"db"});
  log_all(fl::logger{"other"});
  CHECK(at.came() == "tdiwecwec");

  one_lane both{{{"FANLIGHT_LOG_LEVEL", "what?,db=trace"}}, [](fl::config& to) { to.minimum_level = level::warn, to.levels = {{"db", level::error}}; }};
  log_all(fl::logger{"db"});
  CHECK(both.came() == "ec");
  CHECK(both.problems.all().empty());  // it was not even read
}

TEST_CASE("what FANLIGHT_LOG_LEVEL cannot mean is told part by part, and the rest counts") {
  one_lane at{{{"FANLIGHT_LOG_LEVEL", "loud,db=nothing,=warn,access=error,info"}}};
  log_all(fl::logger{"db"});
  log_all(fl::logger{"access"});
  CHECK(at.came() == "iwecec");
  auto const said = at.running.problems();
  REQUIRE(said.size() == 1);
  CHECK(at.running.stats().problems.at(problem_code::environment_bad) == 3);
  CHECK(said[0].code == problem_code::environment_bad);
  CHECK(said[0].what ==
        "FANLIGHT_LOG_LEVEL is \"loud\"; it must be a level (trace, debug, info, warn, error, critical, off), or logger=level, or a list of "
        "these; this part of it is left out");
}

TEST_CASE("an exporter's least level keeps log records from it alone, and they count as filtered") {
  auto const all = std::make_shared<script>(), few = std::make_shared<script>();
  problem_log problems;
  fl::pipeline running{plain({spec_of(all, "all"), spec_of(few, "few").at_least(level::warn)}, problems)};
  fl::with_default const current{running};
  {
    fl::scoped_span const span{"span"};
    fl::debug("d"), fl::warn("w"), fl::info("i"), fl::error("e");
  }
  fl::error_report{"reported", level::debug};
  REQUIRE(running.flush(patience));
  CHECK(all->seen.get().names == std::vector<std::string>{"span", "d", "w", "i", "e"});
  CHECK(few->seen.get().names == std::vector<std::string>{"span", "w", "e"});
  auto const told = running.stats();
  CHECK(adds_up(told.exporters[0]));
  CHECK(told.exporters[0].delivered == 6);
  CHECK(adds_up(told.exporters[1]));
  CHECK(told.exporters[1].delivered == 4);  // an error report is no log record
  CHECK(filtered_by(told.exporters[1], fl::filter::level) == 2);
}

TEST_CASE("a batch of which nothing is left is done with, and a flush does not wait for it") {
  auto const all = std::make_shared<script>(), none = std::make_shared<script>();
  problem_log problems;
  fl::pipeline running{plain({spec_of(all, "all"), spec_of(none, "none").at_least(fl::level_off)}, problems)};
  fl::with_default const current{running};
  for (int i = 0; i < 2000; ++i) fl::critical("c");
  REQUIRE(running.flush(patience));
  auto const told = running.stats().exporters[1];
  CHECK(adds_up(told));
  CHECK(filtered_by(told, fl::filter::level) == 2000);
  CHECK(none->seen.get().batches.empty());
  CHECK(all->seen.get().names.size() == 2000);
}

TEST_CASE("a batch that is tried again was sifted once") {
  auto const does = std::make_shared<script>();
  int left = 2;
  does->consume = [&](auto, auto const&, auto) { return left-- > 0 ? fl::outcome::retry("not now") : fl::outcome::delivered(); };
  problem_log problems;
  auto how = plain({spec_of(does).at_least(level::warn), spec_of(std::make_shared<script>(), "all")}, problems);
  how.batching.retry_first = 1ms, how.batching.retry_most = 2ms;
  fl::pipeline running{std::move(how)};
  fl::with_default const current{running};
  fl::info("i"), fl::warn("w"), fl::error("e");
  REQUIRE(running.flush(patience));
  auto const told = running.stats().exporters[0];
  CHECK(adds_up(told));
  CHECK(told.delivered == 2);
  CHECK(filtered_by(told, fl::filter::level) == 1);
  CHECK(does->seen.get().batches == std::vector<std::size_t>{2, 2, 2});
}

TEST_CASE("a least level counts nothing of log records that the exporter only looks at") {
  auto const all = std::make_shared<script>(), looks = std::make_shared<script>();
  looks->background = fl::takes<fl::log_record>;
  problem_log problems;
  fl::pipeline running{plain({spec_of(all, "all"), spec_of(looks, "looks").at_least(level::warn)}, problems)};
  fl::with_default const current{running};
  fl::debug("d"), fl::warn("w"), fl::info("i");
  fl::error_report{"reported"};
  REQUIRE(running.flush(patience));
  fl::info("alone");
  REQUIRE(running.flush(patience));
  CHECK(looks->seen.get().names == std::vector<std::string>{"w"});
  auto const told = running.stats().exporters[1];
  CHECK(adds_up(told));
  CHECK(told.accepted == 1);
  CHECK(told.delivered == 1);
  CHECK(told.queued == 0);
}

TEST_CASE("a queue whose oldest batches give way does not take the one that is being sifted") {
  auto const few = std::make_shared<script>();
  auto spec = spec_of(few, "few").at_least(level::warn);
  spec.drop_oldest = true;
  spec.queue_records = 64;
  problem_log problems;
  auto how = plain({spec, spec_of(std::make_shared<script>(), "all")}, problems);
  how.batching.batch_records = 32;
  fl::pipeline running{std::move(how)};
  fl::with_default const current{running};
  for (int i = 0; i < 20'000; ++i) fl::info("i"), fl::warn("w");
  static_cast<void>(running.flush(patience));  // false where something had to give way
  auto const told = running.stats().exporters[0];
  CHECK(adds_up(told));
  CHECK(told.accepted == 40'000);
  CHECK(told.queued == 0);
  CHECK(told.delivered == few->seen.get().names.size());
  for (auto const& each : few->seen.get().names) REQUIRE(each == "w");
}

TEST_CASE("what no exporter takes is not even made") {
  auto const first = std::make_shared<script>(), second = std::make_shared<script>();
  problem_log problems;
  fl::pipeline running{plain({spec_of(first, "first").at_least(level::error), spec_of(second, "second").at_least(level::warn)}, problems)};
  fl::with_default const current{running};
  CHECK(fl::is_on(level::warn));
  CHECK_FALSE(fl::is_on(level::info));
  fl::info("i");
  REQUIRE(running.flush(patience));
  CHECK(running.stats().exporters[0].accepted == 0);
}

TEST_CASE("FANLIGHT_EXPORTER_LEVELS says it for exporters by name, where code has not") {
  variables const from{{"FANLIGHT_EXPORTER_LEVELS", "scripted=error, second=warn, third=info, x=loud"}};
  auto const second = std::make_shared<script>();
  one_lane at{from, [&](fl::config& to) {
                to.exporters = std::vector<fl::exporter_spec>{(*to.exporters)[0], spec_of(second, "second").at_least(level::debug)};
              }};
  log_all(fl::logger{"any"});
  CHECK(at.came() == "ec");
  CHECK(second->seen.get().names.size() == 5);
  auto const said = at.running.problems();
  REQUIRE(said.size() == 1);
  CHECK(at.running.stats().problems.at(problem_code::environment_bad) == 2);
  CHECK(said[0].what ==
        "FANLIGHT_EXPORTER_LEVELS is \"third=info\"; it must be exporter=level, or a list of these, of exporters that are on; this part of it "
        "is left out");
}
