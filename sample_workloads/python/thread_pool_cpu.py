"""ThreadPoolExecutor on CPU: with a GIL four threads take as long as one. process_pool_cpu.py does the same
job.

Hot: count_primes, in every thread of the pool; then mix_digest.
Try: strobe run -- python3 thread_pool_cpu.py, then strobe report threads
"""
import concurrent.futures

import jobs
import truth

THREADS = 4


def main():
    with concurrent.futures.ThreadPoolExecutor(THREADS, thread_name_prefix="counter") as pool:
        share = truth.asked_seconds() / THREADS
        for future in [pool.submit(jobs.do_job, share) for _ in range(THREADS)]:
            future.result()


if __name__ == "__main__":
    main()
    truth.report()
