"""The same data in two shapes each: objects with a dict against __slots__, a list of numbers against an array,
a cache without bound against an LRU, and numbers that two processes share.

Memory: each shape is built by the function of its name and kept while the next one is built; the line at the
        end has what each of them left, in bytes and blocks, as Python itself counts (tracemalloc).
Try: strobe run --memory=all --python-allocators -- python3 memory_shapes.py, then strobe report memory
     strobe run -- python3 memory_shapes.py plain (without Python's counting), then strobe report memory
"""
import array
import collections
import gc
import json
import multiprocessing.shared_memory
import os
import sys
import time
import tracemalloc

COUNT = 100_000
BOUND = 1_000
SHARED = 16 << 20


class WithDict:
    def __init__(self, x, y):
        self.x, self.y = x, y


class WithSlots:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x, self.y = x, y


def make_dicts():
    return [WithDict(None, None) for _ in range(COUNT)]


def make_slots():
    return [WithSlots(None, None) for _ in range(COUNT)]


def make_list():
    return [number + 1_000_000 for number in range(COUNT)]


def make_array():
    numbers = array.array("q", bytes(8 * COUNT))
    for number in range(COUNT):
        numbers[number] = number + 1_000_000
    return numbers


def fill_unbounded():
    cache = {}
    for key in range(COUNT):
        cache[key] = bytes(100)
    return cache


def fill_lru():
    cache = collections.OrderedDict()
    for key in range(COUNT):
        cache[key] = bytes(100)
        if len(cache) > BOUND:
            cache.popitem(last=False)
    return cache


def share_numbers():
    """Bytes that a child reads: resident in both, there once."""
    memory = multiprocessing.shared_memory.SharedMemory(create=True, size=SHARED)
    memory.buf[:] = bytes([1]) * SHARED
    child = os.fork()
    if child == 0:
        hold(0.3 if sum(memory.buf[::4096]) == SHARED // 4096 else 0.0)
        os._exit(0)
    os.waitpid(child, 0)
    memory.close()
    memory.unlink()


def hold(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def main():
    counted = sys.argv[1:] != ["plain"]
    gc.disable()  # its own lists would come and go
    if counted:
        tracemalloc.start()
    truth, kept = {}, []
    for build in (make_dicts, make_slots, make_list, make_array, fill_unbounded, fill_lru):
        before = tracemalloc.get_traced_memory()[0] if counted else 0
        kept.append(build())
        after = tracemalloc.get_traced_memory()[0] if counted else 0
        truth[build.__name__] = after - before
        hold(0.15)
    if counted:
        tracemalloc.stop()
    share_numbers()
    print(json.dumps({"memory": truth, "shared": SHARED, "cpu_s": time.process_time()}), flush=True)


main()
