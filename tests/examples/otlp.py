"""Reads OTLP JSON Lines into spans and log records with plain attributes. Strict where the format is: ids, numbers, keys."""
import json
import re

ZERO_TRACE, ZERO_SPAN = "0" * 32, "0" * 16


def check(condition, told):
    if not condition:
        raise AssertionError(told)


def value_of(value):
    """An AnyValue as Python has it. 64-bit integers are decimal strings on the wire."""
    if not value:
        return None
    check(len(value) == 1, f"one member in an AnyValue: {value}")
    (kind, inner), = value.items()
    if kind == "intValue":
        check(isinstance(inner, str) and re.fullmatch(r"-?\d+", inner), f"intValue is a decimal string: {value}")
        return int(inner)
    if kind == "arrayValue":
        return [value_of(each) for each in inner.get("values", [])]
    if kind == "kvlistValue":
        return attributes_of(inner.get("values", []))
    check(kind in ("stringValue", "boolValue", "doubleValue", "bytesValue"), f"a known kind: {value}")
    return inner


def attributes_of(pairs):
    keys = [pair["key"] for pair in pairs]
    check(len(keys) == len(set(keys)), f"no key twice: {keys}")
    return {pair["key"]: value_of(pair["value"]) for pair in pairs}


def lines(path):
    for line in path.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def ids(record, span_key="spanId"):
    check(re.fullmatch(r"[0-9a-f]{32}", record["traceId"]) and record["traceId"] != ZERO_TRACE, f"trace id: {record}")
    check(re.fullmatch(r"[0-9a-f]{16}", record[span_key]) and record[span_key] != ZERO_SPAN, f"span id: {record}")


class Span:
    def __init__(self, wire, resource):
        ids(wire)
        self.wire, self.resource = wire, resource
        self.name, self.kind = wire["name"], wire["kind"]
        self.trace, self.id, self.parent = wire["traceId"], wire["spanId"], wire.get("parentSpanId", "")
        self.start, self.end = int(wire["startTimeUnixNano"]), int(wire["endTimeUnixNano"])
        self.attributes = attributes_of(wire.get("attributes", []))
        self.events = {event["name"]: attributes_of(event.get("attributes", [])) for event in wire.get("events", [])}
        self.links = wire.get("links", [])
        self.status = wire.get("status", {}).get("code", 0)
        self.message = wire.get("status", {}).get("message", "")
        check(self.start <= self.end, f"{self.name} ends after it starts")

    def __repr__(self):
        return f"<{self.name} {self.id} of {self.parent or 'nothing'} in {self.trace}>"


class Log:
    def __init__(self, wire, scope):
        self.wire, self.scope = wire, scope
        self.body = value_of(wire["body"])
        self.severity = wire["severityNumber"]
        self.trace, self.span = wire.get("traceId", ""), wire.get("spanId", "")
        self.attributes = attributes_of(wire.get("attributes", []))


def spans(path):
    found = []
    for document in lines(path):
        for resource in document["resourceSpans"]:
            facts = attributes_of(resource["resource"]["attributes"])
            for scope in resource["scopeSpans"]:
                found += [Span(wire, facts) for wire in scope["spans"]]
    check(len({span.id for span in found}) == len(found), "no span twice")
    return found


def logs(path):
    found = []
    for document in lines(path):
        for resource in document["resourceLogs"]:
            for scope in resource["scopeLogs"]:
                found += [Log(wire, scope.get("scope", {}).get("name", "")) for wire in scope["logRecords"]]
    return found


def one(found, told):
    found = list(found)
    check(len(found) == 1, f"exactly one {told}, not {found}")
    return found[0]
