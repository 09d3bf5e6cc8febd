#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A key is rotated, suspended, resumed and revoked; its lineage can be walked, and its audit tells all of it."""

import base64
import hashlib
import json
import threading

from flow import VAULT_NAMES, Client, Service, b64, run

KEYS = "/v1/hybrid-keys/"
INHERITED = ("algorithm", "signatureFormat", "providers", "tier", "keyRelease", "purpose", "environment",
             "attestationPolicyId", "metadata")


def rotate(s, key, **body):
    answer = s.client.post(f"{KEYS}{key}/rotate", body)
    assert answer.status == 200, answer
    return answer.data


def refused(answer, status, code):
    assert (answer.status, answer.code) == (status, code), answer


def raw_public_key(s, key_id):
    row = s.database().execute("SELECT public_key FROM key_material WHERE key = ?", (key_id,)).fetchone()
    return row[0]


def check_link(s, link, old, new):
    """The statement names both keys, and the predecessor's signature on it verifies."""
    assert (link["predecessor"], link["successor"]) == (old["id"], new["id"])
    profile, statement = link["statement"].split("\n")
    assert profile == "countersign/lineage/v1"
    assert json.loads(statement) == {
        "algorithm": new["algorithm"], "signatureFormat": new["signatureFormat"], "predecessor": old["id"],
        "successor": new["id"],
        "publicKeySha256": "sha256:" + hashlib.sha256(raw_public_key(s, new["id"])).hexdigest(),
        "predecessorPublicKeySha256": "sha256:" + hashlib.sha256(raw_public_key(s, old["id"])).hexdigest()}
    assert link["publicKey"] == new["publicKey"]
    check = {"publicKey": old["publicKey"], "payload": b64(link["statement"].encode()), "signature": link["signature"]}
    assert s.client.post("/v1/verify", check).data["ok"], "the predecessor signed it"
    payload = base64.b64decode(link["docB64"]).split(b".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)))
    assert claims["payloadSha256"] == "sha256:" + hashlib.sha256(link["statement"].encode()).hexdigest()
    assert claims["keyId"] == old["id"] and claims["kind"] == "sign"


def lineage(s, policy):
    """Three generations, under a policy: what is inherited, whose the name is, what each of them shows."""
    first = s.key("release", algorithm="mldsa65+ecdsa-p256", signatureFormat="concat", pqProvider="enclave-mock",
                  attestationPolicyId=policy, environment="staging", metadata={"team": "ä"})
    second = rotate(s, first["id"])
    assert second["name"] == "release" and second["status"] == "active" and second["id"] != first["id"]
    for member in INHERITED:
        assert second[member] == first[member], member
    assert second["birthAttestation"]["verdict"] == "pass" and second["publicKey"] != first["publicKey"]
    third = rotate(s, second["id"])
    keys = [s.client.get(KEYS + k["id"]).data for k in (first, second, third)]
    assert [k["status"] for k in keys] == ["superseded", "superseded", "active"]
    assert keys[0]["lineage"] == keys[1]["lineage"] == keys[2]["lineage"] == third["lineage"]
    assert len(third["lineage"]) == 2 and second["lineage"] == third["lineage"][:1]
    check_link(s, third["lineage"][0], keys[0], keys[1])
    check_link(s, third["lineage"][1], keys[1], keys[2])

    assert s.sign("release", b"x").data["keyId"] == third["id"], "the name is the newest one's"
    for key in keys:
        signed = s.sign(key["id"], b"x").data
        assert signed["keyId"] == key["id"], "a superseded key signs by its id"
        check = {"keyId": key["id"], "payload": b64(b"x"), "signature": signed["signature"]}
        assert s.client.post("/v1/verify", check).data["ok"]
    refused(s.client.post(f"{KEYS}{first['id']}/rotate", {}), 409, "KEY_NOT_ACTIVE")
    listed = {k["id"]: k["status"] for k in s.client.get("/v1/hybrid-keys").data}
    assert [listed[k["id"]] for k in keys] == ["superseded", "superseded", "active"]
    return keys


def ledger(s, keys):
    """One entry for a rotation, with digests of all that was signed."""
    rotated = [e for e in s.entries() if e["eventType"] == "key.rotated"]
    assert [(e["data"]["predecessor"], e["data"]["successor"]) for e in rotated] == [
        (keys[0]["id"], keys[1]["id"]), (keys[1]["id"], keys[2]["id"])]
    link, data = keys[2]["lineage"][1], rotated[1]["data"]
    for name, content in (("statementSha256", link["statement"].encode()),
                          ("statementSigSha256", base64.b64decode(link["signature"])),
                          ("statementDocumentSha256", base64.b64decode(link["docB64"])),
                          ("documentSha256", base64.b64decode(keys[2]["birthAttestation"]["docB64"])),
                          ("publicKeySha256", raw_public_key(s, keys[2]["id"])),
                          ("predecessorPublicKeySha256", raw_public_key(s, keys[1]["id"]))):
        assert data[name] == "sha256:" + hashlib.sha256(content).hexdigest(), name


def names(s):
    """A successor may get another name; the old one is free then."""
    old = s.key("before")
    new = rotate(s, old["id"], name="after")
    assert new["name"] == "after" and s.sign("after", b"x").data["keyId"] == new["id"]
    refused(s.sign("before", b"x"), 404, "NOT_FOUND")
    fresh = s.key("before")
    assert s.sign("before", b"x").data["keyId"] == fresh["id"]
    for body, status, code in (({"name": "before"}, 409, "NAME_TAKEN"), ({"name": ""}, 400, "BAD_FIELD"),
                               ({"name": "a\u200bb"}, 400, "BAD_FIELD"), ({"name": fresh["id"]}, 400, "BAD_FIELD"),
                               ({"algorithm": "mldsa44"}, 400, "UNKNOWN_FIELD")):
        refused(s.client.post(f"{KEYS}{new['id']}/rotate", body), status, code)
    assert s.client.get(KEYS + new["id"]).data["status"] == "active", "nothing has changed"
    for algorithm in ("mldsa44", *VAULT_NAMES):
        key = s.key("kind " + algorithm, algorithm=algorithm)
        assert len(rotate(s, key["id"])["lineage"]) == 1
    assert s.client.call("POST", f"{KEYS}{new['id']}/rotate").status == 200, "a body is not needed"


def statements_are_not_signed(s):
    """Nobody gets a statement signed but by a rotation."""
    key = s.key("signs for clients")["id"]
    refused(s.sign(key, b"countersign/lineage/v1\n{}"), 422, "RESERVED_PAYLOAD")
    item = {"keyId": key, "payload": b64(b"countersign/lineage/v1\n{}")}
    batch = s.client.post("/v1/sign/batch", {"items": [item, {"keyId": key, "payload": ""}]}).data
    assert [i.get("code") for i in batch["items"]] == ["RESERVED_PAYLOAD", None], batch
    assert s.sign(key, b"countersign/lineage").status == 200


def suspend(s):
    key = s.key("pausing")["id"]
    signed = s.sign(key, b"x").data
    answer = s.client.post(f"{KEYS}{key}/suspend", {})
    assert answer.status == 200 and answer.data["status"] == "suspended" and answer.data["id"] == key
    assert s.client.post(f"{KEYS}{key}/suspend", {}).status == 200, "may be repeated"
    for ref in (key, "pausing"):
        refused(s.sign(ref, b"x"), 409, "KEY_NOT_ACTIVE")
    check = {"keyId": key, "payload": b64(b"x"), "signature": signed["signature"]}
    assert s.client.post("/v1/verify", check).data["ok"], "it verifies"
    refused(s.client.post("/v1/hybrid-keys", {"name": "pausing"}), 409, "NAME_TAKEN")
    refused(s.client.post(f"{KEYS}{key}/rotate", {}), 409, "KEY_NOT_ACTIVE")
    s.stop("gateway")
    s.start_gateway()
    refused(s.sign(key, b"x"), 409, "KEY_NOT_ACTIVE")
    assert s.client.call("POST", f"{KEYS}{key}/resume").data["status"] == "active"
    assert s.client.post(f"{KEYS}{key}/resume", {}).status == 200
    assert s.sign("pausing", b"x").status == 200
    events = [e["eventType"] for e in s.entries() if e["subjectId"] == key]
    assert [e for e in events if e.startswith("key.")] == ["key.created", "key.suspended", "key.resumed"], events


def superseded(s):
    """A superseded key can be stopped, too, and comes back as what it was."""
    old = s.key("twice")
    new = rotate(s, old["id"])
    assert s.client.post(f"{KEYS}{old['id']}/suspend", {}).data["status"] == "suspended"
    refused(s.sign(old["id"], b"x"), 409, "KEY_NOT_ACTIVE")
    assert s.sign("twice", b"x").data["keyId"] == new["id"]
    assert s.client.post(f"{KEYS}{old['id']}/resume", {}).data["status"] == "superseded"
    assert s.sign(old["id"], b"x").status == 200 and s.sign("twice", b"x").data["keyId"] == new["id"]
    assert s.client.delete(KEYS + new["id"]).status == 200
    refused(s.sign("twice", b"x"), 404, "NOT_FOUND")
    assert s.client.delete(KEYS + old["id"]).status == 200
    for key in (old, new):
        for change in ("suspend", "resume", "rotate"):
            refused(s.client.post(f"{KEYS}{key['id']}/{change}", {}), 409, "KEY_NOT_ACTIVE")
    assert len(s.client.get(KEYS + old["id"]).data["lineage"]) == 1, "the lineage outlives its keys"


class Signer(threading.Thread):
    def __init__(self, s, key):
        super().__init__()
        self.client, self.key = Client(s.url, s.api_key), key
        self.acknowledged = threading.Event()
        self.before, self.wrong = 0, []

    def run(self):
        late = 0
        while late < 5:
            after = self.acknowledged.is_set()
            answer = self.client.post("/v1/sign", {"keyId": self.key, "payload": b64(b"race")})
            late += after
            if answer.status == 200 and not after:
                self.before += 1
            elif (answer.status, answer.json.get("code")) != (409, "KEY_NOT_ACTIVE"):
                self.wrong.append((after, answer))
        self.client.close()


def race(s, n):
    """A suspension among running signatures: once it is acknowledged, nothing more is signed."""
    key = s.key(f"race {n}")["id"]
    signers = [Signer(s, key) for _ in range(4)]
    for signer in signers:
        signer.start()
    while sum(x.before for x in signers) < 10:
        s.alive()
    answer = s.client.post(f"{KEYS}{key}/suspend", {})
    for signer in signers:
        signer.acknowledged.set()
    for signer in signers:
        signer.join()
        assert signer.wrong == [], signer.wrong
    assert answer.status == 200, answer
    events = [e["eventType"] for e in s.entries() if key in (e["subjectId"], e["data"].get("keyId"))]
    signed = sum(x.before for x in signers)
    assert events == ["key.created"] + ["signature.issued"] * signed + ["key.suspended"]
    assert s.client.post(f"{KEYS}{key}/resume", {}).status == 200 and s.sign(key, b"x").status == 200


def together(s):
    """Many rotations of one key at once: one successor."""
    key = s.key("together")["id"]
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(
        Client(s.url, s.api_key).post(f"{KEYS}{key}/rotate", {}))) for _ in range(5)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(a.status for a in answers) == [200, 409, 409, 409, 409], answers
    assert sum(k["name"] == "together" for k in s.client.get("/v1/hybrid-keys?limit=200").data) == 2
    assert len(s.client.get(KEYS + key).data["lineage"]) == 1


