// The folder where a process that dies of a signal leaves what it knew, and from where the next one reports it. Each file begins with what is
// constant, written while all is well; the handler (crash_handler.ipp) puts the rest behind it. A file is locked as long as its process lives,
// or the one that reports it, so that many processes can share a folder. One for the process, made by init(); no other thread touches it.
#pragma once

#include <fanlight/impl/crash_handler.ipp>
#include <fanlight/impl/elf_symbols.hpp>
#include <fanlight/impl/joined.hpp>

#include <memory>
#include <string>
#include <vector>

#include <dirent.h>
#include <sys/file.h>

FANLIGHT_BEGIN
namespace detail {

/// What a file of the spool says; `signal` 0: its process did not crash.
struct crash_story {
  std::string uuid, modules;
  int signal = 0;
  std::uint64_t fault = 0, place = 0;
  std::int64_t time = 0;
  std::uint32_t code = 0, thread = 0;
  fanlight::trace_id trace{};
  fanlight::span_id span{};
  std::vector<std::uint64_t> frames;
};

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE crash_story read_crash(std::string_view text) {
  crash_story out;
  while (!text.empty()) {
    auto const end = text.find('\n');
    if (end == std::string_view::npos) break;  // a line that was never finished
    std::string const line{text.substr(0, end)};
    text.remove_prefix(end + 1);
    char uuid[37], trace[33], span[17];
    unsigned long long numbers[5];
    unsigned thread = 0;
    if (std::sscanf(line.c_str(), "uuid %36s", uuid) == 1) out.uuid = uuid;
    else if (line.compare(0, 7, "module ") == 0) (out.modules += line.substr(7)) += '\n';
    else if (std::sscanf(line.c_str(), "signal %llx %llx %llx %llx %llx", numbers, numbers + 1, numbers + 2, numbers + 3, numbers + 4) == 5)
      out.signal = static_cast<int>(numbers[0]), out.code = static_cast<std::uint32_t>(numbers[1]), out.fault = numbers[2], out.place = numbers[3],
      out.time = static_cast<std::int64_t>(numbers[4]);
    else if (std::sscanf(line.c_str(), "thread %x", &thread) == 1) out.thread = thread;
    else if (std::sscanf(line.c_str(), "trace %32s %16s", trace, span) == 2)
      out.trace = fanlight::trace_id::from_hex(trace), out.span = fanlight::span_id::from_hex(span);
    else if (line.compare(0, 6, "stack ") == 0)
      for (char const* at = line.c_str() + 6; *at != 0 && out.frames.size() < most_frames;) {
        char* behind = nullptr;
        out.frames.push_back(std::strtoull(at, &behind, 16));
        if (behind == at) break;
        at = behind;
      }
  }
  return out;
}

struct signal_words {
  int number;
  char const* name;
  char const* meaning;
};
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE signal_words words_of_signal(int number) noexcept {
  for (auto const& each : {signal_words{SIGSEGV, "SIGSEGV", "segmentation fault"}, signal_words{SIGBUS, "SIGBUS", "bus error"},
                           signal_words{SIGFPE, "SIGFPE", "arithmetic error"}, signal_words{SIGILL, "SIGILL", "illegal instruction"},
                           signal_words{SIGABRT, "SIGABRT", "aborted"}})
    if (each.number == number) return each;
  return {number, "signal", "fatal signal"};
}

/// The modules that frames lie in, and no others: a record need not carry them all.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string modules_of(crash_story const& story) {
  std::string out;
  std::string_view rest = story.modules;
  while (!rest.empty()) {
    auto const line = rest.substr(0, rest.find('\n') + 1);
    rest.remove_prefix(line.size());
    unsigned long long base = 0, begin = 0, end = 0;
    if (std::sscanf(std::string{line}.c_str(), "%llx %llx %llx", &base, &begin, &end) != 3) continue;
    for (auto const each : story.frames)
      if (each >= begin && each <= end) {
        out += line;
        break;
      }
  }
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE void report_crash(crash_story const& story) {
  auto const words = words_of_signal(story.signal);
  char text[128];
  if (story.fault != 0) std::snprintf(text, sizeof text, "%s at address 0x%llx", words.meaning, static_cast<unsigned long long>(story.fault));
  else std::snprintf(text, sizeof text, "%s", words.meaning);
  report_state state;
  begin_report(state, text, level::critical, source{});
  auto& d = state.open;
  if (!d.is_open()) return;
  auto& head = d.head();
  head.start = story.time;
  head.flags |= entry_flag::wall_start;
  head.thread = story.thread;
  std::memcpy(head.trace_id, story.trace.bytes, sizeof head.trace_id);
  std::memcpy(head.span_id, story.span.bytes, sizeof head.span_id);
  packed_stack stack;
  stack.head = {stack_mark, origin_crashed, 1, 0};
  stack.count = static_cast<std::uint32_t>(story.frames.size());
  std::copy(story.frames.begin(), story.frames.end(), stack.frames);
  put_fact(d, fact_key::error_type, words.name);
  put_fact(d, fact_key::error_id, story.uuid);
  put_fact(d, fact_key::uncaught, "signal");
  put_fact(d, fact_key::modules, modules_of(story));
  put_packed(d, fact_key::stack, stack.view());
  d.head().marks |= entry_mark::stack;
  end_report(state);
}

class crash_spool {
 public:
  FANLIGHT_COLD explicit crash_spool(std::string folder) : folder_{std::move(folder)} {
    if (folder_.back() != '/') folder_ += '/';
  }
  crash_spool(crash_spool const&) = delete;
  crash_spool& operator=(crash_spool const&) = delete;
  FANLIGHT_COLD ~crash_spool() {
    for (auto const& each : sent_) ::close(each.file);
  }

