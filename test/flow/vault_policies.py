#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Vault policies: their life, what they refuse, warn of and record, and that what cannot be read refuses everything."""

import sqlite3
import threading

from flow import Client, Service, b64, run

POLICIES = "/v1/policies"


def expect(answer, status, code, field=None):
    assert (answer.status, answer.code) == (status, code), answer
    assert field is None or answer.details["field"] == field, answer


def violated(answer, policy, rule):
    expect(answer, 422, "POLICY_VIOLATED")
    assert answer.details == {"policyId": policy["id"], "rule": rule}, answer


def create(s, rule, **members):
    answer = s.client.post(POLICIES, {"name": "p", "rule": rule, **members})
    assert answer.status == 200, answer
    return answer.data


def drop(s, *policies):
    for policy in policies:
        answer = s.client.delete(f"{POLICIES}/{policy['id']}")
        assert answer.data["id"] == policy["id"] and answer.data["deletedAt"], answer


def events(s, kind):
    return [e for e in s.entries() if e["eventType"] == kind]


def life(s):
    first = create(s, {"requireHybrid": True}, enabled=False)
    assert {m: first[m] for m in ("action", "enabled", "environments", "description", "rule")} == {
        "action": "enforce", "enabled": False, "environments": [], "description": "",
        "rule": {"matchOperation": "*", "requireHybrid": True}}
    path = f"{POLICIES}/{first['id']}"
    assert s.client.get(path).data == first and first["createdAt"] == first["updatedAt"]
    second = s.client.call("PATCH", path, {"description": "why", "environments": ["prod"]}).data
    assert second == {**first, "description": "why", "environments": ["prod"], "updatedAt": second["updatedAt"]}
    third = s.client.call("PATCH", path, {"rule": {"minTier": 1, "matchOperation": "sign"}}).data
    assert third["rule"] == {"matchOperation": "sign", "minTier": 1}, "the rule is replaced whole"
    rows = [
        ({"name": ""}, 400, "BAD_FIELD", "name"),
        ({"action": "allow"}, 400, "BAD_FIELD", "action"),
        ({"rule": {}}, 400, "RULE_EMPTY", "rule"),
        ({"rule": {"minTier": 4}}, 400, "BAD_FIELD", "rule.minTier"),
        ({"rule": None}, 400, "BAD_FIELD", "rule"),
        ({"id": first["id"]}, 400, "UNKNOWN_FIELD", "id"),
        ({"createdAt": first["createdAt"]}, 400, "UNKNOWN_FIELD", "createdAt"),
        ({"enabled": 1}, 400, "BAD_FIELD", "enabled"),
        ([], 400, "BAD_JSON", None),
    ]
    for body, status, code, field in rows:
        expect(s.client.call("PATCH", path, body), status, code, field)
    expect(s.client.post(POLICIES, {"name": "p", "rule": {"algorithmIn": ["rsa"]}}), 400, "UNKNOWN_ALGORITHM",
           "rule.algorithmIn")
    expect(s.client.post(POLICIES, {"rule": {"minTier": 1}}), 400, "MISSING_FIELD", "name")
    assert s.client.get(path).data == third, "nothing of it has changed"
    others = [create(s, {"minTier": 1}, enabled=False, name=f"p{i}") for i in range(4)]
    paged, cursor = [], ""
    while cursor is not None:
        answer = s.client.get(f"{POLICIES}?limit=2{cursor and '&cursor=' + cursor}")
        paged, cursor = paged + answer.data, answer.json["pagination"]["nextCursor"]
    assert paged == sorted([third, *others], key=lambda p: p["id"], reverse=True), paged
    for client, status in ((Client(s.url, s.other), 404), (Client(s.url, s.publishable), 403)):
        for method, body in (("GET", None), ("PATCH", {"enabled": True}), ("DELETE", None)):
            assert client.call(method, path, body).status == status
    drop(s, third, *others)
    for answer in (s.client.get(path), s.client.delete(path), s.client.call("PATCH", path, {"name": "x"})):
        expect(answer, 404, "NOT_FOUND")
    kinds = [e["eventType"] for e in s.entries() if e["subjectId"] == first["id"]]
    assert kinds == ["policy.created", "policy.updated", "policy.updated", "policy.deleted"], kinds


