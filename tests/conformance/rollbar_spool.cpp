// E20: items that could not be sent wait on disk, within bounds, and leave in this run or in the next, each once and under its own uuid.
#include "catch.hpp"
#include "support/fake_rollbar.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>

using namespace support;
using Catch::Matchers::ContainsSubstring;
namespace fs = std::filesystem;

namespace {

struct folder {
  fs::path at;
  folder() {
    std::string name = (fs::temp_directory_path() / "fanlight-spool-XXXXXX").string();
    at = ::mkdtemp(name.data());
  }
  ~folder() { fs::remove_all(at); }
  [[nodiscard]] std::vector<fs::path> items() const {
    std::vector<fs::path> out;
    for (auto const& each : fs::directory_iterator{at})
      if (each.path().filename().string().rfind("lock", 0) != 0) out.push_back(each.path());
    std::sort(out.begin(), out.end());
    return out;
  }
};

[[nodiscard]] std::string content(fs::path const& path) {
  std::ostringstream out;
  out << std::ifstream{path}.rdbuf();
  return out.str();
}

void report(std::string const& words) { fl::error_report{std::runtime_error{words}}.set("password", "hunter2"); }

/// Attempts in quick succession.
[[nodiscard]] fl::rollbar_config spooling(folder const& in) {
  fl::rollbar_config how;
  how.spool.folder = in.at.string();
  how.retry_first = 1ms;
  how.retry_most = 5ms;
  how.max_retries = 1;
  return how;
}

[[nodiscard]] std::string message_of(sent_item const& item) { return item("/data/body/trace/exception/message"); }

/// A client that never reached anybody, and ended with these reports.
void end_in_an_outage(folder const& in, std::vector<std::string> const& reports, fl::rollbar_config how) {
  fake_rollbar away;
  auto const endpoint = away.endpoint();
  away.server().stop();
  how.access_token = fake_rollbar::token, how.endpoint = endpoint, how.spool.folder = in.at.string();
  if (!how.watch) how.watch = std::make_shared<fl::rollbar_watch>();
  problem_log problems;
  fl::pipeline line{plain({fl::rollbar(how)}, problems)};
  fl::with_default const here{line};
  for (auto const& each : reports) report(each);
  CHECK(eventually([&] { return !line.flush(50ms) && how.watch->stats().spooled == reports.size(); }));
  CHECK_FALSE(line.shutdown(2s));
}

}  // namespace

TEST_CASE("E20 what is left at the end is sent by the next client with that folder, under the same uuid, though it has nothing to report") {
  folder const at;
  auto how = spooling(at);
  how.watch = std::make_shared<fl::rollbar_watch>();
  std::vector<std::pair<std::string, fl::rollbar_result>> results;
  how.on_result = [&](std::string_view uuid, fl::rollbar_result what) { results.emplace_back(uuid, what); };
  end_in_an_outage(at, {"one", "two"}, how);
  CHECK(how.watch->stats().spooled == 2);
  REQUIRE(results.size() == 2);
  CHECK(results[0].second == fl::rollbar_result::spooled);
  auto const files = at.items();
  REQUIRE(files.size() == 2);
  for (auto const& each : files) {
    auto const text = content(each);
    CHECK(wrong_with_item(text) == "");
    CHECK(text.find(fake_rollbar::token) == std::string::npos);
    CHECK(text.find("hunter2") == std::string::npos);
    CHECK((fs::status(each).permissions() & (fs::perms::group_all | fs::perms::others_all)) == fs::perms::none);
  }

  fake_rollbar rollbar;
  results.clear();
  how.watch = nullptr;
  reporting on{rollbar, how};
  REQUIRE(rollbar.wait_for(2));
  CHECK(on.line.flush(patience));
  auto const items = rollbar.items();
  REQUIRE(items.size() == 2);
  CHECK(message_of(items[0]) == "one");
  CHECK(message_of(items[1]) == "two");
  CHECK(items[0]("/data/uuid") == results.at(0).first);
  CHECK(results.at(0).second == fl::rollbar_result::sent);
  CHECK(items[0]("/data/custom/occurred_at_ms") == items[0]("/data/timestamp") + "000");
  CHECK(rollbar.complaints() == std::vector<std::string>{});
  CHECK(at.items().empty());
  CHECK(on.counts().sent == 2);
  CHECK(on.stats().accepted == 0);
}

TEST_CASE("E20 what Rollbar answers with 5xx too often waits in the spool, and is sent when the trouble is over") {
  folder const at;
  fake_rollbar rollbar;
  rollbar.answers_with({refused_with(503, "busy"), refused_with(503, "busy"), refused_with(503, "busy")});
  reporting on{rollbar, spooling(at)};
  report("late");
  REQUIRE(rollbar.wait_for(4));
  CHECK(eventually([&] { return on.counts().sent == 1; }));
  CHECK(on.counts().spooled == 1);
  CHECK(on.counts().failed == 0);
  CHECK(at.items().empty());
  std::set<std::string> uuids;
  for (auto const& each : rollbar.items()) uuids.insert(each("/data/uuid"));
  CHECK(uuids.size() == 1);
  CHECK(adds_up(on.stats()));
}

