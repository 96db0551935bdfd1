#!/usr/bin/env python3
"""A debuginfod server for tests, good or bad. Usage: debuginfod_server.py MODE [FILE]. Prints "port N" when it is
ready, "connection" for each one, and "request PATH". MODE: file (sends FILE), missing (404), stall (never answers),
stall_body (stops after the first half of FILE), garbage (text), redirect (to itself, for ever)."""
import http.server
import sys
import threading

mode = sys.argv[1]
content = open(sys.argv[2], "rb").read() if len(sys.argv) > 2 else b""


def say(text):
    print(text, flush=True)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        say("request " + self.path)
        if mode == "missing":
            self.send_error(404)
        elif mode == "stall":
            threading.Event().wait()
        elif mode == "redirect":
            self.send_response(302)
            self.send_header("Location", self.path)
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            body = b"<html>Welcome to the wireless network</html>" if mode == "garbage" else content
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if mode == "stall_body" else body)
            self.wfile.flush()
            if mode == "stall_body":
                threading.Event().wait()

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def get_request(self):
        request = super().get_request()
        say("connection")
        return request


server = Server(("127.0.0.1", 0), Handler)
say(f"port {server.server_address[1]}")
server.serve_forever()
