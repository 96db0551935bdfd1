"""Python's small objects by function, with a truth of Python's own: sizes by sys.getsizeof, sums by tracemalloc.

Each function puts one object into each of COUNT lists that are there already, so that it asks for nothing else that
stays. Run: python3 heap_objects.py [COUNT=5000]. Prints one JSON line: by function, live bytes and blocks; then ends
without giving anything back.
"""
import gc
import json
import os
import sys
import time
import tracemalloc
import types

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 5000


class Slotted:
    __slots__ = ("x", "y")


class Plain:
    def __init__(self):
        self.x = self.y = None


def slotted_objects(places):
    for place in places:
        place[0] = Slotted()


def plain_objects(places):
    for place in places:
        place[0] = Plain()


def float_objects(places):
    value = 1.5
    for place in places:
        value = place[0] = value + 1.0


def dict_objects(places):
    for place in places:
        place[0] = {"key": None}


def large_objects(places):
    """Beyond what the interpreter keeps memory for, unless it has an allocator of its own for all."""
    for place in places:
        place[0] = bytes(5000)


def grown_objects(places):
    """Lists that grow out of the one into the other."""
    for place in places:
        grown = []
        for _ in range(100):
            grown.append(None)
        place[0] = grown


def counted(function):
    """What a function of the same code leaves, as tracemalloc counts it, once everything that it needs is there."""
    code = function.__code__
    names = {"co_name": "counted_" + code.co_name}
    if hasattr(code, "co_qualname"):
        names["co_qualname"] = names["co_name"]
    same = types.FunctionType(code.replace(**names), globals())
    same([[None] for _ in range(COUNT)])
    places = [[None] for _ in range(COUNT)]
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    same(places)
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return after - before - (sys.getsizeof(before) if before > 256 else 0)  # small numbers are there anyway


def main():
    gc.disable()
    functions = (slotted_objects, plain_objects, float_objects, dict_objects, large_objects, grown_objects)
    truth = {function.__name__: {"live_bytes": counted(function), "slack": 0} for function in functions}
    kept = {function.__name__: [[None] for _ in range(COUNT)] for function in functions}
    # Strobe learns of the interpreter a moment after it began, and of code before it is gone.
    time.sleep(0.3)
    for function in functions:
        function(kept[function.__name__])
    time.sleep(0.3)
    truth["slotted_objects"].update(live_bytes=COUNT * sys.getsizeof(kept["slotted_objects"][0][0]), live_count=COUNT)
    truth["large_objects"].update(live_bytes=COUNT * sys.getsizeof(bytes(5000)), live_count=COUNT)
    # The interpreter keeps up to a hundred of these when they are freed: some were there before.
    listed = ["float_objects", "dict_objects", "grown_objects"]
    if sys.version_info < (3, 11):
        listed.append("plain_objects")  # each has a dict
    for name in listed:
        truth[name]["slack"] = 110 * truth[name]["live_bytes"] // (COUNT - 100)
    print(json.dumps({"objects": truth}))
    sys.stdout.flush()
    os._exit(0)


main()
