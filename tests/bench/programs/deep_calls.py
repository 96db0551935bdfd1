"""20 to 50 Python frames of quick mutual recursion, nearly all of it in calls of a microsecond. deep_calls.py WORK;
writes its account of itself to the file STROBE_BENCH_SELF as self_report.h does."""
import json
import os
import resource
import sys
import time


def mix(x):
    s = x
    for i in range(30):
        s = (s * 31 + i) & 0xFFFFFFFF
    return s


def step(depth, x):
    if depth <= 0:
        return mix(mix(x))
    return other_step(depth - 1, x + 1) ^ 3


def other_step(depth, x):
    if depth <= 0:
        return mix(x)
    return step(depth - 1, mix(x) if depth % 8 == 0 else x) + 1


def main(work):
    result = 0
    for i in range(int(220000 * work)):
        result ^= step(20 + i % 31, i)
    return result


def report_self():
    path = os.environ.get("STROBE_BENCH_SELF")
    if not path:
        return
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"cpu_s": own.ru_utime + own.ru_stime, "children_cpu_s": children.ru_utime + children.ru_stime,
                   "end_s": time.clock_gettime(time.CLOCK_MONOTONIC)}, file)
        file.write("\n")


main(float(sys.argv[1]))
report_self()
