"""The stories of rollbar_story.cpp, told by pyrollbar, an item each: tell.py ENDPOINT TOKEN [STORY...]."""
import sys

import rollbar


class Request(dict):
    """A request as WSGI has it, and who made it."""

    rollbar_person = {"id": "u-81", "username": "andrew", "email": "andrew@example.com"}


def exception():
    try:
        raise RuntimeError("boom")
    except RuntimeError:
        rollbar.report_exc_info(extra_data={"order": 5, "ratio": 0.5, "yes": True, "none": None, "password": "hunter2",
                                            "nested": {"secret": "hunter3", "list": [1, "two", {"deep": 3}]}})


def chain():
    try:
        try:
            try:
                raise RuntimeError("open")
            except RuntimeError as cause:
                raise RuntimeError("load config") from cause
        except RuntimeError as cause:
            raise ValueError("start") from cause
    except ValueError:
        rollbar.report_exc_info()


def message():
    rollbar.report_message("slow", "warning", extra_data={"page": "home", "ms": 15.5})


def bare_message():
    rollbar.report_message("bare", "info")


def request():
    asked = Request({
        "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": "/orders", "QUERY_STRING": "password=hunter4&q=2",
        "HTTP_HOST": "shop.example", "HTTP_USER_AGENT": "a test/1", "HTTP_AUTHORIZATION": "hunter5", "REMOTE_ADDR": "192.0.2.7", "SERVER_NAME": "shop.example",
        "SERVER_PORT": "80"})
    try:
        raise RuntimeError("in a request")
    except RuntimeError:
        rollbar.report_exc_info(request=asked, payload_data={"context": "/orders"})


def named():
    try:
        raise RuntimeError("named")
    except RuntimeError:
        rollbar.report_exc_info(level="critical", payload_data={"title": "a title", "fingerprint": "0123456789"})


def traced():
    """pyrollbar knows no traces; the nearest to them is what the caller says in `custom`."""
    try:
        raise RuntimeError("in a trace")
    except RuntimeError:
        rollbar.report_exc_info()


def before():
    """pyrollbar keeps nothing of what led to an error."""
    try:
        raise RuntimeError("after all that")
    except RuntimeError:
        rollbar.report_exc_info()


STORIES = (exception, chain, message, bare_message, request, named, traced, before)


def main():
    endpoint, token, *chosen = sys.argv[1:]
    rollbar.init(token, "test", endpoint=endpoint, handler="blocking", code_version="1.2.3", root="/srv/app", branch="main", host="here", capture_email=True,
                 capture_username=True, timeout=10)
    for story in STORIES:
        if not chosen or story.__name__ in chosen:
            story()


main()
