"""A program in a bad moment. Each spends 0.2 s of CPU time in a function of that moment's own, which it prints first.

usage: python_moments.py crashing | out_of_memory | executing [TIMES] | forking | finalizing | importing | interpreters
"""
import os
import sys
import time


def spin(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        for _ in range(1000):
            pass


def crashing():
    import ctypes
    spin(0.2)
    ctypes.string_at(8)


def out_of_memory():
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20))
    spin(0.2)
    kept = []
    while True:
        kept.append(bytearray(1 << 20))


def executing():
    left = int(sys.argv[2]) if len(sys.argv) > 2 else 4
    spin(0.05)
    if left:
        os.execv(sys.executable, [sys.executable, __file__, "executing", str(left - 1)])


def forking():
    for _ in range(20):
        child = os.fork()
        if child == 0:
            spin(0.01)
            os._exit(0)
        os.waitpid(child, 0)
    spin(0.2)


def finalizing():
    import atexit
    import threading

    def without_end():
        while True:
            spin(0.01)

    atexit.register(at_the_end)
    threading.Thread(target=without_end, daemon=True).start()


def at_the_end():
    spin(0.4)  # of which the thread that does not end has its part


def importing():
    import tempfile
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "slow_body.py"), "w") as module:
            module.write("import time\n"
                         "def body():\n"
                         "    end = time.process_time() + 0.2\n"
                         "    while time.process_time() < end:\n"
                         "        sum(range(2000))  # reading the clock is kernel time, which ptrace does not see\n"
                         "body()\n")
        sys.path.insert(0, folder)
        import slow_body
        assert slow_body


def interpreters():
    try:
        import _xxsubinterpreters as module  # up to 3.12
    except ImportError:
        import _interpreters as module
    run = getattr(module, "exec", None) or module.run_string
    for _ in range(10):
        inner = module.create()
        run(inner, "def inside():\n    for _ in range(300000): pass\ninside()")
        module.destroy(inner)
    spin(0.2)


globals()[sys.argv[1]]()
