# SPDX-License-Identifier: Apache-2.0
"""service_manager.py LOG: stands for systemd. Prints the path for NOTIFY_SOCKET, then appends each line that a
service sends there to LOG, until it is ended."""

import os
import socket
import sys

path = os.path.abspath("notify")
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager, open(sys.argv[1], "w") as log:
    manager.bind(path)
    print(path, flush=True)
    sys.stdout.close()
    while True:
        print(manager.recv(4096).decode(), file=log, flush=True)
