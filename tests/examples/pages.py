"""What cruddur does for pages in a browser: files, leave for another origin, and the proxy for their spans, with a
`Collector` behind it that proxy() makes. tests/peers has a real browser."""
import contextlib
import gzip
import http.client
import json
import signal
import socket
import ssl
import subprocess
import tempfile
import pathlib

import cruddur
from endpoint import Endpoint
from otlp import check

ORIGIN = "http://127.0.0.1:3000"
KEY = "hidden/=key"
SPANS = json.dumps({"resourceSpans": []}).encode()


class Collector(Endpoint):
    """Takes what comes, with the status it is told to."""
    def __init__(self):
        super().__init__()
        self.status, self.taken = 200, []

    def reply(self, path, headers, body):
        with self.lock:
            self.taken.append((path, headers["x-team"], headers["Content-Type"], headers["Cookie"], body))
        return self.status, {}, b'{"partialSuccess":{},"secret":"no page should see"}'

    def speak_tls(self, certificate, key):
        """Before it serves."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.endpoint = self.endpoint.replace("http:", "https:")

    def variables(self):
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": self.endpoint + "/", "OTEL_EXPORTER_OTLP_HEADERS": "x-team = hidden%2F%3Dkey , nonsense", "no_proxy": "*"}


def ask(server, method, path, body=None, headers={}):
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # refused by its headers: the answer is there before all is sent
            connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


def ship(server, kind="application/json", body=SPANS):
    status, _, told = ask(server, "POST", "/v1/traces", body, {"Content-Type": kind, "Cookie": "of=the page", "Origin": ORIGIN})
    check(b"secret" not in told and KEY.encode() not in told, told)
    return status


def without_length(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(b"POST /v1/traces HTTP/1.1\r\nHost: cruddur\r\nContent-Type: application/json\r\n\r\n")
        return connection.recv(1000)


def proxy(folder):
    with Collector() as far:
        with cruddur.Server(folder, environment=far.variables()) as server:
            for kind in ("application/json", "application/x-protobuf", "application/json; charset=utf-8"):
                check(ship(server, kind) == 200, kind)
            check(far.taken == [("/v1/traces", KEY, kind, None, SPANS) for kind in ("application/json", "application/x-protobuf", "application/json")], far.taken)
            check(ship(server, "text/plain") == 415 and ship(server, body=b"x" * 300_000) == 413 and len(far.taken) == 3, "neither goes on")
            check(ship(server, body=iter([SPANS])) == 411, "in chunks")
            packed = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
            check(ask(server, "POST", "/v1/traces", gzip.compress(b" " * 10_000_000), packed)[0] == 415, "one that grows")
            check(without_length(server).startswith(b"HTTP/1.1 411"), "no length")
            check(len(far.taken) == 3, "none of them goes on")
            for far.status, told in ((400, 400), (429, 503), (503, 503), (401, 502), (404, 502)):
                check(ship(server) == told, f"{far.status} is told as {told}")
            _, err = server.stop(signal.SIGTERM)
            check(err.count("the collector does not take spans of pages") == 2 and "key" not in err, f"ours to mend, without the key: {err}")
            check("/v1/traces" not in err, "no trace for what carries traces")
        away = far.variables()
    with cruddur.Server(folder, environment=away) as server:
        check(ship(server) == 503 and ship(server) == 503, "nobody there")
        _, err = server.stop(signal.SIGTERM)
        check(err.count("the collector of pages' spans cannot be reached") == 1 and KEY not in err, f"told once: {err}")
    with cruddur.Server(folder) as server:
        check(ship(server) == 404, "no collector")


def proxy_by_tls(folder):
    with tempfile.TemporaryDirectory() as scratch:
        key, certificate = f"{scratch}/key.pem", f"{scratch}/certificate.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=collector",
                        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate], check=True, capture_output=True, timeout=60)
        far = Collector()
        far.speak_tls(certificate, key)
        with far:
            for known, status in (({}, 503), ({"OTEL_EXPORTER_OTLP_CERTIFICATE": certificate}, 200), ({"OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE": certificate}, 200)):
                with cruddur.Server(folder, environment={**far.variables(), **known}) as server:
                    check(ship(server) == status, f"{status} with {list(known)}")
        check(len(far.taken) == 2, far.taken)


def origins(folder):
    wanted = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "traceparent"}
    with cruddur.Server(folder, "--web-origin", ORIGIN) as server:
        status, headers, _ = ask(server, "OPTIONS", "/api/activities/home", headers={"Origin": ORIGIN, **wanted})
        check(status == 204 and headers["Access-Control-Allow-Origin"] == ORIGIN, f"{status} {headers}")
        check("traceparent" in headers["Access-Control-Allow-Headers"] and "POST" in headers["Access-Control-Allow-Methods"], headers)
        for origin, allowed in ((ORIGIN, ORIGIN), ("http://evil.example", None)):
            for path in ("/api/activities/home", "/api/activities/@crash", "/no/such"):
                _, headers, _ = ask(server, "GET", path, headers={"Origin": origin})
                check((headers["Access-Control-Allow-Origin"], headers["Vary"]) == (allowed, "Origin"), f"{path} for {origin}: {headers}")
                check((headers["Access-Control-Expose-Headers"] == "Retry-After") == (allowed is not None), f"when to come again is for the page: {headers}")
        _, err = server.stop(signal.SIGTERM)
        check("OPTIONS" not in err, f"a preflight leaves no trace: {err}")
    with cruddur.Server(folder) as server:
        check(ask(server, "GET", "/api/health", headers={"Origin": ORIGIN})[1]["Access-Control-Allow-Origin"] is None, "nobody was allowed")


def files(folder):
    with tempfile.TemporaryDirectory() as scratch:
        inside = pathlib.Path(scratch) / "web"
        inside.mkdir()
        (inside / "index.html").write_text("<title>cruddur</title>")
        (inside / "page.js").write_text("0")
        (pathlib.Path(scratch) / "outside.txt").write_text("no")
        done = subprocess.run([str(folder / "cruddur"), "--port", "0", "--web", str(inside / "none")], capture_output=True, text=True, timeout=20)
        check(done.returncode == 1 and "there is no folder" in done.stderr, done)
        with cruddur.Server(folder, "--web", str(inside)) as server:
            status, headers, body = ask(server, "GET", "/")
            check((status, headers["Content-Type"], body) == (200, "text/html", b"<title>cruddur</title>"), f"{status} {headers} {body}")
            check(ask(server, "GET", "/page.js")[1]["Content-Type"] == "text/javascript", "a script is told as one")
            check(ask(server, "GET", "/../outside.txt")[0] == 404 and ask(server, "GET", "/%2e%2e/outside.txt")[0] == 404, "what is beside the folder")
            _, err = server.stop(signal.SIGTERM)
            check("page.js" not in err and "GET http / " not in err, f"files of the page leave no trace: {err}")
            check(err.count("outside.txt 404") == 2, f"what is none of them does: {err}")


def run(folder):
    proxy(folder)
    proxy_by_tls(folder)
    origins(folder)
    files(folder)
