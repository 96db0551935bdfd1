"""Threads that stand still in all kinds of Python frames, and what sys._current_frames() says about them.
Prints one line of JSON when every thread blocks, and ends with the end of its input."""
import functools
import json
import os
import sys
import threading

READ, WRITE = os.pipe()
NAMESPACE = {}


def block():
    os.read(READ, 1)


def plain():
    (lambda: [block() for _ in range(1)])()


def numbers():
    yield 1
    block()
    yield 2


def delegate():
    yield from numbers()


def generators():
    for _ in delegate():
        pass


async def leaf():
    block()


async def middle():
    await leaf()


def coroutines():
    middle().send(None)


async def ticks():
    block()
    yield 1


async def consume():
    async for _ in ticks():
        pass


def async_generators():
    consume().send(None)


def sorting():
    sorted([1], key=lambda item: block())


def nested_calls():
    functools.reduce(lambda a, b: list(map(lambda c: sorted([c], key=lambda d: block()), [b])), [1, 2])


def recursion(depth=1800):
    if depth == 0:
        block()
    else:
        recursion(depth - 1)


def class_body():
    class Inner:
        block()


class Thing:
    def __init__(self, wait):
        if wait:
            block()

    def __enter__(self):
        block()

    def __exit__(self, *details):
        pass

    @property
    def value(self):
        block()


def construct():
    for round in range(2000):  # enough for the call to be specialised
        Thing(round == 1999)


def context():
    with Thing(False):
        pass


def attribute():
    Thing(False).value


def decorated(function):
    @functools.wraps(function)
    def wrapper(*arguments):
        return function(*arguments)
    return wrapper


@decorated
def wrapped():
    block()


exec(compile("def größe():\n    block()\n", "/größe/latin.py", "exec"), {"block": block}, NAMESPACE)
exec(compile("\n\ndef 函数():\n    block()\n", "/目录/文件.py", "exec"), {"block": block}, NAMESPACE)
exec(compile("def \U00010400\U00010401():\n    block()\n", "/\U0001f40d.py", "exec"), {"block": block}, NAMESPACE)


def executed():
    exec("block()")


STATES = [plain, generators, coroutines, async_generators, sorting, nested_calls, recursion, class_body, construct,
          context, attribute, wrapped, executed, *NAMESPACE.values()]


def blocked(frame):
    return frame is not None and frame.f_code is block.__code__


def describe(frame):
    frames = []
    while frame:
        code = frame.f_code
        frames.append([getattr(code, "co_qualname", code.co_name), code.co_filename, frame.f_lineno])
        frame = frame.f_back
    return frames


def main():
    sys.setrecursionlimit(5000)
    threading.stack_size(64 << 20)
    threads = [threading.Thread(target=state, name="state " + state.__name__, daemon=True) for state in STATES]
    for thread in threads:
        thread.start()
    while not all(blocked(sys._current_frames().get(thread.ident)) for thread in threads):
        pass
    found = sys._current_frames()
    truth = {str(thread.native_id): {"name": thread.name, "frames": describe(found[thread.ident])}
             for thread in threading.enumerate()}
    print(json.dumps({"main": os.getpid(), "version": sys.hexversion, "threads": truth}), flush=True)
    sys.stdin.read()


main()
