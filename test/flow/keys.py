#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Keys are created, listed page by page, read, revoked; their names and ids are the org's own."""

import concurrent.futures

from flow import COMPOSITES, Client, Service, run


def create(s):
    made = [s.key(f"key {i}", algorithm=a, metadata={"n": i, "ä": "ß"}) for i, a in enumerate(COMPOSITES)]
    key = s.client.get("/v1/hybrid-keys/" + made[2]["id"]).data
    assert key == made[2], "what was created is what is read"
    assert key["status"] == "active" and key["tier"] == 0 and key["keyRelease"] == "local"
    assert key["providers"] == {"kek": "env", "classical": "managed", "pq": "managed"}
    assert key["signatureFormat"] == "composite" and key["purpose"] == "sign" and key["environment"] == "production"
    assert key["metadata"] == {"n": 2, "ä": "ß"} and key["lineage"] == [] and key["attestationPolicyId"] is None
    assert key["publicKeyPem"].startswith("-----BEGIN PUBLIC KEY-----")
    assert key["birthAttestation"]["verdict"] == "absent"
    assert s.key("aliased", keyProvider="postq-managed", pqProvider="postq-managed")["providers"]["pq"] == "managed"
    s.client.delete("/v1/hybrid-keys/" + s.client.get("/v1/hybrid-keys?limit=1").data[0]["id"])
    return made


def pages(s, made):
    seen, cursor = [], ""
    while cursor is not None:
        answer = s.client.get("/v1/hybrid-keys?limit=3" + (f"&cursor={cursor}" if cursor else ""))
        seen += [k["id"] for k in answer.data]
        assert answer.json["pagination"]["limit"] == 3
        cursor = answer.json["pagination"]["nextCursor"]
        last = cursor or last
    assert seen == [k["id"] for k in reversed(made)], "newest first, each once"
    broken = last[:-2] + ("AA" if last[-2:] != "AA" else "BB")
    for bad in (broken, "AAAA", made[0]["id"], last + last):
        answer = s.client.get("/v1/hybrid-keys?cursor=" + bad)
        assert (answer.status, answer.details) == (400, {"field": "cursor"}), answer
    answer = s.client.get("/v1/attestation-policies?cursor=" + last)
    assert answer.code == "BAD_CURSOR", "a cursor is good for its own route"
    only = s.client.get("/v1/hybrid-keys?algorithm=mldsa87%2Bed448").data
    assert [k["algorithm"] for k in only] == ["mldsa87+ed448"]
    return last


def stored_bytes(s):
    """Database and log as they lie on the disk, freed pages too."""
    content = b""
    for suffix in ("", "-wal"):
        with open(s.store + suffix, "rb") as f:
            content += f.read()
    return content


def revoke(s, made):
    key = made[0]["id"]
    record = s.database().execute("SELECT sealed FROM key_material WHERE key = ?", (key,)).fetchone()[0]
    assert record in stored_bytes(s)
    first = s.client.delete("/v1/hybrid-keys/" + key).data
    assert first["id"] == key and s.client.delete("/v1/hybrid-keys/" + key).data == first, "may be repeated"
    assert key not in [k["id"] for k in s.client.get("/v1/hybrid-keys").data]
    listed = {k["id"]: k["status"] for k in s.client.get("/v1/hybrid-keys?includeRevoked=true").data}
    assert listed[key] == "revoked"
    read = s.client.get("/v1/hybrid-keys/" + key).data
    assert read["status"] == "revoked" and read["revokedAt"] == first["revokedAt"]
    assert read["publicKey"] == made[0]["publicKey"]
    sealed = s.database().execute("SELECT sealed FROM key_material WHERE key = ?", (key,)).fetchone()
    assert sealed == (None,) and record not in stored_bytes(s), "the sealed record is destroyed"
    assert s.key("key 0")["id"] != key, "the name is free again"


def together(s):
    """One name wanted by a hundred at once: one has it, and nothing of the others is kept."""
    def ask(_):
        return Client(s.url, s.api_key).post("/v1/hybrid-keys", {"name": "wanted"})

    def stored():
        return s.database().execute("SELECT count(*) FROM key_material").fetchone()[0]
    before, keys = len(s.entries()), stored()
    with concurrent.futures.ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(ask, range(100)))
    lost = [a for a in answers if a.status != 200]
    assert len(lost) == 99 and {(a.status, a.code) for a in lost} == {(409, "NAME_TAKEN")}, lost[:3]
    assert (len(s.entries()), stored()) == (before + 1, keys + 1)
    winner = next(a.data["id"] for a in answers if a.status == 200)
    assert s.sign("wanted", b"x").data["keyId"] == winner and s.client.delete("/v1/hybrid-keys/" + winner).status == 200


