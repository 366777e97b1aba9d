#!/usr/bin/env python3
"""Checks the shape of include/fanlight: floors, cycles, where third parties live, file lengths.

A header includes its own floor or a lower one; the graph has no cycle; each third party is included by exactly one file;
nobody defines a macro of RapidJSON; no file is longer than 400 lines. Prints each breach and a last line `N passed, M failed`.
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent / "include"
LONGEST = 400

# Floors by file, relative to include/fanlight. A new header has to be given its place here.
FLOORS = {
    "source.hpp": 0, "value.hpp": 0, "context.hpp": 0, "time.hpp": 0, "kinds.hpp": 0, "vocabulary.hpp": 0, "text_writer.hpp": 0,
    "span.hpp": 1, "async.hpp": 1, "subsegment.hpp": 1, "log.hpp": 1, "format.hpp": 1, "access_log.hpp": 1, "emf.hpp": 1, "environment_carrier.hpp": 1,
    "http.hpp": 1, "report.hpp": 1, "propagation.hpp": 1, "baggage.hpp": 1, "xray_headers.hpp": 1, "trace.hpp": 1,
    "record.hpp": 2, "stack.hpp": 2, "problem.hpp": 2, "resource.hpp": 2,
    "exporter.hpp": 3, "aws_config.hpp": 3, "aws.hpp": 3, "error_form.hpp": 3, "sampling_form.hpp": 3, "config.hpp": 3, "statistics.hpp": 3,
    "sampler.hpp": 3, "xray_sampling.hpp": 3, "xray_sampling_config.hpp": 3, "process.hpp": 3,
    "pipeline.hpp": 4, "stop_signals.hpp": 4, "last_words.hpp": 4,
    "testing.hpp": 5, "fanlight.hpp": 5,
}
FOLDER_FLOORS = {"detail": 0, "exporters": 4}
# What only starting up needs is internal too, but stands on the floor of what it fills.
FLOORS |= {"detail/environment.hpp": 2, "detail/detectors.hpp": 2, "detail/settings.hpp": 3}
INSTRUMENTS = {"span.hpp", "subsegment.hpp", "report.hpp", "trace.hpp"}
FACADE = {"fanlight.hpp", "testing.hpp"}
# Presets are options of OTLP, and no back end beside it.
FAMILIES = {("exporters/presets.hpp", "exporters/otlp.hpp"), ("exporters/otlp.hpp", "exporters/otlp_config.hpp"),
            ("exporters/xray.hpp", "exporters/xray_config.hpp"), ("exporters/cloudwatch.hpp", "exporters/cloudwatch_config.hpp"),
            ("exporters/rollbar.hpp", "exporters/rollbar_config.hpp")}

# Third parties and the system interfaces that are kept in one file each.
THIRD_PARTIES = {
    "libcurl": r"curl/.*",
    "RapidJSON": r"rapidjson/.*",
    "zlib": r"zlib\.h|zconf\.h",
    "sockets": r"sys/socket\.h|netinet/.*|arpa/inet\.h|netdb\.h",
    "the C++ ABI": r"cxxabi\.h",
}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


def floor_of(name):
    """The floor of a header, None for what has none (bodies, adapters), -1 for a header nobody has placed yet."""
    folder, _, rest = name.partition("/")
    if name in FLOORS or not rest:
        return FLOORS.get(name, -1)
    return None if folder in ("impl", "with") else FOLDER_FLOORS.get(folder, -1)


def is_body(name):
    return name.startswith("impl/")


def includes(text, name):
    """Own files that this one includes, as names below include/fanlight, and the names of all others."""
    own, others = [], []
    for bracket, target in INCLUDE.findall(text):
        if target.startswith("fanlight/"):
            own.append(target[len("fanlight/"):])
        elif bracket == '"':
            own.append(str((ROOT / "fanlight" / name).parent.joinpath(target).resolve().relative_to(ROOT / "fanlight")))
        else:
            others.append(target)
    return own, others


def check_floors(own):
    """Includes point down or stay on their floor; a header's own bodies, included at its end, are not a floor."""
    for name, targets in own.items():
        floor = floor_of(name)
        if floor == -1:
            yield f"{name}: has no floor; give it one in cmake/check_layers.py"
        for target in targets:
            if target not in own:
                yield f"{name}: includes fanlight/{target}, which is not there"
                continue
            above = floor_of(target)
            if is_body(name) and target in FACADE and name != "impl/testing.ipp":
                yield f"{name}: a body includes the facade, {target}"
            if target.startswith("with/") and not name.startswith("with/"):
                yield f"{name}: includes the adapter {target}"
            if floor is not None and above is not None and above > floor >= 0:
                yield f"{name} (floor {floor}): includes {target} (floor {above})"


