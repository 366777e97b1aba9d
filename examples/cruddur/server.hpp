// cruddur's HTTP face: routes, JSON in and out, a span and an access line for each request. Made and run by `main`; `stop` may be called
// from any thread once `serve` has said that it serves. The database must outlive the server.
#pragma once

#include "database.hpp"
#include "pages.hpp"

#include <fanlight/with/httplib.hpp>

#include <functional>

namespace cruddur {

class server {
 public:
  server(database& db, page_options const& pages, bool harness);

  int bind(int port);                         // on 127.0.0.1; 0 takes any free port. The port, or -1
  void serve(std::function<void()> serving);  // calls `serving` once it does; comes back after `stop`
  void stop();                                // ends what is under way first

 private:
  void add_routes(database& db);

  span_proxy proxy_{collector_of_environment()};
  fanlight::traced_server http_;
};

}  // namespace cruddur
