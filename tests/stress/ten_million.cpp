// Many spans from many threads, as fast as they can, into an exporter that counts: what was recorded is what was delivered and what was
// dropped by reason, to the last span; none comes twice, and those of one thread come in their order. Then a quarter of them again from
// threads that wait for room: of those, none may be lost.
//
//   ten_million [SPANS [THREADS]]      10,000,000 from 8; a sanitized build takes 400,000 when nothing is said
#include <fanlight/fanlight.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <sched.h>

namespace fl = fanlight;
using namespace std::chrono_literals;

namespace {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr std::uint64_t usual = 400'000;
#else
constexpr std::uint64_t usual = 10'000'000;
#endif

/// Looks at every span; its lane's thread alone, until the flush.
struct inspector {
  explicit inspector(std::size_t threads) : last(threads, -1) {}
  void consume(fl::batch<fl::span_record> spans) {
    for (auto const& span : spans) {
      auto const thread = static_cast<std::size_t>(span.name.c_str()[0] - 'A');
      std::int64_t number = -1;
      for (auto const& each : span.attributes()) number = each.value.as_int64();
      if (thread >= last.size() || number <= last[thread]) ++wrong;
      else last[thread] = number;
      ++seen;
    }
  }
  std::vector<std::int64_t> last;
  std::uint64_t seen = 0, wrong = 0;
};

/// Nothing but the batch's own count.
struct counter {
  std::uint64_t seen = 0;
  void consume(fl::batch<fl::span_record> spans) { seen += spans.size(); }
};

void record(char const* name, std::uint64_t count, fl::session const* patient) {
  for (std::uint64_t i = 0; i < count; ++i) {
    // What waits in all rings together is less than one ring holds.
    if (patient != nullptr && i % 500 == 0)
      while (patient->stats().queued > 3000) ::sched_yield();
    fl::scoped_span span{name};
    span.set("number", i);
  }
}

/// One exporter's numbers add up to what was recorded.
[[nodiscard]] bool exact(fl::exporter_stats const& told, std::uint64_t recorded, std::uint64_t seen) {
  std::uint64_t dropped = 0;
  std::printf("%-10s delivered %llu", told.name.c_str(), static_cast<unsigned long long>(told.delivered));
  for (std::size_t why = 0; why < static_cast<std::size_t>(fl::loss::count_); ++why) {
    dropped += told.dropped_by[why];
    if (told.dropped_by[why] != 0)
      std::printf(", %s %llu", std::string{fl::to_text(static_cast<fl::loss>(why))}.c_str(), static_cast<unsigned long long>(told.dropped_by[why]));
  }
  std::printf("\n");
  return told.delivered == seen && told.accepted == recorded && told.delivered + dropped == recorded && told.queued == 0 && told.filtered == 0;
}

/// One round from its own session. `patient`: nothing may be lost.
[[nodiscard]] bool round(std::uint64_t all, std::size_t threads, bool patient) {
  auto const looks = std::make_shared<inspector>(threads);
  auto const counts = std::make_shared<counter>();
  auto session = fl::init({.service = "stress",
                           .exporters = {fl::exporter_spec{looks}.called("inspector"), fl::exporter_spec{counts}.called("counter")},
                           .on_problem = [](fl::problem const&) {},
                           .read_environment = false});
  std::vector<std::string> names;
  for (std::size_t t = 0; t < threads; ++t) names.emplace_back(1, static_cast<char>('A' + t));

  auto const began = std::chrono::steady_clock::now();
  std::vector<std::thread> running;
  std::uint64_t const recorded = all / threads * threads;
  for (auto const& name : names) running.emplace_back(record, name.c_str(), all / threads, patient ? &session : nullptr);
  for (auto& each : running) each.join();
  bool const flushed = session.flush(5min);  // false when something was lost
  std::chrono::duration<double> const took = std::chrono::steady_clock::now() - began;

  auto const told = session.stats();
  std::printf("%s: recorded %llu from %zu threads in %.2f s\n", patient ? "with patience" : "flat out", static_cast<unsigned long long>(recorded),
              threads, took.count());
  bool const well = exact(told.exporters.at(0), recorded, looks->seen) && exact(told.exporters.at(1), recorded, counts->seen) && looks->wrong == 0;
  std::printf("%s\n", well ? "recorded = delivered + dropped by reason, exactly" : "the numbers do not add up");
  return well && flushed == (told.dropped == 0) && (!patient || told.dropped == 0);
}

}  // namespace

int main(int count, char** words) {
  std::uint64_t const all = count > 1 ? std::strtoull(words[1], nullptr, 10) : usual;
  std::size_t const threads = count > 2 ? std::strtoull(words[2], nullptr, 10) : 8;
  if (all < 4 * threads || threads == 0 || threads > 26) return std::fputs("usage: ten_million [SPANS [THREADS]]\n", stderr), 2;
  bool const one = round(all, threads, false), two = round(all / 4, threads, true);
  return one && two ? 0 : 1;
}
