#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Public keys of callers: registered by proof of possession over a challenge that is good once and for a while, or generated
with a private key that is shown once; listed, and revoked for good."""

import sqlite3
import threading

from flow import Client, Service, run
from flow_pair import Door, Pq, Signer, hexed

SIZES = {"ml-dsa-44": (1312, 2560), "ml-dsa-65": (1952, 4032), "ml-dsa-87": (2592, 4896)}
PREFIX = b"countersign/key-registration/v1\n"


def registered(door, s):
    keys = {}
    for level in ("44", "65", "87"):
        pq = Pq(level)
        data = door.register(pq, label="treasury " + level, chain="polygon")
        assert data["id"].startswith("pqk_") and data["publicKey"] == hexed(pq.public), data
        assert (data["algorithm"], data["chain"], data["label"]) == (pq.algorithm, "polygon", "treasury " + level), data
        assert (data["status"], data["origin"], data["environment"]) == ("active", "registered", "live"), data
        assert data["revokedAt"] is None and door.data("GET", "/v1/keys/" + data["id"]) == data
        keys[data["id"]] = pq
    entries = [e for e in s.entries() if e["eventType"] == "hybrid_attestation.key_registered"]
    assert [e["subjectId"] for e in entries] == list(keys)
    assert all("treasury" not in str(e) and set(e["data"]) == {
        "requestId", "algorithm", "chain", "publicKeySha256", "origin"} for e in entries), "digests only"
    return keys


def challenges(door, s):
    challenge = bytes.fromhex(door.challenge()[2:])
    assert challenge.startswith(PREFIX) and len(challenge) == len(PREFIX) + 32
    assert door.challenge() != door.challenge()

    pq = Pq("44")
    body = door.registration(pq)
    newest = {k: v for k, v in body.items() if k != "challenge"}
    door.challenge()  # which is the newest one now
    door.refused("POST", "/v1/keys/register", newest, 422, "PQC_004")
    for change in ({"challenge": "0x00"}, {"challenge": hexed(PREFIX + bytes(31))}, {"challenge": hexed(b"x" * 64)},
                   {"challenge": "0x" + body["challenge"][2:-2] + "0"}, {"challenge": "zz"}):
        details = door.refused("POST", "/v1/keys/register", {**body, **change}, 400, "GEN_001")
        assert details == {"reason": "BAD_CHALLENGE", "field": "challenge"}, details
    own = PREFIX + bytes(32)  # of the right form, signed rightly, but none of ours
    made_up = {**body, "challenge": hexed(own), "proof": hexed(pq.sign(own))}
    assert door.refused("POST", "/v1/keys/register", made_up, 400, "GEN_001")["reason"] == "BAD_CHALLENGE"

    door.data("POST", "/v1/keys/register", body, status=201)
    other = Pq("44")
    again = {**body, "publicKey": hexed(other.public), "proof": hexed(other.sign(bytes.fromhex(body["challenge"][2:])))}
    details = door.refused("POST", "/v1/keys/register", again, 400, "GEN_001")
    assert details["reason"] == "BAD_CHALLENGE", "a challenge is good once"
    fresh = door.registration(other)
    del fresh["challenge"]
    door.data("POST", "/v1/keys/register", fresh, status=201)

    # A challenge is of its org; and it ends.
    mine = door.registration(Pq("44"))
    stranger = Door(s, s.other)
    assert stranger.refused("POST", "/v1/keys/register", mine, 400, "GEN_001")["reason"] == "BAD_CHALLENGE"
    assert s.stop("gateway") == 0
    db = sqlite3.connect(s.store)
    assert db.execute("UPDATE challenge SET expires_ms = 1").rowcount > 0
    db.commit()
    db.close()
    s.start_gateway()
    late = Door(s)
    assert late.refused("POST", "/v1/keys/register", mine, 400, "GEN_001")["reason"] == "BAD_CHALLENGE"
    del mine["challenge"]
    assert late.refused("POST", "/v1/keys/register", mine, 400, "GEN_001")["reason"] == "BAD_CHALLENGE"
    return late


def refused(door):
    pq = Pq("65")
    body = door.registration(pq)
    other = Pq("65")
    cases = [
        ({"proof": hexed(other.sign(bytes.fromhex(body["challenge"][2:])))}, 422, "PQC_004", "proof"),
        ({"publicKey": hexed(other.public)}, 422, "PQC_004", "proof"),
        ({"proof": body["proof"][:-2]}, 422, "PQC_004", "proof"),
        ({"proof": "0x"}, 422, "PQC_004", "proof"),
        ({"proof": "0x1"}, 400, "GEN_001", "proof"),
        ({"algorithm": "ml-dsa-64"}, 400, "PQC_001", "algorithm"),
        ({"algorithm": "ml-dsa-87"}, 400, "PQC_002", "publicKey"),
        ({"publicKey": body["publicKey"][:-2]}, 400, "PQC_002", "publicKey"),
        ({"publicKey": body["publicKey"] + "00"}, 400, "PQC_002", "publicKey"),
        ({"publicKey": "0xno"}, 400, "PQC_002", "publicKey"),
        ({"chain": "dogecoin"}, 400, "GEN_001", "chain"),
        ({"label": ""}, 400, "GEN_001", "label"),
        ({"label": "a\u202eb"}, 400, "GEN_001", "label"),
        ({"label": "x" * 129}, 400, "GEN_001", "label"),
        ({"labl": "x"}, 400, "GEN_001", "labl"),
        ({"environment": "test"}, 403, "AUTH_004", "environment"),
        ({"publicKey": None}, 400, "GEN_001", "publicKey"),
    ]
    for change, status, code, field in cases:
        assert door.refused("POST", "/v1/keys/register", {**body, **change}, status, code)["field"] == field, change
    for name in ("publicKey", "algorithm", "proof"):
        less = {k: v for k, v in body.items() if k != name}
        assert door.refused("POST", "/v1/keys/register", less, 400, "GEN_001")["field"] == name
    door.data("POST", "/v1/keys/register", body, status=201)
    details = door.refused("POST", "/v1/keys/register", door.registration(pq), 409, "GEN_001")
    assert details == {"reason": "ALREADY_REGISTERED", "field": "publicKey"}, details


def generated(door, s):
    made = {}
    for algorithm, (public, expanded) in SIZES.items():
        for form, size in (("expanded", expanded), ("seed", 32), (None, expanded)):
            body = {"algorithm": algorithm, **({"format": form} if form else {})}
            data = door.data("POST", "/v1/keys/generate", body, status=201)
            assert (len(data["publicKey"]), len(data["privateKey"])) == (2 + 2 * public, 2 + 2 * size), algorithm
            assert (data["origin"], data["privateKeyFormat"]) == ("generated", form or "expanded"), data
            assert data["privateKey"] not in made, "a fresh key each"
            made[data["privateKey"]] = data["id"]
            again = door.data("GET", "/v1/keys/" + data["id"])
            assert "privateKey" not in again and again["publicKey"] == data["publicKey"]
    for change, code in (({"algorithm": "rsa"}, "PQC_001"), ({"algorithm": "ml-dsa-44", "format": "pem"}, "GEN_001"), ({}, "GEN_001"),
                         ({"algorithm": "ml-dsa-44", "chain": 1}, "GEN_001")):
        door.refused("POST", "/v1/keys/generate", change, 400, code)
    # What is shown once is not replayed, and lies nowhere.
    headers = {"Idempotency-Key": "once"}
    first = door.data("POST", "/v1/keys/generate", {"algorithm": "ml-dsa-44", "format": "seed"}, status=201, headers=headers)
    details = door.refused("POST", "/v1/keys/generate", {"algorithm": "ml-dsa-44", "format": "seed"}, 409, "GEN_001", headers=headers)
    assert details["reason"] == "SECRET_NOT_REPLAYABLE", details
    made[first["privateKey"]] = first["id"]
    assert s.stop("gateway") == 0
    with open(s.store, "rb") as f:
        stored = f.read()
    for private in made:
        assert bytes.fromhex(private[2:]) not in stored and private[2:].encode() not in stored
        assert private[2:] not in s.log("gateway") + s.log("agent") + s.log("enclave")
    s.start_gateway()
    return Door(s)


def listed_and_revoked(door, s, keys):
    everything = door.data("GET", "/v1/keys?limit=200")
    ids = [k["id"] for k in everything]
    assert ids == sorted(ids, reverse=True) and set(keys) <= set(ids)
    for query, fits in (("algorithm=ml-dsa-87", lambda k: k["algorithm"] == "ml-dsa-87"),
                        ("chain=polygon", lambda k: k["chain"] == "polygon")):
        assert door.data("GET", "/v1/keys?limit=200&" + query) == [k for k in everything if fits(k)]
    page = door.call("GET", "/v1/keys?limit=2").json
    rest = door.data("GET", "/v1/keys?limit=200&cursor=" + page["pagination"]["nextCursor"])
    assert page["data"] + rest == everything
    door.refused("GET", "/v1/keys?algorithm=rsa", None, 400, "PQC_001")

    thing, pq = next(iter(keys.items()))
    signer = Signer()
    attested = door.attest(signer, pq, b"before")
    first = door.data("DELETE", "/v1/keys/" + thing)
    assert set(first) == {"id", "revokedAt"} and door.data("DELETE", "/v1/keys/" + thing) == first, "twice is once"
    one = door.data("GET", "/v1/keys/" + thing)
    assert (one["status"], one["revokedAt"]) == ("revoked", first["revokedAt"]), one
    assert thing not in [k["id"] for k in door.data("GET", "/v1/keys?limit=200")]
    assert thing in [k["id"] for k in door.data("GET", "/v1/keys?limit=200&includeRevoked=true")]
    door.refused("POST", "/v1/sign/hybrid", door.pair(signer, pq, b"after"), 422, "PQC_005")
    details = door.refused("POST", "/v1/keys/register", door.registration(pq), 409, "GEN_001")
    assert details["reason"] == "ALREADY_REGISTERED", "what is revoked stays so"
    assert door.data("POST", "/v1/verify", {"attestationId": attested["id"]})["valid"], "what was attested stays so"
    assert [e["subjectId"] for e in s.entries() if e["eventType"] == "hybrid_attestation.key_revoked"] == [thing]
    for method in ("GET", "DELETE"):
        for nothing in ("pqk_" + "0" * 26, "pqk_1", "none"):
            door.refused(method, "/v1/keys/" + nothing, None, 404, "GEN_001")
    for method, path in (("PUT", "/v1/keys"), ("POST", "/v1/keys/" + thing), ("DELETE", "/v1/attestations")):
        assert "GET" in door.call(method, path, {}).headers["Allow"]
        door.refused(method, path, {}, 405, "GEN_001")


def revoked_in_the_midst(s):
    """Whatever is under way meanwhile: behind the entry of a revocation stands no attestation of the key."""
    door, signer, pq = Door(s), Signer(), Pq("44")
    thing = door.register(pq)["id"]
    pair, acknowledged, begun = door.pair(signer, pq, b"again and again"), threading.Event(), threading.Barrier(7)
    late = []

    def attest():
        mine, after = Door(s), False
        assert mine.call("POST", "/v1/sign/hybrid", pair).status == 201
        begun.wait()
        while not after:
            after = acknowledged.is_set()
            answer = mine.call("POST", "/v1/sign/hybrid", pair)
            if after:
                late.append(answer)

    threads = [threading.Thread(target=attest) for _ in range(6)]
    for t in threads:
        t.start()
    begun.wait()
    assert door.data("DELETE", "/v1/keys/" + thing)["id"] == thing
    acknowledged.set()
    for t in threads:
        t.join()
    assert [(a.status, a.json["error"]["code"]) for a in late] == [(422, "PQC_005")] * 6, late
    entries = s.entries()
    revoked = next(i for i, e in enumerate(entries) if e["eventType"].endswith(".key_revoked") and e["subjectId"] == thing)
    created = [i for i, e in enumerate(entries) if e["data"].get("pqcKeyId") == thing]
    assert len(created) >= 6 and max(created) < revoked, (created, revoked)


def test():
    with Service(start=False) as s:
        s.other = s.other_org()
        s.start()
        door = Door(s)
        keys = registered(door, s)
        door = challenges(door, s)
        refused(door)
        door = generated(door, s)
        listed_and_revoked(door, s, keys)
        revoked_in_the_midst(s)
        assert Client(s.url, s.api_key).get("/v1/stats").data["registeredKeys"] == len(door.data("GET", "/v1/keys?limit=200"))
        s.alive()


if __name__ == "__main__":
    run(test)
