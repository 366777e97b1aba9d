#!/usr/bin/env python3
"""Runs the X-Ray test programs and checks every document that they make against both schemas, and by rules that no schema can say.

usage: check_documents.py PROGRAM...

The strict schema is tests/golden/xray-segment.strict.schema.json. AWS's published one is looked for where FANLIGHT_XRAY_SCHEMA says, else in
../shared/reference beside the tree; it knows no links, no dots in annotation keys, and letters of old Unicode alone. Exit status 77: skipped.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

SKIPPED = 77
TREE = Path(__file__).resolve().parents[2]
STRICT = TREE / "tests/golden/xray-segment.strict.schema.json"
PUBLISHED = Path(os.environ.get("FANLIGHT_XRAY_SCHEMA") or TREE.parent / "shared/reference/xray-segment.schema.json")

try:
    import jsonschema
except ImportError:
    print("skipped: Python's jsonschema is not installed (pip install jsonschema); no document was checked against the schemas")
    sys.exit(SKIPPED)


def unique(pairs):
    keys = [key for key, _ in pairs]
    doubles = {key for key in keys if keys.count(key) > 1}
    if doubles:
        raise ValueError(f"members written twice: {sorted(doubles)}")
    return dict(pairs)


def family(document):
    yield document
    for child in document.get("subsegments", []):
        yield from family(child)


def breaches(text):
    """What is wrong with one document, in words."""
    if len(text) > 64_000:
        yield f"{len(text)} bytes"
    try:
        document = json.loads(text.decode("utf8"), object_pairs_hook=unique)
    except ValueError as wrong:
        yield f"{wrong}"
        return
    own = re.search(rb'"id":"(.*?)"', text)
    if not own or own.group(1).decode() != document.get("id"):
        yield "its own id is not the first one"
    if json.dumps(document, ensure_ascii=False, separators=(",", ":")).count(" ") < text.decode("utf8").count(" "):
        yield "there are blanks between its tokens"
    everyone = list(family(document))
    ids = [one["id"] for one in everyone]
    if len(set(ids)) != len(ids):
        yield "an id occurs twice"
    for one in everyone:
        if one.get("end_time", one["start_time"]) < one["start_time"]:
            yield f"{one['id']} ends before it begins"
        if len(one["name"]) > 200:
            yield f"{one['id']}: its name has {len(one['name'])} characters"


def suits_published(document):
    """The published schema is older than links, dots in keys and most letters."""
    return not any("links" in one or any("." in key for key in one.get("annotations", {})) or not one["name"].isascii() for one in family(document))


def main():
    strict = jsonschema.Draft7Validator(json.loads(STRICT.read_text(encoding="utf8")))
    published = None
    if PUBLISHED.exists():
        published = jsonschema.Draft4Validator(json.loads(PUBLISHED.read_text(encoding="utf8")))
    else:
        print("AWS's published schema is not here: the strict one alone is used")
    failed = checked = both = 0
    with tempfile.TemporaryDirectory() as folder:
        for program in sys.argv[1:]:
            run = subprocess.run([program], env={**os.environ, "FANLIGHT_XRAY_DOCUMENTS": folder}, capture_output=True, timeout=250)
            if run.returncode:
                print(f"{program} failed:\n{run.stdout.decode(errors='replace')[-4000:]}")
                failed += 1
        for path in sorted(Path(folder).glob("*.json")):
            text = path.read_bytes()
            wrong = list(breaches(text))
            document = json.loads(text.decode("utf8", "replace"))
            wrong += [f"strict schema: {error.json_path}: {error.message[:300]}" for error in strict.iter_errors(document)]
            if published and suits_published(document):
                both += 1
                wrong += [f"published schema: {error.json_path}: {error.message[:300]}" for error in published.iter_errors(document)]
            checked += 1
            failed += bool(wrong)
            if wrong:
                print(f"{text[:400].decode(errors='replace')}\n  " + "\n  ".join(wrong))
    if not checked:
        sys.exit("no document was made")
    print(f"{checked} documents, {both} of them by both schemas")
    print(f"{checked - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
