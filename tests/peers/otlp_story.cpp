// Tells everything fanlight can say to an OTLP endpoint, or into a file, and writes down what it asked for.
//
//   otlp_story --asked FILE (--file FILE | --endpoint URL --protocol protobuf|json --compression none|gzip) [--spans N] [--seed N]
//
// Ends with 0 when every record was delivered, with 1 and fanlight's words when not, with 2 when it was called wrongly.
#include "random_tales.hpp"

#include <fanlight/exporters/otlp_file.hpp>
#include <fanlight/pipeline.hpp>
#if __has_include(<fanlight/exporters/otlp.hpp>)
#include <fanlight/exporters/otlp.hpp>
#endif

#include <map>

namespace fl = fanlight;
using namespace std::chrono_literals;

namespace {

using options = std::map<std::string, std::string>;

[[noreturn]] void misuse(std::string const& why) {
  std::fprintf(stderr, "otlp_story: %s\n", why.c_str());
  std::exit(2);
}

options read(int count, char** words) {
  options out{{"--spans", "10000"}, {"--seed", "1"}, {"--protocol", "protobuf"}, {"--compression", "none"}};
  for (int i = 1; i + 1 < count; i += 2) out[words[i]] = words[i + 1];
  if (count % 2 == 0 || !out.contains("--asked") || out.contains("--file") == out.contains("--endpoint"))
    misuse("see its first lines for how it is called");
  return out;
}

fl::exporter_spec exporter(options& given) {
  if (given.contains("--file")) return fl::otlp_file({.path = given["--file"], .max_bytes = 0});
#if __has_include(<fanlight/exporters/otlp.hpp>)
  fl::otlp_config out;
  out.endpoint = given["--endpoint"];
  out.protocol = given["--protocol"] == "json" ? fl::otlp_protocol::http_json : fl::otlp_protocol::http_protobuf;
  out.compression = given["--compression"] == "gzip" ? fl::otlp_compression::gzip : fl::otlp_compression::none;
  return fl::otlp(out);
#else
  misuse("this build has no OTLP exporter");
#endif
}

fl::config setting(options& given, peers::asked_file& asked) {
  peers::pairs const resource{{"team", peers::text("timeline \xC3\xA9")},
                              {"replicas", peers::whole(INT64_MAX)},
                              {"ratio", peers::real(0.1)},
                              {"canary", peers::yes_or_no(false)},
                              {"zones", peers::list({peers::text("a"), peers::text("b")})},
                              {"nothing", peers::nothing()},
                              {"not utf-8", peers::text("\xFF")}};
  fl::config out;
  out.service = "cruddur", out.version = "1.4.0", out.environment = "production";
  for (auto const& each : resource) out.resource.set(each.first, peers::handed_over{each.second}.get());
  out.exporters = {exporter(given)};
  out.read_environment = false;
  out.detect_resource = false;
  out.batching.capture_bytes = std::size_t{16} << 20;
  out.batching.queue_records = 1'000'000;
  out.batching.queue_bytes = std::size_t{1} << 30;
  out.shutdown_within = 30s;
  out.on_problem = [](fl::problem const& told) {
    if (static_cast<int>(told.code) < 102 || static_cast<int>(told.code) > 105)  // what the tales provoke: limits, keys
      std::fprintf(stderr, "fanlight %d: %s\n", static_cast<int>(told.code), told.what.c_str());
  };
  peers::asked_line line{"run"};
  line.text("service", out.service).text("version", out.version).text("environment", out.environment).text("sdk", FANLIGHT_VERSION_STRING);
  asked.add(line.list("resource", resource));
  return out;
}

int end(fl::session& session, peers::asked_file const& asked) {
  bool const delivered = session.shutdown();
  auto const told = session.stats();
  std::printf("%ld spans and %ld log records; delivered %llu, dropped %llu, queued %llu, retries %llu\n", asked.spans(), asked.logs(),
              static_cast<unsigned long long>(told.delivered), static_cast<unsigned long long>(told.dropped),
              static_cast<unsigned long long>(told.queued), static_cast<unsigned long long>(told.exporters.at(0).retries));
  if (delivered && told.dropped == 0 && told.filtered == 0 && told.queued == 0) return 0;
  for (auto const& each : session.problems()) std::fprintf(stderr, "fanlight %d: %s\n", static_cast<int>(each.code), each.what.c_str());
  return 1;
}

}  // namespace

int main(int count, char** words) {
  auto given = read(count, words);
  auto const seed = std::stoull(given["--seed"]);
  long const spans = std::stol(given["--spans"]);
  peers::asked_file asked{given["--asked"].c_str()};
  auto session = fl::init(setting(given, asked));
  peers::tales tales{asked, seed};
  tales.all();
  peers::random_tales random{asked, tales, seed};
  for (long next = 0; asked.spans() < spans;) {
    random.tree();
    if (asked.spans() < next) continue;
    session.flush(20s);
    next = asked.spans() + 1000;
  }
  return end(session, asked);
}
