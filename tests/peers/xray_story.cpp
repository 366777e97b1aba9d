// Tells X-Ray a story, on the way that is asked for, and writes down what it asked for. Addresses, region and keys come from the
// environment, as in every program.
//
//   xray_story WAY STORY        WAY: udp, daemon_tcp or api. STORY:
//     acts                        what xray_python/tell.py tells too
//     requests COUNT PARTS ASKED  so many segments, of so many subsegments each
//     statuses ASKED              requests that ended with 200, 404, 429 and 503
//     large BYTES ASKED           a segment with metadata of that size
//     refused ASKED               ten segments, of which every third is called `refuse me`
//     sampled ASKED               by X-Ray's central rules; reads `ask PATH COUNT` from standard input, answers each with a line, and ends with it
//     check                       fl::xray_check(), in its words
//   ASKED is a file that gets a line of JSON for each segment.
//
// The last line says what became of the records, and what problems there were. Exit status 0: it came to its end, whatever was lost.
#include "xray_acts.hpp"

#include <fanlight/exporters/xray.hpp>
#include <fanlight/pipeline.hpp>
#include <fanlight/xray_sampling.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <mutex>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

using namespace peers;
using namespace std::chrono_literals;

namespace {

std::string quoted(std::string_view text) {
  std::string out{'"'};
  for (char const letter : text) {
    if (letter == '"' || letter == '\\') out += '\\';
    if (static_cast<unsigned char>(letter) < ' ') out += "\\u00" + std::string{"0123456789abcdef"[letter >> 4]} + "0123456789abcdef"[letter & 15];
    else out += letter;
  }
  return out + '"';
}

/// What was asked for, a segment a line. Written by the main thread alone.
class asked_lines {
 public:
  explicit asked_lines(char const* path) : to_{path, std::ios::binary} {}
  void add(fl::context const& segment, std::string_view name, std::vector<std::string> const& parts = {}) {
    to_ << R"({"trace":")" << segment.trace_id().hex().view() << R"(","id":")" << segment.span_id().hex().view() << R"(","name":)" << quoted(name)
        << R"(,"parts":[)";
    for (std::size_t i = 0; i < parts.size(); ++i) to_ << (i == 0 ? "\"" : ",\"") << parts[i] << '"';
    to_ << "]}\n";
  }

 private:
  std::ofstream to_;
};

/// What fanlight said, with its codes; any thread adds.
struct complaints {
  std::mutex lock;
  std::string text;
  bool refused = false;  // the service does not take the keys: nothing will leave for a minute
  void add(fl::problem const& told) {
    std::lock_guard const held{lock};
    refused = refused || told.code == fl::problem_code::key_refused;
    text += (text.empty() ? "[" : ",[") + std::to_string(static_cast<int>(told.code)) + ',' + quoted(told.what) + ']';
  }
};

fl::xray_transport way(std::string_view name) {
  if (name == "udp") return fl::xray_transport::udp;
  if (name == "daemon_tcp") return fl::xray_transport::daemon_tcp;
  if (name == "api") return fl::xray_transport::api;
  std::fprintf(stderr, "no such way\n");
  std::exit(2);
}

fl::config setting(std::string_view by, std::string_view story, complaints& said) {
  fl::config out;
  out.service = "peers";
  out.version = "1.4.0";
  fl::xray_config how;
  how.transport = way(by);
  how.report_open = false;
  how.detect = false;
  out.exporters = {fl::xray(how)};
  out.detect_resource = false;
  out.batching.retry_first = 20ms;
  out.batching.capture_bytes = std::size_t{16} << 20;
  out.shutdown_within = 20s;
  if (story == "sampled")
    out.sampler = fl::xray_rules(fl::xray_sampling{.otherwise = {.fixed_target = 0, .rate = 0}, .central = fl::xray_central{.targets_every = 100ms}});
  out.on_problem = [&said](fl::problem const& told) { said.add(told); };
  return out;
}

// ---- stories ----

void tell_request_of(long number, int parts, asked_lines& asked) {
  fl::segment request{"request"};
  request.annotate("n", number);
  std::vector<std::string> ids;
  for (int j = 0; j < parts; ++j) {
    fl::subsegment part{"part"};
    part.annotate("j", j);
    ids.emplace_back(part.context().span_id().hex().view());
  }
  asked.add(request.context(), "request", ids);
}

/// As fast as the way takes it, and no faster: what is asked here is whether all arrives, not what a full queue loses.
void tell_requests(fl::session& session, long count, int parts, asked_lines& asked) {
  for (long i = 0; i < count; ++i) {
    tell_request_of(i, parts, asked);
    if (i % 50 == 49) session.flush(60s);
  }
}

void tell_ended_with(asked_lines& asked) {
  for (int const status : {200, 404, 429, 503}) {
    fl::segment request{"status " + std::to_string(status)};
    request.set_http({.method = "GET", .url = "http://h.example/", .status = status});
    asked.add(request.context(), "status " + std::to_string(status));
  }
}

void tell_large(std::size_t size, asked_lines& asked) {
  fl::segment request{"large"};
  request.metadata("filling", std::string(size, 'x'));
  asked.add(request.context(), "large");
}

void tell_refused(asked_lines& asked) {
  for (int i = 0; i < 10; ++i) {
    std::string const name = i % 3 == 0 ? "refuse me" : "take me";
    fl::segment const request{name};
    asked.add(request.context(), name);
  }
}

void tell_sampled(asked_lines& asked) {
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words{line};
    std::string what, path;
    long count = 0, sampled = 0;
    words >> what >> path >> count;
    std::string why;
    for (long i = 0; i < count; ++i) {
      fl::segment const request{"sampled", {.kind = fl::span_kind::server}, {{"http.request.method", "GET"}, {"url.path", path}}};
      why = fl::why_sampled().text();
      if (!request.context().is_sampled()) continue;
      ++sampled;
      asked.add(request.context(), path);
    }
    std::printf("{\"sampled\":%ld,\"why\":%s}\n", sampled, quoted(why).c_str());
    std::fflush(stdout);
  }
}

