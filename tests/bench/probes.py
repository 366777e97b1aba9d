"""Measures: each probe runs programs of this folder and gives figures by name. A probe that cannot run here raises Missing, with the command
that mends it; a program that fails raises Failed."""
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent


class Missing(Exception):
    pass


class Failed(Exception):
    pass


class Bench:
    """The built programs, and how often to run what a clock decides."""

    def __init__(self, folder, rounds):
        self.folder = Path(folder).resolve()
        self.rounds = rounds
        self.build = json.loads((self.folder / "build.json").read_text(encoding="utf8"))

    def program(self, name):
        path = self.folder / f"bench_{name}"
        if not path.exists():
            if name.startswith("latency"):
                raise Missing("Google Benchmark was not found when this was configured: apt install libbenchmark-dev")
            raise Failed(f"{path.name} has not been built")
        return str(path)

    def has(self, name):
        """Programs of the peer are only there when it is installed."""
        return (self.folder / f"bench_{name}").exists()

    def run(self, *command, environment=None):
        try:
            done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=300)
        except subprocess.TimeoutExpired:
            raise Failed(f"{' '.join(map(str, command))} did not end in 300 s") from None
        if done.returncode != 0:
            raise Failed(f"{' '.join(map(str, command))} ended with {done.returncode}: {(done.stderr or done.stdout).strip()[-600:]}")
        return done.stdout

    def told(self, name, *words):
        return json.loads(self.run(self.program(name), *words))


def named(prefix, figures):
    return {f"{prefix}.{key}": value for key, value in figures.items()}


# ---- what a clock decides ----

UNITS = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}


def latency_of(bench, program, pattern):
    """Nanoseconds of each benchmark, of the floor blocks it took turns with, and their ratio: the median of all repetitions."""
    seen = {}
    for _ in range(bench.rounds):
        text = bench.run(bench.program(program), f"--benchmark_filter={pattern}", "--benchmark_format=json",
                         "--benchmark_repetitions=3", "--benchmark_min_time=0.05")
        for each in json.loads(text)["benchmarks"]:
            if each["run_type"] != "iteration" or each.get("error_occurred"):
                continue
            name = each["run_name"].removesuffix("/manual_time")
            seen.setdefault(name, []).append(each.get("ns", each["real_time"] * UNITS[each["time_unit"]]))
            for counter in ("floor", "ratio"):
                if counter in each:
                    seen.setdefault(f"{name}.{counter}", []).append(each[counter])
    return named(program, {name: statistics.median(took) for name, took in seen.items()})


def latency(bench):
    return latency_of(bench, "latency", ".*")


def latency_shared(bench):
    return latency_of(bench, "latency_shared", "^(floor/span|off|sampled/five|unsampled/root)(/manual_time)?$")


def throughput(bench):
    def runs(*words):
        return [bench.told("throughput", *words) for _ in range(bench.rounds)]

    def cpu(told):
        return statistics.median(each["cpu"] / each["delivered"] * 1e6 for each in told)

    def rate(told):
        return statistics.median(each["delivered"] / each["wall"] / 1e6 for each in told)

    one, floor_one = runs("fanlight", "--cores", "1"), runs("floor", "--cores", "1")
    many = runs("fanlight", "--cores", "1", "--lanes", "9")
    out = {"cpu.one_core": cpu(one), "cpu.floor_one_core": cpu(floor_one), "rate.one_core": rate(one), "rate.floor_one_core": rate(floor_one),
           "cpu.each_lane": (cpu(many) - cpu(one)) / 8 * 1e3}
    if len(os.sched_getaffinity(0)) >= 2:
        out["cpu.two_cores"] = cpu(runs("fanlight", "--cores", "2"))
        out["cpu.floor_two_cores"] = cpu(runs("floor", "--cores", "2"))
        out["cpu.two_producers"] = cpu(runs("fanlight", "--cores", "2", "--producers", "2"))
        out["cpu.hung"] = cpu(runs("fanlight", "--cores", "2", "--hung"))
    return out


