"""Little but generators and coroutines that are entered and left. Each line that calls Python code says which: `# -> a`;
any other pair of frames is impossible."""
import json
import os


def numbers(count):
    for i in range(count):
        yield i


def twice(count):
    yield from numbers(count)  # -> numbers
    for i in numbers(count):  # -> numbers
        yield i


async def answer(value):
    return value


async def ask():
    total = 0
    for i in range(10):
        total += await answer(i)  # -> answer
    return total


def run():
    for i in twice(10):  # -> twice
        pass
    sum(numbers(10))  # -> numbers
    try:
        ask().send(None)  # -> ask
    except StopIteration:
        pass


def main():
    print(json.dumps({"main": os.getpid()}), flush=True)
    while True:
        run()  # -> run


main()  # -> main
