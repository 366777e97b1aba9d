"""examples/rollbar against a server that takes items, against one that does not, and without a token."""
import json
import os
import subprocess

from endpoint import Endpoint
from otlp import check

TOKEN = "post-server-item-token"


class Sink(Endpoint):
    """Takes items; the first answers are those it is given."""
    def __init__(self, *answers):
        super().__init__()
        self.answers, self.bodies = list(answers), []

    def reply(self, path, headers, body):
        with self.lock:
            self.bodies.append((path, headers["X-Rollbar-Access-Token"], body))
            status = self.answers.pop(0) if self.answers else 200
        return status, {}, json.dumps({"err": 0, "result": {}} if status == 200 else {"err": 1, "message": f"no: {TOKEN}"}).encode()

    def environment(self):
        return {"ROLLBAR_ACCESS_TOKEN": TOKEN, "ROLLBAR_ENDPOINT": f"{self.endpoint}/api/1/item/"}

    def items(self):
        with self.lock:
            for path, token, _ in self.bodies:
                check((path, token) == ("/api/1/item/", TOKEN), f"{path} {token}")
            return [json.loads(body)["data"] for _, _, body in self.bodies]


def exception(item):
    return (item["body"].get("trace") or item["body"]["trace_chain"][0])["exception"]


def start(folder, *words, **variables):
    done = subprocess.run([str(folder / "rollbar"), *words], capture_output=True, text=True, timeout=60, env={**os.environ, **variables})
    check(TOKEN not in done.stdout + done.stderr, "the token is nowhere")
    return done.returncode, done.stdout, done.stderr


def check_order(order):
    check(exception(order)["message"] == "card declined" and exception(order)["class"].endswith("card_declined"), order)
    check(order["level"] == "critical" and order["environment"] == "example" and order["code_version"] == "1.4.0", order)
    check(order["person"] == {"id": "u-81"} and order["context"] == "/orders", order)
    check(order["request"]["url"] == "https://shop.example/orders" and order["request"]["method"] == "POST", order)
    check(order["custom"]["order_id"] == 42 and order["custom"]["card"] == {"last4": "4242", "cvc": "[FILTERED]"}, order["custom"])
    check(order["custom"]["shop"] == "berlin" and len(order["custom"]["trace_id"]) == 32, order["custom"])
    before = order["body"]["telemetry"]
    check([one["type"] for one in before] == ["log", "network"], before)
    check(before[1]["body"]["url"] == "https://pay.example/charge?token=[FILTERED]" and before[1]["body"]["status_code"] == "402", before)


def run(folder):
    with Sink() as sink:
        done = start(folder, **sink.environment())
        check(done == (0, "2 of 2 reports delivered\n", ""), done)
        order, stock = sink.items()
    check_order(order)
    check(stock["body"]["message"] == {"body": "stock is low", "item": "tea", "left": 3} and stock["level"] == "warning", stock)

    with Sink() as sink:
        check(start(folder, "test", **sink.environment())[0] == 0, "test")
        item, = sink.items()
    check(exception(item)["class"] == "fanlight::test_error" and item["level"] == "info", item)

    with Sink(403) as sink:
        done = start(folder, **sink.environment())
        check(done[0] == 1 and "Rollbar answered 403" in done[2] and "ROLLBAR_ACCESS_TOKEN" in done[2], done)
        check(len(sink.items()) == 1, "after 403 nothing is sent for a while")

    done = start(folder)
    check(done[0] == 1 and "there is no access token" in done[2], done)
    done = start(folder, "show")
    shown = [json.loads(line)["data"] for line in done[2].splitlines()]
    check(done[0] == 0 and len(shown) == 2, done)
    check_order(shown[0])
