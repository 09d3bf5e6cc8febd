#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Keys of which the data key, one half or both lie in AWS KMS: each combination signs through the same endpoint, gives
the same shape, and verifies offline; what cannot be is refused with a reason; tier and keyRelease are told as they are."""

import base64
import itertools
import json

from flow import run
from flow_byok import Byok, half_key, told, verifies

CLASSICAL = {"ed25519": "mldsa65+ed25519", "p256": "mldsa65+ecdsa-p256"}
SPEC = {"ed25519": "ECC_NIST_EDWARDS25519", "p256": "ECC_NIST_P256", "mldsa44": "ML_DSA_44", "mldsa65": "ML_DSA_65",
        "mldsa87": "ML_DSA_87"}


def tier_of(kek, classical, pq):
    away = (classical == "aws-kms", pq == "aws-kms")
    return 3 if all(away) else 2 if away[0] else 1 if kek == "aws-kms" else 0


def shape(signed):
    """Everything about a signature but its bytes."""
    return sorted(signed), len(base64.b64decode(signed["signature"])), sorted(signed["attestation"])


def one(s, release, kek, classical, pq, algorithm, fmt):
    name = "-".join((kek, classical, pq, algorithm.replace("+", "-"), fmt))
    answer = s.create(name, algorithm=algorithm, signatureFormat=fmt, kekProvider=kek, keyProvider=classical, pqProvider=pq)
    assert answer.status == 200, (name, answer, s.log("agent")[-2000:], s.log("enclave")[-2000:])
    key = answer.data
    assert key["tier"] == tier_of(kek, classical, pq), key
    assert key["keyRelease"] == (release if kek == "aws-kms" else "local"), key
    assert key["providers"] == {"kek": kek, "classical": classical, "pq": pq}
    refs = key.get("keyRef", {})
    assert set(refs) == {n for n, p in (("kek", kek), ("classical", classical), ("pq", pq)) if p == "aws-kms"}, refs
    public = json.loads(key["publicKey"]) if isinstance(key["publicKey"], str) else key["publicKey"]
    for half in ("classical", "pq"):
        if half in refs:
            spki = s.kms.call("GetPublicKey", {"KeyId": refs[half]})["PublicKey"]
            kind = algorithm.split("+")[0] if half == "pq" else "ed25519" if "ed25519" in algorithm else "p256"
            assert base64.b64decode(public[half]) == half_key(spki, kind), "the key's half is the KMS's"
    for payload in (b"", b"pay 10 to bob", bytes(5000)):
        answer = s.sign(key["id"], payload)
        if fmt != "composite" and classical == "aws-kms" and "ed25519" in algorithm and len(payload) > 4096:
            told(answer, 422, "KMS_MESSAGE", "4,096")
            continue
        assert answer.status == 200, (name, answer, s.log("enclave")[-2000:])
        assert verifies(s, answer.data, payload, key["publicKey"]), name
        assert not verifies(s, answer.data, payload + b"!", key["publicKey"]), name
    signed = s.sign(key["id"], b"x").data
    assert signed["attestation"]["verdict"] == "absent"
    return key, signed


def matrix(s, release):
    """Ed25519 has one length; P-256's DER has some bytes to spare, so its lengths are compared where it is raw."""
    print(f"keyRelease of data keys in the KMS: {release}")
    print(f"{'algorithm':20} {'format':10} {'kek':8} {'classical':10} {'pq':8} tier  signature")
    for algorithm in CLASSICAL.values():
        for fmt in ("composite", "concat"):
            shapes = set()
            for kek, classical, pq in itertools.product(("env", "aws-kms"), ("managed", "aws-kms"), ("managed", "aws-kms")):
                key, signed = one(s, release, kek, classical, pq, algorithm, fmt)
                members, length, attested = shape(signed)
                print(f"{algorithm:20} {fmt:10} {kek:8} {classical:10} {pq:8} {key['tier']:4}  {length} bytes")
                raw = fmt == "concat" or "ed25519" in algorithm
                shapes.add((tuple(members), length if raw else 0, tuple(attested)))
            assert len(shapes) == 1, shapes


