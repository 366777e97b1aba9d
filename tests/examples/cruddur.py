"""Starts cruddur, sends it real requests, stops it, and holds the traces against what each request should have left."""
import contextlib
import json
import os
import re
import signal
import subprocess
import tempfile
import pathlib
import urllib.error
import urllib.request

import rollbar
import xray
from otlp import check, logs, one, spans

INTERNAL, SERVER, CLIENT = 1, 2, 3
UNSET, ERROR = 0, 2
CALLER = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")


class Server:
    """The process, from its first word to its last. As a context manager it leaves none behind when a check fails."""

    def __init__(self, folder, *options, environment={}):
        command = [str(folder / "cruddur"), "--port", "0", "--fast", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
                                        env={**os.environ, **environment})
        first = self.process.stdout.readline()
        told = re.fullmatch(r"cruddur listening on (http://127\.0\.0\.1:(\d+))\n", first)
        if not told:
            self.__exit__()
        check(told, f"the address it listens on: {first!r}")
        self.address, self.port = told[1], int(told[2])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with self.process:
            self.process.kill()

    def ask(self, path, body=None, headers={}):
        request = urllib.request.Request(self.address + path, data=body, headers={"User-Agent": "a test/1", **headers})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as answer:
            with contextlib.closing(answer):
                return answer.code, json.loads(answer.read())

    def stop(self, how):
        self.process.send_signal(how)
        out, err = self.process.communicate(timeout=20)
        check(self.process.returncode == 0, f"exit 0, not {self.process.returncode}: {err}")
        return out, err


def post(server, document):
    return server.ask("/api/activities", json.dumps(document).encode())


def talk(server):
    """All requests of the test, in order, each with the status it must have. The length of the first answer."""
    status, home = server.ask("/api/activities/home", headers={"traceparent": "00-%s-%s-01" % CALLER})
    check(status == 200 and len(home) == 3, f"home: {status} {home}")
    status, rows = server.ask("/api/activities/notifications?user_handle=worf")
    check(status == 200 and len(rows) == 2, f"notifications: {status} {rows}")
    status, rows = server.ask("/api/activities/@bayko")
    check(status == 200 and [row["handle"] for row in rows] == ["bayko"], f"bayko: {status} {rows}")
    check(server.ask("/api/activities/@nobody") == (404, {"error": "user_not_found"}), "nobody")
    check(server.ask("/api/activities/@crash") == (500, {"error": "internal_error"}), "crash")
    status, made = post(server, {"user_handle": "worf", "message": "Qapla' \u2014 \u2694"})
    check(status == 201 and made["message"] == "Qapla' \u2014 \u2694", f"created: {status} {made}")
    check(post(server, {"user_handle": "worf", "message": " "}) == (422, {"error": "message_blank"}), "blank")
    check(post(server, {"user_handle": "worf", "message": "\u00e9" * 281}) == (422, {"error": "message_exceed_max_chars"}), "281")
    check(post(server, {"user_handle": "worf", "message": "\u00e9" * 280})[0] == 201, "280 characters, 560 bytes")
    check(server.ask("/api/activities", b"{nonsense")[0] == 400, "nonsense")
    check(server.ask("/wp-login.php") == (404, {"error": "no_such_page"}), "no such page")
    check(server.ask("/api/health") == (200, {"ok": True}), "health")
    return len(json.dumps(home, separators=(",", ":"), ensure_ascii=False).encode())


class Traces:
    def __init__(self, spans_path, logs_path):
        self.spans, self.logs = spans(spans_path), logs(logs_path)

    def server(self, status, **wanted):
        wanted = {key.replace("_", "."): value for key, value in wanted.items()}
        return [s for s in self.spans if s.kind == SERVER and s.attributes["http.response.status_code"] == status
                and wanted.items() <= s.attributes.items()]

    def beneath(self, parent):
        return [s for s in self.spans if s.parent == parent.id and s.trace == parent.trace]

    def only_child(self, parent, name, kind):
        child = one(self.beneath(parent), f"child of {parent}")
        check((child.name, child.kind) == (name, kind), f"{name} beneath {parent}, not {child}")
        check(parent.start <= child.start and child.end <= parent.end, f"{child} lies within {parent}")
        return child


