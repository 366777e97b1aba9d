#!/usr/bin/env python3
"""aws-xray-sdk, AWS's X-Ray SDK for Python: installs it once, then has it tell the acts of tell.py to the daemon that AWS_XRAY_DAEMON_ADDRESS
names.

usage: tests/peers/xray_python/start.py
"""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from kit import Failed, Missing, installed_from, must, needs_venv  # noqa: E402

HERE = Path(__file__).resolve().parent
tools = needs_venv


def prepare():
    return installed_from("xray_python", HERE / "requirements.txt")


def tell(environment=None):
    must([prepare(), HERE / "tell.py"], limit=120, env={"AWS_EC2_METADATA_DISABLED": "true", **(environment or {})})


if __name__ == "__main__":
    try:
        tell()
    except (Failed, Missing) as why:
        sys.exit(f"xray_python: {why}")
