#!/usr/bin/env python3
"""@opentelemetry/otlp-transformer: installs it once, then reads a folder of recorded requests with it.

usage: tests/peers/otlp_node/start.py FOLDER     prints a JSON line for each span and log record in it
"""
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from kit import Failed, Missing, cached, must  # noqa: E402

HERE = Path(__file__).resolve().parent
OLDEST_NODE = 18


def tools():
    """Where npm is, and which version of Node."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        raise Missing(f"{'npm' if node else 'Node'}: apt install nodejs npm", "nodejs", "npm")
    version = must([node, "--version"], limit=60).strip()
    if int(version.lstrip("v").split(".")[0]) < OLDEST_NODE:
        raise Missing(f"Node {OLDEST_NODE} or newer, not {version}: apt install nodejs npm where the distribution has it", "nodejs", "npm")
    return npm, version


def prepare():
    """A folder with node_modules as package-lock.json says."""
    npm, version = tools()
    files = [HERE / name for name in ("package.json", "package-lock.json")]

    def make(folder):
        for file in files:
            shutil.copy(file, folder)
        must([npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], limit=900, cwd=folder)

    return cached("otlp_node", [*files, version], make)


def read(folder, output):
    with open(output, "wb") as lines:
        must(["node", "--max-old-space-size=4096", HERE / "read.mjs", prepare(), folder], output=lines)


if __name__ == "__main__":
    try:
        read(sys.argv[1], "/dev/stdout")
    except (Failed, Missing) as why:
        sys.exit(f"otlp_node: {why}")
