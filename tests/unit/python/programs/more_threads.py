"""Starts one more thread for each line of its input; each blocks in a function, says its id, and stays."""
import json
import os
import sys
import threading

READ, WRITE = os.pipe()


def newcomer():
    print(json.dumps({"thread": threading.get_native_id()}), flush=True)
    os.read(READ, 1)


print(json.dumps({"main": os.getpid()}), flush=True)
for line in sys.stdin:
    threading.Thread(target=newcomer, daemon=True).start()
