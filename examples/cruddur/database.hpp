// A mock database: a few users and their activities in memory, behind queries as slow as real ones. Each query is a span
// of kind client, named and described as the conventions for databases ask. Any thread may call any member.
#pragma once

#include <cstdint>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace cruddur {

struct activity {
  std::string handle;
  std::string message;
  std::string created_at;
};

struct database_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class database {
 public:
  struct options {
    std::uint64_t seed = 1;
    int hurry = 1;  // delays are divided by this
  };
  explicit database(options chosen);

  std::vector<activity> newest(std::size_t limit);
  std::vector<activity> written_by(std::string_view handle);  // throws database_error for the handle "crash"
  std::vector<activity> mentioning(std::string_view handle);
  bool has_user(std::string_view handle);
  void insert(activity const& added);

 private:
  struct statement;
  template <class Body>
  auto run(statement const& what, Body body);
  void delay();

  std::mutex mutex_;
  std::mt19937_64 random_;
  int hurry_;
  std::vector<std::string> users_;
  std::vector<activity> activities_;
};

}  // namespace cruddur
