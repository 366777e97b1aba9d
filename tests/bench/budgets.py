"""The table of budgets: what is measured, what it must not exceed and where it is going.

A figure is judged in one of three ways. `value`: as it stands. `ratio`: divided by its floor. `there`: a number of nanoseconds on a machine
whose floor took `there` of them, so gate and goal are scaled by the floor of this machine.
"""
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    key: str  # names the figure that a measurement gives
    what: str
    unit: str
    gate: float | None = None
    goal: float | None = None
    floor: str | None = None  # names the figure it is compared with
    judge: str = "value"
    there: float = 0
    more_is_better: bool = False
    clock: bool = True  # False: depends on no clock, so a broken gate fails the run
    missed: float | None = None  # the gate is missed, by no more than this; beyond it the run fails


def counted(key, what, unit, gate, goal, floor=None, missed=None):
    return Row(key, what, unit, gate, goal, floor, clock=False, missed=missed)


SPAN, LOG = "latency.floor/span", "latency.floor/log"

ROWS = [
    Row("latency.sampled/five", "sampled scoped_span, 5 attributes", "ns", 2, 1.05, SPAN, "ratio"),
    Row("latency.sampled/none", "... no attribute", "ns", floor=SPAN),
    Row("latency.sampled/child", "... 5 attributes, child of an open one", "ns", floor=SPAN),
    Row("latency.sampled/facts", "... 5 attributes and 2 inherited facts", "ns", floor=SPAN),
    Row("latency.sampled/event", "... 5 attributes and an event of 4", "ns", floor=SPAN),
    Row("latency.sampled/heap_span", "span on the heap, 5 attributes", "ns", floor=SPAN),
    Row("latency.unsampled/root", "unsampled root, 5 set calls", "ns", 12, 8, SPAN, "there", 45),
    Row("latency.unsampled/child", "unsampled child, 5 set calls", "ns", 12, 4.5, SPAN, "there", 45),
    Row("latency.off", "nothing initialised, 5 set calls", "ns", 3, 1.3, SPAN, "there", 45),
    Row("latency.log", "fl::info with 3 fields", "ns", 60, 27, LOG, "there", 20),
    Row("latency.inject", "inject: traceparent, tracestate, X-Amzn-Trace-Id", "ns", 150, None, SPAN, "there", 52),
    Row("latency.extract", "extract: the same three", "ns", 150, None, SPAN, "there", 52),
    Row("latency.extract/plain", "... without tracestate", "ns", 150, None, SPAN, "there", 52),
    Row("latency.baggage", "a member of baggage, said and left", "ns", floor=SPAN),
    Row("latency_shared.sampled/five", "shared library: sampled, 5 attributes", "ns", 2, None, "latency_shared.floor/span", "ratio"),
    Row("latency_shared.unsampled/root", "shared library: unsampled root", "ns", None, 13, "latency_shared.floor/span", "there", 45),
    Row("latency_shared.off", "shared library: nothing initialised", "ns", None, 1.5, "latency_shared.floor/span", "there", 45),
    Row("latency.opentelemetry-cpp/sampled/five", "opentelemetry-cpp: sampled, 5 attributes", "ns", floor=SPAN),
    Row("latency.opentelemetry-cpp/unsampled/root", "opentelemetry-cpp: unsampled root", "ns", floor=SPAN),
    Row("latency.opentelemetry-cpp/off", "opentelemetry-cpp: no provider", "ns", floor=SPAN),
    Row("errors.guarded", "a guarded call, nothing thrown", "ns", 1, 0.4),
    Row("errors.guarded_throw", "a throw through one, 4 calls deep", "ns", floor="errors.throw"),
    Row("errors.report_32", "handing over a report of more than 32 frames", "ns", 50_000),
    Row("errors.report_32_on_span", "... on a span", "ns", 50_000),
    Row("errors.names", "naming such a stack, exporter's thread", "ns"),
    counted("heap.scoped_span", "heap requests a scoped_span, producer", "", 0, 0),
    counted("heap.event", "... with an event of 4", "", 0, 0),
    counted("heap.facts", "... nested, with an inherited fact", "", 0, 0),
    counted("heap.attributes_128", "... with 128 attributes", "", 0, 0),
    counted("heap.log", "heap requests a log record, producer", "", 0, 0),
    counted("heap.span", "heap requests a span, producer", "", 1, 0),
    counted("heap.inject", "heap requests an inject, W3C and X-Ray", "", 0, 0),
    counted("heap.extract", "heap requests an extract, W3C and X-Ray", "", 0, 0),
    counted("heap.baggage", "heap requests two members of baggage", "", 0, 0),
    Row("heap.other_threads", "heap requests a span, fanlight's threads", "", clock=False),
    counted("instructions.producer", "instructions a span, producer", "", 900, 450, "instructions.floor"),
    counted("instructions.path", "... whole path, exporter that drops", "", 2500, 1400, "instructions.floor"),
    counted("instructions_compiled.producer", "... producer, compiled library", "", 900, 700, "instructions_compiled.floor"),
    counted("instructions_compiled.path", "... whole path, compiled library", "", 2500, 1600, "instructions_compiled.floor"),
    Row("instructions.unsampled", "instructions an unsampled root", "", clock=False),
    Row("instructions.off", "instructions, nothing initialised", "", clock=False),
    Row("instructions.log", "instructions a log record, producer", "", clock=False),
    Row("cpu.one_core", "CPU of 1 M spans to a null exporter, 1 core", "s", 0.6, 0.35, "cpu.floor_one_core"),
    Row("cpu.two_cores", "CPU of 1 M spans to a null exporter, 2 cores", "s", 0.6, 0.35, "cpu.floor_two_cores"),
    Row("rate.one_core", "spans a second on one core, none lost", "M/s", 1.5, 2.5, "rate.floor_one_core", more_is_better=True),
    Row("cpu.each_lane", "each further exporter that drops", "ns", 10, 10),
    Row("otlp.cpu.one_core", "CPU of 1 M spans by OTLP/HTTP to a sink, 1 core", "s", 0.6, 0.35, "cpu.floor_one_core"),
    Row("otlp.cpu.two_cores", "CPU of 1 M spans by OTLP/HTTP to a sink, 2 cores", "s", 0.6, 0.35, "cpu.floor_two_cores"),
    Row("otlp.rate.one_core", "spans a second on one core by OTLP/HTTP, none lost", "M/s", 1.5, 2.5, "rate.floor_one_core",
        more_is_better=True),
    Row("otlp.peer.cpu.one_core", "opentelemetry-cpp: CPU of 1 M spans by OTLP/HTTP, 1 core", "s"),
    Row("otlp.peer.cpu.two_cores", "opentelemetry-cpp: CPU of 1 M spans by OTLP/HTTP, 2 cores", "s"),
    Row("otlp.peer.rate.one_core", "opentelemetry-cpp: spans a second on one core", "M/s", more_is_better=True),
    counted("otlp.bytes", "OTLP body bytes a span, uncompressed", "B", 211, 210.5),
    counted("otlp.connections", "connections for 1 M spans", "", 1, 1),
    counted("otlp.lost", "spans of 1 M that the sink did not see", "", 0, 0),
    counted("otlp.instructions", "instructions a span, whole path by OTLP/HTTP", "", 2500, 1400),
    Row("encode.otlp_proto", "encode a span as OTLP protobuf", "ns", 100, 60, "encode.otlp_proto.floor", "there", 26),
    counted("encode.otlp_proto_bytes", "... bytes a span", "B", 211, 210.1),
    counted("instructions.encode", "... instructions a span", "", 700, 500),
    Row("encode.otlp_json", "encode a span as OTLP JSON", "ns", 1.5, 1, "encode.otlp_json.floor", "ratio"),
    Row("encode.otlp_json_bytes", "... bytes a span", "B", clock=False),
    Row("encode.xray_json", "assemble and encode a segment as X-Ray JSON", "ns", 1.5, 1, "encode.xray_json.floor", "ratio"),
    Row("encode.xray_json_bytes", "... bytes a segment", "B", clock=False),
    Row("cpu.two_producers", "CPU of 1 M spans from two threads, 2 cores", "s", floor="cpu.two_cores"),
    Row("scaling.producer", "producer CPU a span, two threads against one", "x", 1.15, 1.05),
    Row("hung.lost", "spans lost beside an exporter that hangs", "", 0, 0, clock=False),
    Row("cpu.hung", "CPU of 1 M spans beside an exporter that hangs", "s", floor="cpu.two_cores"),
    counted("memory.queued_span", "memory of a queued span", "B", 512, 320),
    counted("memory.ring_bytes_a_span", "... of which the packed entry", "B", 512, 320),
    Row("memory.scoped_span_size", "size of a scoped_span object", "B", clock=False),
    counted("idle.switches", "wake-ups of an idle program", "", 0, 0),
    counted("idle.first_calls", "system calls of the first record after a pause", "", 1, 1),
    counted("idle.next_calls", "... of the 200 records after it", "", 0, 0),
    Row("compile.trace", "compile a file that instruments", "s", 9, 6.5, "compile.floor", "ratio"),
    Row("compile.trace_compiled", "... with the compiled library", "s", 9, 1.5, "compile.floor", "ratio"),
    Row("compile.everything", "compile the file that sets everything up", "s", 27, 20, "compile.floor", "ratio"),
    Row("compile.everything_compiled", "... with the compiled library", "s", 27, None, "compile.floor", "ratio"),
    # Most of what it costs to compile, and no clock tells it.
    counted("size.trace", "code of a file that instruments", "KB", 18, 14),
    counted("size.program", "stripped program with the OTLP exporter", "KB", 400, 250, "size.empty"),
    Row("size.everything", "... with everything the environment may name", "KB", floor="size.empty", clock=False),
]


def floor_of(row, figures):
    """What the figure is compared with: the floor it took turns with, else the one that is named."""
    return figures.get(f"{row.key}.floor", figures.get(row.floor))


def limits_here(row, figures):
    """Gate and goal as this machine has them."""
    if row.judge != "there":
        return row.gate, row.goal
    scale = floor_of(row, figures) / row.there
    return tuple(None if limit is None else limit * scale for limit in (row.gate, row.goal))


def verdict(row, figures):
    """One of: goal, holds, missed, BROKEN, seen (nothing to hold), and the figure's ratio to its floor, or None."""
    value = figures[row.key]
    floor = floor_of(row, figures)
    ratio = figures.get(f"{row.key}.ratio", value / floor if floor else None)
    if row.gate is None:
        return "seen", ratio
    if row.judge in ("ratio", "there") and ratio is None:
        return "no floor", None
    judged = ratio if row.judge == "ratio" else value
    gate, goal = limits_here(row, figures)
    within = (lambda limit: judged >= limit) if row.more_is_better else (lambda limit: judged <= limit)
    if not within(gate):
        return ("missed" if row.missed is not None and within(row.missed) else "BROKEN"), ratio
    return ("goal" if goal is not None and within(goal) else "holds"), ratio
