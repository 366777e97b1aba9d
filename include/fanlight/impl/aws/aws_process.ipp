// credential_process, declared in credentials.hpp: starts the program that a profile names, if the code allows that, and reads what it
// writes. It has a minute; its output is bounded and shown nowhere.
#pragma once

#include <fanlight/impl/aws/credentials.hpp>
#include <fanlight/impl/json_facts.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_COLD FANLIGHT_INLINE bool split_command(std::string_view command, std::vector<std::string>& to) {
  char quote = '\0';
  bool word = false;
  for (std::size_t i = 0; i < command.size(); ++i) {
    char const letter = command[i];
    bool const blank = letter == ' ' || letter == '\t' || letter == '\n' || letter == '\r';
    if (quote == '\0' && blank) {
      word = false;
      continue;
    }
    if (!word) to.emplace_back(), word = true;
    bool const next = i + 1 < command.size();
    if (quote == '\0' && (letter == '"' || letter == '\'')) quote = letter;
    else if (letter == quote && quote != '\0') quote = '\0';
    else if (letter == '\\' && quote == '\0' && next) to.back() += command[++i];
    else if (letter == '\\' && quote == '"' && next && (command[i + 1] == '"' || command[i + 1] == '\\')) to.back() += command[++i];
    else to.back() += letter;
  }
  return quote == '\0';
}

/// What a program is started with: no input, its output into a pipe, no mask of ours, a process group of its own.
class process_manner {
 public:
  FANLIGHT_COLD explicit process_manner(int output) {
    ::posix_spawn_file_actions_init(&files_);
    ::posix_spawn_file_actions_addopen(&files_, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&files_, output, 1);
    ::posix_spawn_file_actions_addopen(&files_, 2, "/dev/null", O_WRONLY, 0);
    ::posix_spawnattr_init(&how_);
    sigset_t none, usual;
    ::sigemptyset(&none), ::sigemptyset(&usual);
    ::sigaddset(&usual, SIGPIPE);
    ::posix_spawnattr_setsigmask(&how_, &none);
    ::posix_spawnattr_setsigdefault(&how_, &usual);
    ::posix_spawnattr_setpgroup(&how_, 0);
    ::posix_spawnattr_setflags(&how_, static_cast<short>(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP));
  }
  process_manner(process_manner const&) = delete;
  process_manner& operator=(process_manner const&) = delete;
  ~process_manner() { ::posix_spawn_file_actions_destroy(&files_), ::posix_spawnattr_destroy(&how_); }

  /// 0: it could not be started.
  [[nodiscard]] FANLIGHT_COLD pid_t start(std::vector<std::string> const& words) {
    std::vector<char*> arguments;
    for (auto const& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    pid_t out = 0;
    return ::posix_spawnp(&out, arguments[0], &files_, &how_, arguments.data(), environ) == 0 ? out : 0;
  }

 private:
  posix_spawn_file_actions_t files_;
  posix_spawnattr_t how_;
};

/// Up to the end of the stream. False: it came too late, or too much.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE bool read_output(int from, aws_moment until, process_answer& to) {
  constexpr std::size_t largest = std::size_t{64} << 10;
  char piece[4096];
  for (;;) {
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    pollfd ready{from, POLLIN, 0};
    int const known = left <= 0 ? 0 : ::poll(&ready, 1, static_cast<int>(std::min<decltype(left)>(left, 60'000)));
    if (known < 0 && errno == EINTR) continue;
    if (known == 0 && left > 60'000) continue;
    if (known <= 0) return to.late = true, false;
    auto const size = ::read(from, piece, sizeof piece);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return true;
    to.too_long = to.output.size() + static_cast<std::size_t>(size) > largest;
    if (to.too_long) return false;
    to.output.append(piece, static_cast<std::size_t>(size));
  }
}

FANLIGHT_COLD FANLIGHT_INLINE process_answer run_process(std::vector<std::string> const& words, aws_moment until) {
  process_answer out;
  int ends[2];
  if (words.empty() || ::pipe2(ends, O_CLOEXEC) != 0) return out;
  pid_t const child = process_manner{ends[1]}.start(words);
  ::close(ends[1]);
  out.started = child != 0;
  bool const whole = out.started && read_output(ends[0], until, out);
  ::close(ends[0]);
  if (!out.started) return out;
  // It has closed its output, and ends soon, or is late.
  pid_t gone = whole ? ::waitpid(child, &out.status, WNOHANG) : 0;
  for (auto step = std::chrono::milliseconds{1}; whole && gone == 0 && std::chrono::steady_clock::now() < until;
       step = std::min(step * 2, std::chrono::milliseconds{20})) {
    ::poll(nullptr, 0, static_cast<int>(step.count()));
    gone = ::waitpid(child, &out.status, WNOHANG);
  }
  if (gone == 0) {
    out.late = whole || out.late;
    ::kill(-child, SIGKILL);
    while (::waitpid(child, &out.status, 0) < 0 && errno == EINTR) {}
  }
  // Where the program ignores SIGCHLD, or waits for all children itself, there is no status: what was written decides.
  bool const no_status = gone < 0 && errno == ECHILD;
  out.ended = whole && gone != 0 && (no_status || (WIFEXITED(out.status) && WEXITSTATUS(out.status) == 0));
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE aws_step from_process(std::string const& command, aws_surroundings const& around, aws_moment until) {
  std::string const who = "credential_process";
  std::vector<std::string> words;
  if (!split_command(command, words) || words.empty())
    return aws_step::failed(who + " is no command: a quote in it is not closed, or it is empty");
  auto const answer = run_process(words, std::min(until, around.steady() + std::chrono::seconds{60}));
  if (!answer.started) return aws_step::failed(who + " could not be started: is there such a program?");
  if (answer.late) return aws_step::failed(who + " did not end in time, and was killed");
  if (answer.too_long) return aws_step::failed(who + " wrote more than 64 KiB");
  if (!answer.ended) {
    bool const exited = WIFEXITED(answer.status);
    return aws_step::failed(
        who + (exited ? " ended with status " + std::to_string(WEXITSTATUS(answer.status)) : std::string{" was ended by a signal"}));
  }
  std::string version;
  each_json_fact(answer.output, [&](std::string_view parent, std::string_view key, std::string_view text) {
    if (parent.empty() && key == "Version") version = text;
  });
  if (version != "1") return aws_step::failed(who + " did not write JSON with \"Version\": 1");
  return read_keys_json(answer.output, who);
}

}  // namespace detail
FANLIGHT_END
