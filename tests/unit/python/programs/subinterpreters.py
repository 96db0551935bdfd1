"""A second interpreter whose code, called from the first one's, blocks. One line of JSON, then until its input ends."""
import os
import sys

try:
    import _xxsubinterpreters as interpreters  # 3.9 to 3.12
except ImportError:
    import _interpreters as interpreters

INNER = '''
import os
import sys

def inner():
    os.write(1, b'{"ready": true}\\n')
    sys.stdin.read()

inner()
'''


def outer():
    run = getattr(interpreters, "exec", None) or interpreters.run_string
    run(interpreters.create(), INNER)


outer()