def audit(s, policy):
    key = s.key("audited", pqProvider="enclave-mock", attestationPolicyId=policy)["id"]
    signed = s.sign(key, b"audit me").data
    s.client.post("/v1/verify", {"keyId": key, "payload": b64(b"audit me"), "signature": signed["signature"]})
    s.client.post("/v1/verify", {"keyId": key, "payload": b64(b"another"), "signature": signed["signature"]})
    s.client.post(f"{KEYS}{key}/suspend", {})
    s.client.post(f"{KEYS}{key}/resume", {})
    new = rotate(s, key)["id"]
    s.client.delete(KEYS + key)
    items, cursor = [], ""
    while cursor is not None:
        answer = s.client.get(f"{KEYS}{key}/audit?limit=3" + (f"&cursor={cursor}" if cursor else ""))
        assert answer.status == 200 and len(answer.data) <= 3, answer
        items += answer.data
        cursor = answer.json["pagination"]["nextCursor"]
    assert [i["operation"] for i in items] == ["revoke", "rotate", "resume", "suspend", "verify", "verify", "sign",
                                               "create"], "newest first"
    sign, created = items[6], items[7]
    digest = "sha256:" + hashlib.sha256(b"audit me").hexdigest()
    assert (sign["payloadSha256"], sign["payloadSize"], sign["verified"]) == (digest, 8, True)
    assert [i["verified"] for i in items[4:6]] == [False, True] and items[0]["verified"] is None
    assert created["payloadSha256"] is None and created["payloadSize"] is None and created["verified"] is True
    assert sign["id"] == signed["ledger"]["entryId"] and sign["metadata"]["seq"] == signed["ledger"]["seq"]
    assert sign["metadata"]["data"]["policyId"] == policy and sign["createdAt"].endswith("Z")
    successor = s.client.get(f"{KEYS}{new}/audit").data
    assert [i["operation"] for i in successor] == ["rotate"] and successor[0]["id"] == items[1]["id"]
    refused(s.client.get(f"{KEYS}{key}/audit?cursor=AAAA"), 400, "BAD_CURSOR")


