"""What stands behind an X-Ray daemon in place of the service: takes PutTraceSegments, refuses what it is told to, and serves sampling rules and
targets. Everything that came is kept. The cases of xray_daemon_suite make one each, for the daemon that they start."""
import json
import threading
import time

from endpoint import Endpoint

SIGNED = "AWS4-HMAC-SHA256 Credential="


def rule(name, path, rate, priority):
    return {"SamplingRule": {"RuleName": name, "RuleARN": f"arn:aws:xray:us-east-1::sampling-rule/{name}", "ResourceARN": "*", "Priority": priority, "FixedRate": rate,
                             "ReservoirSize": 0, "ServiceName": "*", "ServiceType": "*", "Host": "*", "HTTPMethod": "*", "URLPath": path, "Version": 1, "Attributes": {}},
            "CreatedAt": 1530918163.0, "ModifiedAt": 1530918163.0}


class Service(Endpoint):
    """`documents` has each once: a daemon that has waited for an answer for more than 2 s sends its batch again, and that is counted in `again`."""

    timeout = 120

    def __init__(self, refused=None, rules=()):
        self.refused, self.rules, self.rates = refused, list(rules), {}
        self.documents, self.batches, self.statistics, self.wrong, self.seen = [], [], [], [], threading.Condition()
        self.known, self.again = set(), 0
        super().__init__()

    def reply(self, path, headers, body):
        return 200, {}, json.dumps(self.answer(path, headers, body)).encode()

    def answer(self, path, headers, body):
        with self.seen:
            if not headers.get("Authorization", "").startswith(SIGNED) or "/xray/aws4_request" not in headers["Authorization"]:
                self.wrong.append(f"{path} is not signed for xray: {headers.get('Authorization')}")
            given = json.loads(body or b"{}")
            self.seen.notify_all()
            if path == "/TraceSegments":
                return self.take(given["TraceSegmentDocuments"])
            if path == "/GetSamplingRules":
                return {"SamplingRuleRecords": self.rules}
            if path == "/SamplingTargets":
                return self.aim(given["SamplingStatisticsDocuments"])
            if path != "/TelemetryRecords":
                self.wrong.append(f"nobody asks for {path}")
            return {}

    def take(self, documents):
        self.batches.append(len(documents))
        new = [each for each in documents if each not in self.known]
        self.again += len(documents) - len(new)
        self.documents += new
        self.known.update(new)
        found = [json.loads(each) for each in documents]
        return {"UnprocessedTraceSegments": [{"Id": each["id"], "ErrorCode": "InvalidName", "Message": f"Invalid segment. ErrorCode: InvalidName, name {each['name']}"}
                                             for each in found if each["name"] == self.refused]}

    def aim(self, statistics):
        self.statistics += statistics
        targets = [{"RuleName": each["RuleName"], "FixedRate": self.rates[each["RuleName"]], "ReservoirQuota": 0, "ReservoirQuotaTTL": time.time() + 60, "Interval": 1}
                   for each in statistics if each["RuleName"] in self.rates]
        return {"SamplingTargetDocuments": targets, "LastRuleModification": 1530918163.0, "UnprocessedStatistics": []}

    def asked_of(self, rule_name, what="RequestCount"):
        return sum(each[what] for each in self.statistics if each["RuleName"] == rule_name)

    def wait(self, until, limit=60):
        """Whether it came true, looked at whenever something came."""
        with self.seen:
            return self.seen.wait_for(until, limit)
