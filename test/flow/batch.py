#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A batch signs its items one by one and records them together: each has its own result or error."""

import base64
import concurrent.futures
import hashlib
import json
import os
import signal
import subprocess
import tempfile

from flow import Client, Service, b64, freeze, program, run


def batch(s, items, **options):
    return s.client.post("/v1/sign/batch", {"items": items}, **options)


def item(key, payload, **members):
    return {"keyId": key, "payload": b64(payload), **members}


def signed(s, policy, key):
    """Every item is what a single signature would be, and verifies offline."""
    payloads = [b"item %d" % i for i in range(100)]
    answer = batch(s, [item(key, p) for p in payloads])
    assert answer.status == 200, answer
    data = answer.data
    assert (data["signed"], data["refused"], len(data["items"])) == (100, 0, 100)
    assert [i["index"] for i in data["items"]] == list(range(100)) and all(i["ok"] for i in data["items"])
    results = [i["data"] for i in data["items"]]
    single = s.sign(key, b"single").data
    assert set(results[0]) == set(single) - {"signatureB64", "signatureBase64"}
    assert len({r["signature"] for r in results}) == 100
    assert {r["attestation"]["verdict"] for r in results} == {"pass"}
    assert len({r["attestation"]["counter"] for r in results}) == 100
    assert len({r["signatureId"] for r in results}) == 100
    entries = {e["id"]: e for e in s.entries()}
    for payload, result in zip(payloads, results):
        assert result["payloadSha256"] == "sha256:" + hashlib.sha256(payload).hexdigest()
        entry = entries[result["ledger"]["entryId"]]
        assert entry["eventType"] == "signature.attested" and entry["seq"] == result["ledger"]["seq"]
        assert entry["data"]["payloadSha256"] == result["payloadSha256"]
        assert entry["subjectId"] == result["signatureId"]
        digest = hashlib.sha256(base64.b64decode(result["signature"])).hexdigest()
        assert entry["data"]["sigSha256"] == "sha256:" + digest
    assert len({entries[r["ledger"]["entryId"]]["time"] for r in results}) == 1, "not one commit"
    pinned = json.dumps(s.client.get("/v1/attestation-policies/" + policy).data)
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("policy", pinned), ("result", json.dumps(results[7])), ("payload", "item 7")):
            with open(os.path.join(folder, name), "w") as f:
                f.write(text)
        verified = subprocess.run([program("countersign"), "attest", "verify", "--policy", "policy", "--sign-result",
                                   "result", "--payload", "payload", "--allow-mock"], cwd=folder, capture_output=True,
                                  check=False)
        assert verified.returncode == 0, verified.stdout + verified.stderr


def each_by_itself(s, key):
    revoked, other = s.key("revoked")["id"], s.key("other")["id"]
    assert s.client.delete("/v1/hybrid-keys/" + revoked).status == 200
    cases = [
        (item(key, b"good"), None, None),
        (item("nobody", b""), "NOT_FOUND", "keyId"),
        ({"keyId": key, "payload": "!"}, "BAD_ENCODING", "payload"),
        ({"payload": ""}, "MISSING_FIELD", "keyId"),
        (item(key, b"", dryRun=True), "UNKNOWN_FIELD", "dryRun"),
        (item(key, b"", nonce=b64(b"short")), "BAD_FIELD", "nonce"),
        ({"keyId": other, "preHash": {"alg": "sha256", "value": b64(bytes(32))}, "payloadSize": 1},
         "PREHASH_ALGORITHM", "preHash.alg"),
        (item(revoked, b""), "KEY_NOT_ACTIVE", "keyId"),
        (7, "BAD_FIELD", None),
        (item("other", b"by name", metadata={"a": 1}), None, None),
    ]
    before = len(s.entries())
    data = batch(s, [c[0] for c in cases]).data
    assert (data["signed"], data["refused"]) == (2, 8), data
    for got, (_, code, field) in zip(data["items"], cases):
        if code is None:
            assert got["ok"] and set(got) == {"index", "ok", "data"}, got
        else:
            assert (got["ok"], got["code"], got["details"].get("field")) == (False, code, field), got
            assert set(got) == {"index", "ok", "error", "code", "details"}, got
    assert len(s.entries()) == before + 2, "a refused item has left something"


def refused_as_a_whole(s, key):
    for body, code in (({}, "MISSING_FIELD"), ({"items": []}, "BAD_FIELD"), ({"items": {}}, "BAD_FIELD"),
                       ({"items": [item(key, b"")] * 1001}, "BAD_FIELD"),
                       ({"items": [item(key, b"")], "more": 1}, "UNKNOWN_FIELD")):
        answer = s.client.post("/v1/sign/batch", body)
        assert (answer.status, answer.code) == (400, code), answer
    answer = s.client.post("/v1/sign/batch", {"items": [item(key, b"")]}, api_key=s.publishable)
    assert (answer.status, answer.code) == (403, "FORBIDDEN"), answer


