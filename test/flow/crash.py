#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Killed under load: every signature that was returned has its record, and what was killed comes back."""

import base64
import http.client
import os
import signal
import threading
import time

from flow import Client, Service, b64, freeze, run

THREADS = 6
ROUNDS = 3
SIGNATURES = 60


class Load(threading.Thread):
    """Signs until the gateway is gone; keeps what it was given."""

    def __init__(self, s, key):
        super().__init__()
        self.client, self.key, self.signed, self.wrong = Client(s.url, s.api_key), key, [], []

    def run(self):
        try:
            while True:
                answer = self.client.post("/v1/sign", {"keyId": self.key, "payload": b64(os.urandom(300))})
                (self.signed if answer.status == 200 else self.wrong).append(answer)
        except (OSError, http.client.HTTPException):
            self.client.close()


def check_records(s, signed):
    entries = s.entries()
    stored = dict(s.database().execute("SELECT seq, signature FROM signature"))
    assert len(stored) == sum(e["eventType"] == "signature.issued" for e in entries), "no row without entry"
    for data in signed:
        entry = entries[data["ledger"]["seq"]]
        assert entry["id"] == data["ledger"]["entryId"] and entry["data"]["payloadSha256"] == data["payloadSha256"]
        assert stored[entry["seq"]] == base64.b64decode(data["signature"])
    counters = [(e["data"]["epoch"], e["data"]["counter"]) for e in entries if e["eventType"] == "signature.issued"]
    assert len(set(counters)) == len(counters)


def kill_gateway(s, key):
    signed = []
    for _ in range(ROUNDS):
        load = [Load(s, key) for _ in range(THREADS)]
        for thread in load:
            thread.start()
        while sum(len(t.signed) for t in load) < SIGNATURES:
            s.alive()
            time.sleep(0.01)
        s.stop("gateway", signal.SIGKILL)
        for thread in load:
            thread.join()
            assert thread.wrong == [], thread.wrong
            signed += [answer.data for answer in thread.signed]
        check_records(s, signed)
        s.start_gateway()
        assert s.sign(key, b"again").status == 200
    check_records(s, signed)


def kill_others(s, key):
    for name, start in (("enclave", s.start_enclave), ("agent", s.start_agent)):
        s.stop(name, signal.SIGKILL)
        answer = s.sign(key, b"x")
        assert (answer.status, answer.code) == (503, "ENCLAVE_UNAVAILABLE"), answer
        assert answer.headers["Retry-After"] == "1"
        ready = s.client.get("/readyz?verbose", api_key="")
        while ready.status == 200:  # it asks the enclave once a second at most
            time.sleep(0.1)
            ready = s.client.get("/readyz?verbose", api_key="")
        assert ready.status == 503 and ready.json["checks"][name] == "ENCLAVE_UNAVAILABLE", ready
        assert ready.json["checks"]["db"] == "ok"
        start()
        assert s.sign(key, b"x").status == 200, "recovers alone"
        assert s.client.get("/readyz", api_key="").status == 200


def impatient(s, key):
    """Signals that come while the gateway stops change nothing."""
    assert s.sign(key, b"x").status == 200
    gateway = s.processes.pop("gateway")
    while gateway.poll() is None:
        gateway.terminate()
    assert gateway.returncode == 0, s.log("gateway")
    s.start_gateway()


def stalled_enclave(s, key):
    """An enclave that stops answering costs a bounded time, and its late answer meets nobody."""
    enclave = s.processes["enclave"]
    freeze(enclave.pid)
    answer = s.sign(key, b"stalled")
    assert (answer.status, answer.code) == (503, "ENCLAVE_UNAVAILABLE"), answer
    enclave.send_signal(signal.SIGCONT)
    for n in range(3):
        payload = bytes([n])
        data = s.sign(key, payload).data
        check = {"keyId": key, "payload": b64(payload), "signature": data["signature"]}
        assert s.client.post("/v1/verify", check).data["ok"]


def test():
    with Service() as s:
        key = s.key("crash")["id"]
        kill_gateway(s, key)
        kill_others(s, key)
        stalled_enclave(s, key)
        impatient(s, key)
        s.entries()
        s.alive()


if __name__ == "__main__":
    run(test)
