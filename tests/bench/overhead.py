#!/usr/bin/env python3
"""What Strobe costs the programs it watches, and what it costs itself: ./dev bench.

Every figure is a ratio from one interleaved run: base, tool, base, tool, …, base; each tool run is divided by the
mean of its two neighbours, and medians are printed with their range. CPU time is the program's own account of
itself, so that a shared machine disturbs it little. perf and samply are measured beside Strobe where installed."""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time


class Bench:
    def __init__(self, build, rounds, work, scratch):
        self.strobe = os.path.join(build, "strobe")
        self.programs = os.path.join(build, "tests/bench/programs")
        self.rounds = rounds
        self.work = work
        self.scratch = scratch

    def program(self, name, *arguments):
        return [os.path.join(self.programs, name), *[str(a) for a in arguments]]

    def run(self, command):
        """Runs to the end; returns the program's account of itself, and the clock when the command returned."""
        report = os.path.join(self.scratch, "self.json")
        if os.path.exists(report):
            os.unlink(report)
        done = subprocess.run(command, env={**os.environ, "STROBE_BENCH_SELF": report}, cwd=self.scratch,
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              text=True, check=False)
        returned = time.monotonic()
        if done.returncode != 0 or not os.path.exists(report):
            raise RuntimeError(f"{' '.join(command)}: status {done.returncode}: {done.stderr.strip()[-300:]}")
        with open(report, encoding="utf-8") as file:
            account = json.loads(file.readline())
        account["exit_to_return_s"] = returned - account["end_s"]
        return account

    def recording(self):
        return os.path.join(self.scratch, "r.strobe")

    def strobe_command(self, program, rate, *options):
        return [self.strobe, "run", "-o", self.recording(), "--force", "-r", str(rate), *options, "--", *program]

    def quality(self):
        text = subprocess.run([self.strobe, "report", self.recording(), "--json", "-"], check=True,
                              capture_output=True, text=True)
        return json.loads(text.stdout)["quality"]


def cpu_of(account):
    return account["cpu_s"] + account["children_cpu_s"]


def spread(values, form="{:.3f}"):
    middle = form.format(statistics.median(values))
    if len(values) < 2:
        return middle
    return f"{middle} [{form.format(min(values))}–{form.format(max(values))}]"


def tools_for(bench, program, rate):
    """name -> command, the ones that are there."""
    tools = {"bare timer": bench.program("floor", rate, *program),
             "strobe": bench.strobe_command(program, rate)}
    if shutil.which("perf"):
        tools["perf dwarf"] = ["perf", "record", "-q", "-e", "cpu-clock", "-F", str(rate), "--call-graph",
                               "dwarf,8192", "-o", os.path.join(bench.scratch, "perf.data"), "--", *program]
    if shutil.which("samply"):
        tools["samply"] = ["samply", "record", "--save-only", "-r", str(rate), "-o",
                           os.path.join(bench.scratch, "samply.json"), "--", *program]
    return tools


def measure(bench, program, tools):
    """tool -> list of dicts with the target's CPU ratio, and for strobe its quality."""
    results = {name: [] for name in tools}
    base = bench.run(program)
    for _ in range(bench.rounds):
        for name, command in list(tools.items()):
            try:
                account = bench.run(command)
            except RuntimeError as error:
                print(f"  left out: {name}: {error}", file=sys.stderr)
                del tools[name], results[name]
                continue
            entry = {"account": account}
            if name.startswith("strobe"):
                entry["quality"] = bench.quality()
                entry["file_bytes"] = os.path.getsize(bench.recording())
            after = bench.run(program)
            entry["ratio"] = cpu_of(account) / ((cpu_of(base) + cpu_of(after)) / 2)
            base = after
            results[name].append(entry)
    return results


def lost(quality):
    samples = quality["samples"]
    return samples["lost_kernel"] + samples["lost_queue"] + samples["late"]


