// impl/cloudwatch/streams.hpp: which stream a record goes to, and how many are open.
#include <fanlight/impl/cloudwatch/streams.hpp>

#include "catch.hpp"

#include <sys/prctl.h>
#include <unistd.h>

namespace fl = fanlight;
using fl::detail::cloudwatch_pending;
using fl::detail::cloudwatch_place;
using fl::detail::cloudwatch_streams;
using namespace std::chrono_literals;

namespace {

fl::detail::cloudwatch_pattern pattern(std::string const& text) {
  fl::detail::cloudwatch_pattern out;
  REQUIRE(fl::detail::read_pattern(text, fl::detail::cloudwatch_stream_names, out) == "");
  return out;
}
cloudwatch_streams streams(std::string const& text) { return cloudwatch_streams{pattern(text), "h1", "srv", 42}; }
std::string name_at(cloudwatch_streams& in, cloudwatch_place const& where) {
  auto const* const found = in.at(where);
  REQUIRE(found != nullptr);
  return found->name();
}

}  // namespace

TEST_CASE("cloudwatch_streams: named after machine, program, logger and process, `root` without a logger") {
  auto all = streams("{machine_name}/{program_name}/{logger_name}/{process_id}");
  CHECK(name_at(all, {"app", 1, 0}) == "h1/srv/app/42");
  CHECK(name_at(all, {"", 1, 0}) == "h1/srv/root/42");
  CHECK(all.open().size() == 2);
}

TEST_CASE("cloudwatch_streams: the same place is the same stream, and only what the pattern names makes another") {
  auto one = streams("fixed");
  auto* const first = one.at({"a", 1, 0});
  CHECK(one.at({"b", 2, 86'400}) == first);
  CHECK(one.open().size() == 1);

  auto by_day = streams("{strftime:%Y-%m-%d}");
  auto* const today = by_day.at({"a", 1, 86'399});
  CHECK(by_day.at({"b", 2, 0}) == today);
  CHECK(name_at(by_day, {"a", 1, 86'400}) == "1970-01-02");
  CHECK(by_day.at({"c", 3, 1}) == today);
  CHECK(by_day.open().size() == 2);
}

TEST_CASE("cloudwatch_streams: a thread by the name it has, and by its number when it is gone") {
  auto all = streams("{thread_name}");
  char before[16] = {};
  ::prctl(PR_GET_NAME, before);
  ::prctl(PR_SET_NAME, "pay:ments");
  CHECK(name_at(all, {"a", static_cast<std::uint32_t>(::gettid()), 0}) == "pay-ments");
  ::prctl(PR_SET_NAME, before);
  CHECK(name_at(all, {"a", 4'194'305, 0}) == "thread-4194305");  // above the largest that Linux gives
}

TEST_CASE("cloudwatch_streams: sixteen are open, the one that was written to least recently makes room") {
  auto all = streams("{logger_name}");
  auto const when = [](int i) { return fl::detail::cloudwatch_moment{} + 1h + std::chrono::seconds{i}; };
  for (int i = 0; i < 16; ++i) all.at({"part-" + std::to_string(i), 1, 0})->add(0, "x", when(i));
  all.at({"part-0", 1, 0})->add(0, "y", when(100));
  CHECK(all.at({"part-16", 1, 0}) == nullptr);
  CHECK(all.at({"part-15", 1, 0}) != nullptr);
  auto* const least = all.least_used();
  REQUIRE(least != nullptr);
  CHECK(least->name() == "part-1");
  all.close(least);
  CHECK(all.open().size() == 15);
  CHECK(name_at(all, {"part-16", 1, 0}) == "part-16");
  CHECK(all.at({"part-1", 1, 0}) == nullptr);
}

TEST_CASE("cloudwatch_streams: one that is closed is not found by memory") {
  auto all = streams("{logger_name}");
  all.at({"a", 1, 0})->add(0, "old", {});
  all.close(all.least_used());
  CHECK(all.open().empty());
  CHECK(all.least_used() == nullptr);
  CHECK(all.at({"a", 1, 0})->empty());
}

TEST_CASE("cloudwatch_streams: by itself it is named after this process") {
  cloudwatch_streams all{pattern("{program_name}/{process_id}")};
  CHECK(name_at(all, {}) == "cloudwatch_streams/" + std::to_string(::getpid()));
}
