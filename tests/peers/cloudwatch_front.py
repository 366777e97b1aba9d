"""Stands before moto as CloudWatch Logs, made by watchtower_suite for each program that tells its story: refuses what the real service refuses and
moto lets through (bytes and events of a batch, 24 hours, sizes, empty messages, letters in the name of a stream), can hold CreateLogStream, and can
have keys expire for a while. All else goes on to moto as it came, its signature too: `Host` is what was signed."""
import http.client
import json
import threading
import time

from endpoint import Endpoint

DAY, HOUR = 86_400_000, 3_600_000
BATCH_BYTES, BATCH_EVENTS, OVERHEAD = 1_048_576, 10_000, 26


def wrong_with(body):
    """By section "PutLogEvents" of the API reference; nothing: it may go on."""
    asked = json.loads(body)
    events, now = asked["logEvents"], int(time.time() * 1000)
    if not 1 <= len(events) <= BATCH_EVENTS:
        return f"{len(events)} events"
    if any(letter in asked["logStreamName"] for letter in ":*"):
        return "Value at 'logStreamName' failed to satisfy constraint"
    sizes = [len(event["message"].encode()) for event in events]
    if min(sizes) == 0:
        return "Member must have length greater than or equal to 1"
    if sum(sizes) + OVERHEAD * len(events) > BATCH_BYTES:
        return f"Upload too large: {sum(sizes) + OVERHEAD * len(events)} bytes exceeds limit of {BATCH_BYTES}"
    times = [event["timestamp"] for event in events]
    if times != sorted(times):
        return "Log events in a single PutLogEvents request must be in chronological order."
    valid = [each for each in times if now - 14 * DAY <= each <= now + 2 * HOUR]
    if valid and valid[-1] - valid[0] > DAY:
        return "The batch of log events in a single PutLogEvents request cannot span more than 24 hours."
    return None


class Front(Endpoint):
    def __init__(self, port):
        super().__init__()
        self.behind = port
        self.changed = threading.Condition()
        self.actions, self.refused = [], []
        self.making = threading.Event()  # CreateLogStream goes on when it is set
        self.making.set()
        self.expired_for = self.expired_until = 0

    def __exit__(self, *_):
        self.making.set()
        super().__exit__()

    def reply(self, path, headers, body):
        action = (headers.get("X-Amz-Target") or "").rpartition(".")[2]
        with self.changed:
            self.actions.append(action)
            self.changed.notify_all()
        if action == "CreateLogStream":
            self.making.wait()
        if action == "PutLogEvents":
            if self.is_expired():
                return self.error("ExpiredTokenException", "The security token included in the request is expired")
            if wrong := wrong_with(body):
                self.refused.append(wrong)
                return self.error("InvalidParameterException", wrong)
        return self.passed_on(path, headers, body)

    def is_expired(self):
        """For so many seconds from the first request on."""
        with self.changed:
            if self.expired_for and not self.expired_until:
                self.expired_until = time.monotonic() + self.expired_for
            return time.monotonic() < self.expired_until

    @staticmethod
    def error(kind, words):
        return 400, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps({"__type": kind, "message": words}).encode()

    def passed_on(self, path, headers, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.behind, timeout=60)
        try:
            connection.request("POST", path, body, dict(headers.items()))
            answer = connection.getresponse()
            words = answer.read()
            return answer.status, {"Content-Type": answer.headers.get("Content-Type", ""), "x-amzn-RequestId": answer.headers.get("x-amzn-RequestId", "none")}, words
        finally:
            connection.close()

    def wait_for(self, action, patience=60):
        """True: it was called."""
        with self.changed:
            return self.changed.wait_for(lambda: action in self.actions, patience)
