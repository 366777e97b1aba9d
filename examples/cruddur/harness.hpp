// A route for the W3C's trace-context suite, and for nothing else: POST /test takes a list of {url, arguments} and posts each one's arguments to
// its url, within the request's trace. It calls whatever it is told to, so the server has it only with --harness. Set up once, before the
// server serves.
#pragma once

#include <fanlight/with/httplib.hpp>

namespace cruddur {

void serve_harness(fanlight::traced_server& http);

}  // namespace cruddur
