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
from kit import Failed, Missing, cached, must  # noqa: E402

HERE = Path(__file__).resolve().parent
WEB = HERE.parent.parent.parent / "examples/cruddur/web"
OLDEST_NODE = 18


def chromium():
    for each in (os.environ.get("FANLIGHT_CHROMIUM"), shutil.which("chromium"), shutil.which("google-chrome")):
        if each and os.access(each, os.X_OK):
            return each
    return None


def tools():
    """Where npm and the browser are, and which version of Node. All that is missing is told at once."""
    node, npm, browser = shutil.which("node"), shutil.which("npm"), chromium()
    version = must([node, "--version"], limit=60).strip() if node else ""
    packages = [] if node and npm and int(version.lstrip("v").split(".")[0]) >= OLDEST_NODE else ["nodejs", "npm"]
    packages += [] if browser else ["chromium"]
    if packages:
        wanted = [words for words, there in ((f"Node {OLDEST_NODE} or newer, with npm", "npm" not in packages), ("Chromium", browser)) if not there]
        raise Missing(f"{' and '.join(wanted)}: apt install {' '.join(packages)} (FANLIGHT_CHROMIUM may name another browser of that kind)", *packages)
    return npm, version, browser


def modules(name, folder):
    """A folder with node_modules as the package-lock.json in this one says."""
    npm, version, _ = tools()
    files = [folder / each for each in ("package.json", "package-lock.json")]

    def make(into):
        for file in files:
            shutil.copy(file, into)
        must([npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], limit=900, cwd=into)

    return cached(name, [*files, version], make)


def prepare():
    """Both sets of modules, and the browser's version."""
    modules("cruddur_web", WEB)
    modules("browser", HERE)
    return Path(must([tools()[2], "--version"], limit=60).splitlines()[-1].split(" built")[0].strip())


def bundle(folder, api=""):
    """The page, made where its modules are: the tree stays as it is."""
    home = modules("cruddur_web", WEB)
    work = folder.with_name(folder.name + ".sources")
    shutil.copytree(WEB, work, ignore=shutil.ignore_patterns("node_modules", "dist"))
    (work / "node_modules").symlink_to(home / "node_modules")
    must(["node", work / "build.mjs", folder, *(["--api", api] if api else [])], limit=300)
    return folder


def drive(page, *steps, **more):
    """What drive.mjs says of these steps. `more` are its variables."""
    return json.loads(must(["node", HERE / "drive.mjs", modules("browser", HERE), tools()[2], page, *steps], limit=300, env=more).splitlines()[-1])


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
