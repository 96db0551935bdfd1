#!/usr/bin/env python3
"""The counts and lists that ./dev test closes with, from files as CTest writes them."""
import contextlib
import importlib.util
import io
import os
import tempfile
import unittest

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "ctest_summary.py")
SPEC = importlib.util.spec_from_file_location("ctest_summary", PATH)
ctest_summary = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(ctest_summary)


def passed(name):
    return f'<testcase name="{name}" status="run"/>'


def failed(name):
    return f'<testcase name="{name}" status="fail"><failure message=""/></testcase>'


def not_run(name, message):
    return f'<testcase name="{name}" status="notrun"><skipped message="{message}"/></testcase>'


class Summary(unittest.TestCase):
    def summary(self, *runs):
        with tempfile.TemporaryDirectory() as folder:
            paths = []
            for number, cases in enumerate(runs):
                paths.append(os.path.join(folder, f"{number}.xml"))
                with open(paths[-1], "w", encoding="utf-8") as file:
                    file.write("<testsuite>" + "".join(cases) + "</testsuite>")
            output = io.StringIO()
            with contextlib.redirect_stdout(output):
                status = ctest_summary.main(*paths)
            return status, output.getvalue().splitlines()

    def test_skips_are_listed_and_counted(self):
        self.assertEqual(self.summary([passed("a"), not_run("b", "SKIP_RETURN_CODE=77")]),
                         (0, ["skipped: SKIP_RETURN_CODE=77: b", "1 passed, 0 failed, 1 skipped"]))

    def test_skips_for_one_reason_are_one_line(self):
        said = "a.cc:3: Skipped\nno zsh\n\n[  SKIPPED ] a"
        cases = [f'<testcase name="{name}" status="notrun"><skipped message=""/><system-out>{said}</system-out></testcase>'
                 for name in "ab"]
        self.assertEqual(self.summary(cases), (0, ["skipped: no zsh: a, b", "0 passed, 0 failed, 2 skipped"]))

    def test_a_failed_test_is_listed_with_what_it_said_last(self):
        def said(text):
            return f'<testcase name="a" status="fail"><failure/><system-out>{text}</system-out></testcase>'
        first, second = said("[ RUN ] a\na.cc:3: Failure\n1 is not 2"), said("[ RUN ] a\na.cc:3: Failure\n1 is not 3\n[ FAILED ] a")
        self.assertEqual(self.summary([first], [second])[1],
                         ["FAILED: a", "  a.cc:3: Failure", "  1 is not 3", "0 passed, 1 failed, 0 skipped"])
        self.assertEqual(self.summary([said("Traceback\nKeyError")])[1][1:3], ["  Traceback", "  KeyError"])

    def test_a_failure_is_one_until_it_passes(self):
        self.assertEqual(self.summary([passed("a"), failed("b")]),
                         (1, ["FAILED: b", "1 passed, 1 failed, 0 skipped"]))
        self.assertEqual(self.summary([passed("a"), failed("b"), failed("c")], [passed("b"), failed("c")]),
                         (1, ["UNSTEADY: b: failed at first, passed when it ran again", "FAILED: c",
                              "2 passed, 1 failed, 0 skipped"]))

    def test_a_second_run_that_was_skipped_has_not_passed(self):
        status, lines = self.summary([failed("a")], [not_run("a", "SKIP_RETURN_CODE=77")])
        self.assertEqual((status, lines[-1]), (1, "0 passed, 1 failed, 0 skipped"))

    def test_a_program_that_is_missing_is_a_failure(self):
        for case in (not_run("a", "Unable to find executable: /b"), not_run("a_NOT_BUILT", "")):
            status, lines = self.summary([case])
            self.assertEqual((status, lines[-1]), (1, "0 passed, 1 failed, 0 skipped"))

    def test_no_file_is_a_failure(self):
        with contextlib.redirect_stdout(io.StringIO()):
            self.assertEqual(ctest_summary.main("/nonexistent"), 1)


if __name__ == "__main__":
    unittest.main()
