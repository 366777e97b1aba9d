"""Holds what was read against what had to arrive, fact by fact, and proves that it would notice a change (`noticed`)."""
import copy
import random
import re

from asked import Moment

STACK = re.compile(r"#0 peers::tales::\w+\(\) \(\S+\+0x[0-9a-f]+\)\n(#\d+ [^\n]+ \(\S+\+0x[0-9a-f]+\)\n)+")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def key_of(record):
    if record["what"] == "span":
        return ("span", record["trace"], record["id"])
    return ("log", *record["attributes"]["n"]) if "n" in record["attributes"] else ("log", *record["body"])


def shown(what):
    text = repr(what)
    return text if len(text) <= 200 else text[:160] + f"... ({len(text)} characters)"


def differences(path, wanted, found, uuid):
    """Yields a line for each fact that is not as it has to be."""
    if isinstance(wanted, Moment):
        if not isinstance(found, int) or not wanted.holds(found):
            yield f"{path}: {found} is not {wanted}"
    elif wanted == ["s", "?uuid"]:
        if found != uuid:
            yield f"{path}: {shown(found)} is not the error's id {uuid}"
    elif wanted == ["s", "?stack"]:
        if found[0] != "s" or not STACK.fullmatch(found[1]):
            yield f"{path}: {found} is not a stack of named frames, the tale's own first"
    elif isinstance(wanted, dict) and isinstance(found, dict):
        for name in wanted.keys() | found.keys():
            if name not in found:
                yield f"{path}.{name}: missing; it had to be {shown(wanted[name])}"
            elif name not in wanted:
                yield f"{path}.{name}: {shown(found[name])} was never recorded"
            else:
                yield from differences(f"{path}.{name}", wanted[name], found[name], uuid)
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for place, (a, b) in enumerate(zip(wanted, found)):
            yield from differences(f"{path}[{place}]", a, b, uuid)
    elif wanted != found or type(wanted) is not type(found):
        yield f"{path}: {shown(found)} is not {shown(wanted)}"


def one(wanted, found):
    """What is wrong with one record."""
    wanted = {name: fact for name, fact in wanted.items() if name not in ("key", "uuid")} | ({"uuid": True} if "uuid" in wanted else {})
    uuid, wrong = None, []
    if wanted.pop("uuid", False):
        uuid = found["attributes"].get("fanlight.error.id")
        if not uuid or uuid[0] != "s" or not UUID.fullmatch(uuid[1]):
            wrong.append(f"attributes.fanlight.error.id: {shown(uuid)} is not a uuid")
    return wrong + list(differences("", wanted, found, uuid))


def told_uuid(wanted, found):
    """Where the program knows the error's id, that one."""
    known = wanted.get("uuid")
    return [] if not known or found["attributes"].get("fanlight.error.id") == ["s", known] else [f"fanlight.error.id is not {known}"]


def compare(expected, found, what=("span", "log")):
    """All that is wrong, in words; nothing when every record arrived once, and as it was recorded."""
    wrong, seen = [], set()
    for record in found:
        key = key_of(record)
        wanted = expected.records.get(key)
        if wanted is None:
            wrong.append(f"{key}: was never recorded: {shown(record)}")
        elif key in seen:
            wrong.append(f"{key}: came twice")
        else:
            wrong += [f"{key} {shown(wanted.get('name', ''))} {line}" for line in one(wanted, record) + told_uuid(wanted, record)]
        seen.add(key)
    missing = [key for key, record in expected.records.items() if record["what"] in what and key not in seen]
    return wrong + [f"{key}: never arrived" for key in missing]


# ---- would a change be noticed? ----

def leaves(what, path=()):
    if isinstance(what, dict):
        for name, inner in what.items():
            yield from leaves(inner, path + (name,))
    elif isinstance(what, list):
        for place, inner in enumerate(what):
            yield from leaves(inner, path + (place,))
    else:
        yield path


def changed(fact):
    if isinstance(fact, bool):
        return not fact
    if isinstance(fact, int):
        return fact + (1 if fact < 1 << 40 else 3_600_000_000_000)  # what is so large is a time
    return fact[:-1] + ("0" if fact[-1:] != "0" else "1")


def mutated(record, chance):
    """The record with one leaf changed, one member gone, or one added; and what was done."""
    out = copy.deepcopy(record)
    path = chance.choice([each for each in leaves(out) if each != ("what",)])
    parent = out
    for step in path[:-1]:
        parent = parent[step]
    how = chance.choice(("change", "remove", "add"))
    if how == "change":
        parent[path[-1]] = changed(parent[path[-1]])
    elif how == "remove":
        del parent[path[-1]]
    else:
        out["attributes"]["never recorded"] = ["b", True]
    return out, f"{how} {path}"


def noticed(expected, found, times=500, seed=1):
    """Changes one fact of one record, again and again, then loses a record and doubles one. Gives what went unnoticed."""
    chance = random.Random(seed)
    unnoticed = []
    for _ in range(times):
        record = chance.choice(found)
        wanted = expected.records[key_of(record)]
        other, how = mutated(record, chance)
        try:
            seen = key_of(other) != key_of(record) or one(wanted, other) + told_uuid(wanted, other)
        except (KeyError, IndexError):  # what the record is found by is gone
            seen = True
        if not seen:
            unnoticed.append(f"{key_of(record)}: {how}")
    if len(compare(expected, found[1:])) != 1 or len(compare(expected, found + found[:1])) != 1:
        unnoticed.append("a record that is lost, or comes twice")
    return unnoticed
