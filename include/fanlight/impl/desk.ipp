// Where problems arrive: counted exactly, told at most once a minute for each code and exporter. Any thread may report. Those that record
// never wait: where the desk is busy, their report is counted, and told later without its details. The dispatcher's thread takes what is to
// be told and calls the handler.
#pragma once

#include <fanlight/impl/borrowed.hpp>
#include <fanlight/impl/joined.hpp>
#include <fanlight/problem.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

FANLIGHT_BEGIN
namespace detail {

/// What a problem of an instrument means, in words; `about` is the name of what it happened to.
[[nodiscard]] FANLIGHT_COLD inline std::string describe(problem_code code, std::string_view about) {
  std::string const name{about};
  switch (code) {
    case problem_code::no_parent:
      return joined(
          {"subsegment '", name,
           "' was begun with no segment above it: begin a segment or span first, or carry the context into this thread (fanlight::carry)"});
    case problem_code::segment_nested:
      return joined(
          {"segment '", name, "' was begun inside another span of this process and became a subsegment of it; say `subsegment` there"});
    case problem_code::ended:
      return joined({"'", name, "' was written to a span that had ended; it is lost. Keep the span open until its last fact"});
    case problem_code::out_of_order:
      return "a scoped span ended while one inside it was still open, or on another thread; keep it in one scope, or use fanlight::span; in a coroutine, keep its context (fanlight/async.hpp)";
    case problem_code::attributes_dropped:
      return joined({"span or record '", name, "' has more attributes than its limit; the later ones are dropped"});
    case problem_code::key_empty: return joined({"an attribute of '", name, "' has an empty key and was dropped"});
    case problem_code::key_dropped: return joined({"an annotation of '", name, "' has an empty key and was dropped"});
    case problem_code::header_bad: return "a propagation header could not be read and was ignored: " + name;
    case problem_code::context_callback_threw: return "a function given to inject or extract threw; what it was asked for is missing: " + name;
    case problem_code::late: return "records came after the pipeline's end and are lost: " + name;
    case problem_code::log_callback_threw: return "what was to write the text or the fields of a log record threw; the record is kept as far as it came: " + name;
    case problem_code::sampler_threw: return "the sampler threw; the trace is not recorded";
    default: return name;
  }
}

using words_to_make = borrowed<std::string()>;

class desk {
 public:
  explicit desk(std::function<void(problem const&)> handler) : handler_{std::move(handler)} {}

  /// For fanlight's own threads. True: there is something to tell.
  bool report(problem_code code, std::string_view what, std::string_view exporter = {}) noexcept {
    return explain(code, [&] { return std::string{what}; }, exporter);
  }
  /// The same; the words are made only here, where it does no harm when there is no memory for them.
  bool explain(problem_code code, words_to_make what, std::string_view exporter = {}) noexcept {
    count(code);
    try {
      std::string words = what();
      std::lock_guard const held{lock_};
      return file(code, std::move(words), exporter, 1);
    } catch (...) {
      return false;
    }
  }
  /// For threads that must not wait; `about` goes into the words that belong to the code.
  FANLIGHT_COLD bool report_now(problem_code code, std::string_view about) noexcept {
    count(code);
    try {
      std::string words = describe(code, about.substr(0, 200));
      std::unique_lock const held{lock_, std::try_to_lock};
      if (held.owns_lock()) return file(code, std::move(words), {}, 1);
    } catch (...) {
    }
    if (at(code) < codes) unfiled_[at(code)].fetch_add(1, std::memory_order_relaxed);
    return true;
  }

  /// Counted, and not told: there is nobody left to tell it.
  FANLIGHT_COLD void note(problem_code code, std::uint64_t times) noexcept {
    if (at(code) < codes) counts_[at(code)].fetch_add(times, std::memory_order_relaxed);
  }

  /// After the end nobody is left to tell, and what a handler uses may be gone: where there is none, the first of them is told right here.
  FANLIGHT_COLD void note_late(std::uint64_t records) noexcept {
    bool const is_first = counts_[at(problem_code::late)].fetch_add(records, std::memory_order_relaxed) == 0;
    if (is_first && !handler_) std::fputs("fanlight: late: records came after the pipeline's end; these and all that follow are lost, and counted\n", stderr);
  }

