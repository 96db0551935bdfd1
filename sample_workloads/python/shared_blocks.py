"""Two processes, one memory: the child fills blocks, the parent sums them, semaphores tell whose turn it is.

Hot: fill_block in the child, sum_block in the parent.
Try: strobe run -- python3 shared_blocks.py, then strobe report threads
"""
import multiprocessing
import os
from multiprocessing import resource_tracker, shared_memory

import truth

BLOCK = 40000


def fill_block(view, number):
    x = number
    for i in range(BLOCK):  # HOT: fill_block
        x = (x * 5 + 1) & 0xFF  # HOT: fill_block
        view[i] = x  # HOT: fill_block


def sum_block(view):
    total = 0
    for i in range(BLOCK):  # HOT: sum_block
        total += view[i]  # HOT: sum_block
    return total


def produce(name, seconds, filled, free, books):
    truth.forget()
    memory = shared_memory.SharedMemory(name=name)
    for number in truth.rounds(seconds):
        free.acquire()
        with truth.part("fill_block"):
            fill_block(memory.buf, number)
        memory.buf[BLOCK] = 1
        filled.release()
    free.acquire()
    memory.buf[BLOCK] = 0
    filled.release()
    memory.close()
    books.put(truth.books())


def consume(memory, filled, free):
    while True:
        filled.acquire()
        if memory.buf[BLOCK] == 0:
            return
        with truth.part("sum_block"):
            sum_block(memory.buf)
        free.release()


def tracker_seconds():
    """CPU time of the process that multiprocessing starts to clean shared memory up; nobody waits for it."""
    with open(f"/proc/{resource_tracker._resource_tracker._pid}/stat", encoding="utf-8") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    context = multiprocessing.get_context("fork")
    memory = shared_memory.SharedMemory(create=True, size=BLOCK + 1)
    filled, free = context.Semaphore(0), context.Semaphore(1)
    books = context.Queue()
    arguments = (memory.name, 0.6 * truth.asked_seconds(), filled, free, books)
    child = context.Process(target=produce, args=arguments)
    child.start()
    consume(memory, filled, free)
    truth.add_books(books.get())
    child.join()
    memory.close()
    memory.unlink()
    return truth.cpu_seconds() + tracker_seconds()


if __name__ == "__main__":
    truth.report(main())
