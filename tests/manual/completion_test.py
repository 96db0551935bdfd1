#!/usr/bin/env python3
"""Asks a real shell what it completes for Strobe and holds the answers against `--help`: subcommands, every option
of every subcommand, values that help enumerates, views, recordings, process ids, the profiled program's words.
Exit status 77 where the shell is absent. usage: completion_test.py bash|zsh|fish STROBE SHARE_FOLDER"""
import os
import shutil
import sys
import tempfile

from command_line import CommandLine
from shells import Bash, Fish, Zsh

SHELLS = {"bash": Bash, "zsh": Zsh, "fish": Fish}


class Check:
    def __init__(self, shell):
        self.shell = shell
        self.findings = []
        self.queries = 0

    def offered(self, line):
        self.queries += 1
        return self.shell.query(line)

    def equal(self, line, expected):
        words = self.offered(line)
        if words != expected:
            self.findings.append(f"'{line}': {sorted(words)} instead of {sorted(expected)}")

    def contains(self, line, expected, unexpected=frozenset()):
        words = self.offered(line)
        if not expected <= words or unexpected & words:
            self.findings.append(f"'{line}': {sorted(words)}; expected {sorted(expected)}, not {sorted(unexpected)}")


def check_options(check, line):
    check.equal("strobe ", set(line.subcommands))
    check.equal("strobe re", {name for name in line.subcommands if name.startswith("re")})
    check.contains("strobe --", {word for option in line.own_options for word in option.names if word[:2] == "--"})
    for name in line.subcommands:
        long_names = {word for option in line.options[name] for word in option.names if word.startswith("--")}
        check.equal(f"strobe {name} --", long_names)
        short_names = {word for option in line.options[name] for word in option.names if not word.startswith("--")}
        check.contains(f"strobe {name} -", short_names | long_names)
        for option in line.options[name]:
            if option.listed_values():
                check.contains(f"strobe {name} {option.names[-1]} ", option.listed_values())


def check_values(check, line):
    check.equal("strobe run --engine p", {"perf", "ptrace"})
    check.equal("strobe run -q --color ", {"auto", "always", "never"})
    check.contains("strobe report --sort cum", {"cumulative", "cumtime"})
    check.contains("strobe report --color=n", {"never"}, {"always"})
    for name in filter(line.views, line.subcommands):
        check.contains(f"strobe {name} x.strobe ", line.views(name))
    check.contains("strobe report ", {"functions", "first.strobe", "second run.strobe"}, {"notes.txt"})
    check.contains("strobe report first.strobe t", {"threads"}, {"functions"})
    check.contains("strobe compare first.strobe ", {"second run.strobe"}, {"notes.txt"})
    check.contains("strobe run --output ", {"notes.txt"})
    check.contains("strobe attach ", {str(os.getpid())}, {"notes.txt", "first.strobe"})
    check.contains("strobe control ", {str(os.getpid())})
    check.contains("strobe control 4242 ", {"pause", "resume", "snapshot", "stop"})
    check.contains("strobe attach -d 5 ", {str(os.getpid())})


def check_program_words(check):
    """Behind the marker, or from the first word that is no option, the words are another program's."""
    for line in ("strobe run -- py_thing", "strobe run -r 1k py_thing"):
        check.contains(line, {"py_thing_to_profile"})
    check.contains("strobe run -- py_thing_to_profile no", {"notes.txt"})
    check.contains("strobe run -- py_thing_to_profile --", set(), {"--rate", "--per-cpu"})
    check.contains("strobe run py_thing_to_profile --", set(), {"--rate", "--per-cpu"})


def main(name, strobe, share):
    if shutil.which(name) is None:
        print(f"{name} is not installed")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        for file in ("first.strobe", "second run.strobe", "notes.txt"):
            open(os.path.join(folder, file), "w", encoding="utf-8").close()
        programs = os.path.join(folder, "programs")
        os.mkdir(programs)
        open(os.path.join(programs, "py_thing_to_profile"), "w", encoding="utf-8").close()
        os.chmod(os.path.join(programs, "py_thing_to_profile"), 0o755)
        os.environ["PATH"] += os.pathsep + programs
        line = CommandLine(strobe)
        check = Check(SHELLS[name](os.path.abspath(share), folder))
        check.shell.check_syntax()
        check_options(check, line)
        check_values(check, line)
        check_program_words(check)
    print("\n".join(check.findings) if check.findings else f"{name}: {check.queries} queries, ok")
    return 1 if check.findings else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
