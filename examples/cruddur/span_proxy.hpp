// Takes the spans that a page in a browser made, and passes them on to the collector of the environment: the keys of the back end stay here.
// Made once, before the server serves; `forward` may be called from any thread.
//
// Whoever reaches the server can post here. So two requests at a time may be under way, each for five seconds at most: the others are
// told to come later, and spans of pages never hold up what the server is for.
#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cruddur {

struct collector {
  std::string url;  // none when empty
  std::vector<std::string> headers;  // "name: value"
  std::string ca_file, client_certificate, client_key;  // paths of PEM files; empty: curl's own, none
};

// From OTEL_EXPORTER_OTLP_TRACES_ENDPOINT or OTEL_EXPORTER_OTLP_ENDPOINT, and from the variables of headers and certificates beside them.
collector collector_of_environment();

class span_proxy {
 public:
  explicit span_proxy(collector to) : to_{std::move(to)} {}

  struct shipment {
    std::string_view type;  // Content-Type
    std::string_view body;  // not compressed: the server takes no such
  };
  // The status for the page. What the collector said besides is not for everybody.
  int forward(shipment const& spans);

 private:
  int send(shipment const& spans);
  int is_away(char const* why);

  collector to_;
  std::atomic<int> under_way_ = 0;
  std::atomic<bool> away_ = false;
};

}  // namespace cruddur
