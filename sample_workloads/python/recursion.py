"""Recursion of three kinds: one function deep on a stack, two that call each other, and a tree of calls.

Hot: bottom (below `deeper`, which is on the stack as often as the second argument says), odd_step, tree. In a
total each of them counts once, however often it is on a stack.
Try: strobe run --sort cumtime -- python3 recursion.py 1 40
"""
import sys

import truth


def bottom(rounds):
    total = 0
    for i in range(rounds):  # HOT: bottom
        total = (total + i * i) & 0xFFFFFF  # HOT: bottom
    return total


def deeper(depth):
    if depth == 0:
        with truth.part("bottom"):
            return bottom(20000)
    return deeper(depth - 1) + 1


def even_step(n):
    return odd_step(n - 1) if n else 0


def odd_step(n):
    x = n
    for _ in range(400):  # HOT: odd_step
        x = (x * 5 + n) & 0xFFFF  # HOT: odd_step
    return even_step(n - 1) + x if n else 0


def tree(height):  # HOT: tree
    if height < 2:  # HOT: tree
        return 1  # HOT: tree
    return tree(height - 1) + tree(height - 2)  # HOT: tree


def main():
    depth = int(sys.argv[2]) if len(sys.argv) > 2 else 40
    sys.setrecursionlimit(depth + 200)
    for _ in truth.rounds(truth.asked_seconds()):
        with truth.part("deeper"):
            deeper(depth)
        with truth.part("odd_step"):
            even_step(80)
        with truth.part("tree"):
            tree(18)


main()
# What deeper itself costs is spread over all of its calls, and over the clock's.
own = truth.books()["own"]
truth.report(functions={name: own[name] for name in ("bottom", "odd_step", "tree")})
