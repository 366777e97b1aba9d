"""The suites about CloudWatch Logs: moto plays the service and checks signatures, botocore reads back what it kept."""
import json

from cloudwatch_kit import Steps, all_arrived, change, check, messages, moto, read_back, service, story, surroundings, tell

BURST = 100_000
QUEUE = 65_536  # records, where nothing else is said
LINES, THREADS = 3_000, 4
KEY_REFUSED, DELIVERY_FAILED = 212, 202


def lines_of(found, logger):
    """The one stream of a logger, its lines as JSON."""
    streams = [lines for name, lines in found["streams"].items() if name.split("/")[2] == logger]
    check(len(streams) == 1, f"one stream of {logger}: {list(found['streams'])}")
    check(all(one[0] <= other[0] for one, other in zip(streams[0], streams[0][1:])), "in the order of their times")
    return [json.loads(message) for _, message in streams[0]]


# ---- what was said is there, once, in order ----

def burst_case(kit):
    told = tell(kit, "/peers/burst", "burst", BURST)
    all_arrived(told, BURST)
    found = read_back(kit, "/peers/burst")
    numbers = [line["i"] for line in lines_of(found, "burst")]
    check(numbers == list(range(BURST)), f"{BURST} lines, in order, none twice: {len(numbers)}")
    check(found["retention"] == 30 and found["tags"] == {"team": "timeline"}, f"the new group: {found['retention']}, {found['tags']}")
    return f"{BURST} lines into a stream that did not exist, {told['call_ns']} ns a call, all there {told['flush_ms'] / 1000:.1f} s later"


def bounds_case(kit):
    """With the bounds that hold where nothing is said: some is lost, and every line of that is counted."""
    told = tell(kit, "/peers/bounds", "burst", BURST, "bounds")
    numbers = [line["i"] for line in lines_of(read_back(kit, "/peers/bounds"), "burst")]
    check(told["accepted"] == BURST == told["delivered"] + told["dropped"], f"all of it is accounted for: {told}")
    check(len(numbers) == told["delivered"], f"{told['delivered']} were delivered, {len(numbers)} are there")
    check(all(one < other for one, other in zip(numbers, numbers[1:])), "in order, none twice")
    check(told["flushed"] == (told["dropped"] == 0), f"flush says whether something was lost: {told}")
    return f"{len(numbers)} of {BURST} with a ring of 1 MiB and a queue of {QUEUE}; {told['dropped']} counted as lost"


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
    check(len(messages(read_back(kit, "threads"))) == LINES * THREADS + 10, "another process beside them")
    return f"{THREADS} streams, and another process beside them"


