#!/usr/bin/env python3
"""Strobe beside other samplers of Python, on one program whose truth is known: quick recursion and a plain loop, half
of the CPU time each. Rounds are interleaved (base, tool, tool, …); medians with their range. What is not there is left
out. Figures never decide the exit status.

usage: python_peers.py --python PATH [--build DIR] [--austin COMMAND] [--sampling PATH] [--rounds N] [--seconds S]
--sampling is a CPython 3.15, whose own sampler (profiling.sampling) then watches itself and nothing else."""
import argparse
import json
import os
import re
import shlex
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.path.join(HERE, "..", "integration", "support", "split_evenly.py")
NO_BPF = ["setpriv", "--bounding-set=-bpf,-sys_admin", "--inh-caps=-bpf,-sys_admin"]


def run(command):
    """What the command printed, the CPU seconds of all it started, and what it said."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        said.seek(0)
        return out.read(), usage.ru_utime + usage.ru_stime, said.read()


def truth_in(text):
    for line in text.splitlines():
        if line.startswith('{"functions"'):
            return json.loads(line)
    raise RuntimeError(f"the program said nothing: {text[-300:]}")


def collapsed(path, line_is_sample):
    """Samples, and those of the two functions, of a file of collapsed stacks, whose numbers count samples or, where a
    line is one sample, say how long it stands for."""
    counts = {"all": 0, "fib": 0, "leafy": 0}
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            stack, _, number = line.strip().rpartition(" ")
            if line.startswith("#") or ";" not in stack or not number.isdigit():
                continue
            samples = 1 if line_is_sample else int(number)
            counts["all"] += samples
            for name in ("fib", "leafy"):
                if f":{name}:" in stack:
                    counts[name] += samples
                    break
    return counts


class Peers:
    def __init__(self, options, scratch):
        self.options = options
        self.scratch = scratch
        self.strobe = os.path.join(os.path.abspath(options.build), "strobe")

    def strobe_with(self, python, user, *more):
        report = os.path.join(self.scratch, "r.json")
        command = [*user, self.strobe, "run", "-r", str(self.options.rate), "-o", os.path.join(self.scratch, "r.strobe"),
                   "--force", "--json", report, *more, "--", python, PROGRAM, str(self.options.seconds)]
        out, cpu_s, _ = run(command)
        with open(report, encoding="utf-8") as file:
            found = json.load(file)
        shares = {row["name"]: row["total"]["samples"] for row in found["functions"]}
        quality = found["quality"]
        frames = quality["python"]
        looked = sum(frames[key] for key in ("full", "partial", "inconsistent", "unread"))
        return {"truth": truth_in(out), "samples": quality["samples"]["stored"],
                "counts": {name: shares.get(name, 0) for name in ("fib", "leafy")}, "cpu_s": cpu_s,
                "recording_cpu_s": quality["overhead"]["strobe_cpu_s"],
                "bad": 1 - frames["full"] / max(1, looked), "reading": frames["reading"]}

    def austin(self, python):
        stacks = os.path.join(self.scratch, "austin.txt")
        period = str(1_000_000 // self.options.rate)
        command = [*shlex.split(self.options.austin), "-i", period, "-o", stacks, python, PROGRAM,
                   str(self.options.seconds)]
        out, cpu_s, said = run(command)
        counts = collapsed(stacks, line_is_sample=True)
        plain = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", said)
        errors = re.search(r"Error rate[^%]*?([0-9.]+)\s*%", plain)
        return {"truth": truth_in(out), "samples": counts["all"], "counts": counts, "cpu_s": cpu_s,
                "bad": float(errors.group(1)) / 100 if errors else None}

    def sampling(self, python):
        stacks = os.path.join(self.scratch, "sampling.txt")
        command = [python, "-m", "profiling.sampling", "run", "-r", str(self.options.rate), "--collapsed", "-o", stacks,
                   PROGRAM, str(self.options.seconds)]
        out, cpu_s, said = run(command)
        counts = collapsed(stacks, line_is_sample=False)
        errors = re.search(r"Error rate: *([0-9.]+)", out + said)
        return {"truth": truth_in(out), "samples": counts["all"], "counts": counts, "cpu_s": cpu_s,
                "bad": float(errors.group(1)) / 100 if errors else None}


def spread(values, form="{:.3f}"):
    values = [value for value in values if value is not None]
    if not values:
        return "not said"
    return f"{form.format(statistics.median(values))} [{form.format(min(values))}–{form.format(max(values))}]"


def describe(name, runs, rate):
    truths = [run["truth"] for run in runs]
    own = [truth["functions"] for truth in truths]
    right = [f["fib"] / (f["fib"] + f["leafy"]) for f in own]
    seen = [run["counts"]["fib"] / max(1, run["counts"]["fib"] + run["counts"]["leafy"]) for run in runs]
    tool = [run.get("recording_cpu_s", run["cpu_s"] - truth["cpu_s"]) for run, truth in zip(runs, truths)]
    reading = f" ({runs[0]['reading']})" if "reading" in runs[0] else ""
    print(f"{name}{reading}")
    print(f"  samples ÷ CPU seconds × rate         {spread([r['samples'] / (t['cpu_s'] * rate) for r, t in zip(runs, truths)])}")
    print(f"  stacks broken or not whole           {spread([run['bad'] for run in runs], '{:.4f}')}")
    print(f"  share of fib, seen − true            {spread([s - r for s, r in zip(seen, right)], '{:+.3f}')}")
    print(f"  its own CPU, µs a sample             {spread([t / max(1, r['samples']) * 1e6 for t, r in zip(tool, runs)], '{:.1f}')}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", required=True)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--austin", default="")
    parser.add_argument("--sampling", default="")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rate", type=int, default=1000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        peers = Peers(options, scratch)
        tools = {"strobe": lambda: peers.strobe_with(options.python, []),
                 "strobe without BPF": lambda: peers.strobe_with(options.python, NO_BPF),
                 "strobe --engine ptrace": lambda: peers.strobe_with(options.python, [], "--engine", "ptrace")}
        if options.austin:
            tools["austin"] = lambda: peers.austin(options.python)
        if options.sampling:
            tools["profiling.sampling"] = lambda: peers.sampling(options.sampling)
        runs = {name: [] for name in tools}
        for _ in range(options.rounds):
            for name, tool in tools.items():
                runs[name].append(tool())
        for name, done in runs.items():
            describe(name, done, options.rate)
    return 0


if __name__ == "__main__":
    sys.exit(main())
