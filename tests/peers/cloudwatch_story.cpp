// Tells CloudWatch Logs a story. Address, region, keys, group and stream come from the environment, as in every program.
//
//   cloudwatch_story lines COUNT THREADS    so many lines from each of so many threads, with a logger for each thread
//   cloudwatch_story burst COUNT [bounds]   so many lines at once, by the logger `burst`; `bounds`: with the bounds that hold by default
//   cloudwatch_story quick | impatient      one line; with no patience
//   cloudwatch_story texts                  lines with every kind of letter and value, of all levels, and metrics
//   cloudwatch_story steps                  as standard input says, a line each: `say COUNT`, `flush`; each is answered
//   cloudwatch_story stop COUNT             so many lines; answers `said` and waits for SIGTERM
//   cloudwatch_story expired COUNT | days | long     as tests/peers/watchtower/tell.py tells it
//
// The last line says what became of the records, how long a call took, and what problems there were, as JSON. Exit status 0: it came to its
// end, whatever was lost.
#include <fanlight/emf.hpp>
#include <fanlight/exporters/cloudwatch.hpp>
#include <fanlight/log.hpp>
#include <fanlight/pipeline.hpp>
#include <fanlight/span.hpp>
#include <fanlight/stop_signals.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <unistd.h>

namespace fl = fanlight;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

std::mutex lock;
std::string problems;

std::string quoted(std::string_view text) {
  std::string out{'"'};
  for (char const letter : text) {
    if (letter == '"' || letter == '\\') out += '\\';
    out += static_cast<unsigned char>(letter) < ' ' ? ' ' : letter;
  }
  return out + '"';
}
void answer(char const* word) {
  std::puts(word);
  std::fflush(stdout);
}

/// Lines {"i": 0}, {"i": 1}, … by one logger.
class counter {
 public:
  explicit counter(char const* name) : by_{name} {}
  void say(int count) {
    auto const begun = steady::now();
    for (int i = 0; i < count; ++i) by_.log(fl::level::info, "line", {{"i", said_++}});
    took_ += steady::now() - begun;
  }
  /// A line from another time: a document of metrics may be.
  void say_at(fl::wall_time when) { fl::emf{"peers"}.metric("late", 1).set("i", said_++).by("story").at(when); }
  void say_long() { by_.log(fl::level::info, "line", {{"i", said_++}, {"text", std::string(2'000'000, 'x')}, {"kept", 1}}); }
  [[nodiscard]] long long call_ns() const { return said_ == 0 ? 0 : std::chrono::duration_cast<std::chrono::nanoseconds>(took_).count() / said_; }

 private:
  fl::logger by_;
  int said_ = 0;
  steady::duration took_{};
};

void tell_lines(int count, int threads) {
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t)
    all.emplace_back([=] {
      fl::logger const own{"part-" + std::to_string(t)};
      fl::scoped_span const work{"work"};
      for (int i = 0; i < count; ++i) own.log(fl::level::info, "line " + std::to_string(i), {{"i", i}, {"thread", t}});
    });
  for (auto& each : all) each.join();
}

void tell_texts() {
  fl::logger const texts{"texts"};
  texts.log(fl::level::trace, "caf\xC3\xA9 \xE2\x98\x83 \xF0\x9F\x98\x80");
  texts.log(fl::level::debug, "broken \xFF here");
  texts.log(fl::level::info, "quoted \"and\" \\ \n\t\x01 control");
  texts.log(fl::level::warn, "values", {{"whole", -5}, {"real", 0.5}, {"yes", true}, {"none", nullptr}, {"text", "two words"}});
  texts.log(fl::level::error, "nested", {{"object", fl::object{{"a", fl::array{1, "two"}}}}});
  texts.log(fl::level::critical, std::string(2'000'000, 'x'), {{"kept", 1}});
  fl::emf{"cruddur"}.dimensions({{"Service", "timeline"}}).metric("Latency", 12.5, fl::unit::milliseconds);
}

void tell_days(counter& by) {
  auto const now = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  by.say(10);
  by.say_at(fl::wall_time{now - 3 * std::chrono::nanoseconds{24h}.count()});
  by.say(10);
}

void tell_steps(fl::session& session, counter& by) {
  std::string word;
  int count = 0;
  while (std::cin >> word) {
    if (word == "flush") answer(session.flush(60s) ? "flushed" : "lost");
    else if (std::cin >> count) by.say(count), answer("said");
  }
}

[[nodiscard]] bool tell(std::string_view story, fl::session& session, counter& by, int first, int second) {
  if (story == "lines") tell_lines(first, second);
  else if (story == "texts") tell_texts();
  else if (story == "burst" || story == "expired" || story == "stop") by.say(first);
  else if (story == "quick" || story == "impatient") by.say(1);
  else if (story == "steps") tell_steps(session, by);
  else if (story == "days") tell_days(by);
  else if (story == "long") by.say_long();
  else return std::fputs("cloudwatch_story lines COUNT THREADS | burst COUNT [bounds] | texts | …: see its first lines\n", stderr), false;
  return true;
}

fl::config configuration(std::string_view story, bool bounds) {
  fl::cloudwatch_config how;
  how.retention_days = 30;
  how.tags = {{"team", "timeline"}};
  if (story == "steps") how.send_interval = 100ms;
  fl::config out;
  out.service = "cruddur";
  if (!bounds) {  // room for a burst, as the page says
    how.queue_records = 1'000'000;
    how.queue_bytes = std::size_t{512} << 20;
    out.batching.capture_bytes = std::size_t{128} << 20;
  }
  if (story == "steps") out.batching.log_delay = 50ms;
  out.exporters = {fl::cloudwatch(how)};
  out.on_problem = [](fl::problem const& told) {
    std::lock_guard const held{lock};
    problems += (problems.empty() ? "[" : ",[") + std::to_string(static_cast<int>(told.code)) + "," + quoted(told.what) + "]";
  };
  return out;
}

void print(fl::statistics const& told, bool flushed, long long call_ns, steady::duration flush) {
  auto const number = [](std::uint64_t of) { return static_cast<unsigned long long>(of); };
  std::lock_guard const held{lock};
  std::printf(R"({"accepted":%llu,"delivered":%llu,"dropped":%llu,"queued":%llu,"flushed":%s,"call_ns":%lld,"flush_ms":%lld,"problems":[%s]})" "\n",
              number(told.accepted), number(told.delivered), number(told.dropped), number(told.queued), flushed ? "true" : "false", call_ns,
              static_cast<long long>(std::chrono::duration_cast<std::chrono::milliseconds>(flush).count()), problems.c_str());
}

}  // namespace

int main(int count, char** words) {
  std::string_view const story = count > 1 ? words[1] : "";
  auto const number = [&](int at) { return count > at ? std::atoi(words[at]) : 0; };
  auto session = fl::init(configuration(story, count > 3 && std::string_view{words[3]} == "bounds"));
  fl::stop_signals const on_stop{session, 30s};
  counter by{story == "burst" ? "burst" : "story"};
  if (!tell(story, session, by, number(2), number(3))) return 2;
  if (story == "stop") {
    answer("said");
    for (;;) ::pause();
  }
  auto const begun = steady::now();
  bool const flushed = session.flush(story == "impatient" ? 3s : 200s);
  auto const told = session.stats();
  auto const took = steady::now() - begun;
  static_cast<void>(session.shutdown(1s));
  print(told, flushed, by.call_ns(), took);
  return 0;
}
