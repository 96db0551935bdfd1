"""A memory-mapped file, read in order and at random, and its lines found by the mapping's own methods.

Hot: read_in_order, probe_randomly; count_lines lives in C (mmap.find).
Try: strobe run -- python3 mapped_file.py
"""
import mmap
import tempfile

import truth

SIZE = 4 << 20


def read_in_order(mapping):
    total = 0
    for position in range(0, SIZE, 128):  # HOT: read_in_order
        total += mapping[position]  # HOT: read_in_order
    return total


def probe_randomly(mapping):
    total, position = 0, 1
    for _ in range(30000):  # HOT: probe_randomly
        position = (position * 1103515245 + 12345) & (SIZE - 1)  # HOT: probe_randomly
        total += mapping[position]  # HOT: probe_randomly
    return total


def count_lines(mapping):
    lines, position = 0, mapping.find(b"\n")
    while position >= 0:  # HOT: count_lines
        lines += 1  # HOT: count_lines
        position = mapping.find(b"\n", position + 1)  # HOT: count_lines
    return lines


def main():
    with tempfile.TemporaryFile() as file:
        line = bytes(range(32, 132)).replace(b"\n", b" ") * 10 + b"\n"
        file.write((line * (SIZE // len(line) + 1))[:SIZE])
        file.flush()
        mapping = mmap.mmap(file.fileno(), SIZE, prot=mmap.PROT_READ)
        for _ in truth.rounds(truth.asked_seconds()):
            for function in (read_in_order, probe_randomly, count_lines):
                with truth.part(function.__name__):
                    function(mapping)


main()
# How much of it is in the mapping's own C code depends on the version.
truth.report(functions={})
