"""Observers; an event emitted while another one is handled.

Hot: Dashboard.repaint, then TradingDesk.decide, then AuditLog.append, which is reached two ways: by a tick,
and by an order that was emitted while a tick was handled. Emitter.emit is on a stack twice, and counts once
in its total.
Try: strobe run --sort cumtime -- python3 event_emitter.py
"""
import truth


class Emitter:
    def __init__(self):
        self.listeners = {}

    def on(self, event, listener):
        self.listeners.setdefault(event, []).append(listener)

    def emit(self, event, value):
        for listener in self.listeners.get(event, ()):
            listener(value)


class Dashboard:
    def repaint(self, tick):
        pixels = tick
        for column in range(30000):  # HOT: Dashboard.repaint
            pixels = (pixels * 31 + column) & 0xFFFF  # HOT: Dashboard.repaint
        return pixels


class TradingDesk:
    def __init__(self, emitter):
        self.emitter = emitter

    def decide(self, tick):
        mean = tick
        for _ in range(20000):  # HOT: TradingDesk.decide
            mean = (mean * 7 + tick) >> 3  # HOT: TradingDesk.decide
        with truth.part("AuditLog.append"):
            self.emitter.emit("order", mean)


class AuditLog:
    def append(self, entry):
        digest = entry & 0xFFFF
        for byte in range(10000):  # HOT: AuditLog.append
            digest = (digest ^ byte) * 3 & 0xFFFF  # HOT: AuditLog.append
        return digest


def timed(name, function):
    def timed_listener(value):
        with truth.part(name):
            function(value)

    return timed_listener


def main():
    emitter = Emitter()
    log = AuditLog()
    emitter.on("tick", timed("Dashboard.repaint", Dashboard().repaint))
    emitter.on("tick", timed("TradingDesk.decide", TradingDesk(emitter).decide))
    emitter.on("tick", timed("AuditLog.append", log.append))
    emitter.on("order", log.append)
    for tick in truth.rounds(truth.asked_seconds()):
        emitter.emit("tick", tick)


main()
truth.report()
