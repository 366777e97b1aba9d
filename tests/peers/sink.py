"""An OTLP endpoint that keeps what it gets: each request's body, inflated, in a file of its own, for readers in other languages. otlp_suites makes
one for each transfer.

The files are NUMBER.SIGNAL.ENCODING, as in 000007.traces.pb. What is wrong with a request itself (type, path, length) is kept in `wrong`.
"""
import gzip
import re

from endpoint import Endpoint

TYPES = {"application/x-protobuf": "pb", "application/json": "json"}
AGENT = re.compile(r"fanlight/\d+\.\d+\.\d+ OTel-OTLP-Exporter-Cpp/\d+\.\d+\.\d+")


class Sink(Endpoint):
    def __init__(self, folder, encoding, compression):
        self.folder, self.encoding, self.compression = folder, encoding, compression
        self.wrong, self.requests, self.connections, self.wire_bytes = [], 0, 0, 0
        folder.mkdir(parents=True)
        super().__init__()

    def connected(self):
        with self.lock:
            self.connections += 1

    def reply(self, path, headers, body):
        status = self.keep(path, headers, body)
        kind = headers.get("Content-Type", "text/plain")
        return status, {"Content-Type": kind}, b"{}" if kind == "application/json" else b""

    def keep(self, path, headers, body):
        with self.lock:
            self.requests += 1
            self.wire_bytes += len(body)
            wrong = self.faults(path, headers, body)
            if wrong:
                self.wrong += [f"request {self.requests} to {path}: {each}" for each in wrong]
                return 400
            plain = gzip.decompress(body) if self.compression == "gzip" else body
            signal = path.rsplit("/", 1)[1]
            (self.folder / f"{self.requests:06}.{signal}.{TYPES[self.encoding]}").write_bytes(plain)
            return 200

    def faults(self, path, headers, body):
        found = []
        if path not in ("/v1/traces", "/v1/logs"):
            found.append("no such path")
        if headers.get_all("Content-Type") != [self.encoding]:
            found.append(f"Content-Type is {headers.get_all('Content-Type')}, not {self.encoding}")
        coding = headers.get("Content-Encoding", "none")
        if coding != self.compression:
            found.append(f"Content-Encoding is {coding}, not {self.compression}")
        if not AGENT.fullmatch(headers.get("User-Agent", "")):
            found.append(f"User-Agent is {headers.get('User-Agent')}")
        if not body:
            found.append("an empty body")
        return found
