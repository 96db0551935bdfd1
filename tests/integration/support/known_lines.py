"""A loop whose lines have known costs: each is timed alone, many times, before and after the loop itself runs.

The truth is `lines`: the share of each marked line. usage: known_lines.py SECONDS
"""
import json
import sys
import time

SMALL = list(range(1000))
LARGE = list(range(3000))


def loop(rounds):
    for _ in range(rounds):
        a = sum(LARGE)  # COST: a
        b = sum(SMALL)  # COST: b
        c = max(LARGE)  # COST: c
    return a + b + c


def cost_of(statement, rounds):
    """Seconds of that many of one line, less those of the empty loop."""
    names = {"LARGE": LARGE, "SMALL": SMALL}
    loops = {}
    for name, body in (("whole", statement), ("empty", "pass")):
        scope = dict(names)
        exec(f"def timed(rounds):\n    for _ in range(rounds):\n        {body}\n", scope)
        begin = time.process_time()
        scope["timed"](rounds)
        loops[name] = time.process_time() - begin
    return loops["whole"] - loops["empty"]


def measure(costs):
    for name, statement in (("a", "a = sum(LARGE)"), ("b", "b = sum(SMALL)"), ("c", "c = max(LARGE)")):
        costs[name] = costs.get(name, 0.0) + cost_of(statement, 300)


def main():
    costs = {}
    end = time.process_time() + float(sys.argv[1])
    while time.process_time() < end:
        measure(costs)
        loop(1000)
    whole = sum(costs.values())
    print(json.dumps({"lines": {name: cost / whole for name, cost in costs.items()}}))


main()
