"""Reads recorded OTLP requests with the classes that OpenTelemetry generates for Python, protobuf and JSON alike, and prints each record
as a line of JSON in the form of ../asked.py, maps as lists of pairs. What the classes do not know is an error."""
import base64
import json
import struct
import sys
from pathlib import Path

from google.protobuf import json_format, unknown_fields
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

REQUESTS = {"traces": ExportTraceServiceRequest, "logs": ExportLogsServiceRequest}
IDS = ("traceId", "spanId", "parentSpanId")


def double(number):
    return ["d", "nan" if number != number else struct.pack(">d", number).hex()]


def value(given):
    kind = given.WhichOneof("value")
    if kind is None:
        return ["e"]
    content = getattr(given, kind)
    if kind == "array_value":
        return ["a", [value(each) for each in content.values]]
    if kind == "kvlist_value":
        return ["m", pairs(content.values)]
    return {"string_value": lambda: ["s", content], "bool_value": lambda: ["b", content], "int_value": lambda: ["i", str(content)],
            "double_value": lambda: double(content), "bytes_value": lambda: ["x", content.hex()]}[kind]()


def pairs(given):
    return [[each.key, value(each.value)] for each in given]


def an_id(content, size):
    if len(content) not in (0, size):
        sys.exit(f"an id of {len(content)} bytes")
    return content.hex() if any(content) else ""


def event(given):
    return {"at": str(given.time_unix_nano), "name": given.name, "attributes": pairs(given.attributes), "dropped": given.dropped_attributes_count}


def link(given):
    return {"trace": an_id(given.trace_id, 16), "id": an_id(given.span_id, 8), "state": given.trace_state, "attributes": pairs(given.attributes),
            "dropped": given.dropped_attributes_count, "flags": given.flags}


def span(given):
    return {"what": "span", "trace": an_id(given.trace_id, 16), "id": an_id(given.span_id, 8), "parent": an_id(given.parent_span_id, 8),
            "state": given.trace_state, "name": given.name, "kind": given.kind, "flags": given.flags, "start": str(given.start_time_unix_nano),
            "end": str(given.end_time_unix_nano), "attributes": pairs(given.attributes), "dropped": given.dropped_attributes_count,
            "events": [event(each) for each in given.events], "dropped_events": given.dropped_events_count,
            "links": [link(each) for each in given.links], "dropped_links": given.dropped_links_count,
            "status": [given.status.code, given.status.message]}


def log(given):
    return {"what": "log", "trace": an_id(given.trace_id, 16), "id": an_id(given.span_id, 8), "flags": given.flags, "body": value(given.body),
            "severity": [given.severity_number, given.severity_text], "at": str(given.time_unix_nano), "observed": str(given.observed_time_unix_nano),
            "attributes": pairs(given.attributes), "dropped": given.dropped_attributes_count, "event_name": given.event_name}


def all_known(message, path):
    """No field on the wire that the .proto files do not have."""
    if len(unknown_fields.UnknownFieldSet(message)):
        sys.exit(f"{path}: an unknown field in {message.DESCRIPTOR.full_name}")
    for field, content in message.ListFields():
        if field.message_type:
            for each in content if field.is_repeated else [content]:
                all_known(each, path)


def with_base64_ids(what):
    """OTLP's JSON has ids in hexadecimal digits where plain protobuf JSON has base64: the one difference."""
    if isinstance(what, list):
        return [with_base64_ids(each) for each in what]
    if isinstance(what, dict):
        return {key: base64.b64encode(bytes.fromhex(each)).decode() if key in IDS else with_base64_ids(each) for key, each in what.items()}
    return what


def parsed(file):
    _, signal, encoding = file.name.split(".")
    message = REQUESTS[signal]()
    if encoding == "json":
        json_format.ParseDict(with_base64_ids(json.loads(file.read_bytes())), message, max_recursion_depth=200)
    else:
        message.ParseFromString(file.read_bytes())
    all_known(message, file.name)
    return message


def records(message):
    groups = message.resource_spans if hasattr(message, "resource_spans") else message.resource_logs
    for group in groups:
        who = pairs(group.resource.attributes)
        for part in group.scope_spans if hasattr(group, "scope_spans") else group.scope_logs:
            scope = [part.scope.name, part.scope.version]
            for each in map(span, part.spans) if hasattr(part, "spans") else map(log, part.log_records):
                yield {**each, "resource": who, "scope": scope}


for request in sorted(Path(sys.argv[1]).iterdir()):
    for record in records(parsed(request)):
        print(json.dumps(record))
