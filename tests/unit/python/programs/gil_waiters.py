"""One thread computes and holds the GIL; the others want it. Says so in one line of JSON; ends with its input."""
import json
import os
import sys
import threading


def compute():
    while True:
        pass


def number_of_call(thread):
    with open(f"/proc/self/task/{thread.native_id}/syscall", encoding="ascii") as file:
        return file.read().split()[0]


end = threading.Thread(target=sys.stdin.read)
end.start()
while number_of_call(end) != "0":  # in read: it would want the GIL before that
    pass
sys.setswitchinterval(3600)  # who waits, waits
threads = [threading.Thread(target=compute, name="compute", daemon=True)]
print(json.dumps({"main": os.getpid(), "threads": {}}), flush=True)
threads[0].start()
compute()
