// The whole path into an exporter that drops, or to a sink in another process by OTLP, nothing lost: one run of one kind, told as one line
// of JSON. A run is a process of its own, so that the time of the processors is all its own.
//
//   throughput fanlight|floor|otlp:http://HOST:PORT [--cores N] [--spans N] [--producers N] [--lanes N] [--hung]
#include "floor.hpp"
#include "sample.hpp"
#include "stopwatch.hpp"

#include <condition_variable>
#include <cstring>
#include <mutex>
#include <string>

namespace {

using bench::figures;
using bench::stopwatch;

struct wish {
  bool floor = false, hung = false;
  std::string endpoint = {};
  int cores = 0, producers = 1, lanes = 1;
  std::uint64_t spans = 1'000'000;
};

/// Does not return from its first batch until it is let go.
struct hung {
  std::mutex lock;
  std::condition_variable changed;
  bool free = false;
  void consume(bench::fl::batch<bench::fl::span_record>) {
    std::unique_lock held{lock};
    changed.wait(held, [&] { return free; });
  }
  void let_go() {
    std::lock_guard const held{lock};
    free = true;
    changed.notify_all();
  }
};

/// Beside a lane that hangs the pipeline goes on gathering, so the healthy lane's queue needs looking after too.
constexpr std::uint64_t most_outstanding = 32'768;

void produce(std::uint64_t count, bench::dropping const& sink, std::uint64_t before, bool watch_lane, int processors) {
  bench::nap_exactly();
  bench::patient_producer patience;
  for (std::uint64_t i = 0; i < count; ++i) {
    patience.before_span(processors);
    if (watch_lane && (i & 1023) == 0)
      while (before + i > sink.spans.load(std::memory_order_relaxed) + most_outstanding) bench::step_aside(processors);
    bench::one_span(static_cast<std::int64_t>(i));
  }
}

[[nodiscard]] std::uint64_t lost_by(bench::fl::session const& session, std::string_view name) {
  for (auto const& each : session.stats().exporters)
    if (each.name == name) return each.dropped;
  std::fprintf(stderr, "bench: no exporter is called %.*s\n", static_cast<int>(name.size()), name.data());
  std::exit(1);
}

[[nodiscard]] figures run_fanlight(wish const& how) {
  auto const sink = std::make_shared<bench::dropping>();
  auto const stuck = std::make_shared<hung>();
  std::vector<bench::fl::exporter_spec> exporters;
  exporters.push_back(bench::fl::exporter_spec{sink}.called("first"));
  for (int i = 1; i < how.lanes; ++i) exporters.push_back(bench::fl::exporter_spec{std::make_shared<bench::dropping>()});
  if (how.hung) exporters.push_back(bench::fl::exporter_spec{stuck}.called("hung"));
  auto session = bench::fl::init(bench::config_for(std::move(exporters)));
  int const processors = bench::cores();

  auto const all_arrived = [&](std::uint64_t goal) {
    if (!how.hung) return session.flush(std::chrono::minutes{2});
    session.flush(std::chrono::milliseconds{1});  // seals what is open; cannot be true, one of the lanes hangs
    while (sink->spans.load() + lost_by(session, "first") < goal) bench::step_aside(processors);
    return true;
  };
  std::uint64_t const warm = 30'000;
  produce(warm, *sink, 0, how.hung, processors);
  if (!all_arrived(warm)) std::exit(1);

  figures out;
  stopwatch const watch;
  std::vector<std::thread> others;
  auto const share = how.spans / static_cast<std::uint64_t>(how.producers);
  for (int i = 1; i < how.producers; ++i) others.emplace_back([&] { produce(share, *sink, 0, false, processors); });
  produce(share, *sink, warm, how.hung, processors);
  for (auto& other : others) other.join();
  if (!all_arrived(warm + share * static_cast<std::uint64_t>(how.producers)))
    std::fprintf(stderr, "bench: flush did not come back in time\n");
  watch.tell(out);
  out.delivered = sink->spans.load() - warm;
  out.lost = lost_by(session, "first");
  stuck->let_go();
  return out;
}

[[nodiscard]] std::uint64_t delivered_by(bench::fl::session const& session) { return session.stats().delivered; }

/// Default queues and batches; the sink counts for itself what came.
[[nodiscard]] figures run_otlp(wish const& how) {
  auto session = bench::fl::init(bench::config_for({bench::fl::otlp({.endpoint = how.endpoint})}));
  int const processors = bench::cores();
  bench::dropping const nobody;
  std::uint64_t const warm = 10'000;
  produce(warm, nobody, 0, false, processors);
  if (!session.flush(std::chrono::minutes{2})) std::exit(1);
  std::uint64_t const before = delivered_by(session);

  figures out;
  stopwatch const watch;
  produce(how.spans, nobody, 0, false, processors);
  if (!session.flush(std::chrono::minutes{2})) std::fprintf(stderr, "bench: flush did not deliver everything\n");
  watch.tell(out);
  out.delivered = delivered_by(session) - before;
  out.lost = how.spans - out.delivered;
  return out;
}

/// One producer, one consumer that copies each run of entries out of the ring and counts them: the least a pipeline can do.
[[nodiscard]] figures run_floor(wish const& how) {
  bench::floor_ring ring;
  int const processors = bench::cores();
  std::atomic<bool> last{false};
  std::uint64_t consumed = 0;
  auto const consume = [&] {
    std::vector<unsigned char> batch(ring.room);
    bench::nap_exactly();
    std::uint64_t tail = 0;
    for (;;) {
      bool const ends = last.load(std::memory_order_acquire);
      std::uint64_t const head = __atomic_load_n(&ring.head, __ATOMIC_ACQUIRE);
      if (head == tail && ends) return;
      if (head - tail < ring.room / 4 && !ends) {
        bench::step_aside(processors);
        continue;
      }
      while (tail != head) {
        auto const here = tail & (ring.room - 1);
        auto const run = std::min<std::uint64_t>(head - tail, ring.room - here);
        std::memcpy(batch.data(), ring.data.get() + here, run);
        for (std::uint64_t at = 0; at < run;) {
          std::uint32_t size = 0;
          std::memcpy(&size, batch.data() + at, 4);
          if (size == 0) break;  // the rest of the ring's end was skipped
          at += size;
          ++consumed;
        }
        tail += run;
      }
      __atomic_store_n(&ring.tail, tail, __ATOMIC_RELEASE);
    }
  };
  auto const record = [&](std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      auto const used = [&] { return ring.head - __atomic_load_n(&ring.tail, __ATOMIC_ACQUIRE); };
      if ((i & 63) == 0 && used() > ring.room * 3 / 4)
        while (used() > ring.room / 2) bench::step_aside(processors);
      bench::floor_span(ring, static_cast<std::int64_t>(i), [] { return bench::realtime(); });
    }
  };
  std::memset(ring.data.get(), 1, ring.room);
  bench::nap_exactly();
  figures out;
  stopwatch const watch;
  std::thread worker{consume};
  record(how.spans);
  last.store(true, std::memory_order_release);
  worker.join();
  watch.tell(out);
  out.delivered = consumed;
  out.lost = how.spans - consumed;
  return out;
}

