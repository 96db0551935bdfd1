"""A counter behind a lock: four threads that spend most of their time inside it, and so one after the other.

Hot: Counter.add, which holds the lock; prepare, outside of it.
Try: strobe run -- python3 locked_counter.py, then strobe report threads
"""
import threading

import truth

THREADS = 4


class Counter:
    def __init__(self):
        self.lock = threading.Lock()
        self.value = 0

    def add(self, amount):
        with self.lock:  # HOT: Counter.add
            value = self.value
            for _ in range(24000 + 3000 * (amount % 5)):  # HOT: Counter.add
                value = (value + amount) & 0xFFFFFF  # HOT: Counter.add
            self.value = value


def prepare(number):
    amount = number
    for i in range(6000 + 1000 * (number % 9)):  # HOT: prepare
        amount = (amount * 3 + i) & 0xFF  # HOT: prepare
    return amount | 1


def count(counter, seconds):
    for number in truth.rounds(seconds):
        with truth.part("prepare"):
            amount = prepare(number)
        with truth.part("Counter.add"):
            counter.add(amount)


def main():
    counter = Counter()
    share = truth.asked_seconds() / THREADS
    threads = [threading.Thread(target=count, args=(counter, share), name="adder") for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


main()
# What of Counter.add is its own and what is the lock's, no clock can tell.
own = truth.books()["own"]
truth.report(functions={"prepare": own["prepare"]})
