#!/usr/bin/env python3
"""The layering check must notice each kind of breach: small trees with one thing wrong each."""
import os
import tempfile
import unittest

import layering

BREACHES = {
    # name: (path, text, what the finding must say)
    "upward include": ("lib/base/a.h", '#include "model/address.h"\n', "base must not include model/address.h"),
    "sideways include": ("lib/analyze/a.cc", '#include "store/x.h"\n', "analyze must not include store/x.h"),
    "skips a layer upwards": ("lib/os/a.cc", '#include "workflow/x.h"\n', "os must not include"),
    "database elsewhere": ("lib/record/a.cc", "#include <sqlite3.h>\n", "belongs to lib/store"),
    "option parser in a library": ("lib/report/a.cc", "#include <CLI/CLI.hpp>\n", "belongs to cmd"),
    "ptrace outside the rim": ("lib/sampling/ptrace/a.cc", "#include <sys/ptrace.h>\n", "belongs to lib/os"),
    "text formatting in a core": ("lib/unwind/core/a.h", "#include <fmt/core.h>\n", "a core must not include"),
    "unknown folder": ("lib/misc/a.cc", "\n", "in no known layer"),
    "printing library": ("lib/elf/a.cc", 'void f() { std::cerr << "x"; }\n', "prints"),
    "exiting library": ("lib/elf/a.cc", "void f() { exit(1); }\n", "exits"),
    "environment": ("lib/elf/a.cc", 'auto home = std::getenv("HOME");\n', "reads the environment"),
    "upward link": ("lib/base/CMakeLists.txt", "strobe_library(NAME base DEPS model LIBS fmt::fmt)\n", "must not link model"),
    "long file": ("tests/unit/a_test.cc", "\n" * 601, "600 is the limit"),
    "stray file in the root": ("notes.txt", "\n", "not one of the root's entries"),
}
ALLOWED = {
    "downward include": ("lib/record/a.cc", '#include "base/result.h"\n#include "unwind/core/rows.h"\n'),
    "own folder": ("lib/store/a.cc", "#include <sqlite3.h>\n"),
    "words in comments and strings": ("lib/elf/a.cc", '// exit(1) printf(\nauto s = "std::cout getenv(";\n'),
    "a name that only ends alike": ("lib/os/a.cc", "void f() { _exit(1); on_exit(2); process.exit(3); }\n"),
    "ignored by git": ("x.strobe", ""),
    "the environment's owner": ("cmd/strobe/a.cc", 'auto home = std::getenv("HOME");\n'),
}


def findings_for(path, text):
    with tempfile.TemporaryDirectory() as root:
        with open(os.path.join(root, ".gitignore"), "w", encoding="utf-8") as file:
            file.write("/build/\n*.strobe\n")
        full = os.path.join(root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)
        return layering.check(root)


class Layering(unittest.TestCase):
    def test_breaches_are_found(self):
        for name, (path, text, expected) in BREACHES.items():
            with self.subTest(name):
                found = findings_for(path, text)
                self.assertEqual(len(found), 1, found)
                self.assertIn(expected, found[0])

    def test_allowed_is_quiet(self):
        for name, (path, text) in ALLOWED.items():
            with self.subTest(name):
                self.assertEqual(findings_for(path, text), [])


if __name__ == "__main__":
    unittest.main()
