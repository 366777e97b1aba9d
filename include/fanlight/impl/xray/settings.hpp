// What an X-Ray exporter runs by: every question answered from code and environment, and the variables that tell where the program runs.
// Made on the thread that calls init(); a value that the exporter keeps.
#pragma once

#include <fanlight/detail/environment.hpp>
#include <fanlight/exporters/xray_config.hpp>
#include <fanlight/impl/xray/daemon_address.hpp>
#include <fanlight/impl/xray/form.hpp>

FANLIGHT_BEGIN
namespace detail {

/// Variables by which platforms make themselves known; empty: not set.
struct platform_variables {
  std::string ecs_metadata, kubernetes_host, kubernetes_port, host_name, lambda_root, lambda_name, region, ec2_endpoint;
  bool ec2_disabled = false;
};

struct xray_settings {
  xray_config given;  // the aws_config has region, endpoint and environment by now
  xray_daemon daemon = {};
  xray_form form = {};
  platform_variables platform = {};
  std::uint8_t context_missing = 0;  // as in exporter_spec
  bool off = false;
};

/// What is wrong with the environment is told through `from`; what forbids to make the exporter is added to `wrong`.
[[nodiscard]] xray_settings settle_xray(xray_config given, environment const& from, std::vector<problem>& wrong);

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/xray/settings.ipp>
#endif
