#!/usr/bin/env python3
"""The real aws-xray-daemon, which is no part of this project: FANLIGHT_XRAY_DAEMON names the binary. Starts it on a free port of loopback, UDP
and TCP alike, and prints the port when it answers.

usage: FANLIGHT_XRAY_DAEMON=FILE tests/peers/xray_daemon/start.py ENDPOINT     ENDPOINT: the service, or what plays it: http://127.0.0.1:PORT

It ends when standard input does, or with its parent.
"""
import contextlib
import os
import re
import socket
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from kit import PATIENCE, Failed, Missing, Process, Skipped, must  # noqa: E402

DUMMY = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
CONFIGURATION = """Version: 2
Endpoint: "{endpoint}"
Region: "us-east-1"
LocalMode: true
Socket:
  UDPAddress: "127.0.0.1:{port}"
  TCPAddress: "127.0.0.1:{port}"
Logging:
  LogLevel: "{level}"
"""


def tools():
    """The binary."""
    named = os.environ.get("FANLIGHT_XRAY_DAEMON")
    if not named:
        raise Skipped("by hand: FANLIGHT_XRAY_DAEMON names no binary of aws-xray-daemon (3.6.6 is what it was run with)")
    if not os.access(named, os.X_OK):
        raise Failed(f"FANLIGHT_XRAY_DAEMON is {named}, which is no program")
    return Path(named)


def prepare():
    binary = tools()
    told = re.search(r"\d+\.\d+\.\d+", must([binary, "--version"], limit=60))
    return Path(f"aws-xray-daemon {told[0] if told else 'of no version it tells'}")


def port_of_both():
    """Free for UDP and for TCP."""
    while True:
        with contextlib.closing(socket.socket()) as tcp, contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as udp:
            tcp.bind(("127.0.0.1", 0))
            with contextlib.suppress(OSError):
                udp.bind(tcp.getsockname())
                return tcp.getsockname()[1]


class Daemon(Process):
    """Runs from here on, and answers over TCP; its UDP side listens by then. What it has taken has left after stop()."""

    def __init__(self, endpoint, folder, keys=None, level="info"):
        folder.mkdir(parents=True, exist_ok=True)
        for attempt in range(5):
            self.port = port_of_both()
            (folder / "cfg.yaml").write_text(CONFIGURATION.format(endpoint=endpoint, port=self.port, level=level))
            super().__init__([tools(), "-c", folder / "cfg.yaml"], folder / "daemon.log", {**DUMMY, "AWS_SESSION_TOKEN": "", **(keys or {}), "AWS_EC2_METADATA_DISABLED": "true"})
            try:
                self.wait()
                return
            except Failed:  # somebody else may have taken the port meanwhile
                self.__exit__()
                if attempt == 4:
                    raise

    def wait(self):
        """Whatever it answers to a question it passes on, it is there."""
        until = time.monotonic() + PATIENCE
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while time.monotonic() < until and self.is_running():
            try:
                opener.open(urllib.request.Request(f"http://{self.address}/GetSamplingRules", data=b"{}"), timeout=PATIENCE).close()
                return
            except urllib.error.HTTPError as answer:
                return answer.close()
            except (urllib.error.URLError, ConnectionError):
                with contextlib.suppress(Exception):
                    self.process.wait(0.02)  # its end is what could come next, if not its answer
        raise Failed(f"the daemon did not answer\n{self.told()}")

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def environment(self):
        return {"AWS_XRAY_DAEMON_ADDRESS": self.address}


def main():
    with tempfile.TemporaryDirectory(prefix="fanlight-daemon-") as folder:
        try:
            with Daemon(sys.argv[1], Path(folder)) as running:
                print(running.port, flush=True)
                sys.stdin.read()
                running.stop()
        except (Failed, Missing, Skipped) as why:
            sys.exit(f"xray_daemon: {why}")


if __name__ == "__main__":
    main()
