"""Of the whole demo: what each back end got of each request, held side by side. It knows nothing of how that was brought about: `judge` takes
the evidence of whole_demo.py and gives a table, and what is wrong with it. A back end's record that belongs to no request is wrong as well."""
import collections
import re

from cruddur_kit import SERVER

STATUS = "http.response.status_code"


class Evidence:
    """The same facts, by what they are looked up by. `used` are those that some request accounts for."""

    def __init__(self, found):
        self.requests, self.actions, self.counters, self.summaries = found["requests"], found["actions"], found["counters"], found["summaries"]
        self.spans, self.logs, self.lines, self.items = found["spans"], found["logs"], found["lines"], found["items"]
        self.segments = [segment for document in found["documents"] for segment in flattened(document)]
        self.used = collections.defaultdict(set)

    def use(self, kind, records):
        self.used[kind].update(map(id, records))
        return records

    def unused(self, kind):
        return [each for each in getattr(self, kind) if id(each) not in self.used[kind]]


def flattened(document, parent=None, trace=None):
    """A document and its subsegments: trace as OTLP writes it, ids and parents."""
    if not trace:
        form = re.fullmatch(r"1-([0-9a-f]{8})-([0-9a-f]{24})", document["trace_id"])
        trace = form[1] + form[2] if form else document["trace_id"]
    yield {"trace": trace, "id": document["id"], "parent": parent or document.get("parent_id", ""), "whole": document}
    for child in document.get("subsegments", []):
        yield from flattened(child, document["id"], trace)


def beneath(spans, top):
    """A span and all that descends from it in its trace, as far as the same service made it."""
    kept, found = [top], {top["id"]}
    while more := [each for each in spans if each["trace"] == top["trace"] and each["parent"] in found and each["id"] not in found and each["service"] == top["service"]]:
        kept += more
        found.update(each["id"] for each in more)
    return kept


def exception(item):
    return (item["body"].get("trace") or item["body"]["trace_chain"][0])["exception"]


class Row:
    """One request: what each back end has of it. `wrong` says what it should have."""

    def __init__(self, evidence, request):
        self.evidence, self.request, self.wrong = evidence, request, []
        self.trace = request["trace"]
        self.spans, self.page, self.segments, self.logs, self.lines, self.items = [], [], [], [], [], []
        self.must(request["status"] == request["expected"], f"answered {request['status']}, not {request['expected']}")
        top = self.server_span() if request["spans"] else None
        if top:
            self.trace = top["trace"]
            self.spans = evidence.use("spans", beneath(evidence.spans, top))
        elif not request["spans"]:  # nothing is due, and anything of this trace is too much
            self.spans = evidence.use("spans", [each for each in evidence.spans if each["trace"] == self.trace])
        self.in_otlp(top)
        self.in_the_page()
        self.in_xray(top)
        self.in_the_log(top)
        self.at_rollbar(top)

    def must(self, condition, words):
        if not condition:
            self.wrong.append(words)

    def server_span(self):
        """By the ids that the caller sent; without any, by the caller's name."""
        wanted = self.request
        found = [each for each in self.evidence.spans if each["service"] == "cruddur" and each["kind"] == SERVER and (
            (each["trace"], each["parent"]) == (wanted["trace"], wanted["parent"]) if wanted["trace"] else each["attributes"].get("user_agent.original") == wanted["agent"])]
        self.must(len(found) == 1, f"OTLP has {len(found)} server spans of it")
        return found[0] if len(found) == 1 else None

    def in_otlp(self, top):
        wanted = self.request
        self.must(len(self.spans) == wanted["spans"], f"OTLP has {len(self.spans)} spans of the server, not {wanted['spans']}")
        if top:
            name = f"{wanted['method']} {wanted['route']}".strip()
            self.must(top["name"] == name and top["attributes"].get(STATUS) == wanted["expected"], f"the server span is {top['name']} {top['attributes'].get(STATUS)}")
            self.must(wanted["trace"] or not top["parent"], "a trace that the server began has a parent")

    def in_the_page(self):
        """The fetch that was sent is a span of the page, beneath what the person did, in the trace that the page shows."""
        if self.request["by"] != "browser":
            return
        page = [each for each in self.evidence.spans if each["service"] == "cruddur-web" and each["trace"] == self.trace]
        fetch = [each for each in page if each["id"] == self.request["parent"]]
        roots = [each for each in page if not each["parent"]]
        self.must(len(fetch) == 1 and len(roots) == 1, f"the page has {len(fetch)} spans of this fetch, {len(roots)} of what the person did")
        if len(fetch) == len(roots) == 1:
            self.page = self.evidence.use("spans", roots + beneath(page, fetch[0]))
            shown = [action for action in self.evidence.actions if action["trace"] == self.trace and action["name"] == roots[0]["name"]]
            self.must(fetch[0]["parent"] == roots[0]["id"] and len(shown) == 1, f"the fetch belongs to {fetch[0]['parent']}, not to {roots[0]}")

    def in_xray(self, top):
        """The same ids with the same parents, once each; the segment says how it went."""
        mine = {each["id"] for each in self.spans}
        self.segments = self.evidence.use("segments", [each for each in self.evidence.segments if each["trace"] == self.trace and (not mine or each["id"] in mine)])
        found, due = sorted((each["id"], each["parent"]) for each in self.segments), sorted((each["id"], each["parent"]) for each in self.spans)
        self.must(found == due, f"X-Ray has (id, parent) {found}, OTLP {due}")
        for each in self.segments:
            if top and each["id"] == top["id"]:
                whole, status = each["whole"], self.request["expected"]
                told = whole.get("http", {}).get("response", {}).get("status"), bool(whole.get("error")), bool(whole.get("fault"))
                self.must(told == (status, 400 <= status < 500, status >= 500), f"the segment's status, error, fault are {told}")

    def in_the_log(self, top):
        """One access line, with the ids of the server's span; every line of the trace belongs to one of its spans, and OTLP has the same."""
        mine = {each["id"] for each in self.spans}
        of_mine = (lambda trace, span: trace == self.trace and (not mine or span in mine)) if self.trace else lambda *_: False
        self.lines = self.evidence.use("lines", [each for each in self.evidence.lines if of_mine(each.get("trace_id"), each.get("span_id"))])
        self.logs = self.evidence.use("logs", [each for each in self.evidence.logs if of_mine(each["trace"], each["id"])])
        access = [each for each in self.lines if each.get(STATUS) == self.request["expected"] and each.get("logger") == "access"]
        self.must(len(access) == 1, f"CloudWatch has {len(access)} access lines of it")
        self.must(not access or not top or access[0]["span_id"] == top["id"], f"the access line is of span {access and access[0]['span_id']}")
        self.must(all(each.get("xray_trace_id") == f"1-{self.trace[:8]}-{self.trace[8:]}" for each in self.lines), "a line has another id for X-Ray")
        lines = sorted((each["span_id"], each["message"]) for each in self.lines if each not in self.reports())
        logs = sorted((each["id"], each["text"]) for each in self.logs)
        self.must(lines == logs, f"CloudWatch has {lines}, OTLP {logs}")

    def reports(self):
        """CloudWatch's lines about errors. OTLP tells of them in the span."""
        return [each for each in self.lines if each.get("type") == "error"]

    def at_rollbar(self, top):
        """An item where one is due, of the server's span; and it is the error that CloudWatch and OTLP know."""
        mine = {each["id"] for each in self.spans}
        self.items = self.evidence.use("items", [each for each in self.evidence.items if each["custom"].get("trace_id") == self.trace and each["custom"].get("span_id") in mine])
        due = [top["id"]] if top and self.request["error"] else []
        self.must([each["custom"]["span_id"] for each in self.items] == due, f"Rollbar has {len(self.items)} items of it, not {len(due)}")
        told = [(each["span_id"], each["error_id"], each["message"]) for each in self.reports()]
        items = [(each["custom"]["span_id"], each["uuid"], words["message"]) for each in self.items for words in [exception(each)]]
        self.must(told == items, f"CloudWatch tells of the errors {told}, Rollbar of {items}")
        in_spans = [words for span in self.spans for words in span["errors"]]  # of the one that threw, which may be far beneath
        self.must([words for *_, words in told] == in_spans, f"CloudWatch tells of the errors {told}, the spans of {in_spans}")

    def cells(self):
        one = self.request
        page = f"{len(self.page)} + " if self.page else ""
        return [f"{one['method']} {one['path']}", one["by"], str(one["status"]), self.trace or "none", f"{page}{len(self.spans)}", str(len(self.segments)),
                str(len(self.lines)), str(len(self.items)), PARENTS[one["by"], one["headers"]] if one["spans"] else NO_SPANS.get(one["headers"], "none: dropped by the hook"), "WRONG" if self.wrong else "ok"]


