#!/usr/bin/env python3
"""Programs that die, each a process of its own, and what Rollbar gets of it: at once, or from the next process. They die as they would have.
Rollbar is a `Sink` that each case makes.

usage: last_words.py DOOMED CASE | --list
"""
import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from endpoint import Endpoint  # noqa: E402

TOKEN = "post-server-item-0123456789"
SAID = "terminate called after throwing an instance of 'std::runtime_error'"


def check(condition, words):
    if not condition:
        sys.exit(f"FAILED: {words}")


class Sink(Endpoint):
    """Takes items; with `away` it answers 503, as one that is in trouble."""
    def __init__(self, away=False):
        super().__init__()
        self.bodies, self.away = [], away

    def reply(self, path, headers, body):
        with self.lock:
            check((path, headers["X-Rollbar-Access-Token"]) == ("/api/1/item/", TOKEN), f"{path} {headers['X-Rollbar-Access-Token']}")
            self.bodies.append(body)
        return (503, {}, b'{"err":1,"message":"busy"}') if self.away else (200, {}, b'{"err":0,"result":{}}')

    def items(self):
        with self.lock:
            if folder := os.environ.get("FANLIGHT_ROLLBAR_ITEMS"):
                for number, body in enumerate(self.bodies):
                    (Path(folder) / f"{os.getpid()}-{id(self)}-{number}.json").write_bytes(body)
            return [json.loads(body)["data"] for body in self.bodies]


def run(sink, *words):
    """Its end, and what it wrote to stderr."""
    environment = {**os.environ, "ROLLBAR_ACCESS_TOKEN": TOKEN, "ROLLBAR_ENDPOINT": f"{sink.endpoint}/api/1/item/"}
    no_core = lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # noqa: E731
    done = subprocess.run([sys.argv[1], *map(str, words)], env=environment, capture_output=True, text=True, timeout=120, preexec_fn=no_core)
    check(TOKEN not in done.stdout + done.stderr, "the token is in what was printed")
    return done.returncode, done.stderr


def attributes(item):
    return {one["key"]: one["value"] for one in item.get("attributes", [])}


def methods(item):
    return [frame["method"] or "" for frame in item["body"]["trace"]["frames"]]


def check_fatal(item):
    exception = item["body"]["trace"]["exception"]
    check(item["level"] == "critical" and attributes(item)["is_uncaught"] == "true", item)
    check(exception == {"class": "std::runtime_error", "message": "fatal, password=[FILTERED]"}, exception)
    check("fatal_thrower" in methods(item)[-1], methods(item))
    check(item["custom"]["uncaught_by"] == "terminate", item["custom"])


def check_crash(item, name, function):
    check(item["level"] == "critical" and attributes(item)["is_uncaught"] == "true", item)
    check(item["body"]["trace"]["exception"]["class"] == name, item["body"])
    check(item["custom"]["uncaught_by"] == "signal", item["custom"])
    check(abs(item["custom"]["occurred_at_ms"] / 1000 - item["timestamp"]) < 2, item)
    check(re.fullmatch("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", item["uuid"]), item["uuid"])
    if function:
        check(any(function in each for each in methods(item)[-3:]), methods(item))


def p16_terminate():
    with Sink() as sink:
        end, words = run(sink, "throws")
        check(end == -signal.SIGABRT and SAID in words, (end, words))
        item, = sink.items()
    check_fatal(item)
    check(len(attributes(item)["trace_id"]) == 32 and item["custom"]["span_path"] == ["doomed"], item)


def thread():
    with Sink() as sink:
        end, words = run(sink, "throws_in_thread")
        check(end == -signal.SIGABRT and SAID in words, (end, words))
        item, = sink.items()
    check_fatal(item)


def no_exception():
    with Sink() as sink:
        end, words = run(sink, "terminates")
        check(end == -signal.SIGABRT and "terminate called without an active exception" in words, (end, words))
        item, = sink.items()
    check(item["body"]["trace"]["exception"]["class"] == "std::terminate" and item["level"] == "critical", item)


def crash(how, number, name, function):
    with tempfile.TemporaryDirectory() as folder, Sink() as sink:
        end, _ = run(sink, how, folder)
        check(end == -number, f"it ended with {end}")
        check(not sink.items() and len(os.listdir(folder)) == 1, "nothing is sent from a handler of signals, and one file is left")
        check(run(sink, "next", folder) == (0, ""), "the next one ends well")
        item, = sink.items()
        check_crash(item, name, function)
        check(not os.listdir(folder), "the file has gone")
        check(run(sink, "next", folder) == (0, "") and len(sink.items()) == 1, "it is told once")


def segfault():
    crash("crashes", signal.SIGSEGV, "SIGSEGV", "wild_writer")


def segfault_in_thread():
    crash("crashes_in_thread", signal.SIGSEGV, "SIGSEGV", "wild_writer")


def abort():
    crash("aborts", signal.SIGABRT, "SIGABRT", None)


def same_uuid():
    """While Rollbar is in trouble a crash stays where it is: it is told again, under the same uuid, until it arrives."""
    with tempfile.TemporaryDirectory() as folder, Sink(away=True) as sink:
        check(run(sink, "crashes", folder)[0] == -signal.SIGSEGV, "it crashes")
        check(run(sink, "next", folder)[0] == 1, "it cannot be sent")
        check(len(os.listdir(folder)) == 1, "the file stays")
        sink.away = False
        check(run(sink, "next", folder) == (0, ""), "now it can")
        check(not os.listdir(folder), "the file has gone")
        check(len({item["uuid"] for item in sink.items()}) == 1, "one uuid")
        check_crash(sink.items()[-1], "SIGSEGV", "wild_writer")


def terminate_in_an_outage():
    """Where the report could not leave in time, the next process has it whole: from the spool of items."""
    with tempfile.TemporaryDirectory() as crashes, tempfile.TemporaryDirectory() as items, Sink(away=True) as sink:
        end, words = run(sink, "throws", crashes, items)
        check(end == -signal.SIGABRT and SAID in words, (end, words))
        sink.away = False
        check(run(sink, "next", crashes, items)[0] == 0, "the next one")
        taken = sink.items()
        fatal = [item for item in taken if item["body"]["trace"]["exception"]["class"] == "std::runtime_error"]
        check(len({item["uuid"] for item in fatal}) == 1, taken)
        check_fatal(fatal[-1])
        check("occurred_at_ms" in fatal[-1]["custom"], fatal[-1]["custom"])
        check([name for name in os.listdir(items) if not name.startswith("lock")] == [], os.listdir(items))


def fork():
    with Sink() as sink:
        check(run(sink, "forks") == (0, ""), "both end well")
        told = sorted(item["body"]["message"]["body"] for item in sink.items())
        check(told == ["before", "child", "parent"], told)
        check(len({item["uuid"] for item in sink.items()}) == 3, "each its own uuid")


CASES = {case.__name__: case for case in (p16_terminate, thread, no_exception, segfault, segfault_in_thread, abort, same_uuid, terminate_in_an_outage, fork)}

if __name__ == "__main__":
    if sys.argv[1:] == ["--list"]:
        print("\n".join(CASES))
    else:
        CASES[sys.argv[2]]()
        print("1 passed")