def texts_case(kit):
    all_arrived(tell(kit, "texts", "texts"), 7)
    found = read_back(kit, "texts")
    lines = lines_of(found, "texts")
    check([line["level"] for line in lines] == ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"], [line["level"] for line in lines])
    spoken = [line["message"] for line in lines]
    check(spoken[0] == "caf\u00e9 \u2603 \U0001F600", spoken[0])
    check(spoken[1] == "broken \ufffd here", spoken[1])
    check(spoken[2] == "quoted \"and\" \\ \n\t\x01 control", spoken[2])
    check(lines[3]["whole"] == -5 and lines[3]["real"] == 0.5 and lines[3]["yes"] is True and lines[3]["none"] is None, lines[3])
    check(lines[4]["object"] == {"a": [1, "two"]}, lines[4])
    check(spoken[5].endswith("x[truncated]") and len(spoken[5]) > 999_000 and lines[5]["kept"] == 1, "the long one is cut, and still JSON")
    metrics, = lines_of(found, "emf")
    check(metrics["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "cruddur" and metrics["Latency"] == 12.5, metrics)
    return "every letter and value, and a document of metrics"


# ---- groups and streams ----

def flows_case(kit):
    """Each way in which group and stream may be missing; what somebody else set on a group stays."""
    one = {"FANLIGHT_LOG_STREAM": "web-1"}
    change(kit, "make", "flow-group")
    change(kit, "keep", "flow-group", "7")
    change(kit, "make", "flow-both")
    change(kit, "make", "flow-both", "web-1")
    for group in ("flow-none", "flow-group", "flow-both", "flow-both"):
        all_arrived(tell(kit, group, "quick", more=one), 1)
    found = {group: read_back(kit, group) for group in ("flow-none", "flow-group", "flow-both")}
    check(all(list(each["streams"]) == ["web-1"] for each in found.values()), "one stream each")
    check([len(messages(each)) for each in found.values()] == [1, 1, 2], "the lines")
    check([each["retention"] for each in found.values()] == [30, 7, None], f"retention: {[each['retention'] for each in found.values()]}")
    check(all(each["tags"] == {"team": "timeline"} for each in found.values()), f"tags: {[each['tags'] for each in found.values()]}")
    return "nothing, a group, or both there"


def deleted_case(kit):
    """The stream, then the group, is deleted while the program runs."""
    environment = {**surroundings(kit, "deleted"), "FANLIGHT_LOG_STREAM": "web-1"}
    with Steps(story(kit, "steps"), environment, kit.root / "deleted.log") as program:
        def numbers_after(count):
            program.say(count)
            check(program.ask("flush") == "flushed", "it did not arrive")
            return [json.loads(line)["i"] for line in messages(read_back(kit, "deleted"))]
        check(numbers_after(3) == [0, 1, 2], "the first three")
        change(kit, "remove", "deleted", "web-1")
        check(numbers_after(2) == [3, 4], "into the stream made anew")
        change(kit, "remove", "deleted")
        check(numbers_after(2) == [5, 6], "into the group made anew")
        all_arrived(program.end(), 7)
    return "made anew, twice"


# ---- keys ----

def no_keys(_):
    return {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": ""}


def visitor_case(kit):
    all_arrived(tell(kit, "visitor", "lines", 100, 1, keys=service(kit).visitor), 100)
    check(len(messages(read_back(kit, "visitor"))) == 100, "the lines")
    return "100 lines, by a role's session"


def web_identity_case(kit):
    """A token in a file, and keys for it from moto's STS; that call is the one that is not signed."""
    token = kit.root / "token"
    token.write_text("a.token.of-an-identity")
    service(kit).check_all_but(1)
    told = tell(kit, "identity", "lines", 10, 1, keys=no_keys(None),
                more={"AWS_WEB_IDENTITY_TOKEN_FILE": str(token), "AWS_ROLE_ARN": service(kit).role, "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"})
    service(kit).check_all_but(0)
    all_arrived(told, 10)
    check(len(messages(read_back(kit, "identity"))) == 10, "the lines")
    return "keys by AssumeRoleWithWebIdentity"


def refused(name, keys, *words, code=KEY_REFUSED, is_lost=False, more=None):
    """It is told, once, without a secret, and nothing arrives. Unless it `is_lost` for good, and counted, it waits, and ends with the program."""
    def case(kit):
        running, group = service(kit), f"refused-{name.replace(' ', '-')}"
        given = keys(running)
        told = tell(kit, group, "impatient", keys=given, more=more(running) if more else None, limit=60)
        problems = [text for number, text in told["problems"] if number == code]
        check(told["delivered"] == 0 and not told["flushed"] and told["dropped"] == is_lost, f"nothing was delivered: {told}")
        check(len(problems) == 1, f"it is said once: {told['problems']}")
        for word in words:
            check(word in problems[0], f"{word} is in: {problems[0]}")
        for secret in (given["AWS_SECRET_ACCESS_KEY"], given["AWS_SESSION_TOKEN"]):
            check(not secret or secret not in json.dumps(told), "the secret is in what was printed")
        check(not messages(read_back(kit, group)), "moto took it all the same")
        return problems[0]
    return name, case


def by_metadata(running):
    """moto plays the metadata of an EC2 machine too, but takes none of the keys it gives there."""
    return {"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": running.endpoint, "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}


MOTO = [
    ("a burst into a new stream", burst_case),
    ("a burst beyond the bounds", bounds_case),
    ("threads and streams", threads_case),
    ("letters and values", texts_case),
    ("groups and streams", flows_case),
    ("deleted meanwhile", deleted_case),
    ("a role's session", visitor_case),
    ("a web identity", web_identity_case),
    refused("a wrong secret", lambda running: {**running.keys, "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}, 
            "403 SignatureDoesNotMatch", "Check your AWS Secret Access Key", code=DELIVERY_FAILED, is_lost=True),
    refused("keys without the right", lambda running: running.stranger, "403 AccessDenied", "logs:PutLogEvents and logs:CreateLogStream are needed", is_lost=True),
    refused("an unknown key", lambda running: {**running.keys, "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"}, "AWS does not take the keys of the environment", "AKIA****MPLE"),
    refused("a session without its token", lambda running: {**running.visitor, "AWS_SESSION_TOKEN": ""}, "AWS does not take the keys of the environment", "ASIA****"),
    refused("the keys of a machine", no_keys, "AWS does not take the keys of", more=by_metadata),
]