PARENTS = {("browser", "traceparent"): "the page's fetch", ("curl", "traceparent"): "traceparent", ("curl", "x-amzn-trace-id"): "X-Amzn-Trace-Id", ("curl", "none"): "none: a new trace"}
NO_SPANS = {"unsampled": "none: not sampled"}
HEAD = ["request", "by", "status", "trace id", "OTLP", "X-Ray", "lines", "items", "parent of the server's span", ""]


def left_over(evidence):
    """What came, and is of no request."""
    for kind, where in (("spans", "OTLP"), ("segments", "X-Ray"), ("logs", "OTLP's logs"), ("lines", "CloudWatch"), ("items", "Rollbar")):
        more = evidence.unused(kind)
        if more:
            yield f"{where} has {len(more)} of no request: {more[0]}"
    strange = set(evidence.summaries) - {f"1-{each['trace'][:8]}-{each['trace'][8:]}" for each in evidence.segments}
    if strange:
        yield f"X-Ray has traces of no request: {sorted(strange)}"
    ids = [each["id"] for each in evidence.spans]
    if len(ids) != len(set(ids)):
        yield "OTLP has a span twice"
    delivered, dropped, queued = evidence.counters
    if not delivered or dropped or queued:
        yield f"the server delivered {delivered}, dropped {dropped}, kept {queued}"


def table(rows):
    cells = [HEAD, *(row.cells() for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(HEAD))]
    return [" ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip() for line in cells]


def judge(found):
    """The table, and all that is wrong."""
    evidence = Evidence(found)
    rows = [Row(evidence, request) for request in evidence.requests]
    wrong = [f"{row.cells()[0]} by {row.request['by']} ({row.trace}): {words}" for row in rows for words in row.wrong] + list(left_over(evidence))
    of_page = sum(each["service"] != "cruddur" for each in evidence.spans)
    last = [f"{len(evidence.spans)} spans in OTLP, {of_page} of them the page's; {len(evidence.segments)} in X-Ray; {len(evidence.lines)} log lines, {len(evidence.items)} items.",
            "The server delivered {} records, dropped {}, kept {}.".format(*evidence.counters), f"Wrong: {len(wrong)}." if wrong else "Nothing is wrong."]
    return "\n".join([*table(rows), "", " ".join(last)]), wrong
