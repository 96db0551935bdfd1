"""ProcessPoolExecutor on CPU: the job of thread_pool_cpu.py, on as many CPUs as there are workers.

Hot: count_primes, in every worker; then mix_digest. The parent waits.
Try: strobe run -- python3 process_pool_cpu.py, then strobe report threads
"""
import concurrent.futures
import multiprocessing

import jobs
import truth

WORKERS = 2


def main():
    # Children that this process waits for itself, so that it knows their CPU time.
    context = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(WORKERS, mp_context=context) as pool:
        share = truth.asked_seconds() / 4
        for future in [pool.submit(jobs.do_job_in_child, share) for _ in range(4)]:
            truth.add_books(future.result())


if __name__ == "__main__":
    main()
    truth.report()
