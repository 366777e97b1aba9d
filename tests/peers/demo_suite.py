"""The suites around the example server and its page: a real browser whose trace goes on in the server, and the whole demo."""
import random

import whole_demo
import whole_judge
from cruddur_kit import SERVER, Cruddur, Pages, check, collected
from kit import Failed

browser, collector = whole_demo.browser, whole_demo.collector
CHANGES = 400


def program(kit):
    """Where the build that has the peers' programs puts the examples."""
    return kit.programs.parent.parent / "examples/cruddur"


# ---- the page in a browser ----

def visit(kit, name, elsewhere=False, known=True):
    """What the browser says of a visit, and what the Collector got of it. `elsewhere`: the page has an origin of its own, which the server knows
    or not."""
    folder = kit.folder(name)
    with collector.Collector(folder / "collected.jsonl", folder / "collector.log") as far, Pages(folder / "page") as pages:
        if not elsewhere:
            browser.bundle(folder / "page")
        origin = ["--web-origin", pages.endpoint if known else "http://127.0.0.1:1"] if elsewhere else ["--web", folder / "page"]
        settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": far.endpoint, "OTEL_EXPORTER_OTLP_HEADERS": f"x-api-key={whole_demo.HIDDEN}"}
        with Cruddur(program(kit), folder / "cruddur.log", "--otlp", *origin, environment=settings) as app:
            if elsewhere:
                browser.bundle(folder / "page", app.address)
            told = browser.drive((pages.endpoint if elsewhere else app.address) + "/", *whole_demo.STEPS, STRANGER="no" if known else "yes")
            app.end()
        far.stop()
        return told, collected(far.file)[0]


def joined(told, spans):
    """For each request of the page its span, the server's beneath it, what the person did above it: one trace, and the one that the page shows."""
    by_id = {each["id"]: each for each in spans}
    check(len(by_id) == len(spans), "a span came twice")
    requests = list(whole_demo.by_browser(told))
    servers = {each["parent"]: each for each in spans if each["service"] == "cruddur" and each["kind"] == SERVER}
    for request in requests:
        fetch, server = by_id.get(request["parent"]), servers.pop(request["parent"], None)
        check(fetch and server, f"{request['method']} {request['path']}: the page's span is {fetch}, the server's {server}")
        root = by_id.get(fetch["parent"])
        check(root and not root["parent"], f"above the fetch is {root}")
        check({root["trace"], fetch["trace"], server["trace"]} == {request["trace"]}, f"one trace: {root}, {fetch}, {server}")
        check((root["service"], fetch["service"]) == ("cruddur-web", "cruddur-web"), "both are the page's")
        shown = [each["name"] for each in told["actions"] if each["trace"] == request["trace"]]
        check(shown == [root["name"]], f"the page shows {shown} for {root}")
        check(fetch["attributes"]["http.response.status_code"] == server["attributes"]["http.response.status_code"] == request["expected"], f"{fetch}, {server}")
    check(not servers, f"the server has spans of no request: {list(servers.values())}")
    return f"{len(requests)} requests, each one trace with the server's; Chromium {told['browser']}"


def page_works(told):
    """What a person sees: the feed, the post in it, and what was refused."""
    problems = {each["name"]: each["problem"] for each in told["actions"]}
    check([each["problem"] for each in told["actions"]] == ["", "", "", "", "422 message_blank", "500 internal_error"], f"{told['actions']}")
    check(list(problems) == ["load /api/activities/home", "load /api/activities/notifications", "load /api/activities/@bayko", "post", "load /api/activities/@crash"], f"{problems}")
    check(len(told["feed"]) == 4 and "Hello from a browser" in told["feed"][0], f"the feed after the post: {told['feed']}")
    check(set(told["shipments"]) == {200}, f"spans were refused: {told['shipments']}")
    whole_demo.no_key_in(told)


def same_origin(kit):
    told, spans = kit.once("visit", lambda: visit(kit, "same-origin"))
    page_works(told)
    return joined(told, spans)


def other_origin(kit):
    told, spans = visit(kit, "other-origin", elsewhere=True)
    page_works(told)
    return joined(told, spans)


def stranger(kit):
    """A page from an origin that the server does not know: the browser lets none of its requests through, with spans or without."""
    told, spans = visit(kit, "stranger", elsewhere=True, known=False)
    check(told["actions"] and all(each["problem"] for each in told["actions"]), f"{told['actions']}")
    check(not spans and not any(each["status"] for each in told["requests"]), f"something got through: {told['requests']}, {spans}")
    return f"{len(told['actions'])} of {len(told['actions'])} things that the person tried were stopped"


def torn(kit):
    """joined() sees it when any span of the page or the server is missing, is in another trace, or has another parent."""
    told, spans = kit.once("visit", lambda: visit(kit, "same-origin"))
    needed = [i for i, each in enumerate(spans) if each["service"] == "cruddur-web" or each["kind"] == SERVER]
    tried = 0
    for i in needed:
        for changed in ([], [{**spans[i], "trace": "1" * 32}], [{**spans[i], "parent": "2" * 16}]):
            tried += 1
            try:
                joined(told, spans[:i] + changed + spans[i + 1:])
            except Failed:
                continue
            raise Failed(f"{spans[i]} became {changed}, and nobody noticed")
    return f"{tried} of {tried} changes"


BROWSER = [
    ("page and server, one origin", same_origin),
    ("a torn trace is noticed", torn),
    ("from another origin", other_origin),
    ("from a strange origin", stranger),
]


# ---- everything at once ----

def evidence(kit):
    return kit.once("whole demo", lambda: whole_demo.perform(kit.folder("whole-demo"), program(kit)))


def whole_case(kit):
    text, wrong = whole_judge.judge(evidence(kit))
    print(text, flush=True)
    if wrong:
        raise Failed("\n".join(wrong))
    return text.splitlines()[-1]


FACTS = {"spans": ("trace", "id", "parent"), "logs": ("trace", "id", "text"), "lines": ("trace_id", "span_id", "xray_trace_id", "message"),
         "documents": ("trace_id", "id", "parent_id"), "items": ("uuid",)}


def altered(found, chance):
    """The evidence with one thing changed, and what that was."""
    kind = chance.choice([*FACTS, "counters"])
    changed = {**found, kind: list(found[kind])}
    if kind == "counters":
        changed["counters"][1] += 1
        return changed, "a record more was dropped"
    place = chance.randrange(len(changed[kind]))
    one = changed[kind][place] = dict(found[kind][place])
    way = chance.choice(["lost", "twice", *FACTS[kind]])
    if way == "lost":
        del changed[kind][place]
    elif way == "twice":
        changed[kind].append(dict(one))
    else:
        one[way] = ("1" if one.get(way, "")[:1] != "1" else "2") + one.get(way, "")[1:]
    return changed, f"{way} of {kind}: {found[kind][place]}"


def noticed_case(kit):
    found, chance = evidence(kit), random.Random(kit.seed)
    for _ in range(CHANGES):
        changed, words = altered(found, chance)
        check(whole_judge.judge(changed)[1], f"nobody noticed: {words}")
    return f"{CHANGES} of {CHANGES} changes"


DEMO = [("one id everywhere", whole_case), ("a changed fact is noticed", noticed_case)]
