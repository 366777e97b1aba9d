#!/usr/bin/env python3
"""Checks that each C++ snippet of a page stands, line by line, in a file that is compiled: check.py PAGE.md FILE.cpp

Indentation counts within a snippet and not around it. Prints each snippet that is not there, and `N passed, M failed`.
"""
import re
import sys
import textwrap
from pathlib import Path


def lines_of(text):
    return textwrap.dedent(text).strip("\n").split("\n")


def stands_in(snippet, lines):
    for at in range(len(lines) - len(snippet) + 1):
        if lines_of("\n".join(lines[at:at + len(snippet)])) == snippet:
            return True
    return False


def main():
    page, source = (Path(name).read_text(encoding="utf8") for name in sys.argv[1:3])
    snippets = [lines_of(text) for text in re.findall(r"^```cpp\n(.*?)^```$", page, re.M | re.S)]
    lines = source.split("\n")
    missing = [snippet for snippet in snippets if not stands_in(snippet, lines)]
    for snippet in missing:
        print(f"{sys.argv[1]}: this is not in {sys.argv[2]}:\n" + textwrap.indent("\n".join(snippet), "    "))
    print(f"{len(snippets) - len(missing)} passed, {len(missing)} failed")
    return 0 if snippets and not missing else 1


if __name__ == "__main__":
    sys.exit(main())
