#include "activities.hpp"

#include <fanlight/trace.hpp>

#include <algorithm>
#include <chrono>
#include <future>
#include <utility>

namespace fl = fanlight;

namespace cruddur {
namespace {

constexpr std::size_t page = 20;
constexpr std::size_t longest_message = 280;

// The two facts that every use has from its start.
std::string tell(fl::scoped_span& span, std::string_view user_handle) {
  std::string now{fl::iso8601(std::chrono::system_clock::now()).view()};
  span.set("app.now", now);
  span.set("app.user_handle", user_handle);
  return now;
}

// Characters, not bytes: every UTF-8 byte but those that continue a character.
std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string_view why_not(std::string_view message) {
  if (message.find_first_not_of(" \t\r\n") == std::string_view::npos) return "message_blank";
  if (characters(message) > longest_message) return "message_exceed_max_chars";
  return {};
}

}  // namespace

std::vector<activity> home_activities(database& db, std::string_view user_handle) {
  fl::scoped_span span{"home-activities"};
  tell(span, user_handle);
  auto rows = db.newest(page);
  span.set("app.result_length", rows.size());
  fl::info("HomeActivities", {{"rows", rows.size()}});
  return rows;
}

// Two queries at once. `carry` takes the context along, so that the one on the other thread is a child of this span too.
std::vector<activity> notifications(database& db, std::string_view user_handle) {
  fl::scoped_span span{"notifications-activities"};
  tell(span, user_handle);
  auto mentions = std::async(std::launch::async, fl::carry([&] { return db.mentioning(user_handle); }));
  auto rows = db.newest(1);
  auto const mentioned = mentions.get();
  rows.insert(rows.end(), mentioned.begin(), mentioned.end());
  span.set("app.result_length", rows.size());
  return rows;
}

std::optional<std::vector<activity>> user_activities(database& db, std::string_view handle) {
  fl::scoped_span span{"user-activities"};
  tell(span, handle);
  if (!db.has_user(handle)) {
    span.event("user.unknown");
    return std::nullopt;
  }
  auto rows = db.written_by(handle);
  span.set("app.result_length", rows.size());
  return rows;
}

created create_activity(database& db, std::string_view handle, std::string_view message) {
  fl::scoped_span span{"create-activity"};
  auto const now = tell(span, handle);
  span.set("app.message_length", characters(message));
  if (auto const problem = why_not(message); !problem.empty()) {
    span.event("activity.refused", {{"reason", problem}});
    return {std::nullopt, problem};
  }
  activity row{std::string{handle}, std::string{message}, now};
  db.insert(row);
  return {std::move(row), {}};
}

}  // namespace cruddur
