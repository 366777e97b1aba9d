// Wake-ups of a program that has a session and records nothing: voluntary context switches of all threads but this one, over a span of
// time that is itself what is measured. Then what the first record after that pause, and those that follow it, ask of the kernel: calls of
// syscall(), which is replaced here to count them. One line of JSON.
//
//   idle [SECONDS]
#include "sample.hpp"

#include <cstdarg>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include <dlfcn.h>
#include <poll.h>
#include <unistd.h>

namespace {
constinit thread_local std::uint64_t calls_here = 0;
}

extern "C" long syscall(long number, ...) noexcept {
  using function = long (*)(long, long, long, long, long, long, long);
  static auto const next = reinterpret_cast<function>(::dlsym(RTLD_NEXT, "syscall"));
  ++calls_here;
  long words[6];
  va_list list;
  va_start(list, number);
  for (auto& word : words) word = va_arg(list, long);
  va_end(list);
  return next(number, words[0], words[1], words[2], words[3], words[4], words[5]);
}

namespace {

struct tally {
  int threads = 0, awake = 0;
  std::uint64_t switches = 0;
};

[[nodiscard]] tally others() {
  tally out;
  auto const self = std::to_string(::gettid());
  for (auto const& each : std::filesystem::directory_iterator{"/proc/self/task"}) {
    if (each.path().filename() == self) continue;
    ++out.threads;
    std::ifstream status{each.path() / "status"};
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("State:") && line.find('S') == std::string::npos) ++out.awake;
      if (line.starts_with("voluntary_ctxt_switches:"))
        out.switches += std::strtoull(line.c_str() + std::strlen("voluntary_ctxt_switches:"), nullptr, 10);
    }
  }
  return out;
}

/// Until all sleep and have slept for a tenth of a second. A program that never comes to rest is measured all the same.
void settle() {
  for (int tries = 0; tries < 50; ++tries) {
    tally const before = others();
    ::poll(nullptr, 0, 100);
    tally const after = others();
    if (after.awake == 0 && after.switches == before.switches) return;
  }
}

}  // namespace

int main(int count, char** words) {
  double const wanted = count > 1 ? std::atof(words[1]) : 3.0;
  auto const sink = std::make_shared<bench::dropping>();
  auto session = bench::fl::init(bench::config_for({sink, std::make_shared<bench::dropping>()}));
  for (int i = 0; i < 1000; ++i) bench::one_span(i);
  if (!session.flush(std::chrono::seconds{10}) || sink->spans.load() != 1000) return 1;
  settle();
  tally const before = others();
  ::poll(nullptr, 0, static_cast<int>(wanted * 1000));
  tally const after = others();

  std::uint64_t const none = calls_here;
  bench::one_span(0);
  std::uint64_t const first = calls_here;
  for (int i = 0; i < 200; ++i) bench::one_span(i);  // well below a full batch
  std::uint64_t const more = calls_here;
  std::printf("{\"seconds\": %g, \"threads\": %d, \"switches\": %llu, \"first_calls\": %llu, \"next_calls\": %llu}\n", wanted,
              after.threads, static_cast<unsigned long long>(after.switches - before.switches),
              static_cast<unsigned long long>(first - none), static_cast<unsigned long long>(more - first));
  return after.threads > 0 ? 0 : 1;
}
