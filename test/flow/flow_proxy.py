# SPDX-License-Identifier: Apache-2.0
"""Between a gateway and its database: lets pass, stands still without closing, hangs up, or loses the answer of a
commit."""

import os
import select
import socket
import threading

COMMIT = b"COMMIT\x00"


class Proxy:
    """`mode`: "pass"; "stall": nothing moves, nothing is closed; "refuse": everything is hung up on. With
    `lose_answer` set, the next commit reaches the server, its answer reaches nobody, and the mode is "refuse" then.
    With `instead` a message goes to the gateway in the answer's place."""

    def __init__(self, server):
        self.target = os.path.join(server.folder, ".s.PGSQL.5432")
        self.folder = os.path.join(server.folder, "proxy")
        os.mkdir(self.folder)
        self.mode = "pass"
        self.lose_answer = threading.Event()
        self.lost = threading.Event()
        self.instead = None
        self.ended = threading.Event()
        self.threads = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(os.path.join(self.folder, ".s.PGSQL.5432"))
        self.listener.listen(64)
        self.start(self.accept)

    def start(self, target, *args):
        thread = threading.Thread(target=target, args=args, daemon=True)
        self.threads.append(thread)
        thread.start()

    def url(self):
        return f"postgresql://countersign@/postgres?host={self.folder}"

    def accept(self):
        while not self.ended.is_set():
            if not select.select([self.listener], [], [], 0.05)[0]:
                continue
            near = self.listener.accept()[0]
            if self.mode == "refuse":
                near.close()
            else:
                self.start(self.carry, near)

    def carry(self, near):
        far = socket.socket(socket.AF_UNIX)
        try:
            far.connect(self.target)
            while not self.ended.is_set() and self.mode != "refuse":
                if self.mode == "stall":
                    self.ended.wait(0.02)
                    continue
                for ready in select.select([near, far], [], [], 0.05)[0]:
                    data = ready.recv(65536)
                    if not data:
                        return
                    if ready is near and data.endswith(COMMIT) and self.lose_answer.is_set():
                        self.lose(data, near, far)
                        return
                    (far if ready is near else near).sendall(data)
        except OSError:
            pass
        finally:
            near.close()
            far.close()

    def lose(self, data, near, far):
        self.lose_answer.clear()
        far.sendall(data)
        far.recv(65536)
        if self.instead is None:
            self.mode = "refuse"
        else:
            near.sendall(self.instead)
        self.lost.set()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ended.set()
        for thread in self.threads:
            thread.join(10)
        self.listener.close()
