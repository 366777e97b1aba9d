"""examples/honeycomb against a sink that stands for Honeycomb: by variables alone, in both ways, and with a key that is refused."""
import gzip
import json
import os
import pathlib
import subprocess
import tempfile

from endpoint import Endpoint
from otlp import check, logs, one, spans
from small import child


class Sink(Endpoint):
    """Takes OTLP in JSON, as Honeycomb does; what it says to it is given."""
    def __init__(self, status=200, said=b"{}"):
        super().__init__()
        self.status, self.said, self.requests = status, said, []

    def reply(self, path, headers, body):
        with self.lock:
            self.requests.append((path, headers, gzip.decompress(body) if headers["Content-Encoding"] == "gzip" else body))
        return self.status, {}, self.said


def send(folder, sink, **variables):
    environment = {name: text for name, text in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run([str(folder / "honeycomb")], capture_output=True, text=True, timeout=60, env={
        **environment, "OTEL_SERVICE_NAME": "backend-cpp", **variables})
    return done.returncode, done.stdout, done.stderr


def read(sink, scratch):
    """What arrived, by the reader of JSON Lines that the other examples are read with."""
    for path, name in (("/v1/traces", "spans.jsonl"), ("/v1/logs", "logs.jsonl")):
        bodies = [json.dumps(json.loads(body)) for at, _, body in sink.requests if at == path]
        (scratch / name).write_text("\n".join(bodies), encoding="utf-8")
    return spans(scratch / "spans.jsonl"), logs(scratch / "logs.jsonl")


def story(found, told):
    roots = [span for span in found if not span.parent]
    check(len(roots) == 3 and len({root.trace for root in roots}) == 3, f"three requests, three traces: {roots}")
    for root, handle, rows in zip(sorted(roots, key=lambda span: span.start), ("andrewbrown", "worf", None), (3, 3, 2)):
        check(root.name == "GET /api/activities/home" and root.attributes["http.response.status_code"] == 200, root.wire)
        check(root.resource["service.name"] == "backend-cpp", root.resource)
        home = child(found, root, "home-activities")
        check(home.attributes["app.result_length"] == rows and home.attributes.get("app.user_handle") == handle, home.wire)
        check("app.now" in home.attributes, home.wire)
        query = child(found, home, "SELECT activities")
        check(query.attributes == {"db.system.name": "postgresql", "db.response.returned_rows": rows}, query.wire)
        line = one((log for log in told if log.span == home.id), "log record of the span")
        check((line.body, line.trace) == ("HomeActivities", root.trace), line.wire)
    check(len(found) == 9 and len(told) == 3, f"these and no others: {found} {told}")


def run(folder):
    with tempfile.TemporaryDirectory() as scratch, Sink() as sink:
        address = sink.endpoint
        done = send(folder, sink, OTEL_EXPORTER_OTLP_ENDPOINT=address, OTEL_EXPORTER_OTLP_PROTOCOL="http/json",
                    OTEL_EXPORTER_OTLP_HEADERS="x-honeycomb-team=a%20key")
        check(done[:2] == (0, "12 records delivered, 0 lost\n"), f"exit 0: {done}")
        for _, headers, _ in sink.requests:
            check(headers["x-honeycomb-team"] == "a key" and headers["Content-Type"] == "application/json", headers)
            check(headers["User-Agent"].startswith("fanlight/") and "OTel-OTLP-Exporter-Cpp/" in headers["User-Agent"], headers)
        story(*read(sink, pathlib.Path(scratch)))

    with Sink() as sink:
        done = send(folder, sink, HONEYCOMB_API_KEY="hcaik_key", HONEYCOMB_API_ENDPOINT=sink.endpoint)
        check(done == (0, "12 records delivered, 0 lost\n", ""), f"in silence: {done}")
        check({path for path, _, _ in sink.requests} == {"/v1/traces", "/v1/logs"}, sink.requests)
        check(all(headers["x-honeycomb-team"] == "hcaik_key" and headers["Content-Type"] == "application/x-protobuf"
                  for _, headers, _ in sink.requests), sink.requests)

    with Sink(401, b'{"error":"unknown API key hcaik_key - check your credentials"}') as sink:
        done = send(folder, sink, HONEYCOMB_API_KEY="hcaik_key", HONEYCOMB_API_ENDPOINT=sink.endpoint)
        check(done[:2] == (1, "0 records delivered, 12 lost\n"), f"exit 1: {done}")
        check("look at what feeds the header x-honeycomb-team (from HONEYCOMB_API_KEY)" in done[2], done)
        check("hcaik_key" not in done[2], f"the key is not shown: {done}")
