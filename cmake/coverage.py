#!/usr/bin/env python3
"""Prints which part of each header's lines the tests have reached: coverage.py BUILD-FOLDER [GCOV]. Run after the tests."""
import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main():
    build = Path(sys.argv[1]).resolve()
    gcov = sys.argv[2] if len(sys.argv) > 2 else "gcov"
    data = sorted(build.rglob("*.gcda"))
    if not data:
        sys.exit(f"coverage: no .gcda files under {build}; build the preset `coverage` and run its tests first")
    reached = defaultdict(lambda: defaultdict(bool))
    for start in range(0, len(data), 50):
        run = subprocess.run([gcov, "--json-format", "--stdout", *map(str, data[start:start + 50])], cwd=build,
                             capture_output=True, text=True, check=True)
        for document in filter(None, run.stdout.splitlines()):
            for file in json.loads(document)["files"]:
                path = (build / file["file"]).resolve()
                if ROOT / "include" not in path.parents:
                    continue
                lines = reached[str(path.relative_to(ROOT / "include"))]
                for line in file["lines"]:
                    lines[line["line_number"]] |= line["count"] > 0
    total = hit = 0
    for name in sorted(reached):
        lines = reached[name]
        total, hit = total + len(lines), hit + sum(lines.values())
        missed = [number for number in sorted(lines) if not lines[number]]
        print(f"{sum(lines.values()) * 100 // len(lines):4d} %  {name}" + (f"  not: {spans(missed)}" if missed else ""))
    print(f"{hit * 100 / max(total, 1):5.1f} %  of {total} lines")


def spans(numbers, most=8):
    """1,2,3,7 as 1-3 7, shortened."""
    groups = []
    for number in numbers:
        if groups and number == groups[-1][1] + 1:
            groups[-1][1] = number
        else:
            groups.append([number, number])
    words = [f"{first}-{last}" if last > first else str(first) for first, last in groups]
    return " ".join(words[:most]) + (" ..." if len(words) > most else "")


if __name__ == "__main__":
    main()
