"""What the suites about CloudWatch Logs share: one moto that checks signatures, our program, and what botocore finds afterwards."""
import json
import os
import subprocess

from kit import HERE, Failed, Process, must, script

moto = script("moto")


def check(condition, words):
    if not condition:
        raise Failed(words)


def service(kit):
    """One moto for all cases; it ends with the run."""
    return kit.once("moto", lambda: kit.until_end(moto.Moto(kit.root / "moto.log")))


def surroundings(kit, group, keys=None):
    """The environment of a program that writes into this group. FANLIGHT_LOG_STREAM is for one that is to have a stream of this name."""
    return {**service(kit).environment(keys), "FANLIGHT_LOG_GROUP": group, "no_proxy": "*"}


def story(kit, *words):
    return [kit.programs / "cloudwatch_story", *words]


def tell(kit, group, *words, keys=None, more=None, limit=400):
    """Runs our program to its end; gives its last line."""
    out = must(story(kit, *words), limit=limit, env={**surroundings(kit, group, keys), **(more or {})})
    return json.loads(out.splitlines()[-1])


def as_botocore(kit, tool, *words):
    run = subprocess.run([moto.prepare(), HERE / "moto" / tool, *words], env={**os.environ, **service(kit).environment(), "no_proxy": "*"},
                         capture_output=True, text=True, timeout=300)
    if run.returncode:
        raise Failed(run.stdout + run.stderr)
    return run.stdout


def read_back(kit, group):
    """By botocore: {"streams": {name: [[timestamp, message], …]}, "retention": days, "tags": {…}}."""
    return json.loads(as_botocore(kit, "read_logs.py", group))


def change(kit, *words):
    as_botocore(kit, "change_logs.py", *words)


def messages(found):
    """Of all streams, each in its order."""
    return [message for lines in found["streams"].values() for _, message in lines]


def all_arrived(told, count):
    check(told["flushed"] and told["delivered"] == told["accepted"] == count and not told["dropped"], f"all of it arrived: {told}")


class Steps(Process):
    """A program that says lines when it is asked to."""

    def __init__(self, line, environment, log):
        super().__init__(line, log, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, words):
        self.process.stdin.write(words.encode() + b"\n")
        self.process.stdin.flush()
        return self.answer()

    def say(self, count):
        check(self.ask(f"say {count}") == "said", self.told())

    def answer(self):
        line = self.process.stdout.readline().decode().strip()
        check(line, f"{self.name} ended early\n{self.told()}")
        return line

    def end(self):
        """No further lines: gives what it says at its end."""
        self.process.stdin.close()
        return json.loads(self.answer())
