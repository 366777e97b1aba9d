"""A UDP port that keeps what X-Ray SDKs send: each document's bytes, in order, and in a folder for the schemas."""
import socket
import threading

HEADER = b'{"format":"json","version":1}'


class UdpSink:
    """Receives from its construction to the end of its block."""

    def __init__(self, folder=None):
        self.folder, self.documents, self.wrong, self.seen = folder, [], [], threading.Condition()
        if folder:
            folder.mkdir(parents=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self.receive)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self.socket.getsockname())
        self.thread.join()
        self.socket.close()

    @property
    def address(self):
        return f"127.0.0.1:{self.socket.getsockname()[1]}"

    def receive(self):
        while packet := self.socket.recv(65_536):
            self.keep(packet)

    def keep(self, packet):
        header, newline, body = packet.partition(b"\n")
        with self.seen:
            if header.replace(b" ", b"") != HEADER or not newline:
                self.wrong.append(f"a packet begins {packet[:60]!r}")
            if self.folder:
                (self.folder / f"{len(self.documents):06}.json").write_bytes(body)
            self.documents.append(body)
            self.seen.notify_all()

    def taken(self):
        """All that was sent by somebody who is done: the end mark, sent after it, comes after it on loopback."""
        self.__exit__()
        return self.documents
