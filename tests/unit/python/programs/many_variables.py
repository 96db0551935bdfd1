"""A frame with more variables than are read, that stands still. Prints one line of JSON with how many."""
import json
import os

COUNT = 100
LINES = ["def work():"] + ["    v%d = %d" % (i, i) for i in range(COUNT)]
exec("\n".join(LINES + ["    print(json.dumps({'count': COUNT}), flush=True)", "    os.read(0, 1)", ""]))
work()
