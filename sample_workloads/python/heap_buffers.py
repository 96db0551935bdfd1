"""Buffers and objects by function: how much the C library is asked for is known to the byte.
Run:    python3 heap_buffers.py [COUNT=100]
Stacks: main > hold_buffers | drop_buffers | nested > inner
Prints: one JSON line: by function, buffers allocated and live, and their bytes. A bytearray of n bytes asks for n + 1.
"""
import json
import os
import sys
import time

SIZE = 100_000  # far beyond what the interpreter keeps small objects in
kept = []


def hold_buffers(count):
    for i in range(count):
        kept[i] = bytearray(SIZE)


def drop_buffers(count):
    for _ in range(count):
        bytearray(SIZE)


def inner(count):
    return [bytearray(SIZE) for _ in range(count)]


def nested(count):
    return len(inner(count))


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    kept.extend([None] * count)
    # Strobe learns of the interpreter a moment after it began.
    time.sleep(0.2)
    hold_buffers(count)
    drop_buffers(count)
    nested(count)
    time.sleep(0.2)  # and of code before it is gone
    each = count * (SIZE + 1)
    print(json.dumps({"python_heap": {"hold_buffers": {"bytes": each, "count": count, "live_bytes": each},
                                      "drop_buffers": {"bytes": each, "count": count, "live_bytes": 0},
                                      "nested": {"bytes": each, "count": count, "live_bytes": 0}}}))
    sys.stdout.flush()
    os._exit(0)  # or the interpreter would give back what is kept


if __name__ == "__main__":
    main()
