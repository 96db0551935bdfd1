"""Objects with slots and with dicts, tuples, strings, lists and dicts, eleven frames down; some are kept for a while.
small_objects.py WORK; writes its account of itself to the file STROBE_BENCH_SELF as self_report.h does."""
import json
import os
import resource
import sys
import time

BEGIN = time.monotonic()


class Node:
    __slots__ = ("number", "text", "next")

    def __init__(self, number, text, following):
        self.number, self.text, self.next = number, text, following


class Record:
    def __init__(self, number):
        self.number = number
        self.name = f"n{number}"
        self.pair = (number, number + 1)


def build_nodes(count):
    node = None
    for i in range(count):
        node = Node(i, "s" + str(i), node if i % 50 else None)
    return node


def build_records(count):
    return [Record(i) for i in range(count)]


def build_dict(count):
    return {f"k{i}": [i, i * 2, str(i)] for i in range(count)}


def build_text(count):
    return ",".join("x" * (i % 100) for i in range(count))


def descend(depth, count):
    if depth > 0:
        return descend(depth - 1, count)
    return build_nodes(count), build_records(count), build_dict(count), build_text(count)


def main(work):
    kept = []
    for i in range(int(115 * work)):
        built = descend(10, 5000)
        if i % 10 == 0:
            kept.append(built)
        if len(kept) > 20:
            kept.pop(0)


def peak_kib():
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM:"))


def report_self():
    path = os.environ.get("STROBE_BENCH_SELF")
    if not path:
        return
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"cpu_s": own.ru_utime + own.ru_stime, "children_cpu_s": children.ru_utime + children.ru_stime,
                   "wall_s": time.monotonic() - BEGIN, "peak_kib": peak_kib(),
                   "end_s": time.clock_gettime(time.CLOCK_MONOTONIC)}, file)
        file.write("\n")


main(float(sys.argv[1]))
report_self()
