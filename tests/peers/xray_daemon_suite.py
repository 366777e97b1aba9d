"""The real X-Ray daemon between fanlight and a service: what arrives behind it, over its UDP side and its TCP side. By hand: see
xray_daemon/start.py."""
import json
import socket
import subprocess
from pathlib import Path

from kit import Process, script
from xray_kit import Asked, all_left, check, conform, each_once, ids_in, run_story, written, xray_id
from xray_service import Service, rule
from xray_suites import moto, service, stored

xray_daemon = script("xray_daemon")

UNPROCESSED = 311
LARGEST = 65_477  # bytes of a document in the largest datagram of IPv4, after the header line
LOAD = (1000, 200)


def behind(kit, name, way, *story, limit=300, documents=0, **how):
    """A story through a daemon: what the program said, what it asked for, the service behind, and what the daemon logged. A daemon that is
    stopped leaves datagrams unread, so where it is known how many documents there are, they are waited for."""
    folder = kit.folder(f"daemon-{name}")
    with Service(**how) as far, xray_daemon.Daemon(far.endpoint, folder) as near:
        told = run_story(kit, near.environment, way, *story, folder / "asked.jsonl", limit=limit)
        far.wait(lambda: len(far.documents) >= documents)
        near.stop()  # flushes
        check(not far.wrong, "\n".join(far.wrong[:5]))
        return told, Asked(folder / "asked.jsonl"), far, near.log.read_text(errors="replace")


def whole_case(kit, way):
    told, asked, far, _ = kit.once(("daemon whole", way), lambda: behind(kit, f"whole-{way}", way, "requests", 120, 3, documents=120))
    all_left(told)
    return f"{each_once(asked, far.documents)} ids in {len(far.documents)} documents; batches of {sorted(far.batches, reverse=True)}"


def documents_of(kit):
    _, _, far, _ = kit.once(("daemon whole", "udp"), lambda: behind(kit, "whole-udp", "udp", "requests", 120, 3, documents=120))
    return written(kit.root / "daemon-documents", far.documents)


def large_case(kit):
    told, asked, far, _ = behind(kit, "large", "udp", "large", 63_000, documents=1)
    all_left(told)
    each_once(asked, far.documents)
    document = json.loads(far.documents[0])
    check(document["metadata"]["default"]["filling"] == "x" * 63_000, "the metadata came whole")
    return f"{len(far.documents[0])} bytes"


def largest_case(kit):
    """One of fanlight's documents, filled up to what a datagram holds: byte for byte the same behind the daemon."""
    _, _, far, _ = kit.once(("daemon whole", "udp"), lambda: behind(kit, "whole-udp", "udp", "requests", 120, 3, documents=120))
    start = far.documents[0].encode()[:-1] + b',"metadata":{"default":{"filling":"'
    body = start + b"x" * (LARGEST - len(start) - 4) + b'"}}}'
    with Service() as last, xray_daemon.Daemon(last.endpoint, kit.folder("daemon-largest")) as near:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.sendto(b'{"format":"json","version":1}\n' + body, ("127.0.0.1", near.port))
        check(last.wait(lambda: last.documents), f"it did not arrive\n{near.told()}")
        near.stop()
    check(len(body) == LARGEST and [each.encode() for each in last.documents] == [body], "it did not arrive as it was sent")
    return f"{len(body)} bytes"


def refused_case(kit):
    """Over TCP the daemon hands the service's answer on, and each id that was not taken is told and counted."""
    told, asked, far, _ = behind(kit, "refused-tcp", "daemon_tcp", "refused", refused="refuse me")
    refused = {line["id"] for line in asked.lines if line["name"] == "refuse me"}
    words = [text for code, text in told["problems"] if code == UNPROCESSED]
    each_once(asked, far.documents)
    check(told["by"]["rejected"] == len(refused) == 4 and told["delivered"] == len(asked.lines) - 4, f"four are rejected: {told}")
    check(words and any(each in words[0] for each in refused) and "InvalidName" in words[0], f"told with id and reason: {told['problems']}")
    check(told["retries"] == 0, f"nothing is sent again: {told}")
    return words[0]


def logged_case(kit):
    """Over UDP nobody tells the program. The daemon's log names the traces: it finds a document by the id that was refused, which works because a
    document's own id comes first in it."""
    told, asked, _, log = behind(kit, "refused-udp", "udp", "refused", refused="refuse me")
    all_left(told)
    lines = [line for line in log.splitlines() if "Unprocessed trace" in line]
    for each in asked.lines:
        named = any(xray_id(each["trace"]) in line for line in lines)
        check(named == (each["name"] == "refuse me"), f"{each['name']}, trace {xray_id(each['trace'])}, is {'' if named else 'not '}in the daemon's log\n{log[-3000:]}")
    return f"{len(lines)} traces in the daemon's log"


class Asking(Process):
    """xray_story, asked for its decisions request by request."""

    def __init__(self, kit, near, asked):
        super().__init__([kit.programs / "xray_story", "daemon_tcp", "sampled", asked], near.log.with_name("story.log"), near.environment,
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, path, count):
        self.process.stdin.write(f"ask {path} {count}\n".encode())
        self.process.stdin.flush()
        return self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        check(line, f"the program ended early\n{self.told()}")
        return json.loads(line)

    def until(self, path, words):
        """Requests, until this is why: rules and targets come when they come. Gives how many requests that took."""
        for asked in range(1, 100_000):
            why = self.ask(path, 1)["why"]
            if words in why:
                return asked
        check(False, f"it stayed: {why}")


