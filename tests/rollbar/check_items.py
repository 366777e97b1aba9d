#!/usr/bin/env python3
"""Runs the Rollbar test programs and checks every item that they send against the schema of the API, and by rules that no schema can say.

usage: check_items.py PROGRAM...

The schema is tests/golden/rollbar-item.schema.json; that it would notice is proved by changes that it has to refuse. Exit status 77: skipped.
"""
import copy
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

SKIPPED = 77
SCHEMA = Path(__file__).resolve().parents[1] / "golden/rollbar-item.schema.json"

try:
    import jsonschema
except ImportError:
    print("skipped: Python's jsonschema is not installed (pip install jsonschema); no item was checked against the schema")
    sys.exit(SKIPPED)


def unique(pairs):
    keys = [key for key, _ in pairs]
    doubles = {key for key in keys if keys.count(key) > 1}
    if doubles:
        raise ValueError(f"members written twice: {sorted(doubles)}")
    return dict(pairs)


def breaches(document):
    data = document["data"]
    if data.get("language") != "c++" or data.get("notifier", {}).get("name") != "fanlight":
        yield "it does not say who made it"
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


def unnoticed(schema, item):
    """Changes that the schema has to refuse, and does not."""
    data = ("data",)
    changes = [((*data, "environment"), None), ((*data, "body"), {}), ((*data, "level"), "fatal"), ((*data, "uuid"), "x"), ((*data, "code_version"), "v" * 41),
               ((*data, "timestamp"), 1.5), ((*data, "person"), {"username": "u"}), (("access_token",), "t"), ((*data, "context"), "c" * 256)]
    return [path for path, value in changes if not list(schema.iter_errors(change(item, path, value)))]


def main():
    schema = jsonschema.Draft7Validator(json.loads(SCHEMA.read_text(encoding="utf8")))
    failed = checked = 0
    sample = None
    with tempfile.TemporaryDirectory() as folder:
        for program in sys.argv[1:]:
            run = subprocess.run([program], env={**os.environ, "FANLIGHT_ROLLBAR_ITEMS": folder}, capture_output=True, timeout=280)
            if run.returncode:
                print(f"{program} failed:\n{run.stdout.decode(errors='replace')[-4000:]}")
                failed += 1
        for path in sorted(Path(folder).glob("*.json")):
            text = path.read_bytes()
            try:
                document = json.loads(text.decode("utf8"), object_pairs_hook=unique)
                wrong = [f"{error.json_path}: {error.message[:300]}" for error in schema.iter_errors(document)]
                wrong = wrong or list(breaches(document))
            except ValueError as why:
                wrong = [str(why)]
            checked += 1
            failed += bool(wrong)
            if wrong:
                print(f"{text[:400].decode(errors='replace')}\n  " + "\n  ".join(wrong))
            elif sample is None:
                sample = document
    if sample is None:
        sys.exit("no item was sent that is in order")
    for path in unnoticed(schema, sample):
        print(f"the schema takes an item whose {'.'.join(path)} is wrong")
        failed += 1
    print(f"{checked} items\n{checked - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
