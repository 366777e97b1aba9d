#!/usr/bin/env python3
"""Real peers: other people's programs read what fanlight sends. scripts/test --peers builds the programs and runs this.

usage: tests/peers/run.py --programs FOLDER [--only SUITE]... [--seed N] [--keep]
       tests/peers/run.py --list | --packages

--programs: where otlp_story and its like were built. --packages prints what apt might bring that some peer lacks here.
A peer that is missing is skipped, with what would bring it; with CI=true that is a failure. What is for the hand alone is skipped there too. Prints a table, and a last line
`N passed, M failed, K skipped`.
"""
import argparse
import contextlib
import gc
import os
import shutil
import sys
import tempfile
import time
import traceback
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1] / "support")]
import cloudwatch_suites  # noqa: E402
import demo_suite  # noqa: E402
import otlp_suites  # noqa: E402
import outage_suite  # noqa: E402
import rollbar_suites  # noqa: E402
import watchtower_suite  # noqa: E402
import xray_daemon_suite  # noqa: E402
import xray_suites  # noqa: E402
from kit import Failed, Missing, Skipped  # noqa: E402

# Name, what must be there, what it is, its cases.
SUITES = [
    ("collector", otlp_suites.collector, "the OpenTelemetry Collector receives traces and logs", otlp_suites.COLLECTOR),
    ("otlp_python", otlp_suites.otlp_python, "opentelemetry-proto reads what was sent, and files",
     [*otlp_suites.reader_cases(otlp_suites.otlp_python), ("files", otlp_suites.file_case)]),
    ("otlp_node", otlp_suites.otlp_node, "@opentelemetry/otlp-transformer reads what was sent", otlp_suites.reader_cases(otlp_suites.otlp_node)),
    ("outage", otlp_suites.collector, "the Collector is stopped and started again", [("stopped and started again", outage_suite.outage)]),
    ("moto", xray_suites.moto, "moto takes X-Ray's documents, checks their signatures, and gives them back to botocore", xray_suites.MOTO),
    ("aws_signature", xray_suites.aws_signature, "botocore signs the same requests", xray_suites.SIGNATURE),
    ("cloudwatch", cloudwatch_suites.moto, "moto takes log lines, and botocore reads them back", cloudwatch_suites.MOTO),
    ("watchtower", watchtower_suite.watchtower, "watchtower tells the same story to the same moto", watchtower_suite.WATCHTOWER),
    ("xray_python", xray_suites.xray_python, "aws-xray-sdk tells the same story", xray_suites.XRAY_PYTHON),
    ("rollbar_python", rollbar_suites.rollbar_python, "pyrollbar tells the same stories, and takes the same answers", rollbar_suites.PYTHON),
    ("rollbar_node", rollbar_suites.rollbar_node, "rollbar.js tells the same stories, and takes the same answers", rollbar_suites.NODE),
    ("browser", demo_suite.browser, "a page in Chromium and the example server make one trace", demo_suite.BROWSER),
    ("demo", demo_suite.whole_demo, "browser, curl, and all four back ends at once: one id everywhere", demo_suite.DEMO),
    ("xray_daemon", xray_daemon_suite.xray_daemon, "by hand: the real X-Ray daemon, where FANLIGHT_XRAY_DAEMON names it", xray_daemon_suite.XRAY_DAEMON),
]


class Kit:
    """What cases share: where the programs are, a folder to work in, and what was made once for several of them."""

    def __init__(self, programs, folder, seed):
        self.programs, self.root, self.seed, self.made, self.last = Path(programs), folder, seed, {}, {}
        self.running = contextlib.ExitStack()

    def until_end(self, process):
        """For a server that several cases share."""
        return self.running.enter_context(process)

    def folder(self, name):
        made = self.root / name
        made.mkdir()
        return made

    def latest(self, key, make):
        """As once(), for what is too large to keep: only the latest is."""
        if key not in self.last:
            self.last.clear()
            self.last[key] = make()
        return self.last[key]

    def once(self, key, make):
        if key not in self.made:
            try:
                self.made[key] = make(), None
            except (Failed, Missing, Skipped) as why:
                self.made[key] = None, why
        result, why = self.made[key]
        if why is not None:
            raise why
        return result


def run_suite(kit, suite, peer, cases):
    """The peer first, once: without it there is one line that says so."""
    ready = run_case(kit, suite, "the peer itself", lambda _: f"is {peer.prepare().name}")
    return [ready] if ready[2] != "ok" else [run_case(kit, suite, name, case) for name, case in cases]


def run_case(kit, suite, name, case):
    begun = time.monotonic()
    try:
        state, words = "ok", case(kit)
    except Missing as why:
        state, words = ("FAILED" if os.environ.get("CI") == "true" else "skipped"), f"needs {why}"
    except Skipped as why:
        state, words = "skipped", str(why)
    except Failed as why:
        state, words = "FAILED", str(why)
    except Exception:  # a mistake in the case itself, or an answer nobody can read, is a failure of the case
        state, words = "FAILED", traceback.format_exc()
    took = time.monotonic() - begun
    print(f"peers: {suite}: {name}: {state} ({took:.1f} s) {words}", flush=True)
    return suite, name, state, took, words.splitlines()[0] if state != "FAILED" else ""


def table(rows):
    print("\n==== peers")
    for suite, name, state, took, words in rows:
        print(f"{suite:14} {name:28} {state:8} {took:6.1f} s  {words}")


def packages():
    for _, peer, _, _ in SUITES:
        try:
            peer.tools()
        except Missing as why:
            print("\n".join(why.packages))
        except (Failed, Skipped):
            pass  # no package brings that


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--programs", type=Path)
    arguments.add_argument("--only", action="append", default=[], choices=[name for name, *_ in SUITES])
    arguments.add_argument("--seed", type=int, default=int(time.time()), help="of the random records; a new one each time")
    arguments.add_argument("--keep", action="store_true", help="leave the working folder and say where it is")
    arguments.add_argument("--list", action="store_true", help="name the suites and stop")
    arguments.add_argument("--packages", action="store_true")
    options = arguments.parse_args()
    if options.list:
        print("\n".join(f"{name:14} {words}" for name, _, words, _ in SUITES))
        return 0
    if options.packages:
        return packages()
    if not options.programs:
        arguments.error("--programs says where the programs are")

    gc.disable()  # what cases read is large and has no cycles; looking for some takes most of the time
    folder = Path(tempfile.mkdtemp(prefix="fanlight-peers-"))
    kit = Kit(options.programs.resolve(), folder, options.seed)
    print(f"peers: seed {options.seed}", flush=True)
    chosen = [suite for suite in SUITES if not options.only or suite[0] in options.only]
    with kit.running:
        rows = [row for name, peer, _, cases in chosen for row in run_suite(kit, name, peer, cases)]
    table(rows)
    states = [state for _, _, state, _, _ in rows]
    if options.keep or "FAILED" in states:
        print(f"peers: everything is in {folder}; run again with --seed {options.seed}")
    else:
        shutil.rmtree(folder)
    print(f"{states.count('ok')} passed, {states.count('FAILED')} failed, {states.count('skipped')} skipped")
    return 1 if "FAILED" in states else 0


if __name__ == "__main__":
    sys.exit(main())
