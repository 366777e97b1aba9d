// SIGTERM and SIGINT with the handler on: what was said has left before the program ends by that very signal; a child after fork, and a
// program with a handler of its own, are left as they were.
#include "process.hpp"

#include <fanlight/stop_signals.hpp>

#include "support/fake_cloudwatch.hpp"

#include <csignal>

using namespace process;

namespace {

[[nodiscard]] fl::config to(support::fake_cloudwatch const& there) {
  fl::cloudwatch_config how;
  how.log_group = "cruddur", how.log_stream = "s", how.region = "us-east-1", how.endpoint = there.url();
  how.aws.access_key_id = support::fake_cloudwatch::key_id, how.aws.secret_access_key = support::fake_cloudwatch::secret;
  fl::config out;
  out.exporters = {fl::cloudwatch(how)};
  out.detect_resource = out.read_environment = false;
  return out;
}

/// What a child came to that makes a session, says a hundred lines, and is sent a signal while it waits.
[[nodiscard]] int end_of(support::fake_cloudwatch const& there, int which, void (*before)() = nullptr) {
  int ready[2];
  if (::pipe2(ready, O_CLOEXEC) != 0) return -1;
  ::pid_t const child = ::fork();
  if (child == 0) {
    ::alarm(60);
    if (before != nullptr) before();
    auto session = fl::init(to(there));
    fl::stop_signals const on_stop{session, patience};
    if (!on_stop.is_active()) std::_Exit(3);
    for (int i = 0; i < 100; ++i) fl::info("line");
    static_cast<void>(!::write(ready[1], "x", 1));
    for (;;) ::pause();
  }
  char letter = 0;
  static_cast<void>(!::read(ready[0], &letter, 1));
  ::kill(child, which);
  int status = 0;
  ::waitpid(child, &status, 0);
  ::close(ready[0]), ::close(ready[1]);
  return status;
}

void all_has_left() {
  for (int const which : {SIGTERM, SIGINT}) {
    support::fake_cloudwatch there;
    auto const status = end_of(there, which);
    EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == which);
    EXPECT(there.messages("cruddur", "s").size() == 100);
  }
}

void handlers_of_others_stay() {
  support::fake_cloudwatch there;
  auto const status = end_of(there, SIGTERM, [] { std::signal(SIGTERM, [](int) { std::_Exit(7); }); });
  EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

/// It is the child's own affair, and the parent hears nothing of it.
void a_child_just_ends() {
  support::fake_cloudwatch there;
  auto session = fl::init(to(there));
  {
    fl::stop_signals const on_stop{session, patience};
    EXPECT(on_stop.is_active());
    EXPECT(!(fl::stop_signals{session}.is_active()));
    ::pid_t const child = ::fork();
    if (child == 0) {
      ::alarm(60);
      ::raise(SIGTERM);
      std::_Exit(5);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    fl::info("the parent goes on");
    EXPECT(session.flush(patience));
  }
  struct sigaction now {};
  ::sigaction(SIGTERM, nullptr, &now);
  EXPECT(now.sa_handler == SIG_DFL);
  EXPECT(session.shutdown(patience));
}

}  // namespace

int main() {
  if (under_thread_sanitizer)
    return std::fputs("ThreadSanitizer does not support threads after the fork of a process with threads: not tried\n", stderr), 77;
  ::setenv("no_proxy", "*", 1);
  all_has_left();
  handlers_of_others_stay();
  a_child_just_ends();
  return failures();
}
