"""examples/xray against a socket that stands for the daemon, against none, and with each of the mistakes that it shows."""
import json
import os
import socket
import subprocess

from otlp import check

HEAD = b'{"format":"json","version":1}\n'


class Daemon:
    """Takes datagrams; nothing listens on TCP."""
    def __enter__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(20)
        self.address = f"127.0.0.1:{self.socket.getsockname()[1]}"
        return self

    def __exit__(self, *_):
        self.socket.close()

    def document(self):
        packet = self.socket.recv(70000)
        check(packet.startswith(HEAD), packet)
        return json.loads(packet[len(HEAD):])


def start(folder, *words, **variables):
    done = subprocess.run([str(folder / "xray"), *words], capture_output=True, text=True, timeout=60,
                          env={**os.environ, "AWS_EC2_METADATA_DISABLED": "true", **variables})
    return done.returncode, done.stdout, done.stderr


def run(folder):
    with Daemon() as daemon:
        done = start(folder, AWS_XRAY_DAEMON_ADDRESS=daemon.address)
        check(done == (0, "4 of 4 records delivered\n", ""), f"two spans, and the notes of their start: {done}")
        segment = daemon.document()
        check(segment["name"] == "backend-cpp" and segment["http"]["response"]["status"] == 200, segment)
        query, = segment["subsegments"]
        check(query["name"] == "user_activities" and query["annotations"] == {"user_handle": "andrewbrown"}, query)
        check(query["metadata"]["dataset"]["results"]["results-size"] == 2, query)

        done = start(folder, "nested", AWS_XRAY_DAEMON_ADDRESS=daemon.address)
        check(done[0] == 0 and "segment 'activities' was begun inside another span of this process" in done[2], done)
        check([one["name"] for one in daemon.document()["subsegments"]] == ["activities"], "it became a subsegment")

        done = start(folder, "orphan", AWS_XRAY_DAEMON_ADDRESS=daemon.address)
        check("subsegment 'user_activities' was begun with no segment above it" in done[2], done)

        done = start(folder, "check", AWS_XRAY_DAEMON_ADDRESS=daemon.address)
        check(done[0] == 0 and "handed to the kernel, and not refused" in done[1], done)
        check("the daemon's TCP side listens on its own loopback address alone" in done[1], done)
        check(daemon.document()["name"] == "fanlight-check", "the segment of the check")
        away = daemon.address

    done = start(folder, AWS_XRAY_DAEMON_ADDRESS=away)
    check(done[0] == 1 and f"nobody listens on UDP {away}" in done[2], f"nobody there: {done}")
    check("AWS_XRAY_DAEMON_ADDRESS" in done[2], done)
    done = start(folder, "check", AWS_XRAY_DAEMON_ADDRESS=away)
    check(done[0] == 1 and f"nobody listens on UDP {away}" in done[1] and "It did not arrive." in done[1], done)
    done = start(folder, AWS_XRAY_DAEMON_ADDRESS="http://xray:2000")
    check("such as xray:2000" in done[2] and "127.0.0.1:2000 is used instead" in done[2], f"a URL: {done}")
