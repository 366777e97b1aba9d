// What is found out about process, host and container, and what it is called.
#include <fanlight/detail/detectors.hpp>

#include <unistd.h>

#include <sys/wait.h>
#include <set>

#include "catch.hpp"

using namespace fanlight;
using namespace fanlight::detail;

namespace {

std::string const id64 = "3d9f0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7";

[[nodiscard]] bool is_uuid4(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    bool const dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash != (text[i] == '-')) return false;
    if (!dash && std::string_view{"0123456789abcdef"}.find(text[i]) == std::string_view::npos) return false;
  }
  return text[14] == '4' && std::string_view{"89ab"}.find(text[19]) != std::string_view::npos;
}

}  // namespace

TEST_CASE("container ids are found in control groups") {
  auto const in = [](std::string const& line) { return container_id("11:cpu:/\n" + line + "\n0::/\n", ""); };
  CHECK(in("10:memory:/docker/" + id64) == id64);
  CHECK(in("1:name=systemd:/kubepods/besteffort/pod8a/" + id64) == id64);
  CHECK(in("0::/system.slice/docker-" + id64 + ".scope") == id64);
  CHECK(in("0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-" + id64 + ".scope") == id64);
  CHECK(in("5:cpuset:/kubepods/pod1:cri-containerd:" + id64) == id64);
  CHECK(in("9:perf_event:/ecs/55091c13-b8cf-4801-b527-f4601742204d/0123456789abcdef0123456789abcdef-2574839563") ==
        "0123456789abcdef0123456789abcdef-2574839563");
  CHECK(in("0::/user.slice/user-1000.slice/session-2.scope").empty());
  CHECK(in("0::/x" + id64).empty());
  CHECK(in("0::/docker/" + id64.substr(1)).empty());
  CHECK(in("0::/docker/G" + id64.substr(1)).empty());
  CHECK(container_id("", "").empty());
}

TEST_CASE("container ids are found in mounts where control groups tell nothing") {
  std::string const docker = "733 727 254:1 /var/lib/docker/containers/" + id64 + "/hostname /etc/hostname rw,relatime - ext4 /dev/vda1 rw";
  std::string const podman =
      "9 8 0:1 /containers/storage/overlay-containers/" + id64 + "/userdata/hostname /etc/hostname rw - tmpfs tmpfs rw";
  std::string const sandbox =
      "5 4 8:1 /var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/" + id64 + "/hostname /etc/hostname rw - ext4";
  std::string const other = "6 4 8:1 /var/lib/docker/volumes/" + id64 + "/_data /data rw - ext4 /dev/vda1 rw";
  CHECK(container_id("0::/\n", "1 0 0:5 / / rw - overlay overlay rw\n" + docker) == id64);
  CHECK(container_id("0::/\n", podman + "\n") == id64);
  CHECK(container_id("0::/\n", sandbox + "\n" + other + "\n").empty());
}

TEST_CASE("machines have OpenTelemetry's names") {
  CHECK(architecture_name("x86_64") == "amd64");
  CHECK(architecture_name("aarch64") == "arm64");
  CHECK(architecture_name("armv7l") == "arm32");
  CHECK(architecture_name("i686") == "x86");
  CHECK(architecture_name("ppc64le") == "ppc64");
  CHECK(architecture_name("riscv64") == "riscv64");
}

TEST_CASE("a UUID has its version and variant whatever the bytes") {
  unsigned char zeros[16] = {}, ones[16];
  for (auto& byte : ones) byte = 0xFF;
  CHECK(uuid_text(zeros) == "00000000-0000-4000-8000-000000000000");
  CHECK(uuid_text(ones) == "ffffffff-ffff-4fff-bfff-ffffffffffff");
}

