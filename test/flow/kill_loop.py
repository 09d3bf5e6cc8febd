#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Killed again and again while several clients sign: what was acknowledged is there after each restart, every signature
has its entry, the ledger has no gap, and what was under way is repeated without being done twice.

The number of kills is CS_KILLS (500)."""

import base64
import hashlib
import http.client
import json
import os
import random
import signal
import sqlite3
import threading
import time

from flow import Client, Service, b64, run, sha256

KILLS = int(os.environ.get("CS_KILLS", "500"))
SIGNERS = 4
MOST = 24  # answers that are waited for before the next kill, at most


class Tree:
    """An RFC 6962 tree as its frontier, one leaf at a time."""

    def __init__(self):
        self.size, self.stack = 0, []

    def append(self, leaf):
        self.stack.append(leaf)
        self.size += 1
        for _ in range((self.size & -self.size).bit_length() - 1):
            right, left = self.stack.pop(), self.stack.pop()
            self.stack.append(hashlib.sha256(b"\1" + left + right).digest())

    def stored(self):
        return self.size.to_bytes(8, "big") + b"".join(self.stack)


class Worker(threading.Thread):
    """Asks until the gateway is gone. Keeps what was acknowledged, and the request that was under way."""

    def __init__(self, s, make):
        super().__init__(daemon=True)
        self.client, self.make, self.done, self.pending, self.wrong = Client(s.url, s.api_key), make, [], None, []

    def run(self):
        try:
            while not self.wrong:
                self.pending = self.make()
                answer = ask(self.client, self.pending)
                if answer.status != 200:
                    self.wrong.append(answer)
                    return
                self.done.append((self.pending, answer.data))
                self.pending = None
        except (OSError, http.client.HTTPException):
            self.client.close()


def ask(client, request):
    path, body, name = request
    return client.post(path, body, headers={"Idempotency-Key": name})


def make_sign(key):
    payload = os.urandom(random.choice((10, 300, 5000)))
    return "/v1/sign", {"keyId": key, "payload": b64(payload)}, os.urandom(12).hex()


def make_event():
    return "/v1/ledger/entries", {"name": "kill", "data": {"n": random.randrange(1 << 30)}}, os.urandom(12).hex()


class Checker:
    """Reads what came since the last time; the rest was read before and is hashed into the tree."""

    def __init__(self, s):
        self.s, self.tree, self.last, self.ids, self.signatures = s, Tree(), bytes(32), [], {}
        self.payloads = set()

    def read(self):
        db = sqlite3.connect(f"file:{self.s.store}?mode=ro", uri=True)
        db.execute("BEGIN")
        org, first = self.s.first["orgId"], self.tree.size
        entries = db.execute("SELECT seq, bytes, id FROM ledger_entry WHERE org = ? AND seq >= ? ORDER BY seq",
                             (org, first)).fetchall()
        rows = db.execute("SELECT seq, id, signature FROM signature WHERE org = ? AND seq >= ?", (org, first)).fetchall()
        total = db.execute("SELECT count(*), count(DISTINCT seq) FROM signature").fetchone()
        head = db.execute("SELECT last, tree FROM ledger_head WHERE org = ?", (org,)).fetchone()
        db.close()
        issued = {}
        for seq, raw, entry_id in entries:
            entry = json.loads(raw)
            assert seq == entry["seq"] == self.tree.size, "a gap"
            assert entry["prev"] == self.last.hex(), "not chained"
            self.last = hashlib.sha256(raw).digest()
            self.tree.append(hashlib.sha256(b"\0" + raw).digest())
            self.ids.append(entry_id)
            if entry["eventType"] == "signature.issued":
                issued[seq] = entry
                assert entry["data"]["payloadSha256"] not in self.payloads, "signed twice"
                self.payloads.add(entry["data"]["payloadSha256"])
        assert head == (self.last, self.tree.stored()), "the head is not that of the entries"
        assert {seq: row_id for seq, row_id, _ in rows} == {n: e["subjectId"] for n, e in issued.items()}
        for seq, _, signature in rows:
            assert issued[seq]["data"]["sigSha256"] == "sha256:" + sha256(signature)
            self.signatures[seq] = hashlib.sha256(signature).digest()
        assert total == (len(self.signatures),) * 2, "rows and entries"

    def expect(self, request, data):
        """An acknowledged request is on record, as it was answered."""
        if request[0] == "/v1/sign":
            seq, entry_id = data["ledger"]["seq"], data["ledger"]["entryId"]
            assert self.signatures[seq] == hashlib.sha256(base64.b64decode(data["signature"])).digest()
        else:
            seq, entry_id = data["seq"], data["id"]
        assert self.ids[seq] == entry_id


def one_round(s, checker, key):
    """Load, a kill in the middle of it, a restart; everything that was acknowledged is expected."""
    workers = [Worker(s, lambda: make_sign(key)) for _ in range(SIGNERS)] + [Worker(s, make_event)]
    enough = random.randint(1, MOST)
    for worker in workers:
        worker.start()
    while sum(len(worker.done) for worker in workers) < enough:
        assert not any(worker.wrong for worker in workers), [worker.wrong for worker in workers]
        s.alive()
        time.sleep(0.001)
    s.stop("gateway", signal.SIGKILL)
    for worker in workers:
        worker.join()
        assert not worker.wrong, worker.wrong
    s.start_gateway()
    checker.read()
    for worker in workers:
        for request, data in worker.done:
            checker.expect(request, data)
        if worker.pending is not None:
            answer = ask(s.client, worker.pending)
            assert answer.status == 200, answer
            again = ask(s.client, worker.pending)
            assert again.data == answer.data, "the same answer"
            checker.read()
            checker.expect(worker.pending, answer.data)
    return sum(len(worker.done) for worker in workers)


def test():
    with Service(gateway_options=["--allow-mock", "--rate-limit", "0", "--address-rate-limit", "0", "--checkpoint-seconds", "1"]) as s:
        key, checker, acknowledged = s.key("kill")["id"], Checker(s), 0
        for _ in range(KILLS):
            acknowledged += one_round(s, checker, key)
        assert s.sign(key, b"after all").status == 200
        checker.read()
        assert len(s.entries()) == checker.tree.size
        s.alive()
    print(f"{KILLS} kills, {acknowledged} acknowledged, {checker.tree.size} entries")


if __name__ == "__main__":
    run(test)
