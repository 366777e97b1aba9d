// The options of X-Ray's sampling rules: inert values, which xray_rules() takes.
#pragma once

#include <fanlight/aws_config.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

FANLIGHT_BEGIN

/// One local rule. Patterns: `*` is any run of letters, `?` one letter, case does not matter. What a request does not say matches.
struct xray_rule {
  std::string name = {};          // for why_sampled(); `description` in files
  std::string host = "*";         // http.host, server.address, or in url.full
  std::string method = "*";       // http.request.method
  std::string path = "*";         // url.path, or in url.full; without the query
  std::string service = "*";      // service.name
  std::string service_type = "*"; // such as AWS::EC2::Instance
  std::uint32_t fixed_target = 0; // this many a second, and then
  double rate = 0.05;             // this share of the others
};

/// What holds where no rule matches.
struct xray_default {
  std::uint32_t fixed_target = 1;
  double rate = 0.05;
};

/// For tests: what stands for network, time and chance. What is empty is real, time that of the pipeline.
struct xray_sampling_substitutes {
  std::function<std::unique_ptr<detail::http_transport>(detail::http_options const&)> transport = {};
  std::function<std::int64_t()> now = {};  // seconds of the epoch
  std::function<std::chrono::steady_clock::time_point()> steady = {};
  std::function<double()> random = {};     // 0 to 1, without 1
};

/// Rules and quotas that X-Ray keeps for the account. Until the first answer, and an hour after the last one, the local rules decide.
struct xray_central {
  /// The daemon's TCP side, or a collector that plays it: `host:port` or `http://host:port`. 127.0.0.1:2000 [AWS_XRAY_DAEMON_ADDRESS, which
  /// wins over what stands here, as in every X-Ray SDK]
  std::string endpoint = {};
  /// The service itself is asked, in requests that are signed with these keys, and not a daemon.
  bool direct = false;
  aws_config aws = {};
  std::chrono::seconds rules_every{300};   // and up to 5 s
  std::chrono::milliseconds targets_every{10'000};  // and up to 0.1 s; a rule may be given a pace of its own by X-Ray
  std::chrono::milliseconds timeout{5'000};  // of one request
};

/// One of `rules`, `json` and `file`, or none of them: then the built-in rule, 1 a second and 5 %.
struct xray_sampling {
  std::vector<xray_rule> rules = {};  // the first that matches decides
  xray_default otherwise = {};        // when none does
  std::string json = {};              // a document as the X-Ray SDKs read it, version 1 or 2, or what X-Ray's API has
  std::string file = {};              // the path of one; read by init()
  std::optional<xray_central> central = {};
  xray_sampling_substitutes instead = {};
};

FANLIGHT_END
