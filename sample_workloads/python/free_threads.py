"""CPU-bound threads that share nothing. Under a free-threaded Python they run at once, under another in
turns; the last line says which it was.

Hot: rotate, in every thread; blend, half as much.
Try: strobe run -- python3.13t free_threads.py, then strobe report threads
"""
import sys
import threading

import truth

THREADS = 2


def rotate(x):
    for i in range(40000):  # HOT: rotate
        x = ((x << 1) ^ i) & 0xFFFFFF  # HOT: rotate
    return x


def blend(x):
    for i in range(20000):  # HOT: blend
        x = ((x << 1) ^ i) & 0xFFFFFF  # HOT: blend
    return x


def work(seconds):
    x = 1
    for _ in truth.rounds(seconds):
        with truth.part("rotate"):
            x = rotate(x)
        with truth.part("blend"):
            x = blend(x)


def main():
    share = truth.asked_seconds() / THREADS
    threads = [threading.Thread(target=work, args=(share,), name="spinner") for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


main()
truth.report(gil=getattr(sys, "_is_gil_enabled", lambda: True)())
