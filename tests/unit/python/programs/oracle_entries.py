"""Little but ways from C into Python and back, a few microseconds of each: functions called by C, generators driven
by C, methods behind operators. A round is short, to be gone through instruction by instruction. Each line that calls
Python code says which: `# -> a, b`; any other pair of frames is impossible."""
import json
import os


def small(value):
    return value & 1


def large(value):
    one = value >> 1
    two = one + value
    return small(two)  # -> small


def numbers(count):
    for i in range(count):
        yield i


def letters(count):
    for i in range(count):
        yield large(i)  # -> large


def both(count):
    yield from numbers(count)  # -> numbers
    yield from letters(count)  # -> letters


class Point:
    def __init__(self, x):
        self.x = x

    def __lt__(self, other):
        return self.x < other.x

    def __len__(self):
        return large(self.x)  # -> large

    @property
    def plain(self):
        return small(self.x)  # -> small


def keys():
    sorted((2, 1), key=small)  # -> small
    sorted((2, 1), key=large)  # -> large
    list(map(small, (1, 2)))  # -> small
    max(1, 2, key=large)  # -> large


def turns():
    first = numbers(3)  # -> numbers
    second = letters(3)  # -> letters
    next(first)  # -> numbers
    next(second)  # -> letters
    next(first)  # -> numbers
    next(second)  # -> letters
    sum(both(2))  # -> both
    for _ in both(1):  # -> both
        pass


def operators():
    one = Point(1)  # -> Point.__init__
    two = Point(2)  # -> Point.__init__
    one < two  # -> Point.__lt__
    len(two)  # -> Point.__len__
    one.plain  # -> Point.plain
    min(one, two)  # -> Point.__lt__


def main():
    print(json.dumps({"main": os.getpid()}), flush=True)
    while True:
        keys()  # -> keys
        turns()  # -> turns, numbers, letters
        operators()  # -> operators


main()  # -> main
