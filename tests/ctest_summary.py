#!/usr/bin/env python3
"""Reads CTest's JUnit file: prints every skipped test with its reason, every failed test, and as the last line
`N passed, N failed, N skipped`. Exit status 1 when a test failed or the file cannot be read."""
import re
import sys
import xml.etree.ElementTree as ElementTree


def skip_reason(case):
    """GTEST_SKIP() << reason is printed as 'file:line: Skipped', the reason on the lines that follow."""
    output = case.findtext("system-out") or ""
    match = re.search(r"^.*: Skipped\n+(.*?)(?=^\[|\Z)", output, re.MULTILINE | re.DOTALL)
    if match and match.group(1).strip():
        return " ".join(match.group(1).split())
    skipped = case.find("skipped")
    last = output.strip().splitlines()[-1:] or [""]
    return last[0] or (skipped.get("message", "") if skipped is not None else "") or "no reason given"


def main(path):
    try:
        cases = ElementTree.parse(path).getroot().findall("testcase")
    except (OSError, ElementTree.ParseError) as error:
        print(f"no test results: {error}")
        print("0 passed, 1 failed, 0 skipped")
        return 1
    skipped = [c for c in cases if c.find("skipped") is not None or c.get("status") in ("notrun", "disabled")]
    failed = [c for c in cases if c.find("failure") is not None or c.get("status") == "fail"]
    # A test whose program was not built is reported as not run; that is a failure, not a skip.
    unbuilt = [c for c in skipped if "_NOT_BUILT" in c.get("name", "")]
    skipped = [c for c in skipped if c not in unbuilt]
    failed += unbuilt
    for case in skipped:
        print(f"skipped: {case.get('name')}: {skip_reason(case)}")
    for case in failed:
        print(f"FAILED: {case.get('name')}")
    print(f"{len(cases) - len(skipped) - len(failed)} passed, {len(failed)} failed, {len(skipped)} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