[[nodiscard]] wish understand(int count, char** words) {
  wish out;
  for (int i = 1; i < count; ++i) {
    std::string_view const word = words[i];
    auto const number = [&] { return i + 1 < count ? std::strtoull(words[++i], nullptr, 10) : 0; };
    if (word == "floor") out.floor = true;
    else if (word == "--hung") out.hung = true;
    else if (word == "--cores") out.cores = static_cast<int>(number());
    else if (word == "--spans") out.spans = number();
    else if (word == "--producers") out.producers = static_cast<int>(number());
    else if (word == "--lanes") out.lanes = static_cast<int>(number());
    else if (word.starts_with("otlp:")) out.endpoint = word.substr(5);
    else if (word != "fanlight") std::exit(2);
  }
  if (out.spans == 0 || out.producers < 1 || out.lanes < 1 || (out.hung && out.producers > 1)) std::exit(2);
  return out;
}

}  // namespace

int main(int count, char** words) {
  wish const how = understand(count, words);
  if (how.cores > 0) bench::keep_to(how.cores);
  figures const out = how.floor ? run_floor(how) : how.endpoint.empty() ? run_fanlight(how) : run_otlp(how);
  bench::print(how.spans, out);
  return out.delivered == how.spans / static_cast<std::uint64_t>(how.producers) * static_cast<std::uint64_t>(how.producers) && out.lost == 0
             ? 0
             : 1;
}
