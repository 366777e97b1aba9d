"""HTTP servers on loopback. A test makes one by its `with`, and owns it: it has a port of its own, serves from the beginning of the block to the
end, and calls its handlers on a thread for each connection."""
import contextlib
import functools
import http.server
import threading


class Quiet:
    """For the handlers: what they do is not told on stderr."""

    def log_message(self, *_):
        pass


class Server:
    """`handler` is called as http.server does: with the connection, the address of who asks, and the server."""

    def __init__(self, handler):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Endpoint(Server):
    """For those who write only what it answers to a post. `reply(path, headers, body)` of the heir gives the status, the headers and the bytes, or
    None: then the connection ends without an answer. What it answers is JSON if its headers do not say otherwise. It and `connected()` are called
    on the thread of the connection; `lock` is there for what they keep."""

    timeout = 60  # seconds without a word, after which a connection ends

    def __init__(self):
        super().__init__(functools.partial(Posts, self))
        self.lock = threading.Lock()

    def connected(self):
        pass


class Posts(Quiet, http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, owner, *connection):
        self.owner, self.timeout = owner, owner.timeout
        super().__init__(*connection)  # which serves until it ends

    def setup(self):
        super().setup()
        self.owner.connected()

    def do_POST(self):
        reply = self.owner.reply(self.path, self.headers, self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        if reply is None:
            self.close_connection = True
            return
        status, headers, body = reply
        with contextlib.suppress(ConnectionError):  # who asked may have gone; a daemon that waited for more than 2 s asks again
            self.send_response(status)
            for name, text in {"Content-Type": "application/json", **headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(body)
