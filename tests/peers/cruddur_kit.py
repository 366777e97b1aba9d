"""The example server as a peer of real browsers and back ends: started as its users start it, asked by curl, its page served from elsewhere, by
the `Pages` that each visit of demo_suite makes."""
import functools
import http.server
import os
import re
import subprocess

import otlp_json
from endpoint import Quiet, Server
from kit import PATIENCE, Failed, Process, must

SETTINGS = ("OTEL_", "FANLIGHT_", "AWS_", "ROLLBAR_", "HONEYCOMB_", "DD_")
SERVER, CLIENT, INTERNAL = 2, 3, 1  # kinds of spans in OTLP


def check(condition, words):
    if not condition:
        raise Failed(words)


class Cruddur(Process):
    """Runs from here on, and listens. What the caller's shell says of exporters does not reach it."""

    def __init__(self, program, log, *options, environment):
        check(os.access(program, os.X_OK), f"{program} is not built: scripts/test --peers and scripts/demo --peers build it")
        blank = {name: "" for name in os.environ if name.startswith(SETTINGS)}
        super().__init__([program, "--port", "0", "--fast", *options], log, {**blank, "no_proxy": "*", "AWS_EC2_METADATA_DISABLED": "true", **environment},
                         stdout=subprocess.PIPE)
        first = self.process.stdout.readline().decode()  # it comes, or the end of the program does
        told = re.fullmatch(r"cruddur listening on (http://127\.0\.0\.1:\d+)\n", first)
        if not told:
            self.__exit__()
        check(told, f"cruddur does not listen: {first!r}\n{self.told()}")
        self.address = told[1]

    def end(self):
        """Its last words: how many records, over all exporters, were delivered, dropped, and still queued."""
        self.stop()
        last = self.process.stdout.read().decode()
        told = re.search(r"cruddur stopped: delivered (\d+), dropped (\d+), still queued (\d+)\n", last)
        check(told, f"cruddur's last words are {last!r}")
        return [int(each) for each in told.groups()]


def curl(address, headers=(), body=None):
    """The status."""
    line = ["curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", PATIENCE, "--output", "/dev/null", "--write-out", "%{http_code}"]
    for each in headers:
        line += ["--header", each]
    if body is not None:
        line += ["--header", "Content-Type: application/json", "--data-binary", body]
    return int(must([*line, address], limit=2 * PATIENCE))


class Files(Quiet, http.server.SimpleHTTPRequestHandler):
    pass


class Pages(Server):
    """Another origin: serves a folder."""

    def __init__(self, folder):
        super().__init__(functools.partial(Files, directory=folder))


# ---- what the Collector wrote, as plain facts ----

def plain(value):
    """Of otlp_json's [type, content], what a person would say."""
    if value[0] == "i":
        return int(value[1])
    return value[1] if len(value) > 1 else None


def facts(record):
    """One span or log record: who, ids, name, and attributes without their types."""
    kept = {key: record[key] for key in ("what", "trace", "id", "parent", "name", "kind") if key in record}
    if record["what"] == "log":
        kept["text"] = plain(record["body"])
    else:
        kept["errors"] = [plain(each["attributes"]["exception.message"]) for each in record["events"] if each["name"] == "exception"]
    service = record["resource"].get("service.name", ["s", ""])
    return {**kept, "service": plain(service), "attributes": {key: plain(value) for key, value in record["attributes"].items()}}


def collected(file):
    """Spans and log records, apart."""
    found = [facts(record) for record in otlp_json.of_lines(file)]
    return [each for each in found if each["what"] == "span"], [each for each in found if each["what"] == "log"]
