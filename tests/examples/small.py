"""The examples that are one program each: run it, read its output or its traces."""
import os
import pathlib
import subprocess
import tempfile

from otlp import check, logs, one, spans


def output(folder, name, *words, **environment):
    done = subprocess.run([str(folder / name), *map(str, words)], capture_output=True, text=True, encoding="utf-8", timeout=60,
                          env={**os.environ, **environment})
    check(done.returncode == 0, f"{name} exits 0, not {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout, done.stderr


def traced(folder, name, *words):
    """Its spans and log records, by way of a file that only the environment names."""
    with tempfile.TemporaryDirectory() as scratch:
        path = pathlib.Path(scratch) / "spans.jsonl"
        out, err = output(folder, name, *words, FANLIGHT_EXPORTERS="otlp_file", FANLIGHT_OTLP_FILE=str(path))
        check((out, err) == ("", ""), f"{name} is silent: {out}{err}")
        told = path.with_name("spans.logs.jsonl")
        return spans(path), logs(told) if told.exists() else []


def children(found, parent):
    return [span for span in found if span.parent == parent.id]


def child(found, parent, name):
    return one((span for span in children(found, parent) if span.name == name), f"{name} beneath {parent} in {found}")


def quickstart(folder):
    out, err = output(folder, "quickstart")
    check(out == "", f"the console is stderr: {out}")
    lines = err.splitlines()
    place = {word: next((i for i, line in enumerate(lines) if word in line), None)
             for word in ("make breakfast", "fry eggs", "guests", "breakfast is ready")}
    check(None not in place.values(), f"{place} in {err}")
    check(place["make breakfast"] < place["fry eggs"], f"a parent stands above its child: {err}")
    check("\x1b" not in err, f"no colours into a pipe: {err!r}")
    found, told = traced(folder, "quickstart")
    root = one((span for span in found if not span.parent), "root")
    check(root.name == "make breakfast" and root.attributes == {"guests": 2}, root.wire)
    check(child(found, root, "fry eggs").events == {"flipped": {"broken": False}}, found)
    line = one(told, "log record")
    check((line.body, line.trace, line.span) == ("breakfast is ready", root.trace, root.id), line.wire)


def custom_exporter(folder):
    out, err = output(folder, "custom_exporter")
    check(out == "slow: read disk\ndelivered 2, dropped 0\n", out)
    check(err == "", err)


def threads(folder):
    found, _ = traced(folder, "threads")
    root = one((span for span in found if span.name == "batch"), "batch")
    check(root.parent == "", root.wire)
    later = one((span for span in found if span.name == "reconcile"), "reconcile")
    check(later.parent == "" and later.trace != root.trace, f"a trace of its own: {later}")
    link = one(later.links, "link")
    check((link["traceId"], link["spanId"]) == (root.trace, root.id), f"linked to its cause: {link}")
    check(all(span.trace == root.trace for span in found if span is not later), f"one trace: {found}")
    check(sorted(span.name for span in children(found, root)) == ["album", "report", "send mail", "upload"], children(found, root))
    album = child(found, root, "album")
    pictures = children(found, album)
    check(sorted(span.attributes["number"] for span in pictures) == [1, 2, 3, 4], pictures)
    for picture in pictures:
        check(picture.attributes["width"] == 320 * picture.attributes["number"], picture.wire)
        child(found, picture, "resize picture")
        check(album.start <= picture.start and picture.end <= album.end, f"{picture} lies within {album}")
    upload = child(found, root, "upload")
    check(upload.attributes == {"bytes": 1048576}, upload.wire)
    child(found, upload, "part 1")
    check(len(found) == 15, f"these and no others: {found}")


def fork(folder):
    out, err = output(folder, "fork")
    wanted = ["child delivers resize in the child", "parent delivers before the fork", "parent delivers upload",
              "parent delivers wait for the child"]
    check(sorted(out.splitlines()) == wanted, f"each record once, from the process that made it: {out}")
    check(err == "", err)


def plugin(folder):
    found, told = traced(folder, "plugin_host", folder / "plugin.so")
    root = one((span for span in found if span.name == "upload"), "upload")
    check(root.parent == "" and root.attributes == {"thumbnail.width": 128}, root.wire)
    work = child(found, root, "thumbnail")
    check(work.trace == root.trace and work.attributes == {"width": 1024}, work.wire)
    check(work.resource["service.name"] == "plugin_host", f"it left through the host's pipeline: {work.resource}")
    line = one(told, "log record")
    check((line.body, line.trace, line.span) == ("made in the plugin", work.trace, work.id), line.wire)
    check(len(found) == 2, found)


def async_(folder):
    found, told = traced(folder, "async")
    root = one((span for span in found if span.name == "request"), "request")
    check(root.parent == "" and root.attributes == {"cents": 300}, root.wire)
    check(sorted(span.name for span in children(found, root)) == ["checkout", "count visit", "send mail"], children(found, root))
    order = child(found, root, "checkout")
    check(order.attributes == {"tenant": "acme"}, order.wire)
    looks = children(found, order)
    check([(span.name, span.attributes) for span in sorted(looks, key=lambda span: span.start)] ==
          [("look up price", {"tenant": "acme", "item": item}) for item in (1, 2)], looks)
    mail = child(found, root, "send mail")
    bill = child(found, mail, "attach bill")
    check(len(found) == 7 and all(span.trace == root.trace for span in found), found)
    lines = {line.body: line for line in told}
    check(sorted(lines) == ["priced", "sent"] and lines["priced"].attributes == {"cents": 300, "tenant": "acme"}, lines["priced"].wire)
    check((lines["priced"].span, lines["sent"].span) == (order.id, bill.id), told)


def http(folder):
    found, told = traced(folder, "http")
    item = one((span for span in found if span.name == "GET /items/{item}"), "GET /items/{item}")
    check((item.trace, item.parent) == ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"), item.wire)
    check(item.kind == 2 and item.status == 0, item.wire)
    check(item.attributes == {"http.request.method": "GET", "http.route": "/items/{item}", "url.scheme": "https", "url.path": "/items/7",
                              "url.query": "page=2", "server.address": "shop.example", "server.port": 443, "client.address": "203.0.113.9",
                              "aws.xray.x_forwarded_for": True, "network.protocol.version": "1.1", "network.peer.address": "192.0.2.7",
                              "network.peer.port": 40000, "http.response.status_code": 200, "http.response.body.size": 2}, item.attributes)
    calls = sorted(children(found, item), key=lambda span: span.start)
    check([span.name for span in calls] == ["GET /stock/{item}"] * 2 and all(span.kind == 3 for span in calls), calls)
    check([(span.attributes["http.response.status_code"], span.attributes.get("http.request.resend_count"), span.status) for span in calls] ==
          [(503, None, 2), (200, 1, 0)], calls)
    for call in calls:
        check(call.attributes["url.full"] == "http://stock.example/stock/7?sig=REDACTED", call.attributes)
        served = child(found, call, "GET /stock/{item}")
        check(served.kind == 2 and served.attributes["url.query"] == "sig=REDACTED", served.attributes)
    broken = one((span for span in found if span.name == "GET /broken"), "GET /broken")
    check((broken.parent, broken.status, broken.message) == ("", 2, "out of order"), broken.wire)
    check(broken.attributes["error.type"] == "std::runtime_error" and "exception" in broken.events, broken.wire)
    lost = one((span for span in found if span.name == "GET"), "GET")
    check((lost.attributes["http.response.status_code"], lost.status) == (404, 0), lost.wire)
    check(sorted(line.attributes["http.response.status_code"] for line in told) == [200, 200, 404, 500, 503], told)
    check(len(found) == 7, found)
