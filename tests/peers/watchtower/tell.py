"""Tells an act with watchtower, as tests/peers/cloudwatch_story.cpp tells it with fanlight: lines {"i": 0}, {"i": 1}, … into a group whose
stream does not exist yet.

usage: tell.py GROUP burst COUNT | expired COUNT | stop COUNT | days | long | steps

steps: as standard input says, a line each: `say COUNT`; each is answered with `said`. stop: says its lines, answers `said`, and waits for a
signal. The last line is JSON: how many lines were said, how long a call took, and what watchtower warned of.
"""
import json
import logging
import signal
import sys
import time
import warnings

import watchtower

DAY = 86_400


class Teller:
    def __init__(self, group, **options):
        self.handler = watchtower.CloudWatchLogHandler(log_group_name=group, log_stream_name="{logger_name}", **options)
        self.log = logging.getLogger("story")
        self.log.setLevel(logging.INFO)
        self.log.propagate = False
        self.log.addHandler(self.handler)
        self.said = self.seconds = 0

    def say(self, count):
        begun = time.perf_counter()
        for number in range(self.said, self.said + count):
            self.log.info({"i": number})
        self.seconds += time.perf_counter() - begun
        self.said += count

    def say_at(self, seconds):
        record = self.log.makeRecord("story", logging.INFO, __file__, 0, {"i": self.said}, (), None)
        record.created = seconds
        self.log.handle(record)
        self.said += 1

    def say_text(self, text):
        self.log.info({"i": self.said, "text": text, "kept": 1})
        self.said += 1


def answer(word):
    print(word, flush=True)


def steps(teller):
    for line in sys.stdin:
        teller.say(int(line.split()[1]))
        answer("said")


def main():
    group, act, count = sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 0
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        teller = Teller(group, **({"send_interval": 0.1} if act == "steps" else {}))
        if act in ("burst", "expired", "stop"):
            teller.say(count)
        if act == "stop":
            answer("said")
            signal.pause()
        elif act == "days":
            teller.say(10)
            teller.say_at(time.time() - 3 * DAY)
            teller.say(10)
        elif act == "long":
            teller.say_text("x" * 2_000_000)
        elif act == "steps":
            steps(teller)
        begun = time.perf_counter()
        teller.handler.flush()
        teller.handler.close()
        flushed = time.perf_counter() - begun
    json.dump({"said": teller.said, "call_ns": round(teller.seconds / max(1, teller.said) * 1e9), "flush_seconds": round(flushed, 2),
               "warnings": sorted({str(each.message)[:200] for each in told})}, sys.stdout)


if __name__ == "__main__":
    main()
