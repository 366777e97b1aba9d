#!/usr/bin/env python3
"""botocore's signer, which comes with moto: signs random requests beside fanlight's.

usage: tests/peers/aws_signature/start.py AWS_SIGN SEED COUNT     AWS_SIGN: the program that aws_sign.cpp becomes
"""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from kit import Failed, Missing, must, needs_venv, script  # noqa: E402

HERE = Path(__file__).resolve().parent
tools = needs_venv


def prepare():
    return script("moto").prepare()


def compare(program, seed, count):
    return must([prepare(), HERE / "sign.py", program, seed, count], limit=300)


if __name__ == "__main__":
    try:
        print(compare(*sys.argv[1:4]), end="")
    except (Failed, Missing) as why:
        sys.exit(f"aws_signature: {why}")
