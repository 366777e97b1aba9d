"""Reads OTLP's JSON into records as asked.py has them. Strict: a member that the protocol does not have, or of a wrong type, is an error.
Also the form in which the readers of other languages hand over their records (`unpacked`)."""
import base64
import json
import re
import struct


class Unreadable(Exception):
    pass


def take(given, **wanted):
    """The members of an object, each of the type wanted; nothing else may stand there."""
    for name, content in given.items():
        if name not in wanted or not isinstance(content, wanted[name]) or isinstance(content, bool) != (wanted[name] is bool):
            raise Unreadable(f"unexpected member {name!r} in {json.dumps(given)[:300]}")
    return given


def digits(given, name):
    """A 64-bit number: a decimal text. Absent: 0."""
    text = given.get(name, "0")
    if not re.fullmatch(r"-?\d+", text):
        raise Unreadable(f"{name} is not a decimal text: {text!r}")
    return text


def hex_id(given, name, size):
    text = given.get(name, "")
    if not re.fullmatch(f"([0-9a-f]{{{2 * size}}})?", text):
        raise Unreadable(f"{name} is not {size} bytes in lower-case hexadecimal digits: {text!r}")
    return text if text.strip("0") else ""


def real(content):
    words = {"NaN": "nan", "Infinity": "7ff0000000000000", "-Infinity": "fff0000000000000"}
    if isinstance(content, str):
        if content not in words:
            raise Unreadable(f"not a double: {content!r}")
        return ["d", words[content]]
    return ["d", struct.pack(">d", float(content)).hex()]


def value(given):
    take(given, stringValue=str, boolValue=bool, intValue=str, doubleValue=(int, float, str), bytesValue=str, arrayValue=dict, kvlistValue=dict)
    if not given:
        return ["e"]
    (kind, content), = given.items()
    if kind == "intValue":
        return ["i", digits(given, kind)]
    if kind == "doubleValue":
        return real(content)
    if kind == "bytesValue":
        return ["x", base64.b64decode(content, validate=True).hex()]
    if kind == "arrayValue":
        return ["a", [value(each) for each in take(content, values=list).get("values", [])]]
    if kind == "kvlistValue":
        return ["m", attributes(take(content, values=list).get("values", []))]
    return ["s" if kind == "stringValue" else "b", content]


def attributes(pairs):
    out = {}
    for pair in pairs:
        take(pair, key=str, value=dict)
        if pair["key"] in out:
            raise Unreadable(f"key {pair['key']!r} twice in {json.dumps(pairs)[:300]}")
        out[pair["key"]] = value(pair.get("value", {}))
    return out


def event(given):
    take(given, timeUnixNano=str, name=str, attributes=list, droppedAttributesCount=int)
    return {"at": int(digits(given, "timeUnixNano")), "name": given.get("name", ""), "attributes": attributes(given.get("attributes", [])),
            "dropped": given.get("droppedAttributesCount", 0)}


def link(given):
    take(given, traceId=str, spanId=str, traceState=str, attributes=list, droppedAttributesCount=int, flags=int)
    return {"trace": hex_id(given, "traceId", 16), "id": hex_id(given, "spanId", 8), "state": given.get("traceState", ""),
            "attributes": attributes(given.get("attributes", [])), "dropped": given.get("droppedAttributesCount", 0), "flags": given.get("flags", 0)}


def span(given):
    take(given, traceId=str, spanId=str, traceState=str, parentSpanId=str, flags=int, name=str, kind=int, startTimeUnixNano=str, endTimeUnixNano=str,
         attributes=list, droppedAttributesCount=int, events=list, droppedEventsCount=int, links=list, droppedLinksCount=int, status=dict)
    status = take(given.get("status", {}), code=int, message=str)
    return {"what": "span", "trace": hex_id(given, "traceId", 16), "id": hex_id(given, "spanId", 8), "parent": hex_id(given, "parentSpanId", 8),
            "state": given.get("traceState", ""), "name": given.get("name", ""), "kind": given.get("kind", 0), "flags": given.get("flags", 0),
            "start": int(digits(given, "startTimeUnixNano")), "end": int(digits(given, "endTimeUnixNano")),
            "attributes": attributes(given.get("attributes", [])), "dropped": given.get("droppedAttributesCount", 0),
            "events": [event(each) for each in given.get("events", [])], "dropped_events": given.get("droppedEventsCount", 0),
            "links": [link(each) for each in given.get("links", [])], "dropped_links": given.get("droppedLinksCount", 0),
            "status": [status.get("code", 0), status.get("message", "")]}


def log(given):
    take(given, timeUnixNano=str, observedTimeUnixNano=str, severityNumber=int, severityText=str, body=dict, attributes=list, droppedAttributesCount=int,
         flags=int, traceId=str, spanId=str, eventName=str)
    return {"what": "log", "trace": hex_id(given, "traceId", 16), "id": hex_id(given, "spanId", 8), "flags": given.get("flags", 0),
            "body": value(given.get("body", {})), "severity": [given.get("severityNumber", 0), given.get("severityText", "")],
            "at": int(digits(given, "timeUnixNano")), "observed": int(digits(given, "observedTimeUnixNano")),
            "attributes": attributes(given.get("attributes", [])), "dropped": given.get("droppedAttributesCount", 0), "event_name": given.get("eventName", "")}


SIGNALS = (("resourceSpans", "scopeSpans", "spans", span), ("resourceLogs", "scopeLogs", "logRecords", log))


def records(document):
    """Every span and log record of a TracesData, a LogsData, or a request."""
    take(document, resourceSpans=list, resourceLogs=list)
    for outer, inner, innermost, read in SIGNALS:
        for group in document.get(outer, []):
            take(group, resource=dict, schemaUrl=str, **{inner: list})
            who = attributes(take(group.get("resource", {}), attributes=list).get("attributes", []))
            for part in group.get(inner, []):
                take(part, scope=dict, schemaUrl=str, **{innermost: list})
                scope = take(part.get("scope", {}), name=str, version=str)
                for each in part.get(innermost, []):
                    yield {**read(each), "resource": who, "scope": [scope.get("name", ""), scope.get("version", "")]}


def whole(text):
    """Python has one zero among its whole numbers; JSON's -0 is a double's."""
    return -0.0 if text == "-0" else int(text)


def of_lines(path):
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield from records(json.loads(line, parse_int=whole))


def unpacked(record):
    """A record as a reader in another language wrote it: maps as lists of pairs, so that a key that comes twice is seen."""
    def the_value(given):
        if given[0] == "a":
            return ["a", [the_value(each) for each in given[1]]]
        return ["m", the_map(given[1])] if given[0] == "m" else given

    def the_map(pairs):
        out = {key: the_value(content) for key, content in pairs}
        if len(out) != len(pairs):
            raise Unreadable(f"a key twice in {json.dumps(pairs)[:300]}")
        return out

    for part in (record, *record.get("events", []), *record.get("links", [])):
        part["attributes"] = the_map(part["attributes"])
        for name in ("at", "observed", "start", "end"):
            if name in part:
                part[name] = int(part[name])
    record["resource"] = the_map(record["resource"])
    if "body" in record:
        record["body"] = the_value(record["body"])
    return record
