#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The PQ Signer door with a hostile host: rows, users, answers and a KMS that are not what they were. No signature and no
key comes out, the client is told one of two things and nothing else, and operators find the cause."""

import json
import os
import re
import sqlite3
import urllib.request

from flow import b64, run
from flow_pq import Door, Zones, good, refused
from lying_agent import Liar, change_bytes, when

OPENS_NOT = ("SEAL_BROKEN", "KMS_RECIPIENT", "KMS_ANSWER")
GUARDS = ("pq_key_stays", "pq_key_fixed", "pq_birth_stays", "pq_birth_fixed")


def shape(answer):
    """What a client can see, but for what is always another: the id, the time, the rate's countdown."""
    status, headers, body = answer
    seen = {k: v for k, v in headers.items() if k not in ("X-Request-Id", "Date") and not k.startswith("X-RateLimit")}
    return json.dumps((status, seen, {**body, "request_id": len(body["request_id"])}), sort_keys=True)


class Table:
    """Rows of what goes wrong; every refusal looks the same, and its cause is in the log under the request's id."""

    def __init__(self, z):
        self.z, self.shapes, self.count = z, {"signing-failed": set(), "internal-error": set()}, 0

    def row(self, what, answer, cause, error="signing-failed"):
        try:
            refused(answer, error)
            line = re.search(answer[2]["request_id"] + r" POST /v1/pq-signer \d+ (\w+)", self.z.log("gateway"))
            assert line and line[1] in (cause if isinstance(cause, tuple) else (cause,)), (line and line[1], cause)
        except AssertionError as e:
            raise AssertionError(what) from e
        self.shapes[error].add(shape(answer))
        self.count += 1


def tampered(z, change):
    """The store as `change` left it, behind the backs of gateway and triggers; back again is what it returns."""
    assert z.stop("gateway") == 0
    db = sqlite3.connect(z.store)
    kept = db.execute("SELECT sql FROM sqlite_schema WHERE name IN (?, ?, ?, ?)", GUARDS).fetchall()
    for name in GUARDS:
        db.execute("DROP TRIGGER " + name)
    before = db.execute("SELECT * FROM pq_key").fetchall()
    db.execute("PRAGMA foreign_keys = OFF")
    change(db)
    for (sql,) in kept:
        db.execute(sql)
    db.commit()
    db.close()
    z.start_gateway()

    def restore(db):
        db.execute("DELETE FROM pq_key")
        db.executemany("INSERT INTO pq_key VALUES (?, ?, ?, ?, ?, ?, ?, ?)", before)
    return restore


def rows(z, t):
    def swap(db):
        a, b = (db.execute("SELECT sealed FROM pq_key WHERE user_id = ?", (u,)).fetchone()[0] for u in ("anna", "bert"))
        db.execute("UPDATE pq_key SET sealed = ? WHERE user_id = 'anna'", (b,))
        db.execute("UPDATE pq_key SET sealed = ? WHERE user_id = 'bert'", (a,))

    def flip(at):
        def change(db):
            for user, sealed in db.execute("SELECT user_id, sealed FROM pq_key").fetchall():
                bad = bytearray(sealed)
                bad[at] ^= 1
                db.execute("UPDATE pq_key SET sealed = ? WHERE user_id = ?", (bytes(bad), user))
        return change

    restore = tampered(z, swap)
    t.row("sealed keys swapped", z.door.sign("anna"), ("SEAL_BROKEN", "KMS_DENIED"))
    tampered(z, restore)
    for at in (40, -1, -40):
        tampered(z, flip(at))
        t.row(f"a bit of the sealed key, {at}", z.door.sign("anna"), ("SEAL_BROKEN", "KMS_DENIED", "INTERNAL"))
        tampered(z, restore)
    tampered(z, lambda db: db.execute("UPDATE pq_key SET user_id = 'carl' WHERE user_id = 'anna'"))
    t.row("a row under another user", z.door.sign("carl"), ("SEAL_BROKEN", "KMS_DENIED"))
    t.row("and none where it was", z.door.sign("anna"), "NOT_FOUND")
    tampered(z, restore)
    tampered(z, lambda db: db.execute("UPDATE pq_key SET algorithm = 'ML-DSA-65'"))
    t.row("another algorithm in the row", z.door.sign("anna", alg="ML-DSA-65"), "SEAL_BROKEN")
    t.row("and the old one asked for", z.door.sign("anna"), "PQ_ALGORITHM")
    tampered(z, restore)
    tampered(z, lambda db: db.execute("UPDATE pq_key SET public_key = (SELECT public_key FROM pq_key WHERE user_id = 'bert')"))
    t.row("another public key in the row", z.door.sign("anna"), "BAD_SIGNATURE")
    tampered(z, restore)
    made = z.client.post("/v1/api-keys", {"name": "t", "type": "secret", "environment": "test", "scopes": ["pq-signer"]})
    realm = z.first["orgId"]
    good(Door(z, made.data["apiKey"]).make("of the test realm"))
    test = z.record("of the test realm")[0][0]
    assert test != realm
    restore = tampered(z, lambda db: db.execute("UPDATE pq_key SET org = ? WHERE user_id = 'anna'", (test,)))
    t.row("a row given to another realm", Door(z, made.data["apiKey"]).sign("anna"), "SEAL_BROKEN")
    t.row("which is gone for its own", z.door.sign("anna"), "NOT_FOUND")
    tampered(z, restore)
    good(z.door.sign("anna"))


