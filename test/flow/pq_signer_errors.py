#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The PQ Signer door's errors are three, and nothing in body or headers tells more of them; log and metrics do."""

import http.client
import json
import re
import urllib.request

from flow import Service, b64, run

SIGN = {"alg": "ML-DSA-44", "user_id": "customer-wallet-123", "message": b64(b"hello")}
MAKE = {"alg": "ML-DSA-44"}

# What is wrong with the request, and the request: (name, request_type, payload) or the body's text.
MALFORMED = [
    ("no JSON", "{"),
    ("an array", "[]"),
    ("an empty object", "{}"),
    ("two values", "{}{}"),
    ("a duplicate member", '{"request_type":"sign","request_type":"sign","payload":{}}'),
    ("no payload", '{"request_type":"sign"}'),
    ("payload is no object", '{"request_type":"sign","payload":[]}'),
    ("payload is null", '{"request_type":"sign","payload":null}'),
    ("request_type is missing", json.dumps({"payload": SIGN})),
    ("an unknown member beside the payload", json.dumps({"request_type": "sign", "payload": SIGN, "x": 1})),
    ("bad UTF-8", b'{"request_type":"sign","payload":{"alg":"ML-DSA-44","user_id":"\xff","message":""}}'),
    ("NUL in user_id", '{"request_type":"sign","payload":{"alg":"ML-DSA-44","user_id":"a\\u0000b","message":""}}'),
    ("unknown request_type", "verify", SIGN),
    ("request_type in capitals", "SIGN", SIGN),
    ("request_type with a blank", "sign ", SIGN),
    ("request_type is a number", 1, SIGN),
    ("no alg", "sign", {**SIGN, "alg": None}),
    ("alg is missing", "sign", {k: v for k, v in SIGN.items() if k != "alg"}),
    ("another alg", "sign", {**SIGN, "alg": "ML-DSA-45"}),
    ("alg in small letters", "sign", {**SIGN, "alg": "ml-dsa-44"}),
    ("alg as others name it", "sign", {**SIGN, "alg": "mldsa44"}),
    ("a composite", "key_generation", {"alg": "mldsa44+ed25519"}),
    ("no user_id to sign with", "sign", {k: v for k, v in SIGN.items() if k != "user_id"}),
    ("an empty user_id to sign with", "sign", {**SIGN, "user_id": ""}),
    ("user_id is a number", "sign", {**SIGN, "user_id": 7}),
    ("user_id is null", "key_generation", {**MAKE, "user_id": None}),
    ("257 bytes of user_id", "sign", {**SIGN, "user_id": "a" * 257}),
    ("257 bytes in 129 characters", "sign", {**SIGN, "user_id": "é" * 128 + "a"}),
    ("257 bytes to make a key", "key_generation", {**MAKE, "user_id": "a" * 257}),
    ("no message", "sign", {k: v for k, v in SIGN.items() if k != "message"}),
    ("message is null", "sign", {**SIGN, "message": None}),
    ("message of 65 bytes", "sign", {**SIGN, "message": b64(bytes(65))}),
    ("message without padding", "sign", {**SIGN, "message": "aGVsbG8"}),
    ("message in base64url", "sign", {**SIGN, "message": "-_-_"}),
    ("message with a line end", "sign", {**SIGN, "message": "aGVs\nbG8="}),
    ("message with bits behind its end", "sign", {**SIGN, "message": "aGVsbG9="}),
    ("message with a blank", "sign", {**SIGN, "message": " aGVsbG8="}),
    ("message in hex", "sign", {**SIGN, "message": "0x68656c6c6"}),
    ("request_attestation is a string", "sign", {**SIGN, "request_attestation": "true"}),
    ("request_attestation is 1", "sign", {**SIGN, "request_attestation": 1}),
    ("ecdsa_pubkey", "sign", {**SIGN, "ecdsa_pubkey": "AA=="}),
    ("ecdsa_signature", "sign", {**SIGN, "ecdsa_signature": "AA=="}),
    ("ecdsa_pubkey to make a key", "key_generation", {**MAKE, "ecdsa_pubkey": "AA=="}),
    ("a message to make a key", "key_generation", {**MAKE, "message": "AA=="}),
    ("an unknown member", "sign", {**SIGN, "context": ""}),
]


