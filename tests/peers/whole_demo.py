#!/usr/bin/env python3
"""The whole demo: a page in a real browser, curl, and the example server with all four back ends at once. What each of them got of each request
is put side by side in one table (whole_judge.py). scripts/demo --peers builds the server and runs this; so does suite `demo` of run.py. All back
ends but Rollbar are other people's programs: for it stands `Items`, which perform() makes.

usage: tests/peers/whole_demo.py --cruddur PROGRAM [--keep]
       tests/peers/whole_demo.py --packages      what apt might bring that is missing here

Exit status 0 means: every request is the same trace everywhere, its parents are right, and nothing was lost.
"""
import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1] / "support")]
import whole_judge  # noqa: E402
from cruddur_kit import Cruddur, check, collected, curl  # noqa: E402
from endpoint import Endpoint  # noqa: E402
from kit import Failed, Missing, Process, needs_all, script  # noqa: E402

collector, moto, browser, xray_daemon = script("collector"), script("moto"), script("browser"), script("xray_daemon")
GROUP, TOKEN = "cruddur", "post-server-item-token"
HIDDEN = "of-the-back-end-alone"  # the key in OTLP's headers, which no page may see


class Request:
    """What curl asks: the pattern that names its span, the status it must get, how many spans the server makes of it, and of what kind the
    headers are. `error`: an item is due."""

    def __init__(self, method, path, route, status, spans, error=False, body=None, headers="traceparent"):
        self.method, self.path, self.route, self.status, self.spans = method, path, route, status, spans
        self.error, self.body, self.headers = error, body, headers


def message(text):
    return json.dumps({"user_handle": "worf", "message": text})


CURL = [
    Request("GET", "/api/activities/home", "/api/activities/home", 200, 3),
    Request("GET", "/api/activities/home", "/api/activities/home", 200, 3, headers="x-amzn-trace-id"),
    Request("GET", "/api/activities/home", "/api/activities/home", 200, 3, headers="none"),
    Request("GET", "/api/activities/home", "/api/activities/home", 200, 0, headers="unsampled"),
    Request("GET", "/api/activities/notifications", "/api/activities/notifications", 200, 4),
    Request("GET", "/api/activities/@bayko", "/api/activities/@:handle", 200, 4),
    Request("GET", "/api/activities/@nobody", "/api/activities/@:handle", 404, 3),
    Request("GET", "/api/activities/@crash", "/api/activities/@:handle", 500, 4, error=True),
    Request("POST", "/api/activities", "/api/activities", 201, 3, body=message("Qapla'")),
    Request("POST", "/api/activities", "/api/activities", 422, 2, body=message(" ")),
    Request("GET", "/rollbar/test", "/rollbar/test", 500, 1, error=True),
    Request("GET", "/rollbar/lost", "/rollbar/lost", 500, 3, error=True),
    Request("GET", "/no/such/page", "", 404, 1),
    Request("GET", "/api/health", "/api/health", 200, 0),
]
STEPS = ["Notifications", "@bayko", "post: Hello from a browser", "post:  ", "@crash"]
# What the page asks of the server in these steps, the feed of the start first.
PAGE = [CURL[0], CURL[4], CURL[5], CURL[8], CURL[0], CURL[9], CURL[7]]


# ---- the back ends that are not others' programs ----

class Items(Endpoint):
    """Rollbar's side: takes items, from whoever has the token."""

    def __init__(self):
        super().__init__()
        self.items, self.wrong = [], []
        self.environment = {"ROLLBAR_ACCESS_TOKEN": TOKEN, "ROLLBAR_ENDPOINT": f"{self.endpoint}/api/1/item/"}

    def reply(self, path, headers, body):
        with self.lock:
            if (path, headers.get("X-Rollbar-Access-Token")) != ("/api/1/item/", TOKEN):
                self.wrong.append(f"a request to {path} without the token")
            self.items.append(json.loads(body)["data"])
        return 200, {}, b'{"err": 0, "result": {}}'


