// Bodies of detail/detectors.hpp.
#pragma once

#include <fanlight/detail/detectors.hpp>

FANLIGHT_BEGIN
namespace detail {

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::size_t count_hex(std::string_view text) noexcept {
  std::size_t out = 0;
  while (out < text.size() && ((text[out] >= '0' && text[out] <= '9') || (text[out] >= 'a' && text[out] <= 'f'))) ++out;
  return out;
}

/// The last part of a control group's path: `<id>`, `docker-<id>.scope`, `cri-containerd-<id>.scope`, ECS's `<task>-<number>`.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string_view id_of_group(std::string_view path) noexcept {
  auto name = path.substr(path.find_last_of("/:") + 1);
  if (constexpr std::string_view scope = ".scope"; name.size() > scope.size() && name.substr(name.size() - scope.size()) == scope)
    name.remove_suffix(scope.size());
  if (count_hex(name) == 32 && name.size() > 33 && name[32] == '-' && name.find_first_not_of("0123456789", 33) == std::string_view::npos)
    return name;
  if (name.size() < 64) return {};
  if (name.size() > 64 && name[name.size() - 65] != '-') return {};
  name.remove_prefix(name.size() - 64);
  return count_hex(name) == 64 ? name : std::string_view{};
}

/// The 64 digits in a mount of the container's own files. A pod's `sandboxes/<id>` is not the container.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string_view id_of_mount(std::string_view line) noexcept {
  if (line.find("/hostname ") == std::string_view::npos || line.find("/sandboxes/") != std::string_view::npos) return {};
  for (auto slash = line.find('/'); slash != std::string_view::npos; slash = line.find('/', slash + 1)) {
    auto const part = line.substr(slash + 1);
    if (count_hex(part) == 64 && part.size() > 64 && part[64] == '/') return part.substr(0, 64);
  }
  return {};
}

FANLIGHT_COLD FANLIGHT_INLINE std::string container_id(std::string_view control_groups, std::string_view mounts) {
  auto const first_in = [](std::string_view text, std::string_view (*find)(std::string_view) noexcept) {
    while (!text.empty()) {
      auto const line = text.substr(0, text.find('\n'));
      if (auto const id = find(line); !id.empty()) return std::string{id};
      text.remove_prefix(line.size() < text.size() ? line.size() + 1 : text.size());
    }
    return std::string{};
  };
  auto out = first_in(control_groups, id_of_group);
  return out.empty() ? first_in(mounts, id_of_mount) : out;
}

FANLIGHT_COLD FANLIGHT_INLINE std::string_view architecture_name(std::string_view machine) noexcept {
  if (machine == "x86_64" || machine == "amd64") return "amd64";
  if (machine == "aarch64" || machine == "arm64") return "arm64";
  if (machine.substr(0, 3) == "arm") return "arm32";
  if (machine.size() == 4 && machine[0] == 'i' && machine.substr(2) == "86") return "x86";
  if (machine.substr(0, 5) == "ppc64") return "ppc64";
  return machine;
}

FANLIGHT_COLD FANLIGHT_INLINE object detected(process_facts const& facts) {
  object out;
  auto const set = [&out](std::string_view key, std::string_view text) {
    if (!text.empty()) out.set(key, text);
  };
  set("host.name", facts.host);
  set("host.id", facts.machine_id);
  set("host.arch", architecture_name(facts.architecture));
  set("os.type", facts.system);
  if (facts.pid != 0) out.set("process.pid", facts.pid);
  set("process.executable.name", facts.executable);
  set("process.command", facts.command);
  set("process.owner", facts.owner);
  set("container.id", container_id(facts.control_groups, facts.mounts));
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE resource assemble_resource(object const& stated, bool detect) {
  resource out;
  auto const over = [&out](object const& with) {
    for (auto const item : with.members()) out.attributes.set(item.key, item.value);
  };
  out.schema_url = "https://opentelemetry.io/schemas/1.44.0";  // whose names these are
  auto const executable = executable_name();
  out.attributes.set("service.name", executable.empty() ? "unknown_service" : "unknown_service:" + executable);
  out.attributes.set("telemetry.sdk.language", "cpp");
  out.attributes.set("telemetry.sdk.name", "fanlight");
  out.attributes.set("telemetry.sdk.version", FANLIGHT_VERSION_STRING);
  if (detect) {
    over(detected(read_process_facts()));
    unsigned char random[16];
    if (system_random(random)) out.attributes.set("service.instance.id", uuid_text(random));
  }
  over(stated);
  return out;
}

}  // namespace detail
FANLIGHT_END
