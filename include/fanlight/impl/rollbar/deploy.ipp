// Body of report_deploy(). [Rollbar: deploys]
#pragma once

#include <fanlight/exporters/rollbar.hpp>
#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/json_facts.hpp>
#include <fanlight/impl/otlp_ruling.hpp>
#include <fanlight/impl/rollbar/node.hpp>
#include <fanlight/impl/rollbar/scrub.hpp>
#include <fanlight/impl/rollbar/settings.hpp>

#include <algorithm>
#include <charconv>
#include <cstdlib>

FANLIGHT_BEGIN
namespace detail {

/// `…/item/` becomes `…/deploy/`, and `…/deploy/12345` with an id.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string deploy_url(std::string url, std::uint64_t id) {
  std::string_view const end = "item/";
  if (url.size() < end.size() || std::string_view{url}.substr(url.size() - end.size()) != end) return {};
  url.replace(url.size() - end.size(), end.size(), "deploy/");
  return id == 0 ? url : url + std::to_string(id);
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE rollbar_node deploy_body(rollbar_deploy const& what) {
  auto out = rollbar_node::object();
  out.put_some("status", what.status);
  if (what.id != 0) return out;
  out.put("environment", utf8_front(what.environment.empty() ? "production" : what.environment, 255));
  out.put("revision", utf8_front(what.revision, 255));
  out.put_some("rollbar_username", utf8_front(what.rollbar_username, 255));
  out.put_some("local_username", utf8_front(what.local_username, 255));
  out.put_some("comment", utf8_front(what.comment, 60'000));
  return out;
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE rollbar_deploy_result read_deploy_answer(http_answer const& answer, std::uint64_t id) {
  rollbar_deploy_result out;
  out.id = id;
  std::string message;
  each_json_fact(answer.body, [&](std::string_view parent, std::string_view key, std::string_view text) {
    if (key == "deploy_id" && (parent.empty() || parent == "data" || parent == "result")) std::from_chars(text.data(), text.data() + text.size(), out.id);
    if (parent.empty() && key == "message") message = one_line(text);
  });
  out.done = answer.failed == http_failure::none && answer.status >= 200 && answer.status < 300;
  if (!out.done)
    out.why = answer.failed != http_failure::none
                  ? answer.what
                  : joined({"Rollbar answered ", std::to_string(answer.status), (message.empty() ? "" : joined({" (", message, ")"}))});
  return out;
}

}  // namespace detail

FANLIGHT_COLD FANLIGHT_INLINE rollbar_deploy_result report_deploy(rollbar_deploy const& what, std::chrono::milliseconds limit) {
  auto asked = what;
  auto const fill = [](std::string& member, char const* variable) {
    if (char const* const found = member.empty() ? std::getenv(variable) : nullptr; found != nullptr) member = detail::trimmed(found);
  };
  fill(asked.access_token, "ROLLBAR_ACCESS_TOKEN");
  fill(asked.endpoint, "ROLLBAR_ENDPOINT");
  fill(asked.environment, "ROLLBAR_ENVIRONMENT");
  fill(asked.revision, "ROLLBAR_CODE_VERSION");
  rollbar_deploy_result wrong;
  auto const url = detail::deploy_url(detail::rollbar_item_url(asked.endpoint), asked.id);
  if (url.empty()) return wrong.why = "the endpoint is no address of items; leave it empty, or end it in /api/1/item/", wrong;
  if (asked.access_token.empty()) return wrong.why = "there is no access token; set ROLLBAR_ACCESS_TOKEN, or access_token", wrong;
  if (asked.id == 0 && asked.revision.empty()) return wrong.why = "there is no revision; set ROLLBAR_CODE_VERSION, or revision", wrong;
  detail::prepare_curl();
  auto const body = detail::deploy_body(asked).json();
  detail::http_request out;
  out.method = asked.id == 0 ? "POST" : "PATCH";
  out.url = url;
  out.body = body;
  out.headers = {{"Content-Type", "application/json"}, {"X-Rollbar-Access-Token", asked.access_token}};
  auto const answer = detail::curl_transport({})->send(out, std::chrono::steady_clock::now() + limit);
  auto result = detail::read_deploy_answer(answer, asked.id);
  result.why = detail::rollbar_scrubber{{}, {asked.access_token}}.clean(result.why);
  return result;
}

FANLIGHT_END
