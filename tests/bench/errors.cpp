// What errors cost the thread they happen on: a guarded call that nothing is thrown through, a throw through one, handing over a report
// whose stack has 32 frames and more; and what naming a stack costs an exporter's lane. One line of JSON; nanoseconds, medians.
#include "sample.hpp"

#include <fanlight/stack.hpp>

#include <algorithm>
#include <stdexcept>

namespace {

[[nodiscard]] double now() {
  timespec at{};
  ::clock_gettime(CLOCK_MONOTONIC, &at);
  return static_cast<double>(at.tv_sec) * 1e9 + static_cast<double>(at.tv_nsec);
}

[[nodiscard]] double median(std::vector<double> all) {
  std::sort(all.begin(), all.end());
  return all[all.size() / 2];
}

int volatile word = 1;
[[gnu::noinline]] void plain_work() { word = word + 1; }

/// Nanoseconds a call of `one`, the best of many rounds: what is measured is far below what disturbs it.
template <class One>
[[nodiscard]] double best_of(One one) {
  double best = 1e9;
  for (int round = 0; round < 200; ++round) {
    constexpr int calls = 100'000;
    double const begin = now();
    for (int i = 0; i < calls; ++i) one();
    best = std::min(best, (now() - begin) / calls);
  }
  return best;
}

[[gnu::noinline]] int descend(int levels) {
  if (levels == 0) throw std::runtime_error{"card declined"};
  return descend(levels - 1) + word;
}

/// Nanoseconds of `one` in the handler of an exception that was thrown 32 calls below.
template <class One>
[[nodiscard]] double in_handler(One one) {
  std::vector<double> took;
  for (int i = 0; i < 2'000; ++i) {
    bench::wait_for_room(64 << 10, 512 << 10, bench::cores());
    try {
      bench::fl::guarded([] { word = descend(32); });
    } catch (std::exception const& error) {
      double const begin = now();
      one(error);
      took.push_back(now() - begin);
    }
  }
  return median(std::move(took));
}

template <class Call>
[[nodiscard]] double thrown_through(Call call) {
  std::vector<double> took;
  for (int i = 0; i < 5'000; ++i) {
    double const begin = now();
    try {
      call([] { word = descend(4); });
    } catch (std::exception const&) {
    }
    took.push_back(now() - begin);
  }
  return median(std::move(took));
}

/// Keeps stacks, to name them once the clock runs.
struct keeping {
  std::atomic<std::uint64_t> frames{0};
  std::atomic<double> first{0}, later{0};
  void consume(bench::fl::batch<bench::fl::error_record> errors) {
    for (auto const& each : errors) {
      double const begin = now();
      auto const stack = bench::fl::stack_of(each);
      double const took = now() - begin;
      frames = stack.frames.size();
      if (first == 0) first = took;
      later = later == 0 ? took : std::min(later.load(), took);
    }
  }
};

}  // namespace

int main() {
  auto const sink = std::make_shared<keeping>();
  auto session = bench::fl::init(bench::config_for({sink}));
  double const plain = best_of([] { plain_work(); });
  double const guarded = best_of([] { bench::fl::guarded(plain_work); });
  double const bare_throw = thrown_through([](auto work) { work(); });
  double const seen_throw = thrown_through([](auto work) { bench::fl::guarded(work); });
  double const report = in_handler([](std::exception const& error) { bench::fl::error_report{error}; });
  double const report_on_span = in_handler([](std::exception const& error) {
    bench::fl::scoped_span const span{"operation"};
    bench::fl::error_report{error}.set("order_id", 42);
  });
  bool const flushed = session.flush(std::chrono::seconds{20});
  std::printf(
      "{\"call\": %.3f, \"guarded_call\": %.3f, \"guarded\": %.3f, \"throw\": %.0f, \"guarded_throw\": %.0f, \"report_32\": %.0f, "
      "\"report_32_on_span\": %.0f, \"frames\": %llu, \"names_first\": %.0f, \"names\": %.0f}\n",
      plain, guarded, std::max(0.0, guarded - plain), bare_throw, seen_throw, report, report_on_span,
      static_cast<unsigned long long>(sink->frames.load()), sink->first.load(), sink->later.load());
  return flushed && sink->frames >= 32 ? 0 : 1;
}
