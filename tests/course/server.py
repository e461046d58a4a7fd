"""A correct echo server in another language, for the tests: with "once" it serves one client."""

import socket
import sys

with socket.create_server(("127.0.0.1", 0)) as listener:
    print("listening on 127.0.0.1:%d" % listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        with connection:
            try:
                while data := connection.recv(4096):
                    connection.sendall(data)
            except OSError:
                pass  # this client has gone; the next one is welcome
        if sys.argv[1] == "once":
            break
