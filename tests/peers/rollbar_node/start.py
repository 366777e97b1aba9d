#!/usr/bin/env python3
"""rollbar.js, Rollbar's SDK for JavaScript: installs it once, then has it tell the stories of tell.mjs to BASE, as in http://127.0.0.1:8080

usage: tests/peers/rollbar_node/start.py BASE TOKEN
"""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from kit import Failed, Missing, installed_by_npm, must, needs_node  # noqa: E402

HERE = Path(__file__).resolve().parent
tools = needs_node


def prepare():
    """A folder with node_modules as package-lock.json says."""
    return installed_by_npm("rollbar_node", HERE)


def tell(base, token, *stories):
    return must(["node", HERE / "tell.mjs", prepare(), f"{base}/api/1/item/", token, *stories], limit=120)


if __name__ == "__main__":
    try:
        print(tell(*sys.argv[1:]), end="")
    except (Failed, Missing) as why:
        sys.exit(f"rollbar_node: {why}")
