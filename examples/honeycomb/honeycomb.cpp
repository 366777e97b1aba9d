// A small feed whose requests go to Honeycomb as traces: spans, spans within spans, attributes. Nothing about it stands in the code; the
// environment says who we are and where to:
//
//   export OTEL_SERVICE_NAME=backend-cpp
//   export HONEYCOMB_API_KEY=…              an ingest key; eu: HONEYCOMB_API_ENDPOINT=https://api.eu1.honeycomb.io
//   examples/honeycomb
//
// or, as any OpenTelemetry program is told:
//
//   export OTEL_EXPORTER_OTLP_ENDPOINT=https://api.honeycomb.io
//   export OTEL_EXPORTER_OTLP_HEADERS=x-honeycomb-team=…
//
// The traces are in the dataset backend-cpp: ask for HEATMAP(duration_ms), or GROUP BY app.user_handle WHERE name = home-activities.
// Without any of these variables the same traces are drawn on the console. The exit status says whether all of them arrived.
#include <fanlight/fanlight.hpp>

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace fl = fanlight;
using namespace std::chrono_literals;

namespace {

struct activity {
  std::string handle, message;
};

/// What a database would be asked; a span of its own within the caller's.
std::vector<activity> read_activities(std::string_view handle) {
  fl::scoped_span query{"SELECT activities", {.kind = fl::span_kind::client}, {{"db.system.name", "postgresql"}}};
  std::vector<activity> rows{
      {"andrewbrown", "Cloud is very fun!"}, {"worf", "I am out of prune juice"}, {"garek", "My dear doctor, I am just simple tailor"}};
  if (handle.empty()) rows.pop_back();  // one is for members alone
  query.set("db.response.returned_rows", rows.size());
  return rows;
}

std::vector<activity> home_activities(std::string_view handle) {
  fl::scoped_span span{"home-activities"};
  span.set("app.now", fl::iso8601(std::chrono::system_clock::now()));
  if (!handle.empty()) span.set("app.user_handle", handle);
  auto rows = read_activities(handle);
  span.set("app.result_length", rows.size());
  fl::info("HomeActivities", {{"rows", rows.size()}});
  return rows;
}

void serve_home(std::string_view handle) {
  fl::scoped_span request{"GET /api/activities/home",
                          {.kind = fl::span_kind::server},
                          {{"http.request.method", "GET"}, {"http.route", "/api/activities/home"}}};
  home_activities(handle);
  request.set("http.response.status_code", 200);
}

}  // namespace

int main() {
  auto session = fl::init();
  for (auto const* handle : {"andrewbrown", "worf", ""}) serve_home(handle);
  bool const arrived = session.flush(15s);
  auto const told = session.stats();
  std::printf("%llu records delivered, %llu lost\n", static_cast<unsigned long long>(told.delivered),
              static_cast<unsigned long long>(told.dropped));
  return arrived ? 0 : 1;
}
