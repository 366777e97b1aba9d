// Who we are when nobody says so: the attributes that are found out about host, process, container and this very instance. Made when a
// pipeline is set up, and anew in a child after fork. Pure but for assemble_resource(), which asks the machine; a miss is no error.
#pragma once

#include <fanlight/detail/process_facts.hpp>
#include <fanlight/resource.hpp>

FANLIGHT_BEGIN
namespace detail {

/// 64 hexadecimal digits (or ECS's 32 and a number) from /proc/self/cgroup, or from /proc/self/mountinfo where control groups are of
/// version 2; empty outside of a container.
[[nodiscard]] std::string container_id(std::string_view control_groups, std::string_view mounts);
/// OpenTelemetry's word: amd64, arm64.
[[nodiscard]] std::string_view architecture_name(std::string_view machine) noexcept;

/// What the facts say in the words of the semantic conventions.
[[nodiscard]] object detected(process_facts const& facts);

/// The whole of it: the SDK's own attributes, what is detected when asked, and over that what was stated in code or environment. To be
/// called again in a child after fork, which has another pid and is another instance.
[[nodiscard]] resource assemble_resource(object const& stated, bool detect);

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/detectors.ipp>
#endif
