"""Documents of two SDKs side by side: which keys only one of them writes, where types differ, and where values do that should not. What may
differ stands in a table of docs/backends/xray-python.md, a row for each, and nothing else may."""
import json
import re

from kit import HERE

PAGE = HERE.parents[1] / "docs/backends/xray-python.md"
ROW = re.compile(r"\| `([^`]+)` \| (?:`(\w+)`|–) \| (?:`(\w+)`|–) \| (.+) \|")
KINDS = {bool: "boolean", int: "integer", float: "number", str: "string", dict: "object", list: "array", type(None): "null"}
# What is each SDK's, each run's, or each language's own.
OWN = re.compile(r"(.*\.)?(id|trace_id|parent_id|start_time|end_time|cause|sdk|sdk_version|runtime|type|database_version|database_type)")


def trees(documents):
    """Segments by their names, with the subsegments that came on their own put where they belong. Raises what is wrong with them."""
    by_id, lone, segments = {}, [], {}
    for text in documents:
        document = json.loads(text)
        for each in family(document):
            by_id[each["id"]] = each
        if document.get("type") == "subsegment":
            lone.append(document)
        elif document["name"] in segments:
            raise ValueError(f"two segments are called {document['name']}")
        else:
            segments[document["name"]] = document
    for each in lone:
        by_id[each["parent_id"]].setdefault("subsegments", []).append(each)
    for each in by_id.values():
        each.get("subsegments", []).sort(key=lambda child: child["start_time"])
    return segments


def family(document):
    yield document
    for child in document.get("subsegments", []):
        yield from family(child)


class Comparison:
    """`rows`: (where, kind in Python, kind in fanlight), None for absent. `wrong`: what no table excuses, in words."""

    def __init__(self, python, fanlight):
        self.rows, self.wrong = set(), []
        theirs, ours = trees(python), trees(fanlight)
        for name in sorted(theirs.keys() ^ ours.keys()):
            self.wrong.append(f"only {'Python' if name in theirs else 'fanlight'} has a segment {name}")
        for name in sorted(theirs.keys() & ours.keys()):
            self.node("segment", name, theirs[name], ours[name])

    def node(self, what, name, theirs, ours):
        for key in sorted((theirs.keys() | ours.keys()) - {"subsegments"}):
            self.item(f"{what}.{key}", name, theirs, ours, key)
        inner, outer = theirs.get("subsegments", []), ours.get("subsegments", [])
        if [each["name"] for each in inner] != [each["name"] for each in outer]:
            self.wrong.append(f"{name}: subsegments are {[each['name'] for each in inner]} in Python, {[each['name'] for each in outer]} in fanlight")
        for their_child, our_child in zip(inner, outer):
            self.node("subsegment", f"{name}/{their_child['name']}", their_child, our_child)

    def item(self, where, name, theirs, ours, key):
        kinds = tuple(KINDS[type(each[key])] if key in each else None for each in (theirs, ours))
        if set(kinds) in ({"object"}, {"object", None}):
            inside = [each.get(key, {}) for each in (theirs, ours)]
            for inner in sorted(inside[0].keys() | inside[1].keys()):
                self.item(f"{where}.{inner}", name, *inside, inner)
        elif kinds[0] != kinds[1]:
            self.rows.add((where, *kinds))
        elif kinds[0] == "array" and all(isinstance(each, dict) for each in theirs[key] + ours[key]):
            if len(theirs[key]) != len(ours[key]):
                self.wrong.append(f"{name}: {where} has {len(theirs[key])} entries in Python, {len(ours[key])} in fanlight")
            for one, other in zip(theirs[key], ours[key]):
                for inner in sorted(one.keys() | other.keys()):
                    self.item(f"{where}[].{inner}", name, one, other, inner)
        elif theirs[key] != ours[key] and not OWN.fullmatch(where):
            self.wrong.append(f"{name}: {where} is {theirs[key]!r} in Python, {ours[key]!r} in fanlight")


def excused():
    """The rows of the page's table."""
    found = [ROW.fullmatch(line.strip()) for line in PAGE.read_text(encoding="utf8").splitlines()]
    return {match.group(1, 2, 3) for match in found if match}


def told(row):
    where, theirs, ours = row
    return f"{where}: {theirs or 'absent'} in Python, {ours or 'absent'} in fanlight"


def differences(python, fanlight):
    """All that is wrong, in words, and how many rows of the table were seen."""
    found, table = Comparison(python, fanlight), excused()
    wrong = list(found.wrong)
    wrong += [f"{told(row)}; no row of {PAGE.name} says why" for row in sorted(found.rows - table, key=str)]
    wrong += [f"{told(row)}: so says {PAGE.name}, and it is not so" for row in sorted(table - found.rows, key=str)]
    return wrong, len(table)


def changes(document):
    """Copies of a document, each with one key taken away from it or its subsegments, or with a value of another kind there. Not the keys by
    which documents are put together, nor those that the table has."""
    whole = json.dumps(document)
    table = {where.split(".")[-1] for where, *_ in excused()}
    count = sum(1 for _ in places(json.loads(whole)))
    for number in range(count):
        for how in ("gone", "other"):
            copy = json.loads(whole)
            holder, key = next(place for at, place in enumerate(places(copy)) if at == number)
            if key in table | {"id", "parent_id", "trace_id", "type", "start_time", "name", "subsegments"}:
                continue
            if how == "gone":
                del holder[key]
            else:
                holder[key] = ["another kind"] if not isinstance(holder[key], list) else "another kind"
            yield copy


def places(value):
    """(object, key) of everything in it, outside metadata's own values."""
    if isinstance(value, dict):
        for key in list(value):
            yield value, key
            yield from places(value[key])
    elif isinstance(value, list):
        for each in value:
            yield from places(each)
