// What surrounds a process that talks to AWS: variables, files, clocks and the way to the network, real or put in their place by tests.
// Made with an exporter's settings, where the environment is read once; owned by the session that uses it, on the thread that sends.
#pragma once

#include <fanlight/aws_config.hpp>
#include <fanlight/detail/environment.hpp>
#include <fanlight/impl/aws/ini.hpp>
#include <fanlight/impl/http.hpp>

FANLIGHT_BEGIN
namespace detail {

/// The variables of AWS, and HOME, as they were when it was made; empty is as good as not set.
class aws_variables {
 public:
  using function = std::function<std::optional<std::string>(std::string const& name)>;
  /// An empty function: none is set.
  explicit aws_variables(function const& read);

  [[nodiscard]] std::optional<std::string> text(std::string_view name) const;

 private:
  std::vector<std::pair<std::string_view, std::string>> known_;
};
[[nodiscard]] std::optional<std::string> real_variable(std::string const& name);
/// A regular file of at most a megabyte; nothing: there is none, or it cannot be read.
[[nodiscard]] std::optional<std::string> read_small_file(std::string const& path);

/// The two files of profiles.
struct aws_profiles {
  ini_file credentials, config;
  std::string name;    // of the profile in use
  std::string source;  // what named it; empty: nothing did

  [[nodiscard]] ini_section const* in_credentials() const { return credentials.find({}, name); }
  [[nodiscard]] ini_section const* in_config() const;
  /// From the config file, else from the credentials file.
  [[nodiscard]] std::string text(std::string_view key) const;
};

class aws_surroundings {
 public:
  using moment = std::chrono::steady_clock::time_point;
  explicit aws_surroundings(aws_config given);
  /// With the variables that init() reads.
  aws_surroundings(aws_config given, environment const& from);

  [[nodiscard]] aws_config const& given() const noexcept { return given_; }
  [[nodiscard]] std::string variable(std::string_view name) const { return variables_.text(name).value_or(std::string{}); }
  /// Only `true` is true.
  [[nodiscard]] bool flag(std::string_view name) const;
  /// For keys that expire, whose owner sets them anew.
  FANLIGHT_COLD void read_variables_again() {
    if (read_) variables_ = aws_variables{read_};
  }
  /// `~` is HOME.
  [[nodiscard]] std::optional<std::string> file(std::string_view path) const;
  [[nodiscard]] aws_profiles profiles() const;
  [[nodiscard]] std::int64_t now() const;
  [[nodiscard]] moment steady() const;
  [[nodiscard]] double random() const;
  /// Asks a service for credentials. `local`: it is on this machine or its host, so that no proxy leads there.
  [[nodiscard]] http_answer ask(http_request const& what, bool local, std::chrono::milliseconds limit, moment until) const;

 private:
  aws_config given_;
  aws_variables::function read_;  // empty: what was read holds
  aws_variables variables_;
};

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/aws/surroundings.ipp>
#endif
