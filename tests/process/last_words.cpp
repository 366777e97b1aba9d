// Processes that die: of an exception that nobody catches, and of signals. What they say arrives, at once or by the next process, and they
// die as they would have. Each case runs in children of its own, whose exporter writes to a pipe.
#include "process.hpp"

#include <fanlight/stack.hpp>

#include <csignal>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <thread>

#include <dirent.h>

using namespace process;

namespace {

/// Writes "UUID|LEVEL|TYPE|MESSAGE|UNCAUGHT|TRACE|SECONDS|FUNCTION<FUNCTION<..." for each report, the innermost function first.
struct error_writer {
  int to;
  void consume(fl::batch<fl::error_record> errors) const {
    std::string out;
    for (auto const& each : errors) {
      out += std::string{each.uuid()} + '|' + std::string{fl::to_text(each.level)} + '|' + std::string{each.exception_type()} + '|' +
             std::string{each.message} + '|' + std::string{each.uncaught()} + '|' + (each.trace_id.is_valid() ? each.trace_id.hex().c_str() : "-") + '|' +
             std::to_string(each.time.nanoseconds / 1'000'000'000) + '|';
      for (auto const& frame : fl::stack_of(each).frames) out += (frame.function.empty() ? "??" : frame.function) + '<';
      out += '\n';
    }
    for (std::size_t done = 0; done < out.size();) {
      auto const wrote = ::write(to, out.data() + done, out.size() - done);
      if (wrote < 0 && errno != EINTR) return;
      if (wrote > 0) done += static_cast<std::size_t>(wrote);
    }
  }
};

struct told {
  std::string uuid, level, type, message, uncaught, trace, seconds, stack;
};
[[nodiscard]] std::vector<told> told_by(channel& to) {
  std::vector<told> out;
  for (auto const& line : to.lines()) {
    told one;
    std::istringstream in{line};
    for (auto* const part : {&one.uuid, &one.level, &one.type, &one.message, &one.uncaught, &one.trace, &one.seconds, &one.stack})
      std::getline(in, *part, '|');
    out.push_back(one);
  }
  return out;
}

/// What became of a child, and what it wrote to stderr.
struct ending {
  int signal = 0, status = -1;
  std::string words;
};
[[nodiscard]] ending in_doomed_child(std::function<void()> const& work) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
  std::fflush(nullptr);
  ::pid_t const child = ::fork();
  if (child == 0) {
    ::alarm(60);
    ::dup2(ends[1], 2);
    work();
    std::_Exit(0);
  }
  ::close(ends[1]);
  ending out;
  char buffer[4096];
  for (::ssize_t got = 0; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;) out.words.append(buffer, static_cast<std::size_t>(got));
  ::close(ends[0]);
  int status = 0;
  if (::waitpid(child, &status, 0) != child) return out;
  if (WIFSIGNALED(status)) out.signal = WTERMSIG(status);
  else out.status = WEXITSTATUS(status);
  return out;
}

[[gnu::noinline]] void thrower() { throw std::runtime_error{"fatal"}; }
[[gnu::noinline]] void throw_number() { throw 42; }
struct noisy {
  ~noisy() { static_cast<void>(std::strlen("x")); }
};

[[nodiscard]] fl::config uncaught_config(channel const& to) {
  auto how = lazy({error_writer{to.writer()}});
  how.report_uncaught = true;
  return how;
}

/// Runs `work` with a session whose uncaught exceptions are reported, until it dies of that; gives the one report.
[[nodiscard]] told terminated(std::function<void()> const& work, std::string const& saying) {
  channel to;
  auto const end = in_doomed_child([&] {
    auto const session = fl::init(uncaught_config(to));
    work();
  });
  EXPECT(end.signal == SIGABRT);
  EXPECT(end.words.find(saying) != std::string::npos);
  auto const all = told_by(to);
  EXPECT(all.size() == 1);
  return all.empty() ? told{} : all[0];
}

void uncaught_in_main() {
  auto const one = terminated([] { thrower(); }, "terminate called after throwing");
  EXPECT(one.level == "FATAL" && one.type == "std::runtime_error" && one.message == "fatal" && one.uncaught == "terminate");
  EXPECT(one.stack.find("thrower()<") != std::string::npos && one.stack.find("thrower()<") < 40);
}

/// clang unwinds to the function that may not throw, and terminates there; with g++ the stack of the throw is whole.
void uncaught_at_noexcept() {
  auto const one = terminated([]() noexcept { thrower(); }, "terminate called after throwing");
  EXPECT(one.level == "FATAL" && one.type == "std::runtime_error" && one.message == "fatal" && one.uncaught == "terminate");
#ifdef __clang__
  EXPECT(one.stack.find("uncaught_at_noexcept()") != std::string::npos);
#else
  EXPECT(one.stack.find("thrower()<") != std::string::npos && one.stack.find("thrower()<") < 40);
#endif
}

void uncaught_in_a_thread() {
  auto const one = terminated([] { std::thread{thrower}.join(); }, "terminate called after throwing");
  EXPECT(one.message == "fatal");
  EXPECT(one.stack.find("thrower()<") != std::string::npos && one.stack.find("thrower()<") < 40);
}

/// Destructors had to run on the way: the stack is gone, but for the probe's copy.
void uncaught_behind_destructors() {
  auto const one = terminated(
      []() noexcept {
        noisy const outer;
        fl::guarded([] {
          noisy const inner;
          thrower();
        });
      },
      "terminate called after throwing");
  EXPECT(one.stack.find("thrower()<") != std::string::npos && one.stack.find("thrower()<") < 40);
}

void uncaught_number() {
  auto const one = terminated([]() noexcept { throw_number(); }, "terminate called after throwing");
  EXPECT(one.type == "int" && one.message == "42");
}

void terminated_without_exception() {
  auto const one = terminated([] { std::terminate(); }, "terminate called without an active exception");
  EXPECT(one.type == "std::terminate" && one.uncaught == "terminate");
}

/// The handler that was there before is called behind ours.
void handlers_are_chained() {
  channel to;
  auto const end = in_doomed_child([&] {
    std::set_terminate([] {
      std::fputs("the program's own handler\n", stderr);
      std::_Exit(9);
    });
    auto const session = fl::init(uncaught_config(to));
    []() noexcept { thrower(); }();
  });
  EXPECT(end.status == 9);
  EXPECT(end.words.find("the program's own handler") != std::string::npos);
  EXPECT(told_by(to).size() == 1);
}

void only_when_asked_for() {
  channel to;
  auto const end = in_doomed_child([&] {
    auto const session = fl::init(lazy({error_writer{to.writer()}}));
    []() noexcept { thrower(); }();
  });
  EXPECT(end.signal == SIGABRT);
  EXPECT(told_by(to).empty());
}

void handlers_are_given_back() {
  auto const before = std::get_terminate();
  channel to;
  {
    auto const session = fl::init(uncaught_config(to));
    EXPECT(std::get_terminate() != before);
  }
  EXPECT(std::get_terminate() == before);
}

/// An exporter that never comes back holds the end up for as long as it may, and no longer.
void a_hung_exporter_holds_nothing_up() {
  struct hung {
    void consume(fl::batch<fl::error_record>) const {
      for (;;) ::pause();
    }
  };
  auto const begin = std::chrono::steady_clock::now();
  auto const end = in_doomed_child([&] {
    auto how = lazy({hung{}});
    how.report_uncaught = true;
    how.uncaught_within = 200ms;
    auto const session = fl::init(std::move(how));
    []() noexcept { thrower(); }();
  });
  EXPECT(end.signal == SIGABRT);
  EXPECT(std::chrono::steady_clock::now() - begin >= 200ms);
  EXPECT(std::chrono::steady_clock::now() - begin < 30s);
}

// ---- crashes --------------------------------------------------------------------------------------------------------------------------------

/// A folder that goes with its contents.
class spool_folder {
 public:
  spool_folder() {
    char name[] = "/tmp/fanlight-spool-XXXXXX";
    if (::mkdtemp(name) == nullptr) std::abort();
    path_ = name;
  }
  ~spool_folder() {
    for (auto const& each : files()) ::unlink((path_ + '/' + each).c_str());
    ::rmdir(path_.c_str());
  }
  [[nodiscard]] std::string const& path() const { return path_; }
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> out;
    auto* const all = ::opendir(path_.c_str());
    while (auto const* const one = ::readdir(all))
      if (one->d_name[0] != '.') out.emplace_back(one->d_name);
    ::closedir(all);
    return out;
  }

