"""One request after another, told with aws-xray-sdk as tests/peers/xray_acts.hpp tells them with fanlight: the segments have the same names
there, and hold the same facts."""
import sqlite3
import traceback

import botocore.session
from aws_xray_sdk.core import patch, xray_recorder
from botocore.stub import Stubber

PARENT = "53995c3f42cd8ad8"


def http(entity, **facts):
    for name, value in facts.items():
        entity.put_http_meta(name, value)


def request():
    with xray_recorder.in_segment("plain"):
        pass


def everything():
    with xray_recorder.in_segment("request") as segment:
        http(segment, method="POST", url="https://shop.example/api/order", user_agent="a browser/1", client_ip="192.0.2.7", x_forwarded_for=True,
             status=200, content_length=64)
        segment.set_user("u-81")
        for key, value in {"whole": 98101, "real": 0.5, "yes": True, "no": False, "text": "caf\u00e9"}.items():
            segment.put_annotation(key, value)
        segment.put_metadata("cart", {"items": [1, 2, 3], "none": None, "real": 1.5, "open": True})
        segment.put_metadata("plan", "pro", "billing")
        segment.put_metadata("list", [1, "two", 3.5], "billing")


def nested():
    with xray_recorder.in_segment("nested"), xray_recorder.in_subsegment("one"), xray_recorder.in_subsegment("two"):
        with xray_recorder.in_subsegment("three") as three:
            three.put_annotation("deep", 3)


def dynamodb():
    """The SDK's own patch for botocore, over a client that answers itself."""
    client = botocore.session.get_session().create_client("dynamodb", "us-west-2", aws_access_key_id="none", aws_secret_access_key="none")
    with Stubber(client) as stub:
        stub.add_response("update_item", {"ResponseMetadata": {"RequestId": "3AIENM5J", "HTTPStatusCode": 200}})
        client.update_item(TableName="orders", Key={"id": {"S": "1"}})


def calls():
    with xray_recorder.in_segment("calls"):
        with xray_recorder.in_subsegment("pay.example", namespace="remote") as pay:
            http(pay, method="GET", url="https://pay.example/ok", status=200, content_length=12)
        dynamodb()
        sqlite3.connect(":memory:").execute("SELECT 1")


def errors():
    try:
        with xray_recorder.in_segment("errors"), xray_recorder.in_subsegment("inner"):
            raise RuntimeError("no stock")
    except RuntimeError:
        pass


def caught():
    with xray_recorder.in_segment("caught"), xray_recorder.in_subsegment("inner") as inner:
        try:
            raise RuntimeError("out of order")
        except RuntimeError as error:
            inner.add_exception(error, traceback.extract_tb(error.__traceback__))


def statuses():
    with xray_recorder.in_segment("statuses"):
        for status in (302, 404, 429, 503):
            with xray_recorder.in_subsegment(f"status {status}", namespace="remote") as call:
                http(call, method="GET", url="http://h.example/", status=status)


def flags():
    with xray_recorder.in_segment("flags") as segment:
        segment.add_error_flag()
        with xray_recorder.in_subsegment("throttled") as slow:
            slow.add_error_flag()
            slow.add_throttle_flag()
        with xray_recorder.in_subsegment("at fault") as wrong:
            wrong.add_fault_flag()


def child():
    with xray_recorder.in_segment("child", traceid="1-5759e988-bd862e3fe1be46a994272793", parent_id=PARENT, sampling=1):
        pass


def many():
    with xray_recorder.in_segment("many"):
        for i in range(40):
            with xray_recorder.in_subsegment(f"part {i}") as part:
                part.put_annotation("i", i)


def names():
    with xray_recorder.in_segment("my*names?(1)") as segment:
        segment.put_annotation("user-id", 7)
        segment.put_metadata("k", 1, "AWS.reserved")


def unsampled():
    with xray_recorder.in_segment("unsampled", traceid="1-5759e988-bd862e3fe1be46a994272794", parent_id=PARENT, sampling=0):
        pass


def main():
    xray_recorder.configure(sampling=False, service="peers", context_missing="RUNTIME_ERROR")
    patch(["botocore", "sqlite3"])
    for act in (request, everything, nested, calls, errors, caught, statuses, flags, child, many, names, unsampled):
        act()


if __name__ == "__main__":
    main()
