#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Many times as many requests as can be served: who is turned away is told when to come back, nothing of theirs is
recorded, memory stays within its bound, and as soon as there is air the gateway signs again, all by itself."""

import collections
import concurrent.futures
import contextlib
import json
import os
import resource
import selectors
import signal
import socket

from flow import Client, Service, b64, freeze, is_sanitized, run
from flow_pair import Door, Pq, Signer

CROWD = 1500  # more than the 1,024 requests that may wait
MEMORY = 64  # MiB that requests in flight may take


class Asker:
    """One connection that asks once."""

    def __init__(self, address, request):
        self.socket = socket.create_connection(address, timeout=30)
        self.socket.setblocking(False)
        self.rest, self.answer = memoryview(request), b""

    def go_on(self):
        """False when there is nothing more to be done."""
        if self.rest:
            try:
                self.rest = self.rest[self.socket.send(self.rest):]
            except BlockingIOError:
                pass
            except OSError:
                self.rest = memoryview(b"")  # refused in the middle; the answer says why
        try:
            chunk = self.socket.recv(65536)
        except BlockingIOError:
            return True
        self.answer += chunk
        head, end, body = self.answer.partition(b"\r\n\r\n")
        return chunk != b"" and not (end and len(body) >= int(self.fields(head)["content-length"]))

    @staticmethod
    def fields(head):
        return dict(line.lower().split(": ", 1) for line in head.decode().split("\r\n")[1:])

    def read(self):
        """Status, code and what Retry-After says."""
        head, _, body = self.answer.partition(b"\r\n\r\n")
        return int(head.split()[1]), json.loads(body).get("code"), self.fields(head).get("retry-after")


def crowd(s, key, payload):
    """What as many clients are told who all ask at once."""
    body = json.dumps({"keyId": key, "payload": b64(payload)})
    request = (f"POST /v1/sign HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {s.api_key}\r\nContent-Type: application/json\r\n"
               f"Content-Length: {len(body)}\r\n\r\n{body}").encode()
    host, port = s.url.split("//")[1].split(":")
    askers = [Asker((host, int(port)), request) for _ in range(CROWD)]
    with selectors.DefaultSelector() as waiting:
        for asker in askers:
            waiting.register(asker.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, asker)
        while waiting.get_map():
            ready = waiting.select(60)
            assert ready, "somebody is not answered"
            for entry, _ in ready:
                writing = bool(entry.data.rest)
                if not entry.data.go_on():
                    waiting.unregister(entry.fileobj)
                    entry.fileobj.close()
                elif writing and not entry.data.rest:
                    waiting.modify(entry.fileobj, selectors.EVENT_READ, entry.data)
    return collections.Counter(asker.read() for asker in askers)


def memory(s, name):
    with open(f"/proc/{s.processes['gateway'].pid}/status", encoding="ascii") as f:
        return next(int(line.split()[1]) / 1024 for line in f if line.startswith(name))


def overloaded(s, key, payload):
    """Nobody can be served, because the enclave stands still; then there is air."""
    before = len(s.entries())
    enclave = s.processes["enclave"]
    freeze(enclave.pid)
    told = crowd(s, key, payload)
    assert {(status, code) for status, code, _ in told} <= {(503, "OVERLOADED"), (503, "ENCLAVE_UNAVAILABLE")}, told
    assert all(int(after) >= 1 for _, _, after in told), told
    assert len(s.entries()) == before, "what was turned away is recorded"
    assert s.client.get("/livez", api_key="").status == 200
    enclave.send_signal(signal.SIGCONT)
    answer = s.sign(key, b"air")
    assert answer.status == 200, answer
    return sum(n for (_, code, _), n in told.items() if code == "OVERLOADED")


def pairs_go_on(s, key):
    """A few requests that wait for an enclave which stands still hold up nobody who has no need of it."""
    door, signer, pq = Door(s), Signer(), Pq()
    door.register(pq)
    enclave = s.processes["enclave"]
    freeze(enclave.pid)

    def ask(_):
        with contextlib.closing(Client(s.url, s.api_key)) as client:
            return s.sign(key, b"x", client=client).code

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        asked = pool.map(ask, range(6))
        for n in range(10):
            door.attest(signer, pq, b"%d" % n)
        assert set(asked) == {"ENCLAVE_UNAVAILABLE"}
    enclave.send_signal(signal.SIGCONT)
    assert s.sign(key, b"air").status == 200


def test():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    with Service(("--allow-mock", "--rate-limit", "0", "--address-rate-limit", "0")) as s:
        key = s.key("wanted")["id"]
        assert s.sign(key, b"x").status == 200
        idle = memory(s, "VmRSS")
        assert overloaded(s, key, b"x") >= CROWD - 1024 - 16
        large = os.urandom(100 << 10)  # with all of them in flight, more than three times what may be
        for _ in range(2):
            assert overloaded(s, key, large) >= CROWD - (MEMORY << 20) // len(large)
        if not is_sanitized():  # its run time keeps what was freed
            assert memory(s, "VmHWM") < idle + 1.5 * MEMORY, (idle, memory(s, "VmHWM"))
        pairs_go_on(s, key)
        s.entries()
        s.alive()


if __name__ == "__main__":
    run(test)
