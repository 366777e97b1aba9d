#include "server.hpp"

#include "activities.hpp"
#include "harness.hpp"
#include "json.hpp"

#include <fanlight/trace.hpp>

#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

namespace fl = fanlight;

namespace cruddur {

// A handler that forgot to answer is a mistake in the program, and is told as one: httplib would send 200 and nothing.
struct no_answer : std::logic_error {
  using std::logic_error::logic_error;
};

namespace {

constexpr auto host = "127.0.0.1";
constexpr std::size_t workers = 8;  // a browser alone keeps up to six connections

struct reply {
  int status = 0;    // 0: the handler came back without an answer
  std::string body;  // JSON
};

void send(httplib::Response& response, int status, std::string const& body) {
  response.status = status;
  response.set_content(body, "application/json");
}

// Of a function that returns a reply, a handler for httplib, which wants one filled in.
template <class Handle>
httplib::Server::Handler answering(Handle handle) {
  return [handle = std::move(handle)](httplib::Request const& request, httplib::Response& response) {
    reply const answer = handle(request);
    if (answer.status == 0) throw no_answer{"the handler of " + request.method + " " + request.path + " gave no answer"};
    send(response, answer.status, answer.body);
  };
}

// What a handler threw: to Rollbar, if it is on, with whom it happened to, and a 500 that says nothing of it. The request's span, which is
// still current, fails by itself.
void report(httplib::Request const& request, httplib::Response& response, std::exception_ptr const& error) {
  {
    fl::error_report told{error};
    if (auto const user = request.get_param_value("user_handle"); !user.empty()) told.person({.id = user});
  }
  send(response, 500, error_json("internal_error"));
}

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

// What no route matched. Its span has no route in its name: a path is anything.
void no_such_page(httplib::Request const&, httplib::Response& response) {
  if (response.status == 404 && response.body.empty()) send(response, 404, error_json("no_such_page"));
}

// httplib compares what Content-Length says with its limit, and nothing else: a body in chunks, one without a length and one that grows when
// it is unpacked would be read to their ends.
httplib::Server::HandlerResponse limit_body(httplib::Request const& request, httplib::Response& response) {
  constexpr auto handled = httplib::Server::HandlerResponse::Handled, unhandled = httplib::Server::HandlerResponse::Unhandled;
  if (request.has_header("Transfer-Encoding")) return send(response, 411, error_json("length_required")), handled;
  if (request.has_header("Content-Encoding")) return send(response, 415, error_json("body_encoded")), handled;
  if (request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS") return unhandled;
  if (!request.has_header("Content-Length")) return send(response, 411, error_json("length_required")), handled;
  return unhandled;
}

}  // namespace

server::server(database& db, page_options const& pages, bool harness)
    : http_{fl::httplib_options{.skip = [pages](httplib::Request const& request) { return is_for_pages(request, pages); }}} {
  http_.set_keep_alive_timeout(1);  // seconds: no longer does a quiet connection hold a worker, or the stop
  http_.set_keep_alive_max_count(1);  // what is left unread of a body is not the next request
  http_.set_read_timeout(2);
  http_.set_payload_max_length(256 * 1024);
  http_.set_pre_routing_handler(limit_body);
  http_.set_socket_options([](socket_t listening) {  // not httplib's SO_REUSEPORT: a port that is taken should be told
    int const yes = 1;
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  serve_pages(http_, pages, proxy_);
  http_.set_exception_handler(report);
  http_.set_error_handler(httplib::Server::Handler{no_such_page});
  add_routes(db);
  if (harness) serve_harness(http_);
}

// The patterns stand for themselves in spans and access lines, but for the one that people write in another way.
void server::add_routes(database& db) {
  using request = httplib::Request;
  http_.Get("/api/health", answering([](request const&) { return reply{200, R"({"ok":true})"}; }));
  http_.Get("/api/activities/home", answering([&db](request const& in) { return reply{200, to_json(home_activities(db, user_of(in)))}; }));
  http_.Get("/api/activities/notifications", answering([&db](request const& in) {
              return reply{200, to_json(notifications(db, user_of(in)))};
            }));
  http_.Get(R"(/api/activities/@(\w{1,30}))", "/api/activities/@:handle",
            answering([&db](request const& in) { return show_user(db, in); }));
  http_.Post("/api/activities", answering([&db](request const& in) { return create(db, in); }));
  // To see that errors arrive where they should: one on purpose, and one that looks up the rows and forgets to send them.
  http_.Get("/rollbar/test", answering([](request const&) -> reply { fl::raise_test_error(); }));
  http_.Get("/rollbar/lost", answering([&db](request const& in) {
              reply out;
              auto const rows = home_activities(db, user_of(in));
              if (rows.empty()) out = {200, to_json(rows)};
              return out;
            }));
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
