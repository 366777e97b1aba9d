#!/usr/bin/env python3
"""Proves the ways in: builds small programs outside the tree, each as a user would, and runs them.

usage: tests/build/run.py [-j N] [--keep] [--list] [NAME...]     NAME: a case, or the beginning of its name

Everything happens in a temporary folder, which goes when all is well. Prints a line for each case and a last line
`N passed, M failed, K skipped`; a case is skipped only where the compiler it is about is not installed.
"""
import argparse
import shutil
import sys
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import cases  # noqa: E402
from kit import Failed, Kit, Skipped  # noqa: E402


def run_case(kit, name, function):
    begun = time.monotonic()
    try:
        function(kit.at(name))
        state, words = "ok", ""
    except Skipped as why:
        state, words = "skipped", str(why)
    except Failed as why:
        state, words = "FAILED", str(why)
    except Exception:  # a mistake in the case itself is a failure of the case
        state, words = "FAILED", traceback.format_exc()
    print(f"build: {name}: {state} ({time.monotonic() - begun:.1f} s)" + (f"\n{words}" if words else ""), flush=True)
    return state


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("-j", type=int, default=2, help="cases at a time")
    arguments.add_argument("--keep", action="store_true", help="leave the temporary folder and say where it is")
    arguments.add_argument("--list", action="store_true", help="name the cases and stop")
    arguments.add_argument("names", nargs="*")
    options = arguments.parse_args()
    chosen = {name: function for name, function in cases.ALL.items()
              if not options.names or any(name.startswith(wanted) for wanted in options.names)}
    if options.list:
        print("\n".join(chosen))
        return 0
    if not chosen:
        sys.exit(f"build: no case is called {' '.join(options.names)}")

    folder = Path(tempfile.mkdtemp(prefix="fanlight-build-"))
    kit = Kit(folder)
    with ThreadPoolExecutor(options.j) as pool:
        states = list(pool.map(lambda item: run_case(kit, *item), chosen.items()))
    failed = states.count("FAILED")
    if failed or options.keep:
        print(f"build: what was made is in {folder}")
    if not failed and not options.keep:
        shutil.rmtree(folder)
    print(f"{states.count('ok')} passed, {failed} failed, {states.count('skipped')} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
