// What pages in a browser need of a server: their files, leave to ask from another origin (CORS), and a way for their own spans.
// Nothing of it is traced: files and permissions are not what the app does, and `is_for_pages` is what the server skips. Set up once,
// before the server serves.
#pragma once

#include "span_proxy.hpp"

#include <fanlight/with/httplib.hpp>

#include <string>

namespace cruddur {

struct page_options {
  std::string folder;  // served at /; none when empty
  std::string origin;  // of pages that come from elsewhere: "http://127.0.0.1:3000"; none when empty
};

// Whether it is one of those requests: a file of the page, leave to ask, or its spans. Any thread may ask.
bool is_for_pages(httplib::Request const& request, page_options const& chosen);

// The proxy must outlive the server.
void serve_pages(fanlight::traced_server& http, page_options const& chosen, span_proxy& proxy);

}  // namespace cruddur
