#include "span_proxy.hpp"

#include <fanlight/trace.hpp>

#include <curl/curl.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>

namespace fl = fanlight;

namespace cruddur {
namespace {

constexpr int at_once = 2;
constexpr long limit_ms = 5000;

std::string variable(char const* name) {
  auto const* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// What is for traces comes before what is for all signals.
std::string of_exporter(std::string const& what) {
  auto special = variable(("OTEL_EXPORTER_OTLP_TRACES_" + what).c_str());
  return special.empty() ? variable(("OTEL_EXPORTER_OTLP_" + what).c_str()) : special;
}

std::string_view trimmed(std::string_view text) {
  auto const first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto const high = text[i] == '%' && i + 2 < text.size() ? digit(text[i + 1]) : -1;
    auto const low = high < 0 ? -1 : digit(text[i + 2]);
    out.push_back(low < 0 ? text[i] : static_cast<char>(high * 16 + low));
    if (low >= 0) i += 2;
  }
  return out;
}

// "api-key=abc,x-team=t1", values percent-encoded. A line end in one would be another header, and none of ours.
std::vector<std::string> headers_of(std::string_view list) {
  std::vector<std::string> headers;
  while (!list.empty()) {
    auto const end = std::min(list.find(','), list.size());
    auto const part = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    auto const equals = part.find('=');
    if (equals == std::string_view::npos) continue;
    auto line = std::string{trimmed(part.substr(0, equals))} + ": " + percent_decoded(trimmed(part.substr(equals + 1)));
    if (line.find_first_of("\r\n") == std::string::npos) headers.push_back(std::move(line));
  }
  return headers;
}

bool is_otlp(std::string_view type) {
  type = trimmed(type.substr(0, type.find(';')));
  return type == "application/json" || type == "application/x-protobuf";
}

// What the page can do about it: come again, or nothing. That our key is refused is for our own log.
int told_to_page(long status) {
  if (status >= 200 && status < 300) return 200;
  if (status == 400 || status == 413) return static_cast<int>(status);
  if (status == 429 || status == 502 || status == 503 || status == 504) return 503;
  fl::warn("the collector does not take spans of pages", {{"http.response.status_code", static_cast<int>(status)}});
  return 502;
}

std::size_t skip(char*, std::size_t size, std::size_t count, void*) { return size * count; }

struct closer {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
void set_file(CURL* easy, CURLoption option, std::string const& path) {
  if (!path.empty()) curl_easy_setopt(easy, option, path.c_str());
}
using header_list = std::unique_ptr<curl_slist, closer>;

void add(header_list& list, std::string const& line) {
  if (auto* longer = curl_slist_append(list.get(), line.c_str())) {
    static_cast<void>(list.release());
    list.reset(longer);
  }
}

}  // namespace

collector collector_of_environment() {
  auto url = variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
  if (url.empty()) {
    url = variable("OTEL_EXPORTER_OTLP_ENDPOINT");
    while (url.ends_with('/')) url.pop_back();
    if (!url.empty()) url += "/v1/traces";
  }
  return {std::move(url), headers_of(of_exporter("HEADERS")), of_exporter("CERTIFICATE"), of_exporter("CLIENT_CERTIFICATE"), of_exporter("CLIENT_KEY")};
}

int span_proxy::forward(shipment const& spans) {
  if (to_.url.empty()) return 404;
  if (!is_otlp(spans.type)) return 415;
  struct counted {
    std::atomic<int>& all;
    int const now = ++all;
    ~counted() { --all; }
  } const mine{under_way_};
  return mine.now <= at_once ? send(spans) : 503;
}

// Told once for each time that it is away: every page asks every few seconds.
int span_proxy::is_away(char const* why) {
  if (!away_.exchange(true)) fl::warn("the collector of pages' spans cannot be reached", {{"error", why}});
  return 503;
}

// No span for this request: it would be one more for each shipment of spans.
int span_proxy::send(shipment const& spans) {
  std::unique_ptr<CURL, closer> const easy{curl_easy_init()};
  if (!easy) return 503;
  header_list headers;
  for (auto const& line : to_.headers) add(headers, line);
  add(headers, std::string{"Content-Type: "}.append(trimmed(spans.type.substr(0, spans.type.find(';')))));
  curl_easy_setopt(easy.get(), CURLOPT_URL, to_.url.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(spans.body.size()));
  curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDS, spans.body.data());
  curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, &skip);
  curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT_MS, limit_ms);
  curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
  set_file(easy.get(), CURLOPT_CAINFO, to_.ca_file);
  set_file(easy.get(), CURLOPT_SSLCERT, to_.client_certificate);
  set_file(easy.get(), CURLOPT_SSLKEY, to_.client_key);
  if (auto const code = curl_easy_perform(easy.get()); code != CURLE_OK) return is_away(curl_easy_strerror(code));
  away_ = false;
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  return told_to_page(status);
}

}  // namespace cruddur
