#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The PQ Signer door through all zones: keys whose data key a KMS releases to the attested enclave, signatures with them
that somebody else verifies, births and attestations that the verifier offline accepts; what is in records and ledger."""

import base64
import hashlib
import re
import uuid

from flow import run
from flow_pq import Door, Zones, good, ml_dsa_verifies, refused, verify_birth

SIZES = {"ML-DSA-44": (1312, 2420), "ML-DSA-65": (1952, 3309), "ML-DSA-87": (2592, 4627)}


def unb64(text):
    return base64.b64decode(text, validate=True)


def keys_of_each_size(z):
    for alg, (key_size, signature_size) in SIZES.items():
        user = f"customer-{alg}"
        made = good(z.door.make(user, alg))
        assert set(made) == {"user_id", "mldsa_pubkey", "birth_attestation", "enclave_version"}
        assert made["user_id"] == user and made["enclave_version"] == "0.1.0"
        public = unb64(made["mldsa_pubkey"])
        assert len(public) == key_size
        for message in (b"", b"x", bytes(range(64))):
            signed = good(z.door.sign(user, message, alg))
            assert set(signed) == {"mldsa_signature", "mldsa_public_key"}
            assert unb64(signed["mldsa_public_key"]) == public
            signature = unb64(signed["mldsa_signature"])
            assert len(signature) == signature_size
            assert message == b"" or ml_dsa_verifies(z, public, message, signature, alg) # an empty file is not read there
            assert not ml_dsa_verifies(z, public, message + b"!", signature, alg)
        for other in set(SIZES) - {alg}:
            refused(z.door.sign(user, b"x", other))
        row, birth = z.record(user)
        size = len(user) + sum(len(x) for x in row if isinstance(x, (bytes, str))) + 8
        assert size < 4096, "the row that is read for each signature"
        assert row[:4] == (z.first["orgId"], alg, z.arn, "relayed") and row[5] == public
        assert birth[0] == "0.1.0" and birth[2] == unb64(made["birth_attestation"])


def user_ids(z):
    for user in ("a", "a" * 256, "é" * 128, "\u00fc", "u\u0308", "zwei\nZeilen\t", "𝄞", "' OR 1=1 --", '{"user_id":"x"}', "..", " "):
        assert good(z.door.make(user))["user_id"] == user, user
        good(z.door.sign(user))
    for user in (None, ""):
        minted = good(z.door.make(user))["user_id"]
        parsed = uuid.UUID(minted)
        assert parsed.version == 4 and str(parsed) == minted and parsed.variant == uuid.RFC_4122
        good(z.door.sign(minted))
    refused(z.door.make("a"))
    refused(z.door.make("a", "ML-DSA-65"))
    refused(z.door.sign("A"))


def attestations(z):
    made = good(z.door.make("attested"))
    told = good(z.door.sign("attested", b"message", request_attestation=True))
    assert set(told) == {"mldsa_signature", "mldsa_public_key", "attestation"}
    document = unb64(told["attestation"])
    assert hashlib.sha256(unb64(told["mldsa_signature"])).digest() in document, "its user_data"
    assert hashlib.sha256(b"message").digest() in document, "its nonce"
    assert "attestation" not in good(z.door.sign("attested", request_attestation=False))
    birth = made["birth_attestation"]
    code, out, err = verify_birth(z, birth, "attested")
    assert code == 0, (code, out, err)
    assert '"software_nsm":true' in out.replace(" ", "")
    other = good(z.door.make("other"))
    for changes in ({"user_id": "other"}, {"mldsa_pubkey": other["mldsa_pubkey"]}, {"kms_key_arn": z.arn + "x"},
                    {"created_at_ms": 1}, {"alg": "ML-DSA-65"}):
        code, out, err = verify_birth(z, birth, "attested", changes)
        assert code != 0, (changes, out)


def ledger(z):
    entries = [e for e in z.entries() if e["eventType"].startswith("pq_signer.")]
    subject = "sha256:" + hashlib.sha256(b"attested").hexdigest()
    mine = [e for e in entries if e["subjectId"] == subject]
    assert [e["eventType"] for e in mine] == ["pq_signer.key_created", "pq_signer.signed", "pq_signer.signed"]
    row, birth = z.record("attested")
    born = mine[0]["data"]
    assert born["sealedSha256"] == "sha256:" + hashlib.sha256(row[6]).hexdigest()
    assert born["birthSha256"] == "sha256:" + hashlib.sha256(birth[2]).hexdigest()
    assert mine[1]["data"]["payloadSha256"] == "sha256:" + hashlib.sha256(b"message").hexdigest()
    assert "documentSha256" in mine[1]["data"] and "documentSha256" not in mine[2]["data"]
    assert not [e for e in entries if "attested" in str(e).replace("attestation", "")], "digests only"


def realms(z):
    """Another realm's key is nobody's, and its user_id is taken."""
    answer = z.client.post("/v1/api-keys", {"name": "t", "type": "secret", "environment": "test", "scopes": ["pq-signer"]})
    test = Door(z, answer.data["apiKey"])
    refused(test.sign("attested"))
    refused(test.make("attested"))
    good(test.make("of the test realm"))
    good(test.sign("of the test realm"))
    refused(z.door.sign("of the test realm"))
    answer = z.client.post("/v1/api-keys", {"name": "s", "type": "secret", "environment": "live", "scopes": ["sign"]})
    refused(Door(z, answer.data["apiKey"]).sign("attested"))


def idempotency(z):
    once = {"Idempotency-Key": "once"}
    first = z.door.make("repeated", headers=once)
    again = z.door.make("repeated", headers=once)
    assert good(first) == good(again) and again[1]["Idempotency-Replayed"] == "true"
    refused(z.door.make("repeated-2", headers=once), "malformed-request")
    sign = {"Idempotency-Key": "sign"}
    assert good(z.door.sign("repeated", headers=sign)) == good(z.door.sign("repeated", headers=sign))
    assert good(z.door.sign("repeated")) != good(z.door.sign("repeated")), "hedged"


def restart(z):
    """A key outlives enclave, agent and gateway: all that it takes is in its record and the KMS."""
    for name in ("gateway", "agent", "enclave"):
        assert z.stop(name) == 0
    z.start_enclave()
    z.start_agent()
    z.start_gateway()
    good(z.door.sign("attested"))
    assert not re.search(r"aGVsbG8|hello", z.log("gateway") + z.log("agent") + z.log("enclave")), "no payload in a log"


def test():
    with Zones() as z:
        keys_of_each_size(z)
        user_ids(z)
        attestations(z)
        ledger(z)
        realms(z)
        idempotency(z)
        restart(z)
        z.alive()


if __name__ == "__main__":
    run(test)
