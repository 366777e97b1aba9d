"""Items of two SDKs side by side: which keys only one of them writes, where types differ, and where values do that should not. What may differ
stands in a table of docs/backends/rollbar-peers.md, one for each SDK, a row for each difference, and nothing else may."""
import functools
import json
import re

from kit import HERE

PAGE = HERE.parents[1] / "docs/backends/rollbar-peers.md"
HEADING = re.compile(r"## (.+)")
ROW = re.compile(r"\| `([^`]+)` \| (?:`([\w, ]+)`|–) \| (?:`([\w, ]+)`|–) \| (.+) \|")
KINDS = {bool: "boolean", int: "integer", float: "number", str: "string", dict: "object", list: "array", type(None): "null"}
# What is each SDK's, each run's, or each language's own.
OWN = re.compile(r"timestamp|uuid|language|platform|framework|notifier\..*|server\.pid|.*\.frames\[\]\..*|.*\.exception\.class|.*timestamp_ms|.*telemetry\[\]\.source")
# How the SDKs hide a secret; ours has one form.
MASK = re.compile(r"\*{3,}|-{3,}|\[FILTERED\]")


def kind(values):
    return ", ".join(sorted({KINDS[type(each)] for each in values}))


def same_form(item):
    """One exception may go as a trace, or as a chain of one: both are legal. Compared as a trace; that it was a chain is a row."""
    data = item.get("data")
    body = data.get("body") if isinstance(data, dict) else None
    chain = body.get("trace_chain") if isinstance(body, dict) else None
    if not isinstance(chain, list) or len(chain) != 1:
        return item
    return {**item, "data": {**data, "body": {**{key: value for key, value in body.items() if key != "trace_chain"}, "trace": chain[0]}}}


class Comparison:
    """`rows`: (where, kind in theirs, kind in ours), None for absent. `wrong`: what no table excuses, in words."""

    def __init__(self, theirs, ours):
        self.rows, self.wrong = set(), []
        for story in sorted(theirs.keys() | ours.keys()):
            if story not in theirs or story not in ours:
                self.wrong.append(f"nobody but {'the peer' if story in theirs else 'fanlight'} told the story `{story}`")
                continue
            self.node("", story, [self.unified(theirs[story], 0)], [self.unified(ours[story], 1)])

    def unified(self, item, column):
        form = same_form(item)
        if form is not item:
            self.rows.add(("body.trace", "chain of one", "object") if column == 0 else ("body.trace", "object", "chain of one"))
        return form

    def node(self, where, story, theirs, ours):
        """`theirs`, `ours`: all values that are there, several where the way leads through an array."""
        kinds = kind(theirs), kind(ours)
        if kinds == ("object", "object"):
            for key in sorted({key for each in theirs + ours for key in each}):
                self.item(f"{where}.{key}" if where else key, story, [each[key] for each in theirs if key in each], [each[key] for each in ours if key in each])
        elif kinds == ("array", "array"):
            self.item(f"{where}[]", story, *([each for one in side for each in one] for side in (theirs, ours)), empty_is_fine=True)
        elif kinds[0] != kinds[1]:
            self.rows.add((where.removeprefix("data."), *kinds))
        elif self.shown(theirs) != self.shown(ours) and not OWN.fullmatch(where.removeprefix("data.")):
            self.wrong.append(f"{story}: {where} is {theirs} in theirs, {ours} in ours")

    def item(self, where, story, theirs, ours, empty_is_fine=False):
        if theirs and ours:
            self.node(where, story, theirs, ours)
        elif (theirs or ours) and not empty_is_fine:
            self.rows.add((where.removeprefix("data."), kind(theirs) or None, kind(ours) or None))

    @staticmethod
    def shown(values):
        return [MASK.sub("(hidden)", each) if isinstance(each, str) else each for each in values]


@functools.lru_cache
def excused(peer):
    """The rows of the table under the peer's heading."""
    found, here = set(), None
    for line in PAGE.read_text(encoding="utf8").splitlines():
        if heading := HEADING.fullmatch(line):
            here = heading.group(1)
        elif here == peer and (match := ROW.fullmatch(line.strip())):
            found.add(match.group(1, 2, 3))
    return found


def told(row):
    where, theirs, ours = row
    return f"{where}: {theirs or 'absent'} in theirs, {ours or 'absent'} in ours"


def differences(peer, theirs, ours):
    """All that is wrong, in words, and how many rows of the table were seen. Items by the names of their stories."""
    found, table = Comparison(theirs, ours), excused(peer)
    wrong = list(found.wrong)
    wrong += [f"{told(row)}; no row of {PAGE.name} says why" for row in sorted(found.rows - table, key=str)]
    wrong += [f"{told(row)}: so says {PAGE.name}, and it is not so" for row in sorted(table - found.rows, key=str)]
    return wrong, len(table)


def changes(peer, item):
    """Copies of an item, each with one key taken away from it, or with a value of another kind there. Not what the table speaks of: that differs
    already."""
    whole = json.dumps(item)
    spoken_of = tuple(where for where, *_ in excused(peer))
    for number, (path, *_) in enumerate(places(item)):
        where = path.removeprefix("data.")
        if any(where == row or where.startswith((f"{row}.", f"{row}[")) for row in spoken_of):
            continue
        for how in ("gone", "other"):
            copy = json.loads(whole)
            _, holder, key = next(place for at, place in enumerate(places(copy)) if at == number)
            if how == "gone":
                del holder[key]
            else:
                holder[key] = ["another kind"] if not isinstance(holder[key], list) else "another kind"
            yield f"{path} {how}", copy


def places(value, path=""):
    """(path, object, key) of everything in it; of an array of objects, what is in the first, where it is the only one."""
    if isinstance(value, dict):
        for key in list(value):
            below = f"{path}.{key}" if path else key
            yield below, value, key
            yield from places(value[key], below)
    elif isinstance(value, list) and len(value) == 1:
        yield from places(value[0], f"{path}[]")
