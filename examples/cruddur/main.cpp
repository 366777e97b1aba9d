// cruddur: the back end of a small social app, traced. This file sets tracing up and ends it; fl::traced_server puts a
// span around each request (server.cpp), activities.cpp and database.cpp make the spans beneath.
#include "options.hpp"
#include "server.hpp"

#include <fanlight/fanlight.hpp>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <thread>
#include <utility>
#include <vector>

namespace fl = fanlight;
using namespace std::chrono_literals;

namespace {

// Load balancers ask for the health of the app all day long. Their spans are dropped here, once, for all exporters.
void drop_health_checks(fl::record_editor& record) {
  if (record.is_span() && record.find("http.route").as_text() == "/api/health") record.drop();
}

fl::config configuration(cruddur::options const& chosen) {
  std::vector<fl::exporter_spec> exporters{
      fl::console({.layout = chosen.json ? fl::console_layout::json : fl::console_layout::waterfall})};
  if (!chosen.otlp_file.empty()) exporters.push_back(fl::otlp_file({.path = chosen.otlp_file}));
  if (chosen.otlp) exporters.push_back(fl::otlp());
  if (chosen.xray) exporters.push_back(fl::xray());
  if (!chosen.log_group.empty()) exporters.push_back(fl::cloudwatch({.log_group = chosen.log_group, .errors = true}));
  if (std::getenv("ROLLBAR_ACCESS_TOKEN") != nullptr) exporters.push_back(fl::rollbar());
  return {.service = "cruddur",
          .version = "1.4.0",
          .environment = "development",
          .exporters = std::move(exporters),
          .process = drop_health_checks};
}

// Blocked in this thread and in all that it starts, so that they wait for `sigwait`.
sigset_t block_stop_signals() {
  sigset_t stops;
  sigemptyset(&stops);
  sigaddset(&stops, SIGINT);
  sigaddset(&stops, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stops, nullptr);
  return stops;
}

void serve_until(sigset_t const& stops, cruddur::server& app, int port) {
  std::promise<void> serving;
  std::thread listener{[&] { app.serve([&] { serving.set_value(); }); }};
  serving.get_future().wait();
  std::printf("cruddur listening on http://127.0.0.1:%d\n", port);
  std::fflush(stdout);
  int which = 0;
  sigwait(&stops, &which);
  pthread_sigmask(SIG_UNBLOCK, &stops, nullptr);  // a caller who sends slowly can hold up the stop: the second signal ends all at once
  app.stop();
  listener.join();
}

}  // namespace

int main(int argc, char** argv) {
  auto const chosen = cruddur::parse(argc, argv);
  if (!chosen) return std::fputs(cruddur::usage, stderr), 2;
  if (!chosen->web.empty() && !std::filesystem::is_directory(chosen->web))
    return std::fprintf(stderr, "cruddur: there is no folder %s\n", chosen->web.c_str()), 1;
  auto const stops = block_stop_signals();
  auto session = fl::init(configuration(*chosen));

  cruddur::database db{{.seed = chosen->seed, .hurry = chosen->fast ? 50 : 1}};
  cruddur::server app{db, {.folder = chosen->web, .origin = chosen->web_origin}, chosen->harness};
  auto const port = app.bind(chosen->port);
  if (port < 0) return std::fprintf(stderr, "cruddur: cannot listen on port %d\n", chosen->port), 1;
  serve_until(stops, app, port);

  session.flush(2s);
  auto const told = session.stats();
  std::printf("cruddur stopped: delivered %llu, dropped %llu, still queued %llu\n",
              static_cast<unsigned long long>(told.delivered), static_cast<unsigned long long>(told.dropped),
              static_cast<unsigned long long>(told.queued));
}
