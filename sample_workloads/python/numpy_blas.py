"""numpy calling BLAS: Python above, C in the middle, hand-written kernels at the leaf.

Hot: multiply, whose own time is next to nothing: it is its native callees' (numpy's matmul, BLAS's dgemm).
spell_out does a small product in Python. OPENBLAS_NUM_THREADS=1 keeps the work in the calling thread.
Try: strobe run --sort cumtime -- python3 numpy_blas.py
"""
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy  # noqa: E402  (its threads are chosen before)

import truth  # noqa: E402


def multiply(left, right):
    return left @ right  # HOT: multiply


def spell_out(size):
    total = 0
    for i in range(size):
        for j in range(size):  # HOT: spell_out
            total = (total + i * j) & 0xFFFFFF  # HOT: spell_out
    return total


def main():
    left = numpy.arange(250 * 250, dtype=float).reshape(250, 250)
    right = left.T.copy()
    for _ in truth.rounds(truth.asked_seconds()):
        with truth.part("multiply"):
            multiply(left, right)
        with truth.part("spell_out"):
            spell_out(300)


main()
own = truth.books()["own"]
truth.report(functions={"spell_out": own["spell_out"]})