class Sink:
    """The other end of the whole path: a process that counts, on a processor of its own where there is one; `awake`: one that it alone uses."""

    def __init__(self, bench, awake=False):
        words = ["--processor", str(max(os.sched_getaffinity(0)))] if len(os.sched_getaffinity(0)) > 1 else []
        if words and awake:
            words.append("--awake")
        self.child = subprocess.Popen([bench.program("sink"), *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = f"http://127.0.0.1:{int(self.child.stdout.readline())}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.stdin.close()
        self.child.stdout.close()
        self.child.wait(10)

    def counted(self):
        """Since the last time."""
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(self.url + "/", timeout=10) as answer:
            return json.load(answer)


WARM_OTLP = 10_000  # what throughput sends before it looks at the clock


def otlp_path(bench):
    def runs(cores, awake, program="throughput", scheme="otlp:"):
        told = []
        with Sink(bench, awake) as sink:
            for _ in range(bench.rounds):
                told.append(bench.told(program, f"{scheme}{sink.url}", "--cores", cores))
                seen = sink.counted()
                if seen["spans"] != told[-1]["delivered"] + WARM_OTLP or seen["bad"] != 0:
                    raise Failed(f"the sink saw {seen}, and {told[-1]} was told")
        return told

    def cpu(told):
        return statistics.median(each["cpu"] / each["delivered"] * 1e6 for each in told)

    def rate(told):
        return statistics.median(each["delivered"] / each["wall"] / 1e6 for each in told)

    two = len(os.sched_getaffinity(0)) >= 2
    one = runs("1", awake=True)
    out = {"cpu.one_core": cpu(one), "rate.one_core": rate(one)}
    if two:
        out["cpu.two_cores"] = cpu(runs("2", awake=False))
    if bench.has("throughput_peer"):
        peer = runs("1", True, "throughput_peer", "")
        out |= {"peer.cpu.one_core": cpu(peer), "peer.rate.one_core": rate(peer)}
        if two:
            out["peer.cpu.two_cores"] = cpu(runs("2", False, "throughput_peer", ""))
    return named("otlp", out)


def otlp_counts(bench):
    """What depends on no clock: bytes, connections, losses, and instructions of the whole path."""
    with Sink(bench) as sink:
        told = bench.told("throughput", f"otlp:{sink.url}")
        seen = sink.counted()
        out = {"bytes": seen["bytes"] / seen["spans"], "connections": seen["connections"], "lost": told["delivered"] + WARM_OTLP - seen["spans"]}
        if not shutil.which("valgrind"):
            raise Missing("instructions are counted by callgrind: apt install valgrind")
        few, many = 20_000, 60_000
        (_, less), (_, more) = (instruction_counts(bench, "throughput", f"otlp:{sink.url}", "--spans", str(spans)) for spans in (few, many))
        out["instructions"] = (more - less) / (many - few)
    return named("otlp", out)


def scaling(bench):
    if len(os.sched_getaffinity(0)) < 2:
        raise Missing("two producers at once need two processors")
    told = [bench.told("scaling") for _ in range(bench.rounds)]
    return {"scaling.producer": statistics.median(each["together_ns"] / each["alone_ns"] for each in told)}


def encode(bench):
    told = [bench.told("encode") for _ in range(bench.rounds)]
    return named("encode", {key: statistics.median(each[key] for each in told) for key in told[0]})


def compile_once(build, source, definitions, to):
    command = [build["compiler"], "-std=c++20", *build["flags"].split(), "-c", str(source), "-o", to]
    command += [f"-I{folder}" for folder in build["includes"].split(";") if folder]
    command += [f"-D{each}" for each in build["definitions"].split(";") if each] + definitions
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    complaint = child.stderr.read()
    _, status, use = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    child.stderr.close()
    if child.returncode != 0:
        raise Failed(f"{source.name} does not compile: {complaint[-600:]}")
    return use.ru_utime


def compile_time(bench):
    """Seconds of user time, all of them in turn so that a busy moment meets each."""
    cases = {"floor": ("floor.cpp", []), "trace": ("trace.cpp", []), "trace_compiled": ("trace.cpp", ["-DFANLIGHT_COMPILED"]),
             "everything": ("everything.cpp", []), "everything_compiled": ("everything.cpp", ["-DFANLIGHT_COMPILED"])}
    seen = {name: [] for name in cases}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(max(3, bench.rounds)):
            for name, (source, definitions) in cases.items():
                seen[name].append(compile_once(bench.build, HERE / "compile" / source, definitions, f"{folder}/out.o"))
    return named("compile", {name: statistics.median(took) for name, took in seen.items()})


def errors(bench):
    return named("errors", bench.told("errors"))


# ---- what no clock decides ----


def heap(bench):
    return named("heap", bench.told("heap"))


def memory(bench):
    return named("memory", bench.told("memory"))


def idle(bench):
    """The quietest of up to three runs: what wakes by itself does so in each, and a neighbour's load in few."""
    told = []
    for _ in range(3):
        told.append(bench.told("idle", "2"))
        if told[-1]["switches"] == 0 and told[-1]["next_calls"] == 0:
            break
    return named("idle", {key: min(each[key] for each in told) for key in told[0]})


def hung(bench):
    return {"hung.lost": bench.told("throughput", "fanlight", "--hung", "--spans", "1000000")["lost"]}


def encoded_bytes(bench):
    return named("encode", bench.told("encode", "bytes"))


def size(bench):
    strip = bench.build["strip"] or shutil.which("strip")
    if not strip:
        raise Missing("programs are weighed stripped: apt install binutils")
    out = {}
    with tempfile.TemporaryDirectory() as folder:
        for figure, name in (("program", "program"), ("everything", "program_everything"), ("empty", "program_empty")):
            to = f"{folder}/{name}"
            bench.run(strip, "-o", to, bench.program(name))
            out[figure] = os.path.getsize(to) / 1000
        compile_once(bench.build, HERE / "compile" / "trace.cpp", [], f"{folder}/trace.o")
        out["trace"] = int(bench.run("size", f"{folder}/trace.o").splitlines()[1].split()[0]) / 1000
    return named("size", out)


def instruction_counts(bench, program, *words):
    """Instructions of the thread that records, and of the process."""
    with tempfile.TemporaryDirectory() as folder:
        # Without the tunable callgrind counts each step of `rep movsb`.
        environment = dict(os.environ, GLIBC_TUNABLES="glibc.cpu.x86_rep_movsb_threshold=1000000000")
        bench.run("valgrind", "--tool=callgrind", "--separate-threads=yes", f"--callgrind-out-file={folder}/out", bench.program(program),
                  *words, environment=environment)
        by_file = {}
        for path in Path(folder).iterdir():
            total = re.search(r"^(?:totals|summary): (\d+)", path.read_text(encoding="utf8", errors="replace"), re.M)
            by_file[path.name] = int(total.group(1)) if total else 0
    threads = {name: count for name, count in by_file.items() if re.fullmatch(r"out-\d+", name)} or by_file
    return threads[min(threads)], sum(threads.values())


def instructions_of(bench, program, kinds):
    if not shutil.which("valgrind"):
        raise Missing("instructions are counted by callgrind: apt install valgrind")
    few, many = 2000, 12000
    out = {}
    for what in kinds:
        (thread, process), (thread_more, process_more) = (instruction_counts(bench, program, what, str(spans)) for spans in (few, many))
        out["producer" if what == "sampled" else what] = (thread_more - thread) / (many - few)
        if what == "sampled":
            out["path"] = (process_more - process) / (many - few)
    return named(program, out)


def instructions(bench):
    return instructions_of(bench, "instructions", ["floor", "sampled", "unsampled", "off", "log"])


def instructions_compiled(bench):
    return instructions_of(bench, "instructions_compiled", ["floor", "sampled"])


def instructions_encode(bench):
    """Of one span as OTLP protobuf: the same batch, encoded more often."""
    if not shutil.which("valgrind"):
        raise Missing("instructions are counted by callgrind: apt install valgrind")
    few, many = 5120, 25600
    (_, less), (_, more) = (instruction_counts(bench, "encode", "run", str(spans)) for spans in (few, many))
    return {"instructions.encode": (more - less) / (many - few)}


CLOCKLESS = [heap, memory, idle, hung, size, encoded_bytes, otlp_counts, instructions, instructions_compiled, instructions_encode]
CLOCKED = [latency, latency_shared, errors, throughput, otlp_path, encode, scaling, compile_time]


def measure(bench, probes, out=sys.stderr):
    """Figures of all probes, what is missing and what failed, each with its words."""
    figures, missing, failed = {}, {}, {}
    for probe in probes:
        print(f"  {probe.__name__} ...", file=out, flush=True)
        try:
            figures.update(probe(bench))
        except Missing as why:
            missing[probe.__name__] = str(why)
        except (Failed, json.JSONDecodeError, OSError) as why:
            failed[probe.__name__] = str(why)
    return figures, missing, failed
