// Bodies of settings.hpp.
#pragma once

#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/otlp_ruling.hpp>
#include <fanlight/impl/rollbar/patterns.hpp>
#include <fanlight/impl/rollbar/settings.hpp>

FANLIGHT_BEGIN
namespace detail {

inline constexpr std::size_t least_item_bytes = 8'192;

FANLIGHT_COLD FANLIGHT_INLINE std::string rollbar_item_url(std::string given) {
  if (given.empty()) return "https://api.rollbar.com/api/1/item/";
  bool const http = given.compare(0, 7, "http://") == 0 || given.compare(0, 8, "https://") == 0;
  auto const host = given.find("://") + 3;
  if (!http || given.size() == host || given[host] == '/' || given.find_first_of(" \t\r\n?#") != std::string::npos) return {};
  auto const ends = [&](std::string_view part) { return given.size() >= part.size() && given.compare(given.size() - part.size(), part.size(), part) == 0; };
  if (given.find('/', host) == std::string::npos) return given + "/api/1/item/";
  if (given.find('/', host) == given.size() - 1) return given + "api/1/item/";
  if (ends("/api/1")) return given + "/item/";
  if (ends("/api/1/")) return given + "item/";
  return ends("/api/1/item") ? given + "/" : given;
}

FANLIGHT_COLD FANLIGHT_INLINE void check_rollbar(rollbar_config const& given, std::vector<problem>& wrong) {
  auto const tell = [&](std::string const& what) {
    wrong.push_back({problem_code::config_bad, joined({given.name, ": ", what}), given.name});
  };
  if (given.max_bytes < least_item_bytes || given.max_bytes > std::size_t{1} << 20)
    tell(joined({"max_bytes is ", std::to_string(given.max_bytes), "; it must be from ", std::to_string(least_item_bytes),
                 " to 1048576, which is what Rollbar takes"}));
  if (given.timeout.count() <= 0) tell(joined({"timeout is ", std::to_string(given.timeout.count()), " ms; it must be 1 or more"}));
  if (!given.spool.folder.empty() && (given.spool.items == 0 || given.spool.bytes < given.max_bytes || given.spool.age.count() <= 0))
    tell("the spool has no room: items must be 1 or more, age more than 0, and bytes max_bytes or more");
  if (given.queue == 0) tell("queue is 0; it must be 1 or more");
  if (given.duplicate_window.count() < 0) tell("duplicate_window is below 0; 0 switches it off");
  std::vector<std::string> bad;
  text_patterns const tried{given.ignore_messages, &bad};
  for (auto const& each : bad) tell(joined({"ignore_messages holds ", shown({}, each), ", which is no POSIX extended regular expression"}));
  for (auto const& rule : given.rules)
    if (rule.type.empty() || !(rule.share >= 0 && rule.share <= 1)) tell("a rule needs a type, and a share from 0 to 1");
}

FANLIGHT_COLD FANLIGHT_INLINE rollbar_settings settle_rollbar(rollbar_config given, environment const& from, bool final, std::vector<problem>& wrong) {
  rollbar_settings out;
  auto const fill = [&](std::string& member, char const* variable) {
    if (!member.empty()) return false;
    if (auto const found = from.text(variable)) member = trimmed(*found);
    return !member.empty();
  };
  out.off = !given.enabled;
  if (out.off) return out;
  fill(given.access_token, "ROLLBAR_ACCESS_TOKEN");
  bool const by_variable = fill(given.endpoint, "ROLLBAR_ENDPOINT");
  fill(given.environment, "ROLLBAR_ENVIRONMENT");
  fill(given.code_version, "ROLLBAR_CODE_VERSION");
  fill(given.log_group, "FANLIGHT_LOG_GROUP");
  fill(given.log_stream, "FANLIGHT_LOG_STREAM");
  out.url = rollbar_item_url(given.endpoint);
  if (out.url.empty())
    wrong.push_back({problem_code::config_bad,
                     joined({given.name, ": ", (by_variable ? "ROLLBAR_ENDPOINT" : "endpoint"), " is ",
                             shown({}, url_for_people(given.endpoint)), "; it must be a URL such as https://api.rollbar.com/api/1/item/"}),
                     given.name});
  if (given.access_token.find_first_of(" \t\r\n") != std::string::npos)
    wrong.push_back({problem_code::config_bad, given.name + ": the access token has blanks in it; copy it again from the project's settings", given.name});
  if (final && given.transmit && given.access_token.empty())
    wrong.push_back({problem_code::config_bad, given.name + ": there is no access token, so nothing is sent; set ROLLBAR_ACCESS_TOKEN, or access_token in code, to a project "
                                               "token with scope post_server_item", given.name});
  while (given.root.size() > 1 && given.root.back() == '/') given.root.pop_back();
  if (!given.watch) given.watch = std::make_shared<rollbar_watch>();
  out.given = std::move(given);
  return out;
}

}  // namespace detail
FANLIGHT_END
