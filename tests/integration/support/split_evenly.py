"""Two halves that a sampler is likely to get wrong: calls that last a microsecond, and a loop without any.

fib or leafy in turns of random length (a fixed seed) that are shorter than the time between samples, so that
samples are independent; the truth is what its own clock says.
usage: split_evenly.py SECONDS
"""
import json
import random
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
    draw = random.Random(1)
    seconds = [0.0, 0.0]
    end = clock() + float(sys.argv[1])
    while clock() < end:
        which = draw.randrange(2)
        begin = clock()
        if which == 0:
            fib(draw.randrange(12, 18))
        else:
            leafy(draw.randrange(600, 4400))
        seconds[which] += clock() - begin
    print(json.dumps({"functions": {"fib": seconds[0], "leafy": seconds[1]}, "cpu_s": clock()}))


main()
