// SIGTERM and SIGINT with the handler on: what was said has left before the program ends by that very signal; a child after fork, and a
// program with a handler of its own, are left as they were.
#include "process.hpp"

#include <fanlight/stop_signals.hpp>

#include "support/fake_cloudwatch.hpp"

#include <csignal>

using namespace process;

namespace {

[[nodiscard]] fl::config to(std::string_view url) {
  fl::cloudwatch_config how;
  how.log_group = "cruddur", how.log_stream = "s", how.region = "us-east-1", how.endpoint = url;
  how.aws.access_key_id = support::fake_cloudwatch::key_id, how.aws.secret_access_key = support::fake_cloudwatch::secret;
  fl::config out;
  out.exporters = {fl::cloudwatch(how)};
  out.detect_resource = out.read_environment = false;
  return out;
}

/// A child that makes a session, says a hundred lines, and waits for a signal. It is forked before there is any thread: a sanitizer's locks do
/// not survive a fork beside one.
class talker {
 public:
  explicit talker(void (*before)() = nullptr) {
    EXPECT(::pipe2(url_, O_CLOEXEC) == 0 && ::pipe2(ready_, O_CLOEXEC) == 0);
    child_ = ::fork();
    if (child_ == 0) talk(before);
    ::close(url_[0]), ::close(ready_[1]);
  }
  talker(talker const&) = delete;
  talker& operator=(talker const&) = delete;
  ~talker() { ::close(url_[1]), ::close(ready_[0]); }

  /// What it came to by that signal, sent when all is said. -1: it did not get so far.
  [[nodiscard]] int end_by(int which, support::fake_cloudwatch const& there) {
    auto const url = there.url();
    char letter = 0;
    bool const said = ::write(url_[1], url.c_str(), url.size() + 1) > 0 && ::read(ready_[0], &letter, 1) == 1;
    ::kill(child_, said ? which : SIGKILL);
    int status = 0;
    return ::waitpid(child_, &status, 0) == child_ && said ? status : -1;
  }

 private:
  [[noreturn]] void talk(void (*before)()) {
    ::alarm(240);
    ::close(url_[1]), ::close(ready_[0]);
    char url[200];
    if (::read(url_[0], url, sizeof url) <= 0) std::_Exit(3);
    if (before != nullptr) before();
    auto session = fl::init(to(url));
    fl::stop_signals const on_stop{session, patience};
    if (!on_stop.is_active()) std::_Exit(4);
    for (int i = 0; i < 100; ++i) fl::info("line");
    static_cast<void>(!::write(ready_[1], "x", 1));
    for (;;) ::pause();
  }

  int url_[2], ready_[2];
  ::pid_t child_;
};

void all_has_left() {
  for (int const which : {SIGTERM, SIGINT}) {
    talker child;
    support::fake_cloudwatch there;
    auto const status = child.end_by(which, there);
    EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == which);
    EXPECT(there.messages("cruddur", "s").size() == 100);
  }
}

void handlers_of_others_stay() {
  talker child{[] { std::signal(SIGTERM, [](int) { std::_Exit(7); }); }};
  support::fake_cloudwatch there;
  auto const status = child.end_by(SIGTERM, there);
  EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

/// It is the child's own affair, and the parent hears nothing of it. The child asks for no memory.
void a_child_just_ends() {
  support::fake_cloudwatch there;
  auto session = fl::init(to(there.url()));
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
  if (under_thread_sanitizer) return std::puts(fork_is_not_tried.data()), 77;
  ::setenv("no_proxy", "*", 1);
  all_has_left();
  handlers_of_others_stay();
  a_child_just_ends();
  return failures();
}
