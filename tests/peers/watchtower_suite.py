"""watchtower and fanlight tell the same acts to the same moto, behind a front that keeps the limits of the real service: what watchtower
loses, fanlight does not. Measured: what came, read back by botocore."""
import contextlib
import itertools
import json
import signal
import time

from cloudwatch_front import Front
from cloudwatch_kit import Steps, check, messages, read_back, service, story, surroundings
from kit import must, script

watchtower = script("watchtower")

BURST, MEANWHILE = 100_000, 1_000
WHO = ("watchtower", "fanlight")
names = itertools.count()


class Told:
    """What became of one act: what the program said of itself, and the lines that are there, in order."""

    def __init__(self, kit, group, words, front):
        self.words, self.lines, self.refused = words, messages(read_back(kit, group)), front.refused

    def numbers(self):
        return [json.loads(line)["i"] for line in self.lines]

    def missing(self, said):
        return said - len(set(self.numbers()))


def line_of(kit, who, group, *act):
    return watchtower.line(group, *act) if who == "watchtower" else story(kit, *act)


def group_for(act, who):
    return f"side-{act}-{who}-{next(names)}"


@contextlib.contextmanager
def stage(kit, who, *act):
    """A front, the group's name, and the program's command line and environment."""
    with Front(service(kit).port) as front:
        group = group_for(act[0], who)
        environment = {**surroundings(kit, group), "AWS_ENDPOINT_URL": front.endpoint}
        yield front, group, line_of(kit, who, group, *act), environment


def tell(kit, who, *act, prepare=lambda front: None):
    with stage(kit, who, *act) as (front, group, line, environment):
        prepare(front)
        words = json.loads(must(line, limit=400, env=environment).splitlines()[-1])
        return Told(kit, group, words, front)


def both(kit, *act, **how):
    return {who: tell(kit, who, *act, **how) for who in WHO}


def nothing_lost(told, said):
    check(told.numbers() == list(range(said)), f"fanlight: {said} lines, in order, none twice; {len(told.lines)} are there: {told.words}")
    check(not told.refused, f"fanlight broke a limit: {told.refused[:3]}")


def compared(lost, said):
    return f"of {said} lines watchtower lost {lost}, fanlight none"


# ---- acts ----

def meanwhile_case(kit):
    """Lines that are said while the stream is being made: not before that call has come, and it is not answered before all are said."""
    lost = {}
    for who in WHO:
        with stage(kit, who, "steps") as (front, group, line, environment):
            front.making.clear()
            with Steps(line, environment, kit.root / f"{group}.log") as program:
                program.say(1)
                check(front.wait_for("CreateLogStream"), f"{who} makes its stream")
                program.say(MEANWHILE)
                front.making.set()
                told = Told(kit, group, program.end(), front)
        if who == "fanlight":
            nothing_lost(told, MEANWHILE + 1)
        lost[who] = told.missing(MEANWHILE + 1)
    check(lost["watchtower"] == MEANWHILE, f"watchtower loses these: {lost}; has it learnt? Then the page has to say so")
    return compared(lost["watchtower"], MEANWHILE + 1)


def burst_case(kit):
    told = both(kit, "burst", BURST)
    nothing_lost(told["fanlight"], BURST)
    calls = ", ".join(f"{who} {told[who].words['call_ns']} ns a call" for who in WHO)
    return f"{compared(told['watchtower'].missing(BURST), BURST)}; {calls}"


def days_case(kit):
    """Twenty lines of now, and among them one of three days ago: one request of both is refused as a whole."""
    told = both(kit, "days")
    ours = sorted(told["fanlight"].numbers())
    check(ours == list(range(21)) and not told["fanlight"].refused, f"fanlight: {ours}, {told['fanlight'].refused}")
    lost = told["watchtower"].missing(21)
    check(lost == 21 and len(told["watchtower"].refused) == 5, f"watchtower lost {lost}, after {len(told['watchtower'].refused)} refusals")
    return compared(lost, 21)


def expired_case(kit):
    """Keys that are refused for four seconds."""
    def prepare(front):
        front.expired_for = 4
    told = both(kit, "expired", 100, prepare=prepare)
    nothing_lost(told["fanlight"], 100)
    lost = told["watchtower"].missing(100)
    check(lost == 100, f"watchtower lost {lost}")
    return compared(lost, 100)


def long_case(kit):
    """A line with a field of 2,000,000 letters: what is cut has to be JSON still."""
    told = both(kit, "long")

    def is_json(text):
        with contextlib.suppress(ValueError):
            return json.loads(text)["kept"] == 1
        return False
    kept = {who: [is_json(line) for line in told[who].lines] for who in WHO}
    check(kept == {"watchtower": [False], "fanlight": [True]}, kept)
    return f"{len(told['watchtower'].lines[0])} bytes of watchtower's, no JSON any more; {len(told['fanlight'].lines[0])} of fanlight's"


def stop_case(kit):
    """SIGTERM right after 1,000 lines; fanlight with its handler on."""
    lost = {}
    for who in WHO:
        with stage(kit, who, "stop", "1000") as (front, group, line, environment):
            with Steps(line, environment, kit.root / f"{group}.log") as program:
                check(program.answer() == "said", program.told())
                program.process.send_signal(signal.SIGTERM)
                begun = time.monotonic()
                check(program.process.wait(60) == -signal.SIGTERM, f"{who} ended by another way: {program.process.returncode}\n{program.told()}")
                took = time.monotonic() - begun
            told = Told(kit, group, {}, front)
        if who == "fanlight":
            nothing_lost(told, 1000)
        lost[who] = told.missing(1000)
    check(lost["watchtower"] == 1000, f"watchtower lost {lost['watchtower']}")
    return f"{compared(lost['watchtower'], 1000)}, and ended {took:.2f} s after the signal"


WATCHTOWER = [
    ("while a stream is made", meanwhile_case),
    ("a burst into a new stream", burst_case),
    ("a line of three days ago", days_case),
    ("keys refused for 4 s", expired_case),
    ("a long line of JSON", long_case),
    ("SIGTERM", stop_case),
]
