"""functools.lru_cache and cache: few misses that cost far more than many hits. A function that is cached has
no frame for a hit: that time belongs to its caller.

Hot: load_page (the misses of a cache that is too small), ask_pages (the hits), steps (functools.cache,
recursive).
Try: strobe run --sort cumtime -- python3 caches.py
"""
import functools

import truth

try:
    cache = functools.cache
except AttributeError:  # Python 3.8
    cache = functools.lru_cache(maxsize=None)


@functools.lru_cache(maxsize=64)
def load_page(number):
    x = number
    for _ in range(20000):  # HOT: load_page
        x = (x * 13 + 5) & 0xFFFF  # HOT: load_page
    return x


def ask_pages(first):
    total = 0
    for i in range(20000):  # HOT: ask_pages
        total += load_page(first + (i & 31))  # HOT: ask_pages
    return total


@cache
def steps(n):
    x = n
    for _ in range(300):  # HOT: steps
        x = (x * 3 + 1) & 0xFFFF  # HOT: steps
    return (steps(n - 1) if n else 0) + x  # HOT: steps


def main():
    for number in truth.rounds(truth.asked_seconds()):
        first = number * 8
        with truth.part("load_page"):
            for page in range(first, first + 32):
                load_page(page)
        with truth.part("ask_pages"):
            ask_pages(first)
        steps.cache_clear()
        with truth.part("steps"):
            steps(60)


main()
truth.report()