def limit(s):
    made = []
    while True:
        answer = s.client.post(POLICIES, {"name": "p", "enabled": False, "rule": {"minTier": 1}})
        if answer.status != 200:
            break
        made.append(answer.data)
    expect(answer, 409, "RULES_FULL")
    assert len(made) == 64
    drop(s, *made)


def signing(s, key):
    """Refused before the enclave is asked: nothing is signed, the refusal is recorded."""
    before = s.database().execute("SELECT count(*) FROM signature").fetchone()[0]
    policy = create(s, {"matchOperation": "sign", "minTier": 1})
    s.stop("agent")
    violated(s.sign("plain", b"x"), policy, "minTier")
    s.start_agent()
    assert s.database().execute("SELECT count(*) FROM signature").fetchone()[0] == before
    entry = events(s, "policy.violated")[-1]
    assert (entry["subjectId"], entry["data"]["keyId"]) == (policy["id"], key["id"])
    assert entry["data"]["refused"] is True and entry["data"]["operation"] == "sign"
    assert entry["data"]["violations"] == [{"action": "enforce", "policyId": policy["id"], "rule": "minTier"}]
    path = f"{POLICIES}/{policy['id']}"
    for change in ({"enabled": False}, {"enabled": True, "environments": ["staging"]},
                   {"environments": [], "rule": {"matchOperation": "verify", "minTier": 1}}):
        assert s.client.call("PATCH", path, change).status == 200
        signed = s.sign("plain", b"x")
        assert signed.status == 200 and "warnings" not in signed.data, signed
    return policy, signed.data


def verifying(s, policy, signed):
    body = {"payload": b64(b"x"), "signature": signed["signature"]}
    violated(s.client.post("/v1/verify", {**body, "keyId": signed["keyId"]}), policy, "minTier")
    violated(s.client.post("/v1/verify", {**body, "publicKey": signed["publicKey"]}), policy, "minTier")
    assert events(s, "policy.violated")[-1]["data"]["operation"] == "verify"
    assert s.client.call("PATCH", f"{POLICIES}/{policy['id']}", {"action": "warn"}).status == 200
    answer = s.client.post("/v1/verify", {**body, "keyId": signed["keyId"]}).data
    assert answer["ok"] and answer["recorded"], answer
    assert answer["warnings"] == [{"policyId": policy["id"], "name": "p", "rule": "minTier"}]
    assert [e["eventType"] for e in s.entries()[-2:]] == ["signature.verified", "policy.violated"]
    drop(s, policy)


def warnings(s):
    warn = create(s, {"minTier": 1}, action="warn", name="warns")
    audit = create(s, {"minPqLevel": 5}, action="audit", name="audits")
    signed = s.sign("plain", b"x").data
    assert signed["warnings"] == [{"policyId": warn["id"], "name": "warns", "rule": "minTier"}], signed
    attested, noted = s.entries()[-2:]
    assert attested["eventType"].startswith("signature.") and noted["eventType"] == "policy.violated"
    assert noted["data"]["refused"] is False and noted["data"]["violationCount"] == 2
    assert [v["action"] for v in noted["data"]["violations"]] == ["warn", "audit"]
    drop(s, warn)
    assert "warnings" not in s.sign("plain", b"x").data, "who audits is not announced"
    assert events(s, "policy.violated")[-1]["subjectId"] == audit["id"]
    drop(s, audit)


def creating(s):
    """Each demand that a new key can fail, and one that it meets."""
    rows = [
        ({"algorithmIn": ["mldsa87"]}, {"algorithm": "mldsa87"}, {"algorithm": "mldsa87+ed448"}),
        ({"algorithmNotIn": ["mldsa44+ed25519"]}, {"algorithm": "mldsa44+ecdsa-p256"}, {"algorithm": "mldsa44+ed25519"}),
        ({"requireHybrid": True}, {"algorithm": "mldsa44+ed25519"}, {"algorithm": "mldsa87"}),
        ({"minPqLevel": 3}, {"algorithm": "mldsa65"}, {"algorithm": "mldsa44+ed25519"}),
        ({"minPqLevel": 5}, {"algorithm": "mldsa87+ed25519"}, {"algorithm": "mldsa65+ed25519"}),
        ({"requireAttested": True}, {"pqProvider": "enclave-mock", "attestationPolicyId": s.policy()}, {}),
        ({"requireAttested": True}, None, {"pqProvider": "enclave-mock", "attestationPolicyId": s.policy(enforce=False)}),
        ({"minTier": 1}, None, {}),
        ({"requireKeyRelease": "relayed"}, None, {}),
        ({"requireKeyRelease": "attested"}, None, {}),
    ]
    for i, (rule, good, bad) in enumerate(rows):
        policy = create(s, {"matchOperation": "key_create", **rule})
        [demand] = rule
        violated(s.client.post("/v1/hybrid-keys", {"name": f"bad{i}", **bad}), policy, demand)
        if good is not None:
            s.key(f"good{i}", **good)
        assert s.sign("plain", b"x").status == 200, "only creation is concerned"
        drop(s, policy)
    made = [k["name"] for k in s.client.get("/v1/hybrid-keys?limit=100").data]
    assert not any(n.startswith("bad") for n in made), made


