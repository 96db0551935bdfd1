"""One thread computes and holds the GIL; the others want it. Says so in one line of JSON; ends with its input."""
import json
import os
import sys
import threading


def compute():
    while True:
        pass


sys.setswitchinterval(3600)  # who waits, waits
threading.Thread(target=sys.stdin.read).start()
threads = [threading.Thread(target=compute, name="compute", daemon=True)]
print(json.dumps({"main": os.getpid(), "threads": {}}), flush=True)
threads[0].start()
compute()
