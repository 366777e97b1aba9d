// The sink for spdlog: what a program logs there arrives as log records, with ids, levels, names, places and times.
#include <fanlight/testing.hpp>
#include <fanlight/trace.hpp>
#include <fanlight/with/spdlog.hpp>

#include <spdlog/sinks/ostream_sink.h>

#include <sstream>
#include <string>

#include "catch.hpp"

namespace fl = fanlight;
using fl::level;

namespace {

std::shared_ptr<spdlog::logger> logger_named(std::string const& name) {
  auto out = std::make_shared<spdlog::logger>(name, fl::make_spdlog_sink());
  out->set_level(spdlog::level::trace);
  return out;
}

}  // namespace

TEST_CASE("a message becomes a log record of its level, by its logger's name, in the current span") {
  fl::testing::capture taken;
  auto const db = logger_named("db");
  {
    fl::scoped_span const span{"span"};
    db->trace("a {}", 1), db->debug("b"), db->info("c {:.1f}", 2.25), db->warn("d"), db->error("e"), db->critical("f");
  }
  CHECK(taken.tree() ==
        "span\n  log TRACE \"a 1\" (db)\n  log DEBUG \"b\" (db)\n  log INFO \"c 2.2\" (db)\n  log WARN \"d\" (db)\n  log ERROR \"e\" (db)\n"
        "  log FATAL \"f\" (db)\n");
}

TEST_CASE("place and time are those of the message") {
  fl::testing::capture taken;
  auto const db = logger_named(std::string(100, 'n'));
  auto const before = std::chrono::system_clock::now();
  SPDLOG_LOGGER_INFO(db, "here");
  auto const after = std::chrono::system_clock::now();
  db->info("nowhere");
  auto const log = taken.logs()["here"];
  CHECK(std::string_view{log.where.file()}.find("with_spdlog.cpp") != std::string_view::npos);
  CHECK(log.where.line() == __LINE__ - 5);
  CHECK(log.time >= fl::wall_time{before});
  CHECK(log.time <= fl::wall_time{after});
  CHECK(log.logger() == std::string(63, 'n'));
  CHECK(taken.logs()["nowhere"].where.line() == 0);
}

TEST_CASE("least levels hold, spdlog's and fanlight's") {
  fl::testing::capture taken{{.minimum_level = level::info, .levels = {{"db", level::error}}}};
  auto const db = logger_named("db"), web = logger_named("web");
  db->warn("a"), db->error("b"), web->debug("c"), web->info("d");
  web->sinks()[0]->set_level(spdlog::level::err);
  web->warn("e");
  CHECK(taken.tree() == "log ERROR \"b\" (db)\nlog INFO \"d\" (web)\n");
}

TEST_CASE("one line gives the default logger a sink") {
  fl::testing::capture taken;
  auto const before = spdlog::default_logger();
  spdlog::set_default_logger(std::make_shared<spdlog::logger>(""));
  fl::add_to_spdlog();
  spdlog::info("by default");
  spdlog::default_logger()->flush();
  spdlog::set_default_logger(before);
  CHECK(taken.tree() == "log INFO \"by default\"\n");
}

TEST_CASE("spdlog's own lines can have the ids too") {
  fl::testing::capture taken;
  std::ostringstream lines;
  auto const file = std::make_shared<spdlog::sinks::ostream_sink_mt>(lines);
  auto form = std::make_unique<spdlog::pattern_formatter>();
  form->add_flag<fl::spdlog_ids>('*').set_pattern("%v|%*");
  file->set_formatter(std::move(form));
  spdlog::logger both{"both", {file, fl::make_spdlog_sink()}};
  both.info("outside");
  {
    fl::scoped_span const span{"span"};
    both.info("inside");
  }
  auto const span = taken.spans()[0];
  CHECK(lines.str() == "outside|" + std::string{spdlog::details::os::default_eol} + "inside|trace_id=" + std::string{span.trace_id.hex().view()} +
                           " span_id=" + std::string{span.span_id.hex().view()} + spdlog::details::os::default_eol);
  CHECK(taken.logs().size() == 2);
}

TEST_CASE("without a pipeline the sink does nothing, and levels beyond spdlog's are critical") {
  logger_named("db")->error("nobody listens");
  CHECK(fl::detail::spdlog_level(spdlog::level::n_levels) == level::critical);
}
