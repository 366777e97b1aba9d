// What a host may expect of fanlight's threads and descriptors: names, no signals, no SIGPIPE, nothing open in a program that is exec'ed,
// nothing left behind.
#include "process.hpp"

#include <atomic>
#include <csignal>
#include <filesystem>
#include <set>
#include <thread>

using namespace process;

namespace {

[[nodiscard]] std::vector<std::string> other_threads() {
  std::vector<std::string> out;
  auto const self = std::to_string(::gettid());
  for (auto const& each : std::filesystem::directory_iterator{"/proc/self/task"})
    if (each.path().filename() != self) out.push_back(each.path());
  return out;
}

/// Threads that were there before, such as a sanitizer's, are none of ours.
[[nodiscard]] std::vector<std::string> threads_since(std::vector<std::string> const& before) {
  std::vector<std::string> out;
  for (auto const& each : other_threads())
    if (std::find(before.begin(), before.end(), each) == before.end()) out.push_back(each);
  return out;
}

[[nodiscard]] std::string name_of(std::string const& thread) {
  std::string out;
  std::getline(std::ifstream{thread + "/comm"}, out);
  return out;
}

void threads_have_names_and_take_no_signals() {
  std::thread{[] {}}.join();  // ThreadSanitizer starts a thread of its own with the first that is made
  auto const before = other_threads();
  sigset_t mask_before{}, mask_after{};
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask_before);
  channel to;
  auto session = fl::init(lazy({fl::exporter_spec{reporter{to.writer()}}.called("pipes"), fl::otlp_file({.path = "hygiene.jsonl"}),
                                fl::exporter_spec{reporter{to.writer()}}.called("longer-than-a-thread's-may-be")}));
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask_after);
  EXPECT(std::memcmp(&mask_before, &mask_after, sizeof mask_before) == 0);
  std::multiset<std::string> const expected{"fl:dispatcher", "fl:pipes", "fl:otlp_file", "fl:longer-than-"};
  EXPECT(eventually([&] {
    std::multiset<std::string> names;
    for (auto const& each : threads_since(before)) names.insert(name_of(each));
    return names == expected;
  }));
  for (auto const& each : threads_since(before)) {
    unsigned long long const blocked = std::stoull(table(each + "/status")["SigBlk"], nullptr, 16);
    // All but SIGKILL, SIGSTOP and the two that the thread library keeps for itself.
    EXPECT((blocked | 1ull << 8 | 1ull << 18 | 1ull << 31 | 1ull << 32) == ~0ull);
  }
  session.shutdown(patience);
  EXPECT(eventually([&] { return threads_since(before).empty(); }));
  ::unlink("hygiene.jsonl");
  ::unlink("hygiene.logs.jsonl");
}

std::atomic<int> handled{0}, elsewhere{0};
std::atomic<::pid_t> here{0};

void signals_reach_the_hosts_threads() {
  channel to;
  auto session = fl::init(lazy({reporter{to.writer()}}));
  here = ::gettid();
  std::signal(SIGUSR1, [](int) {
    ++handled;
    if (::gettid() != here) ++elsewhere;
  });
  for (int i = 1; i <= 100; ++i) {
    make_spans(1, "busy");
    ::kill(::getpid(), SIGUSR1);
    EXPECT(eventually([&] { return handled >= i; }));
  }
  EXPECT(elsewhere == 0);
  std::signal(SIGUSR1, SIG_DFL);
  EXPECT(session.shutdown(patience));
  EXPECT(to.lines().size() == 100);
}

/// The reader of the pipe has gone: that is the exporter's trouble, and not the end of the program.
void a_broken_pipe_kills_nobody() {
  std::signal(SIGPIPE, SIG_DFL);
  EXPECT(in_child([] {
           int ends[2];
           if (::pipe(ends) != 0) std::_Exit(2);
           ::dup2(ends[1], STDOUT_FILENO);
           ::close(ends[0]);
           ::close(ends[1]);
           auto how = lazy({fl::otlp_file({.path = "-"})});
           how.on_problem = [](fl::problem const&) {};
           auto session = fl::init(std::move(how));
           make_spans(3, "nobody reads");
           EXPECT(!session.flush(patience));
           auto const told = session.stats();
           EXPECT(told.dropped == 3);
           EXPECT(!session.shutdown(patience) || told.dropped == 3);
         }) == 0);
}

void descriptors_are_closed_on_exec() {
  auto const open = [] {
    std::set<int> out;
    for (auto const& each : std::filesystem::directory_iterator{"/proc/self/fd"}) out.insert(std::stoi(each.path().filename()));
    std::erase_if(out, [](int fd) { return ::fcntl(fd, F_GETFD) < 0; });  // the listing's own
    return out;
  };
  auto const before = open();
  auto session = fl::init(lazy({fl::otlp_file({.path = "cloexec.jsonl"}), fl::console({.write = [](std::string_view) {}})}));
  make_spans(3, "span");
  fl::info("log");
  EXPECT(session.flush(patience));
  int ours = 0;
  for (int const fd : open()) {
    int const flags = ::fcntl(fd, F_GETFD);
    if (before.count(fd) != 0) continue;
    ++ours;
    EXPECT((flags & FD_CLOEXEC) != 0);
  }
  EXPECT(ours == 2);
  session.shutdown(patience);
  EXPECT(open() == before);
  ::unlink("cloexec.jsonl");
  ::unlink("cloexec.logs.jsonl");
}

/// errno belongs to the host.
void errno_is_left_alone() {
  channel to;
  auto session = fl::init(lazy({reporter{to.writer()}}));
  errno = 4711;
  for (int i = 0; i < 1000; ++i) {
    fl::scoped_span span{"span", {{"text", std::string(3000, 'x')}}};
    span.event("event", {{"i", i}});
    fl::info("log");
  }
  EXPECT(errno == 4711);
  session.shutdown(patience);
}

}  // namespace

int main(int count, char** words) {
  std::map<std::string, void (*)()> const cases{{"threads", threads_have_names_and_take_no_signals},
                                                {"signals", signals_reach_the_hosts_threads},
                                                {"broken_pipe", a_broken_pipe_kills_nobody},
                                                {"descriptors", descriptors_are_closed_on_exec},
                                                {"errno", errno_is_left_alone}};
  for (auto const& [name, run] : cases)
    if (count < 2 || name == words[1]) run();
  return failures();
}
