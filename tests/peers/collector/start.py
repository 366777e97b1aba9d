#!/usr/bin/env python3
"""The OpenTelemetry Collector: builds it once, starts it on a free port of loopback, prints the port when it answers.

usage: tests/peers/collector/start.py [FILE]     FILE: where it writes what it received (collector.jsonl)

It ends when standard input does, or with its parent.
"""
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from kit import Failed, Missing, Process, answers, cached, free_port, must  # noqa: E402

HERE = Path(__file__).resolve().parent
OLDEST_GO = (1, 25)
BUILD = {"GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly", "GOWORK": "off", "CGO_ENABLED": "0"}


def go():
    """A Go that is new enough, wherever such things are put: Debian's is often too old, and then stands first in the path."""
    homes = [Path("/usr/local/go/bin/go"), *sorted(Path("/usr/lib").glob("go-1.*/bin/go"), reverse=True)]
    found = []
    for each in (os.environ.get("FANLIGHT_GO"), shutil.which("go"), *homes):
        if not each or not Path(each).exists():
            continue
        told = subprocess.run([each, "version"], env={**os.environ, **BUILD}, capture_output=True, text=True, timeout=60).stdout
        version = re.search(r"go(\d+)\.(\d+)", told)
        if version and tuple(map(int, version.groups())) >= OLDEST_GO:
            return each, version[0]
        found.append(f"{each} is {version[0] if version else 'no Go'}")
    wanted = ".".join(map(str, OLDEST_GO))
    raise Missing(f"Go {wanted} or newer ({'; '.join(found) or 'there is none'}): apt install golang-{wanted}-go where the distribution has it, "
                  "else unpack Go into /usr/local/go, or name one in FANLIGHT_GO", "golang-1.26-go|golang-1.25-go")


tools = go


def prepare():
    """The Collector with what the tests need, and nothing else; built once."""
    tool, version = go()
    sources = [HERE / name for name in ("main.go", "go.mod", "go.sum")]

    def make(folder):
        for source in sources:
            shutil.copy(source, folder)
        must([tool, "build", "-trimpath", "-ldflags=-s -w", "-o", "collector", "."], limit=1500, cwd=folder, env=BUILD)

    return cached("collector", [*sources, version], make) / "collector"


class Collector(Process):
    """Runs from here on, and answers. What it receives goes to `file`; it is all there after stop()."""

    def __init__(self, file, log, port=None):
        self.file = Path(file)
        for attempt in range(5):
            self.port = port or free_port()
            super().__init__([prepare(), "--config", HERE / "config.yaml"], log, {"OTLP_PORT": str(self.port), "OTLP_FILE": str(self.file)})
            try:
                answers(self, self.probe())
                return
            except Failed:  # somebody else may have taken the port meanwhile
                self.__exit__()
                if port or attempt == 4:
                    raise

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def probe(self):
        return urllib.request.Request(self.endpoint + "/v1/traces", data=b"{}", headers={"Content-Type": "application/json"})


def main():
    file = Path(sys.argv[1] if len(sys.argv) > 1 else "collector.jsonl").resolve()
    try:
        with Collector(file, file.with_suffix(".log")) as running:
            print(running.port, flush=True)
            sys.stdin.read()
            running.stop()
    except (Failed, Missing) as why:
        sys.exit(f"collector: {why}")


if __name__ == "__main__":
    main()
