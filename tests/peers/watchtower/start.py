#!/usr/bin/env python3
"""watchtower, which sends Python's logging to CloudWatch Logs: installs it once, then has it tell an act of tell.py to the address that
AWS_ENDPOINT_URL names.

usage: tests/peers/watchtower/start.py GROUP ACT [COUNT]
"""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from kit import Failed, Missing, installed_from, must, needs_venv  # noqa: E402

HERE = Path(__file__).resolve().parent
tools = needs_venv


def prepare():
    return installed_from("watchtower", HERE / "requirements.txt")


def line(*words):
    """What starts it."""
    return [prepare(), HERE / "tell.py", *words]


if __name__ == "__main__":
    try:
        print(must(line(*sys.argv[1:])), end="")
    except (Failed, Missing) as why:
        sys.exit(f"watchtower: {why}")
