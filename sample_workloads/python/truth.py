"""What the sample workloads share: clocks that tell how many CPU seconds each function used, in each thread,
as the program itself measures them, and the line of JSON that ends every workload.

A part is timed where it is called, and in pieces of about a millisecond or more: reading the clock costs
about a microsecond. Seconds of a part within another part are the inner one's own.
"""
import json
import resource
import sys
import threading
import time

_lock = threading.Lock()
_books = []  # of every thread that timed something: its own seconds and its total ones, by function
_here = threading.local()
_others_cpu_s = 0.0  # of the processes whose books were added


class _Book:
    def __init__(self):
        self.own = {}
        self.total = {}
        self.states = {}
        self.open = []  # the parts that are being timed, outermost first

    def add(self, other):
        for name, seconds in other["own"].items():
            self.own[name] = self.own.get(name, 0.0) + seconds
        for name, seconds in other["total"].items():
            self.total[name] = self.total.get(name, 0.0) + seconds
        for name, seconds in other["states"].items():
            self.states[name] = self.states.get(name, 0.0) + seconds


def _book():
    book = getattr(_here, "book", None)
    if book is None:
        book = _here.book = _Book()
        with _lock:
            _books.append(book)
    return book


def _run_delay():
    """Seconds this thread was ready to run without a CPU; 0 where the kernel keeps no account."""
    try:
        with open("/proc/thread-self/schedstat") as file:
            return int(file.read().split()[1]) * 1e-9
    except OSError:
        return 0.0


class life:
    """`with life("gil"): …` adds the seconds of this thread by state: on a CPU, ready to run, and all else as
    that state, which is what the block waits for."""

    def __init__(self, state):
        self.state = state

    def __enter__(self):
        self.begin = time.monotonic(), time.thread_time(), _run_delay()

    def __exit__(self, *exception):
        wall, cpu, delay = (now - then for now, then in
                            zip((time.monotonic(), time.thread_time(), _run_delay()), self.begin))
        _book().add({"own": {}, "total": {},
                     "states": {"on_cpu": cpu, "runnable": delay, self.state: max(0.0, wall - cpu - delay)}})


class part:
    """`with part("Heap.push"): heap.push(x)` adds the CPU seconds of the block to that function's."""

    __slots__ = ("name", "begin", "inner", "book")

    def __init__(self, name):
        self.name = name
        self.inner = 0.0

    def __enter__(self):
        self.book = _book()
        self.book.open.append(self)
        self.begin = time.thread_time()

    def __exit__(self, *exception):
        seconds = time.thread_time() - self.begin
        book = self.book
        book.open.pop()
        book.own[self.name] = book.own.get(self.name, 0.0) + seconds - self.inner
        if book.open:
            book.open[-1].inner += seconds
        if all(outer.name != self.name for outer in book.open):
            book.total[self.name] = book.total.get(self.name, 0.0) + seconds


def asked_seconds():
    """The first argument: about how many CPU seconds to use."""
    return float(sys.argv[1]) if len(sys.argv) > 1 else 1.0


def rounds(seconds):
    """0, 1, 2, … until this thread has used so many CPU seconds from now on."""
    end = time.thread_time() + seconds
    number = 0
    while time.thread_time() < end:
        yield number
        number += 1


def books():
    """All that this process timed, as plain data: for the process that started it."""
    whole = _Book()
    with _lock:
        for book in _books:
            whole.add({"own": book.own, "total": book.total, "states": book.states})
    return {"own": whole.own, "total": whole.total, "states": whole.states, "cpu_s": time.process_time()}


def add_books(other):
    """Adds those of another process."""
    global _others_cpu_s
    _others_cpu_s += other["cpu_s"]
    _book().add(other)


def forget():
    """Begins anew: for a child that inherited the books of its parent."""
    with _lock:
        del _books[:]
    _here.__dict__.clear()


def cpu_seconds():
    """Of this process and of the children that it has waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def cpu_seconds_with_others():
    """Of this process and of those whose books were added, but for their end: where somebody else waits for
    them."""
    return time.process_time() + _others_cpu_s


def report(cpu_s=None, **more):
    """Prints the truth as one line of JSON."""
    whole = books()
    line = {"functions": whole["own"], "totals": whole["total"]}
    if whole["states"]:
        line["states"] = whole["states"]
    line.update(more)
    line["cpu_s"] = cpu_seconds() if cpu_s is None else cpu_s
    print(json.dumps(line), flush=True)
