"""A cache whose entries expire (python3-cachetools): its clock here is the number of the request.

Hot: resolve_name, for what has expired; and within the library TTLCache.expire, which looks for what has.
Try: strobe run --sort cumtime -- python3 ttl_cache.py
"""
import cachetools

import truth

clock = [0]


def resolve_name(number):
    x = number
    for _ in range(4000):  # HOT: resolve_name
        x = (x * 29 + 11) & 0xFFFF  # HOT: resolve_name
    return x


def ask(cache, requests):
    for request in range(requests):
        clock[0] += 1
        number = request % 20
        if number not in cache:
            cache[number] = resolve_name(number)


def resolve_all(requests):
    for request in range(requests):
        resolve_name(request)


def main():
    cache = cachetools.TTLCache(maxsize=100, ttl=200, timer=lambda: clock[0])
    for _ in truth.rounds(truth.asked_seconds()):
        with truth.part("ask"):
            ask(cache, 300)
        with truth.part("resolve_all"):
            resolve_all(20)


main()
truth.report(functions={})
