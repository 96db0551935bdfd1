"""Generators: an endless pipeline, one that is fed by send, and delegation by `yield from`.

Hot: read_numbers, which stands at the leaf end of the pipeline below filter_odd and square_all: a stack shows
a generator below the one that resumed it. running_mean is fed by send; walk delegates to itself over a tree.
Try: strobe run --sort cumtime -- python3 generators.py
"""
import truth

NUMBERS = 400  # a round


def read_numbers():
    number = 0
    while True:
        x = number
        for _ in range(100):  # HOT: read_numbers
            x = (x * 1103515245 + 12345) & 0x7FFFFFFF  # HOT: read_numbers
        number += 1
        yield x


def filter_odd(numbers):
    for number in numbers:
        x = number
        for _ in range(40):  # HOT: filter_odd
            x = (x * 3 + 1) & 0xFFFF  # HOT: filter_odd
        yield number + (x & 0)


def square_all(numbers):
    for number in numbers:
        x = number
        for _ in range(60):  # HOT: square_all
            x = (x * x + 7) & 0xFFFF  # HOT: square_all
        yield x


def drain(pipeline):
    total = 0
    for _ in range(NUMBERS):
        total += next(pipeline)
    return total


def running_mean():
    mean, count = 0, 0
    while True:
        value = yield mean
        count += 1
        for _ in range(80):  # HOT: running_mean
            mean = mean + (value - mean) // count  # HOT: running_mean


def feed(means):
    for value in range(NUMBERS):
        means.send(value)


def walk(height):
    if height:
        yield from walk(height - 1)
        x = height
        for _ in range(300):  # HOT: walk
            x = (x * 5 + 3) & 0xFFFF  # HOT: walk
        yield x
        yield from walk(height - 1)


def leaves(height):
    total = 0
    for value in walk(height):
        total += value
    return total


def main():
    pipeline = square_all(filter_odd(read_numbers()))
    means = running_mean()
    next(means)
    for _ in truth.rounds(truth.asked_seconds()):
        with truth.part("drain"):
            drain(pipeline)
        with truth.part("running_mean"):
            feed(means)
        with truth.part("leaves"):
            leaves(6)


main()
# The parts of the pipeline take turns too quickly for a clock; the whole of it was timed.
own = truth.books()["own"]
truth.report(functions={"running_mean": own["running_mean"]})
