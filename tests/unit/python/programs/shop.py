"""A small program to take an image of the memory of: one thread besides the main one, both stand still."""
import json
import os
import sys
import threading

SHOP = compile('''
import os

def price(item, name="Tee\\n", rate=0.5, profit=-(1 << 40), sizes=(1, 2), note=None):
    os.read(READ, 1)

def items():
    yield from [3, 1, 2]

class Größe:
    def sell(self):
        return sorted(items(), key=price)

def serve():
    Größe().sell()
''', "/srv/shop.py", "exec")

READ, WRITE = os.pipe()
NAMES = {"READ": READ}
exec(SHOP, NAMES)
thread = threading.Thread(target=NAMES["serve"], name="Verkäufer", daemon=True)
thread.start()
while True:
    frame = sys._current_frames().get(thread.ident)
    if frame is not None and frame.f_code.co_name == "price":
        break
print(json.dumps({"thread": thread.native_id}), flush=True)
sys.stdin.read()
