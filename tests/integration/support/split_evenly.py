"""Two halves that a sampler is likely to get wrong: calls that last a microsecond, and a loop without any.

Ten rounds of fib(20) and leafy(20000) again and again; the truth is what its own clock says.
usage: split_evenly.py SECONDS
"""
import json
import sys
import time


def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


def leafy(count):
    x = 0
    for i in range(count):
        x = (x + i) & 0xFFFF
    return x


def main():
    clock = time.process_time
    seconds = [0.0, 0.0]
    end = clock() + float(sys.argv[1])
    while clock() < end:
        for _ in range(10):
            begin = clock()
            fib(20)
            middle = clock()
            leafy(20000)
            seconds[0] += middle - begin
            seconds[1] += clock() - middle
    print(json.dumps({"functions": {"fib": seconds[0], "leafy": seconds[1]}, "cpu_s": clock()}))


main()