def destroyed(s):
    """Revoking a key of a lineage destroys its sealed record and no other."""
    old = s.key("to be destroyed")
    new = rotate(s, old["id"])
    sealed = {k: s.database().execute("SELECT sealed FROM key_material WHERE key = ?", (k,)).fetchone()[0]
              for k in (old["id"], new["id"])}
    s.client.delete(KEYS + old["id"])
    stored = b""
    for suffix in ("", "-wal"):
        with open(s.store + suffix, "rb") as f:
            stored += f.read()
    assert sealed[old["id"]] not in stored and sealed[new["id"]] in stored
    assert s.sign("to be destroyed", b"x").data["keyId"] == new["id"]


def refused_birth(s):
    """A successor that the policy refuses is not stored, and its predecessor goes on."""
    enclave = s.client.get("/v1/enclave").data
    policy = s.policy(name="changes")
    key = s.key("stays", pqProvider="enclave-mock", attestationPolicyId=policy)["id"]
    rules = {"allowedImageHashes": ["sha256:" + "0" * 64], "rootPublicKeyB64": enclave["rootPublicKeyB64"]}
    changed = s.client.call("PATCH", "/v1/attestation-policies/" + policy, {"matchRules": rules})
    assert changed.status == 200, changed
    answer = s.client.post(f"{KEYS}{key}/rotate", {})
    refused(answer, 422, "ATTESTATION_REJECTED")
    assert answer.details["reason"] == "ATT_IMAGE_NOT_ALLOWED"
    assert s.client.get(KEYS + key).data["status"] == "active"
    assert s.entries()[-1]["eventType"] == "attestation.violation"
    refused(s.sign(key, b"x"), 422, "ATTESTATION_REJECTED")  # the policy's new version counts at once


def test():
    with Service() as s:
        policy = s.policy()
        keys = lineage(s, policy)
        ledger(s, keys)
        names(s)
        statements_are_not_signed(s)
        suspend(s)
        superseded(s)
        for n in range(3):
            race(s, n)
        together(s)
        audit(s, policy)
        destroyed(s)
        refused_birth(s)
        s.alive()


if __name__ == "__main__":
    run(test)
