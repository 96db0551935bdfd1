#!/usr/bin/env python3
"""What Strobe costs the programs it watches, and what it costs itself, with the target of every figure beside it.

Every ratio comes from one interleaved run: base, tool, base, tool, …, base; each tool run is divided by the mean of
its two neighbours, and medians are printed with their range. CPU time is the program's own account of itself (or
wait4's of Strobe), so that a shared machine disturbs it little. perf and samply are measured beside Strobe where they
are installed. Figures never decide the exit status: it is 1 only where something did not run."""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ORDINARY_USER = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]

# An ordinary user who may sample, but not load BPF programs.
PERFMON_USER = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all,+perfmon",
                "--ambient-caps=-all,+perfmon", "--bounding-set=-all,+perfmon"]
PROGRAMS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs")


# In a process of its own: a report is large, and what this process has grown to is counted as the peak memory of
# what it starts (the kernel keeps the peak over exec).
READ_QUALITY = """
import json, subprocess, sys
text = subprocess.run([sys.argv[1], "report", sys.argv[2], "--json", "-"], check=True, capture_output=True).stdout
json.dump(json.loads(text)["quality"], sys.stdout)
"""


class DidNotRun(RuntimeError):
    pass


class Bench:
    """The programs, a scratch folder, and what has been found out so far."""

    def __init__(self, options, scratch):
        build = os.path.abspath(options.build)
        self.strobe = os.path.join(build, "strobe")
        self.strobe_bench = os.path.join(build, "tests/bench/strobe_bench")
        self.programs = os.path.join(build, "tests/bench/programs")
        self.rounds = options.rounds
        self.work = options.work
        self.smoke = options.smoke
        self.scratch = scratch
        self.recording = os.path.join(scratch, "r.strobe")
        self.cache = os.path.join(scratch, "cache")
        self.failures = []
        self.figures = []  # (what, value, target)

    def program(self, name, *arguments):
        return [os.path.join(self.programs, name), *[str(a) for a in arguments]]

    def strobe_command(self, program, rate, *options):
        return [self.strobe, "run", "-o", self.recording, "--force", "-r", str(rate), *options, "--", *program]

    def figure(self, what, value, target=""):
        self.figures.append((what, value, target))
        print(f"  {what:58} {value:>32}   {'target ' + target if target else ''}", flush=True)

    def run(self, command, user=()):
        """Runs to the end; the program's account of itself, and wait4's account of the command."""
        report = os.path.join(self.scratch, "self.json")
        with open(report, "w", encoding="utf-8"):
            os.chmod(report, 0o666)
        log = os.path.join(self.scratch, "log")
        with open(log, "w", encoding="utf-8") as errors:
            process = subprocess.Popen([*user, *command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=errors, cwd=self.scratch,
                                       env={**os.environ, "STROBE_BENCH_SELF": report, "XDG_CACHE_HOME": self.cache})
            _, status, usage = os.wait4(process.pid, 0)
            returned = time.monotonic()
            process.returncode = os.waitstatus_to_exitcode(status)
        with open(report, encoding="utf-8") as file:
            line = file.readline()
        if process.returncode != 0 or not line:
            with open(log, encoding="utf-8", errors="replace") as file:
                raise DidNotRun(f"{' '.join(command)}: status {process.returncode}: {file.read().strip()[-300:]}")
        account = json.loads(line)
        account["target_cpu_s"] = account["cpu_s"] + account["children_cpu_s"]
        account["tool_cpu_s"] = usage.ru_utime + usage.ru_stime - account["target_cpu_s"]
        account["peak_mib"] = usage.ru_maxrss / 1024
        account["exit_to_return_s"] = returned - account["end_s"]
        return account

    def run_strobe(self, program, rate, *options, user=()):
        """As run, with the recording's quality and size."""
        account = self.run(self.strobe_command(program, rate, *options), user)
        quality = subprocess.run([sys.executable, "-c", READ_QUALITY, self.strobe, self.recording],
                                 capture_output=True, text=True, check=False)
        if quality.returncode != 0:
            raise DidNotRun(f"{self.strobe} report: {quality.stderr.strip()[-300:]}")
        account["quality"] = json.loads(quality.stdout)
        account["file_bytes"] = os.path.getsize(self.recording)
        os.unlink(self.recording)
        return account


def stored(account):
    return max(1, account["quality"]["samples"]["stored"])


def lost(account):
    samples = account["quality"]["samples"]
    return samples["lost_kernel"] + samples["lost_queue"] + samples["late"]


def recording_cpu(account):
    return account["quality"]["overhead"]["strobe_cpu_s"]


def spread(values, form="{:.3f}"):
    middle = form.format(statistics.median(values))
    return middle if len(values) < 2 else f"{middle} [{form.format(min(values))}–{form.format(max(values))}]"


def rivals(bench, program, rate):
    """name -> command, the ones that are there."""
    tools = {}
    if shutil.which("perf"):
        tools["perf dwarf"] = ["perf", "record", "-q", "--no-bpf-event", "-e", "cpu-clock", "-F", str(rate),
                               "--call-graph", "dwarf,8192", "-o", os.path.join(bench.scratch, "perf.data"), "--",
                               *program]
    if shutil.which("samply"):
        tools["samply"] = ["samply", "record", "--save-only", "-r", str(rate), "-o",
                           os.path.join(bench.scratch, "samply.json"), "--", *program]
    return tools


def interleave(bench, program, tools):
    """tools: name -> function that runs it. name -> accounts, each with its CPU `ratio` to the runs without."""
    results = {name: [] for name in tools}
    base = bench.run(program)
    for _ in range(bench.rounds):
        for name in list(results):
            try:
                account = tools[name]()
            except DidNotRun as error:
                if name.startswith("strobe"):
                    raise
                print(f"  left out: {name}: {error}", file=sys.stderr)
                del results[name]
                continue
            after = bench.run(program)
            account["ratio"] = account["target_cpu_s"] / ((base["target_cpu_s"] + after["target_cpu_s"]) / 2)
            base = after
            results[name].append(account)
    return results


def target_cost(bench, program, rate, allowed, user=()):
    """The target's CPU time under a bare timer, under Strobe (of that user) and under the others."""
    tools = {"bare timer": lambda: bench.run(bench.program("floor", rate, *program)),
             "strobe": lambda: bench.run_strobe(program, rate, user=user)}
    for name, command in rivals(bench, program, rate).items():
        tools[name] = lambda command=command: bench.run(command)
    results = interleave(bench, program, tools)
    for name, accounts in results.items():
        bench.figure(f"target CPU under {name} ÷ without", spread([a["ratio"] for a in accounts]))
    if "bare timer" in results:
        above = [100 * (ours["ratio"] - floor["ratio"])
                 for ours, floor in zip(results["strobe"], results["bare timer"])]
        bench.figure("Strobe above the bare timer, % of target CPU", spread(above, "{:+.2f}"), allowed)
    return results["strobe"]


def describe_losses(bench, accounts, target):
    bench.figure("samples lost", spread([lost(a) for a in accounts], "{:.0f}"), target)
    bench.figure("samples stored", spread([stored(a) for a in accounts], "{:.0f}"))
    bench.figure("complete stacks, share", spread([a["quality"]["complete"] for a in accounts], "{:.4f}"), "≥ 0.999")


def n1(bench):
    program = bench.program("n1", bench.work)
    print("\nn1: one thread, 40 frames, 1 kHz")
    describe_losses(bench, target_cost(bench, program, 1000, "≤ +1 %"), "0")
    print("\nn1: 10 kHz")
    describe_losses(bench, target_cost(bench, program, 10000, "≤ +3 %"), "0")
    print("\nn1 with 20 KB of stack, 1 kHz")
    deep = bench.program("n1", bench.work, 1000)
    describe_losses(bench, target_cost(bench, deep, 1000, ""), "0")


def own_cpu(bench):
    """Warm: what the second part of a long run costs, from a long and a short one."""
    print("\nStrobe's own CPU time while recording, 40 frames, 10 kHz: long run minus short run")
    for name, note in (("wide", "some thousand stacks"), ("n1", "nearly every stack is new")):
        costs, peaks = [], []
        for _ in range(bench.rounds):
            short = bench.run_strobe(bench.program(name, bench.work / 2), 10000)
            long = bench.run_strobe(bench.program(name, bench.work * 2), 10000)
            costs.append((recording_cpu(long) - recording_cpu(short)) / max(1, stored(long) - stored(short)) * 1e6)
            peaks.append(long["peak_mib"])
        bench.figure(f"{name} ({note}), µs a stored sample", spread(costs, "{:.2f}"), "≤ 5 µs")
        bench.figure(f"{name}: peak memory beside the rings, MiB", spread(peaks, "{:.0f}"), "≤ 60 MB")


def n2(bench):
    program = bench.program("n2", bench.work)
    if os.geteuid() == 0:
        print("\nn2: eight threads and a mutex, root, 10 kHz")
        describe_losses(bench, target_cost(bench, program, 10000, ""), "0")
    print("\nn2: ordinary user, 1 kHz")
    user = ORDINARY_USER if os.geteuid() == 0 else []
    if user and not shutil.which("setpriv"):
        return print("  left out: there is no setpriv")
    accounts = [bench.run_strobe(program, 1000, user=user) for _ in range(bench.rounds)]
    bench.figure("engine", accounts[0]["quality"]["engine"])
    return describe_losses(bench, accounts, "0")


def n3(bench):
    print("\nn3: ten million malloc and free, 1 kHz")
    describe_losses(bench, target_cost(bench, bench.program("n3", bench.work), 1000, ""), "0")


def with_memory(bench, program, rivals, targets, memory_targets=None):
    """A program under the ways to record its allocations; the target's figures under each."""
    ways = {"strobe": [], "strobe --memory": ["--memory"], "strobe --memory=all": ["--memory=all"],
            "strobe --memory=all --python-allocators": ["--memory=all", "--python-allocators"]}
    tools = {name: lambda command=command: bench.run(command) for name, command in rivals.items()}
    tools.update({name: lambda options=options: bench.run_strobe(program, 1000, *options)
                  for name, options in ways.items() if name in targets or name == "strobe"})
    without = bench.run(program)["peak_kib"]
    for name, accounts in interleave(bench, program, tools).items():
        bench.figure(f"{name}: target CPU ÷ without", spread([a["ratio"] for a in accounts]), targets.get(name, ""))
        bench.figure("  target wall time, s", spread([a["wall_s"] for a in accounts]))
        bench.figure("  more memory in the program, MiB",
                     spread([(a["peak_kib"] - without) / 1024 for a in accounts], "{:.1f}"),
                     (memory_targets or {}).get(name, ""))
        if "--memory" not in name:
            continue
        bench.figure("  events lost", spread([a["quality"]["memory"]["lost"] for a in accounts], "{:.0f}"), "0")
        bench.figure("  events", spread([a["quality"]["memory"]["events"] for a in accounts], "{:.0f}"))
        bench.figure("  Strobe's own CPU, s", spread([recording_cpu(a) for a in accounts]))
        bench.figure("  recording, MB", spread([a["file_bytes"] / 1e6 for a in accounts], "{:.2f}"))


def memory(bench):
    """Allocations recorded, beside a library that stands in front of malloc and does nothing, and beside others."""
    program = bench.program("n3", bench.work)
    print("\nmemory: n3, ten million malloc and free")
    rivals = {"empty interposer": ["env", f"LD_PRELOAD={os.path.join(bench.programs, 'empty_interposer.so')}", *program]}
    if shutil.which("heaptrack") and shutil.which("strip"):
        # Of a program with debug information of version 5, heaptrack 1.4 fills the machine's memory.
        stripped = os.path.join(bench.scratch, "n3")
        subprocess.run(["strip", "-g", "-o", stripped, program[0]], check=True)
        rivals["heaptrack"] = ["heaptrack", "-o", os.path.join(bench.scratch, "heaptrack"), stripped, *program[1:]]
    with_memory(bench, program, rivals, {"strobe --memory": "≤ 1.05", "strobe --memory=all": "≤ 2.5, at most 4"},
                {"strobe --memory": "≤ 10", "strobe --memory=all": "≤ 30"})
    print("\nmemory: half a million C++ exceptions")
    with_memory(bench, bench.program("throwing", bench.work), {},
                {"strobe --memory": "≤ 1.1", "strobe --memory=all": "≤ 1.1"})
    python = shutil.which("python3.14") or "/usr/bin/python3"
    program = [python, os.path.join(PROGRAMS, "small_objects.py"), str(bench.work)]
    print(f"\nmemory: small objects of Python, {python}")
    rivals = {}
    if subprocess.run([python, "-m", "memray", "--version"], capture_output=True, check=False).returncode == 0:
        output = os.path.join(bench.scratch, "memray.bin")
        for name, options in (("memray", []), ("memray --trace-python-allocators", ["--trace-python-allocators"])):
            rivals[name] = [python, "-m", "memray", "run", "-q", "-f", *options, "-o", output, *program[1:]]
    with_memory(bench, program, rivals, {"strobe --memory": "≤ 1.1", "strobe --memory=all": "≤ 1.3",
                                         "strobe --memory=all --python-allocators": "≤ 1.8, at most 3"})


def many_blocks(bench):
    """What stays of a hundred million allocations."""
    print("\nblocks: n3, a hundred million malloc and free")
    account = bench.run(bench.strobe_command(bench.program("n3", 10 * bench.work), 1000, "--memory=all"))
    bench.figure("target CPU, s", f"{account['target_cpu_s']:.1f}")
    bench.figure("recording, MB", f"{os.path.getsize(bench.recording) / 1e6:.2f}", "≤ 50")
    seconds = [wall([bench.strobe, "report", bench.recording, "memory"], bench.scratch) for _ in range(bench.rounds)]
    bench.figure("report of it, s", spread(seconds), "≤ 2")
    os.unlink(bench.recording)


def python(bench):
    program = ["/usr/bin/python3", os.path.join(PROGRAMS, "deep_calls.py"), str(bench.work)]
    ways = {"as root": ()}
    if os.geteuid() == 0 and shutil.which("setpriv"):
        ways["with CAP_PERFMON only"] = PERFMON_USER
    for way, user in ways.items():
        for rate, allowed, kept in ((1000, "≤ +1 %", "≥ 0.95"), (10000, "≤ +3 %", "≥ 0.8")):
            print(f"\npython: 20 to 50 Python frames, {rate} Hz, {way}")
            accounts = target_cost(bench, program, rate, allowed, user)
            counts = [a["quality"]["python"] for a in accounts]
            looked = [max(1, sum(c[key] for key in ("full", "partial", "inconsistent", "unread"))) for c in counts]
            exact = counts[0]["reading"] == "bpf"
            bench.figure("Python frames are read by", counts[0]["reading"])
            bench.figure("full Python stacks, share", spread([c["full"] / n for c, n in zip(counts, looked)], "{:.4f}"),
                         "≥ 0.995" if exact else kept)
            bench.figure("Strobe's own CPU, µs a stored sample",
                         spread([recording_cpu(a) / stored(a) * 1e6 for a in accounts], "{:.2f}"), "≤ 10 µs")
            bench.figure("samples lost", spread([lost(a) for a in accounts], "{:.0f}"), "0")


def n4(bench):
    print("\nn4: two thousand processes of half a millisecond, 1 kHz")
    program = bench.program("n4", bench.work)
    tools = {"strobe": lambda: bench.run_strobe(program, 1000)}
    if os.geteuid() == 0:
        tools["strobe --per-cpu"] = lambda: bench.run_strobe(program, 1000, "--per-cpu")
    for name, accounts in interleave(bench, program, tools).items():
        shares = [stored(a) / max(1, a["quality"]["samples"]["expected"]) for a in accounts]
        bench.figure(f"{name}: target CPU ÷ without", spread([a["ratio"] for a in accounts]))
        bench.figure(f"{name}: samples ÷ expected", spread(shares), "≥ 0.9" if "per-cpu" in name else "")


def waiting(bench):
    """--wall beside the bare records of switches, and beside threads that do nothing but sleep."""
    program = bench.program("switching", bench.work)
    print("\nwaiting: two threads that hand a turn to and fro, 100,000 switches a second, 1 kHz")
    tools = {"bare timer": lambda: bench.run(bench.program("floor", 1000, *program)),
             "bare timer and switches": lambda: bench.run(bench.program("floor", "1000+switches", *program)),
             "strobe": lambda: bench.run_strobe(program, 1000),
             "strobe --wall": lambda: bench.run_strobe(program, 1000, "--wall")}
    if os.geteuid() == 0 and shutil.which("setpriv"):
        tools["strobe --wall, ordinary user"] = lambda: bench.run_strobe(program, 1000, "--wall", user=ORDINARY_USER)
    results = interleave(bench, program, tools)
    for name, accounts in results.items():
        bench.figure(f"target CPU under {name} ÷ without", spread([a["ratio"] for a in accounts]))
    for name in [name for name in results if "--wall" in name]:
        above = [100 * (ours["ratio"] - floor["ratio"])
                 for ours, floor in zip(results[name], results["bare timer and switches"])]
        bench.figure(f"{name} above bare timer and switches, %", spread(above, "{:+.2f}"), "≤ +2 %")
        walls = results[name]
        offcpu = [a["quality"]["offcpu"] for a in walls]
        bench.figure("  switches a second", spread([o["stretches"] / a["wall_s"] for o, a in zip(offcpu, walls)],
                                                   "{:.0f}"))
        bench.figure("  stretches kept a second",
                     spread([o["kept"] / a["wall_s"] for o, a in zip(offcpu, walls)], "{:.0f}"), "≤ 2,000")
        bench.figure("  stretches lost", spread([o["lost"] for o in offcpu], "{:.0f}"), "0")
        bench.figure("  records lost", spread([lost(a) for a in walls], "{:.0f}"), "0")
        bench.figure("  Strobe's own CPU, % of a core",
                     spread([100 * recording_cpu(a) / a["wall_s"] for a in walls], "{:.1f}"))
    print("\nwaiting: a thousand threads that sleep")
    program = bench.program("sleepers", bench.work)
    accounts = [bench.run_strobe(program, 1000, "--wall") for _ in range(bench.rounds)]
    longer = [bench.run_strobe(bench.program("sleepers", 2 * bench.work), 1000, "--wall") for _ in range(bench.rounds)]
    # What the sleeping costs, without the start: a longer run less a shorter one.
    cost = [100 * (recording_cpu(b) - recording_cpu(a)) / (b["wall_s"] - a["wall_s"]) for a, b in zip(accounts, longer)]
    bench.figure("Strobe's own CPU while they sleep, % of a core", spread(cost, "{:.2f}"), "≤ 0.5 %")
    bench.figure("Strobe's own CPU for all of it, s", spread([recording_cpu(a) for a in accounts]))
    bench.figure("stretches lost", spread([a["quality"]["offcpu"]["lost"] for a in accounts], "{:.0f}"), "0")


def table(bench):
    """100,000 samples; every second run finds the names it needs in the cache."""
    print("\nwide: program exit to printed table, 100,000 samples, 5 MB of debug information")
    program = bench.program("wide", 1.8 * bench.work)
    first, again = [], []
    for _ in range(bench.rounds):
        shutil.rmtree(bench.cache, ignore_errors=True)
        first.append(bench.run_strobe(program, 25000))
        again.append(bench.run_strobe(program, 25000))
    bench.figure("samples", spread([stored(a) for a in first + again], "{:.0f}"))
    for name, accounts in (("first time", first), ("names in the cache", again)):
        bench.figure(f"exit to table, {name}, s", spread([a["exit_to_return_s"] for a in accounts]), "≤ 0.3 s")
        cpu = [a["tool_cpu_s"] - recording_cpu(a) for a in accounts]
        bench.figure(f"  its CPU time (start-up included), {name}, s", spread(cpu))
    bench.figure("peak memory beside the rings, MiB", spread([a["peak_mib"] for a in first + again], "{:.0f}"),
                 "≤ 60 MB")
    sizes = [a["file_bytes"] / stored(a) for a in first + again]
    bench.figure("file, bytes a sample with stacks, names and all", spread(sizes, "{:.1f}"))


def large(bench):
    """As table, with a program whose debug information is large."""
    program = os.path.join(bench.scratch, "large")
    made = subprocess.run([os.path.join(PROGRAMS, "make_large"), program, "12" if bench.smoke else "240"],
                          capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise DidNotRun(f"make_large: {made.stderr.strip()[-300:]}")
    size = os.path.getsize(program) / 1e6
    print(f"\nlarge: program exit to printed table, a program of {size:.0f} MB of debug information, 10 kHz")
    first, again = [], []
    for _ in range(bench.rounds):
        shutil.rmtree(bench.cache, ignore_errors=True)
        first.append(bench.run_strobe([program, str(bench.work)], 10000))
        again.append(bench.run_strobe([program, str(bench.work)], 10000))
    os.unlink(program)
    bench.figure("samples", spread([stored(a) for a in first + again], "{:.0f}"))
    for name, accounts, limit in (("first time", first, 3), ("names in the cache", again, 0.5)):
        bench.figure(f"exit to table, {name}, s", spread([a["exit_to_return_s"] for a in accounts]), f"≤ {limit} s")
        bench.figure(f"peak memory, rings included, {name}, MiB", spread([a["peak_mib"] for a in accounts], "{:.0f}"),
                     "≤ 286 MiB (300 MB)")


def parts(bench):
    """From strobe_bench: what is measured better without a program around it; all of it in the quick form."""
    print("\nparts alone (strobe_bench)")
    command = [bench.strobe_bench, "--benchmark_format=json"]
    if bench.smoke:
        command += ["--benchmark_min_time=0.01"]
    else:
        command += ["--benchmark_filter=^(unwind_warm/40|unwind_libunwind_remote|BM_StoreRead/100000)$"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise DidNotRun(f"strobe_bench: status {done.returncode}: {done.stderr.strip()[-300:]}")
    rows = json.loads(done.stdout)["benchmarks"]
    for row in rows:
        if row.get("error_occurred"):
            raise DidNotRun(f"strobe_bench: {row['name']}: {row['error_message']}")
    by_name = {row["name"]: row for row in rows}
    bench.figure("unwinder, warm frame, ns", f"{by_name['unwind_warm/40']['per_frame'] * 1e9:.1f}", "≤ 50 ns")
    bench.figure("libunwind remote, frame, ns", f"{by_name['unwind_libunwind_remote']['per_frame'] * 1e9:.0f}")
    bench.figure("file, bytes a sample beside stacks", f"{by_name['BM_StoreRead/100000']['bytes_per_sample']:.1f}",
                 "≤ 24")


def wall(command, scratch):
    start = time.monotonic()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          cwd=scratch, check=False)
    if done.returncode != 0:
        raise DidNotRun(f"{' '.join(command)}: status {done.returncode}")
    return time.monotonic() - start


def start_up(bench):
    print("\n`TOOL true` minus `true`, wall time")
    tools = {"strobe": bench.strobe_command(["true"], 1000)}
    if shutil.which("perf"):
        tools["perf"] = ["perf", "record", "-q", "-o", os.path.join(bench.scratch, "perf.data"), "--", "true"]
    extra = {name: [] for name in tools}
    for _ in range(4 * bench.rounds + 1):
        for name, command in tools.items():
            plain = wall(["true"], bench.scratch)
            extra[name].append((wall(command, bench.scratch) - plain) * 1000)
    for name, values in extra.items():
        bench.figure(f"{name}, ms", spread(values, "{:.0f}"), "≤ 50 ms" if name == "strobe" else "")


SECTIONS = {"true": start_up, "parts": parts, "n1": n1, "cpu": own_cpu, "n2": n2, "n3": n3, "n4": n4, "table": table,
            "large": large, "python": python, "waiting": waiting, "memory": memory, "blocks": many_blocks}


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release", help="build directory")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--work", type=float, default=1.0, help="amount of work of each program")
    parser.add_argument("--only", default="", help="comma list of: " + " ".join(SECTIONS))
    parser.add_argument("--smoke", action="store_true", help="one short round of everything: does it run?")
    options = parser.parse_args()
    if options.smoke:
        options.rounds, options.work = 1, 0.05
    unknown = set(filter(None, options.only.split(","))) - set(SECTIONS)
    if unknown:
        parser.error(f"unknown section: {' '.join(sorted(unknown))}")
    return options


def main():
    options = parse_options()
    names = list(filter(None, options.only.split(","))) or list(SECTIONS)
    with tempfile.TemporaryDirectory(prefix="strobe-bench-") as scratch:
        os.chmod(scratch, 0o777)  # the ordinary user of n2 records here as well
        bench = Bench(options, scratch)
        for name in names:
            try:
                SECTIONS[name](bench)
            except DidNotRun as error:
                print(f"did not run: {error}", file=sys.stderr)
                bench.failures.append(name)
    if bench.failures:
        sys.exit(f"overhead.py: did not run: {' '.join(bench.failures)}")


if __name__ == "__main__":
    main()
