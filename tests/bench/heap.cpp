// Heap requests a record on the thread that records, in steady state. One line of JSON; a request is any call of malloc and its kin.
#include "headers.hpp"
#include "interpose.hpp"
#include "sample.hpp"

namespace {

using bench::fl::scoped_span;

int processors = 1;

/// Requests a record: `thousandths` so that one in a thousand shows.
template <class One>
[[nodiscard]] double requests_of(One one) {
  constexpr int warm = 4'000, counted = 4'000;
  std::uint64_t before = 0;
  for (int i = 0; i < warm + counted; ++i) {
    bench::wait_for_room(64 << 10, 512 << 10, processors);
    if (i == warm) before = bench::requests_here;
    one(i);
  }
  return static_cast<double>(bench::requests_here - before) / counted;
}

void wide(int count) {
  static char keys[128][8];
  if (keys[0][0] == 0)
    for (int i = 0; i < 128; ++i) std::snprintf(keys[i], sizeof keys[i], "key.%03d", i);
  scoped_span span{"wide"};
  for (auto const& key : keys) span.set(std::string_view{key, 7}, count);
}

void with_event(int count) {
  scoped_span span{"operation"};
  bench::fill(span, count);
  span.event("cache.miss", {{"key", "home"}, {"bytes", 512}, {"ratio", 0.25}, {"warm", false}});
}

void nested(int count) {
  scoped_span const outer{"outer"};
  bench::fl::annotation const tenant{"tenant", "acme"};
  bench::one_span(count);
}

void on_heap(int count) {
  bench::fl::span span{"operation"};
  bench::fill(span, count);
}

std::size_t written = 0;

void call_out(int) { written += bench::one_inject(); }
void call_in(int) { written += bench::fl::extract(bench::find_header, bench::w3c_and_xray).tracestate().size(); }

void with_baggage(int) {
  bench::fl::baggage const tenant{"tenant", "acme"}, plan{"plan", "a pro's"};
  auto const said = bench::fl::baggage_value("tenant");
  written += said ? said->size() : 0;
}

}  // namespace

int main() {
  auto const sink = std::make_shared<bench::dropping>();
  auto session = bench::fl::init(bench::config_for({sink}));
  processors = bench::cores();
  double const scoped = requests_of(bench::one_span);
  double const event = requests_of(with_event), facts = requests_of(nested), attributes = requests_of(wide);
  double const span = requests_of(on_heap), log = requests_of(bench::one_log);
  double out = 0, baggage = 0;
  {
    scoped_span const server{"server", {.kind = bench::fl::span_kind::server, .parent = bench::fl::extract(bench::find_header, bench::w3c_and_xray)}};
    out = requests_of(call_out);
    baggage = requests_of(with_baggage);
  }
  double const in = requests_of(call_in);

  std::uint64_t const others_before = bench::requests_everywhere.load() - bench::requests_here, came_before = sink->spans.load();
  (void)requests_of(bench::one_span);
  bool const flushed = session.flush(std::chrono::seconds{10});
  double const others = static_cast<double>(bench::requests_everywhere.load() - bench::requests_here - others_before) /
                        static_cast<double>(sink->spans.load() - came_before);
  std::printf(
      "{\"scoped_span\": %g, \"event\": %g, \"facts\": %g, \"attributes_128\": %g, \"span\": %g, \"log\": %g, \"inject\": %g, \"extract\": %g, "
      "\"baggage\": %g, \"other_threads\": %g, \"lost\": %llu}\n",
      scoped, event, facts, attributes, span, log, out, in, baggage, others, static_cast<unsigned long long>(session.stats().dropped));
  return flushed && session.stats().dropped == 0 && written != 0 ? 0 : 1;
}
