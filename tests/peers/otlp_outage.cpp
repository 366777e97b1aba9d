// A run of many spans during which somebody else stops the collector and starts it again. Takes its steps from standard input, one a line,
// and answers each with a line of JSON:
//
//   otlp_outage ENDPOINT SPANS_A_STEP QUEUE
//   go PHASE    makes that many spans, timed one by one under the name of the phase
//   flush       waits until all that was made is delivered, 20 s at most
//   end         shuts down; the last line has the quantiles of each phase
#include <fanlight/exporters/otlp.hpp>
#include <fanlight/pipeline.hpp>
#include <fanlight/span.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>
#include <vector>

namespace fl = fanlight;
using namespace std::chrono_literals;

namespace {

using nanoseconds = std::vector<std::int64_t>;

fl::config setting(char const* endpoint, std::size_t queue) {
  fl::config out;
  out.service = "outage";
  out.exporters = {fl::otlp({.endpoint = endpoint})};
  out.read_environment = false;
  out.detect_resource = false;
  out.batching.queue_records = queue;
  out.batching.span_delay = 50ms;
  out.batching.retry_first = 20ms;
  out.batching.retry_most = 500ms;
  out.shutdown_within = 30s;
  out.on_problem = [](fl::problem const& told) {
    std::fprintf(stderr, "fanlight %d: %s\n", static_cast<int>(told.code), told.what.c_str());
  };
  return out;
}

/// One span as programs make them: a few attributes, an event.
void make(long ordinal, nanoseconds& took) {
  auto const begun = std::chrono::steady_clock::now();
  {
    fl::scoped_span span{"GET /api/activities/home"};
    span.set("n", ordinal).set("app.user_handle", "andrewbrown").set("http.response.status_code", 200).set("ratio", 0.25);
    span.event("cache.miss", {{"key", "home"}});
  }
  took.push_back((std::chrono::steady_clock::now() - begun).count());
}

void answer(fl::session const& session, long made, bool done) {
  auto const told = session.stats();
  auto const& lane = told.exporters.at(0);
  std::printf("{\"made\":%ld,\"done\":%s,\"accepted\":%llu,\"delivered\":%llu,\"dropped\":%llu,\"queued\":%llu,\"retries\":%llu,\"by\":{",
              made, done ? "true" : "false", static_cast<unsigned long long>(lane.accepted),
              static_cast<unsigned long long>(lane.delivered), static_cast<unsigned long long>(lane.dropped),
              static_cast<unsigned long long>(lane.queued), static_cast<unsigned long long>(lane.retries));
  for (std::size_t i = 0; i < static_cast<std::size_t>(fl::loss::count_); ++i)
    std::printf("%s\"%s\":%llu", i == 0 ? "" : ",", std::string{fl::to_text(static_cast<fl::loss>(i))}.c_str(),
                static_cast<unsigned long long>(lane.dropped_by[i]));
  std::printf("}}\n");
  std::fflush(stdout);
}

void tell(std::map<std::string, nanoseconds>& phases) {
  std::printf("{");
  for (auto& [name, took] : phases) {
    std::sort(took.begin(), took.end());
    auto const at = [&took = took](double share) {
      return static_cast<long>(took[static_cast<std::size_t>(share * static_cast<double>(took.size() - 1))]);
    };
    std::printf("%s\"%s\":{\"spans\":%zu,\"p50\":%ld,\"p99\":%ld,\"most\":%ld}", &took == &phases.begin()->second ? "" : ",", name.c_str(),
                took.size(), at(0.5), at(0.99), at(1));
  }
  std::printf("}\n");
}

}  // namespace

int main(int count, char** words) {
  if (count != 4) return 2;
  auto session = fl::init(setting(words[1], std::stoul(words[3])));
  std::map<std::string, nanoseconds> phases;
  long made = 0;
  for (std::string step; std::getline(std::cin, step);) {
    bool done = true;
    if (step.starts_with("go ")) {
      auto& took = phases[step.substr(3)];
      for (long const until = made + std::stol(words[2]); made < until; ++made) make(made, took);
    } else if (step == "flush") {
      done = session.flush(20s);
    } else if (step == "end") {
      done = session.shutdown();
      answer(session, made, done);
      tell(phases);
      return 0;
    } else {
      return 2;
    }
    answer(session, made, done);
  }
  return 3;  // whoever gave the steps is gone
}
