"""Hot and mixed: objects, generators, sorted with a key, closures, properties, recursion. Calls of a fraction of a
microsecond. Each line that calls Python code says which: `# -> a, b`; any other pair of frames is impossible."""
import json
import os
import sys


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    @property
    def size(self):
        return abs(self.x) + abs(self.y)

    def moved(self, by):
        return Point(self.x + by, self.y)  # -> Point.__init__


def squares(count):
    for i in range(count):
        yield i * i


def odd_ones(count):
    for i in squares(count):  # -> squares
        if i & 1:
            yield i


def chained(count):
    yield from odd_ones(count)  # -> odd_ones
    yield from squares(3)  # -> squares


def generate():
    total = 0
    for i in chained(12):  # -> chained
        total += i
    return total


def by_size(point):
    return point.size  # -> Point.size


def sort_points():
    points = []
    for i in range(8):
        points.append(Point(7 * i % 11, i))  # -> Point.__init__
    points.sort(key=by_size)  # -> by_size
    return sorted(points, key=lambda point: point.size)  # -> sort_points.<locals>.<lambda>, Point.size


def adder(amount):
    def add(value):
        return value + amount
    return add


def closures():
    add = adder(3)  # -> adder
    total = 0
    for i in range(10):
        total = add(total)  # -> adder.<locals>.add
    return total


def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)  # -> fib


def tree(depth):
    if depth == 0:
        return ()
    return tree(depth - 1), tree(depth - 1)  # -> tree


def count(node):
    total = 1
    for child in node:
        total += count(child)  # -> count
    return total


def mapped():
    return sum(map(lambda value: value + 1, range(20)))  # -> mapped.<locals>.<lambda>


def walk_points():
    point = Point(1, 2)  # -> Point.__init__
    for i in range(10):
        point = point.moved(i)  # -> Point.moved
    return point.size  # -> Point.size


def step():
    generate()  # -> generate
    sort_points()  # -> sort_points
    closures()  # -> closures
    fib(9)  # -> fib
    count(tree(4))  # -> count, tree
    mapped()  # -> mapped
    walk_points()  # -> walk_points


def main():
    print(json.dumps({"main": os.getpid()}), flush=True)
    while True:
        step()  # -> step


main()  # -> main
