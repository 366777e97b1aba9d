"""The suites about X-Ray that need no daemon: moto as the service, botocore's signer, and AWS's SDK for Python beside fanlight."""
import json
import os
import subprocess

import xray_compare
from kit import Failed, script
from xray_kit import Asked, all_left, check, conform, each_once, run_story, written, xray_id
from xray_udp import UdpSink

moto, aws_signature, xray_python = script("moto"), script("aws_signature"), script("xray_python")

REQUESTS, PARTS = 120, 6
SIGNED = 600
KEY_REFUSED = 212


# ---- moto plays the service, and checks signatures ----

def service(kit):
    """One moto for all cases; it ends with the run."""
    return kit.once("moto", lambda: kit.until_end(moto.Moto(kit.root / "moto.log")))


def read_back(running, traces):
    run = subprocess.run([moto.prepare(), moto.HERE / "read_xray.py"], input="\n".join(traces), env={**os.environ, **running.environment()}, capture_output=True, text=True, timeout=120)
    if run.returncode:
        raise Failed(run.stdout + run.stderr)
    return json.loads(run.stdout)


def stored(running, asked):
    """Documents of the traces that were asked for, as the service has them."""
    found = read_back(running, sorted(asked.traces))
    check(not found["missing"], f"{len(found['missing'])} traces are not there")
    return [text for documents in found["traces"].values() for text in documents]


def put(kit, name, keys=None):
    folder, running = kit.folder(name), service(kit)
    told = run_story(kit, running.environment(keys), "api", "requests", REQUESTS, PARTS, folder / "asked.jsonl")
    all_left(told)
    documents = stored(running, Asked(folder / "asked.jsonl"))
    return Asked(folder / "asked.jsonl"), documents, written(folder / "documents", documents)


def signed_case(kit):
    asked, documents, folder = kit.once("signed", lambda: put(kit, "moto-signed"))
    return f"{each_once(asked, documents)} ids in {len(documents)} documents"


def noticed_case(kit):
    """What each_once() is for: a document that is missing, one that is there twice, another id."""
    asked, documents, _ = kit.once("signed", lambda: put(kit, "moto-signed"))
    other = documents[0].replace(json.loads(documents[0])["id"], "00000000000000aa")
    for changed in (documents[1:], documents + documents[:1], [other, *documents[1:]]):
        try:
            each_once(asked, changed)
        except Failed:
            continue
        raise Failed("documents were changed, and nobody noticed")
    return "3 of 3 changes"


def token_case(kit):
    asked, documents, _ = put(kit, "moto-token", service(kit).visitor)
    return f"{each_once(asked, documents)} ids, by a role's session"


def summary_case(kit):
    folder, running = kit.folder("moto-summaries"), service(kit)
    all_left(run_story(kit, running.environment(), "api", "statuses", folder / "asked.jsonl"))
    asked = Asked(folder / "asked.jsonl")
    summaries = read_back(running, [])["summaries"]
    expected = {"status 200": (False, False, False), "status 404": (True, False, False), "status 429": (True, False, True), "status 503": (False, True, False)}
    for line in asked.lines:
        told = summaries.get(xray_id(line["trace"]))
        check(told, f"{line['name']} has no summary")
        flags = told["HasError"], told["HasFault"], told["HasThrottle"]
        check(flags == expected[line["name"]], f"{line['name']}: error, fault, throttle are {flags}")
    return f"{len(asked.lines)} traces"


def refused(name, keys, *words):
    """403 is told in words, once, and nothing is lost or sent on: it waits, and ends with the program."""
    def case(kit):
        running = service(kit)
        given = keys(running)
        asked = kit.folder(f"moto-{name}") / "asked.jsonl"
        told = run_story(kit, running.environment(given), "api", "statuses", asked)
        problems = [text for code, text in told["problems"] if code == KEY_REFUSED]
        check(told["delivered"] == 0 and not told["flushed"], f"nothing was delivered: {told}")
        check(len(problems) == 1, f"it is said once: {told['problems']}")
        for word in words:
            check(word in problems[0], f"{word} is in: {problems[0]}")
        for secret in (given["AWS_SECRET_ACCESS_KEY"], given["AWS_SESSION_TOKEN"]):
            check(not secret or secret not in json.dumps(told), "the secret is in what was printed")
        check(not read_back(running, sorted(Asked(asked).traces))["traces"], "moto took it all the same")
        return problems[0]
    return name, case


