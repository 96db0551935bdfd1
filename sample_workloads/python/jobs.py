"""The CPU-bound job of thread_pool_cpu.py, process_pool_cpu.py and start_methods.py: 3 parts to 1."""
import truth


def count_primes(first, count):
    found = 0
    for number in range(first, first + count):
        divisor = 3
        while divisor * divisor <= number:  # HOT: count_primes
            if number % divisor == 0:  # HOT: count_primes
                break
            divisor += 2  # HOT: count_primes
        else:
            found += number & 1
    return found


def mix_digest(digest):
    for i in range(20000):  # HOT: mix_digest
        digest = (digest * 33 + i) & 0xFFFFFF  # HOT: mix_digest
    return digest


def do_job(seconds):
    """Works for so many CPU seconds of this thread."""
    found = digest = 0
    with truth.life("gil"):
        for _ in truth.rounds(seconds):
            with truth.part("count_primes"):
                found += count_primes(2_000_001, 400)
            with truth.part("mix_digest"):
                digest = mix_digest(digest)
    return found + digest


def do_job_in_child(seconds):
    """The same in a process of its own, which hands its books over."""
    truth.forget()
    do_job(seconds)
    return truth.books()
