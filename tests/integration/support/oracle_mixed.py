"""An oracle of mixed code: generators, keys of sorted(), json, objects, called from C as well as from Python.

A line that calls a function of this file, be it through C, is marked: `# CALLS: name`. Every stack must be
made of such calls; other files' functions stand only below lines that name json.
usage: oracle_mixed.py SECONDS
"""
import json
import sys
import time


def twice(x):
    return x * 2


def inner_numbers(count):
    for x in range(count):
        yield twice(x)  # CALLS: twice


def outer_numbers(count):
    yield from inner_numbers(count)  # CALLS: inner_numbers


def drain():
    return sum(x for x in outer_numbers(60))  # CALLS: outer_numbers drain.<locals>.<genexpr>


def helped(x):
    return (x * 7919) % 101


def key_of(x):
    return helped(x)  # CALLS: helped


def by_key():
    return sorted(range(60), key=key_of)  # CALLS: key_of


class Point:  # CALLS: Point
    def __init__(self, x):
        self.x = self.norm(x)  # CALLS: Point.norm

    def norm(self, x):
        return x & 0xFF

    def __lt__(self, other):
        return self.rank() < other.rank()  # CALLS: Point.rank

    def rank(self):
        return -self.x

    @property
    def plain(self):
        return [self.rank()]  # CALLS: Point.rank


def make_points():
    return [Point(x) for x in range(20)]  # CALLS: Point.__init__ make_points.<locals>.<listcomp>


def objects():
    points = make_points()  # CALLS: make_points
    return min(points)  # CALLS: Point.__lt__


def default(value):
    return value.plain  # CALLS: Point.plain


def hook(pairs):
    return len(pairs) + twice(1)  # CALLS: twice


def texts():
    text = json.dumps({"p": [Point(1), Point(2)]}, default=default)  # CALLS: Point.__init__ default
    return json.loads(text, object_hook=hook)  # CALLS: hook


def main():
    end = time.process_time() + float(sys.argv[1])
    while time.process_time() < end:
        for _ in range(20):
            drain()  # CALLS: drain
            by_key()  # CALLS: by_key
            objects()  # CALLS: objects
            texts()  # CALLS: texts


main()  # CALLS: main
print("{}")
