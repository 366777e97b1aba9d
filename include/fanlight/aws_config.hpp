// How fanlight finds its way to Amazon Web Services: region, keys and addresses. Inert values, which back ends of AWS take; what stands open
// in them is found as by AWS's own tools.
#pragma once

#include <fanlight/detail/config.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

FANLIGHT_BEGIN
namespace detail {
class http_transport;
struct http_options;
}  // namespace detail

/// For tests: what stands for the process's surroundings. What is empty is real.
struct aws_substitutes {
  std::function<std::optional<std::string>(std::string const& name)> environment = {};
  std::function<std::optional<std::string>(std::string const& path)> file = {};  // nothing: there is none
  std::function<std::int64_t()> now = {};  // seconds of the epoch
  std::function<std::chrono::steady_clock::time_point()> steady = {};
  std::function<double()> random = {};  // 0 to 1
  std::function<std::unique_ptr<detail::http_transport>(detail::http_options const&)> transport = {};
};

/// Every member may stay as it is: then it is found as by the tools of AWS. In brackets: the variables that answer in its place.
struct aws_config {
  std::string region = {};  // [AWS_REGION, AWS_DEFAULT_REGION, else `region` of the profile]
  std::string access_key_id = {};  // with the next one; then nothing else is asked [AWS_ACCESS_KEY_ID]
  std::string secret_access_key = {};  // [AWS_SECRET_ACCESS_KEY]
  std::string session_token = {};  // [AWS_SESSION_TOKEN]
  /// Of ~/.aws/config and ~/.aws/credentials. Given here, the keys of the environment are not asked. [AWS_PROFILE; default]
  std::string profile = {};
  /// In place of the service's own address; for exporters that make their address themselves. [AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL]
  std::string endpoint = {};
  /// Lets a profile's credential_process start a program.
  bool allow_process = false;
  /// Lets machines without IMDSv2 answer with version 1.
  bool allow_imds_v1 = false;
  /// Of one look for credentials; a program that gives them may take a minute.
  std::chrono::milliseconds timeout{10'000};
  aws_substitutes instead = {};
};

FANLIGHT_END
