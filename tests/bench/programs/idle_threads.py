"""THREADS threads that sleep, and the main one. idle_threads.py THREADS SECONDS; says "ready" once all sleep."""
import sys
import threading
import time

ending = threading.Event()
threads = [threading.Thread(target=ending.wait) for _ in range(int(sys.argv[1]))]
for thread in threads:
    thread.start()
print("ready", flush=True)
time.sleep(float(sys.argv[2]))
ending.set()
