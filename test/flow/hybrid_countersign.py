#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Where a realm has an active key of purpose hybrid, every record is countersigned by the newest one, under its policy; the
countersignature is a signature like others, and its bundle proves it offline. Nobody else gets such bytes signed."""

import json
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor

from flow import Client, Service, b64, program, run
from flow_pair import G, N, Door, Pq, Signer, add, der, hexed, multiply
from flow_pair import P as FIELD

PREFIX = b"countersign/hybrid/v1\n"


def countersigned(s, door, signer, pq, key):
    entries = len(s.entries())
    data = door.attest(signer, pq, b"Hello World", metadata={"a": 1})
    one = door.data("GET", "/v1/attestations/" + data["id"])
    signature = one["countersignature"]
    assert one["countersignatureId"] == signature["id"] == data["countersignatureId"], one
    assert signature["keyId"] == key["id"] and signature["verdict"] == ("pass" if key["attestationPolicyId"] else "absent")
    payload = PREFIX + one["record"].encode()
    verified = s.client.post("/v1/verify", {"keyId": key["id"], "payload": b64(payload), "signature": signature["signature"]})
    assert verified.data["ok"], verified
    other = s.client.post("/v1/verify", {"keyId": key["id"], "payload": b64(payload + b" "), "signature": signature["signature"]})
    assert not other.data["ok"], other
    fresh = s.entries()[entries:]
    kinds = [e["eventType"] for e in fresh if e["eventType"] != "signature.verified"]
    issued = "signature.attested" if key["attestationPolicyId"] else "signature.issued"
    assert kinds == ["hybrid_attestation.created", issued], kinds
    assert fresh[0]["data"]["countersignatureId"] == signature["id"] and one["ledger"]["seq"] == fresh[0]["seq"]
    bundle = door.call("GET", f"/v1/attestations/{data['id']}/bundle")
    assert bundle.status == 200 and "bundle" in bundle.headers["Content-Type"], bundle
    assert bundle.raw == s.client.get(f"/v1/signatures/{signature['id']}/bundle").raw
    return data, one


def chosen(s, door, signer, pq):
    """The newest active one; suspended and revoked ones do not count, and callers have no say."""
    first, second = (s.key(name, purpose="hybrid") for name in ("first", "second"))
    countersigned(s, door, signer, pq, second)
    assert s.client.post(f"/v1/hybrid-keys/{second['id']}/suspend", {}).status == 200
    countersigned(s, door, signer, pq, first)
    assert s.client.post(f"/v1/hybrid-keys/{second['id']}/resume", {}).status == 200
    narrow = s.client.post("/v1/api-keys", {"name": "n", "type": "secret", "environment": "live", "scopes": ["hybrid"],
                                            "keyIds": [first["id"]]}).data["apiKey"]
    other = Door(s, narrow)
    data = other.attest(signer, pq, b"x")
    assert other.data("GET", "/v1/attestations/" + data["id"])["countersignature"]["keyId"] == second["id"]
    rotated = s.client.post(f"/v1/hybrid-keys/{second['id']}/rotate", {})
    assert rotated.status == 200, rotated
    countersigned(s, door, signer, pq, rotated.data)
    for key in (rotated.data, second, first):
        assert s.client.delete("/v1/hybrid-keys/" + key["id"]).status == 200
    data = door.attest(signer, pq, b"x")
    assert data["countersignatureId"] is None
    door.refused("GET", f"/v1/attestations/{data['id']}/bundle", None, 404, "GEN_001")


def reserved(s, key):
    """Neither can such a key be asked to sign, nor another one for such bytes."""
    answer = s.sign(key["id"], b"x")
    assert (answer.status, answer.code) == (422, "KEY_PURPOSE"), answer
    plain = s.key("plain")["id"]
    answer = s.sign(plain, PREFIX + b"{}")
    assert (answer.status, answer.code) == (422, "RESERVED_PAYLOAD"), answer


def policies(s, door, signer, pq):
    """A policy that the enclave does not satisfy lets no attestation through, and leaves none behind."""
    policy = s.policy()
    key = s.key("bound", purpose="hybrid", attestationPolicyId=policy)
    countersigned(s, door, signer, pq, key)
    rules = s.client.get("/v1/attestation-policies/" + policy).data["matchRules"]
    wrong = {**rules, "allowedImageHashes": ["sha256:" + "0" * 64]}
    assert s.client.call("PATCH", "/v1/attestation-policies/" + policy, {"matchRules": wrong}).status == 200
    before = door.data("GET", "/v1/attestations?limit=200")
    details = door.refused("POST", "/v1/sign/hybrid", door.pair(signer, pq, b"x"), 500, "GEN_002")
    assert details["reason"] == "ATT_IMAGE_NOT_ALLOWED", details
    assert door.data("GET", "/v1/attestations?limit=200") == before
    assert s.entries()[-1]["eventType"] == "attestation.violation"
    assert s.client.call("PATCH", "/v1/attestation-policies/" + policy, {"matchRules": rules}).status == 200
    countersigned(s, door, signer, pq, key)
    rule = s.client.post("/v1/policies", {"name": "more", "action": "enforce", "rule": {"matchOperation": "sign", "minTier": 3}})
    assert rule.status == 200, rule
    details = door.refused("POST", "/v1/sign/hybrid", door.pair(signer, pq, b"x"), 422, "GEN_001")
    assert details == {"reason": "POLICY_VIOLATED", "policyId": rule.data["id"], "rule": "minTier"}, details
    assert s.client.delete("/v1/policies/" + rule.data["id"]).status == 200
    return key


def repeated(s, door, signer, pq):
    """One idempotency key is one countersignature, and what was answered is there, also after a kill."""
    pair, head = door.pair(signer, pq, b"once"), {"Idempotency-Key": "one"}
    first = door.data("POST", "/v1/sign/hybrid", pair, status=201, headers=head)
    assert s.stop("gateway", signal.SIGKILL) == -signal.SIGKILL
    s.start_gateway()
    door, entries = Door(s), len(s.entries())
    assert door.data("GET", "/v1/attestations/" + first["id"])["countersignatureId"] == first["countersignatureId"]
    assert door.data("POST", "/v1/sign/hybrid", pair, status=201, headers=head) == first
    assert len(s.entries()) == entries
    return door


def side_by_side(s, door, signer, pq, key):
    """What comes at the same time, on both doors, goes the way together, and each has its own answer."""
    plain, pairs = s.key("beside")["id"], [door.pair(signer, pq, b"%d" % i) for i in range(8)]
    stranger = door.pair(signer, Pq("44"), b"stranger")
    large = door.pair(signer, pq, bytes(40000), "sha256", ecdsaScheme="sha256")
    bodies = [*pairs, {**pairs[0], "message": "0x00"}, {**pairs[1], "algorithm": "ml-dsa-99"}, {**pairs[2], "more": 1}, stranger,
              large]
    expected = [(201, None)] * 8 + [(422, "PQC_004"), (400, "PQC_001"), (400, "GEN_001"), (422, "PQC_005"), (201, None)]
    entries = len(s.entries())

    def attest(body):
        return Door(s).call("POST", "/v1/sign/hybrid", body)

    def sign(i):
        return s.sign(plain, b"%d" % i, Client(s.url, s.api_key))

    with ThreadPoolExecutor(32) as threads:
        attested = threads.map(attest, bodies * 8)
        signed = list(threads.map(sign, range(24)))
        for i, answer in enumerate(attested):
            error = answer.json.get("error", {}).get("code")
            assert (answer.status, error) == expected[i % len(bodies)], (i, answer)
            if answer.status == 201:
                data = answer.json["data"]
                assert data["message"] == bodies[i % len(bodies)]["message"] and data["countersignatureId"], data
                one = door.data("GET", "/v1/attestations/" + data["id"])
                payload, signature = PREFIX + one["record"].encode(), one["countersignature"]["signature"]
                ours = {"keyId": key["id"], "payload": b64(payload), "signature": signature}
                assert s.client.post("/v1/verify", ours).data["ok"], one
    for i, answer in enumerate(signed):
        body = {"keyId": plain, "payload": b64(b"%d" % i), "signature": answer.data["signature"]}
        assert s.client.post("/v1/verify", body).data["ok"], answer
    kinds = [e["eventType"] for e in s.entries()[entries:]]
    assert kinds.count("hybrid_attestation.created") == 72 and kinds.count("signature.attested") == 72, kinds
    assert kinds.count("signature.issued") == 24, kinds


def digest_of_nobody(point):
    """A digest and its ECDSA signature from the public key alone: r is that of G + Q, s = r, digest = r."""
    x, _, z = add((*G, 1), (*point, 1))
    r = x * pow(z, -2, FIELD) % FIELD % N
    return r.to_bytes(32, "big"), der(r, min(r, N - r))


def digests(s, door, pq):
    """Under eip712-digest a pair proves only what protocol/hybrid.md says; whoever checks it is told so."""
    policy = s.policy()
    s.key("newest", purpose="hybrid", attestationPolicyId=policy)
    owner = Signer()
    digest, signature = digest_of_nobody(owner.point)
    forged = {**door.pair(owner, pq, digest), "ecdsaSignature": hexed(signature)}
    door.refused("POST", "/v1/sign/hybrid", forged, 422, "PQC_004")
    made = [door.data("POST", "/v1/sign/hybrid", {**forged, "ecdsaScheme": "eip712-digest"}, status=201),
            door.attest(owner, pq, digest, "keccak256")]
    assert s.client.post("/v1/ledger/seal", {}).status == 200
    for data, told in zip(made, (True, False)):
        files = {"attestation": door.call("GET", "/v1/attestations/" + data["id"]).raw,
                 "bundle": door.call("GET", f"/v1/attestations/{data['id']}/bundle").raw,
                 "policy": json.dumps(s.client.get("/v1/attestation-policies/" + policy).data).encode()}
        argv = [program("countersign"), "hybrid", "verify", "--allow-mock"]
        for name, content in files.items():
            with open(s.path(name), "wb") as f:
                f.write(content)
            argv += ["--" + name, s.path(name)]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert done.returncode == 0 and ("digest that ECDSA signs as it is" in done.stderr) == told, done


def test():
    with Service() as s:
        door, signer, pq = Door(s), Signer(), Pq("65")
        door.register(pq)
        chosen(s, door, signer, pq)
        key = policies(s, door, signer, pq)
        reserved(s, key)
        door = repeated(s, door, signer, pq)
        _, one = countersigned(s, door, signer, pq, key)
        assert json.loads(one["record"])["metadataSha256"] and one["metadataText"] == '{"a": 1}', one
        assert Client(s.url, s.api_key).get("/v1/stats").data["hybridAttestations"] == len(
            door.data("GET", "/v1/attestations?limit=200"))
        side_by_side(s, door, signer, pq, key)
        digests(s, door, pq)
        s.alive()


if __name__ == "__main__":
    run(test)