 private:
  std::string path_;
};

[[nodiscard]] fl::config spooling(channel const& to, spool_folder const& in) {
  auto how = lazy({error_writer{to.writer()}});
  how.crash_spool = in.path();
  return how;
}

int* volatile nowhere = nullptr;
[[gnu::noinline]] void crasher() { *nowhere = 1; }
int (*volatile deeper)(int volatile*) = nullptr;
[[gnu::noinline]] int endless(int volatile* above) {
  int volatile here[256];
  here[0] = *above + 1;
  return deeper(here) + here[0];
}

/// Lets a process crash and another come after it; gives what that one told.
[[nodiscard]] std::vector<told> crashed(std::function<void()> const& work, int signal) {
  spool_folder const folder;
  channel first, second;
  auto const end = in_doomed_child([&] {
    auto const session = fl::init(spooling(first, folder));
    work();
  });
  EXPECT(end.signal == signal);
  EXPECT(told_by(first).empty());
  EXPECT(folder.files().size() == 1);
  EXPECT(in_child([&] { auto const session = fl::init(spooling(second, folder)); }) == 0);
  EXPECT(folder.files().empty());
  return told_by(second);
}

void crash_is_told_by_the_next_process() {
  auto const all = crashed(
      [] {
        fl::scoped_span const span{"request"};
        crasher();
      },
      SIGSEGV);
  EXPECT(all.size() == 1);
  if (all.empty()) return;
  auto const& one = all[0];
  EXPECT(one.uuid.size() == 36 && one.level == "FATAL" && one.type == "SIGSEGV" && one.uncaught == "signal");
  EXPECT(one.message.find("segmentation fault") == 0);
  EXPECT(one.trace.size() == 32);
  EXPECT(one.stack.find("crasher()<") != std::string::npos && one.stack.find("crasher()<") < 40);
  EXPECT(std::stoll(one.seconds) > 1'600'000'000);
}

void crash_in_a_thread() {
  auto const all = crashed([] { std::thread{crasher}.join(); }, SIGSEGV);
  EXPECT(all.size() == 1 && all[0].stack.find("crasher()<") != std::string::npos);
}

void crash_by_abort() {
  auto const all = crashed([] { std::abort(); }, SIGABRT);
  EXPECT(all.size() == 1 && all[0].type == "SIGABRT");
}

void crash_by_stack_overflow() {
  auto const all = crashed(
      [] {
        int volatile begin = 0;
        deeper = endless;
        endless(&begin);
      },
      SIGSEGV);
  EXPECT(all.size() == 1 && all[0].stack.find("endless(") != std::string::npos);
}

void crash_that_was_sent() {
  auto const all = crashed([] { ::kill(::getpid(), SIGSEGV); ::pause(); }, SIGSEGV);
  EXPECT(all.size() == 1 && all[0].message == "segmentation fault");
}

/// A killed process leaves a file that says nothing; the next one takes it away. A process that ends well leaves none.
void killed_and_well_ended() {
  spool_folder const folder;
  channel first, second;
  EXPECT(in_doomed_child([&] {
           auto const session = fl::init(spooling(first, folder));
           ::kill(::getpid(), SIGKILL);
         }).signal == SIGKILL);
  EXPECT(folder.files().size() == 1);
  EXPECT(in_child([&] { auto const session = fl::init(spooling(second, folder)); }) == 0);
  EXPECT(folder.files().empty());
  EXPECT(told_by(second).empty());
}

/// What could not be delivered is told again, under the same id.
void crash_is_kept_until_it_arrives() {
  struct broken {
    void consume(fl::batch<fl::error_record>) const { throw std::runtime_error{"nobody there"}; }
  };
  spool_folder const folder;
  channel first, third, fourth;
  EXPECT(in_doomed_child([&] {
           auto const session = fl::init(spooling(first, folder));
           crasher();
         }).signal == SIGSEGV);
  EXPECT(in_child([&] {
           auto how = lazy({broken{}});
           how.crash_spool = folder.path();
           how.on_problem = [](fl::problem const&) {};
           auto const session = fl::init(std::move(how));
         }) == 0);
  EXPECT(folder.files().size() == 1);
  EXPECT(in_child([&] { auto const session = fl::init(spooling(third, folder)); }) == 0);
  EXPECT(in_child([&] { auto const session = fl::init(spooling(fourth, folder)); }) == 0);
  EXPECT(told_by(third).size() == 1);
  EXPECT(told_by(fourth).empty());
}

/// An uncaught exception that has been reported is not told a second time as SIGABRT.
void uncaught_is_no_crash_too() {
  spool_folder const folder;
  channel first, second;
  EXPECT(in_doomed_child([&] {
           auto how = spooling(first, folder);
           how.report_uncaught = true;
           auto const session = fl::init(std::move(how));
           []() noexcept { thrower(); }();
         }).signal == SIGABRT);
  EXPECT(in_child([&] { auto const session = fl::init(spooling(second, folder)); }) == 0);
  EXPECT(told_by(first).size() == 1);
  EXPECT(told_by(second).empty());
}

/// The program's own handler runs behind ours.
void crash_handlers_are_chained() {
  spool_folder const folder;
  channel to;
  auto const end = in_doomed_child([&] {
    std::signal(SIGSEGV, [](int) { std::_Exit(11); });
    auto const session = fl::init(spooling(to, folder));
    crasher();
  });
  EXPECT(end.status == 11);
  EXPECT(folder.files().size() == 1);
}

}  // namespace

