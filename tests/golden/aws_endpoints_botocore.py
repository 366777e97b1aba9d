#!/usr/bin/env python3
"""Writes aws_endpoints_botocore.tsv beside this file: the addresses that botocore's endpoint rules give. Needs botocore (1.43 or newer).

Columns: service, region, FIPS, dual-stack, address.
"""
import itertools
from pathlib import Path

import botocore.session
from botocore.endpoint_provider import EndpointProvider

UNKNOWN = ["us-new-9", "xx-word-1", "mx-central-7", "us-gov-north-1"]


def main():
    loader = botocore.session.get_session().get_component("data_loader")
    partitions = loader.load_data("partitions")
    regions = [r for p in partitions["partitions"] for r in p["regions"] if "global" not in r] + UNKNOWN
    lines = ["# Written by aws_endpoints_botocore.py."]
    for service in ("logs", "xray", "sts"):
        provider = EndpointProvider(loader.load_service_model(service, "endpoint-rule-set-1"), partitions)
        for region, fips, dual in itertools.product(regions, (False, True), (False, True)):
            given = {"Region": region, "UseFIPS": fips, "UseDualStack": dual}
            if service == "sts":
                given["UseGlobalEndpoint"] = False
            lines.append("\t".join([service, region, str(int(fips)), str(int(dual)), provider.resolve_endpoint(**given).url]))
    (Path(__file__).parent / "aws_endpoints_botocore.tsv").write_text("\n".join(lines) + "\n", encoding="utf8")
    print(f"{len(lines) - 1} addresses")


if __name__ == "__main__":
    main()
