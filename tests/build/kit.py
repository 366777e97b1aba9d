"""What the cases of tests/build work with: a folder each, commands whose failure is told in full, install prefixes made once."""
import os
import shutil
import subprocess
import threading
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent.parent
HERE = SOURCE / "tests/build"
CONSUMER = HERE / "consumer/main.cpp"
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]
OFF = ["-DFANLIGHT_BUILD_TESTS=OFF", "-DFANLIGHT_BUILD_EXAMPLES=OFF"]
LIMIT = 900  # seconds a single command may take


class Failed(Exception):
    pass


class Skipped(Exception):
    pass


def shortened(output, most=6000):
    """A compiler can say very much; its first words are the ones that help."""
    return output if len(output) <= most else f"{output[:most - 1000]}\n[...]\n{output[-1000:]}"


def command(line, cwd=None, env=None):
    """Runs to the end; gives the exit status and all output."""
    line = [str(word) for word in line]
    try:
        run = subprocess.run(line, cwd=cwd, env={**os.environ, **(env or {})}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True, errors="replace", timeout=LIMIT)
    except subprocess.TimeoutExpired as late:
        raise Failed(f"$ {' '.join(line)}\nstill running after {LIMIT} s\n{late.output or ''}")
    return run.returncode, run.stdout


def must(line, cwd=None, env=None):
    code, output = command(line, cwd, env)
    if code:
        raise Failed(f"$ {' '.join(map(str, line))}\n{shortened(output)}\nexit status {code}")
    return output


def must_fail(line, saying, cwd=None, env=None):
    """The command has to fail, and its words have to hold `saying` on one line, as a user would read it."""
    code, output = command(line, cwd, env)
    flat = " ".join(output.split())
    if code == 0:
        raise Failed(f"$ {' '.join(map(str, line))}\n{shortened(output)}\nshould have failed")
    if saying not in flat:
        raise Failed(f"$ {' '.join(map(str, line))}\n{shortened(output)}\nshould have said: {saying}")
    return output


def compiler(*names):
    """The first of these that is installed; without one the case is skipped."""
    for name in names:
        if shutil.which(name):
            return name
    raise Skipped(f"{' and '.join(names)} not installed")


def gxx():
    return os.environ.get("FANLIGHT_GXX") or compiler("g++")


def clangxx():
    return os.environ.get("FANLIGHT_CLANGXX") or compiler("clang++-16", "clang++-18", "clang++-19", "clang++-17")


def old_clangxx():
    if os.environ.get("FANLIGHT_OLD_CLANGXX") == "":
        raise Skipped("no clang++-14 that compiles this system's standard library")
    return compiler("clang++-14")


class Kit:
    """A case's folder and what all cases share."""

    def __init__(self, folder, shared=None):
        self.folder = folder
        self.shared = shared or {"lock": threading.Lock(), "made": {}, "folder": folder}

    def at(self, name):
        folder = self.shared["folder"] / name
        folder.mkdir(parents=True)
        return Kit(folder, self.shared)

    def once(self, name, make):
        """What `make(folder)` has made in a shared folder called `name`; the first who asks makes it."""
        with self.shared["lock"]:
            entry = self.shared["made"].setdefault(name, {"lock": threading.Lock(), "folder": None, "failed": False})
        with entry["lock"]:
            if entry["failed"]:
                raise Failed(f"{name} could not be made: see the case that asked first")
            if entry["folder"] is None:
                folder = self.shared["folder"] / "shared" / name
                folder.mkdir(parents=True)
                entry["failed"] = True
                make(folder)
                entry["folder"], entry["failed"] = folder, False
        return entry["folder"]

    def configure(self, source, *options):
        build = self.folder / "build"
        must(["cmake", "-G", "Ninja", "-S", source, "-B", build, f"-DCMAKE_CXX_COMPILER={gxx()}", *options])
        return build

    def build_and_run(self, source, *options, program="consumer"):
        build = self.configure(source, *options)
        must(["cmake", "--build", build])
        return must([build / program], cwd=self.folder)

    def prefix(self, kind="header_only"):
        """An install prefix: header_only, static or shared. Installed once, then moved, so that nobody can lean on where it was."""
        options = {"header_only": [], "static": ["-DFANLIGHT_BUILD_COMPILED=ON"],
                   "shared": ["-DFANLIGHT_BUILD_COMPILED=ON", "-DBUILD_SHARED_LIBS=ON"]}[kind]

        def make(folder):
            must(["cmake", "-G", "Ninja", "-S", SOURCE, "-B", folder / "build", f"-DCMAKE_CXX_COMPILER={gxx()}", "-DCMAKE_BUILD_TYPE=Release",
                  "-DCMAKE_CXX_FLAGS_RELEASE=-O1 -DNDEBUG", f"-DCMAKE_INSTALL_PREFIX={folder / 'first'}", *OFF, *options])
            must(["cmake", "--build", folder / "build"])
            must(["cmake", "--install", folder / "build"])
            (folder / "first").rename(folder / "prefix")

        return self.once(f"prefix_{kind}", make) / "prefix"

    def library(self, kind):
        """The folder that holds libfanlight.a or libfanlight.so of a prefix."""
        found = sorted(self.prefix(kind).rglob("libfanlight.*"))
        if not found:
            raise Failed(f"no library was installed under {self.prefix(kind)}")
        return found[0].parent

    def flags(self, prefix):
        """Compiler and linker flags for an install prefix, as pkg-config gives them."""
        env = {"PKG_CONFIG_PATH": str(prefix / "share/pkgconfig")}
        return (must(["pkg-config", "--cflags", "fanlight"], env=env).split(),
                must(["pkg-config", "--libs", "fanlight"], env=env).split())
