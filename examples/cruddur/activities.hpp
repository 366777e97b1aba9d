// What cruddur does, with no word about HTTP: each function is one use of the app, and one span with the app's own
// attributes (app.now, app.user_handle, app.result_length). Any thread may call them.
#pragma once

#include "database.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cruddur {

std::vector<activity> home_activities(database& db, std::string_view user_handle);
std::vector<activity> notifications(database& db, std::string_view user_handle);

// Nothing when there is no such user.
std::optional<std::vector<activity>> user_activities(database& db, std::string_view handle);

// What was written, or why it was not.
struct created {
  std::optional<activity> row;
  std::string_view problem;  // "message_blank" and the like
};
created create_activity(database& db, std::string_view handle, std::string_view message);

}  // namespace cruddur
