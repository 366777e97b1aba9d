// A request of a small feed as an X-Ray segment, its query as the subsegment `user_activities` with an annotation and metadata. To a daemon
// on this machine, or wherever AWS_XRAY_DAEMON_ADDRESS says:
//
//   examples/xray                 with a daemon: 4 of 4 records delivered. Without one, on stderr:
//     fanlight: send_failed [xray]: nobody listens on UDP 127.0.0.1:2000: start the X-Ray daemon there, or say in AWS_XRAY_DAEMON_ADDRESS …
//
// And the mistakes that cost people their evenings, each with the words it is answered with:
//
//   examples/xray nested          a segment inside a segment:
//     fanlight: segment_nested: segment 'activities' was begun inside another span of this process and became a subsegment of it; say …
//   examples/xray orphan          a subsegment with nothing above it:
//     fanlight: no_parent: subsegment 'user_activities' was begun with no segment above it: begin a segment or span first, or carry …
//   AWS_XRAY_DAEMON_ADDRESS=http://xray:2000 examples/xray
//     fanlight: config_bad: xray: AWS_XRAY_DAEMON_ADDRESS is "http://xray:2000"; it is no URL; it must be host:port for both protocols, such as
//     xray:2000, or tcp:host:port udp:host:port; 127.0.0.1:2000 is used instead
//   examples/xray check           sends one segment and says what each hop on its way came to
//
// The exit status says whether all of it left.
#include <fanlight/fanlight.hpp>

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace fl = fanlight;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> user_activities(std::string_view handle) {
  fl::subsegment query{"user_activities"};
  query.annotate("user_handle", handle);  // indexed: `annotation.user_handle = "andrewbrown"` finds it
  std::vector<std::string> rows{"Cloud is very fun!", "I am out of prune juice"};
  query.metadata("results", fl::object{{"now", fl::iso8601(std::chrono::system_clock::now())}, {"results-size", rows.size()}}, "dataset");
  return rows;
}

void serve(std::string_view handle) {
  fl::segment request{"backend-cpp", {{"http.request.method", "GET"}, {"url.path", "/api/activities/@" + std::string{handle}}}};
  user_activities(handle);
  request.set("http.response.status_code", 200);
}

int check() {
  auto const report = fl::xray_check();
  std::printf("%s%s\n", report.text().c_str(), report.arrived ? "It left." : "It did not arrive.");
  return report.arrived ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
  std::string_view const what = count > 1 ? words[1] : "";
  if (what == "check") return check();
  auto session = fl::init({.service = "backend-cpp", .exporters = {fl::xray()}, .shutdown_within = 500ms});
  if (what == "nested") {
    fl::segment request{"backend-cpp"};
    fl::segment activities{"activities"};
  } else if (what == "orphan") {
    user_activities("andrewbrown");
  } else {
    serve("andrewbrown");
  }
  bool const left = session.flush(300ms);
  auto const told = session.stats();
  std::printf("%llu of %llu records delivered\n", static_cast<unsigned long long>(told.delivered), static_cast<unsigned long long>(told.accepted));
  return left ? 0 : 1;
}
