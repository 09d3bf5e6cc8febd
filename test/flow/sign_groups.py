#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Requests to sign that come at the same time share frames and commits; each gets what it would get alone."""

import concurrent.futures
import contextlib
import hashlib
import signal
import threading
import time

from flow import Client, Service, b64, run
from lying_agent import Liar

TEAMS = 3  # of the gateway's workers sign together at the same time


class Held:
    """Holds what the gateway asks until told, so that requests gather behind it."""

    def __init__(self, liar):
        self.go, self.waiting, self.sizes = threading.Event(), threading.Semaphore(0), []
        liar.twist = self.hold

    def hold(self, request):
        if request["type"] in ("Sign", "SignGroup"):
            self.sizes.append(len(request.get("items", [request])))
            self.waiting.release()
            self.go.wait(20)
        return request


def kinds(s):
    """Name → (whose, body): what goes well and all that can go wrong with one."""
    other = Client(s.url, s.other)
    wrong = {"matchRules": {"allowedImageHashes": ["sha256:" + "0" * 64],
                            "rootPublicKeyB64": s.client.get("/v1/enclave").data["rootPublicKeyB64"]}}

    def bound(name, **changes):
        policy = s.policy(name=name)
        key = s.key(name, pqProvider="enclave-mock", attestationPolicyId=policy)["id"]
        assert not changes or s.client.call("PATCH", "/v1/attestation-policies/" + policy, changes).status == 200
        return key

    good, free = bound("good"), s.key("free")["id"]
    refused, passed = bound("refused", **wrong), bound("passed", enforce=False, **wrong)
    theirs = other.post("/v1/hybrid-keys", {"name": "theirs"}).data["id"]
    suspended, weak = s.key("suspended")["id"], s.key("weak", algorithm="mldsa44+ed25519")["id"]
    assert s.client.post(f"/v1/hybrid-keys/{suspended}/suspend", {}).status == 200
    rule = {"name": "strong", "action": "enforce", "rule": {"matchOperation": "sign", "minPqLevel": 3}}
    assert s.client.post("/v1/policies", rule).status == 200
    digest = b64(hashlib.sha512(b"elsewhere").digest())
    mine = {
        "good": {"keyId": good, "payload": b64(b"good")},
        "free": {"keyId": free, "payload": b64(b"free")},
        "empty": {"keyId": good, "payload": ""},
        "nonce": {"keyId": good, "payload": b64(b"nonce"), "nonce": b64(b"of the client")},
        "metadata": {"keyId": free, "payload": b64(b"m"), "metadata": {"a": 1}},
        "large": {"keyId": good, "payload": b64(b"l" * (300 << 10))},
        "largest": {"keyId": free, "payload": b64(b"x" * (512 << 10))},
        "too large": {"keyId": free, "payload": b64(b"x" * ((512 << 10) + 1))},
        "pre-hash": {"keyId": good, "preHash": {"alg": "SHA-512", "value": digest}, "payloadSize": 9},
        "dry run": {"keyId": good, "payload": b64(b"d"), "dryRun": True},
        "refused": {"keyId": refused, "payload": b64(b"r")},
        "passed": {"keyId": passed, "payload": b64(b"p")},
        "weak": {"keyId": weak, "payload": b64(b"w")},
        "suspended": {"keyId": suspended, "payload": b64(b"s")},
        "reserved": {"keyId": good, "payload": b64(b"countersign/hybrid/v1\n{}")},
        "lineage": {"keyId": good, "payload": b64(b"countersign/lineage/v1\n{}")},
        "unknown": {"keyId": "key_00000000000000000000000000", "payload": ""},
        "of others": {"keyId": theirs, "payload": ""},
        "no key": {"payload": b64(b"n")},
        "too much": {"keyId": good, "payload": b64(b"e"), "extra": 1},
    }
    rows = {name: (s.api_key, body) for name, body in mine.items()}
    rows["theirs"] = (s.other, {"keyId": theirs, "payload": b64(b"theirs")})
    rows["of ours"] = (s.other, {"keyId": good, "payload": b64(b"good")})
    rows["publishable"] = (s.publishable, mine["good"])
    rows["nobody"] = ("nobody", mine["good"])
    return rows


def ask(s, row):
    with contextlib.closing(Client(s.url, row[0])) as client:
        return client.post("/v1/sign", row[1])


def seen(answer):
    """What does not change from one time to the next."""
    if answer.status != 200:
        return answer.status, answer.code, answer.details
    data = answer.data
    attestation = data.get("attestation", {})
    return (200, sorted(data), data.get("payloadSha256"), data.get("keyId"), attestation.get("verdict"),
            attestation.get("reason"))


