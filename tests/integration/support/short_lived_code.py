"""Code that is gone soon after it ran, each piece at the place of an earlier one: PIECES functions, of which each keeps
one block of a size of its own. Prints one JSON line: by function, live bytes; then ends without giving anything back.
"""
import json
import os
import sys
import time

PIECES = 400
kept = [None] * PIECES


def run_piece(number):
    # Its line is what tells its code from the others' at the same address.
    source = "\n" * number + f"def keep_{number}():\n    kept[{number}] = bytearray({5000 + number})\nkeep_{number}()\n"
    exec(compile(source, "piece", "exec"), {"kept": kept})


time.sleep(0.3)  # Strobe learns of the interpreter a moment after it began
for piece in range(PIECES):
    run_piece(piece)
empty = sys.getsizeof(bytearray())
print(json.dumps({f"keep_{i}": sys.getsizeof(block) - empty for i, block in enumerate(kept)}))
sys.stdout.flush()
os._exit(0)
