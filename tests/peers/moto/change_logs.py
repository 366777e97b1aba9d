"""Makes or removes a log group, or a stream in it, as botocore does. Run with moto's interpreter; address, region and keys are in the
environment.

usage: change_logs.py make|remove GROUP [STREAM]     and  change_logs.py keep GROUP DAYS
"""
import sys

import boto3


def main():
    logs, (what, group, *more) = boto3.client("logs"), sys.argv[1:]
    if what == "keep":
        logs.put_retention_policy(logGroupName=group, retentionInDays=int(more[0]))
    elif what == "make":
        logs.create_log_stream(logGroupName=group, logStreamName=more[0]) if more else logs.create_log_group(logGroupName=group)
    elif what == "remove":
        logs.delete_log_stream(logGroupName=group, logStreamName=more[0]) if more else logs.delete_log_group(logGroupName=group)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
