// What the machine says about this process: plain facts, empty or 0 where it says nothing. The one file of bodies that asks the platform
// is impl/process_facts.ipp. A value; read when a pipeline is set up and again in a child after fork, by whichever thread does that. No
// name service, no lock that a fork could leave held, no descriptor that an exec would inherit.
#pragma once

#include <fanlight/detail/config.hpp>

#include <cstdint>
#include <string>
#include <string_view>

FANLIGHT_BEGIN
namespace detail {

struct process_facts {
  std::int64_t pid = 0;
  std::string executable;    // the file's name, without folders
  std::string command;       // as the program was called, without its arguments
  std::string owner;         // the effective user's name
  std::string host;
  std::string machine_id;
  std::string architecture;  // the platform's word: x86_64, aarch64
  std::string system;        // linux, darwin
  std::string control_groups;  // /proc/self/cgroup
  std::string mounts;          // /proc/self/mountinfo
};

[[nodiscard]] process_facts read_process_facts();
/// The name of the running program's file alone.
[[nodiscard]] std::string executable_name();
/// Sixteen bytes from the system's generator; false when there were none.
[[nodiscard]] bool system_random(unsigned char (&to)[16]) noexcept;
/// A random UUID, version 4, of these bytes; and one of the system's.
[[nodiscard]] std::string uuid_text(unsigned char const (&random)[16]);
[[nodiscard]] std::string random_uuid();
/// The user's name in the text of /etc/passwd.
[[nodiscard]] std::string user_name(std::string_view passwd, std::uint32_t user_id);

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/process_facts.ipp>
#endif