def check_back_ends(own):
    """No back end knows another one, nor the instruments."""
    for name, targets in own.items():
        if not name.startswith("exporters/"):
            continue
        for target in targets:
            if target in INSTRUMENTS:
                yield f"{name}: a back end includes the instrument {target}"
            if target.startswith("exporters/") and (name, target) not in FAMILIES:
                yield f"{name}: a back end includes another, {target}"


def check_cycles(own):
    """Headers among themselves. The step from a header to its bodies is taken at its end, when it is complete."""
    state = {}

    def walk(name, way):
        state[name] = "open"
        for target in own[name]:
            if target.endswith(".ipp") and name.endswith(".hpp") or target not in own:
                continue
            if state.get(target) == "open":
                yield "include cycle: " + " > ".join(way[way.index(target):] + [target])
            elif target not in state:
                yield from walk(target, way + [target])
        state[name] = "done"

    for name in own:
        if name not in state:
            yield from walk(name, [name])


def check_third_parties(others):
    for what, pattern in THIRD_PARTIES.items():
        files = sorted({name for name, targets in others.items() if not name.startswith("with/")
                        for target in targets if re.fullmatch(pattern, target)})
        if len(files) > 1:
            yield f"{what} is included by more than one file: {', '.join(files)}"
        for name in files:
            if not is_body(name):
                yield f"{name}: includes {what}; third parties live in bodies (impl/)"


def check_text(texts):
    for name, text in texts.items():
        lines = text.count("\n")
        if lines > LONGEST:
            yield f"{name}: {lines} lines; {LONGEST} is the most"
        if re.search(r"^[ \t]*#[ \t]*define[ \t]+RAPIDJSON_", text, re.M):
            yield f"{name}: defines a macro of RapidJSON, which would change it for users who include it too"
        if not re.search(r"^#pragma once$", text, re.M):
            yield f"{name}: has no #pragma once"
        if not text.startswith("//"):
            yield f"{name}: does not open with a comment that tells its story"


def check_gathered(own):
    """impl/src.hpp is the compiled build: it must reach every body."""
    reached, todo = set(), ["impl/src.hpp"]
    while todo:
        name = todo.pop()
        if name in own and name not in reached:
            reached.add(name)
            todo += own[name]
    for name in own:
        if name.endswith(".ipp") and name not in reached:
            yield f"{name}: impl/src.hpp does not reach it, so fanlight::compiled has not got it"


def main():
    files = sorted(p for p in (ROOT / "fanlight").rglob("*") if p.suffix in (".hpp", ".ipp"))
    texts = {str(p.relative_to(ROOT / "fanlight")): p.read_text(encoding="utf8") for p in files}
    own, others = {}, {}
    for name, text in texts.items():
        own[name], others[name] = includes(text, name)
    checks = [("floors", check_floors(own)), ("back ends", check_back_ends(own)), ("cycles", check_cycles(own)),
              ("third parties", check_third_parties(others)), ("text", check_text(texts)), ("gathered", check_gathered(own))]
    failed = 0
    for title, breaches in checks:
        breaches = list(breaches)
        failed += bool(breaches)
        print(f"layers: {title}: {'FAILED' if breaches else 'ok'} ({len(files)} files)")
        for breach in breaches:
            print(f"  {breach}")
    if not files:
        sys.exit("layers: no headers found")
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
