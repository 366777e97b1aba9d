"""An HTTP server on loopback, for those who write only what it answers."""
import contextlib
import http.server
import threading


class Endpoint:
    """Answers from the beginning of its block to the end. `reply(path, headers, body)` of the heir gives the status, the type and the bytes; it
    and `connected()` are called on a thread for each connection."""

    timeout = 60  # seconds without a word, after which a connection ends

    def __init__(self):
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = outer.timeout

            def setup(self):
                super().setup()
                outer.connected()

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, kind, answer = outer.reply(self.path, self.headers, body)
                with contextlib.suppress(ConnectionError):  # who asked may have gone; a daemon that waited for more than 2 s asks again
                    self.send_response(status)
                    self.send_header("Content-Type", kind)
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

    def connected(self):
        pass
