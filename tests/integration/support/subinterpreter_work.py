"""Half of the CPU time in the main interpreter, half in another one, called from the first; from 3.12 on that one
has a GIL of its own. The interpreter stays until all is said, so that its functions can be named.

usage: subinterpreter_work.py SECONDS
"""
import json
import sys
import time

try:
    import _xxsubinterpreters as interpreters  # up to 3.12
except ImportError:
    import _interpreters as interpreters

INNER = """
import time

def inside(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        for _ in range(1000):
            pass

inside({})
"""


def before(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        for _ in range(1000):
            pass


def outer(interpreter, seconds):
    run = getattr(interpreters, "exec", None) or interpreters.run_string
    run(interpreter, INNER.format(seconds))


def main():
    half = float(sys.argv[1]) / 2
    inner = interpreters.create()
    begin = time.thread_time()
    before(half)
    between = time.thread_time()
    outer(inner, half)
    end = time.thread_time()
    print(json.dumps({"functions": {"before": between - begin, "inside": end - between}}))


main()