def check(s, alone, answers):
    counters, ids = [], []
    for name, row, answer in answers:
        assert seen(answer) == alone[name], (name, seen(answer), alone[name])
        if answer.status != 200 or "signature" not in answer.data:
            continue
        data = answer.data
        ids.append(data["signatureId"])
        if data["attestation"].get("counter") is not None:
            counters.append(data["attestation"]["counter"])
        if "payload" in row[1]:
            with contextlib.closing(Client(s.url, row[0])) as client:
                verified = client.post("/v1/verify", {"keyId": data["keyId"], "payload": row[1]["payload"],
                                                      "signature": data["signature"]})
            assert verified.data["ok"] is True, (name, verified)
    assert len(set(counters)) == len(counters) and len(set(ids)) == len(ids)
    return ids


def together(s, liar, rows, alone):
    """24 kinds of requests, each several times, in any order behind three that are held."""
    largest = 0
    for _ in range(20):
        held, before = Held(liar), len(s.entries())
        work = [(name, rows[name]) for _ in range(3) for name in rows]
        work += [("free", rows["free"])] * len(work)  # of the others, many do not get as far as a frame
        with concurrent.futures.ThreadPoolExecutor(len(work) + TEAMS) as pool:
            first = [pool.submit(ask, s, rows["free"]) for _ in range(TEAMS)]
            for _ in range(TEAMS):
                held.waiting.acquire(timeout=1)  # one of them may share a frame with another
            futures = [(name, row, pool.submit(ask, s, row)) for name, row in work]
            time.sleep(0.5)  # they gather; if not, the groups are smaller and it is tried again
            held.go.set()
            answers = [("free", rows["free"], f.result()) for f in first]
            answers += [(name, row, f.result()) for name, row, f in futures]
        ids = check(s, alone, answers)
        entries = s.entries()[before:] + s.entries(s.other_realm)
        subjects = [e["subjectId"] for e in entries]
        assert all(subjects.count(i) == 1 for i in ids)
        wrong = [e for e in entries if e["eventType"] == "attestation.violation"]
        assert len([e for e in wrong if e["data"].get("sigSha256") is None]) == 3, "each refusal is an entry"
        largest = max(largest, *held.sizes)
        if largest >= 8:
            break
    assert largest >= 8, largest


def without_enclave(s, liar, rows, alone):
    """It dies while groups are on their way: nothing is signed, refusals are what they were, and then it goes on."""
    held, before = Held(liar), len(s.entries())
    with concurrent.futures.ThreadPoolExecutor(len(rows) + TEAMS) as pool:
        first = [pool.submit(ask, s, rows["free"]) for _ in range(TEAMS)]
        for _ in range(TEAMS):
            held.waiting.acquire(timeout=1)
        futures = {name: pool.submit(ask, s, row) for name, row in rows.items()}
        s.stop("enclave", signal.SIGKILL)
        held.go.set()
        answers = {name: f.result() for name, f in futures.items()}
        assert {f.result().code for f in first} == {"ENCLAVE_UNAVAILABLE"}
    for name, answer in answers.items():
        asked = name != "dry run" and (alone[name][0] == 200 or name in ("refused", "reserved"))
        assert answer.code == "ENCLAVE_UNAVAILABLE" if asked else seen(answer) == alone[name], (name, answer)
    assert [e["eventType"] for e in s.entries()[before:]] == ["policy.violated"]
    s.start_enclave()
    answers = [(name, row, ask(s, row)) for name, row in rows.items()]
    check(s, alone, answers)


def test():
    with Service(gateway_options=("--allow-mock", "--rate-limit", "0"), start=False) as s:
        s.other = s.other_org()
        s.start_enclave()
        s.start_agent()
        liar = Liar(s)
        liar.start()
        s.agent_socket = "liar.sock"
        s.start_gateway()
        rows = kinds(s)
        s.other_realm = s.database().execute("SELECT org FROM hybrid_key WHERE id = ?",
                                             (rows["theirs"][1]["keyId"],)).fetchone()[0]
        alone = {name: seen(ask(s, row)) for name, row in rows.items()}
        assert sum(a[0] == 200 for a in alone.values()) >= 10 and alone["refused"][0] == 422
        together(s, liar, rows, alone)
        without_enclave(s, liar, rows, alone)
        s.alive()


if __name__ == "__main__":
    run(test)
