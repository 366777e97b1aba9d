"""Reads a log group back as botocore does. Run with moto's interpreter; address, region and keys are in the environment. Prints JSON:
{"streams": {name: [[timestamp, message], …]}, "retention": days or null, "tags": {…}}; of a group that is not there, no streams."""
import json
import sys

import boto3


def events(logs, group, stream):
    """Pages until the token comes back unchanged, as the service has it."""
    token, out = None, []
    while True:
        page = logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True, limit=10_000, **({"nextToken": token} if token else {}))
        out += [[event["timestamp"], event["message"]] for event in page["events"]]
        if page["nextForwardToken"] == token:
            return out
        token = page["nextForwardToken"]


def main():
    logs, group = boto3.client("logs"), sys.argv[1]
    found = [each for each in logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"] if each["logGroupName"] == group]
    if not found:
        return json.dump({"streams": {}, "retention": None, "tags": {}}, sys.stdout)
    streams = [each["logStreamName"] for page in logs.get_paginator("describe_log_streams").paginate(logGroupName=group) for each in page["logStreams"]]
    json.dump({"streams": {name: events(logs, group, name) for name in streams}, "retention": found[0].get("retentionInDays"),
               "tags": logs.list_tags_log_group(logGroupName=group)["tags"]}, sys.stdout)


if __name__ == "__main__":
    main()
