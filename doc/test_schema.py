#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every report follows data/report.schema.json, and the schema refuses what is no report."""
import copy
import glob
import json
import os
import subprocess
import sys
import tempfile

PROGRAM = os.environ["GPUDOCTOR"]
TOP = os.environ["TOP_SRCDIR"]

try:
    import jsonschema
except ImportError:
    print("1..0 # SKIP python3-jsonschema is not installed")
    sys.exit(0)

# A rule of each severity and with every part, so that no part of a finding goes untested.
RULES = """
[schema-test-{severity}]
title = A test
on = host
problem = host.id = 'host' AND (SELECT count(*) FROM probe AS p) > 0
severity = {severity}
says = {{host.os_name}} is here.
because = This is a test.
fix = kernel-arg a=b
fix = module-option a b=c
fix = env A=b
fix = unset-env A
fix = firmware-setup a
fix = hardware b
fix = package c
fix = command d
fix = choice e
see = https://example.org/

[schema-test-open-{severity}]
title = Another test
on = gpu
problem = gpu.vram_mib < 0
severity = {severity}
says = Never.
"""

numbers = {"tests": 0, "failed": 0}


def ok(passed, name, detail=""):
    numbers["tests"] += 1
    numbers["failed"] += not passed
    print(f"{'' if passed else 'not '}ok {numbers['tests']} - {name}")
    if not passed and detail:
        print("\n".join("# " + line for line in str(detail).splitlines()[:20]))


def report(*options):
    run = subprocess.run([PROGRAM, "check", "--format", "json", *options], capture_output=True, text=True)
    if run.returncode not in (0, 1, 2):
        raise RuntimeError(f"exit status {run.returncode}: {run.stderr.strip()}")
    found = json.loads(run.stdout)
    if found["exit_status"] != run.returncode:
        raise RuntimeError(f"exit status {run.returncode}, but the report says {found['exit_status']}")
    return found


def faults(validator, value):
    return "; ".join(f"{'/'.join(map(str, e.path))}: {e.message[:120]}" for e in validator.iter_errors(value))


def objects(schema, value, path=""):
    """Every object schema within, with its path."""
    if isinstance(value, dict):
        if "properties" in value and value.get("type") == "object":
            yield path, value
        for key, part in value.items():
            yield from objects(schema, part, f"{path}/{key}")


def damaged(value, path=""):
    """The value with one key removed, one too many, or one of a wrong type, everywhere it can be."""
    if isinstance(value, dict):
        for key in value:
            less = copy.copy(value)
            del less[key]
            yield f"{path}/{key} removed", less
            yield f"{path}/{key} of a wrong type", {**value, key: {"no": "such"}}
            for what, part in damaged(value[key], f"{path}/{key}"):
                yield what, {**value, key: part}
        yield f"{path}/another added", {**value, "another": 1}
    elif isinstance(value, list) and value:
        for what, part in damaged(value[0], f"{path}/0"):
            yield what, [part, *value[1:]]


def check_reports(validator, folder):
    rules = os.path.join(folder, "test.rules")
    with open(rules, "w", encoding="utf-8") as f:
        f.write("\n".join(RULES.format(severity=s) for s in ("error", "warning", "advice", "info")))
        f.write("\n[schema-test-broken]\ntitle = x\n")
    machines = {"this machine": [], "the demo": ["--demo"], "an empty root": ["--root", folder]}
    for capture in sorted(glob.glob(os.path.join(TOP, "tests", "machines", "*.capture"))):
        machines[os.path.basename(capture)] = ["--capture", capture]
    whole = {}
    for name, options in machines.items():
        for more in ([], ["--rules", rules], ["--fail-on", "error", "--show-private"]):
            label = " ".join([name, *more]).replace(folder + "/", "")
            try:
                found = report(*options, *more)
            except (RuntimeError, ValueError, KeyError) as e:
                ok(False, label, e)
                continue
            complaints = faults(validator, found)
            ok(not complaints, label, complaints)
            if more == ["--rules", rules] and len(found["findings"]) > len(whole.get("findings", [])):
                whole = found
    return whole


def main():
    with open(os.path.join(TOP, "data", "report.schema.json"), encoding="utf-8") as f:
        schema = json.load(f)
    jsonschema.Draft7Validator.check_schema(schema)
    ok(True, "the schema is a schema")
    validator = jsonschema.Draft7Validator(schema)
    for path, part in objects(schema, schema):
        ok(part.get("additionalProperties") is False, f"{path or '/'} allows nothing more")
        ok(sorted(part["required"]) == sorted(part["properties"]), f"{path or '/'} requires each of its properties")
        bare = [name for name, p in part["properties"].items() if not p.get("description")]
        ok(not bare, f"{path or '/'} describes each of its properties", ", ".join(bare))
    with tempfile.TemporaryDirectory() as folder:
        whole = check_reports(validator, folder)
    ok(bool(whole["gpus"] and whole["findings"] and whole["open"] and whole["broken_rules"]),
       "a report with every part was among them")
    # A GPU without an open question would leave that part without damage.
    passed = [what for what, value in damaged(whole) if not faults(validator, value)]
    ok(not passed, "a damaged report is refused", "\n".join(passed))
    for key, value in {"exit_status": 3, "schema": 2, "program": "other", "headline": "", "rules_asked": -1}.items():
        ok(bool(faults(validator, {**whole, key: value})), f"a report with {key} = {value!r} is refused")
    print(f"1..{numbers['tests']}")
    return numbers["failed"] > 0


sys.exit(main())
