#!/usr/bin/env python3
"""Runs one example as a user would, and reads back what it traced: run.py <example> <folder of the built examples>."""
import os
import pathlib
import sys

sys.dont_write_bytecode = True  # the source tree stays as it is

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cloudwatch
import cruddur
import honeycomb
import pages
import rollbar
import small
import xray

EXAMPLES = {
    "quickstart": small.quickstart,
    "custom_exporter": small.custom_exporter,
    "threads": small.threads,
    "fork": small.fork,
    "plugin": small.plugin,
    "async": small.async_,
    "http": small.http,
    "cloudwatch": cloudwatch.run,
    "cruddur": cruddur.run,
    "cruddur_pages": pages.run,
    "honeycomb": honeycomb.run,
    "xray": xray.run,
    "rollbar": rollbar.run,
}


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in EXAMPLES:
        sys.exit(f"usage: run.py {{{','.join(EXAMPLES)}}} FOLDER")
    # What the caller's shell says about exporters must not reach the examples.
    for name in list(os.environ):
        if name.startswith(("OTEL_", "FANLIGHT_", "AWS_", "HONEYCOMB_", "DD_", "ROLLBAR_")):
            del os.environ[name]
    EXAMPLES[sys.argv[1]](pathlib.Path(sys.argv[2]))
    print(f"{sys.argv[1]}: as it should be")


if __name__ == "__main__":
    main()
