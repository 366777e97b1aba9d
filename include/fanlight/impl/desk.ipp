// Where problems arrive: counted exactly, told at most once a minute for each code and exporter. Any thread may report, and none waits:
// where the desk is busy the report is counted and no more. The dispatcher's thread takes what is to be told and calls the handler.
#pragma once

#include <fanlight/problem.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <functional>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

FANLIGHT_BEGIN
namespace detail {

/// What a problem of an instrument means, in words; `about` is the name of what it happened to.
[[nodiscard]] inline std::string describe(problem_code code, std::string_view about) {
  std::string const name{about};
  switch (code) {
    case problem_code::no_parent:
      return "subsegment '" + name + "' was begun with no segment above it: begin a segment or span first, or carry the context into this thread (fanlight::carry)";
    case problem_code::segment_nested:
      return "segment '" + name + "' was begun inside another span of this process and became a subsegment of it; say `subsegment` there";
    case problem_code::ended: return "'" + name + "' was written to a span that had ended; it is lost. Keep the span open until its last fact";
    case problem_code::out_of_order:
      return "a scoped span ended while one inside it was still open, or on another thread; keep it in one scope, or use fanlight::span";
    case problem_code::attributes_dropped: return "span or record '" + name + "' has more attributes than its limit; the later ones are dropped";
    case problem_code::key_empty: return "an attribute of '" + name + "' has an empty key and was dropped";
    case problem_code::header_bad: return "a propagation header could not be read and was ignored: " + name;
    case problem_code::context_callback_threw: return "a function given to inject or extract threw; what it was asked for is missing: " + name;
    case problem_code::late: return "records came after the pipeline's end and are lost: " + name;
    default: return name;
  }
}

class desk {
 public:
  explicit desk(std::function<void(problem const&)> handler) : handler_{std::move(handler)} {}

  /// True: there is something to tell.
  bool report(problem_code code, std::string_view what, std::string_view exporter = {}) noexcept {
    auto const at = static_cast<std::size_t>(code);
    if (at < codes) counts_[at].fetch_add(1, std::memory_order_relaxed);
    std::unique_lock held{lock_, std::try_to_lock};
    if (!held.owns_lock()) return false;
    try {
      return file(code, what, exporter);
    } catch (...) {
      return false;
    }
  }

  /// Calls the handler for all that is to be told. One thread.
  void tell_all() noexcept {
    for (;;) {
      problem next;
      {
        std::lock_guard const held{lock_};
        if (waiting_.empty()) return;
        next = std::move(waiting_.front());
        waiting_.erase(waiting_.begin());
      }
      call(next);
    }
  }

  [[nodiscard]] std::map<problem_code, std::uint64_t> counts() const {
    std::map<problem_code, std::uint64_t> out;
    for (std::size_t i = 0; i < codes; ++i)
      if (auto const count = counts_[i].load(std::memory_order_relaxed); count != 0) out[static_cast<problem_code>(i)] = count;
    return out;
  }
  [[nodiscard]] std::vector<problem> history() const {
    std::lock_guard const held{lock_};
    return history_;
  }
  [[nodiscard]] bool is_empty() const noexcept {
    std::lock_guard const held{lock_};
    return waiting_.empty();
  }

 private:
  static constexpr std::size_t codes = 512;
  static constexpr std::size_t most_waiting = 64;
  static constexpr std::size_t most_history = 256;

  struct told {
    std::chrono::steady_clock::time_point at{};
    std::uint64_t unsaid = 0;
  };

  bool file(problem_code code, std::string_view what, std::string_view exporter) {
    auto const now = std::chrono::steady_clock::now();
    auto const [entry, fresh] = told_.try_emplace({code, std::string{exporter}});
    auto& last = entry->second;
    ++last.unsaid;
    if (!fresh && now - last.at < std::chrono::minutes{1}) return false;
    if (waiting_.size() >= most_waiting) return false;
    problem next{code, std::string{what}, std::string{exporter}, last.unsaid};
    last = {now, 0};
    if (history_.size() < most_history) history_.push_back(next);
    waiting_.push_back(std::move(next));
    return true;
  }

  void call(problem const& next) noexcept {
    if (!handler_) {
      std::string const from = next.exporter.empty() ? "" : " [" + next.exporter + "]";
      std::fprintf(stderr, "fanlight: %s%s: %s\n", std::string{to_text(next.code)}.c_str(), from.c_str(), next.what.c_str());
      return;
    }
    try {
      handler_(next);
    } catch (...) {
      std::fputs("fanlight: on_problem threw; the problem is lost\n", stderr);
    }
  }

  std::function<void(problem const&)> handler_;
  std::atomic<std::uint64_t> counts_[codes]{};
  mutable std::mutex lock_;
  std::map<std::pair<problem_code, std::string>, told> told_;
  std::vector<problem> waiting_;
  std::vector<problem> history_;
};

}  // namespace detail
FANLIGHT_END