TEST_CASE("E20 what the queue has no room for waits on disk, and leaves behind the others") {
  folder const at;
  fake_rollbar rollbar;
  auto how = spooling(at);
  how.queue = 2;
  rollbar.answers_with({limit_reached(1)});
  reporting on{rollbar, how};
  for (int i = 0; i < 6; ++i) report("r" + std::to_string(i));
  static_cast<void>(on.line.flush(patience));  // some had to leave the queue, and are counted there
  CHECK(eventually([&] { return on.counts().sent == 6; }));
  std::set<std::string> seen;
  for (auto const& each : rollbar.items()) seen.insert(message_of(each));
  CHECK(seen.size() == 6);
  CHECK(on.counts().queue_full == 0);
  CHECK(at.items().empty());
  CHECK(adds_up(on.stats()));
}

TEST_CASE("E20 of too many the oldest go, and of the old all") {
  folder const at;
  auto how = spooling(at);
  how.spool.items = 3;
  how.watch = std::make_shared<fl::rollbar_watch>();
  end_in_an_outage(at, {"one", "two", "three", "four", "five"}, how);
  CHECK(at.items().size() == 3);
  CHECK(how.watch->stats().spooled == 5);
  CHECK(how.watch->stats().spool_dropped == 2);

  auto const newest = at.items().back();
  fs::rename(newest, newest.parent_path() / ("01500000000000" + newest.filename().string().substr(14)));  // of 2017
  fake_rollbar rollbar;
  how.watch = nullptr;
  reporting on{rollbar, how};
  CHECK(eventually([&] { return on.counts().sent == 2; }));
  CHECK(on.counts().spool_dropped == 1);
  CHECK(at.items().empty());
}

TEST_CASE("E20 the bytes of a spool are bounded") {
  folder const at;
  auto how = spooling(at);
  how.max_bytes = 8'192;
  how.spool.bytes = 8'192;
  std::vector<std::string> many;
  for (int i = 0; i < 30; ++i) many.push_back("error number " + std::to_string(i));
  end_in_an_outage(at, many, how);
  std::uintmax_t bytes = 0;
  for (auto const& each : at.items()) bytes += fs::file_size(each);
  CHECK(bytes > 0);
  CHECK(bytes <= 8'192);
}

TEST_CASE("E20 what nobody will ever take leaves the spool: refused items, broken files") {
  folder const at;
  end_in_an_outage(at, {"one", "two"}, spooling(at));
  std::ofstream{at.items().front(), std::ios::trunc} << "{\"data\":";
  fake_rollbar rollbar;
  rollbar.answers_with({refused_with(422, "no")});
  reporting on{rollbar, spooling(at)};
  CHECK(eventually([&] { return on.counts().rejected == 1; }));
  CHECK(eventually([&] { return at.items().empty(); }));
  CHECK(on.counts().spool_dropped == 1);
  CHECK(rollbar.items().size() == 1);
}

TEST_CASE("E20 two clients of one folder do not send an item twice, one of another name leaves it alone") {
  folder const at;
  end_in_an_outage(at, {"one", "two", "three"}, spooling(at));
  fake_rollbar rollbar, elsewhere;
  auto other = spooling(at);
  other.name = "another";
  reporting const stranger{elsewhere, other};
  {
    reporting const one{rollbar, spooling(at)};
    reporting const two{rollbar, spooling(at)};
    CHECK(eventually([&] { return one.counts().sent + two.counts().sent == 3; }));
  }
  CHECK(rollbar.items().size() == 3);
  CHECK(elsewhere.items().empty());
  CHECK(at.items().empty());
}

TEST_CASE("E20 what the client leaves that held the folder is sent by one that is there already and has nothing to report") {
  folder const at;
  fake_rollbar away, rollbar;
  away.server().answer_by([](auto const&) { return refused_with(503, "not now"); });
  auto holder = std::make_unique<reporting>(away, spooling(at));
  report("one");
  REQUIRE(eventually([&] { return holder->counts().spooled == 1; }));
  auto how = spooling(at);
  how.access_token = fake_rollbar::token, how.endpoint = rollbar.endpoint();
  problem_log problems;
  fl::pipeline heir{plain({fl::rollbar(how)}, problems)};
  CHECK(heir.flush(patience));
  CHECK(rollbar.items().empty());
  holder.reset();
  CHECK(eventually([&] { return at.items().empty(); }));
  CHECK(rollbar.items().size() == 1);
}

TEST_CASE("E20 a folder that cannot be used is told, and the items go all the same") {
  folder const at;
  std::ofstream{at.at / "file"} << "no folder";
  fake_rollbar rollbar;
  auto how = spooling(at);
  how.spool.folder = (at.at / "file" / "below").string();
  reporting on{rollbar, how};
  report("all the same");
  CHECK(on.line.flush(patience));
  CHECK(rollbar.items().size() == 1);
  CHECK_THAT(on.words(), ContainsSubstring("the spool's folder") && ContainsSubstring("cannot be used"));
}
