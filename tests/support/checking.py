"""For those who check what test programs sent, rollbar/check_items.py and xray/check_documents.py: JSON that is read strictly, and programs run."""
import json
import os
import subprocess


def unique(pairs):
    keys = [key for key, _ in pairs]
    doubles = {key for key in keys if keys.count(key) > 1}
    if doubles:
        raise ValueError(f"members written twice: {sorted(doubles)}")
    return dict(pairs)


def no_constant(name):
    raise ValueError(f"{name} is no JSON")


def strict_json(text):
    """Of bytes. A ValueError says what is wrong with them: UTF-8, a member that is there twice, NaN and its like, or JSON."""
    return json.loads(text.decode("utf8"), object_pairs_hook=unique, parse_constant=no_constant)


def failure_of(program, limit, **variables):
    """Runs it to its end: what it said, if it failed."""
    run = subprocess.run([program], env={**os.environ, **variables}, capture_output=True, timeout=limit)
    return f"{program} failed:\n{run.stdout.decode(errors='replace')[-4000:]}" if run.returncode else None
