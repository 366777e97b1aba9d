#!/usr/bin/env python3
"""Writes sigv4_botocore.tsv beside this file: requests, and the Authorization header that botocore makes for each.

Needs botocore (1.34 or newer). The requests are made from a fixed seed, so that a second run writes the same file. Columns: name, method,
URL, headers (`name:value`, a bar between), body, session token, service, region, seconds of the epoch, Authorization.
"""
import datetime
import random
from pathlib import Path
from unittest import mock

import botocore.auth
import botocore.awsrequest
import botocore.credentials

KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
HOSTS = ["logs.us-east-1.amazonaws.com", "xray.eu-central-1.amazonaws.com", "127.0.0.1:5000", "localhost:4566", "example.amazonaws.com", "[::1]:8080"]
REGIONS = ["us-east-1", "eu-west-1", "cn-north-1", "us-gov-west-1"]
THEN = 1440938160


def sign(method, url, headers, body, token, service, region, at):
    request = botocore.awsrequest.AWSRequest(method=method, url=url, data=body.encode())
    for name, value in headers:
        request.headers[name] = value
    keys = botocore.credentials.Credentials(KEY, SECRET, token or None)
    signer = botocore.auth.SigV4Auth(keys, service, region)
    now = datetime.datetime.fromtimestamp(at, datetime.timezone.utc)
    with mock.patch("botocore.auth.get_current_datetime", return_value=now, create=True):
        signer.add_auth(request)
    assert request.headers["X-Amz-Date"] == now.strftime("%Y%m%dT%H%M%SZ"), "this botocore takes its time elsewhere"
    return request.headers["Authorization"]


def rules():
    """One request for each rule, by hand."""
    get = [("vanilla", "/"), ("empty path", ""), ("slashes", "//a///b//"), ("one dot", "/./a/./b"), ("two dots", "/a/b/../../c/.."), ("above the root", "/../../a"),
           ("unreserved", "/-._~09AZaz"), ("percent", "/a%20b%3Ac%2Fd"), ("other letters", "/a:b@c$d&e+f,g;h=i"), ("query", "/?b=1&a=2"),
           ("same name", "/?a=2&a=1&a=10"), ("without value", "/?a=&b="), ("case of names", "/?b=1&B=2&A=3&a=4"), ("encoded query", "/?a%20b=c%26d&%E1%88%B4=1"),
           ("unreserved query", "/?-._~09AZaz=-._~09AZaz"), ("long path", "/" + "segment/" * 40)]
    for name, target in get:
        yield name, "GET", "https://example.amazonaws.com" + target, [], ""
    post = [("type", [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")]), ("blanks", [("X-Amz-Meta", "  a   b  c ")]),
            ("case", [("x-AMZ-Up", "VALUE"), ("CONTENT-TYPE", "a/B")]), ("names that begin alike", [("x-aws-log-group-x", "1"), ("x-aws-log-group", "2"), ("x-aws-log", "3")]),
            ("quotes", [("x-amz-q", '"a  b"')]), ("encoding", [("Content-Encoding", "gzip"), ("Content-Type", "application/x-protobuf")]),
            ("attempt", [("amz-sdk-invocation-id", "1a2b"), ("amz-sdk-request", "attempt=1; max=3")])]
    for name, headers in post:
        yield name, "POST", "https://example.amazonaws.com/", headers, "Param1=value1"
    yield "long body", "POST", "https://example.amazonaws.com/", [], "x" * 1000
    for size in (55, 56, 63, 64, 65, 119, 120, 128):
        yield f"body of {size}", "POST", "https://example.amazonaws.com/", [], "y" * size


def at_random(chance, number):
    letters = "abcXYZ019-._~:@!$()*,;= /"
    word = lambda some, least=0: "".join(chance.choice(some) for _ in range(chance.randint(least, 12)))
    quote = lambda text: "".join(c if c.isalnum() or c in "-._~" else f"%{ord(c):02X}" for c in text)
    path = "".join("/" + (chance.choice([".", "..", ""]) if chance.random() < 0.2 else quote(word(letters))) for _ in range(chance.randint(0, 5)))
    if path.endswith(("/.", "/..")):  # libcurl sends a slash there, as RFC 3986 says; botocore would sign it without
        path += "/"
    query = "&".join(quote(word(letters, 1)) + "=" + quote(word(letters)) for _ in range(chance.randint(0, 4)))
    headers = [(f"x-amz-{word('abc-', 1)}{i}", word(letters, 1).strip() or "v") for i in range(chance.randint(0, 3))]
    if chance.random() < 0.5:
        headers.append(("Content-Type", chance.choice(["application/json", "application/x-amz-json-1.1", "application/x-protobuf"])))
    url = chance.choice(["http://", "https://"]) + chance.choice(HOSTS) + path + ("?" + query if query else "")
    method = chance.choice(["GET", "POST", "PUT"])
    body = "" if method == "GET" else word(letters + '{}"', 0) * chance.randint(0, 20)
    return f"random {number}", method, url, headers, body


def main():
    chance = random.Random(20150830)
    rows = []
    for name, method, url, headers, body in rules():
        rows.append((name, method, url, headers, body, "", "service", "us-east-1", THEN))
        rows.append((name + ", with a token", method, url, headers, body, "AQoDYXdzEPT//////////wEXAMPLE+/==", "service", "us-east-1", THEN))
    for number in range(250):
        token = "TOK/+=" * chance.randint(1, 4) if chance.random() < 0.3 else ""
        rows.append((*at_random(chance, number), token, chance.choice(["logs", "xray", "sts"]), chance.choice(REGIONS), chance.randint(1, 4_000_000_000)))
    out = ["# Written by sigv4_botocore.py."]
    for name, method, url, headers, body, token, service, region, at in rows:
        made = sign(method, url, headers, body, token, service, region, at)
        out.append("\t".join([name, method, url, "|".join(f"{k}:{v}" for k, v in headers), body, token, service, region, str(at), made]))
    (Path(__file__).parent / "sigv4_botocore.tsv").write_text("\n".join(out) + "\n", encoding="utf8")
    print(f"{len(rows)} requests")


if __name__ == "__main__":
    main()