def home(traces, port, length):
    root = one(traces.server(200, url_path="/api/activities/home"), "home")
    check((root.trace, root.parent) == CALLER, f"the caller's trace goes on: {root}")
    check(root.name == "GET /api/activities/home" and root.status == UNSET, root.wire)
    wanted = {"http.request.method": "GET", "http.route": "/api/activities/home", "url.path": "/api/activities/home",
              "url.scheme": "http", "http.response.status_code": 200, "server.address": "127.0.0.1", "server.port": port,
              "client.address": "127.0.0.1", "user_agent.original": "a test/1", "network.protocol.version": "1.1",
              "network.peer.address": "127.0.0.1", "http.response.body.size": length}
    ports = [root.attributes.pop(key) for key in ("client.port", "network.peer.port")]
    check(ports[0] == ports[1] and 0 < ports[0] < 65536 and ports[0] != port, f"the caller's port twice, not ours: {ports}")
    check(root.attributes == wanted, f"{root.attributes} should be {wanted}")
    for key, value in {"service.name": "cruddur", "service.version": "1.4.0", "telemetry.sdk.name": "fanlight",
                       "telemetry.sdk.language": "cpp", "deployment.environment.name": "development"}.items():
        check(root.resource.get(key) == value, f"resource {key} is {value}: {root.resource}")
    work = traces.only_child(root, "home-activities", INTERNAL)
    check(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", work.attributes["app.now"]), work.attributes)
    check(work.attributes["app.user_handle"] == "andrewbrown" and work.attributes["app.result_length"] == 3, work.attributes)
    query = traces.only_child(work, "SELECT activities", CLIENT)
    check(query.attributes["db.system.name"] == "postgresql" and query.attributes["db.response.returned_rows"] == 3
          and query.attributes["db.query.text"].startswith("SELECT * FROM activities"), query.attributes)
    check(query.end - query.start >= 1_000_000, "the mock database takes at least 50/50 ms")
    told = one((log for log in traces.logs if log.body == "HomeActivities"), "log record of home")
    check((told.trace, told.span) == (work.trace, work.id) and told.attributes["rows"] == 3, told.wire)


def notifications(traces):
    root = one(traces.server(200, url_path="/api/activities/notifications"), "notifications")
    check(root.parent == "" and root.trace != CALLER[0], f"a trace of its own: {root}")
    check(root.attributes["url.query"] == "user_handle=worf", root.attributes)
    work = traces.only_child(root, "notifications-activities", INTERNAL)
    check(work.attributes["app.user_handle"] == "worf" and work.attributes["app.result_length"] == 2, work.attributes)
    names = sorted(s.name for s in traces.beneath(work))
    check(names == ["SELECT activities", "SELECT mentions"], f"two queries on two threads beneath {work}: {names}")


def user_pages(traces):
    name = "GET /api/activities/@:handle"
    for handle in ("bayko", "nobody", "crash"):
        check(one((s for s in traces.spans if s.attributes.get("url.path") == "/api/activities/@" + handle), handle).name == name,
              f"the handle {handle} stays out of the name")
    found = one(traces.server(200, http_route="/api/activities/@:handle"), "200")
    work = traces.only_child(found, "user-activities", INTERNAL)
    check(sorted(s.name for s in traces.beneath(work)) == ["SELECT activities", "SELECT users"], traces.beneath(work))
    missing = one(traces.server(404, http_route="/api/activities/@:handle"), "404")
    check(missing.status == UNSET, f"the caller's mistake leaves a server span's status unset: {missing.wire}")
    check("user.unknown" in traces.only_child(missing, "user-activities", INTERNAL).events, "an event says why")


def crash(traces):
    root = one(traces.server(500), "500")
    check(root.status == ERROR and root.message == "connection reset by peer", root.wire)
    check(root.attributes["error.type"] == "cruddur::database_error", root.attributes)
    work = traces.only_child(root, "user-activities", INTERNAL)
    query = one((s for s in traces.beneath(work) if s.name == "SELECT activities"), "query that failed")
    check(work.status == ERROR and query.status == ERROR, f"what the exception crossed has failed: {work.wire} {query.wire}")
    thrown = [s for s in (root, work, query) if "exception" in s.events]
    check(len(thrown) == 1, f"the exception is written once: {thrown}")
    facts = thrown[0].events["exception"]
    check(facts["exception.type"] == "cruddur::database_error"
          and facts["exception.message"] == "connection reset by peer", facts)


def posts(traces):
    made = traces.server(201, http_request_method="POST")
    check(len(made) == 2 and {s.name for s in made} == {"POST /api/activities"}, made)
    for root in made:
        work = traces.only_child(root, "create-activity", INTERNAL)
        traces.only_child(work, "INSERT activities", CLIENT)
    refused = traces.server(422)
    check(len(refused) == 2 and all(root.status == UNSET for root in refused), refused)
    reasons = [traces.only_child(root, "create-activity", INTERNAL).events["activity.refused"]["reason"] for root in refused]
    check(sorted(reasons) == ["message_blank", "message_exceed_max_chars"], reasons)
    check(traces.beneath(one(traces.server(400), "400")) == [], "what is not understood goes no further")
    lost = one(traces.server(404, url_path="/wp-login.php"), "no such page")
    check(lost.attributes["http.response.body.size"] == len('{"error":"no_such_page"}'), lost.attributes)
    check(lost.name == "GET" and "http.route" not in lost.attributes, f"no route, and no path in the name: {lost.wire}")


def access_log(traces):
    told = [log for log in traces.logs if log.scope == "access"]
    form = r"\[\d{4}-[A-Z][a-z]{2}-\d\d \d\d:\d\d\] 127\.0\.0\.1 (GET|POST) http (/\S*) (\d{3})"
    roots = {s.id: s for s in traces.spans if s.kind == SERVER}
    check(len(told) == len(roots) + 1, f"a line for each request, the health check too: {[log.body for log in told]}")
    for log in told:
        method, path, status = re.fullmatch(form, log.body).groups()
        path, _, query = path.partition("?")
        check(log.attributes["http.response.status_code"] == int(status) and log.attributes["url.path"] == path, log.wire)
        check(log.attributes.get("url.query", "") == query, log.wire)
        route = re.sub("@.*", "@:handle", path) if path.startswith("/api/") else None
        check(log.attributes.get("http.route") == route, log.wire)
        if path == "/api/health":
            continue
        root = roots.pop(log.span)
        facts = root.attributes
        check(log.trace == root.trace, f"{log.body} carries the trace id of its request")
        check((facts["http.request.method"], facts["url.path"], facts["http.response.status_code"]) == (method, path, int(status)),
              f"{log.body} carries the span id of its request")
        check(log.severity == (17 if int(status) >= 500 else 9), log.wire)
    check(not roots, f"requests without a line: {roots}")


def whole_files(folder, scratch):
    path = scratch / "spans.jsonl"
    with Server(folder, "--otlp-file", str(path), "--seed", "7") as server:
        length = talk(server)
        out, err = server.stop(signal.SIGTERM)
    traces = Traces(path, scratch / "spans.logs.jsonl")
    home(traces, server.port, length)
    notifications(traces)
    user_pages(traces)
    crash(traces)
    posts(traces)
    access_log(traces)
    check(not any(s.attributes.get("http.route") == "/api/health" for s in traces.spans), "health checks are dropped")
    delivered, dropped, queued = map(int, re.fullmatch(
        r"cruddur stopped: delivered (\d+), dropped (\d+), still queued (\d+)\n", out).groups())
    check((dropped, queued) == (0, 0), out)
    check(delivered == 2 * (len(traces.spans) + len(traces.logs) + 1), f"{out} to the console and to the files: "
          f"{len(traces.spans)} spans, {len(traces.logs)} log records, and the report of the crash, which its span tells of")
    for words in ("GET /api/activities/home", "home-activities", "SELECT activities", "connection reset by peer"):
        check(words in err, f"the waterfall shows {words!r}: {err}")
    check("\x1b" not in err, "no colours into a pipe")


def json_console(folder):
    with Server(folder, "--json") as server:
        server.ask("/api/activities/home")
        _, err = server.stop(signal.SIGINT)
    found, text = [], err.strip()
    while text:
        document, end = json.JSONDecoder().raw_decode(text)
        found.append(document)
        text = text[end:].lstrip()
    names = [each["name"] for each in found if "context" in each]
    for name in ("GET /api/activities/home", "home-activities", "SELECT activities"):
        check(names.count(name) == 1, f"{name} once: {names}")
    root = one((each for each in found if each.get("name") == "GET /api/activities/home"), "server span")
    check(root["kind"] == "SpanKind.SERVER" and root["parent_id"] is None, root)
    check(re.fullmatch(r"0x[0-9a-f]{32}", root["context"]["trace_id"]), root)
    check(root["resource"]["attributes"]["service.name"] == "cruddur", root)


def bad_command_line(folder):
    done = subprocess.run([str(folder / "cruddur"), "--no-such"], capture_output=True, text=True, timeout=20)
    check(done.returncode == 2 and done.stderr.startswith("usage: cruddur") and done.stdout == "", done)


def errors_to_rollbar(folder):
    with rollbar.Sink() as sink:
        with Server(folder, environment=sink.environment()) as server:
            for path in ("/rollbar/test", "/rollbar/lost?user_handle=worf"):
                check(server.ask(path) == (500, {"error": "internal_error"}), path)
            server.stop(signal.SIGTERM)
        test, lost = sink.items()
    check(rollbar.exception(test)["class"] == "fanlight::test_error" and test["context"] == "/rollbar/test", test)
    check(rollbar.exception(lost) == {"class": "cruddur::no_answer", "message": "the handler of GET /rollbar/lost gave no answer"}, lost)
    check(lost["person"] == {"id": "worf"} and lost["request"]["url"].endswith("/rollbar/lost?user_handle=worf"), lost)
    check([one["type"] for one in lost["body"]["telemetry"]].count("error") == 1, "the first error led up to the second")


def dropped_for_xray(folder):
    """X-Ray hears of spans when they begin. Of one that the hook dropped at its end, nothing is left open there."""
    with xray.Daemon() as daemon:
        with Server(folder, "--xray", environment={"AWS_XRAY_DAEMON_ADDRESS": daemon.address, "AWS_EC2_METADATA_DISABLED": "true"}) as server:
            check(server.ask("/api/health") == (200, {"ok": True}), "health")
            _, err = server.stop(signal.SIGTERM)
        check("left_open" not in err and "api/health" not in err.replace("GET http /api/health", ""), err)
        daemon.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            raise AssertionError(f"nothing is sent, not {daemon.document()}")


def harness(folder):
    """The suite's protocol, over two stages: the server calls itself to call itself. Everything is one trace, the caller's."""
    with tempfile.TemporaryDirectory() as scratch:
        path = pathlib.Path(scratch) / "spans.jsonl"
        with Server(folder, "--harness", "--otlp-file", str(path)) as server:
            wanted = {"user_handle": "worf", "message": "\u201cto be\u201d \\"}
            inner = [{"url": server.address + "/api/activities", "arguments": wanted}]
            outer = json.dumps([{"url": server.address + "/test", "arguments": inner}, {"url": "nowhere", "arguments": 1}]).encode()
            check(server.ask("/test", outer, {"traceparent": "00-%s-%s-01" % CALLER, "tracestate": "foo=1"}) == (200, []), "two stages")
            check(server.ask("/api/activities/@worf")[1][-1]["message"] == wanted["message"], "the arguments arrive as they were")
            for body in (b"{", b"{}", b"[1]", b'[{"url": 1, "arguments": 1}]', b'[{"url": "http://127.0.0.1:1/"}]', b"[" * 501 + b"]" * 501):
                check(server.ask("/test", body) == (400, {"error": "body_not_understood"}), body)
            server.stop(signal.SIGTERM)
        mine = [s for s in spans(path) if s.trace == CALLER[0] and s.kind in (SERVER, CLIENT) and "http.request.method" in s.attributes]
    chain, parent = [], CALLER[1]
    while mine:
        next_one = one((s for s in mine if s.parent == parent), f"span beneath {parent}")
        mine.remove(next_one)
        chain.append((next_one.name, next_one.kind))
        parent = next_one.id
    check(chain == [("POST /test", SERVER), ("POST", CLIENT)] * 2 + [("POST /api/activities", SERVER)], chain)
    with Server(folder) as server:
        check(server.ask("/test", b"[]") == (404, {"error": "no_such_page"}), "it is not there by itself")


def run(folder):
    with tempfile.TemporaryDirectory() as scratch:
        whole_files(folder, pathlib.Path(scratch))
    json_console(folder)
    harness(folder)
    dropped_for_xray(folder)
    errors_to_rollbar(folder)
    bad_command_line(folder)
