#!/usr/bin/env python3
"""moto, which plays AWS and checks signatures: installs it once, starts it on a free port of loopback, makes a user with keys, prints all that
when it answers.

usage: tests/peers/moto/start.py     prints its address, then AWS_ACCESS_KEY_ID= and AWS_SECRET_ACCESS_KEY= of a user who may do all

It ends when standard input does, or with its parent. Nothing outlives it: keys, segments and logs are in its memory.
"""
import json
import sys
import tempfile
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from kit import Failed, Missing, Process, answers, free_port, installed_from, must, needs_venv  # noqa: E402

HERE = Path(__file__).resolve().parent
REGION = "us-east-1"
tools = needs_venv


def prepare():
    """The interpreter of an environment with moto, boto3 and botocore."""
    return installed_from("moto", HERE / "requirements.txt")


class Moto(Process):
    """Runs from here on, answers, and from then on refuses what is not signed by one of its keys. `keys` are of a user who may do all,
    `stranger` of one who may do nothing, `visitor` those of a session of `role`, with a token."""

    def __init__(self, log):
        for attempt in range(5):
            self.port = free_port()
            super().__init__([prepare(), "-m", "moto.server", "-H", "127.0.0.1", "-p", self.port], log)
            try:
                answers(self, self.endpoint + "/moto-api/")
                break
            except Failed:  # somebody else may have taken the port meanwhile
                self.__exit__()
                if attempt == 4:
                    raise
        made = json.loads(must([prepare(), HERE / "keys.py", self.endpoint], limit=60))
        self.keys, self.stranger, self.role, self.visitor = made["keys"], made["stranger"], made["role"], made["visitor"]
        self.check_all_but(0)

    def check_all_but(self, calls):
        """So many calls are taken as they are, then each has to be signed: STS has some that cannot be."""
        answers(self, urllib.request.Request(self.endpoint + "/moto-api/reset-auth", data=str(calls).encode(), headers={"Content-Type": "text/plain"}))

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def environment(self, keys=None):
        """For a program that is to find its way here, with the keys of the user, or others."""
        return {"AWS_ENDPOINT_URL": self.endpoint, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true", "AWS_SESSION_TOKEN": "", **(keys or self.keys)}


def main():
    with tempfile.TemporaryDirectory(prefix="fanlight-moto-") as folder:
        try:
            with Moto(Path(folder) / "moto.log") as running:
                print(running.endpoint, *(f"{name}={value}" for name, value in running.keys.items() if value), sep="\n", flush=True)
                sys.stdin.read()
        except (Failed, Missing) as why:
            sys.exit(f"moto: {why}")


if __name__ == "__main__":
    main()
