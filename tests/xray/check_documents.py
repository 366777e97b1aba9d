#!/usr/bin/env python3
"""Checks every document in a folder against one of the schemas, and by rules that no schema can say.

usage: check_documents.py --folder FOLDER [--schema strict|published]
       check_documents.py --folder FOLDER --make PROGRAM...      runs the X-Ray test programs, which write their documents to the folder

`strict` is tests/golden/xray-segment.strict.schema.json. `published`, AWS's own, is no part of this project: it is looked for where
FANLIGHT_XRAY_SCHEMA says, else in ../shared/reference beside the tree. It knows no links, no dots in annotation keys and letters of old Unicode
alone; documents that have such are left to the strict one. Exit status 77: skipped, with the reason.
"""
import argparse
import json
import os
import re
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from checking import failure_of, strict_json  # noqa: E402

SKIPPED = 77
TREE = Path(__file__).resolve().parents[2]
STRICT = TREE / "tests/golden/xray-segment.strict.schema.json"
PUBLISHED = Path(os.environ.get("FANLIGHT_XRAY_SCHEMA") or TREE.parent / "shared/reference/xray-segment.schema.json")


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


def family(document):
    yield document
    for child in document.get("subsegments", []):
        yield from family(child)


def breaches(text):
    """What is wrong with one document, in words."""
    if len(text) > 64_000:
        yield f"{len(text)} bytes"
    try:
        document = strict_json(text)
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


HEX, TRACE = re.compile("[0-9a-f]{16}"), re.compile("1-[0-9a-f]{8}-[0-9a-f]{24}")


def shape(document):
    """A document that a schema cannot tell from this one: all good ids are one id, all times one time, all whole numbers in annotations one
    number, and of parts that are alike then there is one. Thousands of requests become a few documents."""
    out = dict(document)
    for key in ("id", "parent_id"):
        if isinstance(out.get(key), str) and HEX.fullmatch(out[key]) and out[key].strip("0"):
            out[key] = "00000000000000a1"
    if isinstance(out.get("trace_id"), str) and TRACE.fullmatch(out["trace_id"]) and out["trace_id"][2:].strip("-0"):
        out["trace_id"] = "1-00000000-0000000000000000000000a1"
    for key in ("start_time", "end_time"):
        if type(out.get(key)) in (int, float) and out[key] > 0:
            out[key] = 1.5
    if isinstance(out.get("annotations"), dict):
        out["annotations"] = {key: 1 if type(value) is int else value for key, value in out["annotations"].items()}
    if isinstance(out.get("subsegments"), list) and out["subsegments"]:
        out["subsegments"] = list({json.dumps(each, sort_keys=True): each for each in map(shape, out["subsegments"])}.values())
    return out


def validator(name):
    try:
        import jsonschema
    except ImportError:
        skip("Python's jsonschema is not installed (apt install python3-jsonschema); no document was checked against a schema")
    if name == "strict":
        return jsonschema.Draft7Validator(json.loads(STRICT.read_text(encoding="utf8")))
    if not PUBLISHED.exists():
        skip(f"AWS's published schema is not at {os.path.relpath(PUBLISHED, TREE)}; FANLIGHT_XRAY_SCHEMA may name it. The strict one is checked all the same")
    return jsonschema.Draft4Validator(json.loads(PUBLISHED.read_text(encoding="utf8")))


def make(folder, programs):
    """One program may write what another does: a document's name is made of its contents."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    failed = 0
    for program in programs:
        if words := failure_of(program, 250, FANLIGHT_XRAY_DOCUMENTS=str(folder)):
            print(words)
            failed += 1
    print(f"{len(programs)} programs made {len(list(folder.glob('*.json')))} documents")
    return 1 if failed else 0


def check(folder, name):
    schema, known = validator(name), {}
    checked = failed = left_out = 0
    for path in sorted(folder.glob("*.json")):
        text = path.read_bytes()
        wrong = list(breaches(text)) if name == "strict" else []
        try:
            document = json.loads(text.decode("utf8", "replace"))
        except ValueError:
            document = None
        if name == "published" and document and not suits_published(document):
            left_out += 1
            continue
        if document is not None:
            plain = shape(document)
            key = json.dumps(plain, sort_keys=True)
            if key not in known:
                known[key] = [f"{name} schema: {error.json_path}: {error.message[:300]}" for error in schema.iter_errors(plain)]
            wrong += known[key]
        checked += 1
        failed += bool(wrong)
        if wrong:
            print(f"{text[:400].decode(errors='replace')}\n  " + "\n  ".join(wrong))
    if not checked:
        sys.exit(f"there is no document in {folder}")
    print(f"{checked} documents of {len(known)} shapes by the {name} schema" + (f", {left_out} left out: newer than it" if left_out else ""))
    print(f"{checked - failed} passed, {failed} failed")
    return 1 if failed else 0


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--folder", type=Path, required=True)
    arguments.add_argument("--schema", choices=["strict", "published"], default="strict")
    arguments.add_argument("--make", nargs="+", metavar="PROGRAM")
    options = arguments.parse_args()
    return make(options.folder, options.make) if options.make else check(options.folder, options.schema)


if __name__ == "__main__":
    sys.exit(main())
