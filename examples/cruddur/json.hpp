// JSON for answers and requests: the one file of the example that knows RapidJSON.
#pragma once

#include "activities.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cruddur {

std::string to_json(activity const& row);
std::string to_json(std::vector<activity> const& rows);
std::string error_json(std::string_view problem);

struct post {
  std::string user_handle;
  std::string message;
};
std::optional<post> parse_post(std::string_view body);  // nothing when it is not an object with these two as strings

// What the W3C's trace-context suite asks for: [{"url": "http://…", "arguments": …}].
struct call {
  std::string url;
  std::string body;  // the arguments, as JSON
};
std::optional<std::vector<call>> parse_calls(std::string_view body);  // nothing when it is not a list of these, or nested very deep

}  // namespace cruddur
