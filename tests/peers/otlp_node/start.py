#!/usr/bin/env python3
"""@opentelemetry/otlp-transformer: installs it once, then reads a folder of recorded requests with it.

usage: tests/peers/otlp_node/start.py FOLDER     prints a JSON line for each span and log record in it
"""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from kit import Failed, Missing, installed_by_npm, must, needs_node  # noqa: E402

HERE = Path(__file__).resolve().parent
tools = needs_node


def prepare():
    """A folder with node_modules as package-lock.json says."""
    return installed_by_npm("otlp_node", HERE)


def read(folder, output):
    with open(output, "wb") as lines:
        must(["node", "--max-old-space-size=4096", HERE / "read.mjs", prepare(), folder], output=lines)


if __name__ == "__main__":
    try:
        read(sys.argv[1], "/dev/stdout")
    except (Failed, Missing) as why:
        sys.exit(f"otlp_node: {why}")