def other_sizes(s):
    for algorithm, spec in (("mldsa44", "mldsa44"), ("mldsa87", "mldsa87")):
        answer = s.create("pure-" + algorithm, algorithm=algorithm, kekProvider="env", pqProvider="aws-kms")
        assert answer.status == 200 and answer.data["tier"] == 3, answer
        assert s.kms.call("DescribeKey", {"KeyId": answer.data["keyRef"]["pq"]})["KeyMetadata"]["KeySpec"] == SPEC[spec]
        signed = s.sign(answer.data["id"], b"m")
        assert signed.status == 200 and verifies(s, signed.data, b"m", answer.data["publicKey"]), signed


def adopted(s):
    """Existing keys; those of another kind, or that cannot be used, are refused."""
    keys = {name: s.new_key(spec) for name, spec in SPEC.items()}
    both = dict(algorithm="mldsa65+ecdsa-p256", keyProvider="aws-kms", pqProvider="aws-kms")
    answer = s.create("adopted", **both, keyRef={"classical": keys["p256"], "pq": keys["mldsa65"]})
    assert answer.status == 200, answer
    refs = answer.data["keyRef"]
    assert refs == {"classical": keys["p256"], "pq": keys["mldsa65"]}, refs
    shown = s.client.get("/v1/hybrid-keys/" + answer.data["id"]).data
    assert shown["keyRef"] == refs
    born = [e for e in s.entries() if e["eventType"] == "key.created" and e["subjectId"] == answer.data["id"]][0]["data"]
    assert born["classicalKey"] == keys["p256"] and born["pqKey"] == keys["mldsa65"] and born["keyRelease"] == "local"
    for classical, pq in (("ed25519", "mldsa65"), ("mldsa65", "mldsa65"), ("p256", "mldsa44"), ("p256", "mldsa87"), ("p256", "p256")):
        told(s.create("wrong", **both, keyRef={"classical": keys[classical], "pq": keys[pq]}), 422, "KMS_KEY", "kind")
    told(s.create("wrong", **both, keyRef={"classical": s.kek, "pq": keys["mldsa65"]}), 422, "KMS_DENIED")
    nobody = keys["p256"][:-4] + "0000"
    told(s.create("wrong", **both, keyRef={"classical": nobody, "pq": keys["mldsa65"]}), 422, "KMS_DENIED")


def impossible(s):
    rows = [
        ({"pqProvider": "azure-managed-hsm"}, "PROVIDER_NOT_AVAILABLE", "pqProvider", "Azure has no ML-DSA keys"),
        ({"pqProvider": "azure-kv"}, "PROVIDER_NOT_AVAILABLE", "pqProvider", "Azure has no ML-DSA keys"),
        ({"keyProvider": "azure-kv"}, "PROVIDER_NOT_AVAILABLE", "keyProvider", "Azure has no Ed25519 keys"),
        ({"keyProvider": "aws-kms", "algorithm": "mldsa87+ed448"}, "PROVIDER_NOT_AVAILABLE", "keyProvider", "P-256 and Ed25519"),
        ({"keyProvider": "aws-kms", "algorithm": "mldsa65"}, "BAD_FIELD", "keyProvider"),
        ({"keyProvider": "aws"}, "BAD_FIELD", "keyProvider"),
        ({"keyRef": {"classical": s.kek}}, "BAD_FIELD", "keyRef.classical"),
        ({"keyProvider": "aws-kms", "keyRef": {"classical": s.kek.replace(":key/", ":alias/")}}, "BAD_FIELD", "keyRef.classical"),
        ({"keyProvider": "aws-kms", "keyRef": {"classical": "http://169.254.169.254/"}}, "BAD_FIELD", "keyRef.classical"),
        ({"keyProvider": "aws-kms", "keyRef": {"pq": s.kek}}, "BAD_FIELD", "keyRef.pq"),
        ({"keyProvider": "aws-kms", "keyRef": {"kek": s.kek}}, "UNKNOWN_FIELD", "keyRef.kek"),
        ({"keyProvider": "aws-kms", "keyRef": s.kek}, "BAD_FIELD", "keyRef"),
    ]
    for members, code, *words in rows:
        told(s.create("impossible", **members), 422 if code == "PROVIDER_NOT_AVAILABLE" else 400, code, *words)


