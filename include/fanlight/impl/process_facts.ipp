// Bodies of detail/process_facts.hpp, and the only file that asks the platform who we are. Linux; where a file of /proc is missing its
// facts are.
#pragma once

#include <fanlight/detail/process_facts.hpp>

#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>
#if defined(__APPLE__)
#include <sys/random.h>
#endif

FANLIGHT_BEGIN
namespace detail {

/// The beginning of a small file, or nothing.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string read_small_file(char const* path, std::size_t most) {
  std::string out;
  int const file = ::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return out;
  char part[4096];
  while (out.size() < most) {
    auto const size = ::read(file, part, sizeof part);
    if (size <= 0) break;
    out.append(part, static_cast<std::size_t>(size));
  }
  ::close(file);
  if (out.size() > most) out.resize(most);
  return out;
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string first_line(std::string text) {
  auto const end = text.find_first_of("\r\n");
  if (end != std::string::npos) text.resize(end);
  return text;
}

FANLIGHT_COLD FANLIGHT_INLINE std::string executable_name() {
  char path[4096];
  auto const size = ::readlink("/proc/self/exe", path, sizeof path);
  if (size <= 0) return first_line(read_small_file("/proc/self/comm", 64));
  std::string_view name{path, static_cast<std::size_t>(size)};
  constexpr std::string_view mark = " (deleted)";  // the kernel's, when the file was replaced while it runs
  if (name.size() > mark.size() && name.substr(name.size() - mark.size()) == mark) name.remove_suffix(mark.size());
  auto const slash = name.find_last_of('/');
  return std::string{slash == std::string_view::npos ? name : name.substr(slash + 1)};
}

FANLIGHT_COLD FANLIGHT_INLINE std::string user_name(std::string_view passwd, std::uint32_t user_id) {
  std::string const wanted = std::to_string(user_id);
  while (!passwd.empty()) {
    auto const line = passwd.substr(0, passwd.find('\n'));
    passwd.remove_prefix(line.size() < passwd.size() ? line.size() + 1 : passwd.size());
    auto const first = line.find(':');
    auto const second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    auto const id = line.substr(second + 1, line.find(':', second + 1) - second - 1);
    if (id == wanted) return std::string{line.substr(0, first)};
  }
  return {};
}

FANLIGHT_COLD FANLIGHT_INLINE bool system_random(unsigned char (&to)[16]) noexcept { return ::getentropy(to, sizeof to) == 0; }

FANLIGHT_COLD FANLIGHT_INLINE std::string uuid_text(unsigned char const (&random)[16]) {
  std::string out;
  for (unsigned i = 0; i < 16; ++i) {
    unsigned byte = random[i];
    if (i == 6) byte = (byte & 0x0F) | 0x40;  // version 4
    if (i == 8) byte = (byte & 0x3F) | 0x80;  // RFC 9562's variant
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE std::string random_uuid() {
  unsigned char random[16]{};
  static_cast<void>(system_random(random));
  return uuid_text(random);
}

FANLIGHT_COLD FANLIGHT_INLINE process_facts read_process_facts() {
  process_facts out;
  out.pid = ::getpid();
  out.executable = executable_name();
  auto const command = read_small_file("/proc/self/cmdline", 4096);
  out.command = command.substr(0, command.find('\0'));
  // /etc/passwd itself and not getpwuid: that may ask the network, and takes locks that a fork leaves held in the child.
  out.owner = user_name(read_small_file("/etc/passwd", 1 << 20), ::geteuid());
  char name[256] = {};
  if (::gethostname(name, sizeof name - 1) == 0) out.host = name;
  out.machine_id = first_line(read_small_file("/etc/machine-id", 256));
  utsname machine;
  if (::uname(&machine) == 0) out.architecture = machine.machine;
#if defined(__APPLE__)
  out.system = "darwin";
#else
  out.system = "linux";
#endif
  out.control_groups = read_small_file("/proc/self/cgroup", 1 << 16);
  out.mounts = read_small_file("/proc/self/mountinfo", 1 << 20);
  return out;
}

}  // namespace detail
FANLIGHT_END
