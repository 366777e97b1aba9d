#!/usr/bin/env python3
"""Runs a program of the contract and looks at what its otlp_file says of the exception that leaves `charge`: type, message, stack.

usage: check_stack.py PROGRAM
"""
import json
import subprocess
import sys
from pathlib import Path

FILE = Path("fanlight-contract.jsonl")


def exceptions():
    for line in FILE.read_text().splitlines():
        for resource in json.loads(line).get("resourceSpans", []):
            for scope in resource["scopeSpans"]:
                for span in scope["spans"]:
                    for event in span.get("events", []):
                        if event["name"] == "exception":
                            yield span["name"], {each["key"]: each["value"].get("stringValue") for each in event["attributes"]}


def main():
    FILE.unlink(missing_ok=True)
    if subprocess.run([sys.argv[1]]).returncode:
        return 1
    found = list(exceptions())
    names = [name for name, _ in found]
    if names != ["payments.example"]:
        sys.exit(f"one exception on `payments.example` was expected, found on {names}")
    facts = found[0][1]
    stack = facts.get("exception.stacktrace") or ""
    # The function that throws may be inlined into the one that calls it.
    first = stack.split("\n")[0]
    good = (facts.get("exception.type") == "std::runtime_error" and facts.get("exception.message") == "card declined"
            and first.startswith("#0 ") and ("charge(" in first or "place_order(" in first) and "main" in stack)
    if not good:
        sys.exit(f"not the exception that was thrown: {json.dumps(facts, indent=2)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
