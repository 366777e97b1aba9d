"""The suites about OTLP: what fanlight sent, as other people's programs read it, held against what was recorded. Each case gives a word or
two about what it saw, or raises."""
import json

import otlp_json
from asked import Expected
from compare import compare, noticed
from kit import Failed, must, script
from sink import Sink

SPANS = 10_000
TYPES = {"protobuf": "application/x-protobuf", "json": "application/json"}
WAYS = [(encoding, compression) for encoding in TYPES for compression in ("none", "gzip")]

collector, otlp_python, otlp_node = script("collector"), script("otlp_python"), script("otlp_node")


def tell(kit, folder, endpoint, encoding, compression):
    """Runs the story, which has to end with everything delivered; its own lines are then in asked.jsonl."""
    asked = folder / "asked.jsonl"
    must([kit.programs / "otlp_story", "--asked", asked, "--endpoint", endpoint, "--protocol", encoding, "--compression", compression,
          "--spans", SPANS, "--seed", kit.seed], limit=300)


def judged(expected, found, what=("span", "log")):
    wrong = compare(expected, found, what)
    if wrong:
        raise Failed("\n".join([f"{len(wrong)} things are wrong:", *wrong[:15]]))
    return f"{len(found)} records"


def all_noticed(expected, found, times=500):
    unnoticed = noticed(expected, found, times)
    if unnoticed:
        raise Failed("\n".join([f"{len(unnoticed)} of {times} changes went unnoticed:", *unnoticed[:10]]))
    return f"{times} of {times} changes"


# ---- the Collector ----

def collected(kit, encoding, compression):
    """What a Collector wrote of the story, and what it had to."""
    def run():
        folder = kit.folder(f"collector-{encoding}-{compression}")
        with collector.Collector(folder / "received.jsonl", folder / "collector.log") as running:
            tell(kit, folder, running.endpoint, encoding, compression)
            running.stop()
        return Expected(folder / "asked.jsonl"), list(otlp_json.of_lines(running.file))
    return kit.latest(("collected", encoding, compression), run)


def collector_case(encoding, compression, what):
    def case(kit):
        expected, found = collected(kit, encoding, compression)
        return judged(expected, [record for record in found if record["what"] == what], (what,))
    return case


COLLECTOR = [(f"{encoding}, {'plain' if compression == 'none' else compression}, {words}", collector_case(encoding, compression, what))
             for encoding, compression in WAYS for what, words in (("span", "traces"), ("log", "logs"))]
COLLECTOR.insert(2, ("a changed fact is noticed", lambda kit: all_noticed(*collected(kit, *WAYS[0]))))


# ---- readers of other languages ----

def recorded(kit, encoding, compression):
    """A folder with request bodies, inflated, and the story's own lines."""
    def run():
        folder = kit.folder(f"bodies-{encoding}-{compression}")
        with Sink(folder / "bodies", TYPES[encoding], compression) as sink:
            tell(kit, folder, sink.endpoint, encoding, compression)
        if sink.wrong:
            raise Failed("\n".join(sink.wrong[:10]))
        if sink.connections != 1:
            raise Failed(f"{sink.requests} requests came over {sink.connections} connections, not over one that is kept")
        return folder
    return kit.once(("recorded", encoding, compression), run)


def reading(kit, reader, encoding, compression):
    def run():
        folder = recorded(kit, encoding, compression)
        output = folder / f"{reader.__name__}.jsonl"
        reader.read(folder / "bodies", output)
        return Expected(folder / "asked.jsonl"), read_lines(output)
    return kit.latest(("reading", reader.__name__, encoding, compression), run)


def read_lines(path):
    with path.open(encoding="utf-8") as lines:
        return [otlp_json.unpacked(json.loads(line)) for line in lines]


def reader_cases(reader):
    def case(encoding, compression):
        return lambda kit: judged(*reading(kit, reader, encoding, compression))
    cases = [(f"{encoding}, {'plain' if compression == 'none' else compression}", case(encoding, compression)) for encoding, compression in WAYS]
    return [cases[0], ("a changed fact is noticed", lambda kit: all_noticed(*reading(kit, reader, *WAYS[0]))), *cases[1:]]


# ---- a file is OTLP too ----

def file_case(kit):
    folder = kit.folder("file")
    path, asked = folder / "spans.jsonl", folder / "asked.jsonl"
    must([kit.programs / "otlp_story", "--asked", asked, "--file", path, "--spans", SPANS, "--seed", kit.seed], limit=300)
    bodies = folder / "bodies"
    bodies.mkdir()
    lines = [("traces", line) for line in path.open("rb")] + [("logs", line) for line in path.with_suffix(".logs.jsonl").open("rb")]
    for number, (signal, line) in enumerate(lines):
        (bodies / f"{number:06}.{signal}.json").write_bytes(line)
    otlp_python.read(bodies, folder / "read.jsonl")
    return judged(Expected(asked), read_lines(folder / "read.jsonl"))
