#!/usr/bin/env python3
"""Compiles each header alone: it includes what it needs and warns about nothing.

usage: check_headers.py [-j N] COMPILER[:STANDARD]...      for instance  check_headers.py g++ clang++-14 g++:c++23

The first compiler tries every header, as C++20. The others try those that users include, and whatever these bring along; with a standard,
only those that gather all others. Headers under with/ are adapters for what users hold; they are tried where the library they adapt is
installed.
Prints each failure with the compiler's words and a last line `N passed, M failed`.
"""
import argparse
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FLAGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror", "-fsyntax-only", "-x", "c++"]


def headers(of_users_alone):
    include = ROOT / "include"
    for path in sorted((include / "fanlight").rglob("*.hpp")):
        name = str(path.relative_to(include))
        inner = name.startswith(("fanlight/impl/", "fanlight/detail/"))
        if name != "fanlight/impl/src.hpp" and not (inner and of_users_alone):
            yield name


GATHERING = ["fanlight/fanlight.hpp", "fanlight/testing.hpp", "fanlight/trace.hpp"]


def adapter_is_possible(compiler, name):
    """An adapter can only be compiled where every foreign header that it includes is installed."""
    if "/with/" not in name:
        return True
    text = (ROOT / "include" / name).read_text(encoding="utf8")
    foreign = re.findall(r"^#include <((?!fanlight/)[^>]+\.h(?:pp)?)>", text, re.M)
    source = "".join(f"#if !__has_include(<{h}>)\n#error\n#endif\n" for h in foreign)
    return subprocess.run([compiler, "-E", "-x", "c++", "-"], input=source.encode(), capture_output=True).returncode == 0


def compile_alone(job):
    compiler, standard, name, definitions = job
    # Twice: a header without its guard would fail here.
    source = f"#include <{name}>\n#include <{name}>\nint main() {{}}\n"
    command = [compiler, f"-std={standard}", *FLAGS, *definitions, f"-I{ROOT / 'include'}", "-"]
    run = subprocess.run(command, input=source, capture_output=True, text=True)
    return job, run.returncode, run.stderr


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("-j", type=int, default=2)
    arguments.add_argument("compilers", nargs="+")
    options = arguments.parse_args()
    jobs = []
    for compiler, _, standard in (c.partition(":") for c in options.compilers):
        names = GATHERING if standard else headers(of_users_alone=bool(jobs))
        standard = standard or "c++20"
        for name in names:
            if adapter_is_possible(compiler, name):
                jobs.append((compiler, standard, name, []))
        jobs.append((compiler, standard, "fanlight/fanlight.hpp", ["-DFANLIGHT_COMPILED"]))
        jobs.append((compiler, standard, "fanlight/trace.hpp", ["-DFANLIGHT_COMPILED"]))
    failed = 0
    with ThreadPoolExecutor(options.j) as pool:
        for (compiler, standard, name, definitions), code, words in pool.map(compile_alone, jobs):
            if code:
                failed += 1
                print(f"headers: {name} alone, {compiler} -std={standard} {' '.join(definitions)}: FAILED\n{words}")
    print(f"{len(jobs) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