def check_case(kit):
    running = service(kit)
    told = run_story(kit, running.environment(), "api", "check")
    check(told.endswith("\narrived\n"), told)
    other = run_story(kit, running.environment({**running.keys, "AWS_SECRET_ACCESS_KEY": "another"}), "api", "check")
    check(other.endswith("\ndid not arrive\n") and "403" in other and "SignatureDoesNotMatch" in other, other)
    return "acknowledged; and with a wrong secret, what is wrong"


def conform_cases(documents):
    return [(f"the {name} schema", lambda kit, name=name: conform(moto.prepare(), documents(kit), name)) for name in ("strict", "published")]


MOTO = [
    ("signed, read back", signed_case),
    ("a changed fact is noticed", noticed_case),
    ("a role's session", token_case),
    ("summaries", summary_case),
    refused("a wrong secret", lambda running: {**running.keys, "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}, "403", "SignatureDoesNotMatch", "keys and their region"),
    refused("an unknown key", lambda running: {**running.keys, "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"}, "AWS does not take the keys of the environment", "AKIA****MPLE"),
    refused("a session without its token", lambda running: {**running.visitor, "AWS_SESSION_TOKEN": ""}, "AWS does not take the keys of the environment", "ASIA****"),
    refused("keys without the right", lambda running: running.stranger, "403", "AWSXRayDaemonWriteAccess", "AccessDenied"),
    ("xray_check()", check_case),
    *conform_cases(lambda kit: kit.once("signed", lambda: put(kit, "moto-signed"))[2]),
]


# ---- botocore signs the same requests ----

def signature_case(kit):
    return aws_signature.compare(kit.programs / "aws_sign", kit.seed, SIGNED).splitlines()[-1]


SIGNATURE = [("random requests", signature_case)]


# ---- the SDK for Python tells the same story ----

def both(kit):
    """Documents of the SDK, and of fanlight."""
    def heard(who, tell):
        with UdpSink() as sink:
            tell({"AWS_XRAY_DAEMON_ADDRESS": sink.address})
        check(not sink.wrong, "\n".join(sink.wrong[:5]))
        written(kit.root / f"xray-acts-{who}", sink.documents)
        return sink.documents
    return kit.once("acts", lambda: (heard("python", xray_python.tell), heard("fanlight", lambda environment: run_story(kit, environment, "udp", "acts"))))


def side_by_side(kit):
    wrong, rows = xray_compare.differences(*both(kit))
    if wrong:
        raise Failed("\n".join([f"{len(wrong)} things are wrong:", *wrong[:20]]))
    return f"{len(both(kit)[1])} documents; {rows} differences, each with its reason in {xray_compare.PAGE.name}"


def difference_noticed(kit):
    """Each fact in our documents is changed, in turn, to another kind of value, or taken away: that has to be seen."""
    python, ours = both(kit)
    tried = unnoticed = 0
    for number, text in enumerate(ours):
        for changed in xray_compare.changes(json.loads(text)):
            tried += 1
            others = [json.dumps(changed) if i == number else each for i, each in enumerate(ours)]
            unnoticed += not xray_compare.differences(python, others)[0]
    check(tried > 100 and not unnoticed, f"{unnoticed} of {tried} changes went unnoticed")
    return f"{tried} of {tried} changes"


def acts_folder(kit):
    both(kit)
    return kit.root / "xray-acts-fanlight"


XRAY_PYTHON = [("keys, types and values", side_by_side), ("a changed fact is noticed", difference_noticed), *conform_cases(acts_folder)]