def kms(z, t):
    """What the KMS says, or what is made of it on the way."""
    for fault, cause, error in [
            ("throttle", "KMS_UNAVAILABLE", "internal-error"), ("error", "KMS_UNAVAILABLE", "internal-error"),
            ("unavailable", "KMS_UNAVAILABLE", "internal-error"), ("cut", "KMS_UNAVAILABLE", "internal-error"),
            ("garbage", ("KMS_UNAVAILABLE", *OPENS_NOT), None), ("deny", "KMS_DENIED", "signing-failed"),
            ("plaintext", "KMS_PLAINTEXT", "signing-failed"), ("replay", OPENS_NOT, "signing-failed"),
            ("other-recipient", OPENS_NOT, "signing-failed")]:
        for operation, ask in (("Decrypt", lambda: z.door.sign("anna")), ("GenerateDataKey", lambda: z.door.make("never"))):
            z.kms.faults(f"{fault},op={operation}")
            if fault == "replay":
                ask() # the answer that is replayed
            answer = ask()
            if error is None:
                t.row(f"{fault} of {operation}", answer, cause, answer[2].get("error"))
            else:
                t.row(f"{fault} of {operation}", answer, cause, error)
            assert not error == "signing-failed" or fault == "replay" or z.record("never") == (None, None)
            if z.record("never") != (None, None): # made before the replay
                break
        z.kms.faults()
        good(z.door.sign("anna")) # the agent leaves a key alone that fails again and again
    z.kms.faults("other-key,op=Decrypt")
    t.row("another data key", z.door.sign("anna"), "SEAL_BROKEN")
    z.kms.faults()
    z.kms.call("DisableKey", {"KeyId": z.arn})
    t.row("the KMS's key disabled", z.door.sign("anna"), "KMS_DENIED")
    t.row("and no key made with it", z.door.make("never-2"), "KMS_DENIED")
    z.kms.call("EnableKey", {"KeyId": z.arn})
    good(z.door.sign("anna"))


