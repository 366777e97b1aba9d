// Programs that die, each as its first word says, with a Rollbar client that ROLLBAR_ACCESS_TOKEN and ROLLBAR_ENDPOINT set up; and the one that comes
// after them. tests/rollbar/last_words.py runs them.
//   doomed HOW [CRASHES [ITEMS]]      CRASHES: config::crash_spool, ITEMS: rollbar_config::spool
//   HOW: throws, throws_in_thread, terminates, crashes, crashes_in_thread, aborts, next; forks lives, and so does its child
#include <fanlight/fanlight.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

namespace fl = fanlight;
using namespace std::chrono_literals;

namespace {

[[gnu::noinline]] void fatal_thrower() { throw std::runtime_error{"fatal, password=hunter2"}; }

int* volatile nowhere = nullptr;
[[gnu::noinline]] void wild_writer() { *nowhere = 1; }

void die(std::string_view how) {
  fl::scoped_span const span{"doomed"};
  if (how == "throws") fatal_thrower();
  if (how == "throws_in_thread") std::thread{fatal_thrower}.join();
  if (how == "terminates") std::terminate();
  if (how == "crashes") wild_writer();
  if (how == "crashes_in_thread") std::thread{wild_writer}.join();
  if (how == "aborts") std::abort();
}

/// A report waits when the process divides, and each half makes one of its own.
bool divide(fl::session& session) {
  fl::message(fl::level::warn, "before");
  ::pid_t const child = ::fork();
  fl::message(fl::level::warn, child == 0 ? "child" : "parent");
  bool const left = session.flush(20s);
  if (child == 0) std::exit(left ? 0 : 1);
  int status = 0;
  return ::waitpid(child, &status, 0) == child && status == 0 && left;
}

}  // namespace

int main(int count, char** words) {
  if (count < 2) return std::fputs("usage: doomed HOW [CRASHES [ITEMS]]\n", stderr), 2;
  fl::rollbar_config how;
  how.environment = "test";
  how.retry_first = 10ms;
  how.timeout = 10s;
  if (count > 3) how.spool.folder = words[3];
  fl::config setting;
  setting.service = "doomed";
  setting.exporters = {fl::rollbar(how)};
  setting.report_uncaught = true;
  setting.uncaught_within = 5s;
  if (count > 2) setting.crash_spool = words[2];
  setting.shutdown_within = 10s;
  auto session = fl::init(std::move(setting));
  std::string_view const what = words[1];
  if (what == "forks") return divide(session) ? 0 : 1;
  die(what);
  return session.flush(20s) ? 0 : 1;
}
