// Rollbar: error reports as items, with what led to them (log records, finished spans, earlier errors) as their telemetry. The factory makes
// an inert value; nothing is opened before init(), which also answers from the environment what is left open here. The exporter is made by
// its lane's owner and belongs to it; it sends, and calls the functions given here, on its lane's thread. "Delivered" means that Rollbar has
// acknowledged the item. Several may stand side by side, each under a name of its own.
#pragma once

#include <fanlight/exporter.hpp>
#include <fanlight/exporters/rollbar_config.hpp>

#include <chrono>
#include <cstdint>
#include <string>

FANLIGHT_BEGIN

[[nodiscard]] exporter_spec rollbar(rollbar_config given = {});

/// Tells Rollbar of a deploy, or, with its `id`, what became of one. For scripts and start-up code: blocks for at most `limit`.
struct rollbar_deploy {
  std::uint64_t id = 0;
  std::string environment = {};  // [ROLLBAR_ENVIRONMENT]; `production`
  std::string revision = {};     // the code_version of what is sent from it [ROLLBAR_CODE_VERSION]
  std::string rollbar_username = {}, local_username = {}, comment = {};
  std::string status = {};       // started, succeeded, failed or timed_out
  std::string access_token = {};  // [ROLLBAR_ACCESS_TOKEN]
  std::string endpoint = {};      // as in rollbar_config [ROLLBAR_ENDPOINT]
};
struct rollbar_deploy_result {
  bool done = false;
  std::uint64_t id = 0;
  std::string why = {};  // of a failure, for people
};
[[nodiscard]] rollbar_deploy_result report_deploy(rollbar_deploy const& what, std::chrono::milliseconds limit = std::chrono::seconds{5});

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/rollbar/exporter.ipp>
#include <fanlight/impl/rollbar/deploy.ipp>
#endif
