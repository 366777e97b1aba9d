#!/usr/bin/env python3
"""The version is spelled alike wherever it stands: CMake project, header, vcpkg port, Conan recipe, and a dated changelog."""
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def found(path, pattern):
    match = re.search(pattern, (ROOT / path).read_text(encoding="utf8"), re.M | re.S)
    return ".".join(match.groups()) if match else "not there"


def main():
    header = "include/fanlight/detail/config.hpp"
    numbers = r"FANLIGHT_VERSION_MAJOR (\d+).*FANLIGHT_VERSION_MINOR (\d+).*FANLIGHT_VERSION_PATCH (\d+)"
    project = found("CMakeLists.txt", r"project\(.*?VERSION (\d+\.\d+\.\d+)")
    places = {
        f"{header} (numbers)": found(header, numbers),
        f"{header} (text)": found(header, r'FANLIGHT_VERSION_STRING "([^"]+)"'),
        "packaging/conan/conanfile.py": found("packaging/conan/conanfile.py", r'^    version = "([^"]+)"'),
        "packaging/vcpkg/ports/fanlight/vcpkg.json":
            json.loads((ROOT / "packaging/vcpkg/ports/fanlight/vcpkg.json").read_text())["version"],
    }
    # Binaries of two minor versions must not be mixed: the inline namespace carries them.
    abi = "v" + "_".join(project.split(".")[:2])
    places[f"{header} (inline namespace {abi})"] = project if re.search(
        rf"FANLIGHT_ABI {abi}\b", (ROOT / header).read_text()) else "another one"
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", (ROOT / "CHANGELOG.md").read_text(), re.M)
    if released:
        newest = max(tuple(map(int, version.split("."))) for version in released)
        places["CHANGELOG.md (no release newer than the project)"] = project if newest <= tuple(
            map(int, project.split("."))) else ".".join(map(str, newest))
    wrong = {place: version for place, version in places.items() if version != project}
    for place, version in wrong.items():
        print(f"versions: CMakeLists.txt has {project}, {place} has {version}")
    print(f"{len(places) - len(wrong)} passed, {len(wrong)} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
