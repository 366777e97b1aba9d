"""What OTLP has to show of what a program asked for: the rules of the protocol and of fanlight's pages, applied to the lines that the
story wrote down (asked.hpp). Written from those pages, not from fanlight's encoders.

A record is a dictionary with `what` (span or log), `key` (by which it is found), and its facts; a value is a list of a letter and its
content: e(mpty), b(ool), i(nteger, decimal), d(ouble, its bits), s (text), x (bytes, hexadecimal), a(rray), m(ap).
"""
import json

MOST = 128  # attributes, events, links
SEVERITY = {1: "TRACE", 5: "DEBUG", 9: "INFO", 13: "WARN", 17: "ERROR", 21: "FATAL"}
UNSET, OK, ERROR = 0, 1, 2
PARENT_KNOWN, PARENT_REMOTE = 0x100, 0x200


class Moment:
    """Given to fanlight, or taken by it between two looks of the program at its own clock."""
    SLACK = 50_000_000  # nanoseconds by which the two clocks may be apart

    def __init__(self, pair):
        first, last = map(int, pair)
        slack = 0 if first == last else self.SLACK
        self.first, self.last = first - slack, last + slack

    def holds(self, nanoseconds):
        return self.first <= nanoseconds <= self.last

    def __repr__(self):
        return str(self.first) if self.first == self.last else f"{self.first} to {self.last}"


def raw(text):
    return bytes.fromhex(text[1:]) if text[0] == "#" else text[1:].encode()


def repaired(text):
    """Names and keys: U+FFFD for what is not UTF-8."""
    return raw(text).decode("utf-8", "replace")


def double(bits):
    number = int(bits, 16)
    nan = number >> 52 & 0x7FF == 0x7FF and number & (1 << 52) - 1
    return ["d", "nan" if nan else bits]


def text_value(content):
    """Values that are not UTF-8 travel as bytes."""
    try:
        return ["s", content.decode("utf-8")]
    except UnicodeDecodeError:
        return ["x", content.hex()]


def value(asked):
    kind, content = asked[0], asked[1] if len(asked) > 1 else None
    if kind == "s":
        return text_value(raw(content))
    if kind == "u":  # there are no unsigned 64-bit numbers on the wire
        return ["i", content] if int(content) < 1 << 63 else ["s", content]
    if kind == "d":
        return double(content)
    if kind == "a":
        return ["a", [value(each) for each in content]]
    if kind == "m":
        return ["m", {repaired(key): value(each) for key, each in content}]
    return asked


def attributes(pairs):
    """And how many were dropped: those without a key, and new ones beyond the limit. The last value of a key wins."""
    kept, dropped = {}, 0
    for key, asked in pairs:
        key = repaired(key)
        if key and (key in kept or len(kept) < MOST):
            kept[key] = value(asked)
        else:
            dropped += 1
    return kept, dropped


def metadata(pairs):
    """Not counted by any limit."""
    return {"metadata." + repaired(key): value(asked) for key, asked in pairs}


def status(calls):
    """Unset < error < ok: ok is final, unset changes nothing, the message is kept for errors only."""
    code, message = UNSET, ""
    for asked, words in calls:
        if asked != UNSET and code != OK:
            code, message = asked, repaired(words) if asked == ERROR else ""
    return [code, message]


def event(asked):
    kept, dropped = attributes(asked["set"])
    return {"at": Moment(asked["at"]), "name": repaired(asked["name"]), "attributes": kept, "dropped": dropped}


def links(asked):
    """A link to nowhere is kept for what it carries."""
    return [each for each in asked if known(each["trace"]) or each["set"] or each["state"] != "="]


def known(digits):
    return digits if digits.strip("0") else ""


def link(asked):
    kept, dropped = attributes(asked["set"])
    flags = asked["flags"] | PARENT_KNOWN | (PARENT_REMOTE if asked["remote"] else 0)
    return {"trace": known(asked["trace"]), "id": known(asked["id"]), "state": repaired(asked["state"]), "attributes": kept, "dropped": dropped, "flags": flags}


class Expected:
    """All records that must arrive, by their keys."""

    def __init__(self, path):
        self.records = {}
        for line in path.open(encoding="ascii"):
            asked = json.loads(line)
            if asked["what"] == "run":
                self.run(asked)
                continue
            record = self.span(asked) if asked["what"] == "span" else self.log(asked)
            assert record["key"] not in self.records, f"the story told {record['key']} twice"
            self.records[record["key"]] = record

    def run(self, asked):
        self.sdk = repaired(asked["sdk"])
        texts = {"service.name": asked["service"], "service.version": asked["version"], "deployment.environment.name": asked["environment"]}
        sdk = {"telemetry.sdk.name": "=fanlight", "telemetry.sdk.language": "=cpp", "telemetry.sdk.version": asked["sdk"]}
        self.resource = {key: text_value(raw(text)) for key, text in {**texts, **sdk}.items()}
        self.resource.update(attributes(asked["resource"])[0])

    def common(self, asked, key):
        kept, dropped = attributes(asked["set"])
        return {"what": asked["what"], "key": key, "resource": self.resource, "attributes": {**kept, **metadata(asked["metadata"])},
                "dropped": dropped, "trace": known(asked["trace"]), "id": known(asked["id"])}

    def span(self, asked):
        record = self.common(asked, ("span", asked["trace"], asked["id"]))
        record["scope"] = [repaired(asked["scope"]), repaired(asked["scope_version"])] if asked["scope"] != "=" else ["fanlight", self.sdk]
        record.update(parent=asked["parent"], state=repaired(asked["state"]), name=repaired(asked["name"]), kind=asked["kind"],
                      flags=asked["flags"] | PARENT_KNOWN | (PARENT_REMOTE if asked["remote"] else 0),
                      start=Moment(asked["start"]), end=Moment(asked["end"]), status=status(asked["statuses"]),
                      events=[event(each) for each in asked["events"][:MOST]], dropped_events=max(0, len(asked["events"]) - MOST),
                      links=[link(each) for each in links(asked["links"])[:MOST]], dropped_links=max(0, len(links(asked["links"])) - MOST))
        if "fanlight.error.id" in record["attributes"]:
            record["uuid"] = asked["error_uuid"]
        return record

    def log(self, asked):
        body = text_value(raw(asked["body"]))
        given = attributes(asked["set"])[0]
        record = self.common(asked, ("log", *given["n"]) if "n" in given else ("log", *body))
        record["scope"] = [repaired(asked["logger"]), ""] if asked["logger"] != "=" else ["fanlight", self.sdk]
        record.update(body=body, severity=[asked["level"], SEVERITY[asked["level"]]], at=Moment(asked["at"]), observed=Moment(asked["at"]),
                      flags=asked["flags"], event_name="")
        if asked["report"]:
            self.report(asked, record)
        return record

    @staticmethod
    def report(asked, record):
        uuid = "=" + asked["uuid"]
        told = {"rollbar.occurrence.uuid": uuid, "fanlight.error.id": uuid, "fanlight.error.fingerprint": asked["fingerprint"],
                "user.id": asked["person_id"], "user.name": asked["person_name"], "user.email": asked["person_email"],
                "exception.type": asked["error_type"]}
        record["attributes"].update({key: text_value(raw(text)) for key, text in told.items() if text != "="})
        if asked["error_type"] != "=":
            record["attributes"]["exception.message"] = record["body"]
            record["event_name"] = "exception"