def rules_case(kit):
    """Rules come through the daemon's TCP side and decide; what was decided goes back there; the targets that answer it change the decisions."""
    folder = kit.folder("daemon-rules")
    with Service(rules=[rule("orders", "/orders", 1, 1), rule("Default", "*", 0, 10_000)]) as far, xray_daemon.Daemon(far.endpoint, folder) as near:
        with Asking(kit, near, folder / "asked.jsonl") as program:
            program.until("/other", "by the rule 'Default' of X-Ray")
            told = program.ask("/orders", 500)
            check(told == {"sampled": 500, "why": "sampled by the rule 'orders' of X-Ray: rate"}, f"the rule takes all: {told}")
            check(far.wait(lambda: far.asked_of("orders") == 500), f"what was decided is reported: {far.statistics}")
            check(far.asked_of("orders", "SampledCount") == 500, f"and what was sampled: {far.statistics}")
            far.rates["orders"] = 0
            more = program.until("/orders", "not sampled by the rule 'orders' of X-Ray")
            program.process.stdin.close()
            last = program.answer()
            program.process.wait(60)
        near.stop()
    check(last["flushed"], f"{last}")
    asked = Asked(folder / "asked.jsonl")
    each_once(asked, far.documents)
    for text in far.documents:
        check(json.loads(text)["aws"]["xray"]["sampling_rule_name"] == "orders", f"the rule's name is in the document: {text}")
    check(not far.wrong, "\n".join(far.wrong[:5]))
    return f"{len(far.documents)} documents with the rule's name; the target held from request {500 + more} on"


def chain_case(way):
    """fanlight, the real daemon, moto with signatures checked, botocore: only the first is ours."""
    def case(kit):
        folder, far = kit.folder(f"daemon-chain-{way}"), service(kit)
        with xray_daemon.Daemon(far.endpoint, folder, far.keys) as near:
            told = run_story(kit, near.environment, way, "requests", 120, 6, folder / "asked.jsonl")
            near.stop()
        all_left(told)
        asked = Asked(folder / "asked.jsonl")
        documents = stored(far, asked)
        words = f"{each_once(asked, documents)} ids in {len(documents)} documents"
        conform(moto.prepare(), written(folder / "documents", documents), "strict")
        return words
    return case


def check_case(kit):
    with Service() as far, xray_daemon.Daemon(far.endpoint, kit.folder("daemon-check")) as near:
        told = [run_story(kit, near.environment, way, "check") for way in ("udp", "daemon_tcp")]
        check(all(each.endswith("\narrived\n") for each in told), "\n".join(told))
        check(far.wait(lambda: len(far.documents) >= 2), f"{len(far.documents)} segments came of two checks")
    return "; ".join(told[1].splitlines()[1:3])


def tcp_load_case(kit):
    told, asked, far, _ = behind(kit, "load-tcp", "daemon_tcp", "requests", *LOAD, limit=900)
    all_left(told)
    check(far.again == told["retries"] == 0, f"{far.again} documents came again")
    check(max(map(len, far.documents)) <= 64_000, "a document is over 64,000 bytes")
    return f"{each_once(asked, far.documents)} ids, once each, in {len(far.documents)} documents of up to {max(map(len, far.documents))} bytes"


def udp_load_case(kit):
    """Paced as it is by default. What the kernel or the daemon drop, nobody is told; with a receive buffer of 4 MiB nothing may be dropped."""
    told, asked, far, log = behind(kit, "load-udp", "udp", "requests", *LOAD, limit=900)
    all_left(told)
    found = list(ids_in(far.documents))
    check(len(found) == len(set(found)) and set(found) <= asked.ids.items(), "an id came twice, or nobody asked for it")
    buffer = int(Path("/proc/sys/net/core/rmem_default").read_text())
    check(buffer < 4 << 20 or len(found) == len(asked.ids), f"{len(asked.ids) - len(found)} ids were lost with a receive buffer of {buffer} bytes\n{log[-2000:]}")
    return f"{len(found)} of {len(asked.ids)} ids came, {len(far.documents)} of {LOAD[0]} documents, {far.again} again; the receive buffer is {buffer} bytes"


XRAY_DAEMON = [
    ("whole over UDP", lambda kit: whole_case(kit, "udp")),
    ("whole over TCP", lambda kit: whole_case(kit, "daemon_tcp")),
    ("the strict schema", lambda kit: conform(moto.prepare(), documents_of(kit), "strict")),
    ("the published schema", lambda kit: conform(moto.prepare(), documents_of(kit), "published")),
    ("a large document", large_case),
    ("the largest datagram", largest_case),
    ("unprocessed over TCP", refused_case),
    ("unprocessed over UDP", logged_case),
    ("rules and targets", rules_case),
    ("to moto over UDP", chain_case("udp")),
    ("to moto over TCP", chain_case("daemon_tcp")),
    ("xray_check()", check_case),
    ("1,000 x 200 over TCP", tcp_load_case),
    ("1,000 x 200 over UDP", udp_load_case),
]
