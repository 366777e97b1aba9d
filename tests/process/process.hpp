// For programs that are one test each, in a process of their own: an exporter that writes what it gets to a pipe that the test reads, and
// checks that say where they failed. main() returns failures().
#pragma once

#include <fanlight/fanlight.hpp>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

namespace fl = fanlight;
using namespace std::chrono_literals;

namespace process {

inline constexpr auto patience = 60s;
inline constexpr auto never = std::chrono::hours{1};

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool under_address_sanitizer = true;
#else
inline constexpr bool under_address_sanitizer = false;
#endif
#if defined(__SANITIZE_THREAD__)
inline constexpr bool under_thread_sanitizer = true;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
inline constexpr bool under_thread_sanitizer = true;
#else
inline constexpr bool under_thread_sanitizer = false;
#endif
#else
inline constexpr bool under_thread_sanitizer = false;
#endif

/// Why a process with threads cannot be forked in this build and go on; empty: it can. g++ 12's AddressSanitizer does not hold its allocator's
/// locks over fork, and a dispatcher may well be allocating just then: the child would wait for ever for a thread that it does not have.
inline constexpr std::string_view fork_is_not_tried =
    under_thread_sanitizer    ? "ThreadSanitizer does not support threads after the fork of a process with threads: not tried"
    : under_address_sanitizer ? "AddressSanitizer's allocator does not survive a fork while other threads allocate: not tried"
                              : "";

inline int& failed() {
  static int count = 0;
  return count;
}
[[nodiscard]] inline int failures() { return failed() == 0 ? 0 : 1; }

#define EXPECT(what)                                                                    \
  do {                                                                                  \
    if (!(what)) {                                                                      \
      ++process::failed();                                                              \
      std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #what);           \
    }                                                                                   \
  } while (false)

template <class Condition>
[[nodiscard]] bool eventually(Condition condition) {
  for (auto const until = std::chrono::steady_clock::now() + patience; std::chrono::steady_clock::now() < until; ::sched_yield())
    if (condition()) return true;
  return false;
}

/// A pipe that many processes write lines to and one reads to its end.
class channel {
 public:
  channel() {
    if (::pipe2(ends_, O_CLOEXEC) != 0) std::abort();
    ::fcntl(ends_[1], F_SETPIPE_SZ, 1 << 20);
  }
  [[nodiscard]] int writer() const { return ends_[1]; }
  void close_writer() {
    if (ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
  }
  /// All lines, when the last writer has gone, or as far as they have come by then.
  [[nodiscard]] std::vector<std::string> lines() {
    close_writer();
    std::string all;
    char buffer[4096];
    for (pollfd ready{ends_[0], POLLIN, 0}; ::poll(&ready, 1, 60'000) > 0;) {
      auto const got = ::read(ends_[0], buffer, sizeof buffer);
      if (got <= 0) break;
      all.append(buffer, static_cast<std::size_t>(got));
    }
    std::vector<std::string> out;
    std::istringstream in{all};
    for (std::string line; std::getline(in, line);) out.push_back(line);
    return out;
  }

 private:
  int ends_[2]{-1, -1};
};

/// Writes "PID NAME PARENT PID-OF-RESOURCE" for each span: by which process, and of which.
struct reporter {
  int to;
  void consume(fl::batch<fl::span_record> spans) const {
    auto const owner = spans.resource().attributes.get("process.pid");
    std::string out;
    for (auto const& span : spans)
      out += std::to_string(::getpid()) + ' ' + span.name.c_str() + ' ' + (span.parent_id.is_valid() ? span.parent_id.hex().c_str() : "-") + ' ' +
             std::to_string(owner.as_int64()) + '\n';
    for (std::size_t done = 0; done < out.size();) {
      auto const wrote = ::write(to, out.data() + done, out.size() - done);
      if (wrote < 0 && errno != EINTR) return;
      if (wrote > 0) done += static_cast<std::size_t>(wrote);
    }
  }
};

/// Sends only when asked.
[[nodiscard]] inline fl::config lazy(std::vector<fl::exporter_spec> exporters) {
  fl::config out;
  out.service = "process";
  out.exporters = std::move(exporters);
  out.read_environment = false;
  out.batching.span_delay = never;
  out.batching.log_delay = never;
  out.on_problem = [](fl::problem const& told) { std::fprintf(stderr, "problem %d: %s\n", static_cast<int>(told.code), told.what.c_str()); };
  return out;
}

inline void make_spans(int count, std::string_view name) {
  for (int i = 0; i < count; ++i) fl::scoped_span const made{name};
}

struct arrived {
  int by = 0;
  std::string name, parent;
  long of = 0;
};
[[nodiscard]] inline std::vector<arrived> parse(std::vector<std::string> const& lines) {
  std::vector<arrived> out;
  for (auto const& line : lines) {
    arrived one;
    std::istringstream in{line};
    in >> one.by >> one.name >> one.parent >> one.of;
    out.push_back(one);
  }
  return out;
}
[[nodiscard]] inline int count(std::vector<arrived> const& all, std::function<bool(arrived const&)> const& which) {
  int out = 0;
  for (auto const& each : all) out += which(each) ? 1 : 0;
  return out;
}
[[nodiscard]] inline int named(std::vector<arrived> const& all, std::string const& name) {
  return count(all, [&](arrived const& one) { return one.name == name; });
}

/// Runs `work` in a child and gives what the child exited with; -1 when it was killed or hung.
[[nodiscard]] inline int in_child(std::function<void()> const& work) {
  std::fflush(nullptr);
  ::pid_t const child = ::fork();
  if (child == 0) {
    ::alarm(240);
    failed() = 0;
    work();
    std::_Exit(failures());
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// A child makes two spans called "child", delivers them and ends; then the parent makes one called "after" and does the same.
inline void record_on_both_sides(fl::session& session) {
  EXPECT(in_child([&] {
           make_spans(2, "child");
           EXPECT(session.flush(patience));
           EXPECT(session.stats().delivered == 2);
           EXPECT(session.shutdown(patience));
         }) == 0);
  make_spans(1, "after");
  EXPECT(session.flush(patience));
  EXPECT(session.shutdown(patience));
}

/// The lines of a file of /proc that read "KEY: VALUE".
[[nodiscard]] inline std::map<std::string, std::string> table(std::string const& path) {
  std::map<std::string, std::string> out;
  std::ifstream in{path};
  for (std::string line; std::getline(in, line);) {
    auto const colon = line.find(':');
    if (colon == std::string::npos) continue;
    auto const value = line.find_first_not_of(" \t", colon + 1);
    out[line.substr(0, colon)] = value == std::string::npos ? "" : line.substr(value);
  }
  return out;
}

}  // namespace process
