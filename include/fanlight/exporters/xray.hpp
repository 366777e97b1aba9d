// AWS X-Ray: spans as segments and subsegments, to the X-Ray daemon (or a collector that plays it) over UDP or TCP, or straight to the
// service. The factory makes an inert value; nothing is opened before init(), which also answers from the environment what is left open
// here. The exporter is made by its lane's owner and belongs to it; it sends, and calls the functions given here, on its lane's thread.
// "Delivered" means: over UDP, that the kernel has taken it, and no more; otherwise, that X-Ray has acknowledged it.
#pragma once

#include <fanlight/exporter.hpp>
#include <fanlight/exporters/xray_config.hpp>

#include <chrono>
#include <string>
#include <vector>

FANLIGHT_BEGIN

[[nodiscard]] exporter_spec xray(xray_config given = {});

/// Sends one segment as the exporter would, and says in words what each hop on the way came to: the variables, the name, UDP, TCP, the
/// daemon's answer, the service's. Blocks for at most `limit`; for the people who set things up.
struct xray_report {
  bool arrived = false;              // acknowledged, or, over UDP, given to the kernel and not refused
  std::vector<std::string> hops = {};
  [[nodiscard]] std::string text() const;  // one hop a line
};
[[nodiscard]] xray_report xray_check(xray_config given = {}, std::chrono::milliseconds limit = std::chrono::seconds{5});

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/xray/exporter.ipp>
#include <fanlight/impl/xray/check.ipp>
#endif