  /// Reports what earlier processes left. Their files stay until that has arrived: see note_delivered().
  FANLIGHT_COLD void report_earlier() {
    auto* const all = ::opendir(folder_.c_str());
    if (all == nullptr) return;
    while (auto const* const one = ::readdir(all)) {
      std::string_view const name{one->d_name};
      if (name.size() > suffix.size() && name.substr(name.size() - suffix.size()) == suffix) take(folder_ + std::string{name});
    }
    ::closedir(all);
  }

  /// Begins this process's file and sets the handlers. False: the file could not be made.
  [[nodiscard]] FANLIGHT_COLD bool watch(core_face const& core) {
    auto& t = here();
    if (t.thread_id == 0) get_to_know(t);
    path_ = folder_ + std::to_string(::getpid()) + '-' + std::string{make_uuid(t, core).view().substr(0, 8)} + std::string{suffix};
    crash.file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
    if (crash.file < 0) return false;
    ::flock(crash.file, LOCK_EX | LOCK_NB);
    auto const text = prefix(make_uuid(t, core).view());
    if (::write(crash.file, text.data(), text.size()) != static_cast<ssize_t>(text.size())) return abandon();
    void* frame[4];
    static_cast<void>(capture_frames(frame, 4));  // whatever the unwinder does but once, it does now
    give_stack();
    crash.entered = crash.done = 0;
    struct ::sigaction ours {};
    ours.sa_sigaction = &on_crash;
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
    ::sigemptyset(&ours.sa_mask);
    for (std::size_t i = 0; i < crash_signal_count; ++i) ::sigaction(crash_signals[i], &ours, &crash.before[i]);
    crash.owner = ::getpid();
    return true;
  }

  /// Handlers of others that were put in front of ours stay.
  FANLIGHT_COLD void unwatch() noexcept {
    if (crash.owner != ::getpid()) return;
    for (std::size_t i = 0; i < crash_signal_count; ++i) {
      struct ::sigaction now {};
      if (::sigaction(crash_signals[i], nullptr, &now) == 0 && (now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == &on_crash)
        ::sigaction(crash_signals[i], &crash.before[i], nullptr);
    }
    crash.owner = 0;
    static_cast<void>(abandon());
  }

  /// All that was reported has arrived.
  FANLIGHT_COLD void note_delivered() noexcept {
    for (auto const& each : sent_) ::unlink(each.path.c_str()), ::close(each.file);
    sent_.clear();
  }

 private:
  static constexpr std::string_view suffix = ".fanlight-crash";
  struct claimed {
    std::string path;
    int file;
  };

  [[nodiscard]] FANLIGHT_COLD bool abandon() noexcept {
    ::unlink(path_.c_str());
    ::close(crash.file);
    return false;
  }

  FANLIGHT_COLD void take(std::string const& path) {
    int const file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (file < 0) return;
    if (::flock(file, LOCK_EX | LOCK_NB) != 0) {  // its process lives, or another reports it
      ::close(file);
      return;
    }
    std::string text(256 * 1024, '\0');
    auto const size = ::pread(file, text.data(), text.size(), 0);
    text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    auto const story = read_crash(text);
    if (story.signal == 0 || story.uuid.size() != 36) {  // ended without a word, as by SIGKILL
      ::unlink(path.c_str());
      ::close(file);
      return;
    }
    report_crash(story);
    sent_.push_back({path, file});
  }

  [[nodiscard]] FANLIGHT_COLD static std::string prefix(std::string_view uuid) {
    std::string out = joined({"fanlight-crash 1\nuuid ", uuid, "\n"});
    char numbers[80];
    for (auto const& each : modules_loaded()) {
      std::snprintf(numbers, sizeof numbers, "module %llx %llx %llx ", static_cast<unsigned long long>(each.base),
                    static_cast<unsigned long long>(each.begin), static_cast<unsigned long long>(each.end));
      (((out += numbers) += each.build_id.empty() ? "-" : each.build_id) += ' ') += each.path + '\n';
    }
    return out;
  }

  /// A stack of its own for the handler on this thread: it could not run on one that is full.
  FANLIGHT_COLD static void give_stack() noexcept {
    stack_t now{};
    if (::sigaltstack(nullptr, &now) != 0 || (now.ss_flags & SS_DISABLE) == 0) return;
    constexpr std::size_t size = 128 * 1024;
    void* const memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return;
    now.ss_sp = memory, now.ss_size = size, now.ss_flags = 0;
    ::sigaltstack(&now, nullptr);
  }

  std::string folder_;
  std::string path_;
  std::vector<claimed> sent_;
};

}  // namespace detail
FANLIGHT_END