class Relay(Process):
    """Ours in place of the X-Ray daemon."""

    def __init__(self, service, folder):
        super().__init__([moto.prepare(), moto.HERE / "relay.py"], folder / "relay.log", service.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        port = self.process.stdout.readline().decode().strip()
        check(port.isdigit(), f"the relay does not listen\n{self.told()}")
        self.environment = {"AWS_XRAY_DAEMON_ADDRESS": f"127.0.0.1:{port}"}

    def stop(self):
        self.process.stdin.close()
        try:
            code = self.process.wait(60)
        except subprocess.TimeoutExpired:
            raise Failed(f"the relay did not end\n{self.told()}")
        check(code == 0, f"the relay ended with {code}\n{self.told()}")


def daemon(service, folder):
    """The real one where it is named."""
    if os.environ.get("FANLIGHT_XRAY_DAEMON"):
        return xray_daemon.Daemon(service.endpoint, folder / "daemon", service.keys)
    return Relay(service, folder)


# ---- what is asked ----

def headers(kind, trace, parent):
    if kind == "x-amzn-trace-id":
        return [f"X-Amzn-Trace-Id: Root=1-{trace[:8]}-{trace[8:]};Parent={parent};Sampled=1"]
    return [] if kind == "none" else [f"traceparent: 00-{trace}-{parent}-{'00' if kind == 'unsampled' else '01'}"]


def asked(request, by, trace, parent, status, **more):
    return {"by": by, "method": request.method, "path": request.path, "route": request.route, "expected": request.status, "status": status,
            "spans": request.spans, "error": request.error, "headers": request.headers, "trace": trace, "parent": parent, **more}


def by_curl(address, number, request):
    trace, parent = f"{random.getrandbits(128) | 1:032x}", f"{random.getrandbits(64) | 1:016x}"
    agent = f"demo/{number}"
    status = curl(address + request.path, [f"User-Agent: {agent}", *headers(request.headers, trace, parent)], request.body)
    if request.headers == "none":
        trace = parent = ""  # the server begins the trace
    return asked(request, "curl", trace, parent, status, agent=agent)


def by_browser(told):
    """The requests of the page, by what it sent: the ids are those on the wire."""
    check(len(told["requests"]) == len(PAGE), f"the page asked {len(told['requests'])} times, not {len(PAGE)}: {told['requests']}")
    for request, sent in zip(PAGE, told["requests"]):
        check(sent["method"] == request.method and sent["url"].endswith(request.path), f"{sent} is not {request.method} {request.path}")
        version, trace, parent, flags = (sent["traceparent"] or "---").split("-")
        check((version, flags) == ("00", "01"), f"traceparent of {sent}")
        yield asked(request, "browser", trace, parent, sent["status"])


# ---- what came ----

def told_by(line, service, what):
    run = subprocess.run(line, input=what, env={**os.environ, **service.environment(), "no_proxy": "*"}, capture_output=True, text=True, timeout=120)
    if run.returncode:
        raise Failed(run.stdout + run.stderr)
    return json.loads(run.stdout)


def read_xray(service, traces):
    ids = [f"1-{trace[:8]}-{trace[8:]}" for trace in sorted(traces)]
    found = told_by([moto.prepare(), moto.HERE / "read_xray.py"], service, "\n".join(ids))
    documents = [json.loads(text) for each in found["traces"].values() for text in each]
    return documents, sorted(found["summaries"])


def read_lines(service):
    found = told_by([moto.prepare(), moto.HERE / "read_logs.py", GROUP], service, "")
    return [json.loads(text) for lines in found["streams"].values() for _, text in lines]


def environment(near, far, service, items):
    return {**service.environment(), **near.environment, **items.environment, "OTEL_EXPORTER_OTLP_ENDPOINT": far.endpoint,
            "OTEL_EXPORTER_OTLP_HEADERS": f"x-api-key={HIDDEN}", "FANLIGHT_LOG_GROUP": GROUP}


def no_key_in(told, *more):
    """Nothing that the page was made of, got or sent holds a key."""
    check(any('"retry-after"' in each or '"content-type"' in each for each in told["texts"]), "no headers of answers were looked at")
    for text in told["texts"]:
        check(not any(each in text for each in (HIDDEN, TOKEN, *more)), "a key is in the page")


def perform(folder, program):
    """All of it, from the first program that starts to the last that ends. What came of it is the evidence for whole_judge.py."""
    with collector.Collector(folder / "collected.jsonl", folder / "collector.log") as far, moto.Moto(folder / "moto.log") as service, \
            Items() as items, daemon(service, folder) as near:
        options = ["--otlp", "--xray", "--log-group", GROUP, "--web", browser.bundle(folder / "page")]
        with Cruddur(program, folder / "cruddur.log", *options, environment=environment(near, far, service, items)) as app:
            requests = [by_curl(app.address, number, request) for number, request in enumerate(CURL)]
            told = browser.drive(app.address + "/", *STEPS)
            requests += by_browser(told)
            counters = app.end()
        near.stop()
        far.stop()
        no_key_in(told, service.keys["AWS_SECRET_ACCESS_KEY"])
        printed = app.log.read_text(errors="replace")
        check(not any(each in printed for each in (HIDDEN, TOKEN, service.keys["AWS_SECRET_ACCESS_KEY"])), "a key is in what the server printed")
        check(not items.wrong, "\n".join(items.wrong))
        spans, logs = collected(far.file)
        documents, summaries = read_xray(service, {each["trace"] for each in spans} | {each["trace"] for each in requests if each["trace"]})
        return {"requests": requests, "actions": told["actions"], "browser": told["browser"], "spans": spans, "logs": logs, "documents": documents,
                "summaries": summaries, "lines": read_lines(service), "items": items.items, "counters": counters}


def prepare():
    """Every peer, made once; the first that is missing is told."""
    for peer in (browser, collector, moto):
        peer.prepare()
    return Path("collector, moto, browser, X-Ray daemon" if os.environ.get("FANLIGHT_XRAY_DAEMON") else "collector, moto, browser")


def tools():
    needs_all(*(peer.tools for peer in (browser, collector, moto)))


def packages():
    try:
        tools()
    except Missing as why:
        print("\n".join(sorted(set(why.packages))))
    return 0


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--cruddur", type=Path)
    arguments.add_argument("--packages", action="store_true")
    arguments.add_argument("--keep", action="store_true", help="leave the working folder and say where it is")
    options = arguments.parse_args()
    if options.packages:
        return packages()
    if not options.cruddur:
        arguments.error("--cruddur says where the example server is")
    folder = Path(tempfile.mkdtemp(prefix="fanlight-demo-"))
    try:
        tools()
        prepare()
        evidence = perform(folder, options.cruddur.resolve())
        (folder / "evidence.json").write_text(json.dumps(evidence, indent=1))
        text, wrong = whole_judge.judge(evidence)
        print(text)
    except (Failed, Missing) as why:
        wrong = [str(why) if isinstance(why, Failed) else f"needs {why}"]
    for each in wrong:
        print(f"wrong: {each}", file=sys.stderr)
    if options.keep or wrong:
        print(f"everything is in {folder}", file=sys.stderr)
    else:
        shutil.rmtree(folder)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
