#!/usr/bin/env python3
"""Every subcommand has a man page with a hand-kept text, and the page describes every option that --help lists.
With `lint` the formatters' own checks: mandoc, groff, man; exit status 77 where one is absent.
usage: pages_test.py coverage|lint STROBE SHARE_FOLDER TEXT_FOLDER"""
import glob
import gzip
import os
import re
import shutil
import subprocess
import sys

from command_line import CommandLine


def plain(roff):
    """The words of roff source."""
    text = re.sub(r"\\f[BIR]", "", roff)
    text = re.sub(r"\\\[u([0-9A-F]+)\]", lambda match: chr(int(match.group(1), 16)), text)
    for escape, character in ((r"\-", "-"), (r"\(aq", "'"), (r"\(ga", "`"), (r"\(ha", "^"), (r"\(ti", "~"),
                              (r"\&", ""), (r"\e", "\\")):
        text = text.replace(escape, character)
    return text


def described_options(page):
    """Heading line of each .TP: its text with spaces for line ends."""
    items = {}
    for item in plain(page).split("\n.TP\n")[1:]:
        head, _, body = item.partition("\n")
        items[head] = " ".join(re.split(r"\n\.", body)[0].split())
    return items


def check_page(path, options, findings):
    with gzip.open(path, "rt", encoding="ascii") as file:
        page = file.read()
    items = described_options(page)
    for option in options:
        head = ", ".join(option.names) + (f" {option.value}" if option.value else "")
        if head not in items:
            findings.append(f"{path}: no item for {head}")
        elif not items[head].startswith(" ".join(option.text.split())):
            findings.append(f"{path}: {head}: '{items[head]}' is not '{option.text}'")
    for section in ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "SEE ALSO"):
        if page.count(f"\n.SH {section}\n") != 1:
            findings.append(f"{path}: section {section} not exactly once")


def check_views(path, views, findings):
    """Each is named, in bold as a word to type, by the hand-kept text."""
    with gzip.open(path, "rt", encoding="ascii") as file:
        page = file.read()
    findings += [f"{path}: says nothing of the view `{view}`" for view in sorted(views)
                 if not re.search(rf"\\fB{view}\\fR", page)]


def check_coverage(strobe, pages, texts):
    line = CommandLine(strobe)
    findings = []
    expected = {"strobe": line.own_options, **{f"strobe-{name}": line.options[name] for name in line.subcommands}}
    for name, options in expected.items():
        path = os.path.join(pages, name + ".1.gz")
        if not os.path.exists(path):
            findings.append(f"{path}: missing")
            continue
        check_page(path, options, findings)
        if not os.path.exists(os.path.join(texts, name + ".md")):
            findings.append(f"docs/man/{name}.md: missing: the page has neither examples nor exit status of its own")
    for name in line.subcommands:
        path = os.path.join(pages, f"strobe-{name}.1.gz")
        if os.path.exists(path):
            check_views(path, line.views(name), findings)
    known = {name + ".1.gz" for name in expected}
    findings += [f"{name}: page of no subcommand" for name in sorted(set(os.listdir(pages)) - known)]
    findings += [f"docs/man/{name}: text of no subcommand" for name in sorted(os.listdir(texts))
                 if name[:-len(".md")] not in expected]
    return findings


def complaints(command, path):
    with gzip.open(path, "rb") as file:
        done = subprocess.run(command, input=file.read(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    output = done.stdout.decode("utf-8", "replace").strip()
    return [f"{path}: {' '.join(command)}: {output or done.returncode}"] if output or done.returncode else []


def check_lint(pages):
    findings = []
    for path in sorted(glob.glob(os.path.join(pages, "*.1.gz"))):
        findings += complaints(["mandoc", "-T", "lint"], path)
        findings += complaints(["groff", "-ww", "-man", "-K", "utf8", "-T", "utf8", "-z"], path)
        done = subprocess.run(["man", "--warnings", "-l", path], capture_output=True, text=True, check=False)
        if done.stderr or done.returncode != 0 or "EXAMPLES" not in done.stdout:
            findings.append(f"{path}: man: {done.stderr or 'no EXAMPLES'}")
    return findings


def main(mode, strobe, share, texts):
    pages = os.path.join(share, "man", "man1")
    if mode == "lint":
        absent = [tool for tool in ("mandoc", "groff", "man") if shutil.which(tool) is None]
        if absent:
            print(f"not installed: {', '.join(absent)}")
            return 77
    findings = check_lint(pages) if mode == "lint" else check_coverage(strobe, pages, texts)
    print("\n".join(findings) if findings else "man pages: ok")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:5]))
