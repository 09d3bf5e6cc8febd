#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is kept of signatures: listed with filters, shown whole, and bundled so that they verify without any server."""

import base64
import json
import subprocess

from flow import Client, Service, b64, program, run, sha256

ROUTE = "/v1/signatures"
MEDIA_TYPE = "application/vnd.countersign.bundle+json; version=1"


def expect(answer, status, code, field=None):
    assert (answer.status, answer.code) == (status, code), answer
    assert field is None or answer.details["field"] == field, answer


def ids(s, query=""):
    return [g["id"] for g in s.client.get(ROUTE + query).data]


def make(s):
    """Three of verdict pass, one absent, one fail: oldest first, with what the client was given."""
    policy, watching = s.policy(), s.policy(enforce=False)
    bound = s.key("bound", pqProvider="enclave-mock", attestationPolicyId=policy)
    free = s.key("free", algorithm="mldsa87")
    watched = s.key("watched", pqProvider="enclave-mock", attestationPolicyId=watching)
    made = [s.sign("bound", b"payload %d" % i, metadata={"n": i}).data for i in range(2)]
    digest = bytes(64)
    made.append(s.client.post("/v1/sign", {"keyId": "bound", "preHash": {"alg": "sha512", "value": b64(digest)},
                                           "payloadSize": 7, "nonce": b64(b"n" * 12)}).data)
    made.append(s.sign("free", b"free").data)
    wrong = dict(s.client.get("/v1/attestation-policies/" + watching).data["matchRules"], allowedImageHashes=["0" * 64])
    assert s.client.call("PATCH", "/v1/attestation-policies/" + watching, {"matchRules": wrong}).status == 200
    made.append(s.sign("watched", b"watched").data)
    return {"bound": bound, "free": free, "watched": watched, "policy": policy, "watching": watching}, made


def listing(s, names, made):
    listed = s.client.get(ROUTE).data
    assert [g["id"] for g in listed] == sorted((g["id"] for g in listed), reverse=True), "newest first"
    listed.sort(key=lambda g: g["ledger"]["seq"], reverse=True)  # ids of one millisecond have no order among them
    assert [g["ledger"] for g in listed] == [m["ledger"] for m in made[::-1]], listed
    assert [g["id"] for g in listed] == [m["signatureId"] for m in made[::-1]]
    assert [g["verdict"] for g in listed] == ["fail", "absent", "pass", "pass", "pass"]
    assert all("signature" not in g and "attestation" not in g for g in listed)
    everything = [g["id"] for g in listed]
    rows = [
        (f"?keyId={names['bound']['id']}", everything[2:]),
        (f"?keyId={names['free']['id']}", everything[1:2]),
        ("?keyId=key_" + "0" * 26, []),
        (f"?policyId={names['policy']}", everything[2:]),
        (f"?policyId={names['watching']}&verdict=fail", everything[:1]),
        (f"?policyId={names['watching']}&verdict=pass", []),
        ("?verdict=pass", everything[2:]),
        ("?verdict=absent", everything[1:2]),
        (f"?since={listed[2]['createdAt']}", None),
        ("?since=2100-01-01T00:00:00Z", []),
        ("?since=0", everything),
    ]
    for query, expected in rows:
        if expected is None:
            expected = [g["id"] for g in listed if g["createdAt"] >= listed[2]["createdAt"]]
        assert sorted(ids(s, query)) == sorted(expected), (query, expected)
    for query, field in (("?verdict=verified", "verdict"), ("?since=yesterday", "since"), ("?surprise=1", "surprise"),
                         ("?keyId=", "keyId"), ("?limit=0", "limit")):
        answer = s.client.get(ROUTE + query)
        assert answer.status == 400 and answer.details["field"] == field, answer
    paged, cursor = [], ""
    while cursor is not None:
        answer = s.client.get(f"{ROUTE}?limit=2{cursor and '&cursor=' + cursor}")
        paged, cursor = paged + answer.data, answer.json["pagination"]["nextCursor"]
    assert [g["id"] for g in paged] == ids(s)
    return listed


