"""An echo server in Python, for comparison: a thread a client, with the module socketserver.

    python3 threads.py [port]
"""
import socketserver
import sys


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        try:
            while data := self.request.recv(65536):
                self.request.sendall(data)
        except ConnectionError:
            pass  # the client broke it off


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 4096


with Server(('127.0.0.1', int(sys.argv[1]) if len(sys.argv) > 1 else 0), Echo) as server:
    print('listening on 127.0.0.1:%d' % server.server_address[1], flush=True)
    server.serve_forever()