class Door:
    def __init__(self, service):
        self.service = service
        self.connection = http.client.HTTPConnection(service.url.split("//")[1], timeout=30)

    def ask(self, body, headers=None, method="POST"):
        head = {"Content-Type": "application/json", "Authorization": "Bearer " + self.service.api_key, **(headers or {})}
        body = body if isinstance(body, (bytes, str)) else json.dumps(body)
        self.connection.request(method, "/v1/pq-signer", body, {k: v for k, v in head.items() if v is not None})
        response = self.connection.getresponse()
        return response.status, dict(response.getheaders()), json.loads(response.read())


def is_refused(answer, status, error):
    assert answer[0] == status, answer
    assert set(answer[2]) == {"error", "request_id"} and answer[2]["error"] == error, answer
    assert answer[2]["request_id"] == answer[1]["X-Request-Id"]


def shape(answer):
    """What a client can see of an answer, but for what is always another: the id, the time, the rate's countdown."""
    status, headers, body = answer
    seen = {k: v for k, v in headers.items() if k not in ("X-Request-Id", "Date") and not k.startswith("X-RateLimit")}
    return status, seen, {**body, "request_id": len(body["request_id"])}


def metric(service, **labels):
    text = urllib.request.urlopen(f"http://127.0.0.1:{service.ready['metricsPort']}/metrics", timeout=30).read().decode()
    wanted = ",".join(f'{k}="{v}"' for k, v in labels.items())
    found = re.search(r"countersign_pq_signer_failures_total\{" + re.escape(wanted) + r"\} (\d+)", text)
    return int(found[1]) if found else 0


def malformed(door):
    for name, *request in MALFORMED:
        body = request[0] if len(request) == 1 else {"request_type": request[0], "payload": request[1]}
        answer = door.ask(body)
        try:
            is_refused(answer, 400, "malformed-request")
        except AssertionError as e:
            raise AssertionError(name) from e


def before_the_request_is_read(door, s):
    good = {"request_type": "sign", "payload": SIGN}
    is_refused(door.ask(good, {"Authorization": None}), 401, "malformed-request")
    is_refused(door.ask(good, {"Authorization": "Bearer " + s.api_key[:-1] + "x"}), 401, "malformed-request")
    is_refused(door.ask(good, {"Authorization": "Bearer " + s.publishable}), 403, "signing-failed")
    is_refused(door.ask(good, {"Content-Type": "text/plain"}), 400, "malformed-request")
    is_refused(door.ask(good, method="PUT"), 405, "malformed-request")
    big = Door(s)
    is_refused(big.ask(b" " * ((1 << 20) + 1)), 413, "malformed-request")


def told_apart_by_operators(door, s):
    """No such key, and a gateway that has no key of a KMS to make one with."""
    before = metric(s, **{"class": "signing-failed", "cause": "NOT_FOUND"})
    missing = [door.ask({"request_type": "sign", "payload": {**SIGN, "user_id": user}}, {"X-Request-Id": f"missing-{i}"})
               for i, user in enumerate(["nobody", "a" * 256, "é" * 128])]
    for answer in missing:
        is_refused(answer, 403, "signing-failed")
    assert len({json.dumps(shape(a), sort_keys=True) for a in missing}) == 1, missing
    assert metric(s, **{"class": "signing-failed", "cause": "NOT_FOUND"}) == before + 3
    is_refused(door.ask({"request_type": "key_generation", "payload": MAKE}, {"X-Request-Id": "no-kms"}), 503, "internal-error")
    assert metric(s, **{"class": "internal-error", "cause": "CONFIG"}) == 1
    log = s.log("gateway")
    assert re.search(r"missing-0.*NOT_FOUND", log) and re.search(r"no-kms.*CONFIG", log), log[-2000:]


def test():
    with Service(("--allow-mock", "--metrics-bind", "127.0.0.1:0", "--rate-limit", "1000")) as s:
        door = Door(s)
        malformed(door)
        before_the_request_is_read(door, s)
        told_apart_by_operators(door, s)
        s.alive()


if __name__ == "__main__":
    run(test)