  /// Calls the handler for all that is to be told. One thread.
  FANLIGHT_COLD void tell_all() noexcept {
    file_the_unfiled();
    for (;;) {
      problem next;
      {
        std::lock_guard const held{lock_};
        if (waiting_.empty() || muted_) return;
        next = std::move(waiting_.front());
        waiting_.erase(waiting_.begin());
      }
      call(next);
    }
  }

  /// The handler is called no more: what it uses may be gone. A call that runs goes on.
  FANLIGHT_COLD void mute() noexcept {
    std::lock_guard const held{lock_};
    muted_ = true;
  }

  [[nodiscard]] FANLIGHT_COLD std::map<problem_code, std::uint64_t> counts() const {
    std::map<problem_code, std::uint64_t> out;
    for (std::size_t i = 0; i < codes; ++i)
      if (auto const count = counts_[i].load(std::memory_order_relaxed); count != 0) out[static_cast<problem_code>(i)] = count;
    return out;
  }
  [[nodiscard]] FANLIGHT_COLD std::vector<problem> history() const {
    std::lock_guard const held{lock_};
    return history_;
  }

 private:
  static constexpr std::size_t codes = 512;
  static constexpr std::size_t most_waiting = 64;
  static constexpr std::size_t most_history = 256;

  struct told {
    problem_code code;
    std::string exporter;
    std::chrono::steady_clock::time_point at{};
    std::uint64_t unsaid = 0;
    bool ever = false;
  };

  [[nodiscard]] static std::size_t at(problem_code code) noexcept { return static_cast<std::size_t>(code); }
  void count(problem_code code) noexcept { note(code, 1); }

  /// Under the lock. What cannot be told now is counted to the next that can.
  FANLIGHT_COLD bool file(problem_code code, std::string what, std::string_view exporter, std::uint64_t times) {
    auto const now = std::chrono::steady_clock::now();
    auto& last = last_of(code, exporter);
    last.unsaid += times;
    if ((last.ever && now - last.at < std::chrono::minutes{1}) || waiting_.size() >= most_waiting) return false;
    problem next{code, std::move(what), std::string{exporter}, last.unsaid};
    if (history_.size() >= most_history) history_.erase(history_.begin() + most_history / 4);  // the first ones are of the start
    waiting_.emplace_back(problem{next});
    history_.push_back(std::move(next));
    last.at = now, last.unsaid = 0, last.ever = true;
    return true;
  }
  /// A handful of kinds at the most, so they are simply looked through.
  [[nodiscard]] FANLIGHT_COLD told& last_of(problem_code code, std::string_view exporter) {
    for (auto& each : told_)
      if (each.code == code && each.exporter == exporter) return each;
    told_.push_back({code, std::string{exporter}});
    return told_.back();
  }

  FANLIGHT_COLD void file_the_unfiled() noexcept {
    for (std::size_t i = 0; i < codes; ++i) {
      if (unfiled_[i].load(std::memory_order_relaxed) == 0) continue;
      std::uint64_t const times = unfiled_[i].exchange(0, std::memory_order_relaxed);
      try {
        auto const code = static_cast<problem_code>(i);
        std::lock_guard const held{lock_};
        file(code, describe(code, "?"), {}, times);
      } catch (...) {
        unfiled_[i].fetch_add(times, std::memory_order_relaxed);
      }
    }
  }

  FANLIGHT_COLD void call(problem const& next) noexcept {
    try {
      if (handler_) return handler_(next);
      std::string const from = next.exporter.empty() ? "" : joined({" [", next.exporter, "]"});
      std::fprintf(stderr, "fanlight: %s%s: %s\n", std::string{to_text(next.code)}.c_str(), from.c_str(), next.what.c_str());
    } catch (...) {
      std::fputs("fanlight: on_problem threw; the problem is lost\n", stderr);
    }
  }

  std::function<void(problem const&)> const handler_;
  std::atomic<std::uint64_t> counts_[codes]{};
  std::atomic<std::uint64_t> unfiled_[codes]{};
  mutable std::mutex lock_;
  std::list<told> told_;
  bool muted_ = false;
  std::vector<problem> waiting_;
  std::vector<problem> history_;
};

}  // namespace detail
FANLIGHT_END
