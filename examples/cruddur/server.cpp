#include "server.hpp"

#include "activities.hpp"
#include "http_trace.hpp"
#include "json.hpp"

#include <fanlight/report.hpp>

#include <string>

namespace cruddur {
namespace {

constexpr auto host = "127.0.0.1";
constexpr std::size_t workers = 8;  // a browser alone keeps up to six connections

// Who asks: there is no log-in here.
std::string user_of(httplib::Request const& request) {
  auto const handle = request.get_param_value("user_handle");
  return handle.empty() ? "andrewbrown" : handle;
}

reply show_user(database& db, httplib::Request const& request) {
  auto const rows = user_activities(db, request.matches[1].str());
  if (!rows) return {404, error_json("user_not_found")};
  return {200, to_json(*rows)};
}

reply create(database& db, httplib::Request const& request) {
  auto const wanted = parse_post(request.body);
  if (!wanted) return {400, error_json("body_not_understood")};
  auto const made = create_activity(db, wanted->user_handle, wanted->message);
  if (!made.row) return {422, error_json(made.problem)};
  return {201, to_json(*made.row)};
}

reply no_such_page(httplib::Request const&) { return {404, error_json("no_such_page")}; }

}  // namespace

server::server(database& db, page_options const& pages) {
  http_.set_keep_alive_timeout(1);  // seconds: no longer does a quiet connection hold a worker, or the stop
  http_.set_read_timeout(2);
  http_.set_payload_max_length(256 * 1024);
  http_.set_socket_options([](socket_t listening) {  // not httplib's SO_REUSEPORT: a port that is taken should be told
    int const yes = 1;
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  serve_pages(http_, pages, proxy_);
  add_routes(db);
}

void server::add_routes(database& db) {
  using request = httplib::Request;
  http_.Get("/api/health", traced("/api/health", [](request const&) { return reply{200, R"({"ok":true})"}; }));
  http_.Get("/api/activities/home", traced("/api/activities/home", [&db](request const& in) {
              return reply{200, to_json(home_activities(db, user_of(in)))};
            }));
  http_.Get("/api/activities/notifications", traced("/api/activities/notifications", [&db](request const& in) {
              return reply{200, to_json(notifications(db, user_of(in)))};
            }));
  http_.Get(R"(/api/activities/@(\w{1,30}))",
            traced("/api/activities/@:handle", [&db](request const& in) { return show_user(db, in); }));
  http_.Post("/api/activities", traced("/api/activities", [&db](request const& in) { return create(db, in); }));
  // To see that errors arrive where they should: one on purpose, and one that looks up the rows and forgets to send them.
  http_.Get("/rollbar/test", traced("/rollbar/test", [](request const&) -> reply { fanlight::raise_test_error(); }));
  http_.Get("/rollbar/lost", traced("/rollbar/lost", [&db](request const& in) {
              reply out;
              auto const rows = home_activities(db, user_of(in));
              if (rows.empty()) out = {200, to_json(rows)};
              return out;
            }));
  http_.Get(".*", traced("", no_such_page));  // the last: routes are tried in order
  http_.Post(".*", traced("", no_such_page));
}

int server::bind(int port) {
  if (port == 0) return http_.bind_to_any_port(host);
  return http_.bind_to_port(host, port) ? port : -1;
}

void server::serve(std::function<void()> serving) {
  http_.new_task_queue = [&serving] {  // asked for when the server is ready to accept, and can be stopped
    serving();
    return new httplib::ThreadPool{workers};
  };
  http_.listen_after_bind();
}

void server::stop() { http_.stop(); }

}  // namespace cruddur
