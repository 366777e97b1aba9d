"""Reads traces back from X-Ray as botocore does: BatchGetTraces and GetTraceSummaries. Run with moto's interpreter; address, region and keys
are in the environment. Standard input: trace ids, one a line. Prints JSON: {"traces": {id: [document, …]}, "missing": [id, …], "summaries":
{id: {…}}}; a document is the text as it was stored."""
import datetime
import json
import sys

import boto3

AT_ONCE = 5  # of BatchGetTraces


def main():
    xray = boto3.client("xray")
    ids = sys.stdin.read().split()
    traces, missing = {}, []
    for first in range(0, len(ids), AT_ONCE):
        answer = xray.batch_get_traces(TraceIds=ids[first:first + AT_ONCE])
        missing += answer["UnprocessedTraceIds"]
        for trace in answer["Traces"]:
            documents = [segment["Document"] for segment in trace["Segments"]]
            traces[json.loads(documents[0])["trace_id"]] = documents  # moto tells no id of a trace that is still going on
    now = datetime.datetime.now(datetime.timezone.utc)
    told = xray.get_trace_summaries(StartTime=now - datetime.timedelta(hours=1), EndTime=now + datetime.timedelta(hours=1))
    summaries = {each["Id"]: {name: each[name] for name in ("HasError", "HasFault", "HasThrottle")} for each in told["TraceSummaries"]}
    json.dump({"traces": traces, "missing": missing, "summaries": summaries}, sys.stdout)


if __name__ == "__main__":
    main()
