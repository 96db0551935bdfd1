#!/usr/bin/env python3
"""ctest_summary.py FILE [AGAIN]: reads CTest's JUnit file and, where failed tests ran once more, that of their second
run. Prints the skipped tests by reason, every test that passed only when it ran again, every failed test with what it
said, and as the last line `N passed, N failed, N skipped`. Exit status 1 when a test failed or a file cannot be read."""
import collections
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


def is_failure(case):
    # A test whose program was not built is reported as not run, as skipped ones are.
    skipped = case.find("skipped")
    lacks_program = skipped is not None and skipped.get("message", "").startswith("Unable to find executable")
    return (case.find("failure") is not None or case.get("status") == "fail" or lacks_program
            or "_NOT_BUILT" in case.get("name", ""))


def what_it_said(case, limit=30):
    """The lines of GoogleTest's failures, or the last ones where another program says it its own way."""
    lines = (case.findtext("system-out") or "").splitlines()
    said, in_failure = [], False
    for line in lines:
        in_failure = ": Failure" in line or (in_failure and not line.startswith("["))
        if in_failure:
            said.append(line)
    return [line[:300] for line in said[:limit] or lines[-limit:] if line.strip()]


def main(path, again=None):
    try:
        cases = ElementTree.parse(path).getroot().findall("testcase")
        second = ElementTree.parse(again).getroot().findall("testcase") if again else []
    except (OSError, ElementTree.ParseError) as error:
        print(f"no test results: {error}")
        print("0 passed, 1 failed, 0 skipped")
        return 1
    failed = [c for c in cases if is_failure(c)]
    skipped = [c for c in cases if c not in failed
               and (c.find("skipped") is not None or c.get("status") in ("notrun", "disabled"))]
    passed_then = {c.get("name") for c in second if c.get("status") == "run" and not is_failure(c)}
    then = {c.get("name"): c for c in second}
    unsteady = [c for c in failed if c.get("name") in passed_then]
    failed = [c for c in failed if c not in unsteady]
    by_reason = collections.defaultdict(list)
    for case in skipped:
        by_reason[skip_reason(case)].append(case.get("name"))
    for reason, names in by_reason.items():
        print(f"skipped: {reason}: {', '.join(names)}")
    for case in unsteady:
        print(f"UNSTEADY: {case.get('name')}: failed at first, passed when it ran again")
    for case in failed:
        print(f"FAILED: {case.get('name')}")
        for line in what_it_said(then.get(case.get("name"), case)):
            print(f"  {line}")
    print(f"{len(cases) - len(skipped) - len(failed)} passed, {len(failed)} failed, {len(skipped)} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
