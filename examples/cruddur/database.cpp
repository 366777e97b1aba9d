#include "database.hpp"

#include <fanlight/trace.hpp>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <thread>
#include <utility>

namespace fl = fanlight;

namespace cruddur {

struct database::statement {
  std::string_view operation;
  std::string_view table;
  std::string_view text;  // with placeholders: values are the user's, and stay out of traces
};

database::database(options chosen)
    : random_{chosen.seed},
      hurry_{std::max(chosen.hurry, 1)},
      users_{"andrewbrown", "bayko", "crash", "worf"},
      activities_{{"andrewbrown", "Cloud is very fun!", "2026-11-19T08:12:00Z"},
                  {"worf", "Today is a good day to deploy, @andrewbrown", "2026-11-20T17:40:00Z"},
                  {"bayko", "@worf @andrewbrown look at this waterfall", "2026-11-21T06:05:00Z"}} {}

// The span lives as long as the statement runs. When the statement throws, the span ends as failed, and this function needs
// no word about it.
template <class Body>
auto database::run(statement const& what, Body body) {
  fl::scoped_span query{std::string{what.operation}.append(" ").append(what.table),
                        {.kind = fl::span_kind::client},
                        {{"db.system.name", "postgresql"},
                         {"db.namespace", "cruddur"},
                         {"db.operation.name", what.operation},
                         {"db.collection.name", what.table},
                         {"db.query.text", what.text},
                         {"server.address", "db.cruddur.internal"},
                         {"server.port", 5432}}};
  delay();
  std::lock_guard const lock{mutex_};
  auto result = body();
  query.set("db.response.returned_rows", std::size(result));
  return result;
}

void database::delay() {
  auto const wait = [this] {
    std::lock_guard const lock{mutex_};
    return std::chrono::milliseconds{std::uniform_int_distribution{50, 500}(random_)};
  }();
  std::this_thread::sleep_for(wait / hurry_);
}

std::vector<activity> database::newest(std::size_t limit) {
  return run({"SELECT", "activities", "SELECT * FROM activities ORDER BY created_at DESC LIMIT $1"}, [&] {
    auto const count = std::min(limit, activities_.size());
    std::vector<activity> rows;
    std::copy_n(activities_.rbegin(), count, std::back_inserter(rows));
    return rows;
  });
}

std::vector<activity> database::written_by(std::string_view handle) {
  return run({"SELECT", "activities", "SELECT * FROM activities WHERE handle = $1"}, [&] {
    if (handle == "crash") throw database_error{"connection reset by peer"};
    std::vector<activity> rows;
    std::copy_if(activities_.begin(), activities_.end(), std::back_inserter(rows),
                 [&](activity const& row) { return row.handle == handle; });
    return rows;
  });
}

std::vector<activity> database::mentioning(std::string_view handle) {
  return run({"SELECT", "mentions", "SELECT a.* FROM mentions m JOIN activities a USING (id) WHERE m.handle = $1"}, [&] {
    auto const name = std::string{"@"}.append(handle);
    std::vector<activity> rows;
    std::copy_if(activities_.begin(), activities_.end(), std::back_inserter(rows),
                 [&](activity const& row) { return row.message.find(name) != std::string::npos; });
    return rows;
  });
}

bool database::has_user(std::string_view handle) {
  auto const found = run({"SELECT", "users", "SELECT 1 FROM users WHERE handle = $1"}, [&] {
    return std::vector<int>(std::count(users_.begin(), users_.end(), handle) > 0 ? 1U : 0U, 1);
  });
  return !found.empty();
}

void database::insert(activity const& added) {
  run({"INSERT", "activities", "INSERT INTO activities (handle, message, created_at) VALUES ($1, $2, $3)"}, [&] {
    activities_.push_back(added);
    return std::vector<int>{};
  });
}

}  // namespace cruddur
