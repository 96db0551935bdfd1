"""The lines of all instructions of some modules' code objects, as the interpreter itself decodes its tables.
Prints one line of JSON: a list of [table in hex, first line, [offset, line or null]...], a run of equal lines once."""
import ast
import asyncio.tasks
import dis
import json
import sys
import textwrap
import types
import typing

ODD = """
def odd(a,
        b=lambda: (1,
                   2)):
    for x in (a
              for a in b()):
        try:
            yield (
                x
            )
        finally:
            del x
""" + "\n" * 700 + "def far(): return [\n" + "\n" * 300 + "1]\n"


def lines_of(code):
    if hasattr(code, "co_lines"):
        for start, end, line in code.co_lines():
            for offset in range(start, end, 2):
                yield offset, line
        return
    starts = dict(dis.findlinestarts(code))
    line = code.co_firstlineno
    for offset in range(0, len(code.co_code), 2):
        line = starts.get(offset, line)
        yield offset, line


def runs(lines):
    last = "none yet"
    for offset, line in lines:
        if line != last:
            yield [offset, line]
            last = line
    yield [offset, line]


def visit(code, out):
    table = code.co_linetable if hasattr(code, "co_linetable") else code.co_lnotab
    out.append([table.hex(), code.co_firstlineno, list(runs(lines_of(code)))])
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            visit(constant, out)


out = []
visit(compile(ODD, "odd.py", "exec"), out)
for module in (ast, asyncio.tasks, dis, textwrap, typing):
    with open(module.__file__, encoding="utf-8") as file:
        visit(compile(file.read(), module.__file__, "exec"), out)
print(json.dumps(out), flush=True)
sys.stdin.read()