/// Until all has left, 60 s have gone by, or it is clear that nothing will.
bool wait_for_all(fl::session& session, complaints& said) {
  auto const until = std::chrono::steady_clock::now() + 60s;
  while (!session.flush(200ms)) {
    std::lock_guard const held{said.lock};
    if (said.refused || std::chrono::steady_clock::now() > until) return false;
  }
  return true;
}

void report(fl::statistics const& told, bool all_left, complaints& said) {
  auto const& lane = told.exporters.at(0);
  std::printf(R"({"flushed":%s,"accepted":%llu,"delivered":%llu,"dropped":%llu,"filtered":%llu,"queued":%llu,"retries":%llu,"by":{)", all_left ? "true" : "false",
              static_cast<unsigned long long>(lane.accepted), static_cast<unsigned long long>(lane.delivered), static_cast<unsigned long long>(lane.dropped),
              static_cast<unsigned long long>(lane.filtered), static_cast<unsigned long long>(lane.queued), static_cast<unsigned long long>(lane.retries));
  for (std::size_t i = 0; i < static_cast<std::size_t>(fl::loss::count_); ++i)
    std::printf("%s\"%s\":%llu", i == 0 ? "" : ",", std::string{fl::to_text(static_cast<fl::loss>(i))}.c_str(), static_cast<unsigned long long>(lane.dropped_by[i]));
  std::lock_guard const held{said.lock};
  std::printf("},\"problems\":[%s]}\n", said.text.c_str());
}

int check(std::string_view by) {
  fl::xray_config how;
  how.transport = way(by);
  auto const told = fl::xray_check(how, 20s);
  std::printf("%s%s\n", told.text().c_str(), told.arrived ? "arrived" : "did not arrive");
  return 0;
}

}  // namespace

int main(int count, char** words) {
  if (count < 3) return 2;
  std::string_view const story = words[2];
  if (story == "check") return check(words[1]);
  if (story != "acts" && count < 4) return 2;
  complaints said;
  auto session = fl::init(setting(words[1], story, said));
  asked_lines asked{story == "acts" ? "/dev/null" : words[count - 1]};
  if (story == "acts") tell_acts();
  else if (story == "requests" && count == 6) tell_requests(session, std::stol(words[3]), std::stoi(words[4]), asked);
  else if (story == "statuses") tell_ended_with(asked);
  else if (story == "large" && count == 5) tell_large(std::stoul(words[3]), asked);
  else if (story == "refused") tell_refused(asked);
  else if (story == "sampled") tell_sampled(asked);
  else return 2;
  bool const all_left = wait_for_all(session, said);
  auto const last = session.stats();
  session.shutdown(all_left ? 20s : 200ms);  // after it all has been said
  report(last, all_left, said);
  return 0;
}
