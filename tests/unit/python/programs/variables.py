"""A frame with variables of all kinds that stands still. Prints one line of JSON with what they are."""
import json
import os
import sys


class Point:
    pass


def work(number, text, *rest, flag=True, **more):
    large = 1 << 100
    negative = -123456789012
    real = 1.5
    whole = 1e0
    tiny = 1e-300
    nothing = None
    numbers = [1, 2, 3]
    table = {"a": 1}
    raw = b"four"
    long_text = "x" * 100
    name = "größe"
    hostile = "two\nlines\x1b[2J\\"
    quoted = "it's"
    both = "\"it's\""
    point = Point()
    captured = 7
    unset = 1
    del unset
    print(json.dumps({"number": "42", "text": "'it'", "rest": "tuple of 2", "flag": "False", "more": "dict of 1",
                      "large": "<int>", "negative": "-123456789012",
                      "real": "1.5", "whole": repr(whole), "tiny": repr(tiny), "nothing": "None",
                      "numbers": "list of 3", "table": "dict of 1", "raw": "bytes of 4",
                      "long_text": "'" + "x" * 80 + "' and 20 more", "name": "'größe'", "point": "<Point>",
                      "hostile": repr(hostile), "quoted": repr(quoted), "both": repr(both), "captured": "7"}), flush=True)
    os.read(0, 1)
    return lambda: captured


work(42, "it", 1, 2, flag=False, key=1)
