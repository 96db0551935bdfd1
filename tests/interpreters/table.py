#!/usr/bin/env python3
"""The table of interpreters in docs/python.md from CTest's JUnit files: what was tested with which, and how it ended.
A cell says for each way of reading (bpf, stopped, running) how many tests passed, of how many that ran.
usage: table.py CTEST_XML…"""
import re
import sys
import xml.etree.ElementTree as ElementTree

COLUMNS = {
    "attach": r"PythonAttach\.",
    "run": r"PythonWorkloads\.|OldPythons\.",
    "mixed": r"PythonMixed\.",
    "lines": r"PythonOracles\.PutLines|OldPythons\.|PythonWorkloads\.",  # the last two look for marked lines as well
    "no impossible stack": r"PythonOracles\.Find|SteppedStacks\.|InterruptedStacks\.|RunningStacks\.",
}
WAYS = ("bpf", "stopped", "running")
# Tests of one layer alone say the way by their name.
WAY_OF_SUITE = {"SteppedStacks": "stopped", "InterruptedStacks": "stopped", "RunningStacks": "running"}


def way_of(name):
    for suite, way in WAY_OF_SUITE.items():
        if suite in name:
            return way
    return next((way for way in WAYS if re.search(rf"[/_]{way}_", name)), None)


def version_of(name):
    match = re.search(r"py3_(\d+)(_shared|t|d)?( |$)", name)
    return None if match is None else f"3.{match.group(1)}{(match.group(2) or '').replace('_', ' ')}"


def ended(case):
    if case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
        return None
    return case.find("failure") is None and case.get("status") != "fail"


def main(paths):
    cells = {}
    for case in [case for path in paths for case in ElementTree.parse(path).getroot().findall("testcase")]:
        name = case.get("name", "")
        version, way, passed = version_of(name), way_of(name), ended(case)
        if version is None or way is None or passed is None:
            continue
        for column, pattern in COLUMNS.items():
            if re.search(pattern, name):
                good, all_of_them = cells.get((version, column, way), (0, 0))
                cells[version, column, way] = (good + passed, all_of_them + 1)
    versions = sorted({version for version, _, _ in cells}, key=lambda v: (int(re.search(r"\.(\d+)", v).group(1)), v))
    print("| CPython | " + " | ".join(COLUMNS) + " |")
    print("|---" * (len(COLUMNS) + 1) + "|")
    for version in versions:
        row = []
        for column in COLUMNS:
            found = [(way, cells[version, column, way]) for way in WAYS if (version, column, way) in cells]
            row.append(", ".join(f"{way} {good}/{count}" for way, (good, count) in found) or "–")
        print(f"| {version} | " + " | ".join(row) + " |")


if __name__ == "__main__":
    main(sys.argv[1:])
