"""The suites about CloudWatch Logs: moto plays the service and checks signatures, botocore reads back what it kept; and watchtower tells the
same story beside fanlight."""
import json
import os
import subprocess

from kit import Failed, must, script

moto = script("moto")
HERE = moto.HERE.parent

BURST = 100_000
LINES, THREADS = 3_000, 4
KEY_REFUSED = 212


def check(condition, words):
    if not condition:
        raise Failed(words)


def service(kit):
    """One moto for all cases; it ends with the run."""
    return kit.once("moto", lambda: kit.until_end(moto.Moto(kit.root / "moto.log")))


def tell(kit, group, *story, keys=None):
    running = service(kit)
    words = must([kit.programs / "cloudwatch_story", *story], limit=400, env={**running.environment(keys), "FANLIGHT_LOG_GROUP": group, "no_proxy": "*"})
    return json.loads(words.splitlines()[-1])


def read_back(kit, group):
    """By botocore: {"streams": {name: [[timestamp, message], …]}, "retention": days, "tags": {…}}."""
    run = subprocess.run([moto.prepare(), HERE / "moto/read_logs.py", group], env={**os.environ, **service(kit).environment(), "no_proxy": "*"},
                         capture_output=True, text=True, timeout=300)
    if run.returncode:
        raise Failed(run.stdout + run.stderr)
    return json.loads(run.stdout)


def all_arrived(told, count):
    check(told["flushed"] and told["delivered"] == told["accepted"] == count and not told["dropped"], f"all of it arrived: {told}")


def lines_of(found, logger):
    """The one stream of a logger, its lines as JSON."""
    streams = [lines for name, lines in found["streams"].items() if name.split("/")[2] == logger]
    check(len(streams) == 1, f"one stream of {logger}: {list(found['streams'])}")
    check(all(one[0] <= other[0] for one, other in zip(streams[0], streams[0][1:])), "in the order of their times")
    return [json.loads(message) for _, message in streams[0]]


def burst_case(kit):
    told = tell(kit, "/peers/burst", "burst", BURST)
    all_arrived(told, BURST)
    found = read_back(kit, "/peers/burst")
    numbers = [line["i"] for line in lines_of(found, "burst")]
    check(numbers == list(range(BURST)), f"{BURST} lines, in order, none twice: {len(numbers)}")
    check(found["retention"] == 30 and found["tags"] == {"team": "timeline"}, f"the new group: {found['retention']}, {found['tags']}")
    return f"{BURST} lines into a stream that did not exist"


def threads_case(kit):
    told = tell(kit, "threads", "lines", LINES, THREADS)
    all_arrived(told, LINES * THREADS)
    found = read_back(kit, "threads")
    for thread in range(THREADS):
        lines = lines_of(found, f"part-{thread}")
        check([line["i"] for line in lines] == list(range(LINES)), f"all of thread {thread}")
        check({line["thread"] for line in lines} == {thread} and len({line["trace_id"] for line in lines}) == 1, "its own lines, one trace")
    again = tell(kit, "threads", "lines", 10, 1)
    all_arrived(again, 10)
    return f"{THREADS} streams, and another process beside them"


def texts_case(kit):
    told = tell(kit, "texts", "texts")
    check(told["delivered"] == 6 and told["flushed"], told)
    lines = lines_of(read_back(kit, "texts"), "texts")
    check([line["level"] for line in lines] == ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"], lines)
    messages = [line["message"] for line in lines]
    check(messages[0] == "caf\u00e9 \u2603 \U0001F600", messages[0])
    check(messages[1] == "broken \ufffd here", messages[1])
    check(messages[2] == "quoted \"and\" \\ \n\t\x01 control", messages[2])
    check(lines[3]["whole"] == -5 and lines[3]["real"] == 0.5 and lines[3]["yes"] is True and lines[3]["none"] is None, lines[3])
    check(lines[4]["object"] == {"a": [1, "two"]}, lines[4])
    check(messages[5].endswith("x[truncated]") and len(messages[5]) > 999_000 and lines[5]["kept"] == 1, "the long one is cut, and still JSON")
    return "every letter and value"


def refused_case(kit):
    """A wrong secret: it is told, without it, and nothing arrives."""
    running = service(kit)
    secret = "this-is-another-secret-key-altogether"
    told = json.loads(must([kit.programs / "cloudwatch_story", "quick"], limit=60,
                           env={**running.environment({**running.keys, "AWS_SECRET_ACCESS_KEY": secret}), "FANLIGHT_LOG_GROUP": "refused", "no_proxy": "*"}).splitlines()[-1])
    check(told["delivered"] == 0 and not told["flushed"] and told["problems"], told)
    check(secret not in json.dumps(told), "the secret is in what was printed")
    check(not read_back(kit, "refused")["streams"], "moto took it all the same")
    return told["problems"][0][1]


MOTO = [
    ("a burst into a new stream", burst_case),
    ("threads and streams", threads_case),
    ("letters and values", texts_case),
    ("a wrong secret", refused_case),
]
