// Wake-ups of a program that has a session and records nothing: voluntary context switches of all threads but this one, over a span of
// time that is itself what is measured. One line of JSON.
//
//   idle [SECONDS]
#include "sample.hpp"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include <poll.h>
#include <unistd.h>

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
      if (line.starts_with("voluntary_ctxt_switches:")) out.switches += std::strtoull(line.c_str() + std::strlen("voluntary_ctxt_switches:"), nullptr, 10);
    }
  }
  return out;
}

}  // namespace

int main(int count, char** words) {
  double const wanted = count > 1 ? std::atof(words[1]) : 3.0;
  auto const sink = std::make_shared<bench::dropping>();
  auto session = bench::fl::init(bench::config_for({sink, std::make_shared<bench::dropping>()}));
  for (int i = 0; i < 1000; ++i) bench::one_span(i);
  if (!session.flush(std::chrono::seconds{10}) || sink->spans.load() != 1000) return 1;
  while (others().awake != 0) ::sched_yield();
  tally const before = others();
  ::poll(nullptr, 0, static_cast<int>(wanted * 1000));
  tally const after = others();
  std::printf("{\"seconds\": %g, \"threads\": %d, \"switches\": %llu}\n", wanted, after.threads,
              static_cast<unsigned long long>(after.switches - before.switches));
  return after.threads > 0 ? 0 : 1;
}
