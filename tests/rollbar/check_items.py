#!/usr/bin/env python3
"""Checks Rollbar items against the schema of the API, and by rules that no schema can say.

usage: check_items.py PROGRAM...            runs the Rollbar test programs, each of which has to send some, and checks every item
       check_items.py --folder FOLDER       checks the items that are there

Twice: by tests/golden/rollbar-item.schema.json, which also forbids a token in the body, and by the reference's own, where it is: in the first
JSON block with a `$schema` of the page that FANLIGHT_ROLLBAR_SCHEMA names, else of ../shared/reference/rollbar-and-errors.md beside the tree. That
each would notice is proved by changes that it has to refuse. Exit status 77: skipped, for want of Python's jsonschema; with CI=true that is a
failure.
"""
import copy
import json
import os
import re
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from checking import failure_of, strict_json  # noqa: E402

SKIPPED = 77
TREE = Path(__file__).resolve().parents[2]
OURS = TREE / "tests/golden/rollbar-item.schema.json"
REFERENCE = Path(os.environ.get("FANLIGHT_ROLLBAR_SCHEMA") or TREE.parent / "shared/reference/rollbar-and-errors.md")
# What the test programs have to send between them, so that nothing of the schema goes unasked.
PLACES = ("body.trace", "body.trace_chain", "body.message", "body.telemetry", "person", "request", "context", "title", "fingerprint", "attributes", "code_version",
          "custom", "server", "notifier.diagnostic")

try:
    import jsonschema
except ImportError:
    print("skipped: Python's jsonschema is not installed (apt install python3-jsonschema); no item was checked against the schema")
    sys.exit(1 if os.environ.get("CI") == "true" else SKIPPED)


def schemas():
    """By name. The reference's is not there on most machines: that is said, and no failure."""
    found = {"tests/golden": json.loads(OURS.read_text(encoding="utf8"))}
    if REFERENCE.exists():
        text = REFERENCE.read_text(encoding="utf8")
        blocks = [text] if REFERENCE.suffix == ".json" else [each for each in re.findall(r"```json\n(.*?)```", text, re.S) if '"$schema"' in each]
        if not blocks:
            sys.exit(f"{REFERENCE} holds no schema")
        found["the reference"] = json.loads(blocks[0])
    else:
        print("the reference's schema is not at hand (FANLIGHT_ROLLBAR_SCHEMA may name it); the one of tests/golden is asked alone")
    return {name: jsonschema.Draft7Validator(schema) for name, schema in found.items()}


def breaches(document):
    data = document["data"]
    if data.get("language") != "c++" or data.get("notifier", {}).get("name") != "fanlight":
        yield "it does not say who made it"
    if "uuid" not in data or "level" not in data or "timestamp" not in data:
        yield "it has no uuid, level or timestamp"
    times = [one["timestamp_ms"] for one in data["body"].get("telemetry", [])]
    if times != sorted(times) or len(times) > 100:
        yield "its telemetry is out of order, or too long"
    keys = [one["key"] for one in data.get("attributes", [])]
    if len(keys) != len(set(keys)):
        yield "an attribute occurs twice"


def change(item, path, value):
    changed = copy.deepcopy(item)
    here = changed
    for key in path[:-1]:
        here = here[key]
    if value is None:
        here.pop(path[-1], None)
    else:
        here[path[-1]] = value
    return changed


def unnoticed(name, schema, item):
    """Changes that a schema has to refuse, and does not."""
    data = ("data",)
    changes = [((*data, "environment"), None), ((*data, "body"), {}), ((*data, "level"), "fatal"), ((*data, "uuid"), "x"), ((*data, "code_version"), "v" * 41),
               ((*data, "timestamp"), 1.5), ((*data, "person"), {"username": "u"}), ((*data, "context"), "c" * 256), ((*data, "body"), {"trace": {"frames": []}}),
               ((*data, "body"), {"trace_chain": []}), ((*data, "attributes"), [{"key": "k", "value": 1}]), (("other",), 1)]
    changes += [(("access_token",), "t")] if name == "tests/golden" else []
    return [path for path, value in changes if not list(schema.iter_errors(change(item, path, value)))]


def has(item, path):
    here = item["data"]
    for key in path.split("."):
        here = here.get(key) if isinstance(here, dict) else None
    return here is not None


def make(folder, programs):
    """Into a folder for each; gives the programs that failed, or sent nothing."""
    wrong = []
    for number, program in enumerate(programs):
        own = folder / str(number)
        own.mkdir()
        if failed := failure_of(program, 280, FANLIGHT_ROLLBAR_ITEMS=str(own)):
            wrong.append(failed)
        elif not any(own.glob("*.json")):
            wrong.append(f"{program} sent no item")
    return wrong


def check(by, path):
    """The item, if it can be read, and what is wrong with it."""
    try:
        document = strict_json(path.read_bytes())
    except ValueError as why:
        return None, [str(why)]
    wrong = [f"{name}: {error.json_path}: {error.message[:300]}" for name, schema in by.items() for error in schema.iter_errors(document)]
    return document, wrong or list(breaches(document))


def check_all(folder, places):
    by, failures, good = schemas(), [], []
    paths = sorted(folder.rglob("*.json"))
    for path in paths:
        document, wrong = check(by, path)
        if wrong:
            failures.append(path.read_bytes()[:400].decode(errors="replace") + "\n  " + "\n  ".join(wrong))
        else:
            good.append(document)
    if not good:
        failures.append(f"there is no item in order among {len(paths)}")
    else:
        failures += [f"{name} takes an item whose {'.'.join(path)} is wrong" for name, schema in by.items() for path in unnoticed(name, schema, good[0])]
        failures += [f"no item has {place}" for place in places if not any(has(item, place) for item in good)]
    return len(paths), by, failures


def main():
    if sys.argv[1:2] == ["--folder"] and len(sys.argv) == 3:
        count, by, failures = check_all(Path(sys.argv[2]), ())
    elif len(sys.argv) > 1:
        with tempfile.TemporaryDirectory() as folder:
            wrong = make(Path(folder), sys.argv[1:])
            count, by, failures = check_all(Path(folder), PLACES)
            failures = wrong + failures
    else:
        sys.exit(__doc__)
    print(f"{count} items by {' and '.join(by)}", *failures, sep="\n")
    print(f"{count - len(failures)} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
