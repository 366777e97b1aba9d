"""Random requests, signed by botocore and by fanlight's aws_sign, side by side. Run with moto's interpreter, by start.py.

usage: sign.py AWS_SIGN SEED COUNT     prints what differs and ends with 1, or how many requests were signed alike
"""
import datetime
import random
import subprocess
import sys
from pathlib import Path
from unittest import mock

import botocore.auth
import botocore.awsrequest
import botocore.credentials

HOSTS = ["logs.us-east-1.amazonaws.com", "xray.eu-central-1.amazonaws.com", "xray.cn-north-1.amazonaws.com.cn", "127.0.0.1:5000", "localhost:4566", "Example.AmazonAWS.com",
         "[::1]:8080", "vpce-0a1b.xray.us-east-1.vpce.amazonaws.com", "h.example:443", "h.example:80"]
REGIONS = ["us-east-1", "eu-west-1", "cn-north-1", "us-gov-west-1", "ap-southeast-4"]
SERVICES = ["xray", "logs", "sts", "monitoring"]
PLAIN = "abcXYZ019-._~"
LETTERS = PLAIN + ":@!$()*,;= /?#[]'\"<>\\^`{}|%+&"


def word(chance, letters, least=0, most=14):
    return "".join(chance.choice(letters) for _ in range(chance.randint(least, most)))


def quoted(text):
    return "".join(c if c.isalnum() and c.isascii() or c in "-._~" else "".join(f"%{byte:02X}" for byte in c.encode()) for c in text)


def path(chance):
    """As programs send them: dots and empty parts are there, and the path is normalised before it is signed. libcurl ends a last `.` or `..`
    with a slash, as RFC 3986 says; botocore would sign it without, so none stands at the end."""
    parts = ["/" + (chance.choice([".", "..", ""]) if chance.random() < 0.15 else quoted(word(chance, LETTERS + "é☃", 0, 8))) for _ in range(chance.randint(0, 6))]
    whole = "".join(parts)
    return whole + "/" if whole.endswith(("/.", "/..")) else whole


def query(chance):
    return "&".join(quoted(word(chance, LETTERS + "ü", 1, 6)) + "=" + quoted(word(chance, LETTERS + "😀")) for _ in range(chance.randint(0, 5)))


def headers(chance):
    found = {}
    for i in range(chance.randint(0, 4)):
        found[f"{chance.choice(['x-amz-', 'X-Amz-', 'x-aws-log-', 'amz-sdk-'])}{word(chance, 'abcXYZ-', 1, 8)}{i}"] = word(chance, PLAIN + ' :;,="/', 1).strip() or "v"
    if chance.random() < 0.7:
        found["Content-Type"] = chance.choice(["application/json", "application/x-amz-json-1.1", "application/x-protobuf", "application/x-www-form-urlencoded; charset=utf-8"])
    if chance.random() < 0.3:
        found["Content-Encoding"] = "gzip"
    return found


def body(chance):
    kind = chance.randrange(5)
    if kind == 0:
        return b""
    if kind == 1:
        return chance.randbytes(chance.choice([1, 55, 56, 63, 64, 65, 127, 128, 1000, chance.randint(1, 70_000)]))
    return word(chance, LETTERS + "é☃😀\n\0", 0, 400).encode()


def request(chance):
    asked = query(chance)
    url = chance.choice(["http://", "https://"]) + chance.choice(HOSTS) + path(chance) + ("?" + asked if asked else "")
    return {"method": chance.choice(["GET", "POST", "PUT", "DELETE"]), "url": url, "body": body(chance), "key": "AKIA" + word(chance, "ABCDEFGH234567", 16, 16),
            "secret": word(chance, PLAIN + "/+=", 1, 80), "token": word(chance, PLAIN + "/+=", 1, 900) if chance.random() < 0.4 else "",
            "service": chance.choice(SERVICES), "region": chance.choice(REGIONS), "at": chance.randint(1, 4_102_444_800), "headers": headers(chance)}


def botocores(one):
    """Names, in small letters, and values of what botocore adds."""
    made = botocore.awsrequest.AWSRequest(method=one["method"], url=one["url"], data=one["body"], headers=one["headers"])
    now = datetime.datetime.fromtimestamp(one["at"], datetime.timezone.utc)
    keys = botocore.credentials.Credentials(one["key"], one["secret"], one["token"] or None)
    with mock.patch("botocore.auth.get_current_datetime", return_value=now):
        botocore.auth.SigV4Auth(keys, one["service"], one["region"]).add_auth(made)
    return {name: made.headers[name] for name in ("Authorization", "X-Amz-Date", "X-Amz-Security-Token") if name in made.headers}


def hexed(text):
    data = text if isinstance(text, bytes) else str(text).encode()
    return data.hex() or "-"


class Fanlight:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def sign(self, one):
        words = [one[name] for name in ("method", "url", "body", "key", "secret", "token", "service", "region", "at")]
        words += [text for pair in one["headers"].items() for text in pair]
        self.process.stdin.write(" ".join(map(hexed, words)) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().rstrip("\n")
        if not answer or answer.startswith("!"):
            return {"wrong": answer}
        told = [bytes.fromhex("" if each == "-" else each).decode() for each in answer.split()]
        return {name: value for name, value in zip(told[::2], told[1::2]) if name in ("Authorization", "X-Amz-Date", "X-Amz-Security-Token")}


def shown(one):
    """Without the body. Keys are made up here, and good for nothing."""
    return {name: value for name, value in one.items() if name != "body"} | {"body": f"{len(one['body'])} bytes"}


def main():
    program, seed, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    chance, fanlight, wrong = random.Random(seed), Fanlight(program), 0
    for number in range(count):
        one = request(chance)
        theirs, ours = botocores(one), fanlight.sign(one)
        if theirs != ours:
            wrong += 1
            print(f"request {number}: {shown(one)}\n  botocore {theirs}\n  fanlight {ours}")
        # A bit of the body turned: if that went unnoticed, so would anything.
        other = {**one, "body": bytes([one["body"][0] ^ 1]) + one["body"][1:] if one["body"] else b"x"}
        if fanlight.sign(other).get("Authorization") == theirs["Authorization"]:
            wrong += 1
            print(f"request {number}: another body has the same signature")
    print(f"{count} requests, {wrong} signed otherwise")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
