// What CloudWatch Logs demands of a request's body, by the model of its API: functions that read a part of it, and throw the service's
// refusal where it breaks a rule. For fake_cloudwatch alone; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <rapidjson/document.h>

namespace support {

inline constexpr std::int64_t day_ms = 86'400'000, hour_ms = 3'600'000;

struct kept_event {
  std::int64_t timestamp = 0;
  std::string message;
};

/// A refusal in the service's words: what is thrown ends the call.
struct refusal : std::runtime_error {
  refusal(std::string error_type, std::string const& message) : std::runtime_error{message}, type{std::move(error_type)} {}
  std::string type;
};
[[noreturn]] void invalid(std::string const& message);

[[nodiscard]] std::string text_of(rapidjson::Document const& from, char const* key, bool required = true);
/// What gzip made of it.
[[nodiscard]] std::string unpacked(std::string const& body);
/// The real one lets pass what it does not know. Here it is a slip of the pen.
void only(rapidjson::Value const& from, std::set<std::string> const& known);
[[nodiscard]] std::string group_of(rapidjson::Document const& from);
[[nodiscard]] std::string stream_of(rapidjson::Document const& from);
[[nodiscard]] std::map<std::string, std::string> tags_of(rapidjson::Document const& from);
void check_entity(rapidjson::Document const& from);
/// All events, with everything that makes AWS refuse the whole batch checked.
[[nodiscard]] std::vector<kept_event> read_events(rapidjson::Document const& from, std::int64_t now);

}  // namespace support