def strobe_lines(entries):
    qualities = [entry["quality"] for entry in entries]
    stored = [max(1, q["samples"]["stored"]) for q in qualities]
    own = [q["overhead"]["strobe_cpu_s"] / n * 1e6 for q, n in zip(qualities, stored)]
    of_expected = [n / max(1, q["samples"]["expected"]) for q, n in zip(qualities, stored)]
    peaks = [q["overhead"]["strobe_peak_bytes"] / 2**20 for q in qualities]
    return [f"stored {spread(stored, '{:.0f}')}, of expected {spread(of_expected)}, "
            f"lost {spread([lost(q) for q in qualities], '{:.0f}')}",
            f"complete stacks {spread([q['complete'] for q in qualities], '{:.4f}')}",
            f"own CPU {spread(own, '{:.1f}')} µs a sample, peak memory {spread(peaks, '{:.0f}')} MiB with "
            f"{qualities[0]['overhead']['ring_bytes'] / 2**20:.0f} MiB of rings",
            f"exit to table {spread([e['account']['exit_to_return_s'] for e in entries])} s, "
            f"file {spread([e['file_bytes'] / n for e, n in zip(entries, stored)], '{:.0f}')} bytes a sample"]


def show(title, results):
    print(f"\n{title}")
    print(f"  {'':14}  target CPU ÷ base")
    for name, entries in results.items():
        if not entries:
            continue
        print(f"  {name:14}  {spread([e['ratio'] for e in entries])}")
        if name.startswith("strobe"):
            for line in strobe_lines(entries):
                print(f"  {'':14}    {line}")


def wall(command, scratch):
    start = time.monotonic()
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   cwd=scratch, check=False)
    return time.monotonic() - start


def start_up(bench):
    tools = {"strobe": bench.strobe_command(["true"], 1000)}
    if shutil.which("perf"):
        tools["perf"] = ["perf", "record", "-q", "-o", os.path.join(bench.scratch, "perf.data"), "--", "true"]
    print("\nwall time of `TOOL true` minus that of `true`, ms")
    for name, command in tools.items():
        extra = []
        for _ in range(2 * bench.rounds + 1):
            plain = wall(["true"], bench.scratch)
            extra.append((wall(command, bench.scratch) - plain) * 1000)
        print(f"  {name:14}  {spread(extra, '{:.0f}')}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release", help="build directory")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--work", type=float, default=1.0, help="amount of work of each program")
    parser.add_argument("--only", default="", help="comma list of: n1 n1deep n2 n4 true")
    options = parser.parse_args()
    wanted = options.only.split(",") if options.only else ["n1", "n1deep", "n2", "n4", "true"]
    with tempfile.TemporaryDirectory(prefix="strobe-bench-") as scratch:
        bench = Bench(os.path.abspath(options.build), options.rounds, options.work, scratch)
        if "n1" in wanted:
            for rate in (1000, 10000):
                program = bench.program("n1", options.work)
                show(f"n1, one thread, 40 frames, {rate} Hz", measure(bench, program, tools_for(bench, program, rate)))
        if "n1deep" in wanted:
            program = bench.program("n1", options.work, 1000)
            show("n1 with 20 KB of stack, 1000 Hz",
                 measure(bench, program, {"strobe": bench.strobe_command(program, 1000)}))
        if "n2" in wanted:
            program = bench.program("n2", options.work)
            show("n2, eight threads and a mutex, 10000 Hz", measure(bench, program, tools_for(bench, program, 10000)))
        if "n4" in wanted:
            program = bench.program("n4", options.work)
            show("n4, 2000 short processes, 1000 Hz",
                 measure(bench, program, {"strobe": bench.strobe_command(program, 1000),
                                          "strobe per-cpu": bench.strobe_command(program, 1000, "--per-cpu")}))
        if "true" in wanted:
            start_up(bench)


if __name__ == "__main__":
    main()
