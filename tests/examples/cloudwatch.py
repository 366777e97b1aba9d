"""examples/cloudwatch, and the access line of examples/cruddur, against a small server that stands for CloudWatch Logs: nothing exists there
until it is made."""
import json
import os
import re
import signal
import subprocess

import cruddur
from endpoint import Endpoint
from otlp import check

KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "hush", "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", "no_proxy": "*"}


class Logs(Endpoint):
    """Groups and streams in memory."""
    def __init__(self):
        super().__init__()
        self.groups, self.actions = {}, []

    @property
    def variables(self):
        return {**KEYS, "AWS_ENDPOINT_URL": self.endpoint}

    def reply(self, _, headers, body):
        action = headers["X-Amz-Target"].split(".")[1]
        with self.lock:
            self.actions.append(action)
            wrong = None if "SignedHeaders=" in headers["Authorization"] else "MissingAuthenticationTokenException"
            wrong = wrong or self.perform(action, json.loads(body))
            request = {"x-amzn-RequestId": str(len(self.actions))}
        return 400 if wrong else 200, request, json.dumps({"__type": wrong} if wrong else {}).encode()

    def perform(self, action, body):
        group = body["logGroupName"]
        if action == "CreateLogGroup":
            self.groups[group] = {}
        elif group not in self.groups:
            return "ResourceNotFoundException"
        elif action == "CreateLogStream":
            self.groups[group][body["logStreamName"]] = []
        elif action == "PutLogEvents":
            if body["logStreamName"] not in self.groups[group]:
                return "ResourceNotFoundException"
            self.groups[group][body["logStreamName"]] += body["logEvents"]
        return None

    def lines(self, group, logger):
        """Of the one stream of this logger."""
        found = [lines for name, lines in self.groups[group].items() if name.split("/")[2] == logger]
        check(len(found) == 1, f"one stream of {logger}: {list(self.groups[group])}")
        return [json.loads(line["message"]) for line in found[0]]


def start(folder, logs, *words, **variables):
    done = subprocess.run([str(folder / "cloudwatch"), *words], capture_output=True, text=True, timeout=100, env={**os.environ, **logs.variables, **variables})
    return done.returncode, done.stdout, done.stderr


def run(folder):
    with Logs() as logs:
        done = start(folder, logs)
        check(done == (0, "2 of 2 lines arrived\n", ""), done)
        home, = logs.lines("fanlight-example", "root")
        access, = logs.lines("fanlight-example", "access")
        check(home["message"] == "HomeActivities" and home["user_handle"] == "andrewbrown" and home["rows"] == 3, home)
        check(re.fullmatch(r"\[\d{4}-\w{3}-\d\d \d\d:\d\d\] 192\.0\.2\.7 GET http /api/activities/home 200", access["message"]), access)
        check(home["trace_id"] == access["trace_id"] and home["span_id"] != access["span_id"], "one trace, two spans")
        check(home["xray_trace_id"].replace("-", "")[1:] == home["trace_id"], home)
        check("PutRetentionPolicy" in logs.actions, logs.actions)

        done = start(folder, logs, "burst", FANLIGHT_LOG_GROUP="burst")
        check(done == (0, "100000 of 100000 lines arrived\n", ""), done)
        check([line["i"] for line in logs.lines("burst", "root")] == list(range(100_000)), "all, in order, none twice")

        done = start(folder, logs, FANLIGHT_LOG_GROUP="aws/x")
        check(done[0] == 0 and "it begins with aws/" in done[2], f"left out, with words: {done}")
        os.environ.update(logs.variables)
        with cruddur.Server(folder, "--log-group", "cruddur") as server:
            server.ask("/api/activities/home")
            server.stop(signal.SIGTERM)
        line, = logs.lines("cruddur", "access")
        check(re.fullmatch(r"\[\d{4}-\w{3}-\d\d \d\d:\d\d\] 127\.0\.0\.1 GET http /api/activities/home 200", line["message"]), line)
        check(line["http.response.status_code"] == 200 and len(line["trace_id"]) == 32, line)
        away = dict(logs.variables)
    done = subprocess.run([str(folder / "cloudwatch")], capture_output=True, text=True, timeout=100, env={**os.environ, **away})
    check(done.returncode == 1 and "what is to be sent is kept, and tried again" in done.stderr and "hush" not in done.stderr, f"nobody there: {done}")
