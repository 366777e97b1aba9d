// Log lines of a small feed in CloudWatch Logs, each with the trace it belongs to. Region and keys as for AWS's own tools:
//
//   AWS_REGION=eu-central-1 examples/cloudwatch              the group `fanlight-example`, or what FANLIGHT_LOG_GROUP says; made if need be
//   AWS_ENDPOINT_URL=http://127.0.0.1:5000 examples/cloudwatch    an emulator
//   examples/cloudwatch burst                                100,000 lines at once, into a stream that does not exist yet
//
// What goes wrong is said on stderr, such as
//   fanlight: key_refused [cloudwatch]: cloudwatch: there are no AWS credentials: …
//
// The exit status says whether all of it arrived: acknowledged by CloudWatch, and not merely sent.
#include <fanlight/fanlight.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace fl = fanlight;
using namespace std::chrono_literals;

namespace {

void home_activities(std::string_view user_handle) {
  fl::scoped_span span{"home-activities"};
  fl::info("HomeActivities", {{"user_handle", user_handle}, {"rows", 3}});  // trace_id, span_id and xray_trace_id come by themselves
}

void serve(std::string_view user_handle) {
  fl::scoped_span request{"GET /api/activities/home", {.kind = fl::span_kind::server}};
  home_activities(user_handle);
  // By the logger `access`, which has a stream of its own: {logger_name} is in the default name.
  fl::log_access({.remote_address = "192.0.2.7", .method = "GET", .target = "/api/activities/home", .status = 200});
}

fl::config configuration(bool burst) {
  char const* const group = std::getenv("FANLIGHT_LOG_GROUP");
  fl::cloudwatch_config how{.log_group = group != nullptr ? group : "fanlight-example"};
  how.retention_days = 7;  // of a group that is made here
  fl::config out{.service = "cruddur"};
  if (burst) {  // room for all of it at once: a program that says less in a second needs none of this
    how.queue_records = 200'000;
    how.queue_bytes = std::size_t{128} << 20;
    out.batching.capture_bytes = std::size_t{64} << 20;
  }
  out.exporters = {fl::cloudwatch(how)};
  return out;
}

}  // namespace

int main(int count, char** words) {
  bool const burst = count > 1 && std::string_view{words[1]} == "burst";
  auto session = fl::init(configuration(burst));
  if (burst)
    for (int i = 0; i < 100'000; ++i) fl::info("line", {{"i", i}});
  else
    serve("andrewbrown");
  bool const arrived = session.flush(burst ? 60s : 5s);
  auto const told = session.stats();
  std::printf("%llu of %llu lines arrived\n", static_cast<unsigned long long>(told.delivered), static_cast<unsigned long long>(told.accepted));
  return arrived ? 0 : 1;
}
