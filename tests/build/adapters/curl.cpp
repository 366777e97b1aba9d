// A transfer by libcurl, which nobody answers.
#include <fanlight/fanlight.hpp>
#include <fanlight/with/curl.hpp>

#include "seen.hpp"

int main() {
  auto const sink = std::make_shared<seen>();
  auto session = fanlight::init({.service = "adapter", .exporters = {sink}});
  CURL* const easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_URL, "http://127.0.0.1:1/");
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  CURLcode const how = fanlight::curl_perform(easy);
  curl_easy_cleanup(easy);
  fanlight::info(how == CURLE_COULDNT_CONNECT ? "refused" : "answered");
  return verdict(session, *sink, "refused");
}
