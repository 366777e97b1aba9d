// Tells CloudWatch Logs a story. Address, region, keys and group come from the environment, as in every program.
//
//   cloudwatch_story lines COUNT THREADS   so many lines from each of so many threads, with a logger for each thread
//   cloudwatch_story burst COUNT           so many lines at once, from one thread, to the logger `burst`
//   cloudwatch_story quick                 one line, and no patience
//   cloudwatch_story texts                 lines with every kind of letter and value, of all levels
//
// The last line says what became of the records, and what problems there were, as JSON. Exit status 0: it came to its end, whatever was lost.
#include <fanlight/exporters/cloudwatch.hpp>
#include <fanlight/log.hpp>
#include <fanlight/pipeline.hpp>
#include <fanlight/span.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace fl = fanlight;
using namespace std::chrono_literals;

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
}

}  // namespace

int main(int count, char** words) {
  std::string_view const story = count > 1 ? words[1] : "";
  auto const number = [&](int at) { return count > at ? std::atoi(words[at]) : 0; };
  fl::cloudwatch_config how;
  how.queue_records = 1'000'000;
  how.queue_bytes = std::size_t{512} << 20;
  how.retention_days = 30;
  how.tags = {{"team", "timeline"}};
  fl::config all;
  all.service = "cruddur";
  all.exporters = {fl::cloudwatch(how)};
  all.batching.capture_bytes = std::size_t{128} << 20;
  all.on_problem = [](fl::problem const& told) {
    std::lock_guard const held{lock};
    problems += (problems.empty() ? "[" : ",[") + std::to_string(static_cast<int>(told.code)) + "," + quoted(told.what) + "]";
  };
  auto session = fl::init(all);
  if (story == "lines") tell_lines(number(2), number(3));
  else if (story == "texts") tell_texts();
  else if (story == "burst")
    for (int i = 0; i < number(2); ++i) fl::logger{"burst"}.log(fl::level::info, "line", {{"i", i}});
  else if (story == "quick") fl::info("line");
  else return std::fputs("cloudwatch_story lines COUNT THREADS | burst COUNT | texts | quick\n", stderr), 2;
  bool const flushed = session.flush(story == "quick" ? 3s : 120s);
  auto const told = session.stats();
  static_cast<void>(session.shutdown(1s));
  std::lock_guard const held{lock};
  std::printf(R"({"accepted":%llu,"delivered":%llu,"dropped":%llu,"queued":%llu,"flushed":%s,"problems":[%s]})" "\n",
              static_cast<unsigned long long>(told.accepted), static_cast<unsigned long long>(told.delivered),
              static_cast<unsigned long long>(told.dropped), static_cast<unsigned long long>(told.queued), flushed ? "true" : "false", problems.c_str());
  return 0;
}
