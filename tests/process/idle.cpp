// A program that records nothing costs nothing: every thread of fanlight's waits without a time limit, so nothing can wake it but a record.
// And a record does. `idle no_membarrier` does it where the system call that saves the fence is missing.
#include "process.hpp"

#include <atomic>
#include <cstddef>
#include <filesystem>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

using namespace process;

namespace {

/// From now on membarrier is a system call that this kernel does not know.
[[nodiscard]] bool take_membarrier_away() {
  sock_filter code[]{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
                     BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  sock_fprog const program{4, code};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

struct thread_state {
  bool waits_for_ever = false;  // in futex, with no time limit
  unsigned long long switches = 0;
};

/// fanlight's threads, by path.
[[nodiscard]] std::map<std::string, thread_state> look() {
  std::map<std::string, thread_state> out;
  for (auto const& each : std::filesystem::directory_iterator{"/proc/self/task"}) {
    std::string const path = each.path();
    auto const status = table(path + "/status");
    if (status.count("Name") == 0 || status.at("Name").rfind("fl:", 0) != 0) continue;
    auto& state = out[path];
    state.switches = std::stoull(status.at("voluntary_ctxt_switches"));
    std::string number, word;
    std::ifstream in{path + "/syscall"};
    std::vector<std::string> arguments;
    for (in >> number; arguments.size() < 6 && in >> word;) arguments.push_back(word);
    state.waits_for_ever = number == std::to_string(SYS_futex) && arguments.size() == 6 && arguments[3] == "0x0";
  }
  return out;
}

[[nodiscard]] bool all_wait_for_ever(std::size_t threads) {
  auto const now = look();
  if (now.size() != threads) return false;
  for (auto const& each : now)
    if (!each.second.waits_for_ever) return false;
  return true;
}

struct counter {
  std::atomic<int>* to;
  void consume(fl::batch<fl::span_record> spans) const { *to += static_cast<int>(spans.size()); }
};

}  // namespace

int main(int count, char** words) {
  if (count > 1 && std::string_view{words[1]} == "no_membarrier") {
    if (!take_membarrier_away()) return std::fprintf(stderr, "no seccomp here: not tried\n"), 77;
    EXPECT(::syscall(SYS_membarrier, 0, 0, 0) == -1 && errno == ENOSYS);
  }
  std::atomic<int> arrived{0}, prompt{0};
  fl::exporter_spec quick = counter{&prompt};
  quick.prompt = true;
  fl::config how = lazy({counter{&arrived}, quick});
  how.batching.span_delay = how.batching.log_delay = 50ms;
  auto session = fl::init(std::move(how));
  EXPECT(eventually([] { return all_wait_for_ever(3); }));  // before the first record

  for (int round = 1; round <= 20; ++round) {
    make_spans(1, "wakes it");
    EXPECT(eventually([&] { return prompt == round && arrived == round; }));
    if (round % 5 == 0) EXPECT(eventually([] { return all_wait_for_ever(3); }));
  }
  make_spans(1000, "much");
  EXPECT(session.flush(patience));
  EXPECT(eventually([] { return all_wait_for_ever(3); }));

  auto const before = look();
  ::poll(nullptr, 0, 400);  // the time over which they are watched
  auto const after = look();
  for (auto const& [path, state] : before) EXPECT(after.count(path) == 1 && after.at(path).switches == state.switches);
  EXPECT(session.shutdown(patience));
  EXPECT(arrived == 1020);
  return failures();
}
