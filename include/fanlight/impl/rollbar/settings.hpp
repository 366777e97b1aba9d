// What a Rollbar exporter runs by: the configuration, with every question answered that code and environment can answer. Made on the thread
// that calls init(); a value that the exporter keeps.
#pragma once

#include <fanlight/detail/environment.hpp>
#include <fanlight/exporter.hpp>
#include <fanlight/exporters/rollbar_config.hpp>

FANLIGHT_BEGIN
namespace detail {

struct rollbar_settings {
  rollbar_config given;
  std::string url;
  bool off = false;
};

/// What the code alone has got wrong.
void check_rollbar(rollbar_config const& given, std::vector<problem>& wrong);
/// `final`: the environment has been read, and what is missing now stays missing. What forbids to make the exporter is added to `wrong`.
[[nodiscard]] rollbar_settings settle_rollbar(rollbar_config given, environment const& from, bool final, std::vector<problem>& wrong);
/// The address of items for what may have been given; empty: it is none.
[[nodiscard]] std::string rollbar_item_url(std::string given);

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/rollbar/settings.ipp>
#endif