def rotating(s):
    """A successor is a new key."""
    old = s.key("rotated", algorithm="mldsa44+ed25519")
    policy = create(s, {"matchOperation": "key_create", "minPqLevel": 3})
    violated(s.client.post(f"/v1/hybrid-keys/{old['id']}/rotate", {}), policy, "minPqLevel")
    assert s.client.get("/v1/hybrid-keys/" + old["id"]).data["status"] == "active"
    drop(s, policy)
    assert s.client.post(f"/v1/hybrid-keys/{old['id']}/rotate", {}).status == 200


def environments(s):
    policy = create(s, {"requireHybrid": True}, environments=["production", "staging"])
    for i, (environment, refused) in enumerate((("production", True), ("staging", True), ("development", False))):
        answer = s.client.post("/v1/hybrid-keys", {"name": f"env{i}", "algorithm": "mldsa65", "environment": environment})
        assert (answer.status == 422) is refused, answer
    drop(s, policy)


def at_once(s):
    """Changes are made one after another: none is lost."""
    policy = create(s, {"minTier": 1}, enabled=False)
    path = f"{POLICIES}/{policy['id']}"
    changes = [{"description": "d"}, {"environments": ["e"]}, {"name": "n"}, {"action": "audit"}]
    start = threading.Barrier(len(changes))
    answers = []

    def change(body):
        client = Client(s.url, s.api_key)
        start.wait()
        answers.append(client.call("PATCH", path, body).status)
        client.close()

    threads = [threading.Thread(target=change, args=(body,)) for body in changes]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert answers == [200] * len(changes), answers
    now = s.client.get(path).data
    assert all(now[m] == v for body in changes for m, v in body.items()), now
    drop(s, policy)


def damage(s):
    """A policy that cannot be read refuses everything until it is deleted."""
    policy = create(s, {"matchOperation": "verify", "minTier": 1}, action="audit", environments=["nowhere"])
    path = f"{POLICIES}/{policy['id']}"
    signed = s.sign("plain", b"x").data
    s.stop("gateway")
    db = sqlite3.connect(s.store)
    [[text]] = db.execute("SELECT text FROM vault_policy WHERE id = ?", (policy["id"],)).fetchall()
    changed = text.replace('"minTier":1', '"minTier":9')
    assert changed != text
    db.execute("UPDATE vault_policy SET text = ? WHERE id = ?", (changed, policy["id"]))
    db.commit()
    db.close()
    s.start_gateway()
    violated(s.sign("plain", b"x"), policy, "rule")
    violated(s.client.post("/v1/verify", {"keyId": signed["keyId"], "payload": b64(b"x"),
                                          "signature": signed["signature"]}), policy, "rule")
    violated(s.client.post("/v1/hybrid-keys", {"name": "never"}), policy, "rule")
    shown = s.client.get(path).data
    assert shown["damaged"] is True and "rule" not in shown, shown
    assert s.client.get(POLICIES).data == [shown]
    expect(s.client.call("PATCH", path, {"enabled": False}), 409, "CONFLICT")
    drop(s, policy)
    assert s.sign("plain", b"x").status == 200


def test():
    with Service(start=False) as s:
        s.other = s.other_org()
        s.start()
        life(s)
        limit(s)
        key = s.key("plain")
        verifying(s, *signing(s, key))
        warnings(s)
        creating(s)
        rotating(s)
        environments(s)
        at_once(s)
        damage(s)
        s.entries()
        s.alive()


if __name__ == "__main__":
    run(test)