def policies_refuse(s):
    """What the key's attestation policy or a vault policy refuses is refused and recorded, the rest is signed."""
    wrong = s.policy(name="wrong", matchRules={"allowedImageHashes": ["sha256:" + "00" * 32],
                                               "rootPublicKeyB64": s.client.get("/v1/enclave").data["rootPublicKeyB64"]},
                     enforce=False)
    watched = s.key("watched", pqProvider="enclave-mock", attestationPolicyId=wrong)["id"]
    answer = s.client.call("PATCH", "/v1/attestation-policies/" + wrong, {"enforce": True})
    assert answer.status == 200, answer
    plain, small = s.key("plain")["id"], s.key("small", algorithm="mldsa44+ed25519")["id"]
    answer = s.client.post("/v1/policies", {"name": "large only", "rule": {"matchOperation": "sign", "minPqLevel": 3}})
    assert answer.status == 200, answer
    data = batch(s, [item(plain, b"1"), item(watched, b"2"), item(small, b"3")]).data
    assert [(i["ok"], i.get("code")) for i in data["items"]] == [
        (True, None), (False, "ATTESTATION_REJECTED"), (False, "POLICY_VIOLATED")], data["items"]
    assert data["items"][1]["details"] == {"reason": "ATT_IMAGE_NOT_ALLOWED"}
    assert data["items"][2]["details"] == {"policyId": answer.data["id"], "rule": "minPqLevel"}
    kinds = [e["eventType"] for e in s.entries()[-3:]]
    assert kinds == ["signature.issued", "attestation.violation", "policy.violated"], kinds
    assert s.client.call("PATCH", "/v1/policies/" + answer.data["id"], {"action": "warn"}).status == 200
    data = batch(s, [item(plain, b"1"), item(small, b"3")]).data
    assert "warnings" not in data["items"][0]["data"] and len(data["items"][1]["data"]["warnings"]) == 1, data
    assert [e["eventType"] for e in s.entries()[-3:]] == ["signature.issued", "signature.issued", "policy.violated"]
    assert s.client.delete("/v1/policies/" + answer.data["id"]).status == 200


def thousand(s, key):
    payloads = [b"%d" % i for i in range(1000)]
    headers = {"Idempotency-Key": "thousand"}
    answer = batch(s, [item(key, p) for p in payloads], headers=headers, timeout=100)
    assert answer.status == 200 and answer.data["signed"] == 1000, answer
    again = batch(s, [item(key, p) for p in payloads], headers=headers, timeout=100)
    assert again.raw == answer.raw and again.headers["Idempotency-Replayed"] == "true"


def many_batches(s, key):
    def one(n):
        items = [item(key, b"%d %d" % (n, i)) for i in range(50)]
        return Client(s.url, s.api_key).post("/v1/sign/batch", {"items": items})

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, range(8)))
    assert [(a.status, a.data["signed"]) for a in answers] == [(200, 50)] * 8


def leaves_workers(s, key):
    """Batches that take long, more than there are workers: eight are taken, and others are served meanwhile."""
    enclave = s.processes["enclave"].pid
    freeze(enclave)

    def one(n):
        return Client(s.url, s.api_key).post("/v1/sign/batch", {"items": [item(key, b"%d" % n)]}).status

    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        try:
            waiting = {pool.submit(one, n) for n in range(24)}
            refused = 0
            while refused < 16:
                done, waiting = concurrent.futures.wait(waiting, return_when=concurrent.futures.FIRST_COMPLETED)
                refused += len(done)
                assert {f.result() for f in done} == {503}
            assert s.client.get("/v1/hybrid-keys").status == 200
            assert not any(f.done() for f in waiting), "they ended first"
        finally:
            os.kill(enclave, signal.SIGCONT)
        assert [f.result() for f in waiting] == [200] * 8


def enclave_gone(s, key):
    s.stop("enclave", signal.SIGKILL)
    before = len(s.entries())
    answer = batch(s, [item(key, b"1"), item(key, b"2"), item("nobody", b"")])
    assert (answer.status, answer.code) == (503, "ENCLAVE_UNAVAILABLE"), answer
    assert len(s.entries()) == before
    os.unlink(s.path("enclave.sock"))
    s.start_enclave()
    assert batch(s, [item(key, b"1"), item(key, b"2")]).data["signed"] == 2


def test():
    with Service() as s:
        policy = s.policy()
        key = s.key("signer", pqProvider="enclave-mock", attestationPolicyId=policy)["id"]
        signed(s, policy, key)
        each_by_itself(s, key)
        refused_as_a_whole(s, key)
        policies_refuse(s)
        thousand(s, key)
        many_batches(s, key)
        leaves_workers(s, key)
        enclave_gone(s, key)


if __name__ == "__main__":
    run(test)
