"""Threads that wait, each for another thing: two want the GIL all the time, one sleeps, one reads a pipe, one
wants a lock that another holds while it sleeps.

Each thread measures its own seconds by state: what it waits for, around the wait; what the GIL costs it, as wall
clock less CPU time less the time that it was ready to run and did not, around Python code that does nothing
else that could wait.

Hot: count_up, in the threads "counter-1" and "counter-2", which share one interpreter.
Try: strobe run --wall -- python3 waiting.py, then strobe report gil
"""
import json
import os
import sys
import threading
import time

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0


def run_delay():
    """Seconds this thread was ready to run without a CPU; 0 where the kernel keeps no account."""
    try:
        with open("/proc/thread-self/schedstat") as file:
            return int(file.read().split()[1]) * 1e-9
    except OSError:
        return 0.0


class Clock:
    """Seconds of one thread by state."""

    def __init__(self):
        self.states = {}
        self.begin = self.moment()

    @staticmethod
    def moment():
        return time.monotonic(), time.thread_time(), run_delay()

    def add_wait(self, state, begin):
        """The time since `begin` that the thread neither ran nor could have."""
        now = self.moment()
        waited = (now[0] - begin[0]) - (now[1] - begin[1]) - (now[2] - begin[2])
        self.states[state] = self.states.get(state, 0.0) + max(0.0, waited)

    def close(self):
        now = self.moment()
        self.states["on_cpu"] = now[1] - self.begin[1]
        self.states["runnable"] = now[2] - self.begin[2]
        return {"states": self.states, "life_s": now[0] - self.begin[0]}


def count_up(rounds):
    total = 0
    for i in range(rounds):  # HOT: count_up
        total = (total * 31 + i) & 0xFFFF  # HOT: count_up
    return total


def count(clock, until):
    begin = clock.moment()
    while time.monotonic() < until:
        count_up(2000)
    clock.add_wait("gil", begin)


def sleep(clock, until):
    """Sleeps in one go: getting the GIL back happens once, not a hundred times."""
    begin = clock.moment()
    time.sleep(max(0.0, until - time.monotonic()))
    clock.add_wait("sleep", begin)


def read(clock, until):
    mine, theirs = os.pipe()
    timer = threading.Timer(until - time.monotonic(), os.write, (theirs, b"x"))
    timer.start()
    begin = clock.moment()
    os.read(mine, 1)
    clock.add_wait("io", begin)
    timer.join()


LOCK = threading.Lock()
HELD = threading.Event()


def hold(clock, until):
    with LOCK:
        HELD.set()
        sleep(clock, until)


def want(clock, until):
    HELD.wait()
    begin = clock.moment()
    with LOCK:
        pass
    clock.add_wait("lock", begin)


JOBS = {"sleeper": sleep, "reader": read, "holder": hold, "wanter": want, "counter-1": count, "counter-2": count}


def main():
    truth = {}

    def live(name, job, until):
        with open("/proc/thread-self/comm", "w") as comm:  # so that tools that know no Python see it too
            comm.write(name)
        clock = Clock()
        job(clock, until)
        truth[name] = clock.close()

    until = time.monotonic() + SECONDS
    threads = [threading.Thread(target=live, args=(name, job, until), name=name) for name, job in JOBS.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"threads": truth, "cpu_s": time.process_time()}), flush=True)


main()
