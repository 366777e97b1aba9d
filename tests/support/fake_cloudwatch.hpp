// A CloudWatch Logs that keeps every limit that the real one has, and verifies each signature from the bytes it received: what fanlight gets
// wrong, it refuses, with the real one's words. It can be told to answer any error, to be slow, to reset, and to live in another time. The test
// makes and owns it, and reads back what was kept. All functions may be called from any thread.
#pragma once

#include "fake_cloudwatch_rules.hpp"
#include "fault_server.hpp"

#include <map>
#include <string>
#include <vector>

namespace support {

struct kept_group {
  std::map<std::string, std::string> tags;
  std::int64_t retention = 0;  // days; 0: for ever
  std::string log_class = "STANDARD", kms_key;
  std::map<std::string, std::vector<kept_event>> streams;
};

class fake_cloudwatch {
 public:
  fake_cloudwatch();
  fake_cloudwatch(fake_cloudwatch const&) = delete;
  fake_cloudwatch& operator=(fake_cloudwatch const&) = delete;

  [[nodiscard]] std::string url() const { return server_.url(""); }
  [[nodiscard]] unsigned port() const { return server_.port(); }

  static constexpr char const* key_id = "AKIDFANLIGHTTEST";
  static constexpr char const* secret = "hush/secret+key";

  /// The next calls of this action (empty: of any) are answered so, in place of what would be.
  void next(std::string const& action, test::behaviour what, std::size_t times = 1);
  /// `{"__type":type}`.
  void next_error(std::string const& action, std::string const& type, int status = 400, std::size_t times = 1);
  void release() { server_.release(); }
  /// Seconds that its clock is ahead of this machine's.
  void set_clock(std::int64_t ahead);
  /// It takes lines from 2018, and from the future.
  void ignore_age();
  /// The rights of the key: actions that are denied.
  void deny(std::string const& action);
  /// The key comes with this session token from now on.
  void set_token(std::string const& token);
  void make(std::string const& group, std::string const& stream = {});
  void remove(std::string const& group, std::string const& stream = {});

  [[nodiscard]] std::map<std::string, kept_group> groups() const;
  /// In the order in which GetLogEvents gives them.
  [[nodiscard]] std::vector<kept_event> events(std::string const& group, std::string const& stream) const;
  [[nodiscard]] std::vector<std::string> messages(std::string const& group, std::string const& stream) const;
  [[nodiscard]] std::vector<std::string> actions() const;
  /// Of the bodies of all requests that came.
  [[nodiscard]] std::uint64_t bytes() const;
  /// What it has refused by its own judgement, in words. A test that wants none looks here.
  [[nodiscard]] std::vector<std::string> refusals() const;

 private:
  [[nodiscard]] test::behaviour answer(test::seen_request const& request);
  [[nodiscard]] std::string wrong_with_signature(test::seen_request const& request, std::string& type) const;
  [[nodiscard]] std::string perform(std::string const& action, std::string const& body);
  [[nodiscard]] std::string put(rapidjson::Document const& from);

  mutable std::mutex lock_;
  std::map<std::string, kept_group> groups_;
  std::vector<std::string> actions_, refusals_, denied_;
  std::vector<std::pair<std::string, test::behaviour>> script_;
  std::int64_t ahead_ = 0;
  bool any_age_ = false;
  std::string token_;
  std::uint64_t calls_ = 0, bytes_ = 0;
  test::fault_server server_;  // last: its threads use all of it
};

}  // namespace support
