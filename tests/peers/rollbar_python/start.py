#!/usr/bin/env python3
"""pyrollbar, Rollbar's SDK for Python: installs it once, then has it tell the stories of tell.py to ENDPOINT, as in http://127.0.0.1:8080/api/1/

usage: tests/peers/rollbar_python/start.py ENDPOINT TOKEN
"""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from kit import Failed, Missing, installed_from, must, needs_venv  # noqa: E402

HERE = Path(__file__).resolve().parent
tools = needs_venv


def prepare():
    """The interpreter of an environment that has what requirements.txt says."""
    return installed_from("rollbar_python", HERE / "requirements.txt")


def tell(base, token, *stories):
    return must([prepare(), HERE / "tell.py", f"{base}/api/1/", token, *stories], limit=120)


if __name__ == "__main__":
    try:
        print(tell(sys.argv[1].removesuffix("/api/1/"), *sys.argv[2:]), end="")
    except (Failed, Missing) as why:
        sys.exit(f"rollbar_python: {why}")
