"""What the X-Ray suites share: our program, what it asked for, and what came of it."""
import json
import subprocess

from kit import HERE, Failed, Skipped, must

CHECKER = HERE.parent / "xray/check_documents.py"


def check(condition, words):
    if not condition:
        raise Failed(words)


def run_story(kit, environment, way, *story, limit=300):
    """Runs xray_story with this environment; gives its last line, read, or for `check` its words."""
    words = must([kit.programs / "xray_story", way, *story], limit=limit, env=environment)
    return words if story[0] == "check" else json.loads(words.splitlines()[-1])


def all_left(told):
    check(told["flushed"] and told["delivered"] == told["accepted"] and not told["dropped"] and not told["queued"], f"everything left: {told}")
    check(not told["problems"], f"without problems: {told['problems']}")


def xray_id(trace):
    """A trace id as X-Ray writes it."""
    return f"1-{trace[:8]}-{trace[8:]}"


class Asked:
    """What xray_story wrote down: `segments` by id, and all `ids` with the id of their trace."""

    def __init__(self, file):
        with file.open(encoding="utf8") as lines:
            self.lines = [json.loads(line) for line in lines]
        self.segments = {line["id"]: line for line in self.lines}
        self.traces = {xray_id(line["trace"]) for line in self.lines}
        self.ids = {each: xray_id(line["trace"]) for line in self.lines for each in [line["id"], *line["parts"]]}


def family(document):
    yield document
    for child in document.get("subsegments", []):
        yield from family(child)


def ids_in(documents):
    """Every id with its trace's, in order; an id that came twice is there twice."""
    for text in documents:
        document = json.loads(text)
        for each in family(document):
            yield each["id"], document["trace_id"]


def each_once(asked, documents):
    """All ids that were asked for, and no other, once each, in their traces."""
    found = list(ids_in(documents))
    check(len(found) == len(set(found)), f"{len(found) - len(set(found))} ids came more than once")
    missing, strange = asked.ids.items() - set(found), set(found) - asked.ids.items()
    check(not missing and not strange, f"{len(missing)} of {len(asked.ids)} ids did not come, {len(strange)} that nobody asked for did")
    return len(found)


def conform(python, folder, schema):
    """All documents of a folder by one of the schemas; this interpreter has jsonschema."""
    run = subprocess.run([python, CHECKER, "--folder", folder, "--schema", schema], capture_output=True, text=True, timeout=300)
    if run.returncode == 77:
        raise Skipped(run.stdout.strip())
    if run.returncode:
        raise Failed(run.stdout + run.stderr)
    return run.stdout.splitlines()[-1]


def written(folder, documents):
    folder.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(documents):
        (folder / f"{number:06}.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder
