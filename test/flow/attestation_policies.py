#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The life of an attestation policy: versions, changes that meet each other, deletion, and the signatures made under it."""

import base64
import hashlib
import json
import os
import threading

from flow import Client, Service, run

POLICIES = "/v1/attestation-policies/"
WRONG = "0" * 64


def hash_of(policy):
    members = ("name", "vendor", "matchRules", "evidence", "maxDocAgeSeconds", "maxSessionAgeSeconds", "requireDated",
               "enforce")
    text = json.dumps({m: policy[m] for m in members}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def expect(answer, status, code, field=None):
    assert (answer.status, answer.code) == (status, code), answer
    assert field is None or answer.details["field"] == field, answer


def versions(s):
    first = s.client.get(POLICIES + s.policy(metadata={"team": "a"})).data
    path = POLICIES + first["id"]
    assert first["version"] == 1 and first["createdAt"] == first["updatedAt"] and first["hash"] == hash_of(first)
    second = s.client.call("PATCH", path, {"maxDocAgeSeconds": 60, "name": "renamed"}).data
    changed = {"version": 2, "hash": hash_of(second), "updatedAt": second["updatedAt"], "maxDocAgeSeconds": 60,
               "name": "renamed"}
    assert second == {**first, **changed} and second["hash"] != first["hash"], second
    third = s.client.call("PATCH", path, {"metadata": {"b": 1}}).data
    assert third == {**second, "version": 3, "metadata": {"b": 1}, "updatedAt": third["updatedAt"]}, third
    assert s.client.get(path).data == third
    for version, expected in ((1, first), (2, second), (3, third)):
        assert s.client.get(f"{path}?version={version}").data == {**expected, "createdAt": first["createdAt"]}
    expect(s.client.get(path + "?version=4"), 404, "NOT_FOUND")
    for bad in ("0", "-1", "1.5", "x", ""):
        expect(s.client.get(path + "?version=" + bad), 400, "BAD_FIELD", "version")
    listed = [p for p in s.client.get(POLICIES[:-1]).data if p["id"] == first["id"]]
    assert listed == [third], "each policy once, in its newest version"
    events = [(e["eventType"], e["data"]["policyVersion"], e["data"]["policyHash"]) for e in s.entries()
              if e["subjectId"] == first["id"]]
    assert events == [("attestation_policy.created", 1, first["hash"]), ("attestation_policy.updated", 2, second["hash"]),
                      ("attestation_policy.updated", 3, second["hash"])], events
    return path


def refusals(s, path):
    before = s.client.get(path).data
    rows = [
        ({"vendor": "aws-nitro-enclave"}, 409, "CONFLICT", "vendor"),
        ({"vendor": ""}, 409, "CONFLICT", "vendor"),
        ({"vendor": None}, 400, "BAD_FIELD", "vendor"),
        ({"matchRules": {}}, 400, "POLICY_ALLOWLIST_EMPTY", "matchRules.allowedImageHashes"),
        ({"matchRules": {"allowedImageHashes": [WRONG]}}, 400, "MISSING_FIELD", "matchRules.rootPublicKeyB64"),
        ({"matchRules": dict(before["matchRules"], allowedImageHashes=[])}, 400, "POLICY_ALLOWLIST_EMPTY",
         "matchRules.allowedImageHashes"),
        ({"matchRules": None}, 400, "BAD_FIELD", "matchRules"),
        ({"maxDocAgeSeconds": 4}, 400, "BAD_FIELD", "maxDocAgeSeconds"),
        ({"enforce": "no"}, 400, "BAD_FIELD", "enforce"),
        ({"name": ""}, 400, "BAD_FIELD", "name"),
        ({"metadata": []}, 400, "BAD_FIELD", "metadata"),
        ({"surprise": 1}, 400, "UNKNOWN_FIELD", "surprise"),
        ({"version": 9}, 400, "UNKNOWN_FIELD", "version"),
        ({"id": before["id"]}, 400, "UNKNOWN_FIELD", "id"),
        ({"hash": before["hash"]}, 400, "UNKNOWN_FIELD", "hash"),
        ([], 400, "BAD_JSON", None),
        ('{"name":"a","name":"b"}', 400, "BAD_JSON", None),
    ]
    for body, status, code, field in rows:
        expect(s.client.call("PATCH", path, body), status, code, field)
    for method in ("PATCH", "DELETE"):
        missing = POLICIES + "pol_" + "0" * 26
        expect(s.client.call(method, missing, {} if method == "PATCH" else None), 404, "NOT_FOUND")
    assert s.client.get(path).data == before, "nothing of it has changed"
    assert s.client.call("PATCH", path, {"vendor": "mock"}).status == 200, "the same vendor is no change"


def at_once(s, path):
    """Each change begins with the version it read: of those that read the same, one wins."""
    before = s.client.get(path).data["version"]
    start, answers = threading.Barrier(8), []

    def change(age):
        client = Client(s.url, s.api_key)
        start.wait()
        answers.append(client.call("PATCH", path, {"maxDocAgeSeconds": age}))
        client.close()

    threads = [threading.Thread(target=change, args=(100 + i,)) for i in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    won = [a.data for a in answers if a.status == 200]
    assert won and all(a.status == 200 or a.code == "CONFLICT" for a in answers), answers
    assert sorted(p["version"] for p in won) == list(range(before + 1, before + 1 + len(won)))
    newest = max(won, key=lambda p: p["version"])
    assert s.client.get(path).data == newest


def signatures(s):
    policy = s.client.get(POLICIES + s.policy()).data
    path = POLICIES + policy["id"]
    key = s.key("bound", pqProvider="enclave-mock", attestationPolicyId=policy["id"])
    for _ in range(3):
        assert s.sign("bound", b"x").data["attestation"]["verdict"] == "pass"
    changed = s.client.call("PATCH", path, {"matchRules": dict(policy["matchRules"], allowedImageHashes=[WRONG])})
    assert changed.data["version"] == 2
    refused = s.sign("bound", b"x")
    assert (refused.status, refused.details["reason"]) == (422, "ATT_IMAGE_NOT_ALLOWED"), refused
    assert s.client.call("PATCH", path, {"enforce": False}).data["version"] == 3
    watched = s.sign("bound", b"x").data["attestation"]
    assert (watched["verdict"], watched["policyVersion"]) == ("fail", 3), watched

    listed = s.client.get(path + "/signatures").data
    made = sorted(listed, key=lambda m: m["ledger"]["seq"], reverse=True)
    assert [(m["verdict"], m["policyVersion"]) for m in made] == [("fail", 3)] + 3 * [("pass", 1)], made
    assert made[0]["reason"] == "ATT_IMAGE_NOT_ALLOWED" and made[0]["policyHash"] != policy["hash"]
    assert all(m["policyHash"] == policy["hash"] and m["keyId"] == key["id"] for m in made[1:])
    paged, cursor = [], ""
    while cursor is not None:
        answer = s.client.get(f"{path}/signatures?limit=2{cursor and '&cursor=' + cursor}")
        paged, cursor = paged + answer.data, answer.json["pagination"]["nextCursor"]
        assert len(answer.data) <= 2
    assert paged == listed == sorted(made, key=lambda m: m["id"], reverse=True)
    expect(s.client.get(POLICIES + "pol_" + "0" * 26 + "/signatures"), 404, "NOT_FOUND")
    violations = [e for e in s.entries() if e["eventType"] == "attestation.violation"]
    assert len(violations) == 2 and [v["data"]["policyVersion"] for v in violations] == [2, 3]
    assert "sigSha256" not in violations[0]["data"] and "sigSha256" in violations[1]["data"]
    return policy, key, made


def deletion(s, policy, key, made):
    path = POLICIES + policy["id"]
    expect(s.client.delete(path), 409, "POLICY_BOUND")
    assert s.client.delete("/v1/hybrid-keys/" + key["id"]).status == 200
    assert s.client.delete(path).data == {"id": policy["id"], "deleted": True}
    for answer in (s.client.get(path), s.client.delete(path), s.client.call("PATCH", path, {"name": "x"})):
        expect(answer, 404, "NOT_FOUND")
    assert policy["id"] not in [p["id"] for p in s.client.get(POLICIES[:-1]).data]
    expect(s.client.post("/v1/hybrid-keys", {"name": "late", "attestationPolicyId": policy["id"]}), 404, "NOT_FOUND")
    old = s.client.get(path + "?version=1").data
    assert old["hash"] == policy["hash"], "what signatures were made under stays"
    assert s.client.get(path + "/signatures").data == sorted(made, key=lambda m: m["id"], reverse=True)
    entry = s.entries()[-1]
    assert (entry["eventType"], entry["subjectId"]) == ("attestation_policy.deleted", policy["id"])


def large(s):
    """A page ends before it is larger than an answer may be; whoever goes on misses nothing."""
    def modulus():
        return base64.urlsafe_b64encode(b"\xc1" + os.urandom(510) + b"\x01").rstrip(b"=").decode()

    rules = {"issuers": ["https://sharedeus.eus.attest.azure.net"], "pcrs": {"7": ["ab" * 32]},
             "jwks": {"keys": [{"kty": "RSA", "kid": f"k{i}", "n": modulus(), "e": "AQAB"} for i in range(64)]}}
    made = [s.client.post(POLICIES[:-1], {"name": f"large {i}", "vendor": "azure-confidential-vm", "matchRules": rules}).data["id"]
            for i in range(95)]
    found, cursor, pages = [], "", 0
    while cursor is not None:
        answer = s.client.get(POLICIES[:-1] + "?limit=200" + (cursor and "&cursor=" + cursor))
        assert answer.status == 200 and answer.data, answer
        found, cursor, pages = found + [p["id"] for p in answer.data], answer.json["pagination"]["nextCursor"], pages + 1
    assert found[:95] == made[::-1] and len(set(found)) == len(found) and pages > 1, (len(found), pages)


def other_realms(s, path):
    """Another org's policy, and one of the test realm, is not found."""
    for client in (Client(s.url, s.other), Client(s.url, s.publishable)):
        for method, body in (("GET", None), ("PATCH", {"name": "mine"}), ("DELETE", None)):
            answer = client.call(method, path, body)
            assert answer.status == (403 if client.api_key == s.publishable else 404), answer


def test():
    with Service(start=False) as s:
        s.other = s.other_org()
        s.start()
        path = versions(s)
        refusals(s, path)
        at_once(s, path)
        other_realms(s, path)
        deletion(s, *signatures(s))
        large(s)
        s.entries()
        s.alive()


if __name__ == "__main__":
    run(test)
