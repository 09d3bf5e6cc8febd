#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A revocation among running signatures: once it is acknowledged, nothing more is signed."""

import threading

from flow import Client, Service, b64, run

THREADS = 6
ROUNDS = 5


class Signer(threading.Thread):
    def __init__(self, s, key):
        super().__init__()
        self.client, self.key = Client(s.url, s.api_key), key
        self.acknowledged = threading.Event()
        self.before, self.wrong = [], []

    def run(self):
        late = 0
        while late < 5:
            after = self.acknowledged.is_set()
            answer = self.client.post("/v1/sign", {"keyId": self.key, "payload": b64(b"race")})
            late += after
            if answer.status == 200 and not after:
                self.before.append(answer.data)
            elif (answer.status, answer.json.get("code")) != (409, "KEY_NOT_ACTIVE"):
                self.wrong.append((after, answer))
        self.client.close()


def race(s, n):
    key = s.key(f"race {n}")["id"]
    signers = [Signer(s, key) for _ in range(THREADS)]
    for signer in signers:
        signer.start()
    while sum(len(x.before) for x in signers) < 20:
        s.alive()
    answer = s.client.delete("/v1/hybrid-keys/" + key)
    for signer in signers:
        signer.acknowledged.set()
    for signer in signers:
        signer.join()
        assert signer.wrong == [], signer.wrong
    assert answer.status == 200, answer
    signed = [x for signer in signers for x in signer.before]
    entries = [e for e in s.entries() if key in (e["subjectId"], e["data"].get("keyId"))]
    assert [e["eventType"] for e in entries] == ["key.created"] + ["signature.issued"] * len(signed) + ["key.revoked"]
    check = {"keyId": key, "payload": b64(b"race"), "signature": signed[-1]["signature"]}
    assert s.client.post("/v1/verify", check).data["ok"], "old signatures still verify"


def unconfirmed(s):
    """Without the enclave's word the revocation holds and is not acknowledged; it may be asked for again."""
    key = s.key("unconfirmed")["id"]
    s.stop("enclave")
    answer = s.client.delete("/v1/hybrid-keys/" + key)
    assert (answer.status, answer.code) == (503, "ENCLAVE_UNAVAILABLE"), answer
    assert s.sign(key, b"x").status == 409
    s.start_enclave()
    assert s.client.delete("/v1/hybrid-keys/" + key).status == 200
    assert s.sign(key, b"x").status == 409


def together(s):
    """Many revocations of one key at once: one entry, one time, the same answer to all."""
    key = s.key("together")["id"]
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(
        Client(s.url, s.api_key).delete("/v1/hybrid-keys/" + key))) for _ in range(THREADS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len({a.data["revokedAt"] for a in answers}) == 1, answers
    assert [e["eventType"] for e in s.entries() if e["subjectId"] == key] == ["key.created", "key.revoked"]


def test():
    with Service() as s:
        for n in range(ROUNDS):
            race(s, n)
        unconfirmed(s)
        together(s)
        s.alive()


if __name__ == "__main__":
    run(test)
