"""The suites about Rollbar: the same stories told by fanlight, by pyrollbar and by rollbar.js to one sink, and how each takes an answer that is
no 200. What differs stands in tables of docs/backends/rollbar-peers.md. The sink is `Sink`, made here for each program that tells."""
import json
import re

import rollbar_compare
from endpoint import Endpoint
from kit import HERE, Failed, must, script
from xray_kit import check

rollbar_python, rollbar_node = script("rollbar_python"), script("rollbar_node")

TOKEN = "post-server-item-0123456789"
STORIES = ("exception", "chain", "message", "bare_message", "request", "named", "traced", "before")
SECRETS = ("hunter2", "hunter3", "hunter4", "hunter5", "hunter6", TOKEN)
LIMITED = {"X-Rate-Limit-Limit": "1", "X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": "1", "X-Rate-Limit-Remaining-Seconds": "1"}
RESET = 0


class Sink(Endpoint):
    """Rollbar's address of items. Answers with `statuses`, and with 200 after that."""

    def __init__(self, statuses=()):
        super().__init__()
        self.bodies, self.answers, self.wrong, self.statuses = [], [], [], list(statuses)

    def reply(self, path, headers, body):
        status = self.keep(path, headers, body)
        if status == RESET:
            return None
        answer = {"err": 0, "result": {"id": None, "uuid": "0"}} if status == 200 else {"err": 1, "message": "as the test says"}
        return status, LIMITED if status == 429 else {}, json.dumps(answer).encode()

    def keep(self, path, headers, body):
        with self.lock:
            if path != "/api/1/item/" or headers.get_all("X-Rollbar-Access-Token") != [TOKEN] or headers.get_content_type() != "application/json":
                self.wrong.append(f"{path}, {headers.get_content_type()}, token {headers.get_all('X-Rollbar-Access-Token')}")
            status = self.statuses.pop(0) if self.statuses else 200
            self.bodies.append(body)
            self.answers.append(status)
            return status


def tell_ours(kit):
    return lambda base, token, *stories: must([kit.programs / "rollbar_story", f"{base}/api/1/item/", token, *stories], limit=300)


# ---- the same stories ----

def told(kit, who, tell):
    """The item of each story, as that SDK sends it, and what it printed."""
    def run():
        with Sink() as sink:
            words = tell(sink.endpoint, TOKEN)
        check(not sink.wrong and len(sink.bodies) == len(STORIES), f"{who}: {len(sink.bodies)} items for {len(STORIES)} stories; {sink.wrong[:3]}\n{words}")
        return dict(zip(STORIES, map(json.loads, sink.bodies))), sink.bodies, words
    return kit.once(("rollbar", who), run)


def ours(kit):
    return told(kit, "fanlight", tell_ours(kit))[0]


def compared(kit, peer, module):
    wrong, rows = rollbar_compare.differences(peer, told(kit, peer, module.tell)[0], ours(kit))
    if wrong:
        raise Failed("\n".join([f"{len(wrong)} things are wrong:", *wrong[:60]]))
    return f"{len(STORIES)} stories; {rows} differences, each with its reason in {rollbar_compare.PAGE.name}"


def noticed(kit, peer, module):
    """Each key of our items is taken away, in turn, or gets another kind of value: that has to be seen."""
    theirs, tried, unnoticed = told(kit, peer, module.tell)[0], 0, []
    for story, item in ours(kit).items():
        for what, changed in rollbar_compare.changes(peer, item):
            tried += 1
            if not rollbar_compare.differences(peer, theirs, {**ours(kit), story: changed})[0]:
                unnoticed.append(f"{story}: {what}")
    check(tried > 200 and not unnoticed, f"{len(unnoticed)} of {tried} changes went unnoticed:\n" + "\n".join(unnoticed[:20]))
    return f"{tried} of {tried} changes"


