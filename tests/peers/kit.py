"""What all peers need: a cache folder outside the tree, commands with a limit, processes that die with us, waiting until one answers."""
import contextlib
import ctypes
import fcntl
import functools
import hashlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
LIBC = ctypes.CDLL(None)  # loaded here: a child of a program with threads may not
PATIENCE = 60  # seconds in which a peer has to answer, or to end


def script(name):
    """tests/peers/NAME/start.py as a module."""
    spec = importlib.util.spec_from_file_location(f"start_{name}", HERE / name / "start.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Failed(Exception):
    pass


class Missing(Exception):
    """Something is not installed. The words say what brings it, `packages` the names that apt may know, alternatives as `a|b`."""

    def __init__(self, words, *packages):
        super().__init__(words)
        self.packages = packages


class Skipped(Exception):
    """A case that is not run here, for a reason that is no failure in CI either. The words say what would let it run."""


def shortened(output, most=6000):
    """The first words help, and the last ones."""
    return output if len(output) <= most else f"{output[:most - 1000]}\n[...]\n{output[-1000:]}"


def must(line, limit=600, cwd=None, env=None, output=None):
    """Runs to its end; gives what it printed, or lets it go into the file `output`."""
    line = [str(word) for word in line]
    told = "$ " + " ".join(line)
    try:
        run = subprocess.run(line, cwd=cwd, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL, stdout=output or subprocess.PIPE,
                             stderr=subprocess.PIPE if output else subprocess.STDOUT, timeout=limit, preexec_fn=die_with_parent)
    except subprocess.TimeoutExpired as late:
        raise Failed(f"{told}\nstill running after {limit} s\n{(late.output or b'').decode(errors='replace')}")
    words = ((run.stderr if output else run.stdout) or b"").decode(errors="replace")
    if run.returncode:
        raise Failed(f"{told}\n{shortened(words)}\nexit status {run.returncode}")
    return words


@functools.lru_cache
def needs_venv():
    if subprocess.run([sys.executable, "-c", "import venv, ensurepip"], capture_output=True, timeout=60).returncode:
        raise Missing("Python's venv: apt install python3-venv", "python3-venv")


def installed_from(name, requirements):
    """The interpreter of an environment that has what this file says, made once."""
    needs_venv()

    def make(folder):
        must([sys.executable, "-m", "venv", "--clear", folder])
        must([folder / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:", "-r", requirements], limit=900)

    return cached(name, [requirements, sys.version], make) / "bin/python"


def needs_all(*needs):
    """What each of them gives. All that is missing is told at once."""
    found, missing = [], []
    for each in needs:
        try:
            found.append(each())
        except Missing as why:
            missing.append(why)
    if missing:
        raise Missing("; ".join(map(str, missing)), *(package for each in missing for package in each.packages))
    return found


OLDEST_NODE = 18


@functools.lru_cache
def needs_node():
    """Where npm is, and which version of Node."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        raise Missing(f"{'npm' if node else 'Node'}: apt install nodejs npm", "nodejs", "npm")
    version = must([node, "--version"], limit=60).strip()
    if int(version.lstrip("v").split(".")[0]) < OLDEST_NODE:
        raise Missing(f"Node {OLDEST_NODE} or newer, not {version}: apt install nodejs npm where the distribution has it", "nodejs", "npm")
    return npm, version


def installed_by_npm(name, source):
    """A folder with node_modules as the package-lock.json in `source` says, made once."""
    npm, version = needs_node()
    files = [source / file for file in ("package.json", "package-lock.json")]

    def make(folder):
        for file in files:
            shutil.copy(file, folder)
        must([npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], limit=900, cwd=folder)

    return cached(name, [*files, version], make)


# ---- the cache: what was built or installed once ----

def cache_folder():
    named = os.environ.get("FANLIGHT_PEERS_CACHE")
    return Path(named) if named else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fanlight"


def cached(name, depends, make):
    """The folder that `make(folder)` filled, for the contents of these files and texts. Made anew when they change; two who ask at the same
    time make it once; one that was interrupted is not taken for whole."""
    digest = hashlib.sha256()
    for each in depends:
        digest.update(each.read_bytes() if isinstance(each, Path) else str(each).encode())
        digest.update(b"\0")
    whole = cache_folder() / f"{name}-{digest.hexdigest()[:16]}"
    whole.parent.mkdir(parents=True, exist_ok=True)
    with open(whole.with_name(whole.name + ".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        marker = whole / ".complete"
        if not marker.exists():
            shutil.rmtree(whole, ignore_errors=True)
            whole.mkdir()
            print(f"peers: making {name} once, in {whole}", file=sys.stderr, flush=True)
            make(whole)
            marker.touch()
    return whole


# ---- processes ----

def die_with_parent():
    """In the child, before it becomes the program: the kernel kills it when the thread that started it ends."""
    LIBC.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Process:
    """A program that runs beside us. As a context manager it leaves none behind. Start it from the main thread: see die_with_parent()."""

    def __init__(self, line, log, env=None, **pipes):
        self.name = Path(str(line[0])).name
        self.log = Path(log)
        with self.log.open("ab") as words:
            pipes = {"stdin": subprocess.DEVNULL, "stdout": words, **pipes}
            self.process = subprocess.Popen([str(word) for word in line], env={**os.environ, **(env or {})}, stderr=words,
                                            preexec_fn=die_with_parent, **pipes)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with self.process:
            self.process.kill()

    def told(self):
        return shortened(self.log.read_text(errors="replace"))

    def is_running(self):
        return self.process.poll() is None

    def stop(self, how=signal.SIGTERM):
        """Asks it to end; it has to, and in order."""
        self.process.send_signal(how)
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise Failed(f"{self.name} did not end within {PATIENCE} s of signal {how}\n{self.told()}")
        if code:
            raise Failed(f"{self.name} ended with {code}\n{self.told()}")


def free_port():
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(process, request):
    """Waits until the program accepts a connection and answers 200. An attempt that is refused is made again, as long as it runs."""
    until = time.monotonic() + PATIENCE
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # what is set for the outside is not for loopback
    while time.monotonic() < until:
        if not process.is_running():
            raise Failed(f"{process.name} ended with {process.process.returncode} before it answered\n{process.told()}")
        try:
            with opener.open(request, timeout=PATIENCE) as answer:
                return answer.read()
        except (urllib.error.URLError, ConnectionError):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.process.wait(0.02)  # its end is what could come next, if not its answer
    raise Failed(f"{process.name} did not answer within {PATIENCE} s\n{process.told()}")
