#!/usr/bin/env python3
"""Runs the benchmarks of a build and prints the table of budgets. scripts/bench calls it; by hand:

usage: run.py FOLDER_WITH_PROGRAMS [--gates] [--json FILE] [--rounds N] [--only PROBE]...

--gates   only what depends on no clock; ends with 1 when a gate is broken, or a program failed
--json    writes all figures and verdicts to FILE
--markdown  the table as docs/performance.md has it
--rounds  how often what a clock decides is measured; the median counts (5)
--only    one probe of: heap memory idle hung size encoded_bytes otlp_counts instructions instructions_compiled instructions_encode latency latency_shared errors throughput otlp_path encode scaling compile_time
"""
import argparse
import json
import os
import platform
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import budgets  # noqa: E402
import probes  # noqa: E402


def number(value):
    if value is None:
        return ""
    if value == 0 or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def limit(row, value):
    if value is None:
        return ""
    if row.judge == "ratio":
        return f"{number(value)} x"
    sign = ">= " if row.more_is_better else ""
    return f"{sign}{number(value)}{' *' if row.judge == 'there' else ''}"


def lines_of(figures, gates_only):
    for row in budgets.ROWS:
        if row.key not in figures or (gates_only and row.clock):
            continue
        word, ratio = budgets.verdict(row, figures)
        yield row, word, ratio, [row.what, number(figures[row.key]), row.unit, number(budgets.floor_of(row, figures)),
                                 f"{ratio:.2f} x" if ratio else "", limit(row, row.gate), limit(row, row.goal), word]


HEAD = ["what", "measured", "", "floor", "ratio", "gate", "goal", "verdict"]


def print_markdown(lines):
    for cells in (HEAD, ["---", "--:", "---", "--:", "--:", "--:", "--:", "---"], *lines):
        print("| " + " | ".join(cell.replace("*", "\\*") for cell in cells) + " |")


def print_table(lines):
    cells = [HEAD, *lines]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEAD))]
    for index, line in enumerate(cells):
        text = [cell.ljust(width) if column in (0, 2, 7) else cell.rjust(width) for column, (cell, width) in enumerate(zip(line, widths))]
        print("  ".join(text).rstrip())
        if index == 0:
            print("  ".join("-" * width for width in widths))


def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo", encoding="utf8") if line.startswith("model name")), platform.machine())
    return f"{model}, {len(os.sched_getaffinity(0))} processors, load {os.getloadavg()[0]:.1f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--gates", action="store_true")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", action="append", metavar="PROBE", choices=[each.__name__ for each in probes.CLOCKLESS + probes.CLOCKED])
    given = parser.parse_args()

    chosen = probes.CLOCKLESS + ([] if given.gates else probes.CLOCKED)
    if given.only:
        chosen = [each for each in chosen if each.__name__ in given.only]
    bench = probes.Bench(given.folder, given.rounds)
    figures, missing, failed = probes.measure(bench, chosen)

    told = list(lines_of(figures, given.gates))
    print(f"\n{machine()}; {bench.build['name']} {bench.build['flags']}\n")
    (print_markdown if given.markdown else print_table)([cells for *_, cells in told])
    if any(row.judge == "there" for row, *_ in told):
        print("\n* nanoseconds where a floor span takes 45 (a log record's floor 20, an encoded span's 26); judged after scaling by the floor measured here")
    in_ci = os.environ.get("CI") == "true"
    for name, why in missing.items():
        print(f"{'FAILED' if in_ci else 'skipped'}: {name}: {why}")
    for name, why in failed.items():
        print(f"FAILED: {name}: {why}")

    if given.json:
        rows = [{"key": row.key, "what": row.what, "unit": row.unit, "figure": figures[row.key], "floor": budgets.floor_of(row, figures), "ratio": ratio,
                 "gate": row.gate, "goal": row.goal, "judge": row.judge, "verdict": word, "clock": row.clock} for row, word, ratio, _ in told]
        document = {"machine": machine(), "build": bench.build, "rows": rows, "figures": figures, "missing": missing, "failed": failed}
        Path(given.json).write_text(json.dumps(document, indent=1) + "\n", encoding="utf8")

    held = [word for row, word, *_ in told if not row.clock and row.gate is not None]
    broken = sum(word not in ("goal", "holds", "missed") for word in held) + len(failed) + (len(missing) if in_ci else 0)
    for row, word, *_ in told:
        if word == "missed":
            print(f"missed: {row.what}: the budget is {number(row.gate)} {row.unit}; it may not grow beyond {number(row.missed)}")
    print(f"\n{sum(word in ('goal', 'holds') for word in held)} passed, {broken} failed (gates that depend on no clock)")
    return 1 if broken or not told else 0


if __name__ == "__main__":
    sys.exit(main())
