// What a CloudWatch exporter runs by: every question answered from code and environment, and the patterns read. Made on the thread that
// calls init(); a value that the exporter keeps.
#pragma once

#include <fanlight/detail/environment.hpp>
#include <fanlight/exporter.hpp>
#include <fanlight/exporters/cloudwatch_config.hpp>
#include <fanlight/impl/cloudwatch/line.hpp>
#include <fanlight/impl/cloudwatch/pending.hpp>

FANLIGHT_BEGIN
namespace detail {

struct cloudwatch_settings {
  cloudwatch_config given = {};  // the aws_config has region, endpoint and environment by now
  cloudwatch_pattern stream = {};
  cloudwatch_form form = {};
  cloudwatch_limits limits = {};
};

/// `final`: the environment has spoken, and a group has to be there. What forbids to make the exporter is added to `wrong`.
[[nodiscard]] cloudwatch_settings settle_cloudwatch(cloudwatch_config given, environment const& from, bool final, std::vector<problem>& wrong);
/// What the code alone has got wrong.
void check_cloudwatch(cloudwatch_config const& given, std::vector<problem>& wrong);

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/cloudwatch/settings.ipp>
#endif
