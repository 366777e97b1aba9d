#!/usr/bin/env python3
"""opentelemetry-proto: installs it once, then reads a folder of recorded requests with it.

usage: tests/peers/otlp_python/start.py FOLDER     prints a JSON line for each span and log record in it
"""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from kit import Failed, Missing, installed_from, must, needs_venv  # noqa: E402

HERE = Path(__file__).resolve().parent
tools = needs_venv


def prepare():
    """The interpreter of an environment that has what requirements.txt says."""
    return installed_from("otlp_python", HERE / "requirements.txt")


def read(folder, output):
    with open(output, "wb") as lines:
        must([prepare(), HERE / "read.py", folder], output=lines)


if __name__ == "__main__":
    try:
        read(sys.argv[1], "/dev/stdout")
    except (Failed, Missing) as why:
        sys.exit(f"otlp_python: {why}")