int main(int count, char** words) {
  if (under_address_sanitizer || under_thread_sanitizer) return 77;  // they own these signals, and end processes their own way
  std::map<std::string, void (*)()> const cases{
      {"uncaught_in_main", uncaught_in_main},
      {"uncaught_at_noexcept", uncaught_at_noexcept},
      {"uncaught_in_a_thread", uncaught_in_a_thread},
      {"uncaught_behind_destructors", uncaught_behind_destructors},
      {"uncaught_number", uncaught_number},
      {"terminated_without_exception", terminated_without_exception},
      {"handlers_are_chained", handlers_are_chained},
      {"only_when_asked_for", only_when_asked_for},
      {"handlers_are_given_back", handlers_are_given_back},
      {"a_hung_exporter_holds_nothing_up", a_hung_exporter_holds_nothing_up},
      {"crash_is_told_by_the_next_process", crash_is_told_by_the_next_process},
      {"crash_in_a_thread", crash_in_a_thread},
      {"crash_by_abort", crash_by_abort},
      {"crash_by_stack_overflow", crash_by_stack_overflow},
      {"crash_that_was_sent", crash_that_was_sent},
      {"killed_and_well_ended", killed_and_well_ended},
      {"crash_is_kept_until_it_arrives", crash_is_kept_until_it_arrives},
      {"uncaught_is_no_crash_too", uncaught_is_no_crash_too},
      {"crash_handlers_are_chained", crash_handlers_are_chained}};
  for (auto const& [name, run] : cases)
    if (count < 2 || name == words[1]) run();
  return failures();
}