TEST_CASE("the owner is looked up in the text of passwd") {
  std::string_view const passwd = "root:x:0:0:root:/root:/bin/bash\nbroken line\nshort:x\nanna:x:1000:100:A:/home/anna:/bin/sh\nlast:x:7";
  CHECK(user_name(passwd, 0) == "root");
  CHECK(user_name(passwd, 1000) == "anna");
  CHECK(user_name(passwd, 100).empty());
  CHECK(user_name(passwd, 7) == "last");
  CHECK(user_name("", 0).empty());
}

TEST_CASE("facts that are missing make no attributes") {
  CHECK(detected({}).empty());
  process_facts facts;
  facts.pid = 42;
  facts.executable = "shop";
  facts.architecture = "x86_64";
  auto const out = detected(facts);
  CHECK(out.get("process.pid").as_int64() == 42);
  CHECK(out.get("process.executable.name").as_text() == "shop");
  CHECK(out.get("host.arch").as_text() == "amd64");
  CHECK_FALSE(out.contains("host.name"));
  CHECK_FALSE(out.contains("container.id"));
}

TEST_CASE("this process is described") {
  auto const facts = read_process_facts();
  CHECK(facts.pid == ::getpid());
  CHECK(facts.executable == executable_name());
  CHECK_FALSE(facts.executable.empty());
  CHECK(facts.executable.find('/') == std::string::npos);
  CHECK_FALSE(facts.command.empty());
  CHECK_FALSE(facts.host.empty());
  CHECK_FALSE(facts.system.empty());
  char host[256] = {};
  REQUIRE(::gethostname(host, sizeof host - 1) == 0);
  CHECK(facts.host == host);
}

TEST_CASE("reading the facts leaves no descriptor behind") {
  int const before = ::dup(0);
  REQUIRE(before >= 0);
  ::close(before);
  static_cast<void>(read_process_facts());
  int const after = ::dup(0);
  ::close(after);
  CHECK(after == before);
}

TEST_CASE("a resource names service and SDK even when nobody says anything") {
  auto const plain = assemble_resource({}, false);
  CHECK(plain.get("service.name") == "unknown_service:" + executable_name());
  CHECK(plain.get("telemetry.sdk.language") == "cpp");
  CHECK(plain.get("telemetry.sdk.name") == "fanlight");
  CHECK(plain.get("telemetry.sdk.version") == FANLIGHT_VERSION_STRING);
  CHECK_FALSE(plain.attributes.contains("process.pid"));
  CHECK_FALSE(plain.attributes.contains("service.instance.id"));
}

TEST_CASE("what is stated beats what is detected, even when it is empty") {
  auto const out = assemble_resource({{"host.name", "elsewhere"}, {"process.command", ""}, {"service.name", "shop"}}, true);
  CHECK(out.get("host.name") == "elsewhere");
  CHECK(out.attributes.contains("process.command"));
  CHECK(out.get("process.command").empty());
  CHECK(out.get("service.name") == "shop");
  CHECK(out.attributes.get("process.pid").as_int64() == ::getpid());
}

TEST_CASE("every assembly is another instance, unless one is stated") {
  std::set<std::string> seen;
  for (int i = 0; i < 20; ++i) {
    auto const id = std::string{assemble_resource({}, true).get("service.instance.id")};
    CHECK(is_uuid4(id));
    seen.insert(id);
  }
  CHECK(seen.size() == 20);
  CHECK(assemble_resource({{"service.instance.id", "one"}}, true).get("service.instance.id") == "one");
}

TEST_CASE("a child after fork is described anew") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  auto const child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    auto const pid = assemble_resource({{"service.name", "shop"}}, true).attributes.get("process.pid").as_int64();
    ::_exit(::write(ends[1], &pid, sizeof pid) == sizeof pid ? 0 : 1);
  }
  std::int64_t pid = 0;
  CHECK(::read(ends[0], &pid, sizeof pid) == sizeof pid);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  ::close(ends[0]), ::close(ends[1]);
  CHECK(status == 0);
  CHECK(pid == child);
}