def one(s, names, made, listed):
    for given, summary in zip(made[::-1], listed):
        whole = s.client.get(f"{ROUTE}/{summary['id']}").data
        assert {m: whole[m] for m in summary} == summary
        same = ("keyId", "algorithm", "signatureFormat", "signature", "signatureB64", "signatureBase64", "publicKey",
                "payloadSize", "ledger")
        assert all(whole[m] == given[m] for m in same), whole
        digest = "payloadPreHash" if "payloadPreHash" in given else "payloadSha256"
        assert whole[digest] == given[digest]
        attestation = dict(whole["attestation"])
        assert attestation.pop("policyHash", None) == summary.get("policyHash")
        assert attestation == given["attestation"], (attestation, given["attestation"])
    failed = s.client.get(f"{ROUTE}/{listed[0]['id']}").data
    assert failed["verdict"] == "fail" and failed["reason"] == "ATT_IMAGE_NOT_ALLOWED"
    assert failed["attestation"]["imageHash"] is None and failed["attestation"]["counter"] is None
    prehashed = s.client.get(f"{ROUTE}/{listed[2]['id']}").data
    assert prehashed["nonce"] == b64(b"n" * 12) and "payloadSha256" not in prehashed
    assert s.client.get(f"{ROUTE}/{listed[4]['id']}").data["metadata"] == {"n": 0}
    expect(s.client.get(ROUTE + "/sig_" + "0" * 26), 404, "NOT_FOUND")
    for path in ("/" + listed[0]["id"], f"/{listed[0]['id']}/bundle"):
        expect(Client(s.url, s.other).get(ROUTE + path), 404, "NOT_FOUND")
        expect(Client(s.url, s.publishable).get(ROUTE + path), 403, "FORBIDDEN")


def write(s, name, data):
    with open(s.path(name), "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())
    return s.path(name)


def judge(s, bundle, payload, policy, *more):
    done = subprocess.run([program("countersign"), "verify", "--allow-mock", "--json", "--bundle", bundle, "--payload",
                           payload, "--policy", policy, *more], capture_output=True, check=False)
    return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr.decode()


def bundles(s, names, made, listed):
    """A bundle holds what the policy said when the signature was made, whatever became of policy and key since."""
    policies = {p: write(s, p, json.dumps(s.client.get(f"/v1/attestation-policies/{p}?version={v}").data))
                for p, v in ((names["policy"], 1), (names["watching"], 2))}
    path = f"/v1/attestation-policies/{names['policy']}"
    assert s.client.call("PATCH", path, {"maxDocAgeSeconds": 10}).status == 200
    assert s.client.delete("/v1/hybrid-keys/" + names["bound"]["id"]).status == 200
    for given, summary in zip(made[::-1], listed):
        answer = s.client.get(f"{ROUTE}/{summary['id']}/bundle")
        assert answer.status == 200 and answer.headers["Content-Type"] == MEDIA_TYPE, answer.headers
        assert "success" not in answer.json and given["signature"] in answer.raw.decode()
        assert s.client.get(f"{ROUTE}/{summary['id']}/bundle").raw == answer.raw, "the same file each time"
        write(s, summary["id"], answer.raw)
    newest, oldest = listed[0]["id"], listed[4]["id"]
    payload = write(s, "payload", b"payload 0")
    code, verdict = judge(s, s.path(oldest), payload, policies[names["policy"]])
    assert code == 0 and verdict["ok"] is True, verdict
    code, verdict = judge(s, s.path(oldest), write(s, "other", b"payload 1"), policies[names["policy"]])
    assert code == 2 and verdict["reason"] == "BUNDLE_PAYLOAD", verdict
    code, verdict = judge(s, s.path(oldest), payload, policies[names["watching"]])
    assert code == 2 and verdict["ok"] is False, verdict
    code, verdict = judge(s, s.path(newest), write(s, "watched.payload", b"watched"), policies[names["watching"]])
    assert code == 2 and verdict["ok"] is False, "what failed is never shown as verified"
    answer = s.client.get(f"{ROUTE}/{oldest}/bundle").json
    assert sha256(base64.b64decode(answer["signature"])) in json.dumps(answer), "the entry names this signature"


def test():
    with Service(start=False) as s:
        s.other = s.other_org()
        s.start()
        names, made = make(s)
        listed = listing(s, names, made)
        one(s, names, made, listed)
        bundles(s, names, made, listed)
        s.alive()


if __name__ == "__main__":
    run(test)