def foreign(s, made, other, cursor):
    before = len(s.entries())
    theirs = dict(api_key=other)
    for answer in (s.client.get("/v1/hybrid-keys/" + made[1]["id"], **theirs),
                   s.client.delete("/v1/hybrid-keys/" + made[1]["id"], **theirs),
                   s.client.get("/v1/hybrid-keys/key_00000000000000000000000000", **theirs)):
        assert (answer.status, answer.code) == (404, "NOT_FOUND"), answer
    for ref in (made[1]["id"], made[1]["name"], "key_00000000000000000000000000"):
        answer = s.client.post("/v1/sign", {"keyId": ref, "payload": ""}, **theirs)
        assert (answer.status, answer.details) == (404, {"field": "keyId"}), answer
    assert s.client.get("/v1/hybrid-keys", **theirs).data == []
    assert s.client.get("/v1/hybrid-keys?cursor=" + cursor, **theirs).code == "BAD_CURSOR"
    policy = s.policy()
    assert s.client.get("/v1/attestation-policies/" + policy, **theirs).status == 404
    answer = s.client.post("/v1/hybrid-keys", {"name": "x", "attestationPolicyId": policy}, **theirs)
    assert (answer.status, answer.details) == (404, {"field": "attestationPolicyId"}), answer
    assert len(s.entries()) == before + 1, "only the policy's own entry was added"


def defaults(s):
    """What the settings say counts where a request is silent, and an algorithm can do it."""
    settings = "/v1/vault/settings"
    assert s.client.call("PUT", settings, {"defaultSignatureFormat": "concat"}).status == 200
    assert s.key("default format")["signatureFormat"] == "concat"
    assert s.key("has no concat", algorithm="mldsa87+ed448")["signatureFormat"] == "composite"
    assert s.key("pure", algorithm="mldsa44")["signatureFormat"] == "pure"
    assert s.key("as asked", signatureFormat="envelope")["signatureFormat"] == "envelope"
    aws = {"keyArn": "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-0000-0000-000000000000",
           "roleArn": "arn:aws:iam::111122223333:role/signer"}
    assert s.client.call("PUT", settings, {"defaultKekProvider": "aws-kms", "aws": aws}).status == 200
    answer = s.client.post("/v1/hybrid-keys", {"name": "nowhere"})
    assert (answer.status, answer.code, answer.details) == (422, "PROVIDER_NOT_AVAILABLE", {"field": "kekProvider", "reason": "PROVIDER_ROLE"})
    assert s.key("here", kekProvider="env")["providers"]["kek"] == "env"
    assert s.client.delete(settings).status == 200
    assert s.key("no default")["signatureFormat"] == "composite"


def vault_policies(s):
    """Creating and rotating are measured against the vault policies, before the enclave is asked."""
    def rule(name, action, **members):
        answer = s.client.post("/v1/policies", {"name": name, "action": action, "rule": {
            "matchOperation": "key_create", **members}})
        assert answer.status == 200, answer
        return answer.data["id"]

    weak = s.key("weak", algorithm="mldsa44")["id"]
    strict = rule("strong only", "enforce", minPqLevel=3)
    before = len(s.entries())
    for answer in (s.client.post("/v1/hybrid-keys", {"name": "weak too", "algorithm": "mldsa44"}),
                   s.client.post(f"/v1/hybrid-keys/{weak}/rotate", {})):
        assert (answer.status, answer.code) == (422, "POLICY_VIOLATED"), answer
        assert answer.details["policyId"] == strict and answer.details["rule"] == "minPqLevel"
    assert [e["eventType"] for e in s.entries()[before:]] == ["policy.violated"] * 2
    assert s.client.get("/v1/hybrid-keys/" + weak).data["status"] == "active"
    watched = rule("hybrids", "warn", requireHybrid=True)
    before = len(s.entries())
    made = s.key("pure and strong", algorithm="mldsa65")
    rotated = s.client.post(f"/v1/hybrid-keys/{made['id']}/rotate", {}).data
    for key in (made, rotated):
        assert key["warnings"] == [{"policyId": watched, "name": "hybrids", "rule": "requireHybrid"}], key
    assert [e["eventType"] for e in s.entries()[before:]] == ["key.created", "policy.violated", "key.rotated",
                                                              "policy.violated"]
    assert "warnings" not in s.key("hybrid and strong")
    release = rule("released to the enclave", "enforce", requireKeyRelease="attested")
    answer = s.client.post("/v1/hybrid-keys", {"name": "local"})
    assert (answer.status, answer.details["policyId"]) == (422, release), answer


def test():
    with Service(start=False) as s:
        other = s.other_org()
        s.start()
        made = create(s)
        cursor = pages(s, made)
        revoke(s, made)
        foreign(s, made, other, cursor)
        events = [e["eventType"] for e in s.entries()]
        assert events.count("key.created") == len(COMPOSITES) + 2 and events.count("key.revoked") == 2
        together(s)
        defaults(s)
        vault_policies(s)
        s.alive()


if __name__ == "__main__":
    run(test)
