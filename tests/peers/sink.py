"""An OTLP endpoint that keeps what it gets: each request's body, inflated, in a file of its own, for readers in other languages.

The files are NUMBER.SIGNAL.ENCODING, as in 000007.traces.pb. What is wrong with a request itself (type, path, length) is kept in `wrong`.
"""
import gzip
import http.server
import re
import threading

TYPES = {"application/x-protobuf": "pb", "application/json": "json"}
AGENT = re.compile(r"fanlight/\d+\.\d+\.\d+ OTel-OTLP-Exporter-Cpp/\d+\.\d+\.\d+")


class Sink:
    """Answers from its construction to the end of its block."""

    def __init__(self, folder, encoding, compression):
        self.folder, self.encoding, self.compression = folder, encoding, compression
        self.lock, self.wrong, self.requests, self.connections, self.wire_bytes = threading.Lock(), [], 0, 0, 0
        folder.mkdir(parents=True)
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 60

            def setup(self):
                super().setup()
                with outer.lock:
                    outer.connections += 1

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status = outer.keep(self.path, self.headers, body)
                answer = b"{}" if self.headers.get("Content-Type") == "application/json" else b""
                self.send_response(status)
                self.send_header("Content-Type", self.headers.get("Content-Type", "text/plain"))
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

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
