"""A Collector that is stopped and started again while a program goes on making spans: nothing is lost that the queue could hold, what is
lost is counted exactly, and the program does not notice."""
import collections
import concurrent.futures
import json
import re
import subprocess

from kit import Failed, Process
from otlp_suites import collector

STEP, STEPS, QUEUE = 1000, 200, 20_000
DOWN_AFTER, UP_AFTER = 60, 140  # steps
BATCH = 512                     # records in a request
RING = 8_000                    # spans that the thread's own megabyte may hold besides
SPAN_ID = re.compile(rb'"spanId":"([0-9a-f]{16})"')


def check(condition, words):
    if not condition:
        raise Failed(words)


class Program(Process):
    """The program that makes spans, step by step as it is told."""

    def __init__(self, path, endpoint, log):
        super().__init__([path, endpoint, STEP, QUEUE], log, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.made = 0

    def ask(self, *words):
        self.process.stdin.write((" ".join(words) + "\n").encode())
        self.process.stdin.flush()
        return self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        check(line, f"the program ended early\n{self.told()}")
        told = json.loads(line)
        self.made = told.get("made", self.made)
        return told

    def go(self, phase, until):
        """A step at a time, each until all of it has left: a collector that is there shall get everything."""
        while self.made < until * STEP:
            self.ask("go", phase)
            told = self.ask("flush")
            check(told["done"], f"flush while the collector runs: {told}")


def stop_midway(program, running):
    """Stops the collector while spans go on coming."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        stopping = pool.submit(running.stop)
        program.ask("go", "stopping")
        while not stopping.done() and program.made < (UP_AFTER - 40) * STEP:
            program.ask("go", "stopping")
        stopping.result()


def run(program, folder, running):
    program.go("before", DOWN_AFTER)
    stop_midway(program, running)
    while program.made < UP_AFTER * STEP:
        low = program.ask("go", "down")
    with collector.Collector(folder / "second.jsonl", folder / "collector.log", running.port) as again:
        after = program.ask("flush")
        check(after["queued"] == 0, f"everything left when the collector was back: {after}")
        program.go("after", STEPS)
        last = program.ask("end")
        quantiles = program.answer()
        again.stop()
    program.process.wait(60)
    return low, after, last, quantiles


def exact(low, after, last):
    made = STEP * STEPS
    check(last["done"] and last["made"] == made, f"the run ended in order: {last}")
    check(last["accepted"] == made and last["queued"] == 0, f"every span is accounted for: {last}")
    check(last["delivered"] + last["dropped"] == made, f"delivered or counted as lost: {last}")
    lost = {why: count for why, count in last["by"].items() if count}
    check(sum(lost.values()) == last["dropped"], f"each loss has its reason: {last}")
    check(lost and set(lost) <= {"queue_full", "capture_full"}, f"only for want of room: {lost}")
    check(last["retries"] > 0, f"it was tried again while nobody answered: {last}")
    check(QUEUE - BATCH <= low["queued"] <= QUEUE + RING, f"the queue held what it could, and no more: {low}")
    check(after["delivered"] == low["delivered"] + low["queued"], f"all that was held was delivered: {low}, then {after}")
    check(last["dropped"] == after["dropped"] == low["dropped"], f"nothing was lost once the collector was back: {low}, {after}, {last}")


def arrived(folder, last):
    """Each delivered span is in the Collector's files. One whose answer was lost may be there twice; no more than were under way."""
    ids = collections.Counter(span for name in ("first.jsonl", "second.jsonl") for span in SPAN_ID.findall((folder / name).read_bytes()))
    check(len(ids) == last["delivered"], f"{len(ids)} spans arrived, {last['delivered']} were counted as delivered")
    twice = sum(count - 1 for count in ids.values())
    check(twice <= 2 * BATCH, f"{twice} spans arrived more than once")
    return twice


def unmoved(quantiles):
    before, down = quantiles["before"], quantiles["down"]
    check(down["p50"] <= 3 * before["p50"] + 1000 and down["p99"] <= 10 * before["p99"] + 50_000,
          f"a span costs the program the same when nobody listens: {before}, then {down}")


def outage(kit):
    folder = kit.folder("outage")
    with collector.Collector(folder / "first.jsonl", folder / "collector.log") as running:
        with Program(kit.programs / "otlp_outage", running.endpoint, folder / "program.log") as program:
            low, after, last, quantiles = run(program, folder, running)
    exact(low, after, last)
    twice = arrived(folder, last)
    for phase, told in quantiles.items():
        print(f"peers: outage: {phase}: {told['spans']} spans, p50 {told['p50']} ns, p99 {told['p99']} ns, most {told['most']} ns", flush=True)
    unmoved(quantiles)
    return f"{last['delivered']} delivered, {last['dropped']} counted as lost, {twice} twice, {last['retries']} retries"
