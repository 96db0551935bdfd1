"""ThreadPoolExecutor on I/O: every job waits for a reply and then parses it. Threads suit it: they wait at
once.

Hot: parse_reply, in the pool's threads; nearly all of the threads' life is waiting, in fetch.
Try: strobe run -- python3 thread_pool_io.py, then strobe report threads
"""
import concurrent.futures
import socket
import threading
import time

import truth

THREADS = 8
LATENCY_S = 0.004


def serve(connection):
    """The other end: answers each request a little later."""
    while connection.recv(16):
        time.sleep(LATENCY_S)
        connection.send(b"reply")


def fetch(connection):
    connection.send(b"request")
    return connection.recv(16)


def parse_reply(reply):
    digest = len(reply)
    for i in range(30000):  # HOT: parse_reply
        digest = (digest * 31 + i) & 0xFFFF  # HOT: parse_reply
    return digest


def do_job(idle):
    connection = idle.pop()
    reply = fetch(connection)
    idle.append(connection)
    with truth.part("parse_reply"):
        parse_reply(reply)


def main():
    idle = []
    for _ in range(THREADS):
        mine, theirs = socket.socketpair()
        idle.append(mine)
        threading.Thread(target=serve, args=(theirs,), daemon=True).start()
    jobs = int(truth.asked_seconds() * 400)
    with concurrent.futures.ThreadPoolExecutor(THREADS, thread_name_prefix="fetcher") as pool:
        for future in [pool.submit(do_job, idle) for _ in range(jobs)]:
            future.result()


if __name__ == "__main__":
    main()
    truth.report()