def innermost_last(kit, peer, module):
    for who, items in ((peer, told(kit, peer, module.tell)[0]), ("fanlight", ours(kit))):
        last = rollbar_compare.same_form(items["named"])["data"]["body"]["trace"]["frames"][-1]["method"]
        check("named" in last, f"{who}: the last frame is {last}")
        chain = [each["exception"]["message"] for each in items["chain"]["data"]["body"]["trace_chain"]]
        check(chain == ["start", "load config", "open"], f"{who}: the chain is {chain}")
    return "frames and causes"


def no_secret(kit, peer, module):
    """Of ours alone: what pyrollbar and rollbar.js let through is the page's business."""
    _, bodies, words = told(kit, "fanlight", tell_ours(kit))
    for secret in SECRETS:
        check(secret not in words, f"{secret} is in what was printed")
        for body in bodies:
            check(secret.encode() not in body, f"{secret} is in {body[:2000]}")
    theirs = told(kit, peer, module.tell)[1]
    kept = sorted({secret for secret in SECRETS for body in theirs if secret.encode() in body})
    return f"{len(SECRETS)} secrets, {len(bodies)} items; the peer sends {len(kept)} of them"


def by_schema(kit):
    """With the environment of pyrollbar, which holds jsonschema."""
    folder = kit.folder("rollbar-items")
    for story, item in ours(kit).items():
        (folder / f"{story}.json").write_text(json.dumps(item), encoding="utf8")
    return must([rollbar_python.prepare(), HERE.parent / "rollbar/check_items.py", "--folder", folder], limit=120).splitlines()[-2]


# ---- answers that are no 200 ----

ANSWERS = re.compile(r"\| (`[^`]+`) \| (\d+), (arrived|lost|replaced) \| (\d+), (arrived|lost|replaced) \| (\d+), (arrived|lost|replaced) \| (.+) \|")
SCRIPTS = {"413": [413], "429": [429], "503": [503], "503 503": [503, 503], "no answer": [RESET], "401": [401], "422": [422]}


def outcome(tell, statuses):
    """How many requests there were, and what became of the item: arrived under its uuid, was replaced by another, or lost."""
    with Sink(statuses) as sink:
        words = tell(sink.endpoint, TOKEN, "named")
    check(sink.bodies and not sink.wrong, f"{len(sink.bodies)} requests; {sink.wrong[:3]}\n{words}")
    uuids = [json.loads(body)["data"].get("uuid") for body in sink.bodies]
    taken = [uuid for uuid, status in zip(uuids, sink.answers) if status == 200]
    return len(uuids), "lost" if not taken else "arrived" if uuids[0] in taken else "replaced"


def answers(kit, column, tell):
    rows = [match for line in rollbar_compare.PAGE.read_text(encoding="utf8").splitlines() if (match := ANSWERS.fullmatch(line.strip()))]
    check({row.group(1).strip("`") for row in rows} == SCRIPTS.keys(), f"{rollbar_compare.PAGE.name} does not speak of all of {', '.join(SCRIPTS)}")
    wrong = []
    for row in rows:
        name = row.group(1).strip("`")
        said, seen = (int(row.group(2 + 2 * column)), row.group(3 + 2 * column)), outcome(tell, SCRIPTS[name])
        if said != seen:
            wrong.append(f"{name}: {seen}; {rollbar_compare.PAGE.name} says {said}")
    check(not wrong, "\n".join(wrong))
    return f"{len(rows)} answers"


def suite(peer, column, module):
    return [("the same stories", lambda kit: compared(kit, peer, module)), ("a changed key is noticed", lambda kit: noticed(kit, peer, module)),
            ("innermost last", lambda kit: innermost_last(kit, peer, module)), ("no secret", lambda kit: no_secret(kit, peer, module)),
            ("answers", lambda kit: answers(kit, column, module.tell))]


PYTHON = [*suite("pyrollbar", 0, rollbar_python), ("fanlight's answers", lambda kit: answers(kit, 2, tell_ours(kit))), ("the schema", by_schema)]
NODE = suite("rollbar.js", 1, rollbar_node)