def not_set_up(s):
    for member in ("kekProvider", "keyProvider", "pqProvider"):
        told(s.create("early", **{member: "aws-kms"}), 422, "PROVIDER_NOT_AVAILABLE", member, "settings")
    s.set_up(aws={"keyArn": s.kek, "roleArn": "arn:aws:iam::123456789012:role/r", "externalId": "e-1"})
    told(s.create("early", kekProvider="aws-kms"), 422, "PROVIDER_NOT_AVAILABLE", "role")
    s.set_up()


def rules(s, release):
    """minTier and requireKeyRelease see what a key is, at its creation and when it signs."""
    old = s.key("plain")
    answer = s.client.post("/v1/policies", {"name": "tier two", "environments": ["production"], "rule": {"minTier": 2}})
    assert answer.status == 200, answer
    for members, good in (({}, False), ({"kekProvider": "aws-kms"}, False), ({"pqProvider": "aws-kms"}, False),
                          ({"keyProvider": "aws-kms"}, True), ({"keyProvider": "aws-kms", "pqProvider": "aws-kms"}, True)):
        got = s.create("rule-" + "-".join(members), **members)
        assert got.status == 200 if good else got.code == "POLICY_VIOLATED", (members, got)
    assert s.sign(old["id"], b"m").code == "POLICY_VIOLATED"
    assert s.client.delete("/v1/policies/" + answer.data["id"]).status == 200
    for demand, good in (("relayed", release != "agent-visible"), ("attested", False)):
        answer = s.client.post("/v1/policies", {"name": demand, "rule": {"matchOperation": "key_create", "requireKeyRelease": demand}})
        got = s.create("rule-" + demand, kekProvider="aws-kms")
        assert got.status == 200 if good else got.code == "POLICY_VIOLATED", (demand, release, got)
        assert s.create("rule-env-" + demand).code == "POLICY_VIOLATED"
        assert s.client.delete("/v1/policies/" + answer.data["id"]).status == 200


def rotation(s):
    """A successor has halves of its own in the KMS."""
    first = s.key("rotated", keyProvider="aws-kms", pqProvider="aws-kms", kekProvider="aws-kms")
    answer = s.client.post(f"/v1/hybrid-keys/{first['id']}/rotate", {})
    assert answer.status == 200, answer
    second = answer.data
    assert second["providers"] == first["providers"] and second["tier"] == 3
    assert second["keyRef"]["pq"] != first["keyRef"]["pq"] and second["keyRef"]["classical"] != first["keyRef"]["classical"]
    signed = s.sign("rotated", b"m")
    assert signed.data["keyId"] == second["id"] and verifies(s, signed.data, b"m", second["publicKey"])


def batches(s):
    """Keys in the KMS and others in one request: each by itself."""
    names = []
    for i, members in enumerate(({}, {"keyProvider": "aws-kms"}, {}, {"kekProvider": "aws-kms"})):
        names.append(s.key(f"batch-{i}", **members)["id"])
    items = [{"keyId": name, "payload": base64.b64encode(str(i).encode()).decode()} for i, name in enumerate(names * 5)]
    answer = s.client.post("/v1/sign/batch", {"items": items}, timeout=60)
    assert answer.status == 200 and answer.data["signed"] == 20, answer


def test():
    for attestation, release in (("softnsm", "relayed"), ("mock", "agent-visible")):
        with Byok(attestation) as s:
            not_set_up(s)
            matrix(s, release)
            rules(s, release)
            if attestation == "softnsm":
                other_sizes(s)
                adopted(s)
                impossible(s)
                rotation(s)
                batches(s)
            logs = s.log("agent") + s.log("enclave") + s.log("gateway")
            for secret in (s.kek, s.kms.profiles["default"]["aws_secret_access_key"]):
                assert secret not in logs, "told in a log"


run(test)
