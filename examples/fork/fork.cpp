// One trace over a fork. The child inherits the context, so its spans are children of the parent's; it inherits nothing that
// waits to be sent, so each record leaves from the process that made it, once. The first record in the child starts an
// exporter of its own there, from the same configuration.
#include <fanlight/fanlight.hpp>

#include <chrono>
#include <cstdio>
#include <sys/wait.h>
#include <unistd.h>

namespace fl = fanlight;
using namespace std::chrono_literals;

// An exporter that says in which process it runs.
struct tell_process {
  pid_t made_by_main;
  void consume(fl::batch<fl::span_record> spans) {
    for (auto const& span : spans) {
      std::printf("%s delivers %s\n", getpid() == made_by_main ? "parent" : "child", span.name.c_str());
      std::fflush(stdout);
    }
  }
};

// A child made for one job: do it, deliver, leave by `_exit`, so that nothing of the parent's is unwound here.
[[noreturn]] void child(fl::session& session) {
  { fl::scoped_span work{"resize in the child"}; }
  bool const delivered = session.flush(2s);
  _exit(delivered ? 0 : 1);
}

int main() {
  auto session = fl::init({.service = "fork", .exporters = {tell_process{getpid()}}});
  { fl::scoped_span early{"before the fork"}; }  // may still be waiting when the child begins: the parent's to deliver

  int status = -1;
  {
    fl::scoped_span upload{"upload"};
    pid_t const pid = fork();
    if (pid == 0) child(session);
    fl::scoped_span wait{"wait for the child"};
    waitpid(pid, &status, 0);
    wait.set("process.exit.code", WEXITSTATUS(status));
  }
  if (!session.flush(2s)) return 1;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 1;
}
