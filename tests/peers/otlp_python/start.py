#!/usr/bin/env python3
"""opentelemetry-proto: installs it once, then reads a folder of recorded requests with it.

usage: tests/peers/otlp_python/start.py FOLDER     prints a JSON line for each span and log record in it
"""
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from kit import Failed, Missing, cached, must  # noqa: E402

HERE = Path(__file__).resolve().parent


def tools():
    if subprocess.run([sys.executable, "-c", "import venv, ensurepip"], capture_output=True, timeout=60).returncode:
        raise Missing("Python's venv: apt install python3-venv", "python3-venv")


def prepare():
    """The interpreter of an environment that has what requirements.txt says."""
    tools()

    def make(folder):
        must([sys.executable, "-m", "venv", "--clear", folder])
        must([folder / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:",
              "-r", HERE / "requirements.txt"], limit=900)

    return cached("otlp_python", [HERE / "requirements.txt", sys.version], make) / "bin/python"


def read(folder, output):
    with open(output, "wb") as lines:
        must([prepare(), HERE / "read.py", folder], output=lines)


if __name__ == "__main__":
    try:
        read(sys.argv[1], "/dev/stdout")
    except (Failed, Missing) as why:
        sys.exit(f"otlp_python: {why}")
