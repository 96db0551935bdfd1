#!/usr/bin/env python3
"""Attaching to a Python: how long until the first sample, what Strobe costs beside 150 threads that sleep, and how much
of a sample's cost is left in a long run. By BPF, without it, and by ptrace. Medians with their range; figures never
decide the exit status.

usage: python_attach.py [--python PATH] [--build DIR] [--rounds N]"""
import argparse
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
NO_BPF = ["setpriv", "--bounding-set=-bpf,-sys_admin", "--inh-caps=-bpf,-sys_admin"]
WAYS = {"BPF": ([], "perf"), "without BPF": (NO_BPF, "perf"), "ptrace": ([], "ptrace")}


def spread(values, form="{:.1f}"):
    return f"{form.format(statistics.median(values))} [{form.format(min(values))}–{form.format(max(values))}]"


class Bench:
    def __init__(self, options, scratch):
        self.python = options.python
        self.strobe = os.path.join(os.path.abspath(options.build), "strobe")
        self.recording = os.path.join(scratch, "r.strobe")
        self.report = os.path.join(scratch, "r.json")

    def start(self, program, *arguments):
        """A program that has said that it is ready (or has begun to work)."""
        words = [self.python, os.path.join(HERE, "programs", program), *[str(a) for a in arguments]]
        target = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        if program == "idle_threads.py":
            target.stdout.readline()
        else:
            time.sleep(0.3)
        return target

    def attach(self, way, pid, rate, seconds):
        """The report, and the milliseconds from the start of the command to its first sample."""
        user, engine = WAYS[way]
        command = [*user, self.strobe, "attach", "-q", "--engine", engine, "-r", str(rate), "-d", str(seconds), "-o",
                   self.recording, "--force", "--json", self.report, str(pid)]
        start_ns = time.monotonic_ns()
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: status {done.returncode}: {done.stderr.strip()[-300:]}")
        with sqlite3.connect(self.recording) as database:
            first_ns = database.execute("SELECT min(time_ns) FROM sample").fetchone()[0]
        with open(self.report, encoding="utf-8") as file:
            report = json.load(file)
        return report, None if first_ns is None else (first_ns - start_ns) / 1e6

    def first_sample(self, way):
        target = self.start("deep_calls.py", 20)
        try:
            return self.attach(way, target.pid, 1000, 0.3)[1]
        finally:
            target.kill()
            target.wait()

    def own_cpu(self, way, program, rate, *arguments):
        """CPU seconds and samples of what 4 s of recording cost more than 1 s."""
        target = self.start(program, *arguments)
        try:
            found = [self.attach(way, target.pid, rate, seconds)[0]["quality"] for seconds in (1, 4)]
        finally:
            target.kill()
            target.wait()
        cpu = [quality["overhead"]["strobe_cpu_s"] for quality in found]
        samples = [quality["samples"]["stored"] for quality in found]
        return cpu, cpu[1] - cpu[0], samples[1] - samples[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default="/usr/bin/python3")
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(options, scratch)
        for way in WAYS:
            print(way)
            first = [bench.first_sample(way) for _ in range(options.rounds)]
            print(f"  attach to first sample, ms                       {spread(first)}   target ≤ 100", flush=True)
            idle = [bench.own_cpu(way, "idle_threads.py", 100, 150, 60) for _ in range(min(2, options.rounds))]
            print(f"  150 idle threads at 100 Hz, % of a core          {spread([100 * i[1] / 3 for i in idle], '{:.2f}')}"
                  "   target ≤ 1")
            print(f"    a second of it with start and end, ms          {spread([1e3 * i[0][0] for i in idle])}", flush=True)
            for rate in (1000, 10000):
                runs = [bench.own_cpu(way, "deep_calls.py", rate, 60) for _ in range(min(3, options.rounds))]
                cost = [1e6 * r[1] / max(1, r[2]) for r in runs]
                print(f"  20 to 50 frames, {rate:5} Hz, CPU µs a sample        {spread(cost)}   target ≤ 10", flush=True)
                print(f"    a second of it with start and end, ms          {spread([1e3 * r[0][0] for r in runs])}",
                      flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
