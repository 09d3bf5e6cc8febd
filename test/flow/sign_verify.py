#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every algorithm in every format it is offered in: signed, attested, recorded, verified, and refused when touched."""

import base64
import hashlib
import json
import os

from flow import COMPOSITES, PREHASH, PURE, VAULT_NAMES, Service, b64, run, sha256


def formats():
    for algorithm in COMPOSITES:
        yield algorithm, "composite"
    for algorithm in VAULT_NAMES:
        yield algorithm, "concat"
        yield algorithm, "envelope"
    for algorithm in PURE:
        yield algorithm, "pure"


def claims_of(attestation):
    document = base64.b64decode(attestation["docB64"]).decode()
    payload = document.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def check_answer(signed, key, payload, nonce):
    claims = claims_of(signed["attestation"])
    signature = base64.b64decode(signed["signature"])
    assert signed["signature"] == signed["signatureB64"] == signed["signatureBase64"]
    assert signed["keyId"] == key["id"] and signed["publicKey"] == key["publicKey"]
    assert signed["payloadSize"] == len(payload)
    assert claims["sigSha256"] == "sha256:" + sha256(signature)
    assert claims["nonce"] == b64(nonce) and claims["keyId"] == key["id"]
    assert claims["counter"] == signed["attestation"]["counter"]
    assert claims["imageHash"] == signed["attestation"]["imageHash"]
    return claims, signature


def verify(s, signed, payload, **changes):
    body = {"keyId": signed["keyId"], "signature": signed["signature"], **changes}
    if payload is not None:
        body["payload"] = b64(payload)
    return s.client.post("/v1/verify", {k: v for k, v in body.items() if v is not None}).data


def check_refusals(s, signed, key, payload, signature, other):
    assert not verify(s, signed, payload + b"x")["ok"]
    assert not verify(s, signed, payload, keyId=other["id"])["ok"], "another key's"
    for at in (0, len(signature) // 2, len(signature) - 1):
        touched = bytes(b ^ 1 if i == at else b for i, b in enumerate(signature))
        answer = verify(s, signed, payload, signature=b64(touched))
        assert not answer["ok"] and not (answer["classicalOk"] and answer["pqOk"]), answer
    for cut in (signature[:-1], signature + b"\0", b"", signature[: len(signature) - 64]):
        assert not verify(s, signed, payload, signature=b64(cut))["ok"]
    assert verify(s, signed, payload, keyId=None, publicKey=key["publicKey"])["ok"]


def one(s, policy, algorithm, form, other):
    key = s.key(f"{algorithm} {form}", algorithm=algorithm, signatureFormat=form, pqProvider="enclave-mock",
                attestationPolicyId=policy)
    assert key["algorithm"] == algorithm and key["signatureFormat"] == form
    assert key["birthAttestation"]["verdict"] == "pass"
    assert (key["publicKeyPem"] is None) == (form in ("concat", "envelope") or
                                             algorithm in ("mldsa87+ed25519", "mldsa87+ecdsa-p256")), key
    payload, nonce = os.urandom(1000), os.urandom(16)
    answer = s.sign(key["name"], payload, nonce=b64(nonce), metadata={"build": 7})
    assert answer.status == 200, answer
    signed = answer.data
    claims, signature = check_answer(signed, key, payload, nonce)
    assert signed["payloadSha256"] == claims["payloadSha256"] == "sha256:" + sha256(payload)
    assert signed["attestation"]["verdict"] == "pass" and signed["attestation"]["policyId"] == policy
    assert verify(s, signed, payload) == {"ok": True, "algorithm": algorithm, "classicalOk": True, "pqOk": True,
                                          "recorded": True}
    check_refusals(s, signed, key, payload, signature, other)
    return key, signed


def prehashed(s, key):
    payload, name = os.urandom(2000), PREHASH[key["algorithm"]]
    value = hashlib.shake_256(payload).digest(64) if name == "shake256" else hashlib.new(name, payload).digest()
    body = {"preHash": {"alg": name, "value": b64(value)}, "payloadSize": len(payload)}
    answer = s.client.post("/v1/sign", {"keyId": key["id"], **body})
    assert answer.status == 200, answer
    signed = answer.data
    assert signed["payloadPreHash"] == f"{name}:{value.hex()}" and "payloadSha256" not in signed
    assert claims_of(signed["attestation"])["payloadPreHash"] == signed["payloadPreHash"]
    assert verify(s, signed, None, **body)["ok"]
    assert verify(s, signed, payload)["ok"], "the same signature as over the payload itself"
    assert not verify(s, signed, payload[:-1])["ok"]


def metadata(s):
    """What comes with a policy, a key or a signature enters the ledger as a digest only."""
    given, canonical = {"n": 1, "a": "secret of the org"}, b'{"a":"secret of the org","n":1}'
    policy = s.policy(metadata=given)
    key = s.key("described", attestationPolicyId=policy, metadata=given)
    assert s.sign(key["id"], b"x", metadata=given).status == 200
    for entry in s.entries()[-3:]:
        assert entry["data"]["metadataSha256"] == "sha256:" + sha256(canonical), entry
        assert given["a"] not in json.dumps(entry)
    stored = s.database().execute("SELECT metadata FROM signature ORDER BY n DESC LIMIT 1").fetchone()
    assert stored == (canonical.decode(),)


def test():
    with Service() as s:
        policy, other = s.policy(), s.key("other")
        made = [one(s, policy, algorithm, form, other) for algorithm, form in formats()]
        for key, _ in made:
            if key["signatureFormat"] == "composite":
                prehashed(s, key)
        for payload in (b"", b"x", bytes(512 * 1024)):
            answer = s.sign(other["id"], payload)
            assert answer.status == 200 and answer.data["attestation"]["verdict"] == "absent", answer
            assert verify(s, answer.data, payload)["ok"]
        metadata(s)
        entries = {e["id"]: e for e in s.entries()}
        rows = {row[0]: row[1:] for row in s.database().execute("SELECT seq, signature, document, verdict FROM signature")}
        for key, signed in made:
            entry = entries[signed["ledger"]["entryId"]]
            assert entry["seq"] == signed["ledger"]["seq"] and entry["eventType"] == "signature.attested"
            assert entry["data"]["keyId"] == key["id"] and entry["data"]["payloadSha256"] == signed["payloadSha256"]
            stored = rows[entry["seq"]]
            assert stored == (base64.b64decode(signed["signature"]),
                              base64.b64decode(signed["attestation"]["docB64"]).decode(), "pass")
            assert entry["data"]["sigSha256"] == "sha256:" + sha256(stored[0])
        s.alive()


if __name__ == "__main__":
    run(test)
