"""Children by each way that multiprocessing has to start them, and a grandchild by subprocess.

Hot: count_primes, in the children. usage: start_methods.py SECONDS fork|spawn|forkserver|subprocess
Try: strobe run -- python3 start_methods.py 1 spawn, then strobe report threads
"""
import json
import multiprocessing
import subprocess
import sys

import jobs
import truth

CHILDREN = 2


def work(share, books):
    books.put(jobs.do_job_in_child(share))


def by_multiprocessing(method, share):
    context = multiprocessing.get_context(method)
    books = context.Queue()
    children = [context.Process(target=work, args=(share, books)) for _ in range(CHILDREN)]
    for child in children:
        child.start()
    for _ in children:
        truth.add_books(books.get())
    for child in children:
        child.join()


def by_subprocess(share):
    command = [sys.executable, __file__, str(share), "child"]
    children = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(CHILDREN)]
    for child in children:
        truth.add_books(json.loads(child.communicate()[0]))


def main():
    method = sys.argv[2]
    if method == "child":
        print(json.dumps(jobs.do_job_in_child(truth.asked_seconds())))
        return
    share = truth.asked_seconds() / CHILDREN
    if method == "subprocess":
        by_subprocess(share)
    else:
        by_multiprocessing(method, share)
    # The server that forks for us waits for its children itself.
    truth.report(cpu_s=truth.cpu_seconds_with_others() if method == "forkserver" else None, method=method)


if __name__ == "__main__":
    main()
