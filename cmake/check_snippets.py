#!/usr/bin/env python3
"""Checks that code in the docs is code that is compiled: a block of C++ behind a line `<!-- from PATH -->` stands in that file, word for word.

Indentation aside; a line `…` leaves out what stands between. Pages named in COMPLETE have no other blocks of C++.
Prints each breach and a last line `N passed, M failed`.
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMPLETE = {"docs/async.md", "docs/http.md"}
BLOCK = re.compile(r"(?:^<!-- from (?P<path>\S+) -->\n)?^```cpp\n(?P<code>.*?)^```$", re.M | re.S)


def plain(text):
    return [line.strip() for line in text.splitlines() if line.strip()]


def breach(page, path, code):
    """What is wrong with one block, or None."""
    if path is None:
        return "is from no file: put `<!-- from PATH -->` in front of it" if page in COMPLETE else None
    if not (ROOT / path).is_file():
        return f"is from {path}, which is not there"
    lines, at = plain((ROOT / path).read_text(encoding="utf8")), 0
    for part in re.split(r"^\s*…\s*$", code, flags=re.M):
        wanted = plain(part)
        places = (i for i in range(at, len(lines) - len(wanted) + 1) if lines[i:i + len(wanted)] == wanted)
        at = next(places, None)
        if at is None:
            missing = next((line for line in wanted if line not in lines), wanted[0])
            return f"is not in {path}, at least not in this order: {missing}"
        at += len(wanted)
    return None


def main():
    passed = failed = 0
    for file in sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md"]):
        page, text = str(file.relative_to(ROOT)), file.read_text(encoding="utf8")
        for block in BLOCK.finditer(text):
            wrong = breach(page, block["path"], block["code"])
            if wrong:
                failed += 1
                print(f"snippets: {page}:{text.count(chr(10), 0, block.start('code'))}: {wrong}")
            elif block["path"]:
                passed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