def agent(z, t):
    """The agent, or whoever sits between it and the gateway."""
    assert z.stop("gateway") == 0
    liar = Liar(z)
    liar.start()
    z.agent_socket = "liar.sock"
    z.start_gateway()
    kept = {}

    def keep(request, reply):
        kept[request["type"]] = reply
        return reply
    liar.lie = keep
    good(z.door.make("dora"))
    good(z.door.sign("dora", b"first", request_attestation=True))
    first = dict(kept)

    def changed(**members):
        return lambda request, reply: {**reply, **{k: (v(reply[k]) if callable(v) else v) for k, v in members.items()}}
    sign = lambda: z.door.sign("dora", b"second", request_attestation=True)
    for what, lie, cause in [
            ("an old answer", lambda request, reply: first["PqSign"], "BAD_SIGNATURE"),
            ("a bit of the signature", changed(signature=change_bytes), "BAD_SIGNATURE"),
            ("another public key", changed(publicKey=first["PqGenerateKey"]["publicKey"][:-8] + "AAAAAAA="), "BAD_SIGNATURE"),
            ("the old attestation", changed(attestation=first["PqSign"]["attestation"]), ("ATT_COMMITMENT_MISMATCH", "ATT_NONCE_MISMATCH")),
            ("a birth attestation in its place", changed(attestation=first["PqGenerateKey"]["birthAttestation"]),
             ("ATT_COMMITMENT_MISMATCH", "ATT_NONCE_MISMATCH")),
            ("a bit of the attestation", changed(attestation=change_bytes), None)]:
        liar.lie = when("PqSign", lie)
        answer = sign()
        t.row(what, answer, cause or re.search(answer[2]["request_id"] + r" POST \S+ \d+ (ATT_\w+)", z.log("gateway"))[1])
    make = iter(range(1000))
    for what, lie, cause in [
            ("an old birth", changed(**{k: v for k, v in first["PqGenerateKey"].items() if k not in ("type", "version")}), "BIRTH_USER"),
            ("an old birth attestation", changed(birthAttestation=first["PqGenerateKey"]["birthAttestation"]), "BIRTH_PUBLIC_KEY"),
            ("another public key", changed(publicKey=first["PqGenerateKey"]["publicKey"]), "BIRTH_PUBLIC_KEY"),
            ("another wrapped data key", changed(wrappedDk=change_bytes), "BIRTH_WRAPPED_DK"),
            ("another time", changed(createdAtMs=first["PqGenerateKey"]["createdAtMs"]), "BIRTH_CREATED"),
            ("an attestation of a signature", changed(birthAttestation=first["PqSign"]["attestation"]), "BIRTH_FORMAT"),
            ("a sealed key with another bit", changed(sealed=change_bytes), "ATT_NONCE_MISMATCH"),
            ("another sealed key", changed(sealed=first["PqGenerateKey"]["sealed"]), "ATT_NONCE_MISMATCH"),
            ("a better word for how the data key came", changed(keyRelease="attested"), "ATT_NONCE_MISMATCH"),
            ("another version of the enclave", changed(enclaveVersion="0.1.1"), "ATT_NONCE_MISMATCH")]:
        liar.lie = when("PqGenerateKey", lie)
        user = f"lied-{next(make)}"
        t.row(what, z.door.make(user), cause)
        assert z.record(user) == (None, None), what
    for what, twist in [("another user", {"userId": "anna"}), ("another key of the KMS", {"kmsKeyArn": z.kms.create_key()["Arn"]})]:
        liar.lie = lambda request, reply: reply
        liar.twist = lambda request: {**request, **twist} if request["type"] == "PqGenerateKey" else request
        user = f"twisted-{next(make)}"
        t.row(what + " on the way", z.door.make(user), ("BIRTH_USER", "BIRTH_KMS_KEY"))
        assert z.record(user) == (None, None), what
    anna = b64(z.record("anna")[0][6])
    for what, twist in [("another message", {"message": b64(b"third")}), ("another user", {"userId": "anna"}),
                        ("another row", {"sealed": anna}), ("both", {"userId": "anna", "sealed": anna})]:
        liar.twist = lambda request: {**request, **twist} if request["type"] == "PqSign" else request
        t.row(what + " on the way to the enclave", sign(), ("BAD_SIGNATURE", "SEAL_BROKEN", "KMS_DENIED"))
    liar.twist = lambda request: request
    for what, lie in [("no answer", lambda request, reply: None), ("an answer to another question", changed(type="PqGenerateKey")),
                      ("half an answer", lambda request, reply: {"type": "PqSign", "version": 1}),
                      ("an error that there is none of", lambda request, reply: {"type": "Error", "version": 1, "code": "MOON"})]:
        liar.lie = when("PqSign", lie)
        t.row(what, sign(), ("ENCLAVE_UNAVAILABLE", "INTERNAL"), "internal-error")
    liar.lie = lambda request, reply: reply
    good(sign())


def outages(z, t):
    """Zones that are not there; they come back by themselves."""
    z.kms.faults()
    z.stop("enclave", 9)
    t.row("no enclave", z.door.sign("anna"), "ENCLAVE_UNAVAILABLE", "internal-error")
    z.start_enclave()
    good(z.door.sign("anna"))
    z.stop("agent", 9)
    os.unlink(z.path("agent.sock"))
    t.row("no agent", z.door.sign("anna"), "ENCLAVE_UNAVAILABLE", "internal-error")
    z.start_agent()
    good(z.door.sign("anna"))
    z.kms.stop()
    t.row("no KMS", z.door.sign("anna"), "KMS_UNAVAILABLE", "internal-error")
    t.row("no KMS at birth", z.door.make("never-3"), "KMS_UNAVAILABLE", "internal-error")


def told(z, t):
    text = urllib.request.urlopen(f"http://127.0.0.1:{z.ready['metricsPort']}/metrics", timeout=30).read().decode()
    counted = re.findall(r'countersign_pq_signer_failures_total\{class="([a-z-]+)",cause="(\w+)"\} (\d+)', text)
    assert ("internal-error", "KMS_UNAVAILABLE", "2") in counted, counted
    for error, shapes in t.shapes.items():
        assert len(shapes) == 1, f"answers of {error} can be told apart: {shapes}"
    assert t.count > 45, t.count
    log = z.log("gateway") + z.log("agent") + z.log("enclave")
    assert "hello" not in log and b64(b"hello") not in log


def test():
    with Zones() as z:
        t = Table(z)
        for user in ("anna", "bert"):
            good(z.door.make(user))
        t.row("a user_id that is taken", z.door.make("anna"), "CONFLICT")
        t.row("nobody", z.door.sign("nobody"), "NOT_FOUND")
        kms(z, t)
        rows(z, t)
        agent(z, t)
        outages(z, t)
        told(z, t)


if __name__ == "__main__":
    run(test)
