#!/usr/bin/env python3
"""A real browser: Debian's Chromium, headless, driven by playwright-core; and the page of examples/cruddur, bundled.

usage: tests/peers/browser/start.py PAGE [STEP]...     does the steps on the page at that address, prints what came of them as JSON
       tests/peers/browser/start.py --bundle FOLDER    makes the page there
"""
import json
import os
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from kit import Failed, Missing, installed_by_npm, must, needs_all, needs_node  # noqa: E402

HERE = Path(__file__).resolve().parent
WEB = HERE.parent.parent.parent / "examples/cruddur/web"


def chromium():
    for each in (os.environ.get("FANLIGHT_CHROMIUM"), shutil.which("chromium"), shutil.which("google-chrome")):
        if each and os.access(each, os.X_OK):
            return each
    raise Missing("Chromium: apt install chromium (FANLIGHT_CHROMIUM may name another browser of that kind)", "chromium")


def tools():
    return needs_all(needs_node, chromium)


def prepare():
    """Both sets of modules, and the browser's version."""
    tools()
    installed_by_npm("cruddur_web", WEB)
    installed_by_npm("browser", HERE)
    return Path(must([chromium(), "--version"], limit=60).splitlines()[-1].split(" built")[0].strip())


def bundle(folder, api=""):
    """The page, made where its modules are: the tree stays as it is."""
    home = installed_by_npm("cruddur_web", WEB)
    work = folder.with_name(folder.name + ".sources")
    shutil.copytree(WEB, work, ignore=shutil.ignore_patterns("node_modules", "dist"))
    (work / "node_modules").symlink_to(home / "node_modules")
    must(["node", work / "build.mjs", folder, *(["--api", api] if api else [])], limit=300)
    return folder


def drive(page, *steps, **more):
    """What drive.mjs says of these steps. `more` are its variables."""
    return json.loads(must(["node", HERE / "drive.mjs", installed_by_npm("browser", HERE), chromium(), page, *steps], limit=300, env=more).splitlines()[-1])


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    try:
        if sys.argv[1] == "--bundle":
            bundle(Path(sys.argv[2]).resolve())
        else:
            print(json.dumps(drive(*sys.argv[1:]), indent=1))
    except (Failed, Missing) as why:
        sys.exit(f"browser: {why}")


if __name__ == "__main__":
    main()
